"""Building control within reach of other zones."""

from __future__ import annotations

import pytest
from checks.samples_crossing import SCOPE, closed, filtered, from_everywhere, seen, view

from posture.facts import Port
from posture.model import Outcome, Severity
from posture.testing import port, run_check, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN

PLANT = {"place": "plant", "address": "10.77.3.10"}
FOX = script("fox-info", "\n  fox.version: 1.0.1\n  hostName: ahu-4")


def everywhere(*ports):
    return from_everywhere(*ports, **PLANT)


def udp(state, *scripts):
    return Port(number=47808, protocol="udp", state=state, scripts=scripts, evidence=("e" * 64,))


@pytest.mark.parametrize(
    ("check", "given", "outcome"),
    [
        ("modbus-reachable", everywhere(port(502)), FAIL),
        ("modbus-reachable", everywhere(port(502, "modbus")), FAIL),
        ("modbus-reachable", seen(view("imaging", port(502)), **PLANT), FAIL),
        ("modbus-reachable", seen(view("users", port(502), rest=[]), **PLANT), UNKNOWN),
        ("modbus-reachable", seen(view("users", rest=[filtered()]), **PLANT), UNKNOWN),
        ("modbus-reachable", seen(view("users"), **PLANT), UNKNOWN),
        ("modbus-reachable", everywhere(), PASS),
        ("bacnet-reachable", everywhere(udp("open", script("bacnet-info", "\n  Vendor ID: Stack (260)"))), FAIL),
        ("bacnet-reachable", everywhere(port(47808, "bacnet", protocol="udp")), FAIL),
        ("bacnet-reachable", everywhere(udp("open|filtered")), UNKNOWN),
        ("bacnet-reachable", seen(view("users", rest=[closed()]), **PLANT), UNKNOWN),
        ("bacnet-reachable", everywhere(), PASS),
        ("building-controller-reachable", everywhere(port(1911, "niagara-fox")), FAIL),
        ("building-controller-reachable", everywhere(port(1911, scripts=[FOX])), FAIL),
        ("building-controller-reachable", everywhere(port(44818)), FAIL),
        ("building-controller-reachable", seen(view("users", port(102), rest=[]), **PLANT), UNKNOWN),
        ("building-controller-reachable", seen(view("users", rest=[closed("102,1911")]), **PLANT), UNKNOWN),
        ("building-controller-reachable", everywhere(), PASS),
    ],
)
def test_building_control(check, given, outcome):
    assert verdict(check, given, scope=SCOPE) is outcome


@pytest.mark.parametrize(("scripts", "severity"), [([FOX], Severity.HIGH), ([], Severity.MEDIUM)])
def test_a_controller_that_is_known_by_its_number_alone_weighs_less(scripts, severity):
    (observation,) = run_check("building-controller-reachable", everywhere(port(1911, scripts=scripts)), scope=SCOPE)

    assert observation.severity is severity
