"""The HTML report, read as people read it: in a real browser, on paper, without script, and by somebody hostile."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page
from reports.browsing import Watched, render
from reports.sample import BIDI, FORMULA, HOSTILE, SCRIPT, sample_assessment

from posture.assessment import Assessment, Coverage, MethodNotes, Organisation, Run
from posture.model import Status
from posture.registry import renderers

AT = datetime(2026, 10, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return render(sample_assessment(hostile_organisation=True), tmp_path_factory.mktemp("html") / "report.html")


@pytest.fixture
def page(browser, report):
    with Watched(browser, report) as watched:
        yield watched.page


def test_it_asks_the_network_for_nothing_and_its_own_policy_refuses_nothing(browser, report):
    with Watched(browser, report) as watched:
        watched.page.click("text=Expand all")
        assert watched.requests == [report.as_uri()]
        assert watched.complaints == []
        assert watched.page.evaluate("refused") == []


def test_the_policy_refuses_foreign_script_style_and_images(browser, report):
    with Watched(browser, report) as watched:
        watched.page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.owned = 1";
                const style = document.createElement("style");
                style.textContent = "body { color: red }";
                const image = document.createElement("img");
                image.src = "http://127.0.0.1/x.png";
                document.body.append(script, style, image);
            }"""
        )
        watched.page.wait_for_function("refused.length === 3")
        assert sorted(watched.page.evaluate("refused")) == ["img-src", "script-src-elem", "style-src-elem"]
        assert watched.page.evaluate("window.owned") is None
        assert watched.page.evaluate("getComputedStyle(document.body).color") != "rgb(255, 0, 0)"


def test_hostile_text_is_shown_and_does_nothing(browser, report):
    with Watched(browser, report) as watched:
        page = watched.page
        page.click("text=Expand all")
        page.wait_for_timeout(200)
        assert watched.dialogs == []
        assert page.evaluate("document.scripts.length") == 1
        assert page.locator("img, iframe, object, embed, form, link, base, [onload], [onerror], [style]").count() == 0
        assert page.evaluate("document.querySelectorAll('a[href]:not([href^=\"#\"])').length") == 0
        text = page.locator("main").text_content()
        assert SCRIPT in text
        assert FORMULA in text
        assert "invoice⟨U+202E⟩gpj.exe" in text
        assert "⟨U+001B⟩[2J" in text
        assert "{{ 7*7 }}" in text


def test_the_file_holds_no_character_that_hides_or_reorders(report):
    text = report.read_text("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", text)
    assert BIDI not in text


def test_it_is_complete_without_script(browser, report):
    assessment = sample_assessment()
    with Watched(browser, report, script=False) as watched:
        page = watched.page
        shown = page.locator("body").inner_text()
        for sentence in (
            "Scans alone satisfy no control.",
            "Unsealed: nothing shows whether it was changed.",
            "The directory ad-main stopped answering during the bind",
            "This run was compared with no other",
            "12 of 203 accounts",
            assessment.method.statement,
            *(gap.title for gap in assessment.gaps),
            *(gap.fix.replace("`", "") for gap in assessment.gaps),
            *(control.title for control in assessment.controls),
        ):
            assert sentence in shown
        everything = " ".join(page.locator("main").text_content().split())
        for observation in assessment.observations:
            if observation.subject and observation.subject_name not in HOSTILE:
                assert observation.subject_name in everything
        assert all(entry.id in everything and entry.payload_sha256 in everything for entry in assessment.evidence)


def test_every_link_leads_somewhere_and_every_id_is_its_own(page):
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
    links = page.evaluate(
        "[...document.querySelectorAll('a[href], use[href]')].map((each) => each.getAttribute('href'))"
    )
    assert len(ids) == len(set(ids))
    assert {unquote(link.removeprefix("#")) for link in links} <= set(ids)
    assert len(links) > 500


def test_every_number_leads_to_a_list_of_that_length(page):
    wrong = page.evaluate(
        """() => [...document.querySelectorAll("a[data-count]")].map((link) => {
            const target = document.getElementById(decodeURIComponent(link.getAttribute("href").slice(1)));
            const lists = target.matches("[data-list]") ? [target] : [...target.querySelectorAll("[data-list]")];
            const items = (list) => list.querySelectorAll(":scope > tbody > tr, :scope > li").length;
            const found = lists.reduce((sum, list) => sum + Number(list.dataset.more ?? 0) + items(list), 0);
            return { href: link.hash, count: Number(link.dataset.count), shown: link.textContent, found };
        }).filter((each) => each.count !== each.found || each.shown.replaceAll(",", "") !== String(each.count))"""
    )
    assert wrong == []
    assert page.locator("a[data-count]").count() > 100


