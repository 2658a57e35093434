"""DICOM, HL7, InterSystems and interface engines within reach of other zones."""

from __future__ import annotations

import pytest
from checks.samples_crossing import SCOPE, filtered, from_everywhere, seen, view

from posture.model import Outcome, Severity
from posture.testing import host, port, run_check, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN

IMAGING = {"place": "imaging", "address": "10.77.2.10"}
PING = script("dicom-ping", "\n  dicom: DICOM Service Provider discovered!\n  config: Called AET check enabled")


def from_users(*ports, **more):
    return seen(view("users", *ports, **more), view("guests"))


def page(title, number=8443, **more):
    return port(number, "http", tunnel="ssl", scripts=[script("http-title", title, title=title)], **more)


@pytest.mark.parametrize(
    ("check", "given", "outcome"),
    [
        ("dicom-crosses-zones", from_everywhere(port(11112), **IMAGING), FAIL),
        ("dicom-crosses-zones", seen(view("servers", port(104)), **IMAGING), FAIL),
        ("dicom-crosses-zones", seen(view("users", port(4242, scripts=[PING])), **IMAGING), FAIL),
        ("dicom-crosses-zones", from_everywhere(port(4242), **IMAGING), UNKNOWN),
        ("dicom-crosses-zones", seen(view("users", port(104), rest=[]), **IMAGING), UNKNOWN),
        ("dicom-crosses-zones", seen(view("users", rest=[filtered()]), **IMAGING), UNKNOWN),
        ("dicom-crosses-zones", seen(view("users"), **IMAGING), UNKNOWN),
        ("dicom-crosses-zones", from_everywhere(**IMAGING), PASS),
        ("hl7-crosses-zones", from_everywhere(port(2575)), FAIL),
        ("hl7-crosses-zones", from_everywhere(port(2576, scripts=[script("banner", r"\x0BMSH|^~\&|LAB")])), FAIL),
        ("hl7-crosses-zones", seen(view("users", port(6661), rest=[])), UNKNOWN),
        ("hl7-crosses-zones", from_users(), UNKNOWN),
        ("hl7-crosses-zones", from_everywhere(), PASS),
        ("intersystems-database-reachable", from_users(port(1972, "intersys-cache")), FAIL),
        ("intersystems-database-reachable", from_users(port(51773)), FAIL),
        ("intersystems-database-reachable", from_users(page("InterSystems IRIS Portal", 52773)), FAIL),
        ("intersystems-database-reachable", from_users(page("Canteen", 52773)), UNKNOWN),
        ("intersystems-database-reachable", from_users(port(1972), rest=[]), UNKNOWN),
        ("intersystems-database-reachable", from_users(), PASS),
        ("interface-engine-console-exposed", from_users(page("Mirth Connect Administrator")), FAIL),
        ("interface-engine-console-exposed", host(page("Mirth Connect Administrator 4.3.0")), FAIL),
        ("interface-engine-console-exposed", host(page("NextGen Connect Administrator 4.4")), FAIL),
        ("interface-engine-console-exposed", from_users(page("Canteen")), UNKNOWN),
        ("interface-engine-console-exposed", from_users(port(8080)), UNKNOWN),
        ("interface-engine-console-exposed", host(), UNKNOWN),
        ("interface-engine-console-exposed", from_users(), PASS),
    ],
)
def test_clinical_systems(check, given, outcome):
    found = {each.outcome for each in run_check(check, given, scope=SCOPE)}

    assert min(found, key=lambda each: each.rank) is outcome


def test_a_port_of_a_database_that_told_nothing_weighs_less():
    (told,) = run_check("intersystems-database-reachable", from_users(port(1972, "intersys-cache")), scope=SCOPE)
    (silent,) = run_check("intersystems-database-reachable", from_users(port(1972)), scope=SCOPE)

    assert (told.severity, silent.severity) == (Severity.CRITICAL, Severity.MEDIUM)


def inside(*ports):
    """A host on which only administrators, who may, see these ports."""
    return seen(view("admins", *ports), view("users"), view("guests"))


@pytest.mark.parametrize(
    ("title", "outcome"),
    [
        ("Mirth Connect Administrator 4.3.0", FAIL),
        ("Mirth Connect Administrator 4.4.0", FAIL),
        ("Mirth Connect Administrator", UNKNOWN),
        ("Mirth Connect Administrator 4.4.1", PASS),
        ("Mirth Connect Administrator 4.10.0", PASS),
        ("Canteen", PASS),
    ],
)
def test_the_version_of_a_console_counts_from_wherever_it_was_seen(title, outcome):
    assert verdict("interface-engine-console-exposed", inside(page(title)), scope=SCOPE) is outcome
