import csv
import re
import subprocess
import tempfile
import zipfile
from datetime import datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl import load_workbook
from reports.sample import BIDI, FORMULA, SCRIPT, sample_assessment

from posture import presentation
from posture.model import Outcome, Status
from posture.presentation import visible
from posture.registry import renderers
from posture.workbook import book
from posture.workbook.book import MAX_TEXT, fitted
from posture.workbook.dress import WORK

SAMPLE = sample_assessment(hostile_organisation=True)
SHEETS = ["Summary", "Controls", "Gaps", "Observations", "Assets", "Not assessed", "Evidence", "Method"]
TABLES = SHEETS[1:-1]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def render(assessment, out):
    renderers()["xlsx"].render(assessment, out)
    return out


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return render(SAMPLE, tmp_path_factory.mktemp("workbook") / "report.xlsx")


@pytest.fixture(scope="module")
def workbook(file):
    return load_workbook(file)


def column(sheet, heading):
    headings = [cell.value for cell in sheet[1]]
    return [row[headings.index(heading)].value for row in sheet.iter_rows(min_row=2)]


def cells(sheet, heading):
    headings = [cell.value for cell in sheet[1]]
    return [row[headings.index(heading)] for row in sheet.iter_rows(min_row=2)]


def summary_rows(sheet):
    return {row[0]: row[1:] for row in sheet.iter_rows(values_only=True) if row[0]}


# ── what it says ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_its_sheets_stand_in_the_order_of_the_report(workbook):
    assert workbook.sheetnames == SHEETS


def test_the_summary_says_who_when_and_which_run(workbook):
    rows = summary_rows(workbook["Summary"])
    assert visible(SAMPLE.organisation.name) in rows
    assert rows["As of (UTC)"][0] == datetime(2026, 10, 8, 19, 5)  # noqa: DTZ001  # a workbook's dates have no zone
    assert rows["Run"][0] == SAMPLE.run.id
    assert SAMPLE.fingerprint_words in rows["Fingerprint"][0]


@pytest.mark.parametrize("row", [*SAMPLE.coverage.families, SAMPLE.coverage.controls], ids=lambda row: row.family)
def test_a_familys_numbers_are_those_of_the_assessment(workbook, row):
    name = "All families" if row.family == "all" else presentation.family(row.family)
    assert summary_rows(workbook["Summary"])[name] == (
        row.of,
        row.satisfied,
        row.satisfied_by_alternative,
        row.not_satisfied,
        row.risk_accepted,
        row.not_assessed,
        row.not_applicable,
    )


def test_what_was_looked_at_has_its_denominator(workbook):
    rows = summary_rows(workbook["Summary"])
    for extent in SAMPLE.coverage.extents:
        looked_at, of = rows[extent.name.capitalize()][:2]
        assert (looked_at, of) == (extent.looked_at, "not known" if extent.of is None else extent.of)


def test_what_could_not_be_collected_is_on_the_first_sheet(workbook):
    rows = summary_rows(workbook["Summary"])
    lost = [probe for probe in SAMPLE.coverage.probes if probe.outcome != "complete"]
    assert lost
    for probe in lost:
        assert rows[probe.id][1] == probe.problem


def test_the_worst_gaps_are_on_the_first_sheet(workbook):
    rows = summary_rows(workbook["Summary"])
    for gap in SAMPLE.gaps[:5]:
        assert presentation.gap_extent(gap) in rows[gap.title][1]


def test_the_chart_reads_the_numbers_of_the_table(file):
    with zipfile.ZipFile(file) as archive:
        chart = archive.read("xl/charts/chart1.xml").decode()
    series = re.findall(r"<(?:c:)?f>([^<]*)</(?:c:)?f>", chart)
    summary = load_workbook(file)["Summary"]
    first = next(cell.row for cell in summary["A"] if cell.value == "Family")
    last = first + len(SAMPLE.coverage.families)
    for letter in "CDEFGH":
        assert f"'Summary'!${letter}${first + 1}:${letter}${last}" in series


