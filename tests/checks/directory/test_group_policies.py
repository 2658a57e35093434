from __future__ import annotations

import pytest
from checks.samples_depth import GUID, policy

from posture.facts import Missing
from posture.model import Outcome
from posture.testing import directory, run_check

NAME = "ad-gpp-password"
OTHER = "{6AC1786C-016F-11D2-945F-00C04FB984F9}"
LISTED = {"base": "DC=hosp,DC=example", "group_policies": (GUID,)}


def outcomes(*facts):
    return {each.subject_name or each.outcome: each.outcome for each in run_check(NAME, *facts)}


def everything(*facts):
    return {each.outcome for each in run_check(NAME, *facts)}


def test_a_whole_copy_without_a_password_passes():
    assert everything(policy(), directory(**LISTED)) == {Outcome.PASS}
    assert everything(policy(domain="hosp.example"), directory(**LISTED)) == {Outcome.PASS}


def test_a_password_fails_whatever_else_is_known():
    assert outcomes(policy(1), directory(**LISTED))[GUID] is Outcome.FAIL
    assert outcomes(policy(1, whole=Missing("not-asked")))[GUID] is Outcome.FAIL
    assert outcomes(policy(1, whole=False))[GUID] is Outcome.FAIL


@pytest.mark.parametrize(
    "more",
    [
        {"passwords": Missing("not-readable")},
        {"whole": False},
        {"whole": Missing("not-asked")},
        {"preferences": Missing("not-asked")},
    ],
)
def test_what_is_not_known_of_a_policy_is_unknown(more):
    assert outcomes(policy(**more), directory(**LISTED))[GUID] is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "more",
    [
        {"group_policies": (GUID, OTHER)},
        {"group_policies": ()},
        {"group_policies": Missing("not-readable")},
        {"base": "DC=lab,DC=example"},
    ],
)
def test_a_copy_that_does_not_have_all_that_the_directory_lists_leaves_the_domain_unknown(more):
    assert outcomes(policy(domain="hosp.example"), directory(**{**LISTED, **more}))["hosp"] is Outcome.UNKNOWN


def test_of_two_domains_a_copy_that_names_none_decides_neither():
    north, south = (
        directory(**{**LISTED, "ids": (f"directory:{name}",), "name": name, "base": f"DC={name},DC=example"})
        for name in ("north", "south")
    )
    assert outcomes(policy(), north, south)["north"] is Outcome.UNKNOWN


def test_two_servers_of_one_domain_are_one_domain():
    one, other = (directory(**LISTED, ids=(f"directory:{name}",), name=name) for name in ("dc1", "dc2"))
    assert everything(policy(), one, other) == {Outcome.PASS}


def test_without_a_copy_or_a_directory_it_is_unknown():
    assert everything(directory(**LISTED)) == {Outcome.UNKNOWN}
    assert Outcome.UNKNOWN in everything(policy())
