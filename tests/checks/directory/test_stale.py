"""Checks of computers and passwords that were left alone, and of lone domain controllers."""

from __future__ import annotations

import pytest
from checks.samples_privileged import ABSENT, CONTROLLER, DISABLED, NORMAL, days_ago, groups, machine, person

from posture.facts import BlindSpot, Missing
from posture.model import Outcome, Severity
from posture.testing import domain_policy, run_check, verdict

HIDDEN = Missing("not-readable")


@pytest.mark.parametrize(
    ("password", "logon", "outcome"),
    [
        (days_ago(30), days_ago(400), Outcome.PASS),
        (days_ago(400), days_ago(30), Outcome.PASS),
        (days_ago(30), HIDDEN, Outcome.PASS),
        (days_ago(400), days_ago(105), Outcome.FAIL),
        (days_ago(400), days_ago(100), Outcome.UNKNOWN),
        (days_ago(400), ABSENT, Outcome.FAIL),
        (ABSENT, days_ago(400), Outcome.FAIL),
        (days_ago(400), HIDDEN, Outcome.UNKNOWN),
        (HIDDEN, days_ago(400), Outcome.UNKNOWN),
        (ABSENT, ABSENT, Outcome.FAIL),
        (days_ago(-30), days_ago(400), Outcome.UNKNOWN),
    ],
)
def test_inactive_computers(password, logon, outcome):
    computer = machine("east", "PC$", 1201, password_last_set=password, last_logon=logon)

    assert verdict("ad-inactive-computers", computer) is outcome


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"created": days_ago(5)}, Outcome.PASS),
        ({"created": HIDDEN}, Outcome.UNKNOWN),
        ({"created": days_ago(-5)}, Outcome.UNKNOWN),
        ({"control": NORMAL | DISABLED}, Outcome.NOT_APPLICABLE),
        ({"control": None}, Outcome.UNKNOWN),
    ],
)
def test_a_computer_that_was_never_active(fields, outcome):
    computer = machine("east", "PC$", 1201, **{"password_last_set": ABSENT, "last_logon": ABSENT, **fields})

    assert verdict("ad-inactive-computers", computer) is outcome


@pytest.mark.parametrize(
    ("fields", "outcome", "severity"),
    [
        ({"password_last_set": days_ago(365)}, Outcome.PASS, Severity.MEDIUM),
        ({"password_last_set": days_ago(366)}, Outcome.FAIL, Severity.LOW),
        ({"password_last_set": days_ago(366), "primary_group": 512}, Outcome.FAIL, Severity.MEDIUM),
        ({"password_last_set": days_ago(366), "primary_group": HIDDEN}, Outcome.FAIL, Severity.MEDIUM),
        ({"password_last_set": ABSENT}, Outcome.UNKNOWN, Severity.MEDIUM),
        ({"password_last_set": HIDDEN}, Outcome.UNKNOWN, Severity.MEDIUM),
        ({"password_last_set": days_ago(-9)}, Outcome.UNKNOWN, Severity.MEDIUM),
        ({"password_last_set": days_ago(900), "control": NORMAL | DISABLED}, Outcome.NOT_APPLICABLE, Severity.MEDIUM),
        ({"password_last_set": days_ago(900), "control": 0x800}, Outcome.NOT_APPLICABLE, Severity.MEDIUM),
        ({"password_last_set": days_ago(900), "control": None}, Outcome.UNKNOWN, Severity.MEDIUM),
    ],
)
def test_old_passwords(fields, outcome, severity):
    (observation,) = run_check("ad-old-passwords", *groups("east"), person("east", "x", 2001, **fields))

    assert (observation.outcome, observation.severity) == (outcome, severity)


def controller(name, **fields):
    return machine("east", name, 1000 + len(name), **{"control": CONTROLLER, "primary_group": 516, **fields})


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        ([controller("DC02$")], Outcome.PASS),
        ([], Outcome.FAIL),
        ([controller("DC02$", control=CONTROLLER | DISABLED)], Outcome.FAIL),
        ([controller("DC02$", password_last_set=days_ago(400), last_logon=days_ago(400))], Outcome.FAIL),
        ([controller("DC02$", password_last_set=HIDDEN, last_logon=days_ago(400))], Outcome.UNKNOWN),
        ([controller("DC02$", control=None)], Outcome.UNKNOWN),
        ([controller("RODC$", control=0x5001000)], Outcome.FAIL),
        ([controller("DC02$", dn="CN=DC02,OU=Domain Controllers,DC=child,DC=east,DC=example")], Outcome.FAIL),
    ],
)
def test_single_domain_controller(second, outcome):
    domain = domain_policy(ids=("domain:east",), name="east.example", place="east")

    assert verdict("ad-single-domain-controller", domain, controller("DC1$"), *second) is outcome


def test_where_not_all_computers_were_read_one_controller_is_no_answer():
    domain = domain_policy(ids=("domain:east",), name="east.example", place="east")
    spot = BlindSpot(kinds=("Computer",), subject="directory:east", name="e", place="east", why="cut", answer="again")

    (observation,) = run_check("ad-single-domain-controller", domain, controller("DC1$"), blind_spots=[spot])

    assert observation.outcome is Outcome.UNKNOWN
    assert verdict("ad-single-domain-controller", domain) is Outcome.UNKNOWN