def test_each_gap_is_a_row_with_its_numbers(workbook):
    sheet = workbook["Gaps"]
    assert column(sheet, "Gap") == [gap.title for gap in SAMPLE.gaps]
    assert column(sheet, "Failed") == [gap.failed for gap in SAMPLE.gaps]
    assert column(sheet, "Judged") == [gap.judged for gap in SAMPLE.gaps]
    assert column(sheet, "Not known") == [gap.unknown for gap in SAMPLE.gaps]


def test_a_gap_is_ready_to_be_worked_on(workbook):
    sheet = workbook["Gaps"]
    assert set(column(sheet, "Status") + column(sheet, "Due") + column(sheet, "Owner")) == {None}
    last = len(SAMPLE.gaps) + 1
    validations = {str(each.sqref): each for each in sheet.data_validations.dataValidation}
    status, due = cells(sheet, "Status")[0].column_letter, cells(sheet, "Due")[0].column_letter
    assert validations[f"{status}2:{status}{last}"].formula1.strip('"').split(",") == list(WORK)
    assert validations[f"{due}2:{due}{last}"].type == "date"


def test_each_control_is_a_row_with_its_status_as_word_and_shape(workbook):
    sheet = workbook["Controls"]
    assert column(sheet, "Control") == [control.id for control in SAMPLE.controls]
    labels = [presentation.STATUSES[control.status] for control in SAMPLE.controls]
    assert column(sheet, "Status") == [f"{label.symbol} {label.word}" for label in labels]
    assert column(sheet, "Contradicted by") == [len(control.observations) for control in SAMPLE.controls]


def test_no_status_has_its_colour_by_default(workbook):
    coloured = {
        rule.formula[0]
        for area in workbook["Controls"].conditional_formatting
        for rule in area.rules
        if rule.operator == "equal"
    }
    assert coloured == {f'"{label.symbol} {label.word}"' for label in presentation.STATUSES.values()}


def test_the_observations_add_up_to_those_of_the_assessment(workbook):
    sheet = workbook["Observations"]
    totals = dict.fromkeys(Outcome, 0)
    words = {f"{label.symbol} {label.word}": outcome for outcome, label in presentation.OUTCOMES.items()}
    for word, subjects in zip(column(sheet, "Outcome"), column(sheet, "Subjects"), strict=True):
        totals[words[word]] += subjects
    assert totals == {
        Outcome.PASS: sum(check.passed for check in SAMPLE.checks),
        Outcome.FAIL: sum(check.failed for check in SAMPLE.checks),
        Outcome.UNKNOWN: sum(check.unknown for check in SAMPLE.checks),
        Outcome.NOT_APPLICABLE: sum(check.not_applicable for check in SAMPLE.checks),
        Outcome.ERROR: sum(check.errors for check in SAMPLE.checks),
    }
    rows = summary_rows(workbook["Summary"])
    assert {outcome: rows[word][0] for word, outcome in words.items()} == totals


def test_a_counted_set_says_that_it_is_one(workbook):
    sheet = workbook["Observations"]
    sets = [each for each in SAMPLE.observations if each.count]
    said = [value for value in column(sheet, "Subject") if value and value.startswith("Counted set of ")]
    assert len(said) == len(sets) > 0


def test_a_pass_shows_no_severity(workbook):
    sheet = workbook["Observations"]
    rows = zip(column(sheet, "Outcome"), column(sheet, "Severity"), strict=True)
    assert {bool(severity) for outcome, severity in rows if "Passed" in outcome} == {False}


def test_each_asset_and_each_piece_of_evidence_is_a_row(workbook):
    assert column(workbook["Assets"], "Name") == [visible(asset.name) for asset in SAMPLE.assets]
    evidence = workbook["Evidence"]
    assert column(evidence, "Id (SHA-256 of the envelope)") == [each.id for each in SAMPLE.evidence]
    assert column(evidence, "Bytes") == [each.payload_size for each in SAMPLE.evidence]
    started = [each.started.replace(tzinfo=None) if each.started else None for each in SAMPLE.evidence]
    assert column(evidence, "Started (UTC)") == started


