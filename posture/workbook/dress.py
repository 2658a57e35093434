"""Colours by word, and the lists that the hospital chooses from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from posture.presentation import LEVELS, READINESS, RESPONSES, SEVERITIES, Label
from posture.workbook.book import Dress, Table
from posture.workbook.columns import GAPS, PRACTICES, SERVICES
from posture.workbook.findings import WORK
from posture.workbook.places import word

__all__ = ["coloured", "labelled", "months", "ready", "to_work_in"]

_FIRST_DAY = "36526"  # 1 January 2000, as a workbook counts days
_FILLS = {"1B6B3A": "E3F1E7", "A9231B": "FBE5E3", "8C1D18": "F6D5D2", "7A5200": "FBF0D9", "595959": "EDEDED"}


def labelled(table: Table, words: Mapping[str, Collection[Label]]) -> Dress:
    """Colour the cells under these headings by the word they hold; the word and its shape stay."""

    def dress(sheet: Worksheet, last: int) -> None:
        for heading, labels in words.items():
            coloured(sheet, table.cells(heading, last), labels)

    return dress


def coloured(sheet: Worksheet, cells: str, labels: Collection[Label]) -> None:
    """Colour these cells where they hold the word of one of the labels."""
    for label in labels:
        sheet.conditional_formatting.add(
            cells,
            CellIsRule(  # type: ignore[no-untyped-call]  # not in types-openpyxl
                operator="equal",
                formula=[f'"{word(label)}"'],
                font=Font(color=label.colour, bold=True),
                fill=PatternFill(bgColor=_FILLS[label.colour], fill_type="solid"),
            ),
        )


def to_work_in(sheet: Worksheet, last: int) -> None:
    """The columns that the hospital fills in: lists to choose from, real dates, and red where a date has passed."""
    labelled(GAPS, {"Severity": SEVERITIES.values(), "Risk level": LEVELS.values()})(sheet, last)
    _choice(sheet, GAPS.cells("Status", last), "Status", WORK)
    _choice(sheet, GAPS.cells("Response", last), "Response", list(RESPONSES.values()))
    due = DataValidation(type="date", operator="greaterThan", formula1=_FIRST_DAY, allow_blank=True)
    due.error, due.errorTitle = "Write a date, such as 2027-01-31.", "Due"
    due.add(GAPS.cells("Due", last))
    sheet.data_validations.append(due)
    status, due_on, first = GAPS.letter("Status"), GAPS.letter("Due"), GAPS.head + 1
    for state, colour in (("Done", "1B6B3A"), ("Risk accepted", "7A5200"), ("False positive claimed", "595959")):
        rule = CellIsRule(  # type: ignore[no-untyped-call]  # not in types-openpyxl
            operator="equal", formula=[f'"{state}"'], font=Font(color=colour, bold=True)
        )
        sheet.conditional_formatting.add(GAPS.cells("Status", last), rule)
    overdue = FormulaRule(  # type: ignore[no-untyped-call]  # not in types-openpyxl
        formula=[f'AND(ISNUMBER(${due_on}{first}),${due_on}{first}<TODAY(),${status}{first}<>"Done")'],
        font=Font(color="A9231B", bold=True),
    )
    sheet.conditional_formatting.add(GAPS.cells("Due", last), overdue)


def _choice(sheet: Worksheet, cells: str, title: str, choices: Sequence[str]) -> None:
    listed = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True)
    listed.error, listed.errorTitle = "Choose one of the list.", title
    listed.add(cells)
    sheet.data_validations.append(listed)


def ready(wanted: int) -> Dress:
    """Colour what each service needs, in so many columns right of those that every workbook has."""

    def dress(sheet: Worksheet, last: int) -> None:
        if wanted:
            first = len(SERVICES.columns) + 1
            area = f"{get_column_letter(first)}{SERVICES.head + 1}:{get_column_letter(first + wanted - 1)}{last}"
            coloured(sheet, area, READINESS.values())

    return dress


def months(count: int) -> Dress:
    """Shade the months in which nothing ran or nothing was attested."""

    def dress(sheet: Worksheet, last: int) -> None:
        if count:
            first = len(PRACTICES.columns) + 1
            left, top = get_column_letter(first), PRACTICES.head + 1
            nothing = FormulaRule(  # type: ignore[no-untyped-call]  # not in types-openpyxl
                formula=[f"AND(ISNUMBER({left}{top}),{left}{top}=0)"],
                font=Font(color="7A5200", bold=True),
                fill=PatternFill(bgColor=_FILLS["7A5200"], fill_type="solid"),
            )
            sheet.conditional_formatting.add(f"{left}{top}:{get_column_letter(first + count - 1)}{last}", nothing)

    return dress
