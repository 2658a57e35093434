"""Weak keys, and accounts that may act as others on domain controllers."""

from __future__ import annotations

import pytest

from posture.facts import BlindSpot, Missing
from posture.model import Outcome
from posture.testing import account, computer, directory, run_check

ABSENT, HIDDEN = Missing("absent"), Missing("not-readable", "hidden")
DES_ONLY, TRANSITION, CONTROLLER, READ_ONLY = 0x200000, 0x1000000, 0x2000, 0x4000000


def outcome_of(name, fact, *others, blind_spots=()):
    found = run_check(name, fact, *others, blind_spots=blind_spots)
    (mine,) = [each for each in found if fact.ids[0] in (each.subject, *each.subjects)]
    return mine.outcome


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"encryption_types": 0x18}, Outcome.PASS),
        ({"encryption_types": 0x1C}, Outcome.PASS),
        ({"encryption_types": 0x4}, Outcome.FAIL),
        ({"encryption_types": 0x1F}, Outcome.FAIL),
        ({"encryption_types": 0x18, "control": 0x200 | DES_ONLY}, Outcome.FAIL),
        ({"encryption_types": 0x4, "control": 0x202}, Outcome.NOT_APPLICABLE),
        ({"encryption_types": ABSENT, "control": 0x820}, Outcome.NOT_APPLICABLE),
        ({"encryption_types": 0x80000}, Outcome.UNKNOWN),
        ({"encryption_types": HIDDEN}, Outcome.UNKNOWN),
        ({"encryption_types": 0x18, "control": None}, Outcome.UNKNOWN),
        ({"encryption_types": ABSENT, "service_principals": ABSENT}, Outcome.PASS),
        ({"encryption_types": 0, "service_principals": ABSENT}, Outcome.PASS),
        ({"encryption_types": ABSENT, "service_principals": HIDDEN}, Outcome.UNKNOWN),
        ({"encryption_types": ABSENT, "service_principals": ("HTTP/app",)}, Outcome.UNKNOWN),
    ],
)
def test_encryption_types(fields, outcome):
    assert outcome_of("ad-weak-kerberos-encryption", account(**fields), directory(functional_level=7)) is outcome


@pytest.mark.parametrize(
    ("servers", "outcome"),
    [
        ([directory(functional_level=2)], Outcome.FAIL),
        ([directory(functional_level=3)], Outcome.PASS),
        ([directory(functional_level=HIDDEN)], Outcome.UNKNOWN),
        ([directory("openldap", functional_level=7)], Outcome.UNKNOWN),
        ([directory(functional_level=7, place="elsewhere")], Outcome.UNKNOWN),
        ([], Outcome.UNKNOWN),
    ],
)
def test_what_is_not_set_is_judged_by_the_level_of_its_own_domain(servers, outcome):
    judged = account(encryption_types=ABSENT, service_principals=ABSENT)

    assert outcome_of("ad-weak-kerberos-encryption", judged, *servers) is outcome


DC = computer(
    "DC1$",
    control=CONTROLLER,
    dns_name="dc1.hosp.example",
    service_principals=("ldap/dc1.hosp.example/hosp.example", "HOST/controller.hosp.example"),
)


@pytest.mark.parametrize(
    ("targets", "outcome"),
    [
        (("ldap/dc1.hosp.example",), Outcome.FAIL),
        (("http/app", "CIFS/DC1"), Outcome.FAIL),
        (("ldap/DC1.hosp.example:3268/hosp.example",), Outcome.FAIL),
        (("cifs/controller.hosp.example",), Outcome.FAIL),
        (("krbtgt/HOSP.EXAMPLE",), Outcome.FAIL),
        (("http/app.hosp.example",), Outcome.PASS),
        (("http/dc1.other.example",), Outcome.PASS),
        (ABSENT, Outcome.PASS),
        (HIDDEN, Outcome.UNKNOWN),
    ],
)
def test_protocol_transition_to_a_controller(targets, outcome):
    judged = account(control=0x200 | TRANSITION, delegates_to=targets)

    assert outcome_of("ad-protocol-transition-to-dc", judged, DC) is outcome


@pytest.mark.parametrize(
    ("control", "outcome"),
    [(0x200, Outcome.PASS), (0x202 | TRANSITION, Outcome.NOT_APPLICABLE), (None, Outcome.UNKNOWN)],
)
def test_without_protocol_transition_in_use(control, outcome):
    judged = account(control=control, delegates_to=("ldap/dc1.hosp.example",))

    assert outcome_of("ad-protocol-transition-to-dc", judged, DC) is outcome


@pytest.mark.parametrize(
    "computers",
    [
        [],
        [computer(control=0x1000)],
        [DC, computer("X$", control=None)],
        [computer("DC1$", control=CONTROLLER, dns_name="dc1.hosp.example", service_principals=HIDDEN)],
    ],
)
def test_where_the_controllers_are_not_all_known_it_is_unknown(computers):
    judged = account(control=0x200 | TRANSITION, delegates_to=("http/app.hosp.example",))

    assert outcome_of("ad-protocol-transition-to-dc", judged, *computers) is Outcome.UNKNOWN


def test_where_computers_are_missing_it_is_unknown():
    spot = BlindSpot(kinds=("Computer",), subject="directory:hosp", name="hosp", why="cut short", answer="again")
    judged = account(control=0x200 | TRANSITION, delegates_to=("http/app.hosp.example",))

    assert outcome_of("ad-protocol-transition-to-dc", judged, DC, blind_spots=(spot,)) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"control": CONTROLLER, "admin_count": ABSENT, "resource_delegation": False}, Outcome.PASS),
        ({"control": CONTROLLER, "admin_count": HIDDEN, "resource_delegation": True}, Outcome.FAIL),
        ({"control": 0x1000 | READ_ONLY, "admin_count": ABSENT, "resource_delegation": True}, Outcome.FAIL),
        ({"control": 0x1000, "admin_count": True, "resource_delegation": True}, Outcome.FAIL),
        ({"control": 0x1000, "admin_count": ABSENT, "resource_delegation": True}, Outcome.NOT_APPLICABLE),
        ({"control": 0x1000, "admin_count": HIDDEN, "resource_delegation": True}, Outcome.UNKNOWN),
        ({"control": CONTROLLER, "admin_count": ABSENT, "resource_delegation": HIDDEN}, Outcome.UNKNOWN),
        ({"control": None, "admin_count": ABSENT, "resource_delegation": False}, Outcome.UNKNOWN),
    ],
)
def test_resource_delegation(fields, outcome):
    assert outcome_of("ad-resource-delegation-on-tier0", computer(**fields)) is outcome
