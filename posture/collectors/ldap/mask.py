"""Secrets in entries, replaced by typed tokens before they become evidence.

A token is `{masked}`, `{masked;scheme=SSHA}` where a password's storage scheme was readable (RFC 3112, 2307;
`clear` where there was none), or `{masked;type=password}` in place of what follows a word such as "password:" in a
free text. Masking is deterministic and leaves every other byte as it came.
"""

from __future__ import annotations

import re

from posture.collectors.ldap.attributes import is_secret
from posture.collectors.ldap.ldif import Entry
from posture.collectors.spoken import without_passwords

__all__ = ["mask"]

_SCHEME = re.compile(rb"\{([A-Za-z0-9._/-]{1,40})\}.")
_TOKEN = re.compile(rb"\{masked(;[a-z]+=[A-Za-z0-9._/-]{1,40})?\}")
_FREE_TEXT = frozenset({"description", "info", "comment", "admindescription", "notes"})


def mask(entry: Entry) -> tuple[Entry, frozenset[str]]:
    """The entry without its secrets, and the attributes that were masked."""
    masked: set[str] = set()
    attributes = []
    for description, value in entry.attributes:
        kept = _masked(description, value)
        if kept != value:
            masked.add(description)
        attributes.append((description, kept))
    return (Entry(dn=entry.dn, attributes=tuple(attributes)), frozenset(masked)) if masked else (entry, frozenset())


def _masked(description: str, value: bytes) -> bytes:
    name = description.partition(";")[0].lower()
    if is_secret(name):
        if not value or _TOKEN.fullmatch(value):
            return value
        if name in {"userpassword", "olcrootpw"}:
            scheme = _SCHEME.match(value)
            return b"{masked;scheme=%s}" % (scheme[1].upper() if scheme else b"clear")
        return b"{masked}"
    return without_passwords(value) if name in _FREE_TEXT else value
