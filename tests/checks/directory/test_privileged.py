"""Checks of the accounts in privileged groups: nested, by primary group, disabled, and those that can't be resolved."""

from __future__ import annotations

import pytest
from checks.samples_privileged import (
    BUILTIN,
    DISABLED,
    DOMAIN_SID,
    NORMAL,
    NOT_DELEGATED,
    SMART_CARD,
    WORKSTATION,
    east,
    foreign,
    group,
    groups,
    person,
    west,
)
from checks.taken_away import less

from posture.facts import BlindSpot, Missing
from posture.judge import judge
from posture.model import Outcome, Severity
from posture.registry import load_checks
from posture.scope import OrganisationScope, Scope
from posture.testing import AS_OF, run_check, verdict
from posture.thresholds import Thresholds

GOOD = {Outcome.PASS, Outcome.NOT_APPLICABLE}
OVER_GROUPS = (
    "ad-disabled-still-privileged",
    "ad-kerberoastable-privileged",
    "ad-old-passwords",
    "ad-builtin-administrator-used",
    "ad-too-many-privileged",
    "ad-operator-groups-not-empty",
    "backup-operators-not-empty",
    "ad-privileged-not-protected",
    "ad-privileged-without-smartcard",
    "ad-orphaned-admincount",
    "ad-pre-windows-2000-access",
    "ad-service-account-domain-admin",
    "ad-single-domain-controller",
)


def outcomes(name, *facts, **more):
    """The outcome by the last part of each subject's key."""
    found = {}
    for each in run_check(name, *facts, **more):
        for key in each.subjects or (each.subject,):
            found[key.rpartition("/")[2]] = each.outcome
    return found


def severity(name, subject, *facts):
    (found,) = [each for each in run_check(name, *facts) if each.subject.endswith(f"/{subject}")]
    return found.outcome, found.severity


def domain(*people, **members):
    return [*groups("east", **members), *people]


@pytest.mark.parametrize("name", OVER_GROUPS)
def test_a_domain_where_all_is_well_has_no_failure_and_nothing_open(name):
    open_still = {"chief", "deputy"} if name == "ad-privileged-without-smartcard" else set()

    found = outcomes(name, *west())

    assert {subject for subject, outcome in found.items() if outcome not in GOOD} <= open_still


@pytest.mark.parametrize(
    ("name", "failing"),
    [
        ("ad-disabled-still-privileged", {"gone"}),
        ("ad-kerberoastable-privileged", {"svc-sql", "svc-old"}),
        ("ad-old-passwords", {"root", "helper", "svc-old"}),
        ("ad-builtin-administrator-used", {"Administrator"}),
        ("ad-too-many-privileged", {"Domain Admins", "Administrators"}),
        ("ad-operator-groups-not-empty", {"Server Operators", "DnsAdmins"}),
        ("backup-operators-not-empty", {"Backup Operators"}),
        ("ad-orphaned-admincount", {"former"}),
        ("ad-pre-windows-2000-access", {"Pre-Windows 2000 Compatible Access"}),
        ("ad-service-account-domain-admin", {"svc-sql", "managed$"}),
        ("ad-single-domain-controller", {"domain:east"}),
        ("ad-shared-accounts", {"ward3", "jane"}),
        ("ad-vendor-without-expiry", {"vendor-acme"}),
        ("ad-inactive-computers", {"OLD-PC$"}),
    ],
)
def test_what_is_wrong_is_found_and_nothing_else(name, failing):
    found = outcomes(name, *east())

    assert {subject for subject, outcome in found.items() if outcome is Outcome.FAIL} == failing
    assert set(found.values()) <= {Outcome.FAIL, *GOOD}


LOSSES = {
    f"{field}: not-readable"
    for field in (
        "sid",
        "user_account_control",
        "password_last_set",
        "last_logon",
        "admin_count",
        "service_principals",
        "primary_group",
        "members",
    )
}


def good(facts):
    """(check, subject) of all that is well."""
    checks = [load_checks().by_id[name] for name in OVER_GROUPS]
    return {
        (each.check, key)
        for each in judge(facts, (), checks, policy(), AS_OF)
        if each.outcome in GOOD
        for key in each.subjects
    }


