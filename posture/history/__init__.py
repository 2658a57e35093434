"""What changed from one run to another, and over all runs."""
