import csv
import io
import re
import zipfile

import msgspec
import pytest
from openpyxl import Workbook
from reports.sample import HOSTILE, sample_assessment

from posture.assessment import Changes, EarlierRun, GapChange, Observation
from posture.model import Outcome, Severity
from posture.registry import renderers

SAMPLE = sample_assessment(hostile_organisation=True)
FORMULA = re.compile(r"^[ \t\r\n]*[=+@＝＋－＠-]")


def render(assessment, out):
    renderers()["csv"].render(assessment, out)
    return out


def read(path):
    """Table → rows as mappings, by a reader that refuses what is not RFC 4180."""
    with zipfile.ZipFile(path) as archive:
        return {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline=""), strict=True))
            for name in archive.namelist()
        }


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return render(SAMPLE, tmp_path_factory.mktemp("csv") / "report.zip")


@pytest.fixture(scope="module")
def tables(file):
    return read(file)


def test_each_table_is_a_file_that_excel_reads_as_utf_8(file):
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        texts = [archive.read(name) for name in names]
    assert {"controls.csv", "observations.csv", "gaps.csv", "assets.csv", "risks.csv", "exceptions.csv"} <= set(names)
    assert {"attestations.csv", "evidence.csv", "segmentation.csv", "inventory.csv"} <= set(names)
    for text in texts:
        assert text.startswith(b"\xef\xbb\xbf")
        assert text.endswith(b"\r\n")
        assert text.count(b"\n") == text.count(b"\r\n")


def test_columns_are_the_keys_of_the_assessment_and_rows_its_things_in_order(tables):
    assert [row["id"] for row in tables["controls.csv"]] == [each.id for each in SAMPLE.controls]
    assert tuple(tables["controls.csv"][0]) == SAMPLE.controls[0].__struct_fields__
    assert [row["id"] for row in tables["observations.csv"]] == [each.id for each in SAMPLE.observations]
    assert [row["outcome"] for row in tables["observations.csv"]] == [each.outcome for each in SAMPLE.observations]
    assert [row["id"] for row in tables["evidence.csv"]] == [each.id for each in SAMPLE.evidence]


def test_members_of_counted_sets_have_a_row_each(tables):
    assert len(tables["observation-subjects.csv"]) == sum(len(each.subjects) for each in SAMPLE.observations)


def test_no_cell_is_a_formula_and_none_hides_or_reorders_text(tables):
    cells = [cell for rows in tables.values() for row in rows for cell in row.values()]
    assert len(cells) > 10_000
    assert not [cell for cell in cells if FORMULA.match(cell)]
    assert not [cell for cell in cells if re.search("[\x00-\x1f\x7f-\x9f\u2028\u202a-\u202e]", cell)]
    assert any("⟨U+202E⟩" in cell for cell in cells)
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "x; =1+1", "x;=1"])
def test_a_formula_stays_text_wherever_a_program_ends_the_cell(tmp_path, text):
    hostile = msgspec.structs.replace(
        SAMPLE, assets=(msgspec.structs.replace(SAMPLE.assets[0], name=text, description=text),)
    )
    (row,) = read(render(hostile, tmp_path / "x.zip"))["assets.csv"]
    for part in (row["name"], *row["name"].split(";")):
        assert not FORMULA.match(part)


def test_every_hostile_name_is_there(tables):
    names = {row["name"] for row in tables["assets.csv"]}
    assert len(names) == len(SAMPLE.assets)
    assert len(HOSTILE) <= len(names)


def test_what_no_spreadsheet_cell_can_hold_is_cut_with_a_word_and_its_rows_are_whole_elsewhere(tmp_path):
    keys = tuple(f"guid:{at:032}" for at in range(2_000))
    many = Observation(
        check="a", severity=Severity.LOW, outcome=Outcome.PASS, evidence=(), count=len(keys), subjects=keys
    )
    found = read(render(msgspec.structs.replace(SAMPLE, observations=(many,)), tmp_path / "x.zip"))
    assert len(found["observations.csv"][0]["subjects"]) <= 32_767
    assert "more characters are in assessment.json" in found["observations.csv"][0]["subjects"]
    assert tuple(row["subject"] for row in found["observation-subjects.csv"]) == keys


def test_what_changed_since_an_earlier_run_is_there(tmp_path):
    earlier = EarlierRun(id="before", started=SAMPLE.run.started, as_of=SAMPLE.method.as_of, fingerprint="0" * 64)
    gap = GapChange(check="telnet-offered", title="=1+1", severity=Severity.HIGH, state="new", failed=3, judged=9)
    changes = Changes(since=earlier, gaps=(gap,))
    run = msgspec.structs.replace(SAMPLE.run, changes=changes)
    found = read(render(msgspec.structs.replace(SAMPLE, run=run), tmp_path / "x.zip"))
    assert {"key": "compared_with", "value": "before"} in found["run.csv"]
    (row,) = found["changed-gaps.csv"]
    assert (row["check"], row["title"], row["failed"], row["judged"]) == ("telnet-offered", "'=1+1", "3", "9")


def test_the_same_assessment_gives_the_same_bytes(file, tmp_path):
    assert render(SAMPLE, tmp_path / "again.zip").read_bytes() == file.read_bytes()


def test_an_empty_run_knows_nothing(empty_run, tmp_path):
    found = read(render(empty_run, tmp_path / "empty.zip"))
    assert found["gaps.csv"] == found["evidence.csv"] == []
    assert {row["outcome"] for row in found["observations.csv"]} == {"unknown"}
    assert {row["status"] for row in found["controls.csv"]} == {"not-assessed"}


def test_the_columns_fit_a_workbook(tables):
    sheet = Workbook().active
    for rows in tables.values():
        for row in rows[:50]:
            sheet.append(list(row.values()))  # openpyxl raises for what XML and Excel refuse
