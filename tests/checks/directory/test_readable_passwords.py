"""Passwords that every account can read."""

from __future__ import annotations

import pytest

from posture.facts import Missing
from posture.model import Outcome
from posture.testing import account, computer, directory, run_check

ABSENT, HIDDEN = Missing("absent"), Missing("not-readable", "hidden")
MASKED = "old terminal, pwd={masked;type=password}"


@pytest.mark.parametrize("make", [account, computer])
@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({}, Outcome.PASS),
        ({"description": "Ward 3"}, Outcome.PASS),
        ({"description": MASKED}, Outcome.FAIL),
        ({"info": MASKED}, Outcome.FAIL),
        ({"comment": MASKED, "info": HIDDEN}, Outcome.FAIL),
        ({"info": HIDDEN}, Outcome.UNKNOWN),
        ({"description": Missing("not-asked")}, Outcome.UNKNOWN),
    ],
)
def test_notes(make, fields, outcome):
    fact = make(**{"description": ABSENT, "info": ABSENT, "comment": ABSENT, **fields})

    (mine,) = [
        each for each in run_check("ad-password-in-attribute", fact) if fact.ids[0] in (each.subject, *each.subjects)
    ]

    assert mine.outcome is outcome
    assert "terminal" not in mine.message


@pytest.mark.parametrize(
    ("kind", "readable", "outcome"),
    [
        ("active-directory", (), Outcome.PASS),
        ("active-directory", ("ms-Mcs-AdmPwd",), Outcome.PASS),
        ("active-directory", ("userPassword",), Outcome.FAIL),
        ("active-directory", ("unixUserPassword",), Outcome.FAIL),
        ("active-directory", HIDDEN, Outcome.UNKNOWN),
        ("unknown", (), Outcome.UNKNOWN),
        ("openldap", ("userPassword",), Outcome.NOT_APPLICABLE),
    ],
)
def test_password_attributes(kind, readable, outcome):
    (observation,) = run_check("ad-cleartext-password-attribute", directory(kind, secrets_readable=readable))

    assert observation.outcome is outcome
