"""`posture-RUN-csv.zip`: the whole assessment as tables, one CSV file a table, for spreadsheets and other programs.

A column is a key of `assessment.json`, and has its words: `not-satisfied`, not *Not satisfied*. UTF-8 with a byte order
mark and CRLF, as RFC 4180 has it; a row is one line. Several values in a cell are separated by `; `. Text is never a
formula; what hides or reorders it is made visible. What a spreadsheet could not hold in a cell is cut, with a word.
"""

from __future__ import annotations

import csv
import inspect
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path

import msgspec

from posture.assessment import (
    Assessment,
    Asset,
    AttestationResult,
    Changes,
    CheckResult,
    ClinicalService,
    ControlChange,
    ControlResult,
    DecisionResult,
    DeclaredRow,
    EvidenceEntry,
    ExceptionResult,
    Extent,
    FamilyCount,
    Gap,
    GapChange,
    NetworkLink,
    Observation,
    PossibleDuplicate,
    ProbeResult,
    Risk,
    RiskChange,
    RunEntry,
    SubjectChange,
    ThresholdValue,
    TrendPoint,
    Unanswered,
    Undeclared,
    ZoneInfo,
    ZonePair,
)
from posture.presentation import safe_cell, visible
from posture.workbook.sheet import MAX_TEXT
from posture.zipped import archive

name = "csv"
suffix = "-csv.zip"

# A program that takes the semicolon for the end of a cell must not find a formula behind it either (CWE-1236).
_INNER = re.compile("(; *)(?=[=+@＝＋－＠-])")

_AGAINST = "An observation that contradicts a control."
_MARK = " … [cut here: {:,} more characters are in assessment.json]"


class Table(msgspec.Struct, frozen=True):
    """A file of the archive: its name, its headings, its rows as they come, and what a row is."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[Sequence[object]]
    about: str


def render(assessment: Assessment, out: Path) -> None:
    """Write the archive to `out`, all of it or nothing; the same assessment gives the same bytes."""
    with archive(out) as into:
        for table in tables(assessment):
            with into.entry(f"{table.name}.csv") as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(table.columns)
                writer.writerows([cell(value) for value in row] for row in table.rows)


def tables(a: Assessment) -> Iterator[Table]:
    """Every table, in the order of the report; one without rows has its headings all the same."""
    yield Table("run", ("key", "value"), _run(a), "What is said once: the organisation, the run, its seal and method.")
    yield _of(Extent, "coverage", a.coverage.extents)
    yield _of(FamilyCount, "figures", (*a.coverage.families, a.coverage.controls))
    yield _of(ControlResult, "controls", a.controls)
    yield _of(ControlResult, "frameworks", (each for part in a.frameworks for each in part.controls))
    yield Table("control-observations", ("catalog", "control", "observation"), _against(a), _AGAINST)
    yield _of(Gap, "gaps", a.gaps)
    yield _of(CheckResult, "checks", a.checks)
    yield _of(Observation, "observations", a.observations)
    yield Table(
        "observation-subjects",
        ("check", "outcome", "subject"),
        _members(a),
        "A member of a counted set, such as what passed.",
    )
    yield _of(Asset, "assets", a.assets)
    yield _of(DeclaredRow, "inventory", a.inventory.rows)
    yield _of(Undeclared, "inventory-undeclared", a.inventory.undeclared)
    yield _of(PossibleDuplicate, "inventory-duplicates", a.possible_duplicates)
    yield _of(Risk, "risks", a.risks)
    yield _of(ExceptionResult, "exceptions", a.exceptions)
    yield _of(AttestationResult, "attestations", a.attestations)
    yield _of(DecisionResult, "decisions", a.decisions)
    yield _of(ClinicalService, "services", a.services)
    yield _of(ZoneInfo, "zones", a.organisation.zones)
    yield _of(ZonePair, "segmentation", a.segmentation.pairs)
    yield _of(NetworkLink, "network-links", a.network.links)
    yield _of(ProbeResult, "probes", a.coverage.probes)
    yield _of(Unanswered, "not-assessed", a.coverage.unanswered)
    yield _of(ThresholdValue, "thresholds", a.method.thresholds)
    yield _of(EvidenceEntry, "evidence", a.evidence)
    yield _of(RunEntry, "runs", a.run.runs)
    yield from _changes(a.run.changes)


def _changes(changes: Changes | None) -> Iterator[Table]:
    """What is different from an earlier run; without rows where there was none to compare with."""
    yield _of(ControlChange, "changed-controls", changes.controls if changes else ())
    yield _of(GapChange, "changed-gaps", changes.gaps if changes else ())
    yield _of(RiskChange, "changed-risks", changes.risks if changes else ())
    subjects = (subject for check in changes.checks for subject in check.subjects) if changes else ()
    yield _of(SubjectChange, "changed-subjects", subjects)
    yield _of(TrendPoint, "trend", changes.trend if changes else ())


def _of(kind: type[msgspec.Struct], named: str, rows: Iterable[msgspec.Struct]) -> Table:
    columns = kind.__struct_fields__
    told = inspect.cleandoc(kind.__doc__ or "")
    return Table(named, columns, ([getattr(row, column) for column in columns] for row in rows), told)


def _run(a: Assessment) -> Iterator[tuple[str, object]]:
    yield from (
        ("schema", a.schema),
        ("fingerprint", a.fingerprint),
        ("fingerprint_words", a.fingerprint_words),
        ("organisation", a.organisation.name),
        ("sites", a.organisation.sites),
    )
    for part in (a.run, a.method):
        for key in part.__struct_fields__:
            value = getattr(part, key)
            if not isinstance(value, tuple | msgspec.Struct):
                yield key, value
    if a.run.seal:
        for key in a.run.seal.__struct_fields__:
            yield f"seal_{key}", getattr(a.run.seal, key)
    if a.run.changes:
        yield "compared_with", a.run.changes.since.id
    yield "catalogs", tuple(f"{each.id} ({each.status})" for each in a.method.catalogs)


def _against(a: Assessment) -> Iterator[tuple[str, str, str]]:
    every = (*a.controls, *(each for part in a.frameworks for each in part.controls))
    return ((each.catalog, each.id, key) for each in every for key in each.observations)


def _members(a: Assessment) -> Iterator[tuple[str, str, str]]:
    return ((each.check, each.outcome.value, key) for each in a.observations for key in each.subjects)


def cell(value: object) -> str:
    """A value as a cell holds it: never a formula, on one line, within what a spreadsheet can hold."""
    text = " ".join(visible(_text(value)).split())
    safe = _INNER.sub(r"\1'", safe_cell(text))
    if len(safe) <= MAX_TEXT:
        return safe
    room = MAX_TEXT - len(_MARK.format(len(safe)))
    return safe[:room] + _MARK.format(len(safe) - room)


def _text(value: object) -> str:  # noqa: PLR0911  # one return a kind of value
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case date() | datetime():
            return value.isoformat()
        case tuple():
            return "; ".join(_text(each) for each in value)
        case msgspec.Struct():
            return ", ".join(f"{key}={_text(getattr(value, key))}" for key in value.__struct_fields__)
        case _:
            return str(value)