def test_every_control_that_is_not_assessed_says_what_it_needs(workbook):
    sheet = workbook["Not assessed"]
    rows = list(zip(column(sheet, "What"), column(sheet, "Id"), column(sheet, "What would give one"), strict=True))
    waiting = [each.id for each in SAMPLE.controls if each.counted and each.status is Status.NOT_ASSESSED]
    assert [id_ for what, id_, _ in rows if what == "Control"] == waiting
    assert all(needed for what, _, needed in rows if what == "Control")
    assert len(waiting) == SAMPLE.coverage.controls.not_assessed
    others = sum(each.what != "control" for each in SAMPLE.coverage.unanswered)
    assert len(rows) == len(waiting) + others
    assert summary_rows(workbook["Summary"])["All"][0] == len(rows)


def test_the_method_holds_the_whole_fingerprint_the_thresholds_and_the_limits(workbook):
    rows = summary_rows(workbook["Method"])
    assert rows["Fingerprint"][0] == SAMPLE.fingerprint
    for threshold in SAMPLE.method.thresholds:
        assert rows[threshold.name][:2] == (threshold.value, threshold.default)
    assert all(f"•  {limit}" in rows for limit in SAMPLE.method.limits)
    assert SAMPLE.method.statement in rows


@pytest.mark.parametrize("field", ["risks", "exceptions", "attestations"])
def test_what_the_ledger_holds_has_a_sheet_of_its_own(tmp_path, field):
    entry = {"control": "164.312(d)", "until": "2027-01-31"}
    with_it = msgspec.structs.replace(SAMPLE, **{field: (entry,)})
    sheet = load_workbook(render(with_it, tmp_path / "report.xlsx"))[field.capitalize()]
    assert column(sheet, "Control") == ["164.312(d)"]
    assert column(sheet, "Until") == ["2027-01-31"]


def test_an_assessment_of_nothing_is_still_a_workbook(tmp_path):
    empty = msgspec.structs.replace(
        SAMPLE,
        controls=(),
        gaps=(),
        checks=(),
        observations=(),
        assets=(),
        evidence=(),
        coverage=msgspec.structs.replace(SAMPLE.coverage, extents=(), families=(), probes=(), unanswered=()),
    )
    workbook = load_workbook(render(empty, tmp_path / "report.xlsx"))
    assert workbook.sheetnames == SHEETS
    assert "No check failed. That is not a finding of compliance: see what was not assessed." in summary_rows(
        workbook["Summary"]
    )


# ── how it is used ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_frozen_filtered_headings_that_print_on_each_page(workbook, name):
    sheet = workbook[name]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == sheet.dimensions
    assert sheet.print_title_rows == "$1:$1"


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_prints_landscape_as_wide_as_the_page_and_says_whose_it_is(workbook, name):
    sheet = workbook[name]
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert "St. Mary" in sheet.oddHeader.left.text
    assert SAMPLE.fingerprint_words in sheet.oddFooter.left.text
    assert "&P" in sheet.oddFooter.right.text


def test_a_name_with_an_ampersand_is_no_code_in_the_header(tmp_path):
    named = msgspec.structs.replace(SAMPLE.organisation, name="Smith &P & Sons &D")
    out = render(msgspec.structs.replace(SAMPLE, organisation=named), tmp_path / "report.xlsx")
    assert load_workbook(out)["Gaps"].oddHeader.left.text.endswith("Smith &&P && Sons &&D")


def test_its_properties_name_the_run_and_the_fingerprint(workbook):
    assert SAMPLE.run.id in workbook.properties.subject
    custom = {each.name: each.value for each in workbook.custom_doc_props.props}
    assert custom == {"Run": SAMPLE.run.id, "Fingerprint": SAMPLE.fingerprint}


def links(workbook):
    for sheet in workbook:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.hyperlink:
                    yield cell, cell.hyperlink.location, cell.hyperlink.target


def target(workbook, location):
    name, at = re.fullmatch(r"'([^']+)'!(A\d+)", location).groups()
    return workbook[name][at]


def test_every_link_leads_to_a_row_that_is_there_and_none_out_of_the_workbook(workbook):
    found = list(links(workbook))
    assert len(found) > 400
    for _, location, outside in found:
        assert outside is None
        goal = target(workbook, location)
        assert 2 <= goal.row <= goal.parent.max_row
        assert goal.value is not None


