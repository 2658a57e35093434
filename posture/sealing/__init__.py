"""Sealed runs: what shows that evidence and assessment are unchanged, by whose key, and since when."""
