"""Records → devices: what counts as known, as absent, as silence; which identifiers last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from lab.snmp import scope_of
from msgspec.structs import replace

from posture.collectors.snmp import SnmpCollector
from posture.collectors.snmp.mibs import SUBTREES, dotted, oid
from posture.collectors.snmp.snmprec import Row, encode
from posture.facts import BlindSpot, Clock, Device, Listed, Missing, Ups
from posture.model import AskedSnmp, Attempt, Envelope, Evidence, Source

SCOPE = scope_of("10.0.0.0/24", site="north")
ACCEPTED = (Attempt(method="v2c", outcome="accepted", credential="ward"),)
ALL = tuple(map(dotted, SUBTREES))
NAME = {"1.3.6.1.2.1.1.5.0": b"ward"}
ENGINE = {"1.3.6.1.6.3.10.2.1.1.0": bytes.fromhex("80001f8880ab12cd34")}
MAC = {"1.3.6.1.2.1.2.2.1.6.1": bytes.fromhex("00c0ff43ce45")}


def row(name, value):
    kind = 6 if isinstance(value, tuple) else 4 if isinstance(value, bytes) else 2
    return Row(oid(name), kind, value)


def record(objects, address="10.0.0.5", **fields) -> Evidence:
    defaults = {
        "collector": "snmp",
        "format": "snmprec",
        "outcome": "complete",
        "probe": "snmp/servers/10.0.0.0-24",
        "zone": "servers",
        "targets": (address,) if address else (),
        "asked": AskedSnmp(oids=ALL),
        "attempts": ACCEPTED,
        "ended": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Evidence.of(Envelope(**{**defaults, **fields}), encode(row(*each) for each in objects.items()))


def read(*records, scope=SCOPE):
    return list(SnmpCollector().read(records, scope))


def device(objects, **fields) -> Device:
    (fact,) = read(record(objects, **fields))
    assert isinstance(fact, Device)
    return fact


def test_what_was_asked_and_is_not_there_is_absent():
    assert device(NAME).location == Missing("absent")
    assert device({**NAME, **MAC}).ups == Missing("absent")


def test_what_a_walk_that_ended_early_lacks_was_not_answered():
    cut = AskedSnmp(oids=ALL, cut=("1.3.6.1.2.1.1", "1.3.6.1.2.1.33.1.2"))
    found = device(NAME, asked=cut, outcome="partial", problem="it loops")
    assert found.location == Missing("not-answered", "it loops")
    assert found.ups == Missing("not-answered", "it loops")
    assert found.interfaces == Missing("absent")


def test_what_was_not_asked_is_not_asked():
    assert device(NAME, asked=AskedSnmp(oids=("1.3.6.1.2.1.1",))).ups == Missing("not-asked")
    assert device(NAME, asked=None, attempts=()).location == Missing("not-asked")


def test_a_device_that_accepts_nothing_but_reports_is_a_device():
    refused = (Attempt(method="v3-authPriv", outcome="refused", credential="v3", detail="usmStatsUnknownUserNames"),)
    found = device(ENGINE, attempts=refused, outcome="failed", asked=AskedSnmp(oids=("1.3.6.1.2.1.1.1.0",)))
    assert found.engine_id == "80001f8880ab12cd34"
    assert found.description == Missing("not-readable", "no SNMP credential of the scope was accepted")


def test_a_device_that_says_nothing_is_a_blind_spot():
    silent = (Attempt(method="v2c", outcome="silent", credential="ward"),)
    (spot,) = read(record({}, attempts=silent, outcome="failed", problem="no answer to SNMP from this vantage"))
    assert isinstance(spot, BlindSpot)
    assert (spot.place, spot.subject) == ("servers", "address:servers/10.0.0.5")


def test_identifiers_are_strongest_first():
    objects = {
        **NAME, **ENGINE, **MAC,
        "1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.9.1.1"),
        "1.3.6.1.2.1.47.1.1.1.1.5.1": 3,
        "1.3.6.1.2.1.47.1.1.1.1.11.1": b"FOC1234ABCD",
    }  # fmt: skip
    assert device(objects).ids == (
        "snmp-engine:80001f8880ab12cd34",
        "serial:cisco/foc1234abcd",
        "mac:north/00:c0:ff:43:ce:45",
        "address:servers/10.0.0.5",
    )


@pytest.mark.parametrize(
    "objects",
    [
        {"1.3.6.1.6.3.10.2.1.1.0": bytes(12)},
        {"1.3.6.1.6.3.10.2.1.1.0": b"\x80\x00\x1f\x88\x00\x00\x00\x00\x00"},
        {"1.3.6.1.6.3.10.2.1.1.0": b"\x01"},
        {"1.3.6.1.2.1.2.2.1.6.1": bytes(6)},
        {"1.3.6.1.2.1.2.2.1.6.1": bytes.fromhex("0242ac110002")},
        {"1.3.6.1.2.1.2.2.1.6.1": bytes.fromhex("00005e000101")},
        {"1.3.6.1.2.1.2.2.1.6.1": b"\xff" * 6},
        {"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.9.1.1"), "1.3.6.1.2.1.47.1.1.1.1.11.1": b"To be filled by O.E.M."},
        {"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.9.1.1"), "1.3.6.1.2.1.47.1.1.1.1.11.1": b"00000000"},
    ],
)
def test_identifiers_that_identify_nothing_are_left_out(objects):
    assert device(objects).ids == ("address:servers/10.0.0.5",)


def test_devices_with_a_cloned_engine_id_stay_two():
    one = record({**ENGINE, **NAME, **MAC}, "10.0.0.5")
    other = record(
        {**ENGINE, "1.3.6.1.2.1.1.5.0": b"other", "1.3.6.1.2.1.2.2.1.6.1": b"\x00\xc0\xff\x00\x00\x09"}, "10.0.0.6"
    )
    first, second = read(one, other)
    assert not set(first.ids) & set(second.ids)


def test_devices_of_which_only_a_shared_engine_id_is_known_stay_two():
    first, second = read(record(ENGINE, "10.0.0.5"), record(ENGINE, "10.0.0.6"))
    assert not set(first.ids) & set(second.ids)


def test_one_device_at_two_addresses_keeps_its_engine_id():
    objects = {**ENGINE, **NAME, **MAC}
    first, second = read(record(objects, "10.0.0.5"), record(objects, "10.0.0.6"))
    assert first.ids[0] == second.ids[0] == "snmp-engine:80001f8880ab12cd34"


def test_the_files_name_comes_only_where_nothing_else_is():
    source = Source(name="infusion pump 7.snmprec", sha256="0" * 64)
    found = device(NAME, address="", source=source, zone=None, probe=None, attempts=(), asked=None)
    assert found.ids == ("device:infusion pump 7",)
    assert found.name == "ward"


def test_records_of_one_address_are_one_device_in_any_order():
    late = datetime(2026, 2, 1, tzinfo=UTC)
    refused = (Attempt(method="v2c", outcome="silent", credential="ward"),)
    records = [
        record({**NAME, **ENGINE}),
        record({"1.3.6.1.2.1.1.5.0": b"renamed"}, ended=late, attempts=refused + ACCEPTED[:0]),
        record(MAC, ended=late, outcome="partial"),
    ]
    results = [read(*order) for order in permutations(records)]
    assert all(result == results[0] for result in results)
    (found,) = results[0]
    assert found.attempts == ACCEPTED
    assert len(found.evidence) == 3
    assert "snmp-engine:80001f8880ab12cd34" in found.ids


def test_an_import_stands_in_the_zone_of_its_address():
    (found,) = read(record(NAME, "10.0.0.9", zone=None, probe=None, asked=None, attempts=()))
    assert (found.place, found.ids) == ("servers", ("address:servers/10.0.0.9",))


@pytest.mark.parametrize(
    ("objects", "vendor"),
    [
        ({"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.12356.101.1")}, "Fortinet"),
        ({"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.3592.1")}, "Dräger"),
        ({"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.8072.3.2.10"), "1.3.6.1.2.1.47.1.1.1.1.12.1": b"Philips"}, "Philips"),
        ({"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.8072.3.2.10"), "1.3.6.1.2.1.33.1.1.1.0": b"Eaton"}, "Eaton"),
        ({"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.99999"), "1.3.6.1.2.1.1.1.0": b"Xerox WorkCentre 7855"}, "Xerox"),
        ({"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.8072.3.2.10"), "1.3.6.1.2.1.1.1.0": b"Linux cisco 6.1"}, "Net-SNMP"),
        ({"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.10002.1")}, "Ubiquiti"),
        ({"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.890.1.5")}, "Zyxel"),
        ({"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.4413"), "1.3.6.1.2.1.1.1.0": b"UBNT US-8, Linux 3.6"}, "Ubiquiti"),
        ({"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.4413"), "1.3.6.1.2.1.1.1.0": b"1.2"}, "Broadcom"),
        ({"1.3.6.1.2.1.1.1.0": b"Gateway, compiled Dec 27 on Intel"}, Missing("absent")),
        ({"1.3.6.1.4.1.39165.1.1.0": b"DS-2CD2032"}, "Hikvision"),
        (
            {
                "1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1.8072.3.2.10"),
                "1.3.6.1.2.1.1.1.0": b"Linux nas 5.1",
                "1.3.6.1.4.1.2021.4.3.0": 1,
                "1.3.6.1.4.1.2021.4.4.0": 1,
                "1.3.6.1.4.1.6574.1.5.1.0": b"DS916",
            },
            "Synology",
        ),
        ({"1.3.6.1.4.1.9.9.23.1.1.0": 1, "1.3.6.1.4.1.99999.1.0": 1, "1.3.6.1.4.1.99999.2.0": 1}, Missing("absent")),
        ({"1.3.6.1.2.1.1.2.0": (0, 0)}, Missing("absent")),
        ({"1.3.6.1.2.1.1.2.0": oid("1.3.6.1.4.1")}, Missing("absent")),
    ],
)
def test_who_made_it(objects, vendor):
    assert device(objects).vendor == vendor


def test_a_module_lends_the_chassis_no_serial():
    objects = {
        "1.3.6.1.2.1.47.1.1.1.1.5.1": 3,
        "1.3.6.1.2.1.47.1.1.1.1.5.2": 9,
        "1.3.6.1.2.1.47.1.1.1.1.11.2": b"SFP-1234",
    }
    assert device(objects).serial == Missing("absent")


def test_times_and_numbers():
    objects = {"1.3.6.1.2.1.1.3.0": 97, "1.3.6.1.6.3.10.2.1.3.0": 86_400}
    found = device(objects)
    assert (found.uptime, found.engine_time) == (timedelta(seconds=0.97), timedelta(days=1))
    assert device({"1.3.6.1.2.1.1.3.0": b"soon"}).uptime == Missing(
        "not-readable", "1.3.6.1.2.1.1.3.0 is not an integer"
    )


def test_interfaces_and_whether_they_are_up():
    objects = {"1.3.6.1.2.1.2.2.1.2.1": b"lo", "1.3.6.1.2.1.2.2.1.8.1": 1, "1.3.6.1.2.1.31.1.1.1.1.2": b"Gi0/1", **MAC}
    first, second = device(objects).interfaces
    assert (first.description, first.mac, first.up) == ("lo", "00:c0:ff:43:ce:45", True)
    assert (second.description, second.up) == ("Gi0/1", Missing("absent"))


def test_notification_targets_and_neighbours():
    objects = {
        "1.3.6.1.6.3.12.1.2.1.3.97": bytes((10, 0, 0, 9, 0, 162)),
        "1.3.6.1.6.3.12.1.2.1.3.98": bytes(15) + b"\x01\x00\xa2",
        "1.0.8802.1.1.2.1.4.1.1.9.0.1.1": b"core-switch",
    }
    found = device(objects)
    assert found.notification_targets == ("10.0.0.9:162", "[::1]:162")
    assert found.neighbours == ("core-switch",)


# ── write views ──────────────────────────────────────────────────────────────────────────────────────────────────────

GROUP, STATUS = "1.3.6.1.6.3.16.1.2.1.3.{0}.1.99", "1.3.6.1.6.3.16.1.2.1.5.{0}.1.99"
WRITE = "1.3.6.1.6.3.16.1.4.1.6.1.103.0.{0}.{1}"
WRITE_STATUS = "1.3.6.1.6.3.16.1.4.1.9.1.103.0.{0}.{1}"
TYPE = "1.3.6.1.6.3.16.1.5.2.1.4.1.118.1.1"


UNNAMED = Missing("not-readable", "the agent shows its access rows, but not the groups or views they name")


def views(model=2, row_model=0, level=1, view=b"v", kind=1, **more):
    objects = {GROUP.format(model): b"g", WRITE.format(row_model, level): view, TYPE: kind, **more}
    return device({name: value for name, value in objects.items() if value is not None})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("v",)),
        ({"model": 1}, ("v",)),
        ({"row_model": 2}, ("v",)),
        ({"row_model": 1}, ()),
        ({"model": 3}, ()),
        ({"row_model": 3}, ()),
        ({"level": 2}, ()),
        ({"level": 3}, ()),
        ({"view": b""}, ()),
        ({"view": b"none"}, ()),
        ({"kind": 2}, ()),
        ({STATUS.format(2): 2}, ()),
        ({STATUS.format(2): 1}, ("v",)),
        ({WRITE_STATUS.format(0, 1): 2}, ()),
        ({"kind": None}, UNNAMED),
    ],
)  # fmt: skip
def test_a_view_is_writable_if_a_community_can_use_it(fields, expected):
    assert views(**fields).writable_views == expected


def test_no_groups_are_no_proof():
    found = device({WRITE.format(0, 1): b"v", TYPE: 1}).writable_views
    assert isinstance(found, Missing)
    assert found.why == "not-readable"


@pytest.mark.parametrize("column", ["1.3.6.1.6.3.16.1.4.1.6", "1.3.6.1.6.3.16.1.2.1.3", "1.3.6.1.6.3.16.1.5.2.1.4"])
def test_a_table_that_was_cut_is_no_proof(column):
    objects = {GROUP.format(2): b"g", WRITE.format(0, 1): b"none", TYPE: 1}
    found = device(objects, asked=AskedSnmp(oids=ALL, cut=(column,)), outcome="partial", problem="it loops")
    assert found.writable_views == Missing("not-answered", "it loops")


def test_an_agent_without_these_tables_is_not_said_to_be_read_only():
    assert device(NAME).writable_views == Missing("absent")


def test_what_a_narrow_view_may_hide_is_not_absent():
    assert device(NAME).ups.why == "not-readable"
    assert device(NAME).printer.why == "not-readable"
    assert device({**NAME, **MAC}).printer == Missing("absent")


def ups(status, minutes, alarms=0):
    names = ("2.1.0", "2.3.0", "6.1.0")
    return {f"1.3.6.1.2.1.33.1.{name}": value for name, value in zip(names, (status, minutes, alarms), strict=True)}


def test_of_two_files_about_one_supply_the_worst_stands():
    imported = {"probe": None, "attempts": (), "ended": None, "asked": None}
    records = [record({**NAME, **ups(*said)}, **imported) for said in ((2, 60), (4, 90, 3), (1, 5))]

    for order in permutations(records):
        (found,) = read(*order)
        assert found.ups == Ups(battery_status=4, minutes_remaining=5, alarms=3)


def test_walks_of_several_devices_in_one_file_are_of_none_of_them():
    imported = {"probe": None, "attempts": (), "ended": None, "asked": None}
    one = record({**NAME, **ups(2, 60)}, **imported)
    other = record({"1.3.6.1.2.1.1.5.0": b"other", **ups(4, 1)}, **imported)

    (spot,) = read(Evidence.of(one.envelope, one.payload + other.payload))
    (again,) = read(Evidence.of(one.envelope, one.payload + one.payload))

    assert isinstance(spot, BlindSpot)
    assert (spot.subject, spot.why) == ("address:servers/10.0.0.5", "the file holds what several devices said")
    assert isinstance(again, Device)


# ── clocks, owners, users, software ──────────────────────────────────────────────────────────────────────────────────

DATE = "1.3.6.1.2.1.25.1.2.0"
BEGUN, DONE = datetime(2026, 1, 15, 18, 0, 0, tzinfo=UTC), datetime(2026, 1, 15, 18, 0, 10, tzinfo=UTC)
LOCAL = bytes((0x07, 0xEA, 1, 15, 12, 0, 4, 0))


def clock(value, *, zone="America/Chicago", started=BEGUN, ended=DONE):
    scope = replace(SCOPE, organisation=replace(SCOPE.organisation, time_zone=zone))
    (found,) = read(record({**NAME, DATE: value}, started=started, ended=ended), scope=scope)
    return found.clock


def bounds(least, most, *, zone_sent):
    return Clock(least=timedelta(seconds=least), most=timedelta(seconds=most), zone_sent=zone_sent)


@pytest.mark.parametrize(
    ("value", "zone", "expected"),
    [
        (LOCAL, "America/Chicago", bounds(-6, 4, zone_sent=False)),
        (LOCAL, "UTC", bounds(-21_606, -21_596, zone_sent=False)),
        (LOCAL + b"-\x06\x00", "UTC", bounds(-6, 4, zone_sent=True)),
        (LOCAL + b"+\x05\x1e", "UTC", bounds(-41_406, -41_396, zone_sent=True)),
    ],
)
def test_a_clock_is_compared_with_when_its_device_was_asked(value, zone, expected):
    assert clock(value, zone=zone) == expected


def test_in_the_hour_that_comes_twice_both_are_possible():
    instant = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    twice = bytes((0x07, 0xEA, 11, 1, 1, 30, 0, 0))

    assert clock(twice, started=instant, ended=instant) == bounds(0, 3_600, zone_sent=False)


@pytest.mark.parametrize(
    "value", [b"", LOCAL[:7], bytes(8), LOCAL + b"?\x06\x00", LOCAL + b"-\xff\x00", bytes(11), 7, (1, 3)]
)
def test_what_is_no_date_is_not_read(value):
    assert clock(value) == Missing("not-readable", "hrSystemDate is no date")


def test_a_file_does_not_say_when_its_clock_was_read():
    assert clock(LOCAL, started=None, ended=None).why == "not-asked"
    assert device(NAME).clock == Missing("absent")


def test_an_owner_that_the_agent_leaves_empty_is_told_from_one_that_it_hides():
    found = device({**NAME, "1.3.6.1.2.1.1.4.0": b"", "1.3.6.1.2.1.1.6.0": b"Ward 7"})

    assert (found.contact, found.location) == ("", "Ward 7")
    assert device(NAME).contact == Missing("absent")


USERS = "1.3.6.1.4.1.77.1.2.25.1.1.5.71.117.101.115.116"


def test_users_are_listed_or_not_or_may_be_hidden():
    cut = AskedSnmp(oids=ALL, cut=("1.3.6.1.4.1.77.1.2.25.1.1",))

    assert device({**NAME, USERS: b"Guest"}).lists_users is True
    assert device({**NAME, **MAC}).lists_users is False
    assert device(NAME).lists_users.why == "not-readable"
    assert device({**NAME, **MAC}, asked=cut, problem="it loops").lists_users == Missing("not-answered", "it loops")
    assert device({**NAME, **MAC}, asked=None, attempts=()).lists_users == Missing("not-asked")


def test_of_two_records_the_one_that_lists_users_stands():
    records = [record({**NAME, **MAC}, ended=datetime(2026, 2, 1, tzinfo=UTC)), record({**NAME, USERS: b"Guest"})]

    for order in permutations(records):
        (found,) = read(*order)
        assert found.lists_users is True


PROCESSES = {"1.3.6.1.2.1.25.4.2.1.2.1": b"init", "1.3.6.1.2.1.25.4.2.1.2.9": b"snmpd"}
RUNNING = "1.3.6.1.2.1.25.4.2.1.2"


@pytest.mark.parametrize(
    ("asked", "whole"),
    [
        (AskedSnmp(oids=(*ALL, RUNNING)), True),
        (AskedSnmp(oids=(*ALL, RUNNING), cut=(RUNNING,)), False),
        (AskedSnmp(oids=ALL), False),
        (None, False),
    ],
)
def test_a_list_is_whole_only_where_its_walk_came_to_its_end(asked, whole):
    assert device({**NAME, **PROCESSES}, asked=asked).running == Listed(names=("init", "snmpd"), whole=whole)


def test_a_list_that_was_not_asked_for_is_no_empty_one():
    assert device(NAME).running == Missing("not-asked")
    assert device(NAME, asked=AskedSnmp(oids=(*ALL, RUNNING))).running == Missing("absent")


def test_where_an_entity_has_both_its_software_is_its_firmware():
    entity = {"1.3.6.1.2.1.47.1.1.1.1.5.1": 3, "1.3.6.1.2.1.47.1.1.1.1.9.1": b"bootloader 12.2"}

    assert device(entity).firmware == "bootloader 12.2"
    assert device({**entity, "1.3.6.1.2.1.47.1.1.1.1.10.1": b"15.2(4)E"}).firmware == "15.2(4)E"
