"""Trusts with other domains, and rights left over from a former one."""

from __future__ import annotations

import pytest

from posture.facts import Group, Missing, Trust
from posture.model import Outcome, Severity
from posture.testing import account, computer, directory, run_check

ABSENT, HIDDEN = Missing("absent"), Missing("not-readable", "hidden")
INBOUND, OUTBOUND, BOTH = 1, 2, 3
QUARANTINED, FOREST, WITHIN_FOREST, AS_EXTERNAL, USES_RC4, TGT_DELEGATION = 0x4, 0x8, 0x20, 0x40, 0x80, 0x800
AES, RC4, DES = 0x18, 0x4, 0x3
MIT = 3
OWN = "S-1-5-21-1004336348-1177238915-682003330"


def trust(**more):
    given = {"direction": BOTH, "type": 2, "attributes": QUARANTINED, "encryption_types": AES}
    return Trust(name="partner.example", **{**given, **more})


def judged(name, *facts):
    (observation,) = run_check(name, *facts)
    return observation.outcome, observation.severity


@pytest.mark.parametrize("name", ["ad-trust-without-sid-filtering", "ad-trust-weak"])
@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        (directory(trusts=()), Outcome.NOT_APPLICABLE),
        (directory(trusts=HIDDEN), Outcome.UNKNOWN),
        (directory(), Outcome.UNKNOWN),
        (directory("openldap"), Outcome.NOT_APPLICABLE),
        (directory("other"), Outcome.NOT_APPLICABLE),
        (directory("unknown"), Outcome.UNKNOWN),
    ],
)
def test_where_there_is_no_trust_to_look_at(name, asked, outcome):
    assert judged(name, asked)[0] is outcome


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({}, Outcome.PASS),
        ({"attributes": 0}, Outcome.FAIL),
        ({"attributes": 0, "direction": OUTBOUND}, Outcome.FAIL),
        ({"attributes": 0, "type": 1}, Outcome.FAIL),
        ({"attributes": 0, "direction": INBOUND}, Outcome.PASS),
        ({"attributes": 0, "direction": 0}, Outcome.PASS),
        ({"attributes": 0, "type": MIT}, Outcome.PASS),
        ({"attributes": WITHIN_FOREST}, Outcome.PASS),
        ({"attributes": FOREST}, Outcome.PASS),
        ({"attributes": FOREST | AS_EXTERNAL}, Outcome.FAIL),
        ({"attributes": HIDDEN}, Outcome.UNKNOWN),
        ({"direction": HIDDEN}, Outcome.UNKNOWN),
        ({"type": HIDDEN}, Outcome.UNKNOWN),
    ],
)
def test_sid_filtering(fields, outcome):
    assert judged("ad-trust-without-sid-filtering", directory(trusts=(trust(**fields),)))[0] is outcome


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({}, Outcome.PASS),
        ({"encryption_types": AES | RC4}, Outcome.PASS),
        ({"encryption_types": RC4}, Outcome.FAIL),
        ({"encryption_types": DES}, Outcome.FAIL),
        ({"encryption_types": DES | AES}, Outcome.FAIL),
        ({"encryption_types": RC4, "attributes": HIDDEN}, Outcome.FAIL),
        ({"attributes": FOREST | TGT_DELEGATION}, Outcome.FAIL),
        ({"attributes": TGT_DELEGATION, "encryption_types": HIDDEN}, Outcome.FAIL),
        ({"attributes": USES_RC4, "encryption_types": ABSENT}, Outcome.FAIL),
        ({"attributes": TGT_DELEGATION, "encryption_types": RC4, "direction": 0}, Outcome.PASS),
        ({"encryption_types": ABSENT}, Outcome.UNKNOWN),
        ({"encryption_types": 0}, Outcome.UNKNOWN),
        ({"encryption_types": HIDDEN}, Outcome.UNKNOWN),
        ({"attributes": HIDDEN}, Outcome.UNKNOWN),
    ],
)
def test_weak_trusts(fields, outcome):
    found, severity = judged("ad-trust-weak", directory(trusts=(trust(), trust(**fields))))

    assert found is outcome
    assert severity is (Severity.LOW if outcome is Outcome.FAIL else Severity.MEDIUM)


@pytest.mark.parametrize(
    ("history", "outcome", "severity"),
    [
        (ABSENT, Outcome.PASS, Severity.HIGH),
        (("S-1-5-21-9-9-9-1500",), Outcome.FAIL, Severity.MEDIUM),
        (("S-1-5-21-9-9-9-1500", "S-1-5-21-9-9-9-519"), Outcome.FAIL, Severity.HIGH),
        (("S-1-5-32-544",), Outcome.FAIL, Severity.HIGH),
        ((f"{OWN}-1500",), Outcome.FAIL, Severity.HIGH),
        (HIDDEN, Outcome.UNKNOWN, Severity.HIGH),
    ],
)
def test_former_identities(history, outcome, severity):
    group = Group(ids=("group:1",), name="Ward", dn="CN=Ward", sid=f"{OWN}-2000", sid_history=history)
    for fact in (account(sid_history=history), computer(sid_history=history), group):
        (mine,) = [each for each in run_check("ad-sid-history", fact) if fact.ids[0] in (each.subject, *each.subjects)]
        assert (mine.outcome, mine.severity) == (outcome, severity)
