"""A scan by nmap, compared with an inventory from a file, all the way into the reports."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from lab.scans import Listener, Run, private_loopback, scope, zone

from posture import catalog, registry
from posture.assessment import Assessment
from posture.assessment import Run as RunOf
from posture.evaluate import evaluate
from posture.imports import load
from posture.model import Outcome
from posture.request import PlannedProbe, Request
from posture.testing import AS_OF

HOSTILE = "<script>alert(1)</script>"
ROWS = (
    ("Hostname", "IP", "MAC", "Type", "Owner"),
    ("known.hosp.example", "127.0.9.1", "", "Server", "IT"),
    (HOSTILE, "127.0.9.3", "", "Laptop", "=1+1"),
    ("excluded.hosp.example", "127.0.9.9", "", "Infusion pump", "Biomed"),
    ("elsewhere.hosp.example", "127.0.77.1", "", "Switch", "IT"),
)


@pytest.fixture(scope="module")
def assessment(tmp_path_factory) -> Assessment:
    """Two hosts answer, one of them is declared; of three that do not, one was looked for."""
    where = tmp_path_factory.mktemp("inventory")
    text = io.StringIO()
    csv.writer(text).writerows(ROWS)
    (where / "inventory.csv").write_text(text.getvalue())
    declared = load([where / "inventory.csv"], registry.collectors()).evidence
    given = scope(zone("127.0.9.1", "127.0.9.2", "127.0.9.3", "127.0.9.9", exclude=("127.0.9.9",)))
    with private_loopback(), Listener("127.0.9.1", 22), Listener("127.0.9.2", 22):
        run = Run(given, where)
        planned = []
        for probe in run.plan():
            outcomes = {evidence.envelope.outcome for evidence in run.ask(probe)}
            planned.append(PlannedProbe(probe=probe, outcome="complete" if outcomes <= {"complete"} else "partial"))
    request = Request(
        run=RunOf(id="r", started=AS_OF.at), scope=given, as_of=AS_OF.at, version="0", probes=tuple(planned)
    )
    return evaluate(
        request, (*run.evidence, *declared), registry.load_checks(), registry.collectors(), catalog.built_in()
    )


def test_each_row_is_what_became_of_it(assessment):
    found = {row.row: row.state for row in assessment.inventory.rows}
    assert found["2"] == "seen"
    assert found["4"] == "not-looked-for"
    assert found["5"] == "not-looked-for"
    # All of 127.0.0.0/8 answers on loopback, so that what nobody listens on is there, and says that it is closed.
    assert found["3"] == "seen"


def test_the_host_that_no_row_has_is_the_only_one_not_in_the_inventory(assessment):
    assert [(each.name, each.state) for each in assessment.inventory.undeclared] == [("127.0.9.2", "not-declared")]
    fails = [
        each.subject_name
        for each in assessment.observations
        if (each.check, each.outcome) == ("host-not-in-inventory", Outcome.FAIL)
    ]
    assert fails == ["127.0.9.2"]


def test_the_declared_class_is_in_the_assets_with_its_reason(assessment):
    classes = {asset.addresses[0]: (asset.device_class, asset.class_reason) for asset in assessment.assets}
    assert classes["127.0.9.1"] == ("server", "Declared as server: inventory.csv, row 2 says Server.")
    assert classes["127.0.9.2"][0] == "unknown"


def test_the_page_shows_the_comparison_and_runs_nothing_of_it(assessment, tmp_path):
    out = tmp_path / "report.html"
    registry.renderers()["html"].render(assessment, out)
    page = out.read_text()
    assert 'id="undeclared"' in page
    assert "Not in the inventory" in page
    assert "Declared as server: inventory.csv, row 2 says Server." in page
    assert "<script>alert" not in page


def test_the_workbook_has_a_sheet_of_it_without_formulas(assessment, tmp_path):
    out = tmp_path / "report.xlsx"
    registry.renderers()["xlsx"].render(assessment, out)
    sheet = openpyxl.load_workbook(out)["Inventory compared"]
    rows = list(sheet.iter_rows(min_row=2))
    assert {row[0].value for row in rows} >= {"Not in the inventory", "In the inventory", "Not looked for"}
    assert not any(cell.data_type == "f" and "1+1" in str(cell.value) for row in rows for cell in row)
