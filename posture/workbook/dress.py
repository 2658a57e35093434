"""Colours by word, and the lists that the hospital chooses from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from posture.presentation import SEVERITIES, Label
from posture.workbook.book import Column, letter
from posture.workbook.places import word
from posture.workbook.tables import GAPS_COLUMNS

__all__ = ["WORK", "coloured", "labelled", "to_work_in"]

# The states of a gap that is being worked on; a list in a cell is separated by commas, so no state may hold one.
WORK = ("Open", "In progress", "Waiting for the supplier", "Done – to be verified", "Closed")
_FIRST_DAY = "36526"  # 1 January 2000, as a workbook counts days
_FILLS = {"1B6B3A": "E3F1E7", "A9231B": "FBE5E3", "8C1D18": "F6D5D2", "7A5200": "FBF0D9", "595959": "EDEDED"}

Dress: TypeAlias = Callable[[Worksheet, int], None]


def labelled(columns: Sequence[Column], words: Mapping[str, Collection[Label]]) -> Dress:
    """Colour the cells under these headings by the word they hold; the word and its shape stay."""

    def dress(sheet: Worksheet, last: int) -> None:
        for heading, labels in words.items():
            column = letter(columns, heading)
            coloured(sheet, f"{column}2:{column}{last}", labels)

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
    """The columns that the hospital fills in: a list of states, real dates, and red where a date has passed."""
    labelled(GAPS_COLUMNS, {"Severity": SEVERITIES.values()})(sheet, last)
    status, due_on = letter(GAPS_COLUMNS, "Status"), letter(GAPS_COLUMNS, "Due")
    states = DataValidation(type="list", formula1=f'"{",".join(WORK)}"', allow_blank=True)
    states.error, states.errorTitle = "Choose one of the list.", "Status"
    due = DataValidation(type="date", operator="greaterThan", formula1=_FIRST_DAY, allow_blank=True)
    due.error, due.errorTitle = "Write a date, such as 2027-01-31.", "Due"
    states.add(f"{status}2:{status}{last}")
    due.add(f"{due_on}2:{due_on}{last}")
    sheet.data_validations.append(states)
    sheet.data_validations.append(due)
    closed = CellIsRule(  # type: ignore[no-untyped-call]  # not in types-openpyxl
        operator="equal", formula=['"Closed"'], font=Font(color="1B6B3A", bold=True)
    )
    overdue = FormulaRule(  # type: ignore[no-untyped-call]  # not in types-openpyxl
        formula=[f'AND(ISNUMBER(${due_on}2),${due_on}2<TODAY(),${status}2<>"Closed")'],
        font=Font(color="A9231B", bold=True),
    )
    sheet.conditional_formatting.add(f"{status}2:{status}{last}", closed)
    sheet.conditional_formatting.add(f"{due_on}2:{due_on}{last}", overdue)
