"""LDIF files that others made, as evidence: recognised, checked to the last line, their secrets masked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Literal

from posture.collectors.ldap.ldif import LdifError, Reader, write
from posture.collectors.ldap.mask import mask
from posture.collectors.ldap.search import result_words
from posture.errors import PostureError
from posture.model import AskedLdap, Envelope, Evidence, Source

__all__ = ["load", "sniff"]

_PART = 5000
_FIRST = re.compile(rb"(version|dn):", re.IGNORECASE)
_SCOPES: dict[str | None, Literal["base", "one", "subtree"]] = {
    "baseObject": "base",
    "oneLevel": "one",
    "subtree": "subtree",
}


def sniff(head: bytes, name: str) -> bool:
    """Whether a file that starts like this is LDIF: its first line that is no comment begins a record."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return name.lower().endswith((".ldif", ".ldf"))
    for line in head.removeprefix(b"\xef\xbb\xbf").splitlines():
        if line.startswith(b"# extended LDIF"):
            return True
        if line.strip() and not line.startswith((b"#", b" ")):
            return _FIRST.match(line) is not None or name.lower().endswith((".ldif", ".ldf"))
    return name.lower().endswith((".ldif", ".ldf"))


def load(payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
    """Evidence from a whole LDIF file: all of it, or a PostureError that names the line and what was expected."""
    if payload.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PostureError("this is UTF-16; LDIF is UTF-8", where=name, mend="export it again without ldifde's -u")
    stated, count = _survey(payload, name)
    outcome, problem = _end(stated)
    source = Source(name=name, sha256=source_sha256)
    entries = iter(Reader(payload))
    parts = max(1, -(-count // _PART))
    for part in range(1, parts + 1):
        kept = [mask(entry) for entry in islice(entries, _PART)]
        last = part == parts
        envelope = Envelope(
            collector="ldap",
            format="ldif",
            outcome=outcome if last else "complete",
            problem=problem if last else "",
            asked=_asked(stated, part),
            masked=tuple(sorted({attribute for _, names in kept for attribute in names})),
            source=source,
        )
        end = (parts, count) if last and outcome == "complete" and stated.result == 0 else None
        yield Evidence.of(envelope, write((entry for entry, _ in kept), end=end))


def _survey(payload: bytes, name: str) -> tuple[Reader, int]:
    """Read the file through: nothing of a file with a mistake becomes evidence."""
    reader = Reader(payload)
    try:
        count = sum(1 for _ in reader)
    except LdifError as error:
        raise PostureError(str(error), where=f"{name}:{error.line}") from None
    if not count and reader.result is None and not reader.version:
        raise PostureError("no LDIF entry in it", where=name, mend="export entries, with ldapsearch -o ldif-wrap=no")
    return reader, count


def _asked(stated: Reader, part: int) -> AskedLdap | None:
    """What ldapsearch's comments say was asked, where the file holds just one search."""
    scope = _SCOPES.get(stated.scope)
    if stated.searches != 1 or stated.base is None or stated.filter is None or stated.requested is None or not scope:
        return None
    attributes = tuple("*" if attribute == "ALL" else attribute for attribute in stated.requested)
    return AskedLdap(base=stated.base, scope=scope, filter=stated.filter, attributes=attributes, part=part)


def _end(stated: Reader) -> tuple[Literal["complete", "partial"], str]:
    if stated.result:
        return "partial", result_words(stated.result)
    if stated.searches and stated.result is None:
        return "partial", "the file does not say that the search came to its end"
    return "complete", ""
