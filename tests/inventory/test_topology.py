"""The map of the network: what each device says is drawn, nothing is guessed, and order makes no difference."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture.assessment import Asset
from posture.assessment.network import ClassCount, NetworkMap
from posture.facts import (
    ArpEntry,
    ArpTable,
    Device,
    Fact,
    Host,
    Interface,
    LearnedAddress,
    LearnedAddresses,
    Neighbour,
    Neighbours,
)
from posture.inventory.topology import network_map
from posture.scope import OrganisationScope, Scope, Zone

SCOPE = Scope(
    organisation=OrganisationScope(name="Lab"),
    zone=(
        Zone(id="clinical", kind="clinical", networks=("10.20.0.0/24",)),
        Zone(id="devices", kind="medical-device", networks=("10.30.0.0/16",)),
        Zone(id="guest", kind="guest", networks=("10.99.0.0/24", "2001:db8:99::/64")),
    ),
)
PUMP, DESK = "00:03:b1:00:00:01", "00:50:b6:00:00:02"


def host(address: str, mac: str) -> Host:
    return Host(ids=(f"mac:unzoned/{mac}", f"address:x/{address}"), name=address, address=address, mac=mac.upper())


def asset(key: str, address: str, kind: str = "workstation", **fields) -> Asset:
    place = {"10.20": "clinical", "10.30": "devices", "10.99": "guest"}.get(address[:5], "")
    defaults = {"name": address, "kind": "host", "ids": (key,), "addresses": (address,) if address else ()}
    return Asset(**{**defaults, "key": key, "device_class": kind, "place": place, **fields})


def switch(name: str, address: str, *learned: tuple[str, str, int], heard=(), **fields) -> tuple[Device, Asset]:
    rows = tuple(LearnedAddress(mac=mac, port=port, vlan=vlan) for mac, port, vlan in learned)
    found = Device(
        ids=(f"snmp-engine:{name}",),
        name=name,
        address=address,
        system_name=name,
        model="C9300",
        evidence=(f"{name}-evidence",),
        links=Neighbours(rows=tuple(heard), whole=True),
        learned=LearnedAddresses(rows=rows, whole=True),
        **fields,
    )
    return found, asset(f"snmp-engine:{name}", address, "network", name=name, vendor="Cisco")


def hears(name: str, port: str = "Te1/1", remote: str = "Gi0/1", **fields) -> Neighbour:
    return Neighbour(protocol="lldp", port=port, remote_port=remote, name=name, **{"roles": ("bridge",), **fields})


PUMP_SEEN = (host("10.30.0.5", PUMP), asset(f"mac:unzoned/{PUMP}", "10.30.0.5", "medical-device"))
DESK_SEEN = (host("10.20.0.9", DESK), asset(f"mac:unzoned/{DESK}", "10.20.0.9"))


def drawn(*seen: tuple[Fact, Asset], scope: Scope = SCOPE) -> NetworkMap:
    return network_map([fact for fact, _ in seen], [each for _, each in seen], scope)


def links(network: NetworkMap) -> list[tuple[str, str, str, str, str]]:
    return [
        (each.source_name, each.source_port, each.kind, each.target_name, each.target_port) for each in network.links
    ]


def test_every_network_of_the_scope_is_there_with_what_was_seen_in_it():
    found = drawn(PUMP_SEEN, DESK_SEEN, (host("192.0.2.7", "00:50:b6:00:00:03"), asset("address:x", "192.0.2.7")))
    assert [(subnet.zone, subnet.network, subnet.hosts) for subnet in found.subnets] == [
        ("", "192.0.2.0/24", 1),
        ("clinical", "10.20.0.0/24", 1),
        ("devices", "10.30.0.0/24", 1),
        ("guest", "10.99.0.0/24", 0),
        ("guest", "2001:db8:99::/64", 0),
    ]
    assert found.subnets[2].classes == (ClassCount(device_class="medical-device", count=1),)
    assert "No switch" in found.note


def test_two_switches_that_hear_each_other_are_two_statements_of_one_link():
    one = switch("core", "10.20.0.1", heard=[hears("closet", "Te1/1", "Gi0/1")])
    other = switch("closet", "10.30.0.1", heard=[hears("CORE", "Gi0/1", "Te1/1")])
    found = drawn(one, other)
    assert links(found) == [("closet", "Gi0/1", "lldp", "core", "Te1/1"), ("core", "Te1/1", "lldp", "closet", "Gi0/1")]
    assert {each.target for each in found.links} == {"snmp-engine:core", "snmp-engine:closet"}
    assert found.links[0].evidence == ("closet-evidence",)


def test_a_machine_stands_at_the_port_with_the_fewest_addresses():
    core = switch("core", "10.20.0.1", (PUMP, "Te1/1", 30), (DESK, "Te1/1", 20))
    closet = switch("closet", "10.30.0.1", (PUMP, "Gi0/7", 30), (DESK, "Gi0/8", 20))
    found = drawn(core, closet, PUMP_SEEN, DESK_SEEN)
    assert links(found) == [
        ("closet", "Gi0/7", "learned-address", "10.30.0.5", ""),
        ("closet", "Gi0/8", "learned-address", "10.20.0.9", ""),
    ]
    assert {link.vlan for link in found.links} == {20, 30}
    (node,) = [node for node in found.nodes if node.name == "closet"]
    assert {each.device_class for each in node.attached} == {"medical-device", "workstation"}


def test_where_two_switches_are_as_near_neither_is_taken():
    found = drawn(
        switch("one", "10.20.0.1", (PUMP, "Gi0/1", 30)), switch("two", "10.20.0.2", (PUMP, "Gi0/1", 30)), PUMP_SEEN
    )
    assert found.links == ()


def test_a_mac_address_of_several_machines_is_nobodys():
    clone = (
        Host(ids=("address:x/10.20.0.10",), name="10.20.0.10", address="10.20.0.10", mac=PUMP),
        asset("address:clinical/10.20.0.10", "10.20.0.10", ids=("address:x/10.20.0.10",)),
    )
    found = drawn(switch("closet", "10.30.0.1", (PUMP, "Gi0/7", 30)), PUMP_SEEN, clone)
    assert (found.links, found.unplaced) == ((), 1)
    assert "1 MAC address " in found.note


def test_a_machine_known_by_its_address_alone_is_found_through_a_routers_arp_table():
    seen = (
        Host(ids=("address:devices/10.30.0.5",), name="10.30.0.5", address="10.30.0.5"),
        asset("address:devices/10.30.0.5", "10.30.0.5", "medical-device"),
    )
    table = ArpTable(rows=(ArpEntry(address="10.30.0.5", mac=PUMP, interface=12),), whole=True)
    router = switch("core", "10.20.0.1", arp=table, interfaces=(Interface(index=12, description="Vlan30"),))
    found = drawn(router, switch("closet", "10.30.0.1", (PUMP, "Gi0/7", 30)), seen)
    assert links(found) == [
        ("closet", "Gi0/7", "learned-address", "10.30.0.5", ""),
        ("core", "Vlan30", "arp", "10.30.0.0/24", ""),
    ]


def test_a_router_that_answers_for_others_gives_them_no_port():
    own = Interface(index=1, description="Gi0/0", mac=DESK)
    table = ArpTable(rows=(ArpEntry(address="10.30.0.5", mac=DESK, interface=1),), whole=True)
    seen = (
        Host(ids=("address:devices/10.30.0.5",), name="10.30.0.5", address="10.30.0.5"),
        asset("address:devices/10.30.0.5", "10.30.0.5", "medical-device"),
    )
    router = switch("core", "10.20.0.1", arp=table, interfaces=(own,))
    found = drawn(router, switch("closet", "10.30.0.1", (DESK, "Gi0/1", 30)), seen)
    assert "learned-address" not in {link.kind for link in found.links}


@pytest.mark.parametrize(("roles", "shown"), [(("bridge",), True), (("bridge", "telephone"), False), ((), False)])
def test_what_only_neighbours_tell_of_is_a_device_of_the_network_if_it_says_so(roles, shown):
    found = drawn(switch("core", "10.20.0.1", heard=[hears("unknown-9", chassis="closet-9", roles=roles)]))
    assert [node.name for node in found.nodes if not node.seen] == ["unknown-9"] * shown
    assert links(found) == [("core", "Te1/1", "lldp", "unknown-9", "Gi0/1")]


def test_what_gave_no_table_is_told_in_the_note():
    silent = (
        Device(ids=("snmp-engine:mute",), name="mute", address="10.20.0.3"),
        asset("snmp-engine:mute", "", "network"),
    )
    found = drawn(silent)
    assert "1 device of the network gave neither" in found.note
    assert "1 machine of which no address is known stands in no subnet." in found.note
    assert "not asked" in found.nodes[0].tables


EVERYTHING = (
    switch("core", "10.20.0.1", (PUMP, "Te1/1", 30), heard=[hears("closet"), hears("ghost", chassis="ghost")]),
    switch("closet", "10.30.0.1", (PUMP, "Gi0/7", 30), (DESK, "Gi0/8", 20), heard=[hears("core")]),
    PUMP_SEEN,
    DESK_SEEN,
)


@given(st.permutations(EVERYTHING))
def test_the_order_of_facts_and_assets_makes_no_difference(seen):
    assert msgspec.json.encode(drawn(*seen)) == msgspec.json.encode(drawn(*EVERYTHING))