def test_a_gap_leads_to_its_first_failed_observation_and_that_to_its_evidence(workbook):
    for gap, cell in zip(SAMPLE.gaps, cells(workbook["Gaps"], "Failed"), strict=True):
        observation = target(workbook, cell.hyperlink.location)
        row = {
            heading.value: found
            for heading, found in zip(observation.parent[1], observation.parent[observation.row], strict=True)
        }
        assert "Failed" in row["Outcome"].value
        assert row["Check"].value == gap.title
        back = target(workbook, row["Gap"].hyperlink.location)
        assert back.row == cell.row
        evidence = target(workbook, row["Evidence"].hyperlink.location)
        assert evidence.value.startswith(row["Evidence"].value.split()[0])


def test_a_control_leads_to_what_contradicts_it(workbook):
    sheet = workbook["Controls"]
    leading = [cell for cell in cells(sheet, "Contradicted by") if cell.value]
    assert leading
    for cell in leading:
        assert "Failed" in target(workbook, cell.hyperlink.location).value


# ── hostile text ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_in_the_sheets_is_a_formula(file):
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert len(names) == len(SHEETS)
        for name in names:
            sheet = etree.fromstring(archive.read(name))
            assert sheet.findall(f".//{MAIN}f") == []
            assert {cell.get("t") for cell in sheet.iter(f"{MAIN}c")} <= {"n", "inlineStr"}


def test_no_text_of_the_network_is_in_the_rules_of_a_sheet(file):
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/sheet"):
                sheet = etree.fromstring(archive.read(name))
                rules = [each.text for tag in ("formula", "formula1") for each in sheet.iter(MAIN + tag)]
                assert not [rule for rule in rules if "evil" in rule or "script" in rule]


@pytest.mark.parametrize("text", [FORMULA, "=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "#N/A", "#REF!"])
def test_text_that_looks_like_a_formula_stays_text_even_when_it_is_edited(tmp_path, text):
    asset = msgspec.structs.replace(SAMPLE.assets[0], name=text)
    cell = cells(
        load_workbook(render(msgspec.structs.replace(SAMPLE, assets=(asset,)), tmp_path / "report.xlsx"))["Assets"],
        "Name",
    )[0]
    assert cell.data_type == "s"
    assert cell.value == visible(text)
    assert cell.quotePrefix == text.lstrip("\t").startswith(("=", "+", "-", "@"))


def test_markup_is_text_and_what_reorders_is_visible(workbook):
    names = column(workbook["Assets"], "Name")
    assert SCRIPT in names
    assert "invoice⟨U+202E⟩gpj.exe" in names
    assert BIDI not in names


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("_x0041_", "_x005F_x0041_"),
        ("_x202E_gpj", "_x005F_x202E_gpj"),
        ("_x_", "_x_"),
        ("\x00\ud800", "⟨U+0000⟩⟨U+D800⟩"),
    ],
)
def test_text_is_never_read_as_an_escape(text, held):
    assert fitted(text) == held


@pytest.mark.parametrize("text", ["a" * 40_000, "😀" * 20_000, "_x0041_" * 5_000])
def test_what_a_cell_cannot_hold_is_cut_and_says_so(text):
    held = fitted(text)
    assert len(held.encode("utf-16-le")) // 2 <= MAX_TEXT
    assert "[cut here: " in held[-80:]
    assert re.search(r"[\d,]+ more characters are in assessment\.json\]$", held)


