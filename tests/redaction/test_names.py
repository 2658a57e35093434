"""Names in whole values and in texts."""

from __future__ import annotations

import json
import time
from ipaddress import ip_address, ip_network

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posture.pseudonyms import Pseudonyms
from posture.redaction import leaks
from posture.redaction.addresses import Addresses
from posture.redaction.documents import CUSTODY, json_document, redacted
from posture.redaction.leaks import Leaks
from posture.redaction.names import Names
from posture.redaction.own import own_words

KEY = b"\x07" * 32


def names(*accounts: str) -> Names:
    made = Names(Pseudonyms(KEY), own_words())
    for each in accounts:
        made.account(each)
    return made


def test_machines_of_one_network_stay_in_one_and_no_machine_has_such_an_address():
    addresses = Addresses(Pseudonyms(KEY))
    one, two, other = (ip_address(addresses.ipv4(each)) for each in ("10.20.1.5", "10.20.1.77", "10.21.1.5"))

    network = ip_network(addresses.ipv4("10.20.0.0/16"))
    assert one in network
    assert two in network
    assert other not in network
    assert all(each in ip_network("240.0.0.0/4") for each in (one, two, other))


@given(st.integers(0, 2**24 - 1), st.integers(0, 2**24 - 1))
def test_two_addresses_share_as_many_bits_as_before(first, second):
    addresses = Addresses(Pseudonyms(KEY))
    before = [10 << 24 | each for each in (first, second)]
    after = [int(ip_address(addresses.ipv4(str(ip_address(each))))) for each in before]

    assert (before[0] ^ before[1]).bit_length() == (after[0] ^ after[1]).bit_length()


def test_public_addresses_become_tokens_and_masks_stay():
    addresses = Addresses(Pseudonyms(KEY))
    assert addresses.ipv4("8.8.8.8").startswith("address-")
    assert addresses.ipv4("255.255.255.0") == "255.255.255.0"
    assert ip_address(addresses.ipv6("2001:db8:1::5")) in ip_network("3fff::/20")


def test_a_name_is_found_in_a_text_whatever_its_case_and_the_longer_one_wins():
    known = names("jdoe", "jdoe-adm")
    text = known.text("JDOE and jdoe-adm logged in")

    assert known.account("jdoe") in text
    assert known.account("jdoe-adm") in text
    assert "jdoe" not in text.lower()


@pytest.mark.parametrize(
    "value",
    [
        "10.1.2.3",
        "ws7.ward.hosp.example",
        "Jane.Doe@hosp.example",
        "00:1a:2b:3c:4d:5e",
        "0:1a:2b:3c:4d:5e",
        "001a.2b3c.4d5e",
        "001A2B3C4D5E",
        "S-1-5-21-1111111111-2222222222-3333333333-1104",
        "0c6fffcc-c534-4d47-9cdf-92aaf3772e65",
        "+1 555 010 0199",
        "2001:db8:77::1",
        "10-1-2-3",
        "CN=Zebulon Quux,OU=Zzward,DC=hosp,DC=example",
        "Quuxenburg",
        "123456789",
        "MRN00912345",
    ],
)
def test_what_nothing_told_of_does_not_stay_in_a_text_either(value):
    assert value.lower() not in names().text(f"Seen: {value}, on port 445.").lower()


def test_our_own_words_ports_and_dates_stay():
    text = "445/tcp is open since 2026-02-01T10:00:00Z: SMBv1 is offered (164.312(e)(1))."
    assert names().text(text) == text


@pytest.mark.parametrize("account", ["open", "user", "a", "port", "state", "x", "high", "host", "account"])
def test_an_ordinary_word_as_a_name_is_replaced_where_it_is_a_name_and_stays_in_sentences(account):
    known = names(account)

    assert known.account(account).startswith("account-")
    assert known.text("The port is open: a user of this host has an account of high state x") == (
        "The port is open: a user of this host has an account of high state x"
    )
    assert not Leaks(known).found(b'<state state="open" reason="syn-ack"/>')


@pytest.mark.parametrize(
    "account", [".*", "(((", "a|b", "\\", "[x", "account-aaaaaaaaaaaaaaaa", "%s", "{0}", "\x00zz", "ÄÖ"]
)
def test_hostile_names_are_names_like_others(account):
    known = names(account, "zzother")
    assert known.account(account) == known.account(account)
    assert "zzother" not in known.text(f"{account} zzother")


def test_a_name_that_looks_like_a_token_is_replaced_by_another():
    fake = names().account("jdoe")
    known = names("jdoe", fake)

    assert known.name("account", fake) != fake