def test_the_numbers_are_the_assessments(page):
    assessment = sample_assessment()
    for gap in assessment.gaps:
        line = page.locator(f"[id='gap-{gap.check}'] > .line").inner_text()
        assert f"{gap.failed} of {gap.judged}" in line
        assert (f"{gap.unknown} not known" in line) == bool(gap.unknown)
    for row in (*assessment.coverage.families, assessment.coverage.controls):
        numbers = page.locator(f".bar:has([id='bar-{row.family}-title']) .key .count").all_inner_texts()
        assert sum(map(int, numbers)) == row.of
        link = page.locator(f".key a[href='#status-{row.family}-{Status.NOT_ASSESSED}']")
        assert int(link.inner_text()) == row.not_assessed


def test_what_was_not_assessed_takes_its_full_share_of_the_bar_in_grey(page):
    bar = page.locator(".bar:has([id='bar-all-title']) svg")
    row = sample_assessment().coverage.controls
    assert bar.locator("rect.fill-hatch").get_attribute("width") == f"{round(100 * row.not_assessed / row.of, 3)}%"
    assert page.locator("rect.fill-hatch").first.evaluate("(each) => getComputedStyle(each).fill") == 'url("#hatch")'
    assert f"{row.not_assessed} of {row.of} not assessed" in bar.locator("desc").text_content()


def test_it_never_claims_compliance(page):
    text = page.locator("body").text_content().lower()
    assert not re.search(r"\b(is|are|fully|be) compliant\b|\bin compliance\b|\bcertif(y|ied) that\b", text)
    assert "satisfy no control" in text


def test_headings_and_landmarks_are_in_order(page):
    levels = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((each) => Number(each.tagName[1]))"
    )
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.locator("html[lang=en]").count() == page.locator("main").count() == page.locator("nav").count() == 1
    assert page.locator("table:not(:has(> caption))").count() == 0
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("svg:not([aria-hidden]):not(:has(title))").count() == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.hash") == "#summary"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_text_stands_out_from_its_ground(page):
    page.click("text=Expand all")
    faint = page.evaluate(
        """() => {
            const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
            const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
            const light = (colour) =>
                [0.2126, 0.7152, 0.0722].reduce((sum, weight, at) => sum + weight * linear(colour[at] / 255), 0);
            const ground = (element) => {
                for (let at = element; at; at = at.parentElement) {
                    const colour = parse(getComputedStyle(at).backgroundColor);
                    if (colour.length === 3 || colour[3] === 1) return colour;
                }
                return [255, 255, 255];
            };
            const written = (element) =>
                [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
            const found = new Set();
            let looked = 0;
            for (const element of document.querySelectorAll("body *")) {
                if (element.closest("svg, script") || !written(element)) continue;
                const pair = [light(parse(getComputedStyle(element).color)), light(ground(element))];
                const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
                looked += 1;
                if (ratio < 4.5) found.add(`${element.className}: ${element.textContent.slice(0, 40)}`);
            }
            return { looked, found: [...found] };
        }"""
    )
    assert faint["found"] == []
    assert faint["looked"] > 1000


@pytest.mark.parametrize("width", [320, 375, 768, 1000, 1280])
def test_nothing_scrolls_sideways(browser, report, width):
    with Watched(browser, report, width=width) as watched:
        watched.page.click("text=Expand all")
        assert watched.page.evaluate("document.documentElement.scrollWidth") == width


def rows(page: Page, table: str) -> list[str]:
    return page.locator(f"[id='{table}'] > tbody > tr:visible > :first-child").all_inner_texts()


def tools(page: Page, table: str):
    return page.locator(f".tools:has(+ [id='{table}'])")


def test_a_table_filters_sorts_and_goes_back(page):
    before = rows(page, "gap-list")
    tools(page, "gap-list").get_by_label("Filter").fill("smb high")
    assert rows(page, "gap-list") == ["The first version of SMB is offered"]
    assert tools(page, "gap-list").locator("output").inner_text() == "1 of 14 shown"
    tools(page, "gap-list").get_by_label("Filter").fill("")

    head = page.locator("#gap-list thead th", has_text="Have it")
    counts = []
    for direction in ("ascending", "descending", None):
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == direction
        counts.append([int(text) for text in page.locator("#gap-list tbody td:nth-child(3)").all_inner_texts()])
    assert counts[0] == sorted(counts[2])
    assert counts[1] == sorted(counts[2], reverse=True)
    assert rows(page, "gap-list") == before


