"""Writes the workbook that officers fill in."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from posture.atomic import replacing
from posture.catalog import Catalog
from posture.governance.ledger import Ledger, Practices, RecordedRiskAnalysis, Register
from posture.governance.period import today
from posture.presentation import METHODS, capital
from posture.questionnaire import read_me
from posture.questionnaire.asked import Addressable, Only, Question, addressables, questions, shown, state_word
from posture.questionnaire.looks import BAND, CELL, DAY, HEADING
from posture.questionnaire.shape import (
    ANALYSES,
    ANSWER,
    CHECKED,
    CHOICE,
    DECISIONS,
    EPHI,
    FLOWS,
    FORMAT,
    FRAMEWORK,
    HOSTING,
    LISTS,
    PRACTICES,
    QUESTIONS,
    SYSTEMS,
    Column,
    Shape,
)
from posture.scope import Scope
from posture.workbook.book import Book, Properties
from posture.workbook.sheet import Sheet, Value

__all__ = ["Exported", "baseline", "current", "export"]

_CHOICES: Final = {
    "answer": tuple(ANSWER.values()),
    "methods": tuple(CHECKED.values()),
    "choice": tuple(CHOICE.values()),
    "hosting": tuple(HOSTING.values()),
    "ephi": tuple(EPHI.values()),
    "framework": tuple(FRAMEWORK.values()),
}
_FIRST_LIST = 4  # the column of the first list on the hidden sheet
_FIRST_DAY = "36526"  # 1 January 2000, as a workbook counts days
_HEAD = 2  # the row of the headings, below the bands


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """How much a workbook asks."""

    questions: int
    decisions: int


def current(ledger: Ledger) -> tuple[Register, Practices]:
    """The register and the practices as they were declared last."""
    register = [each.statement for each in ledger.of(Register) if isinstance(each.statement, Register)]
    practices = [each.statement for each in ledger.of(Practices) if isinstance(each.statement, Practices)]
    return (register or [Register()])[-1], (practices or [Practices()])[-1]


def baseline(thing: Register | Practices) -> str:
    """A digest of what the workbook shows of a register or of practices, whatever the order of its rows."""
    data = shown(thing)
    lists = {key: sorted(map(repr, each)) for key, each in data.items() if isinstance(each, list)}  # type: ignore[attr-defined]  # a struct becomes a dict
    return hashlib.sha256(msgspec.json.encode(lists, order="sorted")).hexdigest()


def export(  # noqa: PLR0913  # what is asked, of whom, and when
    out: Path,
    *,
    catalogs: Sequence[Catalog],
    scope: Scope,
    ledger: Ledger,
    as_of: datetime,
    only: Collection[Only] = (),
) -> Exported:
    """Write the workbook, whole or not at all, readable by its owner only. Raises OSError where it can't be written."""
    asked = questions(catalogs, scope, ledger, as_of, only)
    decided = addressables(catalogs, scope, ledger, as_of, only)
    register, practices = current(ledger)
    organisation = scope.organisation.name
    properties = Properties(
        title=f"{organisation}: questions",
        subject="Attestations, decisions and registers, to fill in and import",
        creator="Posture",
        created=as_of,
        custom={"posture format": FORMAT},
    )
    with replacing(out) as temporary, Book(properties, f"As of {today(as_of, scope.organisation.time_zone)}") as book:
        read_me.write(book, catalogs, scope, as_of, only)
        _table(book, QUESTIONS, map(_question, asked))
        _table(book, DECISIONS, map(_decision, decided))
        _table(book, ANALYSES, (), note=_on_record(ledger))
        _table(book, SYSTEMS, _records(SYSTEMS, register.systems, {"hosting": HOSTING, "ephi": EPHI}))
        _table(book, FLOWS, _records(FLOWS, register.flows))
        _table(book, PRACTICES, _records(PRACTICES, practices.practices))
        _lists(book, ledger, register, practices)
        book.save(temporary)
    return Exported(questions=len(asked), decisions=len(decided))


def _question(each: Question) -> dict[str, Value]:
    control, last = each.control, each.last
    return {
        **_about(control.id, control.title, each.label, last.catalog),
        "requirement": control.requirement,
        "question": control.question,
        "attach": control.attach,
        "decided": capital(", ".join(METHODS[method] for method in control.methods)),
        "not_applicable": capital(control.not_applicable_when),
        "last_answer": ANSWER.get(last.answer, last.answer),
        "last_owner": last.owner,
        "last_on": last.attested_on,
        "last_until": last.expires,
        "state": state_word(last.state, expiring=last.expiring),
    }


def _decision(each: Addressable) -> dict[str, Value]:
    last = each.last
    return {
        **_about(each.control.id, each.control.title, each.label, last.catalog),
        "text": each.control.text,
        "last_choice": CHOICE.get(last.choice, last.choice),
        "last_approver": last.approver,
        "last_on": last.decided_on,
        "last_until": last.review_by,
        "state": state_word(last.state, expiring=each.expiring),
    }


