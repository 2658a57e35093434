"""Whether a name that was to be replaced is still there: over every byte of what would be given away. Pure.

It knows nothing of formats. A name counts as found between characters that are no letters or digits, and, from eight
letters on, inside a word as well; upper and lower case are the same. Looked at are the bytes as UTF-8, without their
zeros (UTF-16), with the escapes of XML, JSON, URLs and distinguished names undone, folded lines of LDIF joined, and
whatever can be base64 or hexadecimal decoded. Names that are Posture's own words can't be looked for: they stand in
its own texts. Nor are those of three characters and fewer, or of digits alone: a time in a field of its own can have
the digits of somebody's number, and in texts no number of more than five digits stays, whosever it is. What looks like
an address inside an object identifier is none.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

from posture.redaction.names import Names
from posture.redaction.own import atoms

__all__ = ["Leaks"]

_SHORTEST, _INSIDE, _MOST_ATOMS = 4, 8, 64
_ENCODED = re.compile(r"[A-Za-z0-9+/]{5,}={0,2}")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){4,}(?![0-9A-Fa-f])")
_ESCAPES = re.compile(r"\\u([0-9A-Fa-f]{4})|\\([0-9A-Fa-f]{2})|\\(.)")
_MOST_OCTETS = 512
_STEP, _OVERLAP = 1_000_000, 2_000
_IN_WORDS = frozenset(each for each in range(256) if not each or each > 0x7F or chr(each).isalnum())  # noqa: PLR2004  # no ASCII


class Leaks:
    """What to look for: all that the names know."""

    def __init__(self, names: Names) -> None:
        self._sizes: dict[str, set[int]] = {}
        self._values: dict[str, str] = {}
        self._within: dict[str, set[int]] = {}
        for value, kind in names.known.items():
            if len(value.strip()) < _SHORTEST or names.is_own(value):
                continue
            parts = atoms(value.strip())
            if not any(part.isalnum() for part in parts) or value.strip().isdecimal():
                continue
            cut = parts[:_MOST_ATOMS]
            joined = "".join(cut)
            self._values[joined] = kind
            self._sizes.setdefault(cut[0], set()).add(len(cut))
            if len(cut) == 1 and len(joined) >= _INSIDE:
                self._within.setdefault(joined[:_INSIDE], set()).add(len(joined))
        self._octets = {each for each in names.octets if len(each) >= _INSIDE - 2}
        self._lengths = sorted({len(each) for each in self._octets})

    def found(self, data: bytes) -> str:
        """The kind of a name that is in these bytes; empty if none is."""
        seen: set[str] = set()
        decoded: set[str] = set()
        for text in (text for piece in _pieces(data) for text in _texts(piece)):
            if kind := self._text(text, seen):
                return kind
            for blob in _blobs(text, decoded):
                if any(
                    blob[at : at + size] in self._octets for size in self._lengths for at in range(len(blob) - size + 1)
                ):
                    return "octets"
                for inner in _decoded(blob):
                    if kind := self._text(inner, seen):
                        return kind
        return ""

    def _text(self, text: str, seen: set[str]) -> str:
        parts = atoms(text.casefold())
        for at, part in enumerate(parts):
            if not (part.isalnum() or part in self._sizes):
                continue
            for size in self._sizes.get(part, ()):
                kind = self._values.get("".join(parts[at : at + size])) if at + size <= len(parts) else None
                if kind and not (kind == "address" and _inside(parts, at, at + size)):
                    return kind
            if len(part) > _INSIDE and part not in seen:
                seen.add(part)
                for place in range(len(part) - _INSIDE + 1):
                    for size in self._within.get(part[place : place + _INSIDE], ()):
                        if kind := self._values.get(part[place : place + size]):
                            return kind
        return ""


def _inside(parts: list[str], start: int, end: int) -> bool:
    """Whether numbers go on before or after, with dots between them."""
    before = start > 1 and parts[start - 1] == "." and parts[start - 2].isdecimal()
    return before or (end + 1 < len(parts) and parts[end] == "." and parts[end + 1].isdecimal())


def _texts(data: bytes) -> Iterator[str]:
    plain = data.decode("utf-8", "replace")
    yield plain
    if b"\0" in data:
        yield data.replace(b"\0", b"").decode("latin-1")
    if "\n " in plain:
        yield plain.replace("\r\n ", "").replace("\n ", "")
    undone = html.unescape(plain) if "&" in plain else plain
    undone = unquote(undone) if "%" in undone else undone
    undone = _ESCAPES.sub(_character, undone) if "\\" in undone else undone
    undone = unicodedata.normalize("NFC", undone)
    if undone != plain:
        yield undone


def _character(found: re.Match[str]) -> str:
    if found[3]:
        return found[3]
    return chr(int(found[1] or found[2], 16))


def _pieces(data: bytes) -> Iterator[bytes]:
    """A long file in parts, so that not all of its words are in memory at once; a name is whole in one of them."""
    start, end = 0, 0
    while end < len(data):
        end = min(end + _STEP, len(data))
        while end < len(data) and data[end] in _IN_WORDS:
            end += 1
        yield data[start:end]
        start = end - min(_OVERLAP, end)
        while start and data[start - 1] in _IN_WORDS:
            start -= 1


def _blobs(text: str, before: set[str]) -> Iterator[bytes]:
    for word in {*_HEX.findall(text)} - before:
        before.add(word)
        yield bytes.fromhex(word)[:_MOST_OCTETS]
    for word in {*_ENCODED.findall(text)} - before:
        before.add(word)
        bare = word.rstrip("=")
        try:
            yield base64.b64decode(bare + "=" * (-len(bare) % 4))[: _MOST_OCTETS * 8]
        except (binascii.Error, ValueError):
            continue


def _decoded(blob: bytes) -> Iterator[str]:
    if b"\0" in blob:
        yield blob.replace(b"\0", b"").decode("latin-1")
        return
    try:
        yield blob.decode()
    except UnicodeDecodeError:
        return
