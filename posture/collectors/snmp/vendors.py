"""Who makes a device, by the number that IANA gave its maker (enterprises under 1.3.6.1.4.1)."""

from __future__ import annotations

from posture.collectors.snmp.mibs import Oid

__all__ = ["enterprise_of", "vendor_of"]

_ENTERPRISES: Oid = (1, 3, 6, 1, 4, 1)


def enterprise_of(name: Oid) -> int | None:
    """The number of the enterprise that an object, or a sysObjectID, stands under; None if it stands under none."""
    if name[: len(_ENTERPRISES)] != _ENTERPRISES or len(name) <= len(_ENTERPRISES):
        return None
    return name[len(_ENTERPRISES)]


def vendor_of(name: Oid, names: dict[int, str]) -> str:
    """The name of that enterprise; empty if it is not among these."""
    number = enterprise_of(name)
    return "" if number is None else names.get(number, "")
