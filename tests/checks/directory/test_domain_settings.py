"""Settings of a domain and its forest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from posture.facts import FineGrainedPolicy, Missing
from posture.model import Outcome, Severity
from posture.testing import AS_OF, attempt, directory, domain_policy, run_check

ABSENT, HIDDEN = Missing("absent"), Missing("not-readable", "hidden")
SETTINGS = ("ad-functional-level", "ad-recycle-bin", "ad-anonymous-operations", "ad-fine-grained-policy-weaker")


def judged(name, *facts):
    (observation,) = run_check(name, *facts)
    return observation.outcome, observation.severity


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("openldap", Outcome.NOT_APPLICABLE), ("other", Outcome.NOT_APPLICABLE), ("unknown", Outcome.UNKNOWN)],
)
def test_only_active_directory_is_asked(name, kind, outcome):
    assert judged(name, directory(kind))[0] is outcome


@pytest.mark.parametrize(
    ("level", "outcome", "severity"),
    [
        (10, Outcome.PASS, Severity.MEDIUM),
        (7, Outcome.PASS, Severity.MEDIUM),
        (6, Outcome.FAIL, Severity.LOW),
        (5, Outcome.FAIL, Severity.MEDIUM),
        (0, Outcome.FAIL, Severity.MEDIUM),
        (HIDDEN, Outcome.UNKNOWN, Severity.MEDIUM),
    ],
)
def test_functional_level(level, outcome, severity):
    assert judged("ad-functional-level", directory(functional_level=level)) == (outcome, severity)


@pytest.mark.parametrize(
    ("enabled", "days", "outcome"),
    [
        (True, 180, Outcome.PASS),
        (True, 179, Outcome.FAIL),
        (True, ABSENT, Outcome.FAIL),
        (False, 180, Outcome.FAIL),
        (False, HIDDEN, Outcome.FAIL),
        (HIDDEN, 60, Outcome.FAIL),
        (HIDDEN, 180, Outcome.UNKNOWN),
        (True, HIDDEN, Outcome.UNKNOWN),
    ],
)
def test_recycle_bin(enabled, days, outcome):
    assert judged("ad-recycle-bin", directory(recycle_bin=enabled, tombstone_days=days))[0] is outcome


@pytest.mark.parametrize(
    ("read", "heuristics", "outcome"),
    [
        ("refused", ABSENT, Outcome.PASS),
        ("refused", "0", Outcome.PASS),
        ("refused", "001", Outcome.PASS),
        ("refused", "0000000001", Outcome.PASS),
        ("refused", "0000002001", Outcome.FAIL),
        ("refused", "0000002", Outcome.FAIL),
        ("accepted", ABSENT, Outcome.FAIL),
        ("accepted", HIDDEN, Outcome.FAIL),
        ("refused", HIDDEN, Outcome.UNKNOWN),
        ("timeout", ABSENT, Outcome.UNKNOWN),
        ("failed", "0000002", Outcome.FAIL),
    ],
)
def test_anonymous_operations(read, heuristics, outcome):
    asked = directory("active-directory", attempt("anonymous-read", read), heuristics=heuristics)

    assert judged("ad-anonymous-operations", asked)[0] is outcome


def test_anonymous_reading_that_was_not_tried_is_unknown():
    assert judged("ad-anonymous-operations", directory(heuristics=ABSENT))[0] is Outcome.UNKNOWN


def policy(**more):
    given = {"name": "Services", "min_length": 14, "lockout_threshold": 5, "applies": True}
    return FineGrainedPolicy(**{**given, **more})


@pytest.mark.parametrize(
    ("policies", "outcome"),
    [
        ((policy(),), Outcome.PASS),
        ((policy(min_length=20),), Outcome.PASS),
        ((policy(min_length=13),), Outcome.FAIL),
        ((policy(), policy(name="Other", lockout_threshold=0)), Outcome.FAIL),
        ((policy(min_length=HIDDEN, lockout_threshold=0),), Outcome.FAIL),
        ((policy(min_length=4, applies=False),), Outcome.PASS),
        ((policy(min_length=4, applies=HIDDEN),), Outcome.UNKNOWN),
        ((policy(min_length=HIDDEN),), Outcome.UNKNOWN),
        ((policy(lockout_threshold=HIDDEN),), Outcome.UNKNOWN),
        ((), Outcome.UNKNOWN),
        (HIDDEN, Outcome.UNKNOWN),
    ],
)
def test_fine_grained_policies(policies, outcome):
    asked = directory(fine_grained_policies=policies)

    assert judged("ad-fine-grained-policy-weaker", asked, domain_policy(min_length=14))[0] is outcome


@pytest.mark.parametrize("domains", [(), (domain_policy(),), (domain_policy(min_length=14, place="elsewhere"),)])
def test_a_fine_grained_policy_is_compared_with_its_own_domain_only(domains):
    asked = directory(fine_grained_policies=(policy(min_length=8),))

    assert judged("ad-fine-grained-policy-weaker", asked, *domains)[0] is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("days", "outcome"), [(0, Outcome.PASS), (7, Outcome.PASS), (8, Outcome.FAIL), (-2, Outcome.UNKNOWN)]
)
def test_age_of_the_last_backup(days, outcome):
    marked = domain_policy(backed_up=AS_OF.at - timedelta(days=days))

    assert judged("directory-backup-stale", marked)[0] is outcome


def test_a_backup_that_left_no_mark_is_unknown():
    assert judged("directory-backup-stale", domain_policy(backed_up=HIDDEN))[0] is Outcome.UNKNOWN
