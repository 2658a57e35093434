"""Neighbours, ARP, forwarding tables and VLANs: read as sent, bounded, and silent where nothing may be concluded."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab.snmp import SECRETS, audit, community, free_port, scope_of

from posture.collectors.snmp import SnmpCollector, said
from posture.collectors.snmp.mibs import ADDRESSES, BRIDGE, HEARD, SUBTREES, TOPOLOGY, dotted, oid
from posture.collectors.snmp.snmprec import Row, encode
from posture.demo.snmpd import Snmpd
from posture.facts import ArpEntry, Device, LearnedAddress, Missing, Neighbour, Vlan
from posture.model import AskedSnmp, Attempt, Envelope, Evidence, Policy
from posture.scope import Approval, Window

SCOPE = scope_of("10.0.0.0/24")
LLDP, CDP = "1.0.8802.1.1.2.1", "1.3.6.1.4.1.9.9.23.1.2.1.1"
BRIDGE_MIB, Q_BRIDGE = "1.3.6.1.2.1.17", "1.3.6.1.2.1.17.7.1"
PORTS = {f"{BRIDGE_MIB}.1.4.1.2.7": 107, "1.3.6.1.2.1.31.1.1.1.1.107": b"Gi1/0/7"}
MAC, MAC_INDEX = "00:c0:ff:43:ce:45", "0.192.255.67.206.69"


def device(objects, *, oids=(*SUBTREES, *TOPOLOGY), cut=()) -> Device:
    envelope = Envelope(
        collector="snmp",
        format="snmprec",
        outcome="complete",
        zone="servers",
        targets=("10.0.0.5",),
        asked=AskedSnmp(oids=tuple(map(dotted, oids)), cut=tuple(map(dotted, cut))),
        attempts=(Attempt(method="v2c", outcome="accepted", credential="ward"),),
        ended=datetime(2026, 1, 1, tzinfo=UTC),
    )
    rows = [
        Row(oid(name), 6 if isinstance(value, tuple) else 4 if isinstance(value, bytes) else 2, value)
        for name, value in objects.items()
    ]
    (fact,) = SnmpCollector().read([Evidence.of(envelope, encode(rows))], SCOPE)
    assert isinstance(fact, Device)
    return fact


def lldp(index: str, **columns) -> dict[str, object]:
    return {f"{LLDP}.4.1.1.{column.removeprefix('c')}.{index}": value for column, value in columns.items()}


def test_a_neighbour_over_lldp_is_named_by_its_chassis_port_name_and_roles():
    objects = {
        f"{LLDP}.3.7.1.4.3": b"uplink to core",
        **lldp("0.3.1", c4=4, c5=bytes.fromhex("00c0ff43ce45"), c6=5, c7=b"Te1/1", c9=b"core", c10=b"IOS", c12=b"\x28"),
    }
    assert device(objects).links.rows == (
        Neighbour(
            protocol="lldp",
            port="uplink to core",
            chassis=MAC,
            chassis_kind="mac",
            remote_port="Te1/1",
            name="core",
            description="IOS",
            roles=("bridge", "router"),
        ),
    )


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (4, bytes.fromhex("00c0ff43ce45"), (MAC, "mac")),
        (4, b"short", ("short", "name")),
        (5, b"\x01\x0a\x00\x00\x09", ("10.0.0.9", "address")),
        (5, b"\x01\x0a", ("", "name")),
        (7, b"closet-3\x1b[2J", ("closet-3 [2J", "name")),
        (None, b"closet-3", ("closet-3", "name")),
    ],
)
def test_a_chassis_is_read_as_its_subtype_says(kind, value, expected):
    columns = {"c5": value} | ({"c4": kind} if kind else {})
    (heard,) = device(lldp("0.1.1", **columns)).links.rows
    assert (heard.chassis, heard.chassis_kind) == expected


def test_a_neighbour_over_cdp_stands_on_the_interface_that_its_index_names():
    objects = {
        "1.3.6.1.2.1.31.1.1.1.1.107": b"Gi1/0/7",
        f"{CDP}.4.107.1": bytes((10, 0, 0, 9)),
        f"{CDP}.6.107.1": b"phone-12",
        f"{CDP}.7.107.1": b"Port 1",
        f"{CDP}.8.107.1": b"CP-8841",
        f"{CDP}.9.107.1": b"\x00\x00\x00\x90",
    }
    (heard,) = device(objects).links.rows
    assert (heard.port, heard.chassis, heard.chassis_kind) == ("Gi1/0/7", "10.0.0.9", "address")
    assert (heard.name, heard.remote_port, heard.description) == ("phone-12", "Port 1", "CP-8841")
    assert heard.roles == ("station", "telephone")


def test_both_tables_of_arp_are_read_and_what_is_no_machine_is_left_out():
    objects = {
        "1.3.6.1.2.1.4.22.1.2.3.10.0.0.9": bytes.fromhex("00c0ff43ce45"),
        "1.3.6.1.2.1.4.22.1.2.3.10.0.0.255": b"\xff" * 6,
        "1.3.6.1.2.1.4.22.1.2.3.10.0.0.300": bytes.fromhex("00c0ff43ce45"),
        "1.3.6.1.2.1.4.35.1.4.3.1.4.10.0.0.9": bytes.fromhex("00c0ff43ce45"),
        "1.3.6.1.2.1.4.35.1.4.3.2.16" + ".0" * 15 + ".1": bytes.fromhex("00c0ff43ce46"),
        "1.3.6.1.2.1.4.35.1.4.3.1.9.10.0.0.9": bytes.fromhex("00c0ff43ce47"),
    }
    assert device(objects).arp.rows == (
        ArpEntry(address="10.0.0.9", mac=MAC, interface=3),
        ArpEntry(address="::1", mac="00:c0:ff:43:ce:46", interface=3),
    )


def test_a_learned_address_has_its_port_by_name_and_the_vlan_that_alone_uses_its_database():
    objects = {**PORTS, f"{Q_BRIDGE}.2.2.1.2.5.{MAC_INDEX}": 7, f"{Q_BRIDGE}.4.2.1.3.0.30": 5}
    found = device(objects).learned
    assert (found.rows, found.whole) == ((LearnedAddress(mac=MAC, port="Gi1/0/7", vlan=30),), True)


def test_where_vlans_share_a_forwarding_database_no_vlan_is_told():
    objects = {
        **PORTS,
        f"{Q_BRIDGE}.2.2.1.2.5.{MAC_INDEX}": 7,
        f"{Q_BRIDGE}.4.2.1.3.0.30": 5,
        f"{Q_BRIDGE}.4.2.1.3.0.40": 5,
    }
    (row,) = device(objects).learned.rows
    assert isinstance(row.vlan, Missing)


def test_a_table_without_vlans_tells_ports_and_no_vlan():
    objects = {
        **PORTS,
        f"{BRIDGE_MIB}.4.3.1.2.{MAC_INDEX}": 7,
        f"{BRIDGE_MIB}.4.3.1.2.1.0.94.0.0.1": 7,
        f"{BRIDGE_MIB}.4.3.1.2.0.1.2.3.4.5": 0,
    }
    (row,) = device(objects).learned.rows
    assert (row.mac, row.port) == (MAC, "Gi1/0/7")
    assert isinstance(row.vlan, Missing)


def test_vlans_have_their_names():
    objects = {**PORTS, f"{Q_BRIDGE}.4.3.1.1.30": b"pumps", f"{Q_BRIDGE}.4.3.1.1.5000": b"none such"}
    assert device(objects).vlans == (Vlan(number=30, name="pumps"),)


# ── what silence means ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "row", "column"),
    [
        ("links", lldp("0.1.1", c5=b"x"), HEARD[0]),
        ("arp", {"1.3.6.1.2.1.4.22.1.2.3.10.0.0.9": bytes.fromhex("00c0ff43ce45")}, ADDRESSES[0]),
        ("learned", {**PORTS, f"{Q_BRIDGE}.2.2.1.2.5.{MAC_INDEX}": 7}, oid(f"{Q_BRIDGE}.2.2.1.2")),
    ],
)
def test_a_table_is_whole_only_where_its_walk_came_to_its_end(field, row, column):
    assert getattr(device(row), field).whole
    assert not getattr(device(row, cut=(column,)), field).whole
    assert not getattr(device(row, oids=[each for each in (*SUBTREES, *TOPOLOGY) if each != column]), field).whole


@pytest.mark.parametrize("field", ["links", "arp", "learned", "vlans"])
def test_what_was_not_asked_is_not_absent(field):
    interface = {"1.3.6.1.2.1.2.2.1.2.1": b"lo"}
    assert getattr(device(interface), field) == Missing("absent")
    assert getattr(device({}, oids=SUBTREES), field) == Missing("not-asked")


def test_a_switch_of_more_addresses_than_are_read_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(said, "MOST_ROWS", 10)
    objects = {**PORTS, **{f"{Q_BRIDGE}.2.2.1.2.5.0.1.2.3.4.{last}": 7 for last in range(20)}}
    found = device(objects).learned
    assert (len(found.rows), found.whole) == (10, False)


def test_a_hundred_thousand_addresses_are_read_in_seconds():
    objects = {f"{Q_BRIDGE}.2.2.1.2.5.0.1.2.{at >> 16}.{at >> 8 & 255}.{at & 255}": 7 for at in range(100_000)}
    found = device({**PORTS, **objects}).learned
    assert (len(found.rows), found.whole) == (100_000, True)


INDEX = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20).map(lambda numbers: ".".join(map(str, numbers)))
VALUE = st.one_of(st.integers(-(2**31), 2**32 - 1), st.binary(max_size=20))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(TOPOLOGY), INDEX, VALUE), max_size=12))
def test_whatever_stands_in_these_tables_nothing_breaks(rows):
    found = device({f"{dotted(column)}.{index}": value for column, index, value in rows})
    for table in (found.links, found.arp, found.learned):
        assert isinstance(table, Missing) or table.rows


@pytest.mark.parametrize("field", ["learned", "vlans"])
def test_an_agent_that_shows_no_interfaces_either_may_hide_that_it_is_a_switch(field):
    assert getattr(device({}), field).why == "not-readable"


def test_no_device_has_thousands_of_neighbours():
    found = device({f"{CDP}.6.{port}.1": b"x" for port in range(1, 3_000)}).links
    assert (len(found.rows), found.whole) == (2_000, False)


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────

ADDRESS = "127.66.7.1"
SWITCH = f"""
rocommunity {SECRETS["READ"]}
override {LLDP}.4.1.1.4.0.7.1 integer 7
override {LLDP}.4.1.1.5.0.7.1 octet_str "core-chassis"
override {LLDP}.4.1.1.9.0.7.1 octet_str "core"
override {BRIDGE_MIB}.1.4.1.2.7 integer 107
override {Q_BRIDGE}.2.2.1.2.5.{MAC_INDEX} integer 7
override {Q_BRIDGE}.4.2.1.3.0.30 integer 5
override 1.3.6.1.4.1.6574.1.5.1.0 octet_str "RS2212RP+"
override 1.3.6.1.4.1.6574.1.5.2.0 octet_str "3005AWL999111"
"""


def asked(configuration: str, **zone) -> tuple[Device, set[str]]:
    with Snmpd(configuration, address=ADDRESS, port=free_port(ADDRESS)) as agent:
        scope = scope_of(ADDRESS, port=agent.port, credentials=[community("ward")], **zone)
        (record,), (found,) = audit(scope)
    assert record.envelope.outcome == "complete"
    return found, set(record.envelope.asked.oids)


def test_a_real_agent_is_asked_for_all_of_it_where_it_is_a_switch():
    found, oids = asked(SWITCH)
    (heard,) = found.links.rows
    assert (heard.name, heard.chassis, found.links.whole) == ("core", "core-chassis", True)
    assert found.learned.rows == (LearnedAddress(mac=MAC, port="interface 107", vlan=30),)
    assert set(map(dotted, BRIDGE)) <= oids


def test_behind_the_number_of_an_agents_maker_the_nas_is_found():
    found, _ = asked(SWITCH)
    assert (found.vendor, found.model, found.serial) == ("Synology", "RS2212RP+", "3005AWL999111")


def test_what_is_no_switch_is_not_asked_what_it_learned():
    found, oids = asked(f"rocommunity {SECRETS['READ']}\n")
    assert not oids.intersection(map(dotted, BRIDGE))
    assert len(oids.intersection(map(dotted, HEARD))) == 2
    assert found.learned == Missing("absent")


@pytest.mark.parametrize("kind", ["medical-device", "imaging"])
def test_where_medical_devices_are_no_table_of_the_network_is_walked(kind):
    approval = Approval(approver="A. Ward", ticket="CE-1", telephone="555-0100")
    always = (Window(start="00:00", end="23:59"), Window(start="12:00", end="11:59"))
    found, oids = asked(SWITCH, kind=kind, policy=Policy.GENTLE, approval=approval, window=always)
    assert not oids.intersection(map(dotted, TOPOLOGY))
    assert found.learned == Missing("not-asked")


# ── a real daemon ────────────────────────────────────────────────────────────────────────────────────────────────────

RECORDED = Path(__file__).parents[2] / "data" / "snmp" / "recorded" / "lldpd.snmprec"


def test_what_lldpd_says_of_two_cables_is_what_was_plugged_in():
    payload = RECORDED.read_bytes()
    (record,) = SnmpCollector().load(payload, RECORDED.name, "0" * 64)
    (found,) = SnmpCollector().read([record], SCOPE)
    assert isinstance(found, Device)
    assert {(each.port, each.remote_port, each.name) for each in found.links.rows} == {
        ("uplink0", "uplink1", "swb.hospital.example"),
        ("access0", "access1", "swb.hospital.example"),
    }
    assert {each.chassis for each in found.links.rows} == {"ae:15:d7:e5:3a:91"}
    assert not found.links.whole
