"""The snmprec format: one object a line, `OID|TAG|VALUE`, as snmpsim records and serves it.

TAG is the ASN.1 tag number of the value's type: 2 INTEGER, 4 OCTET STRING, 5 NULL, 6 OBJECT IDENTIFIER, 64 IpAddress,
65 Counter32, 66 Gauge32, 67 TimeTicks, 68 Opaque, 70 Counter64. An `x` after it says that the value is in hexadecimal.
A tag such as `2:numeric` names a variation module of snmpsim, which computes values; it is never run here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from posture.collectors.snmp.mibs import Oid, dotted, oid

__all__ = ["LONGEST_LINE", "BadLineError", "Row", "Value", "Varied", "encode", "lines", "parse", "row_of", "rows"]

Value: TypeAlias = int | bytes | Oid
"""An integer; octets (also of an IpAddress and an Opaque); the numbers of an OID."""

LONGEST_LINE = 140_000
"""Longest line that is read, in bytes: a UDP datagram's 65,535 octets in hexadecimal, and an OID."""

INTEGER, OCTETS, NULL, OBJECT_ID, IP_ADDRESS, COUNTER32, GAUGE32, TIMETICKS, OPAQUE, COUNTER64 = (
    2,
    4,
    5,
    6,
    64,
    65,
    66,
    67,
    68,
    70,
)
_INTEGERS = frozenset({INTEGER, COUNTER32, GAUGE32, TIMETICKS, COUNTER64})
_LARGEST = 2**64
_EXCEPTIONS = {128, 129, 130}
_TAG = re.compile(r"(\d{1,3})(x?)(:[\w-]+)?")
_IPV4_OCTETS = 4


class BadLineError(ValueError):
    """A line that is not what it should be: what was `expected`, and the number of the line where it is known."""

    def __init__(self, expected: str, line: int = 0) -> None:
        self.expected, self.line = expected, line
        super().__init__(expected)


class Varied(Exception):  # noqa: N818  # not an error: there is just no value
    """A line whose value only a variation module of snmpsim could tell."""


class Row(msgspec.Struct, frozen=True, array_like=True, order=True):
    """One object: its OID, the tag of its type as sent, and its value."""

    oid: Oid
    tag: int
    value: Value


def encode(rows: Iterable[Row]) -> bytes:
    """The rows as snmprec, in the order of their OIDs. Text that is not printable ASCII is in hexadecimal."""
    return b"".join(_line(row) for row in sorted(rows, key=lambda row: row.oid))


def _line(row: Row) -> bytes:
    mark, text = "", str(row.value)
    if isinstance(row.value, tuple):
        text = dotted(row.value)
    elif isinstance(row.value, bytes):
        plain = row.tag == OCTETS and row.value.isascii() and row.value.decode("ascii").isprintable()
        mark, text = (
            ("", row.value.decode("ascii")) if plain and row.value == row.value.strip() else ("x", row.value.hex())
        )
    return f"{dotted(row.oid)}|{row.tag}{mark}|{text}\n".encode("ascii")


def parse(line: str) -> Row | None:
    """Read one line; None for an empty line, a comment, and an object that the agent said it does not have.

    `line` is text in Latin-1, which maps octets to characters one to one. Raises BadLineError, and Varied where a
    variation module would compute the value.
    """
    line = line.rstrip("\r\n")
    if not line.strip() or line.startswith("#"):
        return None
    parts = line.split("|", 2)
    if len(parts) != 3:  # noqa: PLR2004  # the three parts of the format
        raise BadLineError("expected OID|TAG|VALUE")
    try:
        name = oid(parts[0].strip())
    except ValueError:
        raise BadLineError("expected an object identifier such as 1.3.6.1.2.1.1.1.0 before the first |") from None
    found = _TAG.fullmatch(parts[1].strip())
    if not found:
        raise BadLineError("expected a tag such as 4, 4x or 67 between the first and the second |")
    tag, text = int(found[1]), parts[2]
    if found[3] and "=" in text:
        raise Varied
    if tag in _EXCEPTIONS:
        return None
    if found[2]:
        return row_of(name, tag, _hexadecimal(text))
    return row_of(name, tag, _plain(tag, text))


def row_of(name: Oid, tag: int, value: Value) -> Row:
    """A row whose value fits its tag. Raises BadLineError where it does not."""
    if tag in _INTEGERS:
        if not isinstance(value, int) or abs(value) >= _LARGEST:
            raise BadLineError(f"expected an integer of at most 64 bits for tag {tag}")
    elif tag == IP_ADDRESS:
        if not isinstance(value, bytes) or len(value) != _IPV4_OCTETS:
            raise BadLineError("expected an IPv4 address for tag 64")
    elif tag == OBJECT_ID:
        if not isinstance(value, tuple):
            raise BadLineError("expected an object identifier for tag 6")
    elif tag in {OCTETS, OPAQUE, NULL}:
        value = value if isinstance(value, bytes) else b""
    else:
        raise BadLineError(f"expected a tag of SNMP (2, 4, 5, 6, 64 to 68 or 70), not {tag}")
    return Row(name, tag, value)


def _hexadecimal(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise BadLineError("expected hexadecimal digits after a tag with x") from None


def _plain(tag: int, text: str) -> Value:
    try:
        if tag in _INTEGERS:
            return int(text)
        if tag == OBJECT_ID:
            return oid(text.strip()) if text.strip() else (0, 0)
        if tag == IP_ADDRESS:
            return bytes(map(int, text.split("."))) if "." in text else text.encode("latin-1")
        return text.encode("latin-1")
    except ValueError:
        kind = "an object identifier" if tag == OBJECT_ID else "an IPv4 address" if tag == IP_ADDRESS else "an integer"
        raise BadLineError(f"expected {kind} for tag {tag}") from None


def lines(payload: bytes) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers. Raises BadLineError for one that is longer than any object can be."""
    start, number = 0, 0
    while start < len(payload):
        end = payload.find(b"\n", start, start + LONGEST_LINE + 1)
        if end < 0 and len(payload) - start > LONGEST_LINE:
            raise BadLineError(f"expected lines of at most {LONGEST_LINE} bytes", number + 1)
        stop = len(payload) if end < 0 else end
        number += 1
        yield number, payload[start:stop].decode("latin-1")
        start = stop + 1


def rows(payload: bytes) -> Iterator[Row]:
    """The rows of an evidence's payload; lines without a plain value are left out. Raises BadLineError."""
    for _, line in lines(payload):
        try:
            row = parse(line)
        except Varied:
            continue
        if row is not None:
            yield row