@settings(max_examples=200)
@given(st.text(min_size=4, max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_of_a_known_name_nothing_is_left_in_any_text_or_the_check_finds_it(value, before, after):
    known = names(value)
    made = known.text(f"{before} {value} {after}")
    again = Leaks(known)

    assert not again.found(known.account(value).encode()) or value.casefold() in known.account(value)
    if not known.is_own(value.strip().casefold()):
        assert (
            value.strip().casefold() not in made.casefold() or not value.strip().isalnum() or again.found(made.encode())
        )


@pytest.mark.parametrize(
    "written",
    [
        b"x Quuxen y",
        b"QUUXENBURGER",
        "quuxenburg".encode("utf-16-le"),
        b"::" + b"cXV1eGVuYnVyZw==",
        b"71757578656e62757267",
        b"Quux\\65nburg",
        b"&#81;uuxenburg",
        b"%51uuxenburg",
        b'"\\u0051uuxenburg"',
        b"cn: Quuxen\n burg",
    ],
)
def test_the_check_finds_a_name_however_it_is_written(written):
    known = names("Quuxenburg", "Quuxen")

    assert Leaks(known).found(written) == "account"
    assert not Leaks(known).found(b"Quxenburg and other words")


def test_an_object_identifier_or_a_time_is_no_leak_of_what_has_the_same_numbers():
    known = names("1767225600")
    known.address("1.1.1.1")

    assert not Leaks(known).found(b'1.3.6.1.2.1.47.1.1.1.1.5.1|2|3\n<host start="1767225600"/>')
    assert Leaks(known).found(b"a server at 1.1.1.1.") == "address"
    assert "1767225600" not in known.text("number 1767225600")


def test_the_time_grows_with_the_names_and_not_with_their_square():
    def seconds(count: int) -> float:
        accounts = [f"user {number} of the ward" for number in range(count)]
        begun = time.process_time()
        known = names(*accounts)
        known.text(" ".join(accounts))
        Leaks(known).found(" ".join(accounts[::10]).encode())
        return time.process_time() - begun

    small, large = seconds(2_000), seconds(16_000)
    assert large < 8 * small * 3


def test_what_our_comments_and_examples_name_is_no_word_of_ours():
    ours = own_words()
    assert not [each for each in ("xu", "ammar", "anna", "chicago", "america", "corp") if ours.phrase(each)]
    assert all(ours.phrase(each) for each in ("open", "not assessed", "requester"))


def test_a_word_of_the_hospitals_name_is_found_in_the_name_of_a_program():
    known = names()
    known.words("organisation", "Zzmary Open Hospital")
    assert "Zzmary" not in known.text("Zzmary Portal 2.1", product=True)
    assert known.text("Open Portal 2.1", product=True) == "Open Portal 2.1"


def test_a_letter_in_one_piece_or_two_makes_the_same_name():
    known = names()
    one, two = "M\u00fcller-Zz", "Mu\u0308ller-Zz"
    assert known.name("person", one) == known.name("person", two)
    assert "ller" not in known.text(f"Portal of {two} 2.1", product=True)
    assert Leaks(known).found(f"by {two}.".encode())


def test_a_reviewer_whose_name_is_made_of_ordinary_words_is_a_person():
    made = redacted({"detail": {"reviewer": "Will Grant, General Counsel"}}, names(), CUSTODY)
    assert made["detail"]["reviewer"].startswith("person-")


def test_in_a_long_file_a_name_is_found_wherever_it_is_and_no_part_of_a_word_is_one(monkeypatch):
    monkeypatch.setattr(leaks, "_STEP", 100)
    monkeypatch.setattr(leaks, "_OVERLAP", 40)
    known = names("zzquux")
    for at in range(0, 400, 7):
        assert Leaks(known).found(b"- " * (at // 2) + b"\xc3\xbc zzquux." + b" -" * 150), at
        assert not Leaks(known).found(b"- " * (at // 2) + b"azzquux zzquuxa" + b" -" * 150), at


def test_a_document_is_the_same_in_parts_and_whole():
    said = {"b": [{"owner": "Zz Quux", "n": 1}, "Zz"], "a": {"organisation": {"name": "Zz"}, "x": []}, "t": None}
    one, two = names(), names()
    made = json_document(json.dumps(said).encode(), one, CUSTODY)
    assert made == msgspec.json.encode(redacted(said, two, CUSTODY), order="sorted")
    assert json_document(b"\xef\xbb\xbf" + json.dumps(said).encode(), names(), CUSTODY) == made
    assert json_document(b"[", names(), CUSTODY) is None
