"""The labs: every planted weakness is found at its subject, nothing else fails, and docs/truth.md says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab.truth.audits import Said
from lab.truth.figures import compare, page
from lab.truth.planted import PLANTED, Planted
from lab.truth.run import measure
from lab.truth.without import WITHOUT

from posture.registry import load_checks

DOCUMENT = Path(__file__).parents[1] / "docs" / "truth.md"


@pytest.fixture(scope="module")
def figures():
    truth = measure()
    return compare(PLANTED, truth.weak, truth.hardened)


def test_every_planted_weakness_is_found(figures):
    assert {check: tally.missed for check, tally in figures.checks.items() if tally.missed} == {}


def test_nothing_fails_where_nothing_was_planted(figures):
    assert {check: tally.false for check, tally in figures.checks.items() if tally.false} == {}


def test_the_document_shows_these_figures(figures):
    assert DOCUMENT.read_text("utf-8") == page(figures, WITHOUT), "run make lab"


def test_every_check_is_planted_or_says_why_not():
    planted = {each.check for each in PLANTED}
    assert planted | WITHOUT.keys() == load_checks().by_id.keys()
    assert not planted & WITHOUT.keys()


def test_the_comparison_tells_misses_and_false_failures():
    planted = (Planted("a", "one", ""), Planted("a", "two", ""))
    weak = (Said("a", "one", "fail"), Said("a", "two", "pass"), Said("b", "three", "fail"), Said("c", "x", "error"))
    hardened = (Said("a", "one", "fail"), Said("d", "one", "unknown"))

    figures = compare(planted, weak, hardened)

    assert (figures.checks["a"].found, figures.checks["a"].missed) == (("one",), ("two",))
    assert figures.checks["a"].false == ("one (hardened)",)
    assert (figures.checks["b"].false, figures.checks["c"].false) == (("three",), ("x (error)",))
    assert figures.unknown == {"d": ("one",)}
