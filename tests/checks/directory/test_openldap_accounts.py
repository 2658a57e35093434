"""Unused accounts of OpenLDAP, by facts and by what real servers record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from checks.samples_depth import person
from lab.directories import AUDITOR, HOSPITAL, POLICY, SUFFIX, ask, loopback

from posture.check import AsOf
from posture.demo.certificates import make_ca, make_certificate
from posture.demo.slapd import Slapd, SlapdOptions
from posture.facts import Fact, Missing, Person
from posture.model import Outcome
from posture.scope import Bind, DirectoryScope, SecretReference
from posture.testing import AS_OF, directory, password_policy, run_check

NAME = "openldap-stale-accounts"
ABSENT = Missing("absent")
LONG_AGO, LATELY = AS_OF.at - timedelta(days=91), AS_OF.at - timedelta(days=90)


def judged(*policies, **fields):
    (found,) = run_check(NAME, directory("openldap", people=1), person("anna", **fields), *policies)
    return found


def policy(number=1, **more):
    return password_policy(ids=(f"password-policy:{number}",), **{"place": "depth-ldap", "lockout": True, **more})


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"last_success": LONG_AGO, "locked": ABSENT}, Outcome.FAIL),
        ({"authenticated": LONG_AGO, "locked": ABSENT}, Outcome.FAIL),
        ({"last_success": LATELY, "locked": ABSENT}, Outcome.PASS),
        ({"last_success": LONG_AGO, "authenticated": LATELY}, Outcome.PASS),
        ({"last_success": LONG_AGO, "locked": "000001010000Z"}, Outcome.UNKNOWN),
        ({"locked": "000001010000Z"}, Outcome.UNKNOWN),
        ({"last_success": LATELY, "locked": "000001010000Z"}, Outcome.PASS),
        ({"last_success": LONG_AGO, "locked": "20260101000000Z"}, Outcome.UNKNOWN),
        ({"last_success": LONG_AGO}, Outcome.UNKNOWN),
        ({"last_success": AS_OF.at + timedelta(days=5), "locked": ABSENT}, Outcome.UNKNOWN),
        ({"password_changed": LONG_AGO, "locked": ABSENT}, Outcome.UNKNOWN),
        ({"password_changed": LATELY, "locked": ABSENT}, Outcome.UNKNOWN),
        ({}, Outcome.UNKNOWN),
    ],
)
def test_when_an_account_was_last_used(fields, outcome):
    assert judged(**fields).outcome is outcome


@pytest.mark.parametrize(
    ("policies", "outcome"),
    [
        ([policy()], Outcome.PASS),
        ([policy(), policy(2)], Outcome.PASS),
        ([], Outcome.UNKNOWN),
        ([policy(), policy(2, lockout=False)], Outcome.UNKNOWN),
        ([policy(lockout=Missing("absent"))], Outcome.UNKNOWN),
        ([policy(lockout=Missing("not-readable"))], Outcome.UNKNOWN),
        ([policy(place="elsewhere")], Outcome.UNKNOWN),
    ],
)
def test_a_lock_counts_where_every_policy_has_the_server_heed_it(policies, outcome):
    assert judged(*policies, last_success=LONG_AGO, locked="000001010000Z").outcome is outcome
    assert judged(*policies, locked="000001010000Z").outcome is outcome


def test_the_threshold_is_the_officers_policy_and_the_age_of_the_password_only_said():
    assert judged(last_success=LONG_AGO, locked=ABSENT).message == (
        "Last log-in 91 days ago; your policy: 90 days; it is not locked"
    )
    assert "its password is from 2026-03-02" in judged(password_changed=LONG_AGO).message


@pytest.mark.parametrize(
    ("kind", "people", "outcome"),
    [
        ("openldap", 0, Outcome.UNKNOWN),
        ("openldap", Missing("not-asked"), Outcome.UNKNOWN),
        ("unknown", Missing("not-asked"), Outcome.UNKNOWN),
        ("active-directory", Missing("not-asked"), Outcome.NOT_APPLICABLE),
    ],
)
def test_without_people_the_directory_says_whether_the_question_arises(kind, people, outcome):
    (found,) = run_check(NAME, directory(kind, people=people))
    assert found.outcome is outcome


def entry(name, *operational):
    lines = (f"dn: uid={name},{SUFFIX}", "objectClass: inetOrgPerson", f"uid: {name}", f"cn: {name}", f"sn: {name}")
    return "\n" + "\n".join((*lines, *operational)) + "\n"


WITH_TIMES = (
    HOSPITAL
    + POLICY.replace("pwdLockout: FALSE", "pwdLockout: TRUE")
    + entry("stale", "pwdLastSuccess: 20200101000000Z", "pwdChangedTime: 20200101000000Z")
    + entry("locked", "pwdLastSuccess: 20200101000000Z", "pwdAccountLockedTime: 000001010000Z")
    + entry("old.overlay", "authTimestamp: 20200101000000Z")
)


@pytest.fixture(scope="module")
def ca():
    return make_ca()


@pytest.fixture(scope="module")
def ca_file(ca, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_bytes(ca.certificate)
    return path


@pytest.fixture
def observed(ca, ca_file):
    """A function that starts a server, asks it twice, and gives what came of it and what the check says."""
    return partial(_observed, ca, ca_file)


def _observed(ca, ca_file, ldif, *rules, records=False):
    address = loopback()
    auditor = Bind(user=AUDITOR, password=SecretReference(env="AUDIT"))
    scope = DirectoryScope(id="staff", host=address, ca_file=str(ca_file), bind=auditor)
    recording = {"modules": ("lastbind",), "lines": ("lastbind on", "overlay lastbind")} if records else {}
    options = SlapdOptions(password_policy=True, rules=rules, **recording)
    with Slapd(SUFFIX, ldif, address=address, certificate=make_certificate(ca, [address]), options=options):
        ask(scope)
        asked = ask(scope)
    facts = [said for said in asked.said if isinstance(said, Fact)]
    found = run_check(NAME, *facts, scope=asked.scope, as_of=AsOf(datetime.now(UTC)))
    return asked, {each.subject_name: each.outcome for each in found if each.subject_name}, found


def test_a_server_that_records_log_ins_shows_who_did_not(observed):
    asked, outcomes, found = observed(WITH_TIMES, records=True)

    assert asked.directory.people == 5
    assert {name for name, outcome in outcomes.items() if outcome is Outcome.FAIL} == {"stale", "old.overlay"}
    assert {name for name, outcome in outcomes.items() if outcome is Outcome.UNKNOWN} == {"nurse"}
    assert [each.count for each in found if each.outcome is Outcome.PASS] == [2]
    (auditor,) = [each for each in asked.facts(Person) if each.name == "audit"]
    assert isinstance(auditor.last_success, datetime)
    assert isinstance(auditor.authenticated, datetime)


def test_a_server_that_ignores_locks_leaves_who_is_locked_unknown(observed):
    _, outcomes, _ = observed(WITH_TIMES.replace("pwdLockout: TRUE", "pwdLockout: FALSE"), records=True)

    assert outcomes["locked"] is Outcome.UNKNOWN


def test_where_the_server_records_none_everybody_is_unknown(observed):
    _, outcomes, _ = observed(HOSPITAL + POLICY)

    assert outcomes == {"audit": Outcome.UNKNOWN, "nurse": Outcome.UNKNOWN}


@pytest.mark.parametrize("shown", ["self", "nobody"])
def test_people_whom_the_audit_account_may_not_see_are_unknown(observed, shown):
    rules = [f'access to dn.children="{SUFFIX}" filter=(objectClass=person) by self read by anonymous auth by * none']
    if shown == "nobody":
        rules = [each.replace("by self read ", "by self auth ") for each in rules]
    asked, _, found = observed(WITH_TIMES, *rules, records=True)

    assert isinstance(asked.directory.people, Missing)
    assert Outcome.UNKNOWN in {each.outcome for each in found}


def test_times_that_the_audit_account_may_not_read_are_unknown(observed):
    hidden = "access to attrs=pwdLastSuccess,authTimestamp,pwdChangedTime,pwdAccountLockedTime by * none"
    _, outcomes, found = observed(WITH_TIMES, hidden, records=True)

    assert {each.outcome for each in found} == {Outcome.UNKNOWN}
    assert len(outcomes) == 5