def _about(control: str, title: str, label: str, catalog: str) -> dict[str, Value]:
    return {"control": control, "title": title, "party": label, "catalog": catalog}


def _records(
    shape: Shape, items: Iterable[msgspec.Struct], words: Mapping[str, Mapping[str, str]] | None = None
) -> Iterable[dict[str, Value]]:
    for item in items:
        values = {column.key: getattr(item, column.key) for column in shape.columns}
        for key, shown_as in (words or {}).items():
            values[key] = shown_as[values[key]]
        yield {key: "\n".join(value) if isinstance(value, tuple) else value for key, value in values.items()}


def _on_record(ledger: Ledger) -> str:
    said = [each.statement for each in ledger.of(RecordedRiskAnalysis)]
    titles = [f"{each.title} ({each.performed_on})" for each in said if isinstance(each, RecordedRiskAnalysis)]
    return f" On record: {'; '.join(titles)}." if titles else " None is on record."


# ── sheets ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _table(book: Book, shape: Shape, rows: Iterable[dict[str, Value]], note: str = "") -> None:
    sheet = book.page(shape.title, [column.width for column in shape.columns])
    inner = sheet.sheet
    inner.freeze_panes = f"{get_column_letter(shape.frozen + 1)}{_HEAD + 1}"
    inner.print_title_rows = f"1:{_HEAD}"
    _bands(sheet, shape, note)
    sheet.row([column.heading for column in shape.columns], [HEADING[column.group] for column in shape.columns])
    styles = [(DAY if column.day else CELL)[column.group] for column in shape.columns]
    for row in rows:
        sheet.row([row.get(column.key) for column in shape.columns], styles)
    for _ in range(shape.spare):
        sheet.row([None] * len(styles), styles)
    last = max(sheet.rows, _HEAD + 1)
    printed = [at for at, column in enumerate(shape.columns, 1) if column.group != "last"]
    inner.print_area = f"A1:{get_column_letter(printed[-1])}{last}"
    inner.auto_filter.ref = f"A{_HEAD}:{get_column_letter(len(shape.columns))}{last}"
    for at, column in enumerate(shape.columns, 1):
        if column.group == "entry":
            _check(sheet, shape, column, f"{get_column_letter(at)}{_HEAD + 1}:{get_column_letter(at)}{last}")


def _bands(sheet: Sheet, shape: Shape, note: str) -> None:
    """One line above the headings that says whose each group of columns is."""
    groups = [column.group for column in shape.columns]
    if len(shape.bands) == 1:
        text = shape.bands["entry"] + note
        sheet.row([text, *[None] * (len(groups) - 1)], [HEADING["question"]] * len(groups), merge_from=0)
        return
    texts = [shape.bands[group] if groups.index(group) == at else None for at, group in enumerate(groups)]
    sheet.row(texts, [BAND[group] for group in groups], height=20)


def _check(sheet: Sheet, shape: Shape, column: Column, cells: str) -> None:
    if column.choices:
        rule = DataValidation(type="list", formula1=_source(shape, column), allow_blank=True)
        rule.error = "Choose one of the list."
    elif column.day:
        rule = DataValidation(type="date", operator="greaterThan", formula1=_FIRST_DAY, allow_blank=True)
        rule.error = "Write a date, such as 2027-01-31."
    else:
        return
    rule.errorTitle, rule.showErrorMessage = column.heading.capitalize(), True
    rule.add(cells)
    sheet.sheet.data_validations.append(rule)


def _source(shape: Shape, column: Column) -> str:
    """The cells of the hidden sheet that hold the choices; the row itself says whether it may be not applicable."""
    at, count = _FIRST_LIST + list(_CHOICES).index(column.choices), len(_CHOICES[column.choices])
    if column.choices != "answer":
        return _range(at, count)
    only_when = f"${get_column_letter(shape.at('not_applicable'))}{_HEAD + 1}"
    return f'IF({only_when}="",{_range(at, count - 1)},{_range(at, count)})'


def _range(at: int, count: int) -> str:
    letter = get_column_letter(at)
    return f"{LISTS}!${letter}$2:${letter}${count + 1}"


def _lists(book: Book, ledger: Ledger, register: Register, practices: Practices) -> None:
    sheet = book.page(LISTS, [20, 70, 4, *[34] * len(_CHOICES)])
    facts = (
        ("format", FORMAT),
        ("register", baseline(register)),
        ("practices", baseline(practices)),
        ("ledger", str(ledger.position)),
    )
    lists = list(_CHOICES.values())
    for at in range(1 + max(len(facts), *map(len, lists))):
        name, value = facts[at] if at < len(facts) else (None, None)
        listed = list(_CHOICES) if at == 0 else [each[at - 1] if at <= len(each) else None for each in lists]
        sheet.row([name, value, None, *listed], ["text"] * (3 + len(lists)))
    sheet.sheet.sheet_state = "hidden"
