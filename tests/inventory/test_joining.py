"""One asset per real thing: what is joined, why, and what never is."""

from __future__ import annotations

from itertools import combinations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posture.facts import BlindSpot, Computer, Device, Directory, Fact, Host
from posture.inventory import Inventory
from posture.inventory.identifiers import conflict, marks
from posture.judge import judge
from posture.model import Outcome
from posture.registry import load_checks
from posture.scope import AssetScope, OrganisationScope, Scope, Zone
from posture.subjects import address_key, engine_key, mac_key, serial_key
from posture.testing import AS_OF, computer, device, directory, host

MAC = "00:1b:21:00:00:0a"
ENGINE, OTHER_ENGINE = "80001f8880aabbccdd01", "80001f8880aabbccdd02"


def scanned(address: str, mac: str = "", *names: str, zone: str = "z") -> Host:
    ids = ((mac_key(None, mac),) if mac else ()) + (address_key(zone, address),)
    seen = {"mac": mac} if mac else {}
    return host(ids=ids, address=address, name=names[0] if names else address, names=names, place=zone, **seen)


def agent(name: str, address: str, *ids: str, zone: str = "z", **more: object) -> Device:
    return device(ids=(*ids, address_key(zone, address)), address=address, name=name, place=zone, **more)


def account(name: str, guid: str, **more: object) -> Computer:
    return computer(f"{name}$", ids=(f"guid:{guid}",), dns_name=f"{name}.hosp.example", **more)


def keys(*facts: Fact) -> list[str]:
    return [thing.key for thing in Inventory(facts).things]


# ── by what it is joined, and what is said of it ─────────────────────────────────────────────────────────────────


def test_a_scan_and_an_agent_with_one_mac_address_are_one_thing_under_the_strongest_key_and_say_why():
    seen, told = scanned("10.0.0.1", MAC), agent("sw1", "10.0.0.9", engine_key(ENGINE), mac_key(None, MAC))
    (thing,) = Inventory((seen, told)).things
    assert thing.key == engine_key(ENGINE)
    assert thing.joins == (f"The SNMP agent sw1 and the scan of 10.0.0.1 have the same MAC address {MAC}.",)


def test_two_serial_numbers_at_one_address_are_two_things_and_both_say_so():
    one = agent("a", "10.0.0.1", serial_key("acme", "AB1234"), serial="AB1234")
    other = agent("b", "10.0.0.1", serial_key("acme", "CD5678"), serial="CD5678")
    inventory = Inventory((one, other))
    assert [thing.key for thing in inventory.things] == ["serial:acme/ab1234", "serial:acme/cd5678"]
    assert inventory.things[0].joins == (
        (
            "Kept apart from the SNMP agent b, which has the same address 10.0.0.1: "
            "their serial numbers differ (ab1234; cd5678)."
        ),
    )
    (doubt,) = inventory.doubts
    assert doubt.names == ("a", "b")
    assert "serial numbers differ" in doubt.reason


def test_what_both_of_two_different_agents_could_be_is_joined_to_neither():
    one = agent("a", "10.0.0.1", engine_key(ENGINE), engine_id=ENGINE)
    other = agent("b", "10.0.0.1", engine_key(OTHER_ENGINE), engine_id=OTHER_ENGINE)
    seen = scanned("10.0.0.1")
    assert keys(seen, one, other) == ["address:z/10.0.0.1", engine_key(ENGINE), engine_key(OTHER_ENGINE)]


def test_the_stronger_identifier_decides_where_two_lead_to_different_things():
    seen = scanned("10.0.0.1", MAC)
    by_mac = agent("a", "10.0.0.7", engine_key(ENGINE), mac_key(None, MAC))
    by_address = agent("b", "10.0.0.1", engine_key(OTHER_ENGINE))
    inventory = Inventory((by_address, seen, by_mac))
    assert inventory.key(seen) == inventory.key(by_mac) == engine_key(ENGINE)
    assert inventory.key(by_address) == engine_key(OTHER_ENGINE)
    assert any("engine ids differ" in said for said in inventory.thing(engine_key(ENGINE)).joins)


@pytest.mark.parametrize(
    "mac",
    [
        pytest.param("00:00:5e:00:01:0a", id="VRRP"),
        pytest.param("00:00:0c:07:ac:01", id="HSRP"),
        pytest.param("00:00:0c:9f:f0:01", id="HSRP 2"),
        pytest.param("02:42:ac:11:00:02", id="locally administered"),
        pytest.param("01:00:5e:00:00:01", id="multicast"),
        pytest.param("00:00:00:00:00:00", id="none"),
    ],
)
def test_a_mac_address_that_is_no_machines_own_joins_nobody(mac):
    inventory = Inventory((scanned("10.0.0.1", mac), agent("b", "10.0.0.2", mac_key(None, mac))))
    assert len(inventory.things) == 2
    assert all("virtual" in thing.joins[0] for thing in inventory.things)