@pytest.mark.parametrize("whole", [east, west], ids=["east", "west"])
def test_nothing_of_a_domain_becomes_good_by_knowing_less(whole):
    facts = whole()
    before = good(facts)
    for at, fact in enumerate(facts):
        for loss in less(fact):
            if loss.what in LOSSES and not fact.name.startswith("admin0"):
                after = good([*facts[:at], loss.fact, *facts[at + 1 :]])
                assert after <= before, (fact.name, loss.what, after - before)


def test_nothing_becomes_good_without_an_entry():
    facts = east()
    before = good(facts)
    for at, fact in enumerate(facts):
        after = good([*facts[:at], *facts[at + 1 :]])
        assert after <= before, (fact.name, after - before)


def policy(**numbers):
    return Scope(organisation=OrganisationScope(name="Test"), thresholds=Thresholds(**numbers))


# ── disabled, still privileged ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"control": NORMAL}, Outcome.PASS),
        ({"control": NORMAL | DISABLED}, Outcome.FAIL),
        ({"control": None, "user_account_control": Missing("not-readable")}, Outcome.UNKNOWN),
        ({"control": NORMAL | DISABLED, "sid": f"{DOMAIN_SID['east']}-500"}, Outcome.NOT_APPLICABLE),
        ({"control": NORMAL | DISABLED, "sid": Missing("not-readable")}, Outcome.UNKNOWN),
    ],
)
def test_disabled_still_privileged(fields, outcome):
    facts = domain(person("east", "x", 2001, **fields), rid_548=("x",))

    assert outcomes("ad-disabled-still-privileged", *facts)["x"] is outcome


@pytest.mark.parametrize(
    "hidden",
    [
        {"rid_512": ("stranger",)},
        {"rid_544": (foreign("east", "S-1-5-21-99-99-99-1104"),)},
        {"rid_544": (foreign("east", "S-1-5-11"),)},
    ],
)
def test_a_member_that_was_not_read_leaves_it_open(hidden):
    found = outcomes("ad-disabled-still-privileged", *domain(person("east", "anna", 2001), **hidden))

    assert set(found.values()) == {Outcome.UNKNOWN}


def test_a_group_that_was_not_read_leaves_it_open():
    facts = [each for each in domain(person("east", "anna", 2001)) if each.name != "Account Operators"]

    assert set(outcomes("ad-disabled-still-privileged", *facts).values()) == {Outcome.UNKNOWN}


def test_a_search_that_broke_off_leaves_it_open():
    spot = BlindSpot(kinds=("Account",), subject="directory:east", name="east", place="east", why="cut", answer="again")

    found = outcomes("ad-disabled-still-privileged", *west(), *domain(person("east", "a", 2001)), blind_spots=[spot])

    assert found["chief"] is Outcome.PASS
    assert found["Administrators"] is Outcome.UNKNOWN


def test_a_foreign_principal_is_whom_its_sid_names_in_another_directory():
    guest = person("west", "visitor", 2050, control=NORMAL | DISABLED)
    facts = [*west(), guest, *domain(rid_544=(foreign("east", guest.sid),))]

    assert outcomes("ad-disabled-still-privileged", *facts)["visitor"] is Outcome.FAIL


# ── too many ─────────────────────────────────────────────────────────────────────────────────────────────────────


def crowd(count, **more):
    return [person("east", f"a{number}", 3000 + number, **more) for number in range(count)]


@pytest.mark.parametrize(
    ("people", "allowed", "outcome"),
    [
        (crowd(2), 2, Outcome.PASS),
        (crowd(3), 2, Outcome.FAIL),
        (crowd(3, control=NORMAL | DISABLED), 2, Outcome.PASS),
        (crowd(3, user_account_control=Missing("not-readable")), 2, Outcome.UNKNOWN),
    ],
)
def test_too_many_privileged(people, allowed, outcome):
    facts = domain(*people, rid_512=tuple(each.login for each in people))

    found = outcomes("ad-too-many-privileged", *facts, scope=policy(privileged_accounts=allowed))

    assert found["Domain Admins"] is outcome


def test_everybody_is_too_many():
    facts = domain(person("east", "anna", 2001), rid_544=(foreign("east", "S-1-5-11"),))

    assert severity("ad-too-many-privileged", "Administrators", *facts) == (Outcome.FAIL, Severity.HIGH)


