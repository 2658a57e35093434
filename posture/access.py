"""Who holds a right by an access list (MS-DTYP 2.5.3.2: entries are weighed in their order). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from posture.facts import AccessEntry

__all__ = ["ALL_RIGHTS", "CONTROL_ACCESS", "WRITE_DAC", "WRITE_OWNER", "holders"]

CONTROL_ACCESS = 0x100
"""An extended right, or all of them (MS-ADTS 5.1.3.2)."""
WRITE_DAC = 0x40000
WRITE_OWNER = 0x80000
ALL_RIGHTS = 0xF01FF
"""Full control, as Active Directory writes GENERIC_ALL down."""

_GENERIC_ALL = 0x10000000
_EVERYONE = "S-1-1-0"


def holders(entries: Sequence[AccessEntry], rights: int, object_type: str = "") -> dict[str, bool]:
    """The SIDs that are allowed all of these rights, and whether that is sure.

    `object_type` is the GUID of the one extended right that is meant. Not sure is what holds under a condition, and
    what an entry about one object type says of the object as a whole. Denied is only what an earlier entry denies the
    same SID, or everyone: of whom else a denied group consists an access list doesn't say, so that its denial may leave
    somebody out.
    """
    found: dict[str, bool] = {}
    for at, entry in enumerate(entries):
        if (
            not entry.allows
            or not _all_of(entry, rights)
            or any(_denies(each, entry, rights, object_type) for each in entries[:at])
        ):
            continue
        meant = not entry.object_type or entry.object_type == object_type
        if meant or not object_type:
            found[entry.sid] = found.get(entry.sid, False) or (meant and not entry.conditional)
    return found


def _all_of(entry: AccessEntry, rights: int) -> bool:
    return bool(entry.rights & _GENERIC_ALL) or entry.rights & rights == rights


def _denies(earlier: AccessEntry, entry: AccessEntry, rights: int, object_type: str) -> bool:
    return (
        not earlier.allows
        and not earlier.conditional
        and earlier.sid in {entry.sid, _EVERYONE}
        and earlier.object_type in {"", object_type}
        and bool(earlier.rights & (rights | _GENERIC_ALL))
    )
