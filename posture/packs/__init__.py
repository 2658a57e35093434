"""Packs for regulators: an assessment limited to what was asked for, with all that goes beside it."""
