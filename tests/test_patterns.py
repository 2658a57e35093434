"""Patterns name what they say, and nothing beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture.patterns import Named, boundless, declared_ephi, matches
from posture.scope import AssetScope

PUMP = Named(
    keys=("mac:main/aa:bb", "address:devices/10.9.0.5"),
    names=("Pump-[7]", "pump7.example.org"),
    addresses=("10.9.0.5",),
    zones=("devices",),
)
GATEWAY = Named(names=("gw",), addresses=("10.9.0.1", "10.1.0.1"), zones=("devices", "servers"))


@pytest.mark.parametrize(
    ("pattern", "names_it"),
    [
        ("10.9.0.5", True),
        (" 10.9.0.5 ", True),
        ("::ffff:10.9.0.5", True),
        ("10.9.0.50", False),
        ("10.9.0.0/24", True),
        ("10.9.1.0/24", False),
        ("fd00::/8", False),
        ("zone:devices", True),
        ("ZONE:Devices", True),
        ("zone:device", False),
        ("zone:*", False),
        ("zone:", False),
        ("PUMP7.*", True),
        ("*.example.org", True),
        ("pump-[7]", True),
        ("pump-7", False),
        ("pump-?7?", False),
        ("pump", False),
        ("mac:main/*", True),
        ("mac:MAIN/AA:BB", True),
        ("pump7.example.org|x", False),
        ("", False),
    ],
)
def test_a_pattern_is_an_address_a_network_a_zone_or_a_name(pattern, names_it):
    assert matches(pattern, PUMP) is names_it


def test_an_address_written_as_ipv6_is_the_ipv4_one():
    assert matches("::ffff:10.9.0.0/120", Named(addresses=("10.9.0.5",)))
    assert boundless("::ffff:0.0.0.0/96")
    declared = (AssetScope(match="10.9.0.0/24", ephi="no"), AssetScope(match="::ffff:10.9.0.5", ephi="yes"))
    assert declared_ephi(declared, Named(addresses=("10.9.0.5",))) == "yes"
    assert matches("10.9.0.0/24", Named(addresses=("::ffff:10.9.0.5",)))


def test_a_machine_with_a_foot_outside_is_not_wholly_in_a_network_or_zone():
    for pattern in ("10.9.0.0/24", "zone:devices"):
        assert matches(pattern, GATEWAY)
        assert not matches(pattern, GATEWAY, wholly=True)
    assert matches("10.9.0.1", GATEWAY, wholly=True)


def test_what_has_no_address_is_in_no_network():
    account = Named(keys=("guid:1",), names=("nurse",))

    assert not matches("0.0.0.0/0", account)
    assert not matches("zone:devices", account, wholly=True)


@given(st.text(max_size=40), st.text(max_size=40))
def test_text_without_a_star_is_never_more_than_itself(pattern, name):
    if "*" not in pattern and matches(pattern, Named(names=(name,))):
        assert pattern.strip().casefold() == name.casefold()


@given(st.text(alphabet="ab*.", max_size=60))
def test_many_stars_take_no_time(pattern):
    assert matches(pattern, Named(names=("a" * 5_000,))) == ("*" in pattern and not set("b.") & set(pattern))


@pytest.mark.parametrize("pattern", ["*", "**", " ", "", "0.0.0.0/0", "::/0", "*.*", "-"])
def test_a_pattern_that_names_everything_is_boundless(pattern):
    assert boundless(pattern)


@pytest.mark.parametrize("pattern", ["10.0.0.0/8", "kiosk-*", "zone:a", "10.0.0.1"])
def test_a_pattern_that_names_something_is_not(pattern):
    assert not boundless(pattern)


def declared(*lines: tuple[str, str], named: Named = PUMP) -> str | None:
    return declared_ephi([AssetScope(match=match, ephi=ephi) for match, ephi in lines], named)


def test_the_worst_of_what_is_declared_speaks():
    assert declared(("10.9.0.0/24", "no")) == "no"
    assert declared(("10.9.0.0/24", "no"), ("pump7.*", "yes")) == "yes"
    assert declared(("10.9.0.0/24", "no"), ("pump7.*", "unknown")) == "unknown"
    assert declared(("10.1.0.0/24", "yes")) is None


def test_a_network_without_ephi_says_nothing_of_a_machine_with_a_foot_outside_and_one_with_ephi_does():
    assert declared(("10.9.0.0/24", "no"), named=GATEWAY) is None
    assert declared(("10.9.0.0/24", "yes"), named=GATEWAY) == "yes"
