from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab.directories import AUDITOR, PASSWORD, SUFFIX

from posture.collectors.ldap.ldif import Entry, LdifError, Reader, is_description, write
from posture.demo.slapd import Slapd

descriptions = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,12}(;(binary|range=0-1499|lang-de))?", fullmatch=True).filter(
    lambda name: name.lower() not in {"dn", "changetype"}
)
entries = st.lists(
    st.builds(
        Entry,
        dn=st.binary(max_size=200),
        attributes=st.lists(st.tuples(descriptions, st.binary(max_size=300)), max_size=5).map(tuple),
    ),
    max_size=5,
)


@given(entries)
@settings(deadline=None)
def test_what_is_written_is_read_back(written: list[Entry]) -> None:
    assert list(Reader(write(written))) == written


@given(entries)
@settings(deadline=None)
def test_what_is_written_is_rfc_2849(written: list[Entry]) -> None:
    payload = write(written)

    assert payload.startswith(b"version: 1\n")
    assert payload.isascii()
    assert all(len(line) <= 76 for line in payload.split(b"\n"))


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes_are_read_or_refused_with_their_line(payload: bytes) -> None:
    line = 1
    try:
        list(Reader(payload))
    except LdifError as error:
        line = error.line

    assert 1 <= line <= payload.count(b"\n") + 1


@pytest.mark.parametrize("value", [b" x", b":x", b"<x", b"x ", b"a\nb", b"\xc3\xa9", b"\0"])
def test_what_plain_text_can_not_hold_goes_in_base64(value: bytes) -> None:
    payload = write([Entry(dn=b"cn=x", attributes=(("cn", value),))])

    assert b"\ncn:: " in payload


def test_an_attribute_name_can_not_bring_lines_with_it() -> None:
    with pytest.raises(ValueError, match="no attribute description"):
        write([Entry(dn=b"cn=x", attributes=(("cn: x\ndn", b"cn=other"),))])


@pytest.mark.parametrize(
    "name", ["cn", "member;range=0-1499", "member;range=1500-*", "userCertificate;binary", "2.5.4.3"]
)
def test_descriptions(name: str) -> None:
    assert is_description(name)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("cn: x\n", 1, "begin with dn:"),
        ("dn: cn=x\ncn: x\ncn\n", 3, "colon"),
        ("dn: cn=x\ncn:: not base64!\n", 2, "base64"),
        ("dn: cn=x\njpegPhoto:< file:///etc/passwd\n", 2, "never fetched"),
        ("dn: cn=x\njpegPhoto:< http://127.0.0.1/x\n", 2, "never fetched"),
        ("dn: cn=x\nchangetype: modify\nreplace: cn\n", 2, "change record"),
        ("dn: cn=x\nchangetype: delete\n", 2, "change record"),
        ("dn: cn=x\ndn: cn=y\n", 2, "empty line"),
        ("dn: cn=x\n-\n", 2, "colon"),
        (" x\n", 1, "continues none"),
        ("dn: cn=x\n\n x\n", 3, "continues none"),
        ("version: 2\n", 1, "version: 1"),
        ("dn: cn=x\nc n: x\n", 2, "name before the colon"),
        ("dn: cn=x\ncn: a\0b\n", 2, "NUL"),
        ("<?xml version='1.0'?>\n", 1, "colon"),
    ],
)
def test_a_bad_line_is_named_with_what_was_expected(text: str, line: int, expected: str) -> None:
    with pytest.raises(LdifError, match=expected) as caught:
        list(Reader(text.encode()))

    assert caught.value.line == line


def test_the_message_never_repeats_a_value() -> None:
    with pytest.raises(LdifError) as caught:
        list(Reader(b"dn: cn=x\nuserPassword Winter-2024\n"))

    assert "Winter" not in str(caught.value)


def test_folds_comments_and_windows_line_ends_are_undone() -> None:
    text = "\ufeff# made by hand\r\n# and\r\n  folded\r\nversion: 1\r\n\r\n"
    text += "dn: cn=a\r\n b\r\n# within\r\ncn:   ab\r\n\r\n\r\n"

    assert list(Reader(text.encode())) == [Entry(dn=b"cn=ab", attributes=(("cn", b"ab"),))]


def test_ldifde_writes_its_entries_as_additions() -> None:
    text = "dn: CN=x,DC=hosp\nchangetype: add\ncn: x\n"

    assert list(Reader(text.encode())) == [Entry(dn=b"CN=x,DC=hosp", attributes=(("cn", b"x"),))]


@pytest.mark.parametrize("level", ["", "-L", "-LL", "-LLL"])
@pytest.mark.parametrize("paged", [(), ("-E", "pr=2/noprompt")])
def test_ldapsearch_output_is_read(weak: Slapd, level: str, paged: tuple[str, ...]) -> None:
    """The real ldapsearch against the real slapd."""
    command = ["ldapsearch", "-x", "-H", f"ldap://{weak.address}", "-b", SUFFIX, *paged, "(objectClass=*)", "cn", "sn"]
    assert shutil.which(command[0])
    output = subprocess.run([*command, *filter(None, [level])], capture_output=True, check=True).stdout

    reader = Reader(output)
    found = list(reader)

    assert len(found) == 4
    assert Entry(dn=AUDITOR.encode(), attributes=(("cn", b"audit"), ("sn", b"audit"))) in found
    if not level:
        assert (reader.base, reader.scope, reader.filter) == (SUFFIX, "subtree", "(objectClass=*)")
        assert reader.requested == ("cn", "sn")
        assert (reader.result, reader.searches) == (0, 1)
    assert PASSWORD.encode() not in output
