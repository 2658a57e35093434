"""Checks of user accounts: passwords that protect little, and accounts that nobody uses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from posture.facts import Missing
from posture.model import Outcome, Severity
from posture.scope import OrganisationScope, Scope
from posture.testing import AS_OF, account, domain_policy, run_check, verdict
from posture.thresholds import Thresholds

ENABLED, DISABLED, TRUST = 0x200, 0x202, 0x800
NOT_REQUIRED, REVERSIBLE, NEVER_EXPIRES = 0x20, 0x80, 0x10000


def days_ago(days):
    return AS_OF.at - timedelta(days=days)


@pytest.mark.parametrize(
    ("name", "control", "outcome"),
    [
        ("ad-password-not-required", ENABLED, Outcome.PASS),
        ("ad-password-not-required", ENABLED | NOT_REQUIRED, Outcome.FAIL),
        ("ad-password-not-required", DISABLED | NOT_REQUIRED, Outcome.NOT_APPLICABLE),
        ("ad-password-not-required", TRUST | NOT_REQUIRED, Outcome.NOT_APPLICABLE),
        ("ad-password-not-required", None, Outcome.UNKNOWN),
        ("ad-password-never-expires", ENABLED, Outcome.PASS),
        ("ad-password-never-expires", ENABLED | NEVER_EXPIRES, Outcome.FAIL),
        ("ad-password-never-expires", DISABLED | NEVER_EXPIRES, Outcome.NOT_APPLICABLE),
        ("ad-password-never-expires", TRUST | NEVER_EXPIRES, Outcome.NOT_APPLICABLE),
        ("ad-password-never-expires", None, Outcome.UNKNOWN),
    ],
)
def test_one_bit_of_an_account(name, control, outcome):
    assert verdict(name, account(control=control)) is outcome


@pytest.mark.parametrize(
    ("admin_count", "severity"),
    [
        (True, Severity.MEDIUM),
        (False, Severity.LOW),
        (Missing("absent"), Severity.LOW),
        (Missing("not-readable"), Severity.MEDIUM),
        (Missing("not-asked"), Severity.MEDIUM),
    ],
)
def test_only_an_account_known_to_be_ordinary_is_less_bad(admin_count, severity):
    (observation,) = run_check(
        "ad-password-never-expires", account(control=ENABLED | NEVER_EXPIRES, admin_count=admin_count)
    )

    assert (observation.outcome, observation.severity) == (Outcome.FAIL, severity)


def test_the_built_in_guest_has_its_own_check_only_if_it_is_known_to_be_guest():
    guest = {"control": ENABLED | NEVER_EXPIRES}

    assert verdict("ad-password-never-expires", account(rid=501, **guest)) is Outcome.NOT_APPLICABLE
    assert verdict("ad-password-never-expires", account(rid=None, **guest)) is Outcome.FAIL


@pytest.mark.parametrize(
    ("control", "domain", "outcomes"),
    [
        (ENABLED, False, {Outcome.PASS}),
        (ENABLED | REVERSIBLE, False, {Outcome.PASS, Outcome.FAIL}),
        (DISABLED | REVERSIBLE, False, {Outcome.PASS, Outcome.FAIL}),
        (ENABLED, True, {Outcome.PASS, Outcome.FAIL}),
        (None, False, {Outcome.PASS, Outcome.UNKNOWN}),
        (ENABLED, Missing("not-readable"), {Outcome.PASS, Outcome.UNKNOWN}),
    ],
)
def test_reversible_encryption_of_the_domain_and_of_each_account(control, domain, outcomes):
    observations = run_check(
        "ad-reversible-encryption", account(control=control), domain_policy(reversible_encryption=domain)
    )

    assert {observation.outcome for observation in observations} == outcomes


def test_reversible_encryption_misses_neither_half():
    only_account = run_check("ad-reversible-encryption", account())
    only_domain = run_check("ad-reversible-encryption", domain_policy(reversible_encryption=False))

    assert {each.outcome for each in only_account} == {Outcome.PASS, Outcome.UNKNOWN}
    assert {each.outcome for each in only_domain} == {Outcome.PASS, Outcome.UNKNOWN}


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"last_logon": days_ago(3)}, Outcome.PASS),
        ({"last_logon": days_ago(90)}, Outcome.PASS),
        ({"last_logon": days_ago(97)}, Outcome.UNKNOWN),
        ({"last_logon": days_ago(104)}, Outcome.UNKNOWN),
        ({"last_logon": days_ago(105)}, Outcome.FAIL),
        ({"last_logon": days_ago(-30)}, Outcome.UNKNOWN),
        ({"last_logon": Missing("absent"), "created": days_ago(91)}, Outcome.FAIL),
        ({"last_logon": Missing("absent"), "created": days_ago(5)}, Outcome.PASS),
        ({"last_logon": Missing("absent")}, Outcome.UNKNOWN),
        ({"last_logon": Missing("not-readable"), "created": days_ago(500)}, Outcome.UNKNOWN),
        ({"created": days_ago(500)}, Outcome.UNKNOWN),
        ({"last_logon": days_ago(500), "control": DISABLED}, Outcome.NOT_APPLICABLE),
        ({"last_logon": days_ago(500), "control": TRUST}, Outcome.NOT_APPLICABLE),
        ({"last_logon": days_ago(500), "control": None}, Outcome.UNKNOWN),
    ],
)
def test_inactive_users(fields, outcome):
    assert verdict("ad-inactive-users", account(**fields)) is outcome


def test_the_days_are_the_hospitals_own():
    scope = Scope(
        organisation=OrganisationScope(name="Test"), thresholds=Thresholds(inactive_days=45, logon_lag_days=0)
    )

    (observation,) = run_check("ad-inactive-users", account(last_logon=days_ago(46)), scope=scope)

    assert observation.message == "Last log-in 46 days ago (lastLogonTimestamp); your policy allows 45"
