"""The workbook: the assessment as sheets to read, filter, print and work in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeAlias

from posture.assessment import Assessment
from posture.atomic import replacing
from posture.presentation import (
    ANSWER_STATES,
    CHANGES,
    EXPIRING,
    LEVELS,
    OUTCOMES,
    OVERDUE,
    PAIRS,
    PROBES,
    RISK_STATES,
    SEVERITIES,
    STATUSES,
    Label,
)
from posture.workbook import answers, changes, clinical, columns, dress, findings, seen
from posture.workbook.book import Book, Properties
from posture.workbook.inventories import inventories
from posture.workbook.method import method
from posture.workbook.places import Places
from posture.workbook.reach import reach
from posture.workbook.segmentation import pairs
from posture.workbook.summary import summary
from posture.workbook.systems import systems

name = "xlsx"
suffix = ".xlsx"

Words: TypeAlias = Mapping[str, Collection[Label]]

_STATUS: Words = {"Status": STATUSES.values()}
_STATE: Words = {"State": (*ANSWER_STATES.values(), EXPIRING)}
_RISK: Words = {
    "Level": LEVELS.values(),
    "Likelihood": LEVELS.values(),
    "Impact": LEVELS.values(),
    "State": RISK_STATES.values(),
    "Overdue": (OVERDUE,),
}


def render(assessment: Assessment, out: Path) -> None:
    """Write the workbook to `out`, all of it or nothing; the same assessment gives the same bytes."""
    pack = assessment.run.pack
    properties = Properties(
        title=f"{'Extract of a security' if pack else 'Security'} assessment of {assessment.organisation.name}",
        subject=f"Run {assessment.run.id}, fingerprint {assessment.fingerprint_words}",
        creator=f"Posture {assessment.method.version}",
        created=assessment.method.as_of,
        custom={
            "Run": assessment.run.id,
            "Fingerprint": assessment.fingerprint,
            **({"Marking": pack.marking, "Taken from": pack.whole} if pack else {}),
        },
        marking=pack.marking if pack else "",
    )
    footer = f"Fingerprint {assessment.fingerprint_words}"
    with Book(properties, footer, extract=pack is not None) as book, replacing(out) as temporary:
        _write(assessment, book)
        book.save(temporary)


def _write(assessment: Assessment, book: Book) -> None:
    places = Places(assessment)
    summary(assessment, places, book)
    book.table(columns.GAPS, findings.gaps(assessment, places), dress=dress.to_work_in)
    _controls(assessment, places, book)
    _answers(assessment, places, book)
    risks = clinical.risks_table(assessment)
    book.table(
        risks,
        clinical.risks(assessment, places),
        dress=dress.labelled(risks, _RISK),
        needed=assessment.risk_analysis is not None,
    )
    book.table(
        clinical.services_table(assessment),
        clinical.services(assessment, places),
        dress=dress.ready(len(clinical.readiness(assessment))),
    )
    if assessment.run.pack is None:
        reach(assessment, places, book)
    book.table(
        columns.SEGMENTATION,
        pairs(assessment, places),
        dress=dress.labelled(columns.SEGMENTATION, {"State": PAIRS.values()}),
    )
    if assessment.run.pack is None or assessment.register.systems or assessment.register.flows:
        systems(assessment, book)
    book.table(
        answers.practices_table(assessment),
        answers.practices(assessment),
        dress=dress.months(len(answers.months(assessment))),
    )
    _frameworks(assessment, places, book)
    _seen(assessment, places, book)
    _changes(assessment, book)
    method(assessment, book)


def _changes(assessment: Assessment, book: Book) -> None:
    table = columns.CHANGES
    words: Words = {"Change": CHANGES.values(), "Severity": SEVERITIES.values()}
    book.table(table, changes.changes(assessment), dress=dress.labelled(table, words))
    book.table(columns.TREND, changes.trend(assessment))


def _controls(assessment: Assessment, places: Places, book: Book) -> None:
    table = columns.CONTROLS
    book.table(table, findings.controls(assessment, places), dress=dress.labelled(table, _STATUS))


def _answers(assessment: Assessment, places: Places, book: Book) -> None:
    for table, rows in (
        (columns.ATTESTATIONS, answers.attestations),
        (columns.DECISIONS, answers.decisions),
        (columns.EXCEPTIONS, answers.exceptions),
    ):
        book.table(table, rows(assessment, places), dress=dress.labelled(table, _STATE))


def _frameworks(assessment: Assessment, places: Places, book: Book) -> None:
    for table, rows in (
        (columns.FRAMEWORKS, findings.frameworks(assessment, places, proposed=False)),
        (columns.PROPOSED, findings.frameworks(assessment, places, proposed=True)),
        (columns.CROSSWALKS, findings.crosswalks(assessment, places)),
    ):
        book.table(table, rows, dress=dress.labelled(table, _STATUS))


def _seen(assessment: Assessment, places: Places, book: Book) -> None:
    outcomes: Words = {"Outcome": OUTCOMES.values()}
    probes: Words = {"Outcome": PROBES.values()}
    for table, rows, words in (
        (columns.OBSERVATIONS, seen.observations(assessment, places), outcomes),
        (columns.ASSETS, seen.assets(assessment, places), {}),
        (columns.INVENTORIES, inventories(assessment, places), {}),
        (columns.NOT_ASSESSED, seen.not_assessed(assessment, places), {}),
        (columns.EVIDENCE, seen.evidence(assessment), probes),
    ):
        book.table(table, rows, dress=dress.labelled(table, words), needed=table is columns.NOT_ASSESSED)
