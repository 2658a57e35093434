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
from reports.sample import BIDI, FORMULA, HOSTILE, SCRIPT, sample_assessment, scanned_only

from posture import presentation
from posture.model import Outcome, Status
from posture.presentation import visible
from posture.registry import renderers
from posture.workbook import book
from posture.workbook import sheet as sheet_of_text
from posture.workbook.findings import WORK
from posture.workbook.sheet import MAX_TEXT, cut, fitted

SAMPLE = sample_assessment(hostile_organisation=True)
SCANNED = scanned_only()
GAPS, REACH, SYSTEMS, PROPOSED = "Gaps and POA&M", "Ransomware reach", "Systems", "Proposed rule 2025"
SHEETS = [
    "Summary",
    GAPS,
    "Controls",
    "Attestations",
    "Decisions",
    "Exceptions",
    "Risks",
    "Services",
    REACH,
    "Segmentation",
    SYSTEMS,
    "Practices",
    "Frameworks",
    PROPOSED,
    "Crosswalks",
    "Observations",
    "Assets",
    "Inventory compared",
    "Not assessed",
    "Evidence",
    "Changes",
    "Trend",
    "Method",
]
TABLES = [name for name in SHEETS[1:-1] if name not in {REACH, SYSTEMS}]
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


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    return load_workbook(render(SCANNED, tmp_path_factory.mktemp("scanned") / "report.xlsx"))


def head(sheet):
    return int(re.match(r"[A-Z]+(\d+)", sheet.auto_filter.ref)[1])


def cells(sheet, heading):
    headings = [cell.value for cell in sheet[head(sheet)]]
    return [row[headings.index(heading)] for row in sheet.iter_rows(min_row=head(sheet) + 1)]


def column(sheet, heading):
    return [cell.value for cell in cells(sheet, heading)]


def label(of):
    return f"{of.symbol} {of.word}"


def plainly(text):
    return re.sub(r"`([^`]+)`", r"“\1”", text)


def at_midnight(days):
    return [datetime.combine(day, datetime.min.time()) if day else None for day in days]


def summary_rows(sheet):
    found = {}
    for row in sheet.iter_rows(values_only=True):
        found.setdefault(row[0], row[1:])
    found.pop(None, None)
    return found


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


def test_the_worst_risks_are_on_the_first_sheet(workbook):
    rows = summary_rows(workbook["Summary"])
    for risk in SAMPLE.risks[:5]:
        assert label(presentation.LEVELS[risk.level]) == rows[risk.title][0]
        assert plainly(risk.fix) in rows[risk.title][2]


def test_without_a_register_the_worst_gaps_are_on_the_first_sheet(scanned):
    rows = summary_rows(scanned["Summary"])
    for gap in SCANNED.gaps[:5]:
        assert presentation.gap_extent(gap) in rows[gap.title][1]


@pytest.mark.parametrize("row", SAMPLE.coverage.answered, ids=lambda row: row.family)
def test_by_what_a_familys_controls_are_answered_adds_up_to_its_controls(workbook, row):
    numbers = (row.tested, row.attested, row.tested_and_attested, row.accepted, row.nothing)
    assert sum(numbers) == row.of
    said = [
        cells[1:7]
        for cells in workbook["Summary"].iter_rows(values_only=True)
        if cells[0] == presentation.family(row.family)
    ]
    assert said[1] == (row.of, *numbers)


@pytest.mark.parametrize("scenario", SAMPLE.blast_radius.scenarios, ids=lambda each: each.start)
def test_the_first_sheet_says_what_would_stop(workbook, scenario):
    losses, backups, machines, of, which = summary_rows(workbook["Summary"])[scenario.name][:5]
    assert (losses, backups) == (len(scenario.losses), len(scenario.backups))
    assert (machines, of) == (scenario.machines, scenario.of)
    assert all(visible(loss.name) in which for loss in scenario.losses)


