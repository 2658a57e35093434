"""Guest and krbtgt: found by their RID in every domain, and unknown where they were not seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from posture.facts import BlindSpot, Missing
from posture.model import Outcome, Severity
from posture.testing import AS_OF, account, run_check, verdict

CHECKS = ("ad-guest-enabled", "ad-krbtgt-password-age")


def days_ago(days):
    return AS_OF.at - timedelta(days=days)


def set_days_ago(days):
    return account("krbtgt", control=0x202, rid=502, password_last_set=days_ago(days))


def by_subject(observations):
    found = {}
    for observation in observations:
        for subject in observation.subjects or (observation.subject,):
            found[subject] = observation.outcome
    return found


@pytest.mark.parametrize(
    ("control", "outcome"), [(0x222, Outcome.PASS), (0x220, Outcome.FAIL), (None, Outcome.UNKNOWN)]
)
def test_guest_is_disabled_or_not(control, outcome):
    observations = run_check("ad-guest-enabled", account(), account("Guest", control=control, rid=501))

    assert by_subject(observations) == {"account:hosp/Guest": outcome}


def test_guest_is_known_by_its_rid_whatever_it_is_called():
    observations = run_check("ad-guest-enabled", account("visitor", rid=501), account("Guest", rid=1105))

    assert by_subject(observations) == {"account:hosp/visitor": Outcome.FAIL}


@pytest.mark.parametrize(
    ("days", "outcome", "severity"),
    [
        (30, Outcome.PASS, Severity.HIGH),
        (180, Outcome.PASS, Severity.HIGH),
        (181, Outcome.FAIL, Severity.MEDIUM),
        (365, Outcome.FAIL, Severity.MEDIUM),
        (366, Outcome.FAIL, Severity.HIGH),
        (-30, Outcome.UNKNOWN, Severity.HIGH),
    ],
)
def test_the_age_of_the_krbtgt_password(days, outcome, severity):
    (observation,) = run_check("ad-krbtgt-password-age", set_days_ago(days))

    assert (observation.outcome, observation.severity) == (outcome, severity)


@pytest.mark.parametrize("missing", [Missing("absent"), Missing("not-readable"), Missing("not-asked")])
def test_an_age_that_is_not_there_is_unknown(missing):
    (observation,) = run_check("ad-krbtgt-password-age", account("krbtgt", rid=502, password_last_set=missing))

    assert observation.outcome is Outcome.UNKNOWN
    assert observation.subject == "account:hosp/krbtgt"


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("others", [[account()], [account(rid=None)], [account(), account("bert", rid=None)]])
def test_an_account_that_was_not_seen_is_unknown_for_the_whole_scope(name, others):
    observations = run_check(name, *others)

    assert by_subject(observations) == {"scope:account": Outcome.UNKNOWN}


@pytest.mark.parametrize("name", CHECKS)
def test_each_domain_has_its_own(name):
    ours = [account("Guest", control=0x202, rid=501), set_days_ago(1)]
    other = account("carl", sid="S-1-5-21-1-2-3-1104", place="clinic")
    blind = account("dora", rid=None, place="lab")

    observations = run_check(name, *ours, other, blind)

    (not_seen,) = [each for each in observations if each.outcome is Outcome.UNKNOWN]
    assert "of the domain S-1-5-21-1-2-3 " in not_seen.message
    assert "of lab " in not_seen.message
    assert [each.count for each in observations if each.outcome is Outcome.PASS] == [1]


@pytest.mark.parametrize("name", CHECKS)
def test_a_blind_spot_is_seen_beside_a_pass(name):
    spot = BlindSpot(kinds=("Account",), subject="directory:hosp", name="hosp", why="it broke off", answer="again")

    observations = run_check(name, account("Guest", control=0x202, rid=501), set_days_ago(1), blind_spots=[spot])

    assert {each.outcome for each in observations} == {Outcome.PASS, Outcome.UNKNOWN}


@pytest.mark.parametrize("name", CHECKS)
def test_a_second_domain_in_the_same_files_that_shows_no_sid_is_not_forgotten(name):
    ours = [account("Guest", control=0x202, rid=501), set_days_ago(1)]
    child = account("dora", rid=None, dn="CN=dora,CN=Users,DC=lab,DC=hosp,DC=example")

    observations = run_check(name, *ours, child)

    (not_seen,) = [each for each in observations if each.outcome is Outcome.UNKNOWN]
    assert not_seen.subject == "scope:account"


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"last_logon": days_ago(30)}, Outcome.FAIL),
        ({"last_logon": days_ago(31)}, Outcome.UNKNOWN),
        ({"last_logon": days_ago(45)}, Outcome.PASS),
        ({"last_logon": Missing("absent")}, Outcome.PASS),
        ({"last_logon": Missing("not-readable")}, Outcome.UNKNOWN),
        ({"last_logon": days_ago(-9)}, Outcome.UNKNOWN),
        ({"last_logon": days_ago(3), "control": 0x202}, Outcome.PASS),
        ({"last_logon": days_ago(3), "control": None}, Outcome.FAIL),
    ],
)
def test_builtin_administrator_used(fields, outcome):
    assert verdict("ad-builtin-administrator-used", account("Administrator", rid=500, **fields)) is outcome


def test_an_administrator_that_was_not_seen_is_unknown():
    assert verdict("ad-builtin-administrator-used", account("anna")) is Outcome.UNKNOWN