def test_a_mac_address_that_many_addresses_answer_with_joins_nobody_and_is_told():
    behind = [scanned(f"10.0.0.{number}", MAC) for number in range(1, 6)]
    router = agent("router", "10.0.0.9", engine_key(ENGINE), mac_key(None, MAC))
    inventory = Inventory((*behind, router))
    assert len(inventory.things) == 6
    assert "5 addresses answer with it" in inventory.things[0].joins[0]
    assert len(inventory.doubts) == 1


@pytest.mark.parametrize("serial", ["0123456789", "Not Specified", "To be filled by O.E.M.", "00000000", "{masked}"])
def test_what_stands_in_place_of_a_serial_number_joins_nobody(serial):
    one, other = (agent(f"a{n}", f"10.0.0.{n}", serial_key("acme", serial), serial=serial) for n in (1, 2))
    assert len(keys(one, other)) == 2


def test_and_rules_out_nothing_either():
    one = agent("a", "10.0.0.1", serial="Not Specified")
    other = agent("a", "10.0.0.1", serial="AB1234")
    assert len(keys(one, other)) == 1


def test_machines_of_one_image_are_told_as_possible_duplicates():
    clones = [agent(f"clone{n}", f"10.0.0.{n}", engine_id=ENGINE) for n in (1, 2)]
    (doubt,) = Inventory(clones).doubts
    assert doubt.names == ("clone1", "clone2")
    assert doubt.reason == (
        f"They have the same SNMP engine id {ENGINE}, which one agent has, and machines made from one image."
    )


# ── names: they count machines, and judge nobody ─────────────────────────────────────────────────────────────────


def test_a_host_and_the_computer_of_its_name_are_one_machine_and_two_subjects():
    seen, listed = scanned("10.0.0.1", MAC, "ws1.hosp.example"), account("ws1", "1")
    inventory = Inventory((seen, listed))
    assert len(inventory.things) == 2
    (machine,) = inventory.machines
    assert machine.key == "guid:1"
    assert machine.joins == (
        (
            "The computer account ws1$ and the scan of 10.0.0.1 go by the same name ws1.hosp.example; "
            "each is judged by itself."
        ),
    )


def test_a_name_that_two_hosts_claim_joins_neither_and_is_told():
    inventory = Inventory(
        (scanned("10.0.0.1", "", "ws1.hosp.example"), scanned("10.0.0.2", "", "WS1.hosp.example."), account("ws1", "1"))
    )
    assert len(inventory.machines) == 3
    (doubt,) = inventory.doubts
    assert "names are claims" in doubt.reason


def test_a_host_that_goes_by_two_computers_names_is_neither():
    seen = scanned("10.0.0.1", "", "ws1.hosp.example", "ws2.hosp.example")
    assert len(Inventory((seen, account("ws1", "1"), account("ws2", "2"))).machines) == 3


def test_a_directory_service_and_the_host_at_its_address_are_one_machine():
    served = directory(address="10.0.0.1")
    inventory = Inventory((served, scanned("10.0.0.1", MAC)))
    assert [thing.key for thing in inventory.things] == ["directory:hosp", mac_key(None, MAC)]
    assert len(inventory.machines) == 1


def judged(name_of_host: str, ephi_of_computer: str) -> str:
    """The ePHI of a fail on a host in a zone with ePHI, beside a computer of which something else is declared."""
    scope = Scope(
        organisation=OrganisationScope(name="Test"),
        zone=(Zone(id="z", kind="clinical", networks=("10.0.0.0/24",), ephi="yes"),),
        asset=(AssetScope(match="guid:1", ephi=ephi_of_computer),),
    )
    facts = (
        msgspec.structs.replace(scanned("10.0.0.1", MAC, name_of_host), ports=host(services={23: "telnet"}).ports),
        account("print1", "1"),
    )
    (found,) = judge(facts, (), [load_checks().by_id["telnet-offered"]], scope, AS_OF)
    assert found.outcome is Outcome.FAIL
    return found.ephi


def test_a_host_that_takes_the_name_of_a_computer_without_ephi_counts_no_less():
    assert judged("print1.hosp.example", "no") == "yes"


