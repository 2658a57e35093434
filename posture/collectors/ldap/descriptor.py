"""Who may do what with an object: its security descriptor in binary (MS-DTYP 2.4.6), owner and access list. Pure.

Of the libraries that read one, winacl takes a descriptor that breaks off for one with fewer entries, and impacket
brings a whole stack of protocols: both would be asked to be trusted with bytes that nobody vouches for.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator

from posture.collectors.ldap.decode import sid
from posture.facts import AccessEntry, Known, Missing

__all__ = ["access", "owner"]

_HEADER = struct.Struct("<BBHIIII")  # revision, padding, control; offsets of owner, group, SACL, DACL
_LIST = struct.Struct("<BBHHH")  # revision, padding, size, count, padding
_ENTRY = struct.Struct("<BBHI")  # type, flags, size, mask

_DACL_PRESENT, _SELF_RELATIVE = 0x0004, 0x8000
_INHERIT_ONLY = 0x08
_OBJECT_TYPE, _INHERITED_TYPE = 0x1, 0x2
_GUID = 16
_LARGEST = 64 * 1024
"""Active Directory stores none that is larger; the size of a list has 16 bits."""

_ALLOWED, _DENIED = (
    {0x00: False, 0x05: True, 0x09: False, 0x0B: True},
    {0x01: False, 0x06: True, 0x0A: False, 0x0C: True},
)
"""Types of entries that allow and that deny (MS-DTYP 2.4.4.1), and whether they may be about one right alone."""
_CONDITIONAL = {0x09, 0x0A, 0x0B, 0x0C}
_NO_ACCESS = {0x02, 0x03, 0x07, 0x08, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x14}
"""Types that audit, label or describe; they neither allow nor deny."""

_EVERYTHING = AccessEntry(allows=True, sid="S-1-1-0", rights=0x000F01FF)


def access(value: bytes) -> Known[tuple[AccessEntry, ...]]:
    """The entries of the discretionary list that hold for the object itself, in their order, which decides.

    An object whose list is there and empty of a list (NULL) lets everyone do everything. Raises ValueError where any of
    it can't be read: half a list could lack the entry that matters.
    """
    control, _, at = _parsed(value)
    if not control & _DACL_PRESENT:
        return Missing("not-readable", "the security descriptor was given without its access list")
    return tuple(_entries(value, at)) if at else (_EVERYTHING,)


def owner(value: bytes) -> Known[str]:
    """The owner's security identifier; whoever owns an object may change its access list. Raises ValueError."""
    _, at, _ = _parsed(value)
    return _sid(value, at, len(value)) if at else Missing("not-readable", "the owner was not given")


def _parsed(value: bytes) -> tuple[int, int, int]:
    """(control flags, offset of the owner, offset of the discretionary list); 0 where there is none."""
    if not _HEADER.size <= len(value) <= _LARGEST:
        raise ValueError("no security descriptor")
    revision, _, control, owned, _, _, listed = _HEADER.unpack_from(value)
    if revision != 1 or not control & _SELF_RELATIVE:
        raise ValueError("no security descriptor")
    return control, owned, listed


def _entries(value: bytes, at: int) -> Iterator[AccessEntry]:
    if not _HEADER.size <= at <= len(value) - _LIST.size:
        raise ValueError("an access list outside the descriptor")
    _, _, size, count, _ = _LIST.unpack_from(value, at)
    end, at = at + size, at + _LIST.size
    if not at <= end <= len(value):
        raise ValueError("an access list that is longer than the descriptor")
    for _ in range(count):
        if at + _ENTRY.size > end:
            raise ValueError("an access list that breaks off")
        kind, flags, length, mask = _ENTRY.unpack_from(value, at)
        if length < _ENTRY.size or at + length > end:
            raise ValueError("an entry that is longer than its access list")
        entry = _entry(value, at + _ENTRY.size, at + length, kind, mask)
        if entry is not None and not flags & _INHERIT_ONLY:
            yield entry
        at += length


def _entry(value: bytes, at: int, end: int, kind: int, mask: int) -> AccessEntry | None:
    if kind in _NO_ACCESS:
        return None
    about_one = {**_ALLOWED, **_DENIED}.get(kind)
    if about_one is None:
        raise ValueError("an entry of an unknown type")
    named = ""
    if about_one:
        if at + 4 > end:
            raise ValueError("an entry that breaks off")
        present = int.from_bytes(value[at : at + 4], "little")
        at += 4
        if present & _OBJECT_TYPE:
            named, at = _guid(value, at, end), at + _GUID
        if present & _INHERITED_TYPE:
            at += _GUID
    return AccessEntry(
        allows=kind in _ALLOWED,
        sid=_sid(value, at, end),
        rights=mask,
        object_type=named,
        conditional=kind in _CONDITIONAL,
    )


def _guid(value: bytes, at: int, end: int) -> str:
    if at + _GUID > end:
        raise ValueError("an entry that breaks off")
    return str(uuid.UUID(bytes_le=value[at : at + _GUID]))


def _sid(value: bytes, at: int, end: int) -> str:
    """The SID that begins here; what may follow it in an entry is its condition."""
    if not 0 < at <= end - 8 or value[at] != 1:
        raise ValueError("a SID outside the descriptor")
    return sid(value[at : min(at + 8 + 4 * value[at + 1], end)])
