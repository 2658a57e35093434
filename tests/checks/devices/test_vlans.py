"""Who shares a VLAN: a switch's own table decides, and passes only where nothing in it is a stranger."""

from __future__ import annotations

import pytest
from checks.samples_vlans import DESK, GUEST, MACHINES, PRINTER, PUMP, ROWS, STRANGER, machine, says, switch
from msgspec.structs import replace

from posture.facts import ArpEntry, ArpTable, Device, Fact, Missing, Script
from posture.model import Outcome
from posture.testing import run_check

FAIL, PASS, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE


def judged(found: Device, *others: Fact) -> tuple[Outcome, str]:
    (seen,) = run_check("vlan-not-separated", found, *others)
    return seen.outcome, seen.message


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (switch("s", (PUMP, 20), (DESK, 20)), FAIL),
        (switch("s", (PUMP, 20), (GUEST, 20)), FAIL),
        (switch("s", (PUMP, 20), (DESK, 20), (STRANGER, None), whole=False), FAIL),
        (switch("s", (PUMP, 30), (PRINTER, 30), (DESK, 20)), PASS),
        (switch("s", (DESK, 20), (PRINTER, 20)), PASS),
        (switch("s", (PUMP, 30), (DESK, 20), whole=False), UNKNOWN),
        (switch("s", (PUMP, 30), (DESK, None)), UNKNOWN),
        (switch("s", (PUMP, 30), (DESK, 20), (STRANGER, 30)), UNKNOWN),
        (replace(switch("s"), learned=Missing("not-asked")), UNKNOWN),
        (replace(switch("s"), learned=Missing("not-readable")), UNKNOWN),
        (replace(switch("s"), learned=Missing("absent")), NOT_APPLICABLE),
    ],
)
def test_vlan_not_separated(found, outcome):
    assert judged(found, *MACHINES, *ROWS)[0] is outcome


def test_it_says_which_vlan_and_who_is_in_it():
    _, told = judged(switch("s", (PUMP, 20), (DESK, 20)), *MACHINES, *ROWS)
    assert told == "VLAN 20 (wards) holds 10.88.0.1 beside 10.88.0.2"


@pytest.mark.parametrize("lost", range(len(ROWS)))
def test_without_a_row_of_the_inventory_it_never_passes(lost):
    rows = [row for at, row in enumerate(ROWS) if at != lost]
    found = switch("s", (PUMP, 30), (PRINTER, 30), (DESK, 20), (GUEST, 20))
    assert judged(found, *MACHINES, *rows)[0] is UNKNOWN


@pytest.mark.parametrize("lost", range(3))
def test_without_a_machine_of_the_scan_it_never_passes(lost):
    machines = [each for at, each in enumerate(MACHINES) if at != lost]
    assert judged(switch("s", (PUMP, 30), (PRINTER, 30), (DESK, 20)), *machines, *ROWS)[0] is UNKNOWN


def test_a_mac_address_that_two_machines_answer_with_is_a_stranger():
    clone = replace(machine(PUMP, "10.88.0.9"), ids=("address:ward/10.88.0.9",))
    assert judged(switch("s", (PUMP, 30), (DESK, 20)), *MACHINES, clone, *ROWS)[0] is UNKNOWN


@pytest.mark.parametrize("lost", [False, True])
def test_a_mac_address_that_answers_for_several_is_a_strangers_though_only_one_of_them_was_scanned(lost):
    one, other = (
        replace(machine(STRANGER, address), ids=(f"address:ward/{address}",), mac=Missing("not-asked"))
        for address in ("10.88.0.5", "10.88.0.6")
    )
    entries = tuple(ArpEntry(address=each.address, mac=STRANGER, interface=1) for each in (one, other))
    found = replace(switch("s", (PUMP, 30), (STRANGER, 30)), arp=ArpTable(rows=entries, whole=True))
    rows = [replace(says(at, "", "printer"), macs=(), addresses=(each.address,)) for at, each in ((8, one), (9, other))]
    assert judged(found, *MACHINES, one, *(() if lost else (other,)), *ROWS, *rows)[0] is UNKNOWN


def test_of_a_machine_that_two_inventories_call_differently_nobody_knows_what_it_is():
    other = replace(says(2, DESK, "server"), ids=("inventory:other.csv/2",), file="other.csv")
    assert judged(switch("s", (PUMP, 30), (DESK, 30)), *MACHINES, *ROWS, other)[0] is UNKNOWN


@pytest.mark.parametrize(("declared", "outcome"), [("printer", UNKNOWN), ("modality", PASS)])
def test_a_workstation_at_the_address_of_a_printer_is_not_taken_for_it(declared, outcome):
    found = switch("s", (PUMP, 30), (DESK, 30))
    machines = [each for each in MACHINES if each.mac != DESK]
    windows = Script(id="smb-os-discovery", output="", values=(("os", "Windows 10 Pro 19045"),), evidence=("e" * 64,))
    desk = replace(machine(DESK, "10.88.0.2"), scripts=(windows,))
    rows = [ROWS[0], says(2, DESK, declared), *ROWS[2:]]
    assert judged(found, *machines, desk, *rows)[0] is outcome


def test_a_workstation_that_is_declared_as_a_part_of_its_device_is_no_other():
    rows = [ROWS[0], says(2, DESK, "modality"), *ROWS[2:]]
    assert judged(switch("s", (PUMP, 30), (DESK, 30)), *MACHINES, *rows)[0] is PASS
