"""What the organisation's inventories declare, compared with what was seen."""

from __future__ import annotations

from typing import Literal

from posture.assessment.part import Part

__all__ = ["DeclaredRow", "InventoryComparison", "InventoryFile", "PossibleDuplicate", "Undeclared"]


class InventoryFile(Part, frozen=True, kw_only=True):
    """An inventory that was imported, and how its rows stand: numbers that add up to `rows`."""

    name: str
    rows: int
    seen: int = 0
    doubtful: int = 0
    vanished: int = 0
    not_looked_for: int = 0
    medical_only: bool = False
    evidence: tuple[str, ...] = ()


class DeclaredRow(Part, frozen=True, kw_only=True):
    """A row of an inventory, and what became of it.

    `seen`: `assets` are the keys of the machines that it is, `by` what they match. `doubtful`: something was seen that
    may be it. `vanished`: its addresses were looked at, and nothing is there. `not-looked-for`: else. `conflicts` are
    where it differs from what was seen, `duplicates` the other rows of the file that are of the same machine.
    """

    file: str
    row: str
    name: str
    state: Literal["seen", "doubtful", "vanished", "not-looked-for"]
    why: str
    device_class: str = ""
    kind: str = ""
    medical: str = ""
    owner: str = ""
    location: str = ""
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    serial: str = ""
    place: str = ""
    by: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class Undeclared(Part, frozen=True, kw_only=True):
    """A machine that was seen and is not, or not surely, in an inventory that would have to hold it."""

    asset: str
    name: str
    device_class: str
    state: Literal["not-declared", "unclear"]
    why: str
    addresses: tuple[str, ...] = ()
    place: str = ""


class InventoryComparison(Part, frozen=True, kw_only=True):
    """Inventories and what was seen, in both directions. `zones` are the ids of those they cover; empty means all."""

    files: tuple[InventoryFile, ...] = ()
    zones: tuple[str, ...] = ()
    rows: tuple[DeclaredRow, ...] = ()
    undeclared: tuple[Undeclared, ...] = ()


class PossibleDuplicate(Part, frozen=True, kw_only=True):
    """Machines that may be one and the same, by their keys, and why that could not be said."""

    assets: tuple[str, ...]
    names: tuple[str, ...]
    reason: str
