"""Collectors gather evidence: `plan` and `read` are pure, only `ask` touches the network.

A live collector stores exactly what an import reads, so both meet at `read`.
"""
