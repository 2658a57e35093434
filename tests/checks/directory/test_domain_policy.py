"""Checks of the domain's password policy: what fails, what passes, and what says nothing."""

from __future__ import annotations

import pytest

from posture.facts import Missing
from posture.model import Outcome, Severity
from posture.scope import OrganisationScope, Scope
from posture.testing import domain_policy, run_check
from posture.thresholds import Thresholds

HIDDEN = Missing("not-readable")


@pytest.mark.parametrize(
    ("name", "fields", "outcome", "severity"),
    [
        ("ad-password-length", {"min_length": 14}, Outcome.PASS, Severity.HIGH),
        ("ad-password-length", {"min_length": 8}, Outcome.PASS, Severity.HIGH),
        ("ad-password-length", {"min_length": 7}, Outcome.FAIL, Severity.HIGH),
        ("ad-password-length", {"min_length": 0}, Outcome.FAIL, Severity.HIGH),
        ("ad-password-length", {"min_length": HIDDEN}, Outcome.UNKNOWN, Severity.HIGH),
        ("ad-password-length", {}, Outcome.UNKNOWN, Severity.HIGH),
        ("ad-account-lockout", {"lockout_threshold": 5}, Outcome.PASS, Severity.HIGH),
        ("ad-account-lockout", {"lockout_threshold": 10}, Outcome.PASS, Severity.HIGH),
        ("ad-account-lockout", {"lockout_threshold": 11}, Outcome.FAIL, Severity.MEDIUM),
        ("ad-account-lockout", {"lockout_threshold": 0}, Outcome.FAIL, Severity.HIGH),
        ("ad-account-lockout", {"lockout_threshold": -1}, Outcome.UNKNOWN, Severity.HIGH),
        ("ad-account-lockout", {}, Outcome.UNKNOWN, Severity.HIGH),
        ("ad-password-complexity", {"complexity": True, "history": 24}, Outcome.PASS, Severity.MEDIUM),
        ("ad-password-complexity", {"complexity": True, "history": 5}, Outcome.PASS, Severity.MEDIUM),
        ("ad-password-complexity", {"complexity": False, "history": 24}, Outcome.FAIL, Severity.LOW),
        ("ad-password-complexity", {"complexity": True, "history": 4}, Outcome.FAIL, Severity.LOW),
        ("ad-password-complexity", {"history": 0}, Outcome.FAIL, Severity.LOW),
        ("ad-password-complexity", {"complexity": False}, Outcome.FAIL, Severity.LOW),
        ("ad-password-complexity", {"complexity": True}, Outcome.UNKNOWN, Severity.MEDIUM),
        ("ad-password-complexity", {"history": 24}, Outcome.UNKNOWN, Severity.MEDIUM),
        ("ad-password-complexity", {}, Outcome.UNKNOWN, Severity.MEDIUM),
        ("ad-anyone-joins-computers", {"machine_account_quota": 0}, Outcome.PASS, Severity.MEDIUM),
        ("ad-anyone-joins-computers", {"machine_account_quota": 10}, Outcome.FAIL, Severity.LOW),
        ("ad-anyone-joins-computers", {"machine_account_quota": -1}, Outcome.UNKNOWN, Severity.MEDIUM),
        ("ad-anyone-joins-computers", {"machine_account_quota": Missing("absent")}, Outcome.UNKNOWN, Severity.MEDIUM),
        ("ad-anyone-joins-computers", {}, Outcome.UNKNOWN, Severity.MEDIUM),
    ],
)
def test_one_setting_of_the_domain(name, fields, outcome, severity):
    (observation,) = run_check(name, domain_policy(**fields))

    assert (observation.outcome, observation.severity) == (outcome, severity)


@pytest.mark.parametrize(
    ("length", "outcome", "severity"),
    [(14, Outcome.PASS, Severity.HIGH), (8, Outcome.FAIL, Severity.MEDIUM), (7, Outcome.FAIL, Severity.HIGH)],
)
def test_the_hospitals_own_policy_is_what_counts(length, outcome, severity):
    scope = Scope(organisation=OrganisationScope(name="Test"), thresholds=Thresholds(password_min_length=14))

    (observation,) = run_check("ad-password-length", domain_policy(min_length=length), scope=scope)

    assert (observation.outcome, observation.severity) == (outcome, severity)
    assert outcome is Outcome.PASS or "your policy asks for 14" in observation.message


def test_a_directory_without_its_domain_is_unknown():
    (observation,) = run_check("ad-password-length")

    assert observation.outcome is Outcome.UNKNOWN
    assert observation.answer
