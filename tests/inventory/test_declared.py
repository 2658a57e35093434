"""Whether an inventory has what was seen, and what became of what it declares."""

from __future__ import annotations

import msgspec
import pytest
from checks.samples_inventory import mac, row
from hypothesis import given, settings
from hypothesis import strategies as st

from posture.facts import ArpEntry, ArpTable, DeclaredAsset, Device, Host, Interface, Missing
from posture.inventory import Inventory
from posture.inventory.compared import Looked, compared
from posture.model import Probe
from posture.request import PlannedProbe
from posture.scope import InventoryScope, OrganisationScope, Scope, Zone
from posture.subjects import address_key, mac_key
from posture.testing import device, host

ZONE = Zone(id="z", kind="clinical", networks=("10.0.0.0/24",), exclude=("10.0.0.250",))
SCOPE = Scope(organisation=OrganisationScope(name="Test"), zone=(ZONE,))


def seen(address: str = "10.0.0.1", card: str = "", *names: str, zone: str = "z") -> Host:
    ids = ((mac_key(None, card),) if card else ()) + (address_key(zone, address),)
    more = {"mac": card} if card else {}
    return host(ids=ids, address=address, name=names[0] if names else address, names=names, place=zone, **more)


@pytest.mark.parametrize(
    ("rows", "state", "why"),
    [
        ((row(1, macs=(mac(1),)),), "declared", "row 1, has its MAC address"),
        ((row(1, addresses=("10.0.0.1",)),), "declared", "row 1, has its address"),
        ((row(1, addresses=("10.0.0.1",), macs=(mac(1),)),), "declared", "has its MAC address and its address"),
        ((row(1, addresses=("10.0.0.1",), macs=(mac(2),)),), "not-declared", "but another MAC address"),
        (
            (row(1, addresses=("10.0.0.1",), macs=(mac(2),), hostname="pc1"),),
            "not-declared",
            "its address and its name, but another MAC",
        ),
        ((row(1, hostname="pc1.hosp.example"),), "unclear", "a name alone tells no machine"),
        ((row(1, hostname="pc1"), row(2, addresses=("10.0.0.9",))), "unclear", "a name alone"),
        ((row(1, addresses=("10.0.0.9",)),), "not-declared", "no row of the inventory has its MAC address or address"),
        ((row(1, macs=(mac(9),)),), "not-declared", "no row"),
        ((row(1, serial="AB1234"),), "unclear", "1 row of the inventory has no address, MAC address or serial number"),
        ((row(1, addresses=("10.0.0.9",)), row(2, serial="AB1234")), "unclear", "1 row"),
        ((row(1, addresses=("10.0.0.9",)), row(2, hostname="spare")), "not-declared", "no row"),
        ((row(1, hostname="a"), row(2, hostname="b"), row(3, addresses=("10.0.0.9",))), "unclear", "2 rows"),
        ((row(1, addresses=("10.0.0.9",), medical_only=True),), "not-covered", "medical devices only"),
        ((row(1, addresses=("10.0.0.1",), medical_only=True),), "declared", "has its address"),
        ((), "none", "no inventory was imported"),
    ],
)
def test_a_host_is_in_the_inventory_or_not_or_nobody_can_say(rows, state, why):
    one = seen("10.0.0.1", mac(1), "pc1.hosp.example")
    standing = Inventory((one, *rows)).standing(one)
    assert standing.state == state
    assert why in standing.why


def test_an_address_whose_mac_address_was_not_seen_decides_nothing():
    one = seen()
    standing = Inventory((one, row(1, addresses=("10.0.0.1",), macs=(mac(2),)))).standing(one)
    assert (standing.state, "its MAC address was not seen" in standing.why) == ("unclear", True)


def test_a_serial_number_that_an_agent_names_is_found():
    agent = device(serial="ab 1234", vendor="Acme")
    standing = Inventory((agent, row(1, serial="AB 1234"))).standing(agent)
    assert (standing.state, standing.why) == ("declared", "inventory.csv, row 1, has its serial number")


def test_a_mac_address_that_several_hosts_answer_with_is_none_of_theirs():
    one, other = seen("10.0.0.1", mac(1)), seen("10.0.0.2", mac(1))
    inventory = Inventory((one, other, row(1, macs=(mac(1),), addresses=("10.0.0.9",))))
    assert {inventory.standing(each).state for each in (one, other)} == {"not-declared"}


