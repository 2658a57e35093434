"""How long runs are kept, what stops them from being pruned, and what is left of one that was."""
