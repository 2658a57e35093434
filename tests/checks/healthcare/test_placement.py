"""Medical devices: registered, and in good company."""

from __future__ import annotations

import pytest
from checks.samples_inventory import PUMP, ZONES, mac, placed, row

from posture.facts import BlindSpot, Missing
from posture.model import Outcome
from posture.scope import OrganisationScope, Scope, Zone
from posture.testing import computer, host, port, run_check, script

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
SCOPE = Scope(organisation=OrganisationScope(name="Test"), zone=ZONES)
DRAEGER = placed("10.78.0.5", PUMP, "Draeger Medical")
PLAIN = placed("10.78.0.6", mac(1))
WINDOWS = (script("smb-os-discovery", "x", os="Windows 10 Pro"),)


@pytest.mark.parametrize(
    ("seen", "rows", "outcome"),
    [
        (DRAEGER, (row(1, macs=(PUMP,)),), PASS),
        (DRAEGER, (row(1, macs=(PUMP,), medical_only=True),), PASS),
        (DRAEGER, (row(1, macs=(mac(9),), medical_only=True),), FAIL),
        (placed("10.78.0.5", mac(2), ports=(port(104, "dicom"),)), (row(1, macs=(mac(9),)),), FAIL),
        (PLAIN, (row(1, macs=(mac(9),), medical_only=True),), UNKNOWN),
        (placed("10.77.0.5", mac(1)), (row(1, macs=(mac(9),)),), UNKNOWN),
        (DRAEGER, (row(1, serial="AB1234"),), UNKNOWN),
        (DRAEGER, (), UNKNOWN),
    ],
)
def test_a_medical_device_is_in_an_inventory(seen, rows, outcome):
    (observation,) = run_check("medical-device-not-in-inventory", seen, *rows, scope=SCOPE)
    assert observation.outcome is outcome


@pytest.mark.parametrize(
    ("seen", "rows", "outcome"),
    [
        (placed("10.79.0.5", PUMP, "Draeger Medical"), (), FAIL),
        (placed("10.79.0.5", mac(1), ports=(port(104, "dicom"),)), (), FAIL),
        (placed("10.79.0.5", mac(1)), (row(1, macs=(mac(1),), kind="CT", device_class="modality"),), FAIL),
        (placed("10.79.0.5", mac(1)), (row(1, macs=(mac(1),), kind="laptop", device_class="workstation"),), PASS),
        (placed("10.79.0.5", mac(1)), (row(1, macs=(mac(1),)),), UNKNOWN),
        (placed("10.79.0.5", mac(1)), (), UNKNOWN),
        (DRAEGER, (), PASS),
        (host(mac=PUMP, mac_vendor="Draeger Medical"), (), UNKNOWN),
    ],
)
def test_no_medical_device_stands_among_guests(seen, rows, outcome):
    (observation,) = run_check("medical-device-on-guest-network", seen, *rows, scope=SCOPE)
    assert observation.outcome is outcome


def company(*facts, scope=SCOPE, blind_spots=()):
    found = run_check("medical-devices-share-subnet", *facts, scope=scope, blind_spots=blind_spots)
    return {each.outcome for each in found}


def test_a_device_beside_a_workstation_fails_and_says_which():
    beside = placed("10.78.0.6", mac(1), scripts=WINDOWS)
    (observation,) = run_check("medical-devices-share-subnet", DRAEGER, beside, scope=SCOPE)
    assert observation.outcome is FAIL
    assert observation.message.startswith("In 10.78.0.0/24 it stands beside 10.78.0.6. 10.78.0.6: Workstation")


def test_the_account_of_a_hosts_name_makes_it_a_workstation():
    named = placed("10.78.0.6", mac(1), names=("ws1.hosp.example",))
    listed = computer(dns_name="ws1.hosp.example", operating_system="Windows 11 Pro")
    assert company(DRAEGER, named, listed) == {FAIL}


def test_a_device_whose_company_is_declared_passes():
    assert company(DRAEGER, PLAIN, row(1, macs=(mac(1),), device_class="server", kind="server")) == {PASS}


def test_what_is_a_workstation_by_declaration_is_one():
    assert company(DRAEGER, PLAIN, row(1, macs=(mac(1),), device_class="workstation", kind="PC")) == {FAIL}


def test_company_of_which_nothing_is_known_is_unknown():
    assert company(DRAEGER, PLAIN) == {UNKNOWN}


def test_a_network_that_was_not_looked_at_to_the_end_is_unknown():
    spot = BlindSpot(kinds=("Host",), subject="probe:x", name="mixed", why="it was not scanned", answer="Scan it.")
    assert company(DRAEGER, blind_spots=(spot,)) == {UNKNOWN}


def test_a_workstation_in_another_network_is_no_company():
    elsewhere = placed("10.79.0.6", mac(1), scripts=WINDOWS)
    assert company(DRAEGER, elsewhere, row(9, macs=(mac(9),))) == {PASS}


def test_without_a_medical_device_it_is_unknown():
    assert company(PLAIN) == {UNKNOWN}


def test_a_declared_network_too_large_for_a_segment_tells_nothing():
    wide = Zone(id="mixed", kind="clinical", networks=("10.0.0.0/8",))
    scope = Scope(organisation=OrganisationScope(name="Test"), zone=(wide,))
    assert company(DRAEGER, placed("10.78.0.6", mac(1), scripts=WINDOWS), scope=scope) == {UNKNOWN}


def test_without_zones_the_hosts_whose_cards_one_scan_saw_are_company():
    bare = Scope.of_files()
    beside = placed("10.78.0.6", mac(1), scripts=WINDOWS)
    behind = placed("10.78.0.6", scripts=WINDOWS)
    assert isinstance(behind.mac, Missing)
    assert company(DRAEGER, beside, scope=bare) == {FAIL}
    assert company(DRAEGER, behind, scope=bare) == {UNKNOWN}
