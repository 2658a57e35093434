"""Which data judged is said in every format of a report, and that it is old or an extract."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import msgspec
import pytest
from openpyxl import load_workbook
from reports.sample import sample_assessment

from posture.reference import shipped
from posture.reference.notes import limits, notes
from posture.registry import renderers
from posture.thresholds import Thresholds

USED = notes(shipped(), datetime(2028, 1, 1, tzinfo=UTC), Thresholds())


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    sample = sample_assessment()
    method = msgspec.structs.replace(sample.method, reference=USED, limits=tuple(limits(USED)))
    return msgspec.structs.replace(sample, method=method), tmp_path_factory.mktemp("reports")


def html(assessment, folder) -> str:
    renderers()["html"].render(assessment, folder / "report.html")
    text = (folder / "report.html").read_text()
    section = text.partition('<section id="method"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", section).split())


def workbook(assessment, folder) -> str:
    renderers()["xlsx"].render(assessment, folder / "report.xlsx")
    rows = load_workbook(folder / "report.xlsx")["Method"].iter_rows(values_only=True)
    return " ".join(str(value) for row in rows for value in row if value is not None)


@pytest.mark.parametrize("form", [html, workbook], ids=["html", "workbook"])
def test_a_report_names_the_data_that_judged_and_says_when_it_is_old(form, told):
    text = form(*told)

    for each in USED:
        assert each.title in text
        assert each.sha256 in text
        assert each.dated.isoformat() in text
    assert text.count("too old") == len(USED)
    assert "an extract" in text
    assert "Nothing passed by them: it is unknown instead." in text


def test_the_machine_readable_form_holds_it_too(told):
    assessment, folder = told
    renderers()["json"].render(assessment, folder / "assessment.json")
    found = json.loads((folder / "assessment.json").read_text())["method"]["reference"]

    assert [(each["sha256"], each["too_old"]) for each in found] == [(each.sha256, True) for each in USED]
