"""Checks of accounts of services."""

from __future__ import annotations

import pytest
from checks.samples_privileged import DISABLED, NORMAL, WORKSTATION, days_ago, groups, person

from posture.facts import Missing
from posture.model import Outcome, Severity
from posture.testing import run_check

NAMES = ("HTTP/x",)
HIDDEN = Missing("not-readable")


def judged(name, fields, **members):
    """The outcome and severity about the account x."""
    facts = [*groups("east", **members), person("east", "x", 2001, **fields)]
    for each in run_check(name, *facts):
        if "account:east/x" in (each.subject, *each.subjects):
            return each.outcome, each.severity
    raise AssertionError(name)


@pytest.mark.parametrize(
    ("fields", "outcome", "severity"),
    [
        ({}, Outcome.PASS, Severity.HIGH),
        ({"service_principals": NAMES}, Outcome.PASS, Severity.HIGH),
        ({"service_principals": NAMES, "password_last_set": days_ago(365)}, Outcome.PASS, Severity.HIGH),
        ({"service_principals": NAMES, "password_last_set": days_ago(366)}, Outcome.FAIL, Severity.MEDIUM),
        ({"service_principals": NAMES, "password_last_set": HIDDEN}, Outcome.UNKNOWN, Severity.HIGH),
        ({"service_principals": NAMES, "password_last_set": days_ago(-9)}, Outcome.UNKNOWN, Severity.HIGH),
        ({"service_principals": NAMES, "admin_count": True}, Outcome.FAIL, Severity.MEDIUM),
        ({"service_principals": NAMES, "admin_count": True, "primary_group": HIDDEN}, Outcome.FAIL, Severity.HIGH),
        ({"service_principals": NAMES, "primary_group": HIDDEN}, Outcome.UNKNOWN, Severity.HIGH),
        ({"service_principals": NAMES, "primary_group": 512}, Outcome.FAIL, Severity.HIGH),
        (
            {"service_principals": NAMES, "primary_group": 512, "control": NORMAL | DISABLED},
            Outcome.NOT_APPLICABLE,
            Severity.HIGH,
        ),
        (
            {"service_principals": NAMES, "primary_group": 512, "control": WORKSTATION},
            Outcome.NOT_APPLICABLE,
            Severity.HIGH,
        ),
        ({"service_principals": HIDDEN}, Outcome.UNKNOWN, Severity.HIGH),
        (
            {"service_principals": NAMES, "user_account_control": HIDDEN, "control": None},
            Outcome.UNKNOWN,
            Severity.HIGH,
        ),
    ],
)
def test_kerberoastable_privileged(fields, outcome, severity):
    assert judged("ad-kerberoastable-privileged", fields) == (outcome, severity)


def test_a_member_of_administrators_is_privileged():
    assert judged("ad-kerberoastable-privileged", {"service_principals": NAMES}, rid_544=("x",))[0] is Outcome.FAIL


@pytest.mark.parametrize(
    ("fields", "outcome", "severity"),
    [
        ({}, Outcome.PASS, Severity.HIGH),
        ({"service_principals": NAMES}, Outcome.FAIL, Severity.HIGH),
        ({"login": "svc-backup"}, Outcome.FAIL, Severity.MEDIUM),
        ({"login": "backup.service"}, Outcome.FAIL, Severity.MEDIUM),
        ({"login": "servicio.garcia"}, Outcome.PASS, Severity.HIGH),
        ({"control": WORKSTATION}, Outcome.FAIL, Severity.HIGH),
        ({"service_principals": NAMES, "control": NORMAL | DISABLED}, Outcome.NOT_APPLICABLE, Severity.HIGH),
        ({"service_principals": HIDDEN}, Outcome.UNKNOWN, Severity.HIGH),
        ({"user_account_control": HIDDEN, "control": None}, Outcome.UNKNOWN, Severity.HIGH),
    ],
)
def test_service_account_domain_admin(fields, outcome, severity):
    given = {key: value for key, value in fields.items() if key != "login"}
    assert judged_by_login(fields.get("login", "x"), given) == (outcome, severity)


def judged_by_login(login, fields):
    facts = [*groups("east", rid_512=(login,)), person("east", login, 2001, **fields)]
    for each in run_check("ad-service-account-domain-admin", *facts):
        if f"account:east/{login}" in (each.subject, *each.subjects):
            return each.outcome, each.severity
    raise AssertionError(login)


def test_who_may_be_hidden_in_domain_admins_leaves_it_open():
    observations = run_check("ad-service-account-domain-admin", *groups("east", rid_512=("stranger",)))

    assert {each.outcome for each in observations} == {Outcome.UNKNOWN}
