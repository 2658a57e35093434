"""What `snmpwalk -On` of Net-SNMP prints, turned into snmprec."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator

from posture.collectors.snmp.mibs import Oid, oid
from posture.collectors.snmp.snmprec import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    INTEGER,
    IP_ADDRESS,
    LONGEST_LINE,
    NULL,
    OBJECT_ID,
    OCTETS,
    OPAQUE,
    TIMETICKS,
    BadLineError,
    Row,
    Value,
    lines,
    row_of,
)

__all__ = ["NAMED", "NUMERIC", "Walk"]

NUMERIC = re.compile(r"^(?:\.?iso|\.?[0-2])((?:\.\d+)+) = ?(.*)$", re.DOTALL)
NAMED = re.compile(r"^(?:[A-Za-z][\w-]*::\w[\w-]*|\.?iso\.[a-z])\S* = ")
_WRONG_TYPE = re.compile(r"^Wrong Type \(should be [^)]*\): ")
_TYPED = re.compile(r"^([A-Za-z][\w-]*(?: Address)?):(?: (.*))?$", re.DOTALL)
_NO_VALUE = ("No Such Object", "No Such Instance", "No more variables left", "No more variables")
_HEX_LINE = re.compile(r"^\s*(?:[0-9A-Fa-f]{2}\s*)+(?:\[.*\]?)?$")
_HEX = re.compile(r"^\s*((?:[0-9A-Fa-f]{2}\s*)*)")
_TROUBLE = ("Timeout: ", "Error in packet", "Error: OID not increasing", "snmpwalk: ", "snmpbulkwalk: ")
_ENUM = re.compile(r"^[^()]*\((-?\d+)\)")
_NUMBER = re.compile(r"^(-?\d+)(?:\.(\d+))?(?:\s.*)?$", re.DOTALL)
_WANTED = 'expected a line such as .1.3.6.1.2.1.1.1.0 = STRING: "…", as snmpwalk -On prints it'
_MAC = re.compile(r"^[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}\s*$")


class Walk:
    """The rows of a walk as they are read, and what the file itself says went wrong (`problem`)."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self.problem = ""
        self.left_out = 0

    def rows(self) -> Iterator[Row]:
        """Each object. Raises BadLineError, with the number of its line, for what is not a walk."""
        for number, name, text in self._objects():
            try:
                row = _row(name, text)
            except BadLineError as error:
                raise BadLineError(error.expected, number) from None
            if row is None:
                self.left_out += 1
            else:
                yield row

    def _objects(self) -> Iterator[tuple[int, Oid, str]]:
        """Objects, with the numbers of their first lines and all lines of their values joined."""
        start: tuple[int, Oid] | None = None
        parts: list[str] = []
        size, quoted = 0, False
        for number, raw in lines(self._payload):
            line = raw.rstrip("\r")
            found = None if quoted else NUMERIC.match(line)
            if not found and not quoted and self._trouble(line):
                continue
            if found:
                if start:
                    yield *start, "\n".join(parts)
                start, parts, size = (number, _name(number, found[1], line)), [], 0
            elif start is None or (not quoted and NAMED.match(line)):
                if line.strip():
                    raise BadLineError(_WANTED, number)
                continue
            text = found[2] if found else line
            parts.append(text)
            size += len(text)
            if size > LONGEST_LINE:
                raise BadLineError(f"expected values of at most {LONGEST_LINE} bytes", number)
            quoted = _open_after(text, quoted, first=bool(found))
        if start:
            yield *start, "\n".join(parts)

    def _trouble(self, line: str) -> bool:
        """Whether the line is a message of snmpwalk, or comes after one: a walk ends with its first trouble."""
        if not self.problem and line.startswith(_TROUBLE):
            self.problem = line[:200]
        return bool(self.problem)


def _name(number: int, rest: str, line: str) -> Oid:
    first = line.lstrip(".")[0]
    try:
        return oid(("1" if first == "i" else first) + rest)
    except ValueError:
        raise BadLineError("expected an object identifier before the =", number) from None


def _open_after(text: str, quoted: bool, *, first: bool) -> bool:
    """Whether a quoted string is open at the end of this line of a value."""
    if first:
        head, quote, text = text.partition('"')
        if not quote or head.strip() not in {"", "STRING:"}:
            return False
    elif not quoted:
        return False
    return re.search(r'(?<!\\)(?:\\\\)*"', text) is None


