"""LDIF content (RFC 2849): written as evidence, read back from evidence and from files that others made.

Reads the output of OpenLDAP's ldapsearch too, whose comments say what was asked and whose last lines say how the
search ended, and of ldifde, which writes each entry as `changetype: add`. Changes are refused, and so are values
that stand in another file or under a URL (`<`): nothing is ever fetched.
"""

from __future__ import annotations

import binascii
import io
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator

import msgspec

__all__ = ["Entry", "LdifError", "Reader", "is_description", "write"]

_WIDTH = 76
_DESCRIPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(;[A-Za-z0-9_=*.-]+)*")
_SAFE = re.compile(rb"(?![ :<])[\x01-\x09\x0b\x0c\x0e-\x7f]*(?<! )")
_TRAILER = frozenset({"search", "result", "control", "pagedresults", "matcheddn", "text", "ref"})
_COMPLETE = re.compile(r"end of search: (\d+) parts?, (\d+) entries")
_BASE = re.compile(r"base <(.*)>(?: \(default\))? with scope (\w+)")


class LdifError(ValueError):
    """A line that is not LDIF content. `line` counts from 1; the message never repeats a value."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry: its distinguished name, and (attribute description, value) in the order they came."""

    dn: bytes
    attributes: tuple[tuple[str, bytes], ...] = ()


def is_description(text: str) -> bool:
    """Whether this can be an attribute description: a name or an OID, with options."""
    return _DESCRIPTION.fullmatch(text) is not None


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def write(entries: Iterable[Entry], *, end: tuple[int, int] | None = None) -> bytes:
    """The entries as LDIF. `end` marks the end of a complete search: its parts and all its entries."""
    out = io.BytesIO()
    out.write(b"version: 1\n")
    for entry in entries:
        out.write(b"\n")
        out.write(_line("dn", entry.dn))
        for description, value in entry.attributes:
            if not is_description(description):
                raise ValueError(f"{description!r} is no attribute description")
            out.write(_line(description, value))
    if end is not None:
        parts, count = end
        out.write(f"\n# end of search: {parts} part{'s' if parts != 1 else ''}, {count} entries\n".encode())
    return out.getvalue()


def _line(description: str, value: bytes) -> bytes:
    name = description.encode()
    if not value:
        line = name + b":"
    elif _SAFE.fullmatch(value):
        line = name + b": " + value
    else:
        line = name + b":: " + b64encode(value)
    if len(line) <= _WIDTH:
        return line + b"\n"
    pieces = [line[:_WIDTH], *(line[at : at + _WIDTH - 1] for at in range(_WIDTH, len(line), _WIDTH - 1))]
    return b"\n ".join(pieces) + b"\n"


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Reader:
    """The entries of LDIF bytes, one after the other; iterate once.

    What the comments and last lines state is known when the entries are through: how many `searches` there are,
    `base`, `scope`, `filter` and `requested` attributes of the last (None where they don't say), `result`, the LDAP
    result code of its end, `parts`, the number of parts of a complete search that `write` marked, and whether the file
    begins with its `version`.
    """

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._searches: set[tuple[str, ...]] = set()
        self.base: str | None = None
        self.scope: str | None = None
        self.filter: str | None = None
        self.requested: tuple[str, ...] | None = None
        self.result: int | None = None
        self.parts: int | None = None
        self.version = False

    @property
    def searches(self) -> int:
        """How many searches the comments tell of; ldapsearch repeats them for each page of one."""
        return len(self._searches)

    def __iter__(self) -> Iterator[Entry]:
        """The entries. Raises LdifError at the first line that can't be read."""
        record: list[tuple[str, bytes]] = []
        trailer = False
        for number, line in _logical(self._payload):
            if line.startswith(b"#"):
                self._comment(line[1:].strip().decode(errors="replace"))
            elif line:
                description, value = _parse(number, line)
                name = description.lower()
                trailer = trailer or (not record and name in _TRAILER)
                if trailer:
                    self._trailer(name, value)
                elif record:
                    _attribute(number, record, description, value)
                elif name == "dn":
                    record.append((description, value))
                else:
                    self._version(number, name, value)
            else:
                if record:
                    yield Entry(dn=record[0][1], attributes=tuple(record[1:]))
                record, trailer = [], False
        if record:
            yield Entry(dn=record[0][1], attributes=tuple(record[1:]))

    def _version(self, number: int, name: str, value: bytes) -> None:
        if name != "version":
            raise LdifError(number, "expected a record to begin with dn:")
        if value.strip() != b"1":
            raise LdifError(number, "expected version: 1")
        self.version = True

    def _trailer(self, name: str, value: bytes) -> None:
        if name == "result":
            code = value.split(b" ")[0]
            self.result = int(code) if code.isdigit() and len(code) < 6 else None  # noqa: PLR2004  # no code is longer
        elif name == "pagedresults" and value.strip() != b"cookie=":
            self.result = None  # the page came to its end, the search did not

    def _comment(self, text: str) -> None:
        if found := _COMPLETE.fullmatch(text):
            self.parts = int(found[1][:9])
        elif found := _BASE.fullmatch(text):
            self.base, self.scope, self.result = found[1], found[2], None
        elif text.startswith("filter: "):
            self.filter = text.removeprefix("filter: ")
        elif text.startswith("requesting: "):
            self.requested = tuple(text.removeprefix("requesting: ").split())
            self._searches.add((self.base or "", self.scope or "", self.filter or "", *self.requested))


def _logical(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """(number of its first line, line) with folds undone; a line that is empty ends a record."""
    first, pieces = 0, list[bytes]()
    for number, raw in enumerate(io.BytesIO(payload.removeprefix(b"\xef\xbb\xbf")), start=1):
        line = raw.rstrip(b"\r\n")
        if line.startswith(b" "):
            if not pieces or not pieces[0]:
                raise LdifError(number, "a line that continues none; expected no space at its start")
            pieces.append(line[1:])
            continue
        if pieces:
            yield first, b"".join(pieces)
        first, pieces = number, [line]
    if pieces:
        yield first, b"".join(pieces)


def _attribute(number: int, record: list[tuple[str, bytes]], description: str, value: bytes) -> None:
    match description.lower():
        case "changetype":
            if value.strip().lower() != b"add":
                raise LdifError(number, "a change record; expected entries as an export or a search gives them")
        case "dn":
            raise LdifError(number, "a second dn in one record; expected an empty line before it")
        case _:
            record.append((description, value))


def _parse(number: int, line: bytes) -> tuple[str, bytes]:
    head, colon, rest = line.partition(b":")
    description = head.decode("ascii", errors="replace")
    if not colon:
        raise LdifError(number, "no colon; expected an attribute's name, a colon and its value")
    if not is_description(description):
        raise LdifError(number, "expected an attribute's name before the colon")
    if rest.startswith(b"<"):
        raise LdifError(number, "a value that stands elsewhere (:<); it is never fetched, expected the value itself")
    if rest.startswith(b":"):
        try:
            return description, binascii.a2b_base64(rest[1:].strip(b" "), strict_mode=True)
        except binascii.Error:
            raise LdifError(number, f"expected base64 after {description}::") from None
    value = rest.lstrip(b" ")
    if b"\0" in value:
        raise LdifError(number, "a NUL byte; expected such a value in base64")
    return description, value