@pytest.mark.parametrize("made", ["workbook", "scanned"])
def test_the_first_sheet_says_that_scans_alone_satisfy_no_control(made, request):
    claims = summary_rows(request.getfixturevalue(made)["Summary"])
    assert any(text.startswith("Scans alone satisfy no control.") for text in claims)


def test_scans_alone_satisfied_no_control(scanned):
    assert summary_rows(scanned["Summary"])["All families"][1:3] == (0, 0)
    assert set(column(scanned["Controls"], "Status")) == {
        label(presentation.STATUSES[status]) for status in (Status.NOT_SATISFIED, Status.NOT_ASSESSED)
    }


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
    sheet, count = workbook[GAPS], len(SAMPLE.gaps)
    assert column(sheet, "Weakness")[:count] == [gap.title for gap in SAMPLE.gaps]
    assert column(sheet, "Failed")[:count] == [gap.failed for gap in SAMPLE.gaps]
    assert column(sheet, "Judged")[:count] == [gap.judged for gap in SAMPLE.gaps]
    assert column(sheet, "Not known")[:count] == [gap.unknown for gap in SAMPLE.gaps]
    assert column(sheet, "Of the failed, accepted")[:count] == [gap.accepted for gap in SAMPLE.gaps]


def test_what_no_gap_of_this_run_stands_for_is_a_weakness_too_unless_it_is_closed(workbook):
    shown = column(workbook[GAPS], "Weakness id")
    assert shown[len(SAMPLE.gaps) :] == [
        risk.id for risk in SAMPLE.risks if risk.state != "closed" and risk.id not in {gap.risk for gap in SAMPLE.gaps}
    ]
    assert len(set(shown)) == len(shown)
    assert {risk.id for risk in SAMPLE.risks if risk.state == "closed"}.isdisjoint(shown)


def test_a_weakness_is_filled_in_from_the_register(workbook):
    sheet = workbook[GAPS]
    risks = {risk.id: risk for risk in SAMPLE.risks}
    of = [risks[id_] for id_ in column(sheet, "Weakness id")]
    assert column(sheet, "Risk level") == [label(presentation.LEVELS[risk.level]) for risk in of]
    assert column(sheet, "Owner") == [risk.owner or None for risk in of]
    assert column(sheet, "Due") == at_midnight(risk.due for risk in of)
    assert column(sheet, "Response") == [risk.response.capitalize() or None for risk in of]
    assert column(sheet, "Status") == ["Risk accepted" if risk.state == "accepted" else "Open" for risk in of]
    assert {"Risk accepted", "Open"} == set(column(sheet, "Status"))
    for cell, risk in zip(cells(sheet, "Exception"), of, strict=True):
        assert bool(cell.value) == bool(risk.exceptions)
        if cell.value:
            assert target(workbook, cell.hyperlink.location).value == risk.exceptions[0]


def test_without_a_register_a_weakness_keeps_the_id_of_its_check(scanned):
    assert column(scanned[GAPS], "Weakness id") == [gap.check for gap in SCANNED.gaps]
    assert set(column(scanned[GAPS], "Due") + column(scanned[GAPS], "Owner")) == {None}
    assert set(column(scanned[GAPS], "Status")) == {"Open"}


def test_a_weakness_is_ready_to_be_worked_on(workbook):
    sheet = workbook[GAPS]
    validations = {str(each.sqref): each for each in sheet.data_validations.dataValidation}
    area = {
        heading: f"{found[0].coordinate}:{found[-1].coordinate}"
        for heading in ("Status", "Due", "Response", "Milestones")
        if (found := cells(sheet, heading))
    }
    assert validations[area["Status"]].formula1 == '"Open,In progress,Done,Risk accepted,False positive claimed"'
    assert validations[area["Response"]].formula1 == '"Mitigate,Accept,Transfer,Avoid"'
    assert validations[area["Due"]].type == "date"
    assert tuple(validations[area["Status"]].formula1.strip('"').split(",")) == WORK
    assert set(column(sheet, "Milestones")) == {None}


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


