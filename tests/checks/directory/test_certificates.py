from __future__ import annotations

import pytest
from checks.samples_depth import CLIENT_LOGIN, DOMAIN, ENROLL, allow, template

from posture.facts import BlindSpot, Group, Missing
from posture.model import Outcome
from posture.testing import account, directory, run_check

NAME = "ad-certificate-template-esc1"
ABSENT = Missing("absent")
OTHER = f"{DOMAIN}-4711"


def judged(*facts, authorities=("HOSP-CA",)):
    return run_check(NAME, directory(authorities=authorities), *facts)


def outcome(*others, **fields):
    (found,) = judged(template(**fields), *others)
    return found.outcome


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"name_flags": 0x10000},
        {"enrollment_flags": ABSENT, "signatures": ABSENT},
        {"key_usages": ABSENT},
        *({"key_usages": (usage,)} for usage in ("1.3.6.1.4.1.311.20.2.2", "1.3.6.1.5.2.3.4", "2.5.29.37.0")),
        {"key_usages": ("1.3.6.1.4.1.311.10.12.1",)},
        {"key_usages": ("1.3.6.1.5.5.7.3.1", CLIENT_LOGIN)},
        *({"access": (allow(sid, 0x100, ENROLL),)} for sid in ("S-1-1-0", "S-1-5-32-545", "S-1-5-7", "S-1-5-32-546")),
        *({"access": (allow(f"{DOMAIN}-{rid}", 0x100, ENROLL),)} for rid in (513, 514, 515)),
        {"access": (allow("S-1-5-11", 0x100),)},
        {"access": (allow("S-1-5-11", 0xF01FF),)},
    ],
)
def test_a_template_by_which_anybody_becomes_anybody_fails(fields):
    assert outcome(**fields) is Outcome.FAIL


@pytest.mark.parametrize(
    "fields",
    [
        {"name_flags": 0},
        {"name_flags": 0x2000000},
        {"enrollment_flags": 0x2},
        {"signatures": 1},
        {"key_usages": ("1.3.6.1.5.5.7.3.1",)},
        {"access": (allow(f"{DOMAIN}-512", 0x100, ENROLL), allow("S-1-5-9", 0xF01FF))},
        {"access": (allow("S-1-5-11", 0x20094),)},
        {"access": (allow("S-1-5-11", 0x100, "a05b8cc2-17bc-4802-a710-e7c15ab866a2"),)},
        {"access": (allow("S-1-5-11", allows=False), allow("S-1-5-11", 0x100, ENROLL))},
    ],
)
def test_one_safeguard_is_enough(fields):
    assert outcome(**fields) is Outcome.PASS


@pytest.mark.parametrize("why", ["not-asked", "not-readable", "not-answered"])
@pytest.mark.parametrize("field", ["name_flags", "enrollment_flags", "signatures", "key_usages", "access"])
def test_what_is_not_known_of_it_is_no_pass(field, why):
    assert outcome(**{field: Missing(why)}) is Outcome.UNKNOWN


@pytest.mark.parametrize("field", ["enrollment_flags", "signatures", "key_usages", "access"])
def test_one_known_safeguard_is_enough_whatever_else_is_not_known(field):
    assert outcome(name_flags=0, **{field: Missing("not-readable")}) is Outcome.PASS


def group(name, rid, *members, **more):
    return Group(
        **{
            "ids": (f"group:hosp/{name}",),
            "name": name,
            "dn": f"CN={name},CN=Users,DC=hosp,DC=example",
            "sid": f"{DOMAIN}-{rid}",
            "place": "hosp",
            "members": members,
            **more,
        }
    )


def test_a_group_of_which_nobody_knows_who_is_in_it_is_unknown():
    may = {"access": (allow(OTHER, 0x100, ENROLL),)}
    assert outcome(**may) is Outcome.UNKNOWN
    assert outcome(group("PKI", 4711, members=Missing("not-asked")), **may) is Outcome.UNKNOWN
    assert outcome(account("anna", rid=4711), **may) is Outcome.UNKNOWN


def test_a_group_that_everybody_is_in_is_everybody():
    everyone = "CN=S-1-5-11,CN=ForeignSecurityPrincipals,DC=hosp,DC=example"
    assert outcome(group("PKI", 4711, everyone), access=(allow(OTHER, 0x100, ENROLL),)) is Outcome.FAIL


@pytest.mark.parametrize("members", [(), ("CN=anna,CN=Users,DC=hosp,DC=example",)])
def test_a_group_that_domain_users_are_in_is_everybody(members):
    nested = group("PKI", 4711, "CN=Domain Users,CN=Users,DC=hosp,DC=example")
    users = group("Domain Users", 513, *members)
    anna = account("anna", primary_group=513)
    assert outcome(nested, users, anna, access=(allow(OTHER, 0x100, ENROLL),)) is Outcome.FAIL


@pytest.mark.parametrize(("full", "empty"), [("a", "z"), ("z", "a")])
def test_a_builtin_group_is_that_of_every_domain(full, empty):
    everyone = "CN=S-1-5-11,CN=ForeignSecurityPrincipals,DC=hosp,DC=example"
    groups = (
        group("Pre-Windows 2000", 0, *members, sid="S-1-5-32-554", ids=(f"group:{place}",), place=place)
        for place, members in ((full, (everyone,)), (empty, ()))
    )
    assert outcome(*groups, access=(allow("S-1-5-32-554", 0x100, ENROLL),)) is Outcome.FAIL


def test_more_templates_may_be_where_a_file_does_not_show_that_it_holds_all():
    spot = BlindSpot(
        kinds=("CertificateTemplate",), subject="directory:import", name="files", why="not all", answer="ask"
    )
    harmless = template(name_flags=0)
    found = run_check(NAME, directory(authorities=("HOSP-CA",)), harmless, blind_spots=[spot])
    assert Outcome.UNKNOWN in {each.outcome for each in found}


def test_a_right_under_a_condition_is_unknown():
    assert outcome(access=(allow("S-1-5-11", 0x100, ENROLL, conditional=True),)) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "authorities", "wanted"),
    [
        ("active-directory", (), Outcome.NOT_APPLICABLE),
        ("active-directory", ("HOSP-CA",), Outcome.UNKNOWN),
        ("active-directory", Missing("not-readable"), Outcome.UNKNOWN),
        ("openldap", Missing("not-asked"), Outcome.NOT_APPLICABLE),
        ("unknown", Missing("not-asked"), Outcome.UNKNOWN),
    ],
)
def test_without_a_template_the_directory_says_whether_the_question_arises(kind, authorities, wanted):
    (found,) = run_check(NAME, directory(kind, authorities=authorities))
    assert found.outcome is wanted
