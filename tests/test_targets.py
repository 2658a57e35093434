from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab.snmp import scope_of

from posture.model import Policy
from posture.scope import Approval, OrganisationScope, Scope, Window, Zone
from posture.targets import CHUNK, addresses, chunks, expand, may_send_to, refusal, too_large, unsendable

NIGHT = Window(start="22:00", end="05:00")
APPROVAL = Approval(approver="Clinical engineering", ticket="CHG-1", telephone="555 0100")


def zone(name, *networks, **fields):
    return Zone(**{"id": name, "kind": "server", "networks": networks, **fields})


def scope(*zones):
    return Scope(organisation=OrganisationScope(name="Lab"), zone=zones)


def texts(which, within):
    return [str(address) for address in addresses(which, within)]


def test_a_network_without_its_own_two_addresses():
    servers = zone("a", "10.0.0.0/29")
    assert texts(servers, scope(servers)) == [f"10.0.0.{last}" for last in range(1, 7)]


@pytest.mark.parametrize("network", ["10.0.0.4/31", "10.0.0.4/32", "fd00::4/127", "fd00::/126"])
def test_point_to_point_links_single_hosts_and_ipv6_have_no_broadcast(network):
    only = zone("a", network)
    assert len(texts(only, scope(only))) == ip_network(network).num_addresses


def test_exclusions_of_every_zone_win():
    servers, other = zone("a", "10.0.0.0/29", exclude=("10.0.0.1",)), zone("b", "10.9.0.0/29", exclude=("10.0.0.4/31",))
    assert texts(servers, scope(servers, other)) == ["10.0.0.2", "10.0.0.3", "10.0.0.6"]


def test_a_narrower_network_of_another_zone_takes_its_addresses():
    wide, pumps = zone("a", "10.0.0.0/24"), zone("b", "10.0.0.128/25", policy=Policy.OFF)
    found = texts(wide, scope(wide, pumps))
    assert found == [f"10.0.0.{last}" for last in range(1, 128)]


def test_addresses_of_an_equal_network_belong_to_one_zone_alone():
    one, two = zone("a", "10.0.0.0/29"), zone("b", "10.0.0.0/29")
    both = scope(one, two)
    assert len(texts(one, both)) + len(texts(two, both)) == 6


ADDRESS = st.integers(min_value=0, max_value=511).map(lambda last: ip_address(0x0A000000 + last))
NETWORK = st.tuples(ADDRESS, st.integers(min_value=23, max_value=32)).map(
    lambda pair: str(ip_network(f"{pair[0]}/{pair[1]}", strict=False))
)
ZONE = st.tuples(st.lists(NETWORK, min_size=1, max_size=3), st.lists(NETWORK, max_size=2))


@given(st.lists(ZONE, min_size=1, max_size=3))
def test_each_address_is_in_the_zone_that_holds_it_and_never_excluded(drawn):
    zones = [zone(f"z{number}", *networks, exclude=tuple(exclude)) for number, (networks, exclude) in enumerate(drawn)]
    whole = scope(*zones)
    for each in zones:
        found = set(addresses(each, whole))
        ends = {end for net in each.nets if net.prefixlen <= 30 for end in (net.network_address, net.broadcast_address)}
        wanted = {address for net in each.nets for address in net if may_send_to(address, each.id, whole)}
        assert found == wanted - ends


def test_chunks_hold_at_most_256_addresses_and_name_their_network():
    servers = zone("a", "10.0.0.0/22")
    found = list(chunks(servers, scope(servers)))
    assert [chunk.id for chunk in found] == [f"10.0.{third}.0-24" for third in range(4)]
    assert [chunk.count for chunk in found] == [255, 256, 256, 255]
    assert max(chunk.count for chunk in found) <= CHUNK
    assert all(len(list(expand(chunk.targets, chunk.exclude))) == chunk.count for chunk in found)


def test_a_chunk_keeps_its_name_when_an_exclusion_is_added():
    before, after = zone("a", "10.0.0.0/24"), zone("a", "10.0.0.0/24", exclude=("10.0.0.7",))
    (old,), (new,) = chunks(before, scope(before)), chunks(after, scope(after))
    assert (old.id, old.count - 1) == (new.id, new.count)


def test_single_addresses_of_one_block_are_one_chunk():
    listed = zone("a", "10.0.0.5", "10.0.0.77", "10.0.1.9")
    assert [chunk.targets for chunk in chunks(listed, scope(listed))] == [("10.0.0.5", "10.0.0.77"), ("10.0.1.9",)]


def test_a_chunk_with_nothing_left_is_none():
    empty = zone("a", "10.0.0.0/24", exclude=("10.0.0.0/16",))
    assert list(chunks(empty, scope(empty))) == []


def test_a_whole_class_a_is_planned_without_listing_it():
    vast = zone("a", "10.0.0.0/8")
    assert sum(chunk.count for chunk in chunks(vast, scope(vast))) == 2**24 - 2


def test_large_ipv6_networks_are_not_swept():
    mixed = zone("a", "fd00::/64", "fd01::1", "fd02::/120")
    assert too_large(mixed) == ("fd00::/64",)
    assert len(texts(mixed, scope(mixed))) == 257


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, ""),
        ({"policy": Policy.OFF}, "policy is off"),
        ({"policy": Policy.IMPORT_ONLY}, "import-only"),
        ({"kind": "medical-device"}, "import-only"),
        ({"kind": "medical-device", "policy": Policy.GENTLE, "window": (NIGHT,)}, "needs an approval"),
        ({"kind": "imaging", "policy": Policy.GENTLE, "approval": APPROVAL}, "needs a window"),
        ({"kind": "imaging", "policy": Policy.GENTLE, "approval": APPROVAL, "window": (NIGHT,)}, ""),
        ({"kind": "user", "policy": Policy.THOROUGH}, ""),
    ],
)
def test_why_a_zone_is_refused(fields, reason):
    why = refusal(zone("a", "10.0.0.0/24", **fields))
    assert reason in why
    assert bool(why) == bool(reason)


def test_what_may_be_sent_to_is_asked_again_just_before():
    whole = scope_of("10.0.0.0/24", exclude=("10.0.0.9",))
    assert may_send_to("10.0.0.8", "servers", whole)
    assert not may_send_to("10.0.0.9", "servers", whole)
    assert not may_send_to("10.0.1.1", "servers", whole)
    assert not may_send_to("10.0.0.8", None, whole)


@pytest.mark.parametrize("address", ["224.0.0.1", "0.0.0.0", "255.255.255.255", "ff02::1", "::", "::ffff:10.0.0.1"])  # noqa: S104  # not bound to
def test_addresses_that_no_host_has(address):
    assert unsendable(ip_address(address))
    assert not unsendable(ip_address("10.0.0.1"))


def test_the_whole_internet_is_refused_at_once():
    everywhere = zone("a", "0.0.0.0/0", "10.0.0.0/30")
    assert too_large(everywhere) == ("0.0.0.0/0",)
    assert texts(everywhere, scope(everywhere)) == ["10.0.0.1", "10.0.0.2"]