# ── what people answered for ─────────────────────────────────────────────────────────────────────────────────────


def test_each_attestation_is_a_row_with_its_dates(workbook):
    sheet, given = workbook["Attestations"], SAMPLE.attestations
    assert column(sheet, "Control") == [each.control for each in given]
    assert column(sheet, "Attested on") == at_midnight(each.attested_on for each in given)
    assert column(sheet, "Ends") == at_midnight(each.expires for each in given)
    labels = presentation.ANSWER_STATES
    assert column(sheet, "State") == [
        label(presentation.EXPIRING if each.expiring else labels[each.state]) for each in given
    ]
    assert {"In force", "Ends soon", "Expired", "Missing", "Not yet in force"} == {
        state.split(" ", 1)[1] for state in column(sheet, "State")
    }


def test_each_decision_is_a_row_and_a_missing_one_says_so(workbook):
    sheet = workbook["Decisions"]
    assert column(sheet, "Control") == [each.control for each in SAMPLE.decisions]
    assert column(sheet, "Review by") == at_midnight(each.review_by for each in SAMPLE.decisions)
    missing = [each.control for each in SAMPLE.decisions if each.state == "missing"]
    rows = zip(column(sheet, "Control"), column(sheet, "State"), column(sheet, "Decision"), strict=True)
    assert [control for control, state, choice in rows if "Missing" in state and choice is None] == missing


def test_each_exception_is_a_row_that_says_what_it_covers_and_what_it_cannot_waive(workbook):
    sheet = workbook["Exceptions"]
    assert column(sheet, "Exception") == [each.id for each in SAMPLE.exceptions]
    assert column(sheet, "Fails covered") == [len(each.observations) for each in SAMPLE.exceptions]
    assert column(sheet, "Required, so not waived") == [
        "\n".join(each.not_waived) or None for each in SAMPLE.exceptions
    ]
    assert column(sheet, "Granted on") == at_midnight(each.granted_on for each in SAMPLE.exceptions)


def test_a_control_says_by_what_it_is_answered_by_whom_and_until_when(workbook):
    sheet = workbook["Controls"]
    assert column(sheet, "Answered by") == [
        presentation.capital(presentation.ANSWERED[each.answered]) if each.counted else None for each in SAMPLE.controls
    ]
    at = column(sheet, "Control").index("164.316(a)")
    [answer] = [each for each in SAMPLE.attestations if each.control == "164.316(a)"]
    assert column(sheet, "Attested by")[at] == visible(answer.owner)
    until = cells(sheet, "Attested until")[at]
    assert [until.value] == at_midnight([answer.expires])
    assert target(workbook, until.hyperlink.location).value == "164.316(a)"


def test_an_expired_answer_is_shown_as_one_on_its_control(workbook):
    sheet = workbook["Controls"]
    at = column(sheet, "Control").index("164.308(a)(8)")
    assert column(sheet, "Attested by")[at] == "Internal audit (expired)"


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ("164.308(a)(7)(ii)(A)", "CIO (answered no)"),
        ("164.310(c)", "R. Okafor (answered yes and no)"),
        ("164.308(a)(4)(ii)(A)", "Counsel (answered not applicable)"),
    ],
)
def test_who_answered_anything_but_yes_is_not_shown_as_having_attested_it(workbook, control, said):
    sheet = workbook["Controls"]
    assert column(sheet, "Attested by")[column(sheet, "Control").index(control)] == said


def test_an_answer_that_only_some_parties_gave_says_how_many(tmp_path):
    two = [each for each in SAMPLE.attestations if each.control == "164.310(b)"]
    half = (two[0], msgspec.structs.replace(two[1], state="expired"))
    out = render(msgspec.structs.replace(SAMPLE, attestations=half), tmp_path / "report.xlsx")
    sheet = load_workbook(out)["Controls"]
    said = column(sheet, "Attested by")[column(sheet, "Control").index("164.310(b)")]
    assert said == f"{two[0].owner} (1 of 2 answers in force)"


