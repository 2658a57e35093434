"""Attribute values of directories as Python values. Pure; a value that can't be read gives a Missing that says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from posture.facts import Known, Missing

__all__ = [
    "boolean",
    "decoded",
    "dn_key",
    "domain_of",
    "filetime",
    "generalized_time",
    "integer",
    "interval",
    "iso_time",
    "sid",
    "text",
]

T = TypeVar("T")

_CONTROLS = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], " "
)
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_NEVER = {0, -1, 0x7FFFFFFFFFFFFFFF}
_FOREVER = {0, -0x8000000000000000}
_INTEGER = re.compile(rb"-?\d{1,20}")
_GENERALIZED = re.compile(rb"(\d{14})(?:[.,]\d+)?Z")
_AROUND = re.compile(r"(?<!\\)([,=+])\s*|(?<!\s)\s+(?=[,=+])")


def text(value: bytes) -> str:
    """A value for people: control characters and marks that turn the direction of writing become spaces."""
    return value.decode(errors="replace").translate(_CONTROLS).strip()


def dn_key(dn: str) -> str:
    """A distinguished name to compare by: no matter the case, nor spaces around its separators."""
    return _AROUND.sub(r"\1", dn).strip().casefold()


def domain_of(key: str) -> str:
    """The domain that a name stands in: the dc= parts at the end of what `dn_key` gives; empty without any."""
    parts = key.split(",")
    first = at = len(parts)
    while at and parts[at - 1].startswith("dc=") and len(parts[at - 1]) > len("dc="):
        at -= 1
        if not at or not parts[at - 1].endswith("\\"):
            first = at
    return ",".join(parts[first:])


def decoded(value: bytes, attribute: str, decode: Callable[[bytes], Known[T]]) -> Known[T]:
    """The value, or a Missing where it is not what the attribute's syntax says."""
    try:
        return decode(value)
    except (ValueError, OverflowError):
        return Missing("not-readable", f"{attribute} holds a value that can't be read")


def integer(value: bytes) -> int:
    """An integer. Raises ValueError for anything else."""
    if not _INTEGER.fullmatch(value):
        raise ValueError("no integer")
    return int(value)


def boolean(value: bytes) -> bool:
    """TRUE or FALSE (RFC 4517, 3.3.3)."""
    word = value.upper()
    if word not in {b"TRUE", b"FALSE"}:
        raise ValueError("no boolean")
    return word == b"TRUE"


def sid(value: bytes) -> str:
    """A security identifier in binary (MS-DTYP 2.4.2.2) in its usual text form."""
    if len(value) < 8 or value[0] != 1 or len(value) != 8 + 4 * value[1]:  # noqa: PLR2004  # its header is 8 bytes
        if re.fullmatch(rb"S-1(-\d{1,15}){1,17}", value):
            return value.decode()
        raise ValueError("no SID")
    parts = (int.from_bytes(value[at : at + 4], "little") for at in range(8, len(value), 4))
    return "-".join(("S-1", str(int.from_bytes(value[2:8], "big")), *map(str, parts)))


def filetime(value: bytes) -> Known[datetime]:
    """100 ns steps since 1601 (MS-DTYP 2.3.3); 0, -1 and the largest number stand for never."""
    ticks = integer(value)
    if ticks in _NEVER:
        return Missing("absent", "never")
    if ticks < 0:
        raise ValueError("no time")
    return _EPOCH + timedelta(microseconds=ticks // 10)


def interval(value: bytes) -> Known[timedelta]:
    """A length of time as negative 100 ns steps (MS-ADTS 3.1.1.3.2.3); 0 and the smallest number stand for no end."""
    ticks = integer(value)
    if ticks in _FOREVER:
        return Missing("absent", "no limit is set")
    if ticks > 0:
        raise ValueError("no interval")
    return timedelta(microseconds=-ticks // 10)


def generalized_time(value: bytes) -> datetime:
    """YYYYMMDDHHMMSS(.fraction)Z (RFC 4517, 3.3.13), as directories write it."""
    found = _GENERALIZED.fullmatch(value)
    if not found:
        raise ValueError("no time")
    return datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def iso_time(value: bytes) -> datetime:
    """YYYY-MM-DDTHH:MM:SSZ, as the XML of replication metadata has it (MS-ADTS 3.1.1.4.5.16)."""
    return datetime.strptime(value.decode(errors="replace"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
