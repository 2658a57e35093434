"""SNMP, printers and devices' pages within reach of people."""

from __future__ import annotations

import pytest
from checks.samples_crossing import SCOPE, closed, from_everywhere, seen, view

from posture.model import Outcome
from posture.testing import device, port, run_check, script, verdict

FAIL, PASS, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE


def from_guests(*ports, **more):
    return seen(view("guests", *ports, **more), view("users"))


def titled(title, number=80):
    return port(number, "http", scripts=[script("http-title", title, title=title)])


@pytest.mark.parametrize(
    ("check", "given", "outcome"),
    [
        ("printer-raw-port-from-guest", from_guests(port(9100)), FAIL),
        ("printer-raw-port-from-guest", from_guests(port(515, "printer")), FAIL),
        ("printer-raw-port-from-guest", from_guests(port(9100), rest=[]), UNKNOWN),
        ("printer-raw-port-from-guest", from_guests(rest=[closed("9100")]), UNKNOWN),
        ("printer-raw-port-from-guest", seen(view("users", port(9100))), UNKNOWN),
        ("printer-raw-port-from-guest", seen(view("users", port(9100)), view("guests")), PASS),
        ("printer-admin-page", from_guests(titled("HP LaserJet MFP M428")), FAIL),
        ("printer-admin-page", from_guests(port(80, "http", product="HP LaserJet 4250 printer http config")), FAIL),
        ("printer-admin-page", from_guests(titled("Login")), UNKNOWN),
        ("printer-admin-page", from_guests(port(631, "ipp", product="CUPS")), UNKNOWN),
        ("printer-admin-page", seen(view("users", titled("HP LaserJet")), view("guests")), PASS),
        ("device-default-admin-page", from_guests(titled("RouterOS router configuration page")), FAIL),
        ("device-default-admin-page", seen(view("users", titled("APC | Log On", 443))), FAIL),
        ("device-default-admin-page", from_guests(titled("Canteen")), UNKNOWN),
        ("device-default-admin-page", from_guests(rest=[closed("80")]), UNKNOWN),
        ("device-default-admin-page", from_guests(), PASS),
    ],
)
def test_pages_and_printers(check, given, outcome):
    assert verdict(check, given, scope=SCOPE) is outcome


def agent(*heard, address="10.77.1.10", place="servers"):
    return device(ids=(f"address:{place}/{address}",), name=address, address=address, place=place, heard_from=heard)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ([agent("users")], FAIL),
        ([agent("admins", "guests")], FAIL),
        ([agent("users"), from_everywhere()], FAIL),
        ([agent("admins"), from_everywhere(port(161, "snmp", protocol="udp"))], FAIL),
        ([agent("admins")], UNKNOWN),
        ([agent()], UNKNOWN),
        ([agent("imaging")], UNKNOWN),
        ([agent("users", place="open", address="10.77.8.1")], UNKNOWN),
        ([agent("users", address="", place="")], UNKNOWN),
        ([agent("admins"), seen(view("users", rest=[closed()]), view("guests", rest=[closed()]))], UNKNOWN),
        ([agent("admins"), from_everywhere()], PASS),
    ],
)
def test_snmp(facts, outcome):
    assert verdict("snmp-crosses-zones", *facts, scope=SCOPE) is outcome


def test_an_agent_that_no_scan_saw_is_unknown_beside_one_that_passes():
    facts = [agent("admins"), from_everywhere(), agent("admins", address="10.77.1.77")]
    found = {each.outcome for each in run_check("snmp-crosses-zones", *facts, scope=SCOPE)}

    assert found == {PASS, UNKNOWN}
