"""The workbook: the assessment as sheets to read, filter, print and work in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from posture.assessment import Assessment
from posture.atomic import replacing
from posture.presentation import OUTCOMES, PROBES, STATUSES
from posture.workbook import pages, tables
from posture.workbook.book import Book, Column, Properties
from posture.workbook.dress import labelled, to_work_in
from posture.workbook.places import ASSETS, CONTROLS, EVIDENCE, GAPS, NOT_ASSESSED, OBSERVATIONS, Places

name = "xlsx"
suffix = ".xlsx"


def render(assessment: Assessment, out: Path) -> None:
    """Write the workbook to `out`, all of it or nothing; the same assessment gives the same bytes."""
    properties = Properties(
        title=f"Security assessment of {assessment.organisation.name}",
        subject=f"Run {assessment.run.id}, fingerprint {assessment.fingerprint_words}",
        creator=f"Posture {assessment.method.version}",
        created=assessment.method.as_of,
        custom={"Run": assessment.run.id, "Fingerprint": assessment.fingerprint},
    )
    with Book(properties, f"Fingerprint {assessment.fingerprint_words}") as book, replacing(out) as temporary:
        _write(assessment, book)
        book.save(temporary)


def _write(assessment: Assessment, book: Book) -> None:
    places = Places(assessment)
    pages.summary(assessment, places, book)
    book.table(
        CONTROLS,
        tables.CONTROLS_COLUMNS,
        tables.controls(assessment, places),
        dress=labelled(tables.CONTROLS_COLUMNS, {"Status": STATUSES.values()}),
    )
    book.table(GAPS, tables.GAPS_COLUMNS, tables.gaps(assessment, places), dress=to_work_in)
    book.table(
        OBSERVATIONS,
        tables.OBSERVATIONS_COLUMNS,
        tables.observations(assessment, places),
        dress=labelled(tables.OBSERVATIONS_COLUMNS, {"Outcome": OUTCOMES.values()}),
    )
    book.table(ASSETS, tables.ASSETS_COLUMNS, tables.assets(assessment, places))
    for title, entries in (
        ("Risks", assessment.risks),
        ("Exceptions", assessment.exceptions),
        ("Attestations", assessment.attestations),
    ):
        if entries:
            _ledger(book, title, entries)
    book.table(NOT_ASSESSED, tables.NOT_ASSESSED_COLUMNS, tables.not_assessed(assessment, places))
    book.table(
        EVIDENCE,
        tables.EVIDENCE_COLUMNS,
        tables.evidence(assessment),
        dress=labelled(tables.EVIDENCE_COLUMNS, {"Outcome": PROBES.values()}),
    )
    pages.method(assessment, book)


def _ledger(book: Book, title: str, entries: Sequence[dict[str, str]]) -> None:
    keys = sorted({key for entry in entries for key in entry})
    columns = [Column(key.replace("_", " ").capitalize(), 26) for key in keys]
    book.table(title, columns, ([entry.get(key) for key in keys] for entry in entries))