def test_members_that_are_hidden_are_not_counted_as_none():
    facts = [each for each in domain(person("east", "anna", 2001)) if each.name != "Domain Admins"]
    hidden = group("east", "Domain Admins", f"{DOMAIN_SID['east']}-512", members=Missing("not-readable"))

    assert outcomes("ad-too-many-privileged", *facts, hidden)["Domain Admins"] is Outcome.UNKNOWN


# ── not protected, smart cards ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "protected", "outcome"),
    [
        ({}, ("x",), Outcome.PASS),
        ({"control": NORMAL | NOT_DELEGATED}, (), Outcome.PASS),
        ({}, (), Outcome.FAIL),
        ({}, ("stranger",), Outcome.UNKNOWN),
        ({"service_principals": Missing("not-readable")}, (), Outcome.UNKNOWN),
        ({"service_principals": ("HTTP/x",)}, (), Outcome.NOT_APPLICABLE),
        ({"control": NORMAL | DISABLED}, (), Outcome.NOT_APPLICABLE),
        ({"control": WORKSTATION}, (), Outcome.NOT_APPLICABLE),
        ({"user_account_control": Missing("not-asked"), "control": None}, ("x",), Outcome.UNKNOWN),
    ],
)
def test_privileged_not_protected(fields, protected, outcome):
    facts = domain(person("east", "x", 2001, **fields), rid_512=("x",), rid_525=protected)

    assert outcomes("ad-privileged-not-protected", *facts)["x"] is outcome


@pytest.mark.parametrize(
    ("control", "outcome"),
    [
        (NORMAL | SMART_CARD, Outcome.PASS),
        (NORMAL, Outcome.UNKNOWN),
        (NORMAL | DISABLED, Outcome.NOT_APPLICABLE),
        (WORKSTATION, Outcome.NOT_APPLICABLE),
    ],
)
def test_privileged_without_smartcard(control, outcome):
    facts = domain(person("east", "x", 2001, control=control), rid_512=("x",))

    assert outcomes("ad-privileged-without-smartcard", *facts)["x"] is outcome


# ── marks that were left ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "members", "outcome"),
    [
        ({"admin_count": True}, {"rid_551": ("x",)}, Outcome.PASS),
        ({"admin_count": True, "primary_group": 512}, {}, Outcome.PASS),
        ({"admin_count": True}, {}, Outcome.FAIL),
        ({"admin_count": False}, {}, Outcome.PASS),
        ({}, {}, Outcome.PASS),
        ({"admin_count": Missing("not-readable")}, {}, Outcome.UNKNOWN),
        ({"admin_count": True, "primary_group": Missing("not-readable")}, {}, Outcome.UNKNOWN),
        ({"admin_count": True}, {"rid_512": ("stranger",)}, Outcome.UNKNOWN),
        ({"admin_count": True, "sid": f"{DOMAIN_SID['east']}-502"}, {}, Outcome.NOT_APPLICABLE),
    ],
)
def test_orphaned_admincount(fields, members, outcome):
    facts = domain(person("east", "x", 2001, **fields), **members)

    assert outcomes("ad-orphaned-admincount", *facts)["x"] is outcome


def test_the_forest_s_own_groups_may_stand_in_the_domain_above():
    above = groups("east")
    child = "DC=child,DC=east,DC=example"
    below = [
        group("east", f"child {name}", f"S-1-5-32-{rid}", dn=f"CN={name},CN=Builtin,{child}")
        for rid, name in BUILTIN.items()
    ]
    below.append(group("east", "child DA", "S-1-5-21-8-8-8-512", dn=f"CN=Domain Admins,CN=Users,{child}"))
    former = person("east", "x", 2001, dn=f"CN=x,CN=Users,{child}", admin_count=True)

    assert outcomes("ad-orphaned-admincount", *above, *below, former)["x"] is Outcome.FAIL
    assert outcomes("ad-orphaned-admincount", *below, former)["x"] is Outcome.UNKNOWN


def test_without_any_group_it_is_unknown():
    former = person("east", "x", 2001, admin_count=True)

    assert verdict("ad-orphaned-admincount", former) is Outcome.UNKNOWN