@pytest.mark.parametrize("text", ["a" * MAX_TEXT, "😀" * (MAX_TEXT // 2)])
def test_what_a_cell_can_just_hold_is_not_cut(text):
    assert fitted(text) == text


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_survives_and_the_workbook_opens(tmp_path, name, message):
    asset = msgspec.structs.replace(SAMPLE.assets[0], name=name, description=message)
    observation = msgspec.structs.replace(SAMPLE.observations[0], subject_name=name, message=message)
    small = msgspec.structs.replace(SAMPLE, assets=(asset,), observations=(observation,), controls=(), gaps=())
    workbook = load_workbook(render(small, tmp_path / "report.xlsx"))
    for sheet, heading, text in (
        ("Assets", "Name", name),
        ("Assets", "Description", message),
        ("Observations", "Subject", name),
        ("Observations", "What was found", message),
    ):
        [held] = column(workbook[sheet], heading)
        assert (held or "").replace("_x005F_", "_") == visible(text)


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_full_sheet_goes_on_in_another_and_links_find_it(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "MAX_ROWS", 51)
    workbook = load_workbook(render(SAMPLE, tmp_path / "report.xlsx"))
    parts = [name for name in workbook.sheetnames if name.startswith("Observations")]
    assert parts == ["Observations", *(f"Observations ({at})" for at in range(2, len(parts) + 1))]
    assert len(parts) == -(-len(SAMPLE.observations) // 50)
    assert sum(workbook[part].max_row - 1 for part in parts) == len(SAMPLE.observations)
    assert all(workbook[part].freeze_panes == "A2" for part in parts)
    for gap, cell in zip(SAMPLE.gaps, cells(workbook["Gaps"], "Failed"), strict=True):
        goal = target(workbook, cell.hyperlink.location)
        assert goal.parent.cell(goal.row, 3).value == gap.title


def test_beyond_the_limit_cells_have_no_links_and_the_method_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "MAX_LINKS", 20)
    workbook = load_workbook(render(SAMPLE, tmp_path / "report.xlsx"))
    sheet = workbook["Observations"]
    linked = [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert len(linked) == 20
    said = [text for text in summary_rows(workbook["Method"]) if "“Observations” has none from row" in text]
    first = int(re.search(r"from row (\d+) on", said[0])[1])
    assert max(cell.row for cell in linked) <= first
    assert {cell.value for cell in cells(sheet, "Gap")} == {"Gap", None}


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_assessment_gives_the_same_bytes_at_another_time(file, tmp_path):
    again = render(sample_assessment(hostile_organisation=True), tmp_path / "again.xlsx")
    assert again.read_bytes() == file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", core)) == {"2026-10-08T19:05:00Z"}


def test_what_was_there_stays_and_nothing_is_left_when_it_cannot_be_written(tmp_path, monkeypatch):
    out = tmp_path / "report.xlsx"
    out.write_text("the old one")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    broken = msgspec.structs.replace(
        SAMPLE, evidence=(*SAMPLE.evidence, msgspec.structs.replace(SAMPLE.evidence[0], payload_size=()))
    )
    with pytest.raises(ValueError, match="Cannot convert"):
        render(broken, out)
    assert out.read_text() == "the old one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.xlsx", "temporary"]
    assert list((tmp_path / "temporary").iterdir()) == []


def office(tmp_path, file, to):
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            to,
            "--outdir",
            tmp_path / "out",
            file,
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return tmp_path / "out"


def test_libreoffice_prints_it(file, tmp_path):
    out = office(tmp_path, file, "pdf")
    subprocess.run(["pdftoppm", "-r", "30", "-png", out / "report.pdf", out / "page"], check=True, timeout=120)
    pages = sorted(out.glob("page-*.png"))
    assert len(pages) >= len(SHEETS)
    assert all(page.stat().st_size > 1_000 for page in pages)
    text = subprocess.run(
        ["pdftotext", "-layout", out / "report.pdf", "-"], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    assert len(re.findall(r"Page \d+ of \d+", text)) == len(pages)
    assert text.count(SAMPLE.fingerprint_words) >= len(pages)


ALL_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"


def test_libreoffice_reads_the_same_numbers_and_the_same_text(tmp_path):
    like_an_escape = msgspec.structs.replace(SAMPLE.assets[0], name="_x003D_1+1 _x202E_gpj")
    with_it = msgspec.structs.replace(SAMPLE, assets=(*SAMPLE.assets, like_an_escape))
    out = office(tmp_path, render(with_it, tmp_path / "report.xlsx"), ALL_SHEETS)
    assert sorted(path.name for path in out.iterdir()) == sorted(f"report-{name}.csv" for name in SHEETS)
    with (out / "report-Gaps.csv").open(newline="", encoding="utf-8") as stream:
        gaps = list(csv.DictReader(stream))
    assert [int(row["Failed"]) for row in gaps] == [gap.failed for gap in SAMPLE.gaps]
    with (out / "report-Assets.csv").open(newline="", encoding="utf-8") as stream:
        names = [row["Name"] for row in csv.DictReader(stream)]
    assert names == [visible(asset.name) for asset in with_it.assets]