# ── what is at stake ─────────────────────────────────────────────────────────────────────────────────────────────


def test_each_risk_is_a_row_with_its_factors(workbook):
    sheet = workbook["Risks"]
    assert column(sheet, "Id") == [risk.id for risk in SAMPLE.risks]
    assert column(sheet, "No.") == [risk.place for risk in SAMPLE.risks]
    for heading, field in (("Level", "level"), ("Likelihood", "likelihood"), ("Impact", "impact")):
        assert column(sheet, heading) == [label(presentation.LEVELS[getattr(risk, field)]) for risk in SAMPLE.risks]
    assert column(sheet, "Due") == at_midnight(risk.due for risk in SAMPLE.risks)
    assert column(sheet, "Overdue") == ["▲ Overdue" if risk.overdue else None for risk in SAMPLE.risks]
    for said, risk in zip(column(sheet, "What they are made of"), SAMPLE.risks, strict=True):
        assert all(factor.why in said for factor in risk.factors)


@pytest.mark.parametrize(
    ("made", "said"),
    [("workbook", "Enterprise risk analysis 2026, performed on 11 February 2026"), ("scanned", "was not handed in")],
)
def test_above_the_register_stands_the_hospitals_own_risk_analysis(made, said, request):
    preface = request.getfixturevalue(made)["Risks"]["A1"].value
    assert said in preface
    assert "never takes its place" in preface


def test_each_service_is_a_row_with_its_readiness(workbook):
    sheet = workbook["Services"]
    assert column(sheet, "Service") == [visible(each.name) for each in SAMPLE.services]
    assert column(sheet, "RPO, hours") == [each.rpo_hours for each in SAMPLE.services]
    assert column(sheet, "Last drill") == at_midnight(each.last_drill for each in SAMPLE.services)
    for at, item in enumerate(SAMPLE.services[0].readiness):
        assert column(sheet, item.name) == [
            label(presentation.READINESS[each.readiness[at].state]) for each in SAMPLE.services
        ]


def test_the_reach_of_ransomware_gives_each_loss_its_reason_step_by_step(workbook):
    rows = list(workbook[REACH].iter_rows(values_only=True))
    for scenario in SAMPLE.blast_radius.scenarios:
        for loss in scenario.losses:
            [reason] = [row[3] for row in rows if row[:2] == (scenario.name, cut(visible(loss.name), 28.8))]
            assert visible(loss.because) in reason
            assert [
                ("assumed)", "seen in evidence)")[hop.shown] in line
                for hop, line in zip(loss.path, reason.split("\n")[1:], strict=True)
            ] == [True] * len(loss.path)
    texts = {row[0] for row in rows}
    assert {f"•  {visible(each)}" for each in (*SAMPLE.blast_radius.assumptions, *SAMPLE.blast_radius.unknown)} <= texts
    for change in SAMPLE.blast_radius.changes:
        assert (change.saves_services, change.saves_machines, change.saves_backups, visible(change.what)) in {
            row[1:5] for row in rows
        }


def test_the_register_of_systems_has_its_dates_its_flows_and_what_is_wanting(workbook):
    rows = summary_rows(workbook[SYSTEMS])
    for system in SAMPLE.register.systems:
        assert rows[system.id][0] == visible(system.name)
        assert list(rows[system.id][5:7]) == at_midnight((system.agreement_on, system.agreement_ends))
    assert all(f"•  {visible(problem)}" in rows for problem in SAMPLE.register.problems)
    assert rows["Cloud EHR"][1:3] == (visible(SAMPLE.register.flows[1].what), "not stated")