def _row(name: Oid, text: str) -> Row | None:
    text = _WRONG_TYPE.sub("", text)
    if text.startswith(_NO_VALUE):
        return None
    if text.rstrip() in {'""', ""}:
        return row_of(name, OCTETS, b"")
    if text.strip() == "NULL":
        return row_of(name, NULL, b"")
    if text.startswith('"'):
        return row_of(name, OCTETS, _string(text))
    if text.strip().isdecimal():
        return row_of(name, TIMETICKS, int(text))  # snmpwalk -Ot prints TimeTicks, and only these, without a type
    found = _TYPED.match(text)
    reader = _READERS.get(found[1].casefold()) if found else None
    if not found or not reader:
        raise BadLineError("expected a type such as STRING: or INTEGER: after the =")
    tag, convert = reader
    try:
        value = convert(found[2] or "")
    except BadLineError:
        raise
    except (ValueError, OverflowError, struct.error):
        raise BadLineError(f"expected a value of the type {found[1]}") from None
    return None if value is None else row_of(name, tag, value)


def _string(text: str) -> bytes:
    stripped = text.rstrip("\n")
    if stripped.startswith('"') and stripped.rstrip().endswith('"') and len(stripped.rstrip()) > 1:
        return re.sub(r"\\(.)", r"\1", stripped.rstrip()[1:-1], flags=re.DOTALL).encode("latin-1")
    if _MAC.match(stripped):
        return bytes(int(part, 16) for part in stripped.strip().split(":"))
    return stripped.encode("latin-1")


def _hexadecimal(text: str) -> bytes:
    octets = bytearray()
    for line in text.split("\n"):
        if line.strip() and not _HEX_LINE.match(line):
            raise BadLineError("expected pairs of hexadecimal digits")
        found = _HEX.match(line)
        octets += bytes.fromhex(found[1]) if found else b""
    return bytes(octets)


def _bits(text: str) -> bytes:
    found = re.match(r"^\s*((?:[0-9A-Fa-f]{2}(?:\s+|$))*)", text)
    return bytes.fromhex(found[1]) if found else b""


def _number(text: str) -> int:
    found = _ENUM.match(text)
    if found:
        return int(found[1])
    found = _NUMBER.match(text.strip())
    if not found:
        raise ValueError(text)
    return int(found[1] + (found[2] or ""))


def _ticks(text: str) -> int:
    found = re.match(r"^\s*\(?(\d+)\)?(?:\s|$)", text)
    if not found:
        raise ValueError(text)
    return int(found[1])


def _address(text: str) -> bytes:
    separator, base = (":", 16) if ":" in text else (".", 10)
    return bytes(int(part, base) for part in text.strip().split(separator))


def _object_id(text: str) -> Oid:
    text = text.strip().removeprefix(".")
    if text.startswith("iso"):
        text = "1" + text.removeprefix("iso")
    elif text.startswith("ccitt"):
        text = "0" + text.removeprefix("ccitt")
    if "::" in text:
        raise BadLineError("expected a numeric OID; make the walk with snmpwalk -On")
    return oid(text)


def _opaque(text: str) -> bytes | None:
    """Net-SNMP's special types within an Opaque: 9F, a tag from 78 on, a length and the value."""
    kind, _, rest = text.strip().partition(": ")
    match kind.casefold():
        case "float":
            return bytes((0x9F, 0x78, 4)) + struct.pack(">f", float(rest.split()[0]))
        case "double":
            return bytes((0x9F, 0x79, 8)) + struct.pack(">d", float(rest.split()[0]))
        case "int64" | "uint64":
            signed = kind.casefold() == "int64"
            number = int(rest.split()[0])
            size = max(1, ((number.bit_length() + int(signed)) + 7) // 8)
            tag = 0x7A if signed else 0x7B
            return bytes((0x9F, tag, size)) + number.to_bytes(size, "big", signed=signed)
        case _:
            return _bits(text) or None


_READERS: dict[str, tuple[int, Callable[[str], Value | None]]] = {
    "string": (OCTETS, _string),
    "hex-string": (OCTETS, _hexadecimal),
    "bits": (OCTETS, _bits),
    "integer": (INTEGER, _number),
    "integer32": (INTEGER, _number),
    "counter32": (COUNTER32, _number),
    "counter64": (COUNTER64, _number),
    "gauge32": (GAUGE32, _number),
    "unsigned32": (GAUGE32, _number),
    "uinteger": (GAUGE32, _number),
    "timeticks": (TIMETICKS, _ticks),
    "oid": (OBJECT_ID, _object_id),
    "ipaddress": (IP_ADDRESS, _address),
    "network address": (IP_ADDRESS, _address),
    "opaque": (OPAQUE, _opaque),
}
