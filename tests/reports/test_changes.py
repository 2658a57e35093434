"""What changed, in the page and in the workbook: the same numbers, hostile text harmless, silence said."""

import re
from datetime import timedelta
from urllib.parse import unquote

import msgspec
import pytest
from lxml import etree, html
from openpyxl import load_workbook
from reports.sample import FORMULA, SCRIPT, sample_assessment

from posture.assessment.changes import (
    CHANGE_KINDS,
    Changes,
    CheckChange,
    ControlChange,
    EarlierRun,
    Reason,
    RiskChange,
    SubjectChange,
    TrendPoint,
)
from posture.figures.trend import trend_figure
from posture.model import Severity, Status
from posture.presentation import CHANGES
from posture.registry import renderers

AS_OF = sample_assessment().method.as_of


def points(count: int) -> tuple[TrendPoint, ...]:
    return tuple(
        TrendPoint(
            run=f"run-{at}",
            started=AS_OF,
            as_of=AS_OF + timedelta(days=at),
            version="1",
            controls=70,
            not_satisfied=at,
            not_assessed=70 - at,
            checks=9,
            checks_failed=at,
            checks_judged=9,
            fails=at,
            judgements=1_234,
            unanswered=3,
            asked=1_237,
            probes=4,
        )
        for at in range(count)
    )


def changes() -> Changes:
    subjects = tuple(
        SubjectChange(
            check="telnet-offered",
            kind=kind,
            subject=f"address:z/{at}",
            subject_name=SCRIPT if not at else FORMULA,
            message=SCRIPT,
            before="fail",
            reasons=(Reason(of="evidence", text=FORMULA),),
        )
        for at, kind in enumerate(CHANGE_KINDS)
    )
    counts = {kind.replace("-", "_"): at + 1 for at, kind in enumerate(CHANGE_KINDS)}
    check = CheckChange(
        check="telnet-offered", title="Telnet", severity=Severity.HIGH, subject_kind="Host", judged=9, judged_before=8
    )
    check = msgspec.structs.replace(check, **counts, subjects=subjects, more=21)
    return Changes(
        since=EarlierRun(id="earlier-run", started=AS_OF, as_of=AS_OF, fingerprint="ab" * 32, chosen="the latest"),
        differences=(Reason(of="scope", text=SCRIPT),),
        checks=(check,),
        controls=(
            ControlChange(
                catalog="c", id="164.312(d)", title="T", before=Status.NOT_SATISFIED, after=Status.NOT_ASSESSED
            ),
            ControlChange(catalog="c", id="164.312(e)", title="T", before=None, after=Status.NOT_ASSESSED),
        ),
        risks=(RiskChange(id="R-AAAAAA", title=SCRIPT, state="open", level="high"),),
        trend=points(9),
    )


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("changes")
    sample = sample_assessment()
    sample = msgspec.structs.replace(sample, run=msgspec.structs.replace(sample.run, changes=changes()))
    for form in ("html", "xlsx"):
        renderers()[form].render(sample, folder / f"r.{form}")
    return html.fromstring((folder / "r.html").read_text()), load_workbook(folder / "r.xlsx")


def text(element) -> str:
    return " ".join(element.text_content().split())


def test_page_and_workbook_say_the_same_numbers(rendered):
    page, workbook = rendered
    [row] = page.xpath("//table[@id='change-list']/tbody/tr")
    counted = {cell.get("data-label"): text(cell) for cell in row.xpath("td")}
    summary = {str(cells[0]): cells[1] for cells in workbook["Summary"].iter_rows(values_only=True)}

    for at, kind in enumerate(CHANGE_KINDS):
        word = CHANGES[kind].word
        assert counted[word] == str(at + 1)
        [told] = [count for name, count in summary.items() if name.endswith(f" {word}")]
        assert told == at + 1
    assert counted["Judged, and before"] == "9, 8"
    assert "1 new" in text(page.get_element_by_id("summary"))


def test_the_run_that_was_compared_with_is_named(rendered):
    page, workbook = rendered

    assert "Compared with run earlier-run" in text(page.get_element_by_id("history"))
    assert any("earlier-run" in str(cells[0]) for cells in workbook["Summary"].iter_rows(values_only=True))


def test_what_is_left_out_is_said(rendered):
    page, workbook = rendered

    assert "21 more are not printed here" in text(page.get_element_by_id("history"))
    assert any("21 more" in str(cells[2]) for cells in workbook["Changes"].iter_rows(values_only=True))


def test_the_trend_has_every_run_with_its_denominators(rendered):
    page, workbook = rendered

    rows = page.xpath("//table[@id='trend-list']/tbody/tr")
    assert [text(row[0]).split()[1] for row in rows] == [f"run-{at}" for at in range(9)]
    assert "8 of 1,234" in text(rows[-1])
    sheet = list(workbook["Trend"].iter_rows(min_row=3, values_only=True))
    assert [(row[1], row[5], row[3]) for row in sheet] == [(f"run-{at}", at, 70) for at in range(9)]


def test_hostile_text_stays_text(rendered):
    page, workbook = rendered

    assert len(page.xpath("//script")) == 1
    assert not page.xpath("//img")
    for row in workbook["Changes"].iter_rows():
        for cell in row:
            assert cell.data_type != "f"


def test_a_run_that_was_compared_with_none_says_so(tmp_path):
    for form in ("html", "xlsx"):
        renderers()[form].render(sample_assessment(), tmp_path / f"r.{form}")

    page = html.fromstring((tmp_path / "r.html").read_text())
    assert "compared with no other" in text(page.get_element_by_id("history"))
    cells = load_workbook(tmp_path / "r.xlsx")["Summary"].iter_rows(values_only=True)
    assert any("compared with no other" in str(row[0]) for row in cells)


def test_the_figure_draws_fractions_of_their_own_whole():
    figure = etree.fromstring(trend_figure(points(9)))
    space = "{http://www.w3.org/2000/svg}"
    told = [each.text for each in figure.iter(f"{space}text")]

    assert "run 9" in told
    assert "run 3" not in told, "the last six are drawn"
    assert told.count("of 1,234") == 6
    assert "8 of 1,234" in figure.find(f"{space}desc").text
    heights = [int(each.get("height")) for each in figure.iter(f"{space}rect") if each.get("stroke") == "#1a1a1a"]
    assert max(heights) <= 70
    assert trend_figure(()) == ""
    assert trend_figure(points(9)) == trend_figure(points(9))


def test_a_run_without_anything_to_count_has_no_bar():
    [point] = points(1)
    empty = msgspec.structs.replace(point, controls=0, not_satisfied=0, not_assessed=0)

    assert re.search(">–<", trend_figure([empty]))


def test_every_link_leads_somewhere_and_every_id_is_its_own(rendered):
    page, _ = rendered
    ids = page.xpath("//@id")

    assert len(ids) == len(set(ids))
    own = page.get_element_by_id("history").xpath(".//a/@href")
    assert [link for link in own if link.startswith("#change-")]
    assert {unquote(link.removeprefix("#")) for link in own if not link.startswith("#risk-")} <= set(ids)