def test_a_practice_has_its_numbers_month_by_month(workbook):
    sheet = workbook["Practices"]
    assert sheet["A1"].value.startswith("Recognized security practices. Supporting, in mitigation:")
    first, later = SAMPLE.practices
    for at, month in enumerate(first.months):
        assert column(sheet, month)[:2] == [first.runs[at], first.attested[at]]
        assert column(sheet, month)[2:] == (["not yet"] if month in later.not_yet else [0]) * 2
    assert column(sheet, "Months without support") == [len(each.gaps) for each in SAMPLE.practices for _ in "12"]


# ── other frameworks ─────────────────────────────────────────────────────────────────────────────────────────────


def test_other_catalogs_stand_apart_from_the_rule(workbook):
    others = [part for part in SAMPLE.frameworks if not part.proposed]
    sheet = workbook["Frameworks"]
    assert column(sheet, "Control") == [visible(each.id) for part in others for each in part.controls]
    assert column(sheet, "Status") == [
        label(presentation.STATUSES[each.status]) for part in others for each in part.controls
    ]
    assert set(column(workbook["Controls"], "Catalog")) == {"hipaa-security-rule"}


def test_a_proposed_rule_has_a_sheet_of_its_own_that_says_what_it_is(workbook):
    [proposed] = [part for part in SAMPLE.frameworks if part.proposed]
    sheet = workbook[PROPOSED]
    assert sheet["A1"].value.startswith("Proposed, not law")
    assert column(sheet, "Control") == [each.id for each in proposed.controls]
    assert proposed.catalog.title not in column(workbook["Frameworks"], "Catalog")


def test_a_proposed_rule_is_in_no_figure(tmp_path):
    without = tuple(part for part in SAMPLE.frameworks if not part.proposed)
    bare = load_workbook(render(msgspec.structs.replace(SAMPLE, frameworks=without), tmp_path / "report.xlsx"))
    whole = load_workbook(render(SAMPLE, tmp_path / "whole.xlsx"))
    for name in set(SHEETS) - {PROPOSED, "Method"}:
        left, right = (list(book[name].iter_rows(values_only=True)) for book in (bare, whole))
        assert [row for row in left if row[0] != "Fingerprint"] == [row for row in right if row[0] != "Fingerprint"]


def test_each_counterpart_of_a_control_is_a_row(workbook):
    sheet = workbook["Crosswalks"]
    found = zip(*(column(sheet, heading) for heading in ("Control", "Framework", "There")), strict=True)
    pairs = [(control.id, each.framework, each.id) for control in SAMPLE.controls for each in control.crosswalks]
    assert list(found) == pairs
    assert pairs


# ── nothing there ────────────────────────────────────────────────────────────────────────────────────────────────

MISSING = {
    "Exceptions": "posture exceptions add",
    "Risks": "posture risks assign",
    "Services": "[[service]]",
    REACH: "[[service]]",
    SYSTEMS: "posture attest export",
    "Practices": "posture attest export",
    "Frameworks": "[catalogs]",
    PROPOSED: "[catalogs]",
    "Crosswalks": "no counterpart",
}


@pytest.mark.parametrize("name", [name for name in MISSING if name != "Crosswalks"])
def test_a_sheet_with_nothing_in_it_says_what_is_missing_and_how_to_give_it(scanned, name):
    sheet = scanned[name]
    texts = [row[0] for row in sheet.iter_rows(values_only=True) if row[0]]
    assert MISSING[name] in texts[-1]
    if name in TABLES:
        assert sheet.max_row == head(sheet) + 1


def test_an_assessment_of_nothing_is_still_a_workbook(tmp_path):
    empty = msgspec.structs.replace(
        SCANNED,
        controls=(),
        gaps=(),
        checks=(),
        observations=(),
        assets=(),
        evidence=(),
        attestations=(),
        decisions=(),
        coverage=msgspec.structs.replace(
            SAMPLE.coverage, extents=(), families=(), answered=(), probes=(), unanswered=()
        ),
    )
    workbook = load_workbook(render(empty, tmp_path / "report.xlsx"))
    assert workbook.sheetnames == SHEETS
    assert "No check failed. That is not a finding of compliance: see what was not assessed." in summary_rows(
        workbook["Summary"]
    )
    for name in TABLES:
        sheet = workbook[name]
        assert sheet.max_row == head(sheet) + 1
        assert sheet.cell(head(sheet) + 1, 1).value.endswith(".")