def test_what_stands_outside_of_the_zones_that_it_covers_is_not_missed():
    inside, outside = seen(), seen("10.0.1.1", zone="y")
    inventory = Inventory((inside, outside, row(1, addresses=("10.0.0.9",))), zones=("z",))
    assert inventory.standing(inside).state == "not-declared"
    assert inventory.standing(outside).state == "not-covered"


@pytest.mark.parametrize(("card", "state"), [(mac(2), "declared"), (mac(3), "not-declared")])
def test_behind_a_router_its_arp_table_tells_the_mac_address(card, state):
    one = seen()
    router = device(arp=ArpTable(rows=(ArpEntry(address="10.0.0.1", mac=card, interface=1),), whole=True))
    inventory = Inventory((one, router, row(1, addresses=("10.0.0.1",), macs=(mac(2),))))
    assert inventory.standing(one).state == state


def test_a_mac_address_that_answers_for_many_in_an_arp_table_is_none_of_theirs():
    one = seen()
    entries = tuple(ArpEntry(address=f"10.0.0.{number}", mac=mac(2), interface=1) for number in (1, 2))
    router = device(arp=ArpTable(rows=entries, whole=True))
    inventory = Inventory((one, router, row(1, addresses=("10.0.0.1",), macs=(mac(2),))))
    assert inventory.standing(one).state == "unclear"


def agent(number: int, **more: object) -> Device:
    return device(ids=(f"snmp-engine:80000000010{number}",), name=f"agent {number}", address=f"10.0.0.{number}", **more)


def test_a_serial_number_that_two_makers_gave_declares_neither_of_their_devices():
    one, other = agent(1, serial="AB1234", vendor="Acme"), agent(2, serial="AB1234", vendor="Bolt")
    found = Inventory((one, other, row(1, serial="AB1234")))
    assert [found.standing(each).state for each in (one, other)] == ["unclear", "unclear"]
    assert "so has another machine" in found.standing(one).why


def test_a_shared_serial_number_takes_nothing_from_a_mac_address():
    one = agent(1, serial="AB1234", interfaces=(Interface(index=1, mac=mac(1)),))
    found = Inventory((one, agent(2, serial="AB1234"), row(1, serial="AB1234", macs=(mac(1),))))
    assert found.standing(one).state == "declared"


def test_a_row_that_is_of_one_of_two_makes_nobody_else_unclear():
    others = agent(1, serial="AB1234"), agent(2, serial="AB1234")
    third = seen("10.0.0.3", mac(3))
    assert Inventory((*others, third, row(1, serial="AB1234"))).standing(third).state == "not-declared"


def test_an_address_that_two_machines_have_declares_neither():
    one, other = agent(1), msgspec.structs.replace(agent(2), address="10.0.0.1")
    found = Inventory((one, other, row(1, addresses=("10.0.0.1",))))
    assert [found.standing(each).state for each in (one, other)] == ["unclear", "unclear"]


def test_a_mac_address_of_an_arp_table_is_not_anothers_who_answers_with_it():
    behind, owner = seen("10.0.0.1"), seen("10.0.0.2", mac(2))
    router = device(arp=ArpTable(rows=(ArpEntry(address="10.0.0.1", mac=mac(2), interface=1),), whole=True))
    found = Inventory((behind, owner, router, row(1, macs=(mac(2),))))
    assert [found.standing(each).state for each in (behind, owner)] == ["not-declared", "declared"]


# ── in both directions ───────────────────────────────────────────────────────────────────────────────────────────


def discovered(outcome: str = "complete", *targets: str, exclude: tuple[str, ...] = ()) -> PlannedProbe:
    probe = Probe(
        id="nmap/z", collector="nmap", step="discover", zone="z", targets=targets or ("10.0.0.0/24",), exclude=exclude
    )
    return PlannedProbe(probe=probe, outcome=outcome)


def states(*facts, probes=(), scope: Scope = SCOPE) -> dict[str, str]:
    found = compared(Inventory(facts, scope.inventory.zones), Looked(probes, scope), scope)
    return {each.row: each.state for each in found.rows}


