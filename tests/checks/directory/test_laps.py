"""Local administrators' passwords under LAPS."""

from __future__ import annotations

from datetime import timedelta

import pytest

from posture.facts import BlindSpot, Missing
from posture.model import Outcome, Severity
from posture.testing import AS_OF, computer, directory, run_check

ABSENT, HIDDEN = Missing("absent"), Missing("not-readable", "hidden")
DUE, OVERDUE = AS_OF.at + timedelta(days=3), AS_OF.at - timedelta(days=3)


def machines(count, name="WS", **more):
    given = {"operating_system": "Windows 11 Enterprise", "laps_expiry": ABSENT, "windows_laps_expiry": ABSENT}
    return [computer(f"{name}{at}$", **{**given, **more}) for at in range(count)]


def judged(*facts, blind_spots=()):
    (observation,) = run_check("ad-laps-coverage", *facts, blind_spots=blind_spots)
    return observation.outcome, observation.severity


@pytest.mark.parametrize(
    ("covered", "uncovered", "outcome", "severity"),
    [
        (20, 0, Outcome.PASS, Severity.HIGH),
        (19, 1, Outcome.PASS, Severity.HIGH),
        (18, 1, Outcome.FAIL, Severity.MEDIUM),
        (1, 19, Outcome.FAIL, Severity.MEDIUM),
        (0, 1, Outcome.FAIL, Severity.HIGH),
    ],
)
def test_the_share_that_is_managed(covered, uncovered, outcome, severity):
    facts = [*machines(covered, "OK", windows_laps_expiry=DUE), *machines(uncovered)]

    assert judged(*facts) == (outcome, severity)


def test_the_older_laps_counts_and_what_is_overdue_does_not():
    assert judged(*machines(1, laps_expiry=DUE))[0] is Outcome.PASS
    assert judged(*machines(1, laps_expiry=OVERDUE, windows_laps_expiry=OVERDUE))[0] is Outcome.FAIL


@pytest.mark.parametrize(
    "unclear",
    [
        {"windows_laps_expiry": HIDDEN},
        {"laps_expiry": HIDDEN},
        {"operating_system": HIDDEN},
        {"control": None},
    ],
)
def test_what_may_not_be_read_is_unknown_where_it_could_matter(unclear):
    assert judged(*machines(1, **unclear))[0] is Outcome.UNKNOWN
    assert judged(*machines(10, **unclear), *machines(10, "OK", laps_expiry=DUE))[0] is Outcome.UNKNOWN
    assert judged(*machines(1, "X", **unclear), *machines(19, "OK", laps_expiry=DUE))[0] is Outcome.PASS
    assert judged(*machines(1, "X", **unclear), *machines(9))[0] is Outcome.FAIL


@pytest.mark.parametrize(
    "other",
    [
        {"operating_system": "Ubuntu 24.04"},
        {"operating_system": ABSENT},
        {"control": 0x1002},
        {"control": 0x2000},
    ],
)
def test_computers_out_of_its_reach_do_not_count(other):
    assert judged(*machines(5, "X", **other), *machines(1, laps_expiry=DUE))[0] is Outcome.PASS
    assert judged(*machines(5, **other))[0] is Outcome.NOT_APPLICABLE


def test_an_incomplete_list_of_computers_is_unknown():
    spot = BlindSpot(kinds=("Computer",), subject="directory:hosp", name="hosp", why="cut short", answer="again")
    observations = run_check("ad-laps-coverage", *machines(5, laps_expiry=DUE), blind_spots=(spot,))

    assert {each.outcome for each in observations} == {Outcome.UNKNOWN}


@pytest.mark.parametrize(
    ("kind", "readable", "outcome"),
    [
        ("active-directory", (), Outcome.PASS),
        ("active-directory", ("userPassword", "msLAPS-EncryptedPassword"), Outcome.PASS),
        ("active-directory", ("ms-Mcs-AdmPwd",), Outcome.FAIL),
        ("active-directory", ("msLAPS-Password",), Outcome.FAIL),
        ("active-directory", HIDDEN, Outcome.UNKNOWN),
        ("unknown", (), Outcome.UNKNOWN),
        ("openldap", ("ms-Mcs-AdmPwd",), Outcome.NOT_APPLICABLE),
    ],
)
def test_readable_secrets(kind, readable, outcome):
    (observation,) = run_check("ad-laps-secret-readable", directory(kind, secrets_readable=readable))

    assert observation.outcome is outcome