# ── how it is used ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_frozen_filtered_headings_that_print_on_each_page(workbook, name):
    sheet = workbook[name]
    at = head(sheet)
    assert at in {1, 2}
    assert sheet.freeze_panes == f"A{at + 1}"
    assert sheet.auto_filter.ref == sheet.dimensions.replace("A1:", f"A{at}:")
    assert sheet.print_title_rows == f"$1:${at}"


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
    assert load_workbook(out)[GAPS].oddHeader.left.text.endswith("Smith &&P && Sons &&D")


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
    for gap, cell in zip(SAMPLE.gaps, cells(workbook[GAPS], "Failed"), strict=False):
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


@pytest.mark.parametrize("name", SHEETS)
def test_no_sheet_holds_what_hides_or_what_a_spreadsheet_would_take_for_a_formula(workbook, name):
    texts = [cell for row in workbook[name].iter_rows() for cell in row if isinstance(cell.value, str)]
    assert texts
    for cell in texts:
        assert cell.data_type == "s"
        assert visible(cell.value) == cell.value
        if cell.value.lstrip().startswith(("=", "+", "-", "@")):
            assert cell.quotePrefix


@pytest.mark.parametrize(
    "name",
    [GAPS, "Attestations", "Decisions", "Exceptions", "Risks", "Services", REACH, SYSTEMS, "Practices", "Frameworks"],
)
def test_hostile_text_of_people_is_there_as_text(workbook, name):
    whole = "\n".join(
        cell for row in workbook[name].iter_rows(values_only=True) for cell in row if isinstance(cell, str)
    )
    assert any(visible(text).split("\n")[0] in whole for text in HOSTILE)


@pytest.mark.parametrize("text", ["short", "exactly so", "a text that is longer", " two\nlines of it "])
def test_the_text_of_a_link_stays_on_one_line_within_its_column(text):
    held = cut(text, 10)
    assert len(held) <= 10
    assert "\n" not in held
    assert held == text or held.endswith("…")


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_full_sheet_goes_on_in_another_and_links_find_it(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "MAX_ROWS", 51)
    workbook = load_workbook(render(SAMPLE, tmp_path / "report.xlsx"))
    parts = [name for name in workbook.sheetnames if name.startswith("Observations")]
    assert parts == ["Observations", *(f"Observations ({at})" for at in range(2, len(parts) + 1))]
    assert len(parts) == -(-len(SAMPLE.observations) // 50)
    assert sum(workbook[part].max_row - 1 for part in parts) == len(SAMPLE.observations)
    assert all(workbook[part].freeze_panes == "A2" for part in parts)
    for gap, cell in zip(SAMPLE.gaps, cells(workbook[GAPS], "Failed"), strict=False):
        goal = target(workbook, cell.hyperlink.location)
        assert goal.parent.cell(goal.row, 3).value == gap.title


def test_beyond_the_limit_cells_have_no_links_and_the_method_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(sheet_of_text, "MAX_LINKS", 20)
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
    with (out / "report-Gaps and POA&M.csv").open(newline="", encoding="utf-8") as stream:
        next(stream)  # what stands above the headings
        gaps = list(csv.DictReader(stream))
    assert [int(row["Failed"]) for row in gaps if row["Failed"]] == [gap.failed for gap in SAMPLE.gaps]
    with (out / "report-Assets.csv").open(newline="", encoding="utf-8") as stream:
        names = [row["Name"] for row in csv.DictReader(stream)]
    assert names == [visible(asset.name) for asset in with_it.assets]
