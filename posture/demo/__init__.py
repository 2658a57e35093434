"""Real servers on loopback, for the demonstration and for tests: they hold nothing but what is made up."""
