"""What a service stands on by evidence, and its readiness to the day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture.facts import Fact
from posture.inventory import Inventory
from posture.resilience.services import (
    clinical_services,
    dependents,
    directory_dependents,
    lacking,
    named,
    service_dependents,
)
from posture.scope import DirectoryScope, OrganisationScope, Scope, Service, Site, Zone
from posture.testing import device, directory, host
from posture.thresholds import Thresholds

TODAY = date(2026, 11, 24)
ZONES = (
    Zone(id="servers", kind="server", networks=("10.0.0.0/16",)),
    Zone(id="backup", kind="backup", networks=("10.9.0.0/24",)),
)
STAFF = DirectoryScope(id="staff", host="10.0.0.2")


def scope(*services: Service, **more: object) -> Scope:
    given = {"zone": ZONES, "directory": (STAFF,), "site": (Site(id="main", name="Main"), Site(id="west", name="West"))}
    return Scope(organisation=OrganisationScope(name="H"), service=services, **{**given, **more})


def service(name: str = "ehr", *depends_on: str, **more: object) -> Service:
    return Service(id=name, name=name.upper(), depends_on=depends_on, **more)


def at(address: str, zone: str | None = "servers") -> Fact:
    return host(ids=(f"address:{zone or 'unzoned'}/{address}",), name=address, address=address, place=zone)


FACTS = (
    at("10.0.0.1"),
    at("10.0.0.2"),
    at("10.0.1.1"),
    at("10.9.0.1", "backup"),
    at("fd00::1", None),
    directory(ids=("directory:staff",), name="staff", place="staff", address="10.0.0.2"),
)


def clinical(*services: Service, facts: tuple[Fact, ...] = FACTS, today: date = TODAY, **more: object):
    return {each.id: each for each in clinical_services(scope(*services, **more), Inventory(facts), today)}


@pytest.mark.parametrize(
    ("entry", "keys"),
    [
        ("10.0.0.1", {"address:servers/10.0.0.1"}),
        ("::ffff:10.0.0.1", {"address:servers/10.0.0.1"}),
        ("fd00::1", {"address:unzoned/fd00::1"}),
        ("fd00:0::1", {"address:unzoned/fd00::1"}),
        ("10.0.0.0/24", {"address:servers/10.0.0.1", "address:servers/10.0.0.2", "directory:staff"}),
        ("zone:servers", {f"address:servers/10.0.{end}" for end in ("0.1", "0.2", "1.1")} | {"directory:staff"}),
        ("backup", {"address:backup/10.9.0.1"}),
        ("directory:staff", {"directory:staff", "address:servers/10.0.0.2"}),
        ("staff", {"directory:staff", "address:servers/10.0.0.2"}),
    ],
)
def test_a_dependency_is_resolved_to_the_machines_that_evidence_shows(entry, keys):
    found = clinical(service("ehr", entry))["ehr"]

    assert set(found.hosts) == keys
    assert found.unresolved == ()


@pytest.mark.parametrize("entry", ["10.0.0.77", "10.77.0.0/24", "zone:nowhere", "nothing", "10.0.0.1/99", ""])
def test_what_no_evidence_shows_is_unresolved(entry):
    found = clinical(service("ehr", entry, "10.0.0.1"))["ehr"]

    assert found.unresolved == (entry,)
    assert found.hosts == ("address:servers/10.0.0.1",)


def test_a_directory_that_did_not_answer_is_unresolved_unless_its_machine_was_seen():
    seen = clinical(service("ehr", "directory:staff"), facts=(at("10.0.0.2"),))["ehr"]
    unseen = clinical(service("ehr", "directory:staff"), facts=(at("10.0.0.1"),))["ehr"]

    assert seen.hosts == ("address:servers/10.0.0.2",)
    assert (unseen.hosts, unseen.unresolved) == ((), ("directory:staff",))


def test_a_directory_server_counts_to_the_zone_of_its_address_without_a_scan():
    facts = (directory(ids=("directory:staff",), place="staff", address="10.0.0.2"),)

    assert clinical(service("ehr", "zone:servers"), facts=facts)["ehr"].hosts == ("directory:staff",)


def test_a_directory_named_and_not_addressed_is_no_machine_of_any_zone():
    facts = (directory(ids=("directory:staff",), place="staff", address="dc.hosp.example"),)

    found = clinical(service("ehr", "directory:staff", "zone:servers"), facts=facts)["ehr"]

    assert (found.hosts, found.unresolved) == (("directory:staff",), ("zone:servers",))


def test_dependencies_go_through_other_services_and_cycles_end():
    found = clinical(
        service("ehr", "interface", "10.0.0.1"),
        service("interface", "pacs", "10.0.1.1", "10.0.0.99"),
        service("pacs", "ehr", "10.9.0.1"),
    )

    every = ("address:backup/10.9.0.1", "address:servers/10.0.0.1", "address:servers/10.0.1.1")
    assert {each.hosts for each in found.values()} == {every}
    assert {each.unresolved for each in found.values()} == {("10.0.0.99",)}


def test_a_service_of_which_nothing_is_stated_is_unresolved_where_another_depends_on_it():
    assert clinical(service("ehr", "telephony"), service("telephony"))["ehr"].unresolved == ("telephony",)


def test_an_id_of_a_service_and_a_zone_means_both_and_never_the_service_itself():
    given = scope(service("servers", "servers"), service("ehr", "servers"))

    assert set(named("servers", given)) == {("service", "servers"), ("zone", "servers")}
    assert named("servers", given, "servers") == (("zone", "servers"),)


def test_one_machine_of_several_facts_is_one_host():
    both = ("mac:main/00:00:5e:00:53:01", "address:servers/10.0.0.1")
    facts = (
        host(ids=both, name="10.0.0.1", address="10.0.0.1", place="servers"),
        device(ids=both, name="ups", address="10.0.0.1", place="servers"),
    )

    assert clinical(service("ehr", "10.0.0.1"), facts=facts)["ehr"].hosts == ("mac:main/00:00:5e:00:53:01",)


def test_dependents_are_told_by_asset_by_service_and_by_directory():
    services = (service("ehr", "pacs"), service("pacs", "10.0.0.1", "directory:staff"), service("lab", "10.0.0.1"))

    by_asset = dependents(clinical(*services).values())

    assert by_asset["address:servers/10.0.0.1"] == ("ehr", "lab", "pacs")
    assert service_dependents(scope(*services)) == {"pacs": ("ehr",)}
    assert directory_dependents(scope(*services)) == {"staff": ("ehr", "pacs")}


def test_a_service_without_sites_is_used_at_all():
    assert clinical(service())["ehr"].sites == ("Main", "West")
    assert clinical(service(sites=("west",)))["ehr"].sites == ("West",)


NAMES = st.sampled_from(["a", "b", "c", "d", "10.0.0.1", "zone:servers", "staff", "x", "10.0.0.0/8", "zone:a"])


@given(st.lists(st.lists(NAMES, max_size=5), min_size=4, max_size=4))
def test_any_tangle_of_services_ends_and_a_dependent_has_all_that_it_depends_on(entries):
    services = [service(name, *depends_on) for name, depends_on in zip("abcd", entries, strict=True)]

    found = clinical(*services)

    for each in services:
        for other in set(each.depends_on) & set("abcd"):
            assert set(found[other].hosts) <= set(found[each.id].hosts)


# ── readiness ────────────────────────────────────────────────────────────────────────────────────────────────────

READY = {
    "backups": ("zone:backup",),
    "last_restore_test": TODAY - timedelta(days=30),
    "downtime_procedure": "binder at the nurses' station",
    "fallback_communication": "radios",
    "last_drill": TODAY - timedelta(days=30),
    "rto_hours": 4.0,
    "rpo_hours": 0.0,
}


def readiness(today: date = TODAY, **more: object):
    found = clinical(service(**{**READY, **more}), today=today, thresholds=Thresholds(drill_days=90))["ehr"]
    return {item.control[-2]: item for item in found.readiness}, found


def test_a_service_of_which_everything_is_stated_lacks_nothing():
    items, found = readiness()

    assert lacking(found) == ()
    assert [item.control for item in items.values()] == [f"164.308(a)(7)(ii)({letter})" for letter in "ABCDE"]


@pytest.mark.parametrize(
    ("change", "letter", "state", "words"),
    [
        ({"backups": ()}, "A", "missing", "where its backups lie"),
        ({"backups": (" ",)}, "A", "missing", "where its backups lie"),
        ({"last_restore_test": None}, "B", "missing", "no restore test"),
        ({"last_restore_test": TODAY - timedelta(days=365)}, "B", "present", "365 days ago"),
        ({"last_restore_test": TODAY - timedelta(days=366)}, "B", "stale", "366 days ago, on 23 November 2025"),
        ({"last_restore_test": TODAY}, "B", "present", "0 days ago"),
        ({"last_restore_test": TODAY + timedelta(days=1)}, "B", "missing", "25 November 2026, which is in the future"),
        ({"downtime_procedure": ""}, "C", "missing", "a downtime procedure"),
        ({"fallback_communication": "\n"}, "C", "missing", "how staff talk"),
        ({"last_drill": None}, "D", "missing", "no downtime drill"),
        ({"last_drill": TODAY - timedelta(days=90)}, "D", "present", "allows 90 days."),
        ({"last_drill": TODAY - timedelta(days=91)}, "D", "stale", "so it does not count"),
        ({"last_drill": TODAY + timedelta(days=400)}, "D", "missing", "in the future"),
        ({"rto_hours": None}, "E", "missing", "RTO"),
        ({"rpo_hours": None}, "E", "missing", "RPO"),
        ({"rto_hours": 0.0}, "E", "present", "0 h"),
    ],
)
def test_each_item_of_the_contingency_plan_is_judged_to_the_day(change, letter, state, words):
    items, found = readiness(**change)

    assert items[letter].state == state
    assert words in items[letter].said
    assert [item.control[-2] for item in lacking(found)] == ([letter] if state != "present" else [])


def test_nothing_stated_is_nothing_ready():
    assert len(lacking(clinical(service())["ehr"])) == 5


def test_a_threshold_of_days_counts_the_leap_day():
    items, _ = readiness(today=date(2028, 3, 1), last_drill=date(2027, 12, 1))
    assert (items["D"].state, "91 days" in items["D"].said) == ("stale", True)


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)), st.integers(min_value=0, max_value=800))
def test_a_drill_holds_for_exactly_its_days(today, age):
    items, _ = readiness(today=today, last_drill=today - timedelta(days=age))

    assert items["D"].state == ("present" if age <= 90 else "stale")
