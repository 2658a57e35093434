from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture.collectors.ldap.decode import (
    boolean,
    decoded,
    dn_key,
    filetime,
    generalized_time,
    integer,
    interval,
    sid,
    text,
)
from posture.facts import Missing


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"\x01\x01\x00\x00\x00\x00\x00\x05\x0b\x00\x00\x00", "S-1-5-11"),
        (b"\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00", "S-1-5-32-544"),
        (b"S-1-5-32-544", "S-1-5-32-544"),
    ],
)
def test_sid(value: bytes, expected: str) -> None:
    assert sid(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"116444736000000000", datetime(1970, 1, 1, tzinfo=UTC)),
        (b"133485408000000000", datetime(2024, 1, 1, tzinfo=UTC)),
        (b"0", Missing("absent", "never")),
        (b"-1", Missing("absent", "never")),
        (b"9223372036854775807", Missing("absent", "never")),
    ],
)
def test_filetime(value: bytes, expected: object) -> None:
    assert filetime(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"-18000000000", timedelta(minutes=30)),
        (b"-36288000000000", timedelta(days=42)),
        (b"0", Missing("absent", "no limit is set")),
        (b"-9223372036854775808", Missing("absent", "no limit is set")),
    ],
)
def test_interval(value: bytes, expected: object) -> None:
    assert interval(value) == expected


def test_other_syntaxes() -> None:
    assert generalized_time(b"20240229123456.0Z") == datetime(2024, 2, 29, 12, 34, 56, tzinfo=UTC)
    assert generalized_time(b"20240229123456Z") == datetime(2024, 2, 29, 12, 34, 56, tzinfo=UTC)
    assert (boolean(b"TRUE"), boolean(b"false")) == (True, False)
    assert integer(b"-2147483646") == -2147483646
    assert text(b" a\tb\r\n\x1b[0m\xff ") == "a b   [0m\ufffd"


@given(st.binary(max_size=80))
def test_no_value_raises_anything(value: bytes) -> None:
    for decode in (sid, filetime, interval, generalized_time, boolean, integer):
        decoded(value, "x", decode)


@pytest.mark.parametrize(
    "dn", ["CN=Nurse,OU=Ward,DC=hosp", "cn=nurse, ou=ward, dc=hosp", " cn = NURSE ,ou=Ward,dc=HOSP "]
)
def test_one_name_in_three_spellings(dn: str) -> None:
    assert dn_key(dn) == "cn=nurse,ou=ward,dc=hosp"


def test_an_escaped_comma_is_no_separator() -> None:
    assert dn_key(r"cn=Nurse\, A,dc=hosp") == r"cn=nurse\, a,dc=hosp"