def test_a_link_brings_the_view_back(browser, report, page):
    page.locator("#gap-list thead button", has_text="Have it").click()
    tools(page, "gap-list").get_by_label("Filter").fill("device")
    wanted = rows(page, "gap-list")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    tools(page, "gap-list").get_by_text("Copy a link").click()
    link = tools(page, "gap-list").get_by_label("Link to this view").input_value()
    with Watched(browser, report) as other:
        other.page.goto(link)
        other.page.reload()
        assert rows(other.page, "gap-list") == wanted
        assert len(wanted) == 4


def test_the_exported_list_is_the_list_shown_and_holds_no_formula(page):
    with page.expect_download() as download:
        tools(page, "assets").get_by_text("Export").click()
    table = list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert table[0][:3] == ["Name", "Kind", "Address"]
    assert len(table) == 1 + len(sample_assessment().assets)
    cells = [cell for row in table for cell in row]
    assert not [cell for cell in cells if re.match(r"\s*[=+\-@]", cell)]
    assert [cell for cell in cells if cell.startswith("'=HYPERLINK(")]


def test_a_number_opens_the_folded_list_it_leads_to(page):
    page.locator("[id='gap-ad-inactive-users'] > .line a[data-count='203']").click()
    page.locator("a[href='#status-technical-not-satisfied']").first.click()
    assert page.locator("[id='status-technical-not-satisfied']").is_visible()
    page.click("text=Collapse all")
    assert not page.locator("[id='status-technical-not-satisfied']").is_visible()


def pages_of(pdf: Path) -> list[str]:
    text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    return text.split("\f")[:-1]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_it_prints(browser, tmp_path, paper, script):
    assessment = sample_assessment()
    with Watched(browser, render(assessment, tmp_path / "report.html"), script=script) as watched:
        watched.page.pdf(path=tmp_path / "report.pdf", format=paper)
    pages = pages_of(tmp_path / "report.pdf")
    for at, text in enumerate(pages, 1):
        assert f"{assessment.fingerprint_words} · page {at} of {len(pages)}" in text
    assert "Unsealed" in pages[0]
    assert "What was looked at?" in pages[1]
    assert "What changed since the last run?" in pages[1]
    whole = "\n".join(pages)
    said = " ".join(whole.split())
    assert assessment.risks[0].factors[0].why.split(".")[0] in said, "what is folded on the screen is open on paper"
    assert "passed (not printed)" in said, "but for the long lists of what is well, and the paper says so"
    assert "Expand all" not in whole
    heads = [text for text in pages if re.search(r"^Control +Level +Status +Reason +Method", text, re.MULTILINE)]
    assert len(heads) > 6, "header rows repeat"


def test_the_same_assessment_gives_the_same_bytes(tmp_path):
    one = render(sample_assessment(), tmp_path / "one.html").read_bytes()
    assert one == render(sample_assessment(), tmp_path / "other.html").read_bytes()


def test_thousands_of_observations_stay_readable_and_none_vanishes(browser, tmp_path):
    assessment = sample_assessment(extra_subjects=5_000)
    started = time.process_time()
    file = render(assessment, tmp_path / "large.html")
    assert time.process_time() - started < 5
    assert file.stat().st_size < 8_000_000
    with Watched(browser, file) as watched:
        page = watched.page
        gap = next(gap for gap in assessment.gaps if gap.check == "smb-signing-not-required")
        table = page.locator("[id='failed-smb-signing-not-required']")
        shown = table.locator("tbody > tr").count()
        assert 1_000 < shown < 2_000
        assert shown + int(table.get_attribute("data-more")) == gap.failed
        assert f"{gap.failed - shown:,} more of them are not printed here." in table.locator("+ .cut").text_content()
        assert f"5,008 of {gap.judged:,} hosts" in page.locator(f"[id='gap-{gap.check}'] > .line").inner_text()
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        assert paint < 3_000
        test_every_link_leads_somewhere_and_every_id_is_its_own(page)
        test_every_number_leads_to_a_list_of_that_length(page)


def test_an_assessment_of_nothing_says_so(browser, tmp_path):
    nothing = Assessment(
        run=Run(id="r1", started=AT),
        organisation=Organisation(name="Unnamed organisation"),
        method=MethodNotes(as_of=AT, version="0.1.0", statement="Evidence, not a finding."),
        coverage=Coverage(),
    )
    with Watched(browser, render(nothing, tmp_path / "nothing.html")) as watched:
        text = watched.page.locator("body").inner_text()
        assert "That is not a finding of compliance" in text
        assert watched.complaints == []
        links = watched.page.evaluate(
            "[...document.querySelectorAll('a')].every((each) => document.querySelector(each.hash))"
        )
        assert links


def test_a_failed_rendering_leaves_the_old_report(tmp_path):
    out = tmp_path / "report.html"
    out.write_text("old")
    with pytest.raises(AttributeError):
        renderers()["html"].render(None, out)
    assert out.read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]