def test_of_what_a_name_joins_the_worst_speaks():
    scope = Scope(
        organisation=OrganisationScope(name="Test"),
        zone=(Zone(id="z", kind="guest", networks=("10.0.0.0/24",), ephi="no"),),
        asset=(AssetScope(match="guid:1", ephi="yes"),),
    )
    facts = (
        msgspec.structs.replace(
            scanned("10.0.0.1", MAC, "ws1.hosp.example"), ports=host(services={23: "telnet"}).ports
        ),
        account("ws1", "1"),
    )
    (found,) = judge(facts, (), [load_checks().by_id["telnet-offered"]], scope, AS_OF)
    assert (found.outcome, found.ephi) == (Outcome.FAIL, "yes")


def test_a_blind_spot_of_an_address_that_several_have_outweighs_the_passes_of_them_all():
    one = agent("a", "10.0.0.1", engine_key(ENGINE), engine_id=ENGINE)
    other = agent("b", "10.0.0.1", engine_key(OTHER_ENGINE), engine_id=OTHER_ENGINE)
    spot = BlindSpot(
        kinds=("Device",), subject="address:z/10.0.0.1", name="10.0.0.1", why="it went silent", answer="Ask."
    )
    (check,) = [load_checks().by_id["snmp-user-list-exposed"]]
    found = judge((one, other), (spot,), [check], Scope.of_files(), AS_OF)
    assert {each.subject for each in found if "it went silent" in each.message} == {one.ids[0], other.ids[0]}


# ── whatever comes ───────────────────────────────────────────────────────────────────────────────────────────────

addresses = st.integers(1, 4).map("10.0.0.{}".format)
macs = st.sampled_from(["", MAC, "00:1b:21:00:00:0b", "02:00:00:00:00:01", "00:00:5e:00:01:01"])
engines = st.sampled_from(["", ENGINE, OTHER_ENGINE, "80001f888000000000"])
serials = st.sampled_from(["", "AB1234", "CD5678", "0123456789", "To be filled by O.E.M."])
names = st.sampled_from(["", "ws1.hosp.example", "ws2.hosp.example", "localhost.localdomain"])


@st.composite
def facts_of_all_kinds(draw) -> Fact:
    address, mac, name = draw(addresses), draw(macs), draw(names)
    kind = draw(st.sampled_from([Host, Device, Computer, Directory]))
    if kind is Host:
        return scanned(address, mac, *filter(None, [name]))
    if kind is Computer:
        return account(draw(st.sampled_from(["ws1", "ws2"])), draw(st.sampled_from("123")))
    if kind is Directory:
        return directory(address=address, ids=(f"directory:{draw(st.sampled_from('ab'))}",))
    engine, serial = draw(engines), draw(serials)
    ids = [engine_key(engine)] if engine else []
    ids += [serial_key("acme", serial)] if serial else []
    ids += [mac_key(None, mac)] if mac else []
    known = {"engine_id": engine} if engine else {}
    known |= {"serial": serial} if serial else {}
    known |= {"system_name": name} if name else {}
    return agent(name or address, address, *ids, **known)


many = st.lists(facts_of_all_kinds(), max_size=9)


@given(many, st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_the_order_in_which_facts_come_makes_no_difference(facts, random):
    mixed = list(facts)
    random.shuffle(mixed)
    one, other = Inventory(facts), Inventory(mixed)
    assert msgspec.json.encode([one.things, one.machines, one.doubts]) == msgspec.json.encode(
        [other.things, other.machines, other.doubts]
    )


@given(many)
@settings(max_examples=300, deadline=None)
def test_no_two_that_differ_in_a_strong_identifier_are_ever_one(facts):
    inventory = Inventory(facts)
    for thing in (*inventory.things, *inventory.machines):
        for one, other in combinations(thing.facts, 2):
            assert not conflict({*marks(one), *marks(other)}), thing.key


@given(many)
@settings(max_examples=300, deadline=None)
def test_every_fact_is_in_one_subject_under_a_key_of_its_own_and_in_one_machine(facts):
    inventory = Inventory(facts)
    distinct = {thing.key for thing in inventory.things}
    assert sorted(map(repr, facts)) == sorted(repr(fact) for thing in inventory.things for fact in thing.facts)
    assert sorted(map(repr, facts)) == sorted(repr(fact) for each in inventory.machines for fact in each.facts)
    assert {inventory.key(fact) for fact in facts} == distinct
    for thing in inventory.things:
        assert thing.key == thing.ids[0]
        assert all(inventory.key_of(identifier) == thing.key for identifier in thing.ids if thing.ids[0] == identifier)


@given(many)
@settings(max_examples=200, deadline=None)
def test_whatever_was_joined_says_why(facts):
    for thing in Inventory(facts).machines:
        assert thing.joins or len({fact.ids for fact in thing.facts}) == 1 or len(thing.facts) == 1
