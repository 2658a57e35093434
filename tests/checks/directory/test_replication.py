from __future__ import annotations

import pytest
from checks.samples_depth import CHANGES_ALL, DOMAIN, EXPECTED, allow

from posture.facts import Group, Missing
from posture.model import Outcome
from posture.testing import account, domain_policy, run_check

NAME = "ad-replication-rights"
OTHER, FOREIGN = f"{DOMAIN}-4711", "S-1-5-21-9-9-9"
GOOD = {"sid": DOMAIN, "owner": "S-1-5-32-544", "access": EXPECTED}


def judged(*others, **domain):
    (found,) = run_check(NAME, domain_policy(**{**GOOD, **domain}), *others)
    return found


@pytest.mark.parametrize(
    ("added", "outcome"),
    [
        ((), Outcome.PASS),
        ((allow(OTHER, 0x100, CHANGES_ALL),), Outcome.FAIL),
        ((allow(OTHER, 0x100),), Outcome.FAIL),
        ((allow(OTHER, 0xF01FF),), Outcome.FAIL),
        ((allow(OTHER, 0x10000000),), Outcome.FAIL),
        ((allow(OTHER, 0x40000),), Outcome.FAIL),
        ((allow(OTHER, 0x80000),), Outcome.FAIL),
        ((allow("S-1-1-0", 0x40000),), Outcome.FAIL),
        ((allow(f"{DOMAIN}-521", 0x100, CHANGES_ALL),), Outcome.FAIL),
        ((allow(f"{FOREIGN}-512", 0x100, CHANGES_ALL),), Outcome.FAIL),
        ((allow(OTHER, 0x100, "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2"),), Outcome.PASS),
        ((allow("S-1-3-0", 0xF01FF),), Outcome.PASS),
        ((allow(OTHER, allows=False), allow(OTHER, 0x100, CHANGES_ALL)), Outcome.PASS),
        ((allow(OTHER, 0x100, CHANGES_ALL), allow(OTHER, allows=False)), Outcome.FAIL),
        ((allow(OTHER, 0x100, CHANGES_ALL, conditional=True),), Outcome.UNKNOWN),
        ((allow(f"{FOREIGN}-519", 0xF01FF),), Outcome.UNKNOWN),
    ],
)
def test_who_may_copy_all_passwords(added, outcome):
    assert judged(access=(*added, *EXPECTED)).outcome is outcome


@pytest.mark.parametrize("why", ["absent", "not-asked", "not-readable", "not-answered"])
@pytest.mark.parametrize("field", ["access", "sid", "owner"])
def test_what_is_not_known_is_no_pass(field, why):
    assert judged(**{field: Missing(why)}).outcome is Outcome.UNKNOWN


def test_an_owner_may_change_the_permissions_so_a_strange_one_fails():
    assert judged(owner=OTHER).outcome is Outcome.FAIL
    assert judged(owner=f"{FOREIGN}-519").outcome is Outcome.UNKNOWN


def test_holders_are_named_as_far_as_they_are_known():
    group = Group(ids=("group:x",), name="Mail servers", dn="CN=Mail servers", sid=f"{DOMAIN}-4712")
    added = (allow(OTHER, 0x100, CHANGES_ALL), allow(f"{DOMAIN}-4712", 0x40000), allow(f"{DOMAIN}-4713"))
    found = judged(account("sync", rid=4711), group, access=(*added, *EXPECTED))
    assert "sync (" in found.message
    assert "Mail servers (" in found.message
    assert f"{DOMAIN}-4713 (no entry with this SID was read)" in found.message
