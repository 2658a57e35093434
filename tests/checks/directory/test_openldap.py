"""What OpenLDAP lets people read, and its password policy."""

from __future__ import annotations

import pytest

from posture.facts import Missing
from posture.model import Outcome, Severity
from posture.scope import OrganisationScope, Scope
from posture.testing import attempt, directory, password_policy, run_check, verdict
from posture.thresholds import Thresholds

CONTROL = ("1.3.6.1.4.1.42.2.27.8.5.1", "1.2.840.113556.1.4.319")
PAGING = ("1.2.840.113556.1.4.319",)
HIDDEN, UNSET = Missing("not-readable"), Missing("absent")
OF_THE_SERVER = (
    "openldap-anonymous-read",
    "openldap-config-readable",
    "openldap-password-hash-readable",
    "openldap-no-password-policy",
)


@pytest.mark.parametrize(
    ("name", "method"), [("openldap-anonymous-read", "anonymous-read"), ("openldap-config-readable", "config-read")]
)
@pytest.mark.parametrize("kind", ["openldap", "other"])
@pytest.mark.parametrize(
    ("attempts", "outcome"),
    [
        (["accepted"], Outcome.FAIL),
        (["refused"], Outcome.PASS),
        (["failed"], Outcome.UNKNOWN),
        (["timeout"], Outcome.UNKNOWN),
        (["closed"], Outcome.UNKNOWN),
        ([], Outcome.UNKNOWN),
    ],
)
def test_what_can_be_read(name, method, kind, attempts, outcome):
    assert verdict(name, directory(kind, *(attempt(method, each) for each in attempts))) is outcome


@pytest.mark.parametrize(
    ("readable", "outcome"),
    [
        ((), Outcome.PASS),
        (("userPassword",), Outcome.FAIL),
        (HIDDEN, Outcome.UNKNOWN),
        (UNSET, Outcome.UNKNOWN),
        (Missing("not-asked"), Outcome.UNKNOWN),
    ],
)
def test_password_hashes(readable, outcome):
    assert verdict("openldap-password-hash-readable", directory("openldap", secrets_readable=readable)) is outcome


@pytest.mark.parametrize(
    ("controls", "policies", "outcome"),
    [
        (CONTROL, 1, Outcome.PASS),
        (PAGING, 0, Outcome.FAIL),
        (CONTROL, 0, Outcome.UNKNOWN),
        (PAGING, 1, Outcome.UNKNOWN),
        (PAGING, HIDDEN, Outcome.UNKNOWN),
        (HIDDEN, 0, Outcome.UNKNOWN),
        (HIDDEN, HIDDEN, Outcome.UNKNOWN),
    ],
)
def test_the_overlay_and_its_policy(controls, policies, outcome):
    judged = directory("openldap", controls=controls, password_policies=policies)

    assert verdict("openldap-no-password-policy", judged) is outcome


@pytest.mark.parametrize("name", OF_THE_SERVER)
def test_these_are_asked_of_openldap(name):
    bad = directory(
        "active-directory",
        attempt("anonymous-read", "accepted"),
        attempt("config-read", "accepted"),
        secrets_readable=("userPassword",),
        controls=PAGING,
        password_policies=0,
    )

    assert verdict(name, bad) is Outcome.NOT_APPLICABLE
    assert verdict(name, directory("unknown", *bad.attempts)) is Outcome.UNKNOWN


GOOD = {"min_length": 12, "lockout": True, "max_failures": 5}


@pytest.mark.parametrize(
    ("changed", "outcome", "severity"),
    [
        ({}, Outcome.PASS, Severity.HIGH),
        ({"min_length": 8, "max_failures": 10}, Outcome.PASS, Severity.HIGH),
        ({"min_length": 7}, Outcome.FAIL, Severity.HIGH),
        ({"min_length": UNSET}, Outcome.FAIL, Severity.HIGH),
        ({"min_length": HIDDEN}, Outcome.UNKNOWN, Severity.HIGH),
        ({"lockout": False}, Outcome.FAIL, Severity.HIGH),
        ({"lockout": UNSET}, Outcome.FAIL, Severity.HIGH),
        ({"lockout": HIDDEN}, Outcome.UNKNOWN, Severity.HIGH),
        ({"max_failures": 0}, Outcome.FAIL, Severity.HIGH),
        ({"max_failures": UNSET}, Outcome.FAIL, Severity.HIGH),
        ({"max_failures": 50}, Outcome.FAIL, Severity.MEDIUM),
        ({"max_failures": HIDDEN}, Outcome.UNKNOWN, Severity.HIGH),
        ({"min_length": HIDDEN, "lockout": False}, Outcome.FAIL, Severity.HIGH),
        ({"lockout": HIDDEN, "max_failures": 0}, Outcome.FAIL, Severity.HIGH),
    ],
)
def test_a_password_policy(changed, outcome, severity):
    (observation,) = run_check("openldap-weak-password-policy", password_policy(**{**GOOD, **changed}))

    assert (observation.outcome, observation.severity) == (outcome, severity)


def test_a_length_that_only_your_policy_asks_for_is_less_bad():
    scope = Scope(organisation=OrganisationScope(name="Test"), thresholds=Thresholds(password_min_length=14))

    short = password_policy(**{**GOOD, "min_length": 8})
    (observation,) = run_check("openldap-weak-password-policy", short, scope=scope)

    assert (observation.outcome, observation.severity) == (Outcome.FAIL, Severity.MEDIUM)
    assert "your policy asks for 14" in observation.message