@pytest.mark.parametrize(
    ("declared", "probe", "state"),
    [
        (row(1, addresses=("10.0.0.9",)), discovered(), "vanished"),
        (row(1, addresses=("10.0.0.9",)), discovered("partial"), "not-looked-for"),
        (row(1, addresses=("10.0.0.9",)), discovered("complete", "10.0.0.0/29"), "not-looked-for"),
        (row(1, addresses=("10.0.0.9",)), discovered(exclude=("10.0.0.9",)), "not-looked-for"),
        (row(1, addresses=("10.0.0.250",)), discovered(), "not-looked-for"),
        (row(1, addresses=("10.0.0.9", "10.7.0.1")), discovered(), "not-looked-for"),
        (row(1, macs=(mac(5),)), discovered(), "not-looked-for"),
        (row(1, addresses=("10.0.0.1",)), discovered(), "seen"),
        (row(1, addresses=("10.0.0.1",), macs=(mac(5),)), discovered(), "vanished"),
        (row(1, hostname="pc1.hosp.example"), discovered(), "doubtful"),
    ],
)
def test_only_what_was_looked_for_to_the_end_has_vanished(declared, probe, state):
    assert states(seen("10.0.0.1", mac(1), "pc1.hosp.example"), declared, probes=(probe,)) == {"1": state}


def test_files_alone_never_make_anything_vanish():
    assert states(seen(), row(1, addresses=("10.0.0.9",))) == {"1": "not-looked-for"}


def test_conflicts_duplicates_and_what_is_undeclared_are_told():
    facts = (
        seen("10.0.0.1", mac(1)),
        seen("10.0.0.2", mac(2)),
        row(1, addresses=("10.0.0.1",), macs=(mac(9),), hostname="x"),
        row(2, macs=(mac(2),), addresses=("10.0.0.77",)),
        row(3, macs=(mac(2),)),
    )
    found = compared(Inventory(facts), Looked((), SCOPE), SCOPE)
    first, second, third = found.rows
    assert first.conflicts == (f"10.0.0.1: MAC address: {mac(9)} declared, {mac(1)} seen",)
    assert (second.duplicates, third.duplicates) == (("row 3 (row 3)",), ("row 2 (row 2)",))
    assert [(each.name, each.state) for each in found.undeclared] == [("10.0.0.1", "not-declared")]
    (file,) = found.files
    assert (file.rows, file.seen + file.doubtful + file.vanished + file.not_looked_for) == (3, 3)


def test_a_biomedical_inventory_makes_no_pc_undeclared():
    facts = (seen(), row(1, addresses=("10.0.0.9",), device_class="medical-device", medical_only=True))
    assert compared(Inventory(facts), Looked((), SCOPE), SCOPE).undeclared == ()


def test_zones_that_it_covers_are_named():
    scope = msgspec.structs.replace(SCOPE, inventory=InventoryScope(zones=("z",)))
    assert compared(Inventory((row(1, macs=(mac(1),)),)), Looked((), scope), scope).zones == ("z",)


# ── knowing less is never better ─────────────────────────────────────────────────────────────────────────────────

numbers = st.integers(1, 3)


@st.composite
def rows(draw) -> tuple[DeclaredAsset, ...]:
    return tuple(
        row(
            at,
            addresses=tuple({f"10.0.0.{number}" for number in draw(st.lists(numbers, max_size=2))}),
            macs=tuple({mac(number) for number in draw(st.lists(numbers, max_size=1))}),
            hostname=draw(st.sampled_from(["", "pc1", "pc2.hosp.example"])),
            serial=draw(st.sampled_from(["", "AB1234"])),
        )
        for at in range(draw(st.integers(0, 4)))
    )


@given(rows(), numbers, numbers, st.sampled_from([(), ("pc1.hosp.example",)]))
@settings(max_examples=400, deadline=None)
def test_a_host_of_which_less_is_known_is_declared_no_sooner(declared, address, card, names):
    whole = seen(f"10.0.0.{address}", mac(card), *names)
    if Inventory((whole, *declared)).standing(whole).state == "declared":
        return
    without_mac = msgspec.structs.replace(whole, ids=whole.ids[1:], mac=Missing("not-asked"), mac_vendor="")
    without_name = msgspec.structs.replace(whole, names=(), name=whole.address)
    for less in (without_mac, without_name):
        assert Inventory((less, *declared)).standing(less).state != "declared"
    for at in range(len(declared)):
        fewer = (*declared[:at], *declared[at + 1 :])
        assert Inventory((whole, *fewer)).standing(whole).state != "declared"
