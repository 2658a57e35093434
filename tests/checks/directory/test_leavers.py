from __future__ import annotations

from datetime import date, timedelta

import pytest
from checks.samples_depth import leaver

from posture.facts import Missing
from posture.model import Outcome
from posture.testing import AS_OF, account, run_check

NAME = "ad-leaver-still-enabled"
ABSENT = Missing("absent")
OFF = 0x202


def judged(who, *accounts):
    (found,) = run_check(NAME, who, *accounts)
    return found


def known(login="anna", **more):
    return account(login, **{"ids": (f"account:{login}",), "expires": ABSENT, **more})


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({}, Outcome.FAIL),
        ({"control": OFF}, Outcome.PASS),
        ({"expires": AS_OF.at - timedelta(days=1)}, Outcome.PASS),
        ({"expires": AS_OF.at + timedelta(days=1)}, Outcome.FAIL),
        ({"control": None}, Outcome.UNKNOWN),
        ({"expires": Missing("not-asked")}, Outcome.UNKNOWN),
    ],
)
def test_the_account_of_who_has_left(more, outcome):
    assert judged(leaver("anna"), known(**more)).outcome is outcome


def test_a_fail_is_about_the_account_and_says_since_when():
    found = judged(leaver("HOSP\\Anna"), known())
    assert found.subject == "account:anna"
    assert found.message == ("The list says that this person left on 2026-05-01, 31 days ago; anna can still log in")


@pytest.mark.parametrize("day", [date(2026, 6, 1), date(2027, 1, 1)])
def test_nobody_has_left_before_the_last_day_is_over(day):
    assert judged(leaver("anna", day), known()).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("by", "identifier", "more"),
    [
        ("e-mail", "Anna@hosp.example", {"mail": "anna@hosp.example"}),
        ("e-mail", "anna@hosp.example", {"principal": "ANNA@hosp.example"}),
        ("login", "anna@hosp.example", {"principal": "anna@hosp.example"}),
        ("employee number", "4711", {"employee_id": "004711"}),
        ("employee number", "004711", {"employee_number": "4711"}),
    ],
)
def test_a_person_is_found_by_what_the_list_has(by, identifier, more):
    assert judged(leaver(identifier, identified_by=by), known("a77", **more)).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("by", "identifier"), [("login", "ann"), ("e-mail", "x@y"), ("employee number", "0"), ("login", "")]
)
def test_who_is_not_found_is_not_known_to_be_gone(by, identifier):
    found = judged(leaver(identifier, identified_by=by), known(employee_id="0", mail=""))
    assert found.outcome is Outcome.UNKNOWN
    assert found.answer


def test_of_several_accounts_of_one_name_only_all_of_them_decide():
    north, south = known(ids=("account:n",), place="north"), known(ids=("account:s",), place="south")
    gone = known(ids=("account:g",), place="gone", control=OFF)
    assert judged(leaver("anna"), north, south).outcome is Outcome.FAIL
    assert judged(leaver("anna"), north, gone).outcome is Outcome.UNKNOWN
    assert judged(leaver("anna"), gone).outcome is Outcome.PASS


def test_without_a_day_or_a_list_it_is_unknown():
    assert judged(leaver("anna", Missing("not-asked")), known()).outcome is Outcome.UNKNOWN
    (found,) = run_check(NAME, known())
    assert (found.outcome, "leavers.csv" in found.answer) == (Outcome.UNKNOWN, True)
