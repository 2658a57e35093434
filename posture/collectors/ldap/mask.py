"""Secrets in entries, replaced by typed tokens before they become evidence.

A token is `{masked}`, `{masked;scheme=SSHA}` where a password's storage scheme was readable (RFC 3112, 2307;
`clear` where there was none), or `{masked;type=password}` in place of what follows a word such as "password:" in a
free text. What a live audit reads has `;digest=…` in it as well, keyed: the same secret in two places has the same one.
Masking is deterministic and leaves every other byte as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from posture.collectors.ldap.attributes import is_secret
from posture.collectors.ldap.ldif import Entry
from posture.collectors.spoken import token, without_passwords, without_these
from posture.pseudonyms import Pseudonyms

__all__ = ["mask"]

_SCHEME = re.compile(rb"\{([A-Za-z0-9._/-]{1,40})\}.")
_TOKEN = re.compile(rb"\{masked(;[a-z]+=[A-Za-z0-9._/-]{1,40}){0,2}\}")
_NOTES = ("description", "info", "comment", "admindescription", "admincomment", "notes", "gecos", "displayname")
_PLACES = (
    "title",
    "street",
    "streetaddress",
    "postaladdress",
    "roomnumber",
    "physicaldeliveryofficename",
    "department",
)
_FREE_TEXT = frozenset({*_NOTES, *_PLACES})
_EXTENSIONS = ("extensionattribute", "msds-cloudextensionattribute")


def mask(
    entry: Entry, known: Iterable[bytes] = (), pseudonyms: Pseudonyms | None = None
) -> tuple[Entry, frozenset[str]]:
    """The entry without its secrets, and the attributes that were masked.

    `known` are secrets that must not stand anywhere in it: what the audit logs in with. With `pseudonyms`, tokens have
    keyed digests.
    """
    known = tuple(known)
    masked: set[str] = set()
    attributes = []
    for description, value in entry.attributes:
        kept = without_these(_masked(description, value, pseudonyms), known)
        if kept != value:
            masked.add(description)
        attributes.append((description, kept))
    return (Entry(dn=entry.dn, attributes=tuple(attributes)), frozenset(masked)) if masked else (entry, frozenset())


def _masked(description: str, value: bytes, pseudonyms: Pseudonyms | None) -> bytes:
    name = description.partition(";")[0].lower()
    if is_secret(name):
        if not value or _TOKEN.fullmatch(value):
            return value
        if name in {"userpassword", "olcrootpw"}:
            scheme = _SCHEME.match(value)
            return token(b"scheme=" + (scheme[1].upper() if scheme else b"clear"), value, pseudonyms)
        return token(b"", value, pseudonyms)
    return without_passwords(value, pseudonyms) if name in _FREE_TEXT or name.startswith(_EXTENSIONS) else value
