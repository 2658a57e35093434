"""The segmentation matrix in the report: words and shapes in every cell, numbers that lead to their rows."""

import openpyxl
import pytest
from msgspec.structs import replace
from reports.browsing import Watched, render
from reports.sample import sample_assessment

from posture.assessment import Segmentation, ZonePair
from posture.htmlparts.segmentation import Pairs
from posture.presentation import PAIRS, pair_policy
from posture.registry import renderers
from posture.workbook.places import word

WHOLE = sample_assessment()
MATRIX = WHOLE.segmentation
ZONES_25 = tuple(f"zone-{number:02}" for number in range(25))
LARGE = Segmentation(
    zones=ZONES_25,
    pairs=tuple(
        ZonePair(source=one, target=other, ruling="none", state="unknown", wanted=18)
        for one in ZONES_25
        for other in ZONES_25
        if one != other
    ),
)


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    with Watched(browser, render(WHOLE, tmp_path_factory.mktemp("html") / "report.html")) as watched:
        watched.page.click("text=Expand all")
        yield watched.page


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    file = tmp_path_factory.mktemp("xlsx") / "report.xlsx"
    renderers()["xlsx"].render(WHOLE, file)
    return openpyxl.load_workbook(file)["Segmentation"]


def test_the_sample_has_every_state():
    assert {pair.state for pair in MATRIX.pairs} == set(PAIRS)


def test_every_cell_says_its_state_in_a_word_and_a_shape_and_leads_to_its_row(page):
    cells = page.locator("#zone-matrix td:has(a)")
    assert cells.count() == len(MATRIX.pairs)
    shown = page.locator("#zone-matrix td a .mark").all_inner_texts()
    assert sorted(shown) == sorted(PAIRS[pair.state].word for pair in MATRIX.pairs)
    assert page.locator("#zone-matrix td a .mark svg.shape use").count() == len(MATRIX.pairs)
    for href in {link.get_attribute("href") for link in page.locator("#zone-matrix td a").all()}:
        assert page.locator(f"[id='{href[1:]}']").count() == 1


def test_the_bar_tells_every_state_by_its_fill_and_no_text_on_it_vanishes(page):
    black = "rgb(0, 0, 0)"
    look = "all => all.map((each) => getComputedStyle(each))"
    fills = page.locator("#segmentation svg.stacked rect").evaluate_all(f"{look}.map((each) => each.fill)")
    texts = page.locator("#segmentation svg.stacked text").evaluate_all(
        f"{look}.map((each) => each.fill + each.stroke)"
    )

    assert len(set(fills)) == len(fills) == len(PAIRS)
    assert black not in fills
    assert texts
    assert not any(text.startswith("rgb(255, 255, 255)") and text.endswith("rgb(255, 255, 255)") for text in texts)


def test_each_number_of_ports_has_its_whole(page):
    text = page.locator("#pairs-open").inner_text()
    assert "445/tcp on 4 of 7 machines, the canary among them" in text
    assert "0 of 3 ports" in text
    assert "2 of 3 ports (22, 161/udp): No scan was made from there. Scan from there." in " ".join(text.split())
    assert "2 of 2 ports: 22, 445" in page.locator("#pairs-denied").inner_text()


def test_an_allowed_port_that_answers_nowhere_is_told_as_no_finding(page):
    assert "No answer on 443, which is no finding." in page.locator("#pairs-denied").inner_text()


def test_where_nothing_is_declared_or_no_canary_stands_the_page_says_what_that_means(browser, tmp_path):
    for segmentation, words in (
        (Segmentation(), "Fewer than two zones are declared"),
        (replace(MATRIX, canaries=()), "No canary is declared, so nothing could be proved denied."),
    ):
        file = render(replace(WHOLE, segmentation=segmentation), tmp_path / "report.html")
        with Watched(browser, file) as watched:
            assert words in watched.page.locator("#segmentation").inner_text()


@pytest.mark.parametrize(("zones", "blocks"), [(2, [2]), (8, [8]), (9, [5, 4]), (25, [7, 7, 7, 4])])
def test_a_matrix_stands_in_blocks_that_fit_a_page(zones, blocks):
    found = Pairs(Segmentation(zones=ZONES_25[:zones])).blocks()

    assert [len(block) for block in found] == blocks
    assert [zone for block in found for zone in block] == list(ZONES_25[:zones])


def test_of_600_pairs_none_vanishes_and_the_page_says_how_many_are_not_written_out():
    [(state, _, shown, more)] = Pairs(LARGE).lists()

    assert (state, len(shown), more) == ("unknown", 500, 100)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_matrix_fits_the_page_at_twenty_five_zones(browser, tmp_path, width):
    file = render(replace(WHOLE, segmentation=LARGE), tmp_path / "large.html")

    with Watched(browser, file, width=width) as watched:
        over = watched.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    assert over <= 0


def test_the_workbook_says_the_same_numbers_those_that_matter_most_first(sheet):
    rows = list(sheet.iter_rows(min_row=3, values_only=True))

    assert len(rows) == len(MATRIX.pairs)
    assert [row[2] for row in rows] == [
        word(label) for state, label in PAIRS.items() for pair in MATRIX.pairs if pair.state == state
    ]
    by_pair = {(row[0], row[1]): row for row in rows}
    for pair in MATRIX.pairs:
        row = by_pair[pair.source, pair.target]
        unproven = sum(each.count for each in pair.unproven)
        assert row[3:8] == (pair_policy(pair), pair.wanted, len(pair.open), pair.denied_count, unproven)
        assert row[11 + 1 : 11 + 3] == (pair.hosts, pair.of)


@pytest.mark.parametrize(
    ("ruling", "ports", "said"),
    [
        ("none", {}, "nothing"),
        ("all", {}, "everything"),
        ("undeclared", {}, "not declared"),
        ("ports", {"tcp": "443"}, "443/tcp"),
        ("ports", {"tcp": "443,8000-8010", "udp": "53"}, "443,8000-8010/tcp and 53/udp"),
    ],
)
def test_what_is_allowed_is_said_in_words(ruling, ports, said):
    assert pair_policy(ZonePair(source="a", target="b", ruling=ruling, state="unknown", **ports)) == said
