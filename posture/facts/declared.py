"""What the organisation declares in files of its own."""

from __future__ import annotations

from posture.facts.base import Fact

__all__ = ["DeclaredAsset"]


class DeclaredAsset(Fact, frozen=True, kw_only=True):
    """A row of an inventory that the organisation keeps: a claim, to compare with what was seen.

    `file` and `row` say where it stands. `hostname`, `addresses`, `macs` (`00:11:22:33:44:55`) and `serial` are what it
    can be found by. `device_class` is a word of `posture.inventory.classes`, empty where the row says none of these,
    and `kind` what it says; `medical` is None where it doesn't say. `zone` is the id of a zone, as the row names it.
    `medical_only`: the whole file holds medical devices and nothing else. `unread` are cells that could not be read.
    """

    file: str
    row: str
    hostname: str = ""
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    serial: str = ""
    kind: str = ""
    device_class: str = ""
    medical: bool | None = None
    owner: str = ""
    location: str = ""
    zone: str = ""
    medical_only: bool = False
    unread: tuple[str, ...] = ()
