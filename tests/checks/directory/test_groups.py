"""Checks of groups that are best empty."""

from __future__ import annotations

import pytest
from checks.samples_privileged import DOMAIN_SID, foreign, group, groups, person

from posture.facts import Missing
from posture.model import Outcome, Severity
from posture.scope import DirectoryScope, OrganisationScope, Scope
from posture.testing import run_check

PRE_WINDOWS = "Pre-Windows 2000 Compatible Access"


def judged(name, subject, *facts, scope=None):
    """The outcome and severity about one group."""
    for each in run_check(name, *facts, scope=scope):
        if f"group:east/{subject}" in (each.subject, *each.subjects):
            return each.outcome, each.severity
    raise AssertionError(subject)


def unreadable(facts, name):
    (sid,) = [each.sid for each in facts if each.name == name]
    return [each for each in facts if each.name != name] + [group("east", name, sid, members=Missing("not-readable"))]


@pytest.mark.parametrize(
    ("rid", "name"), [(548, "Account Operators"), (549, "Server Operators"), (550, "Print Operators")]
)
def test_operator_groups_not_empty(rid, name):
    empty, used = groups("east"), groups("east", **{f"rid_{rid}": ("anyone",)})

    assert judged("ad-operator-groups-not-empty", name, *empty)[0] is Outcome.PASS
    assert judged("ad-operator-groups-not-empty", name, *used) == (Outcome.FAIL, Severity.LOW)
    assert judged("ad-operator-groups-not-empty", name, *unreadable(empty, name))[0] is Outcome.UNKNOWN


def test_dns_admins_are_known_by_their_name():
    sid = f"{DOMAIN_SID['east']}-1102"
    used = [*groups("east"), group("east", "DnsAdmins", sid, "anyone")]
    empty = [*groups("east"), group("east", "DnsAdmins", sid)]

    assert judged("ad-operator-groups-not-empty", "DnsAdmins", *used)[0] is Outcome.FAIL
    assert judged("ad-operator-groups-not-empty", "DnsAdmins", *empty)[0] is Outcome.PASS


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("ad-operator-groups-not-empty", "Print Operators"),
        ("backup-operators-not-empty", "Backup Operators"),
        ("ad-pre-windows-2000-access", PRE_WINDOWS),
    ],
)
def test_a_group_that_every_domain_has_and_that_was_not_seen_is_unknown(name, missing):
    facts = [each for each in groups("east") if each.name != missing]

    assert Outcome.UNKNOWN in {each.outcome for each in run_check(name, *facts)}


def declared(*names):
    directory = DirectoryScope(id="east", host="10.0.0.1", backup_operators=names)
    return Scope(organisation=OrganisationScope(name="Test"), directory=(directory,))


@pytest.mark.parametrize(
    ("members", "names", "outcome"),
    [
        ((), (), Outcome.PASS),
        (("svc-backup",), (), Outcome.FAIL),
        (("svc-backup",), ("SVC-Backup",), Outcome.PASS),
        (("svc-backup", "anna"), ("svc-backup",), Outcome.FAIL),
        (("stranger",), ("stranger",), Outcome.UNKNOWN),
        (("stranger",), (), Outcome.FAIL),
    ],
)
def test_backup_operators_not_empty(members, names, outcome):
    people = [person("east", "svc-backup", 2001), person("east", "anna", 2002)]
    facts = [*groups("east", rid_551=members), *people]

    assert judged("backup-operators-not-empty", "Backup Operators", *facts, scope=declared(*names))[0] is outcome


def test_backup_operators_that_can_t_be_read_are_unknown():
    facts = unreadable(groups("east"), "Backup Operators")

    assert judged("backup-operators-not-empty", "Backup Operators", *facts)[0] is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("members", "outcome", "severity"),
    [
        ((), Outcome.PASS, Severity.HIGH),
        (("anna",), Outcome.PASS, Severity.HIGH),
        ((foreign("east", "S-1-1-0"),), Outcome.FAIL, Severity.HIGH),
        ((foreign("east", "S-1-5-7"), foreign("east", "S-1-5-11")), Outcome.FAIL, Severity.HIGH),
        ((foreign("east", "S-1-5-11"),), Outcome.FAIL, Severity.MEDIUM),
        (("stranger",), Outcome.UNKNOWN, Severity.HIGH),
    ],
)
def test_pre_windows_2000_access(members, outcome, severity):
    facts = [*groups("east", rid_554=members), person("east", "anna", 2002)]

    assert judged("ad-pre-windows-2000-access", PRE_WINDOWS, *facts) == (outcome, severity)


def test_everyone_in_a_group_within_it_is_let_in_too():
    inner = group("east", "Legacy", f"{DOMAIN_SID['east']}-4000", foreign("east", "S-1-1-0"))
    facts = [*groups("east", rid_554=("Legacy",)), inner]

    assert judged("ad-pre-windows-2000-access", PRE_WINDOWS, *facts)[0] is Outcome.FAIL
