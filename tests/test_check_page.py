"""What is said of a check, in the listing, by `posture checks show` and in the reference page."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from checks.samples import SAMPLES, SCOPE
from lab.command import posture

from posture import catalog
from posture.check import AsOf
from posture.check_page import page
from posture.judge import judge
from posture.registry import load_checks
from posture.testing import AS_OF
from posture.thresholds import Thresholds

CHECKS = load_checks().by_id
PAGES = {name: page(check, catalog.built_in(), catalog.SCORED) for name, check in CHECKS.items()}
LATER = (0, 450, 500, 600, 800)
"""Days: a number about the age of data speaks only when the data is old, and its releases are not yet."""
WITH_NUMBERS = [name for name, each in PAGES.items() if each.thresholds]


def test_the_numbers_are_those_that_the_code_compares_with():
    assert [each.name for each in PAGES["ad-krbtgt-password-age"].thresholds] == ["krbtgt_days", "krbtgt_warn_days"]
    assert PAGES["telnet-offered"].thresholds == ()
    asking = {name for name, check in CHECKS.items() if "Thresholds" in {wanted for _, wanted in check.wants}}
    assert asking == set(WITH_NUMBERS)


AS_ANOTHER = {"hypervisor-unsupported", "modality-windows-unsupported"}
"""Judged by the same function as ad-domain-controller-unsupported; no release in their samples outlives the data."""


@pytest.mark.parametrize("name", sorted({*WITH_NUMBERS} - AS_ANOTHER))
def test_a_verdict_that_used_a_number_names_it_as_your_policy(name):
    times = [AsOf(AS_OF.at + timedelta(days=days)) for days in LATER]
    judged = [each for as_of in times for each in judge(SAMPLES, (), [CHECKS[name]], SCOPE, as_of)]
    said = [each.message for each in judged if each.message]
    policy = [message for message in said if "your policy" in message]
    assert any(character.isdigit() for message in policy for character in message)


@pytest.mark.parametrize("limit", Thresholds.__struct_fields__)
def test_every_number_tells_what_its_default_rests_on(limit):
    described = {each.name: each.description for one in PAGES.values() for each in one.thresholds}
    if limit in described:
        assert "Default" in described[limit]


def test_show_tells_all_of_it(tmp_path):
    shown = posture("checks", "show", "ad-password-length", cwd=tmp_path).stdout
    each = PAGES["ad-password-length"]
    for text in (each.title, "password_min_length = 8", "HIPAA sets no number", *each.contradicts, "Sources", "Reads"):
        assert text in shown


def test_the_listing_has_every_check_with_what_it_bears_on(tmp_path):
    rows = json.loads(posture("checks", "list", "--format", "json", cwd=tmp_path).stdout)["checks"]
    assert {row["id"] for row in rows} == set(CHECKS)
    for row in rows:
        assert row["contradicts"] or row["supports"] or row["elsewhere"]
