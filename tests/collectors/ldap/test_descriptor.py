"""Security descriptors: what Windows and Samba write is read; of what breaks off, nothing is."""

from __future__ import annotations

import struct
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture.collectors.ldap.decode import decoded
from posture.collectors.ldap.descriptor import access, owner
from posture.facts import AccessEntry, Missing

CHANGES_ALL = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
ADMINISTRATORS = bytes.fromhex("0102000000000005") + struct.pack("<II", 32, 544)


def ace(  # noqa: PLR0913  # the parts of an entry, each by its name
    kind: int, mask: int, sid: bytes = ADMINISTRATORS, *, flags: int = 0, guids: tuple[str, ...] = (), present=None
):
    body = struct.pack("<I", mask)
    if kind in {5, 6, 0xB, 0xC}:
        body += struct.pack("<I", len(guids) if present is None else present)
        body += b"".join(uuid.UUID(each).bytes_le for each in guids)
    body += sid
    return struct.pack("<BBH", kind, flags, 4 + len(body)) + body


def descriptor(*aces: bytes, control: int = 0x8004, dacl: bool = True) -> bytes:
    owned = ADMINISTRATORS
    listed = struct.pack("<BBHHH", 4, 0, 8 + sum(map(len, aces)), len(aces), 0) + b"".join(aces) if dacl else b""
    at = 20 + len(owned)
    return struct.pack("<BBHIIII", 1, 0, control, 20, 0, 0, at if dacl else 0) + owned + listed


GOOD = descriptor(
    ace(0, 0xF01FF),
    ace(5, 0x100, guids=(CHANGES_ALL,)),
    ace(6, 0x100, guids=(CHANGES_ALL, CHANGES_ALL), present=3),
    ace(9, 0x100),
)


def test_entries_are_read_in_their_order():
    assert access(GOOD) == (
        AccessEntry(allows=True, sid="S-1-5-32-544", rights=0xF01FF),
        AccessEntry(allows=True, sid="S-1-5-32-544", rights=0x100, object_type=CHANGES_ALL),
        AccessEntry(allows=False, sid="S-1-5-32-544", rights=0x100, object_type=CHANGES_ALL),
        AccessEntry(allows=True, sid="S-1-5-32-544", rights=0x100, conditional=True),
    )
    assert owner(GOOD) == "S-1-5-32-544"


def test_the_type_that_inherits_is_not_the_right_that_is_meant():
    assert access(descriptor(ace(5, 0x100, guids=(CHANGES_ALL,), present=2))) == (
        AccessEntry(allows=True, sid="S-1-5-32-544", rights=0x100),
    )


def test_what_is_only_inherited_does_not_hold_here_and_what_audits_allows_nothing():
    assert access(descriptor(ace(0, 0xF01FF, flags=0x0A), ace(2, 0xF01FF), ace(0, 1, flags=0x12))) == (
        AccessEntry(allows=True, sid="S-1-5-32-544", rights=1),
    )


def test_no_list_at_all_lets_everyone_do_everything():
    assert access(descriptor(dacl=False)) == (AccessEntry(allows=True, sid="S-1-1-0", rights=0xF01FF),)
    assert access(descriptor()) == ()


def test_a_list_that_was_not_given_is_not_an_empty_one():
    assert access(descriptor(control=0x8000)) == Missing(
        "not-readable", "the security descriptor was given without its access list"
    )


@pytest.mark.parametrize("length", range(len(GOOD)))
def test_what_breaks_off_is_not_read_at_all(length):
    assert isinstance(decoded(GOOD[:length], "nTSecurityDescriptor", access), Missing)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"O:BAG:BAD:(A;;GA;;;BA)",
        descriptor(ace(4, 1)),
        descriptor(ace(0x77, 1)),
        descriptor(ace(0, 1, sid=b"S-1-5-18")),
        descriptor(control=0x0004),
        b"\2" + GOOD[1:],
        GOOD + b"\0" * 70_000,
        descriptor()[:-4] + b"\xff\xff\xff\xff",
    ],
)
def test_what_is_none_or_of_an_unknown_kind_is_not_readable(value):
    assert isinstance(decoded(value, "nTSecurityDescriptor", access), Missing)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_not_readable(value):
    for read in (access, owner):
        decoded(value, "nTSecurityDescriptor", read)


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_bytes_near_a_good_one_are_read_or_not_readable(changes):
    value = bytearray(GOOD)
    for at, byte in changes:
        value[at] = byte
    for read in (access, owner):
        decoded(bytes(value), "nTSecurityDescriptor", read)
