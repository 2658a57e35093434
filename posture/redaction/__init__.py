"""Evidence for outsiders: every name in it replaced by its pseudonym, and a check that none was left. Pure."""
