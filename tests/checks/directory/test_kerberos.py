"""Kerberos settings of accounts."""

from __future__ import annotations

import pytest

from posture.model import Outcome, Severity
from posture.testing import account, computer, run_check

NO_PREAUTH, UNCONSTRAINED, CONTROLLER, READ_ONLY_CONTROLLER = 0x400000, 0x80000, 0x2000, 0x4000000


@pytest.mark.parametrize(
    ("fields", "outcome", "severity"),
    [
        ({}, Outcome.PASS, Severity.HIGH),
        ({"control": 0x200 | NO_PREAUTH}, Outcome.FAIL, Severity.HIGH),
        ({"control": 0x200 | NO_PREAUTH, "admin_count": False}, Outcome.FAIL, Severity.HIGH),
        ({"control": 0x200 | NO_PREAUTH, "admin_count": True}, Outcome.FAIL, Severity.CRITICAL),
        ({"control": 0x202 | NO_PREAUTH}, Outcome.NOT_APPLICABLE, Severity.HIGH),
        ({"control": None}, Outcome.UNKNOWN, Severity.HIGH),
    ],
)
def test_preauthentication(fields, outcome, severity):
    (observation,) = run_check("ad-asrep-roastable", account(**fields))

    assert (observation.outcome, observation.severity) == (outcome, severity)


@pytest.mark.parametrize("make", [account, computer])
@pytest.mark.parametrize(
    ("control", "outcome"),
    [
        (0x1000, Outcome.PASS),
        (0x1000 | UNCONSTRAINED, Outcome.FAIL),
        (0x1002 | UNCONSTRAINED, Outcome.NOT_APPLICABLE),
        (CONTROLLER | UNCONSTRAINED, Outcome.NOT_APPLICABLE),
        (0x1000 | READ_ONLY_CONTROLLER | UNCONSTRAINED, Outcome.NOT_APPLICABLE),
        (None, Outcome.UNKNOWN),
    ],
)
def test_unconstrained_delegation_of_users_and_computers(make, control, outcome):
    judged = make(control=control)

    observations = run_check("ad-unconstrained-delegation", judged)

    mine = [each for each in observations if judged.ids[0] in (each.subject, *each.subjects)]
    assert [each.outcome for each in mine] == [outcome]


def test_delegation_is_unknown_for_the_kind_of_which_nothing_was_seen():
    observations = run_check("ad-unconstrained-delegation", account())

    assert {(each.outcome, each.subject) for each in observations} == {
        (Outcome.PASS, ""),
        (Outcome.UNKNOWN, "scope:computer"),
    }
