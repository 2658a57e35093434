"""An exported workbook as a person edits it: by sheet, question and heading."""

from __future__ import annotations

from pathlib import Path

import openpyxl
from openpyxl.utils import get_column_letter


class Edited:
    """A workbook that is changed with openpyxl. `put` gives the address of the cell, as an import names it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = openpyxl.load_workbook(path)

    def columns(self, sheet: str) -> dict[str, str]:
        """The letter of each heading."""
        return {cell.value: get_column_letter(cell.column) for cell in self.book[sheet][2] if cell.value}

    def row(self, sheet: str, control: str, party: str = "") -> int:
        """The row of a control and a party (the first, if none is named)."""
        headings = self.columns(sheet)
        for number in range(3, self.book[sheet].max_row + 1):
            said = self.book[sheet][f"{headings['CONTROL']}{number}"].value
            asked = self.book[sheet][f"{headings['ASKED OF']}{number}"].value
            if said == control and party in {"", asked}:
                return number
        raise AssertionError(f"{sheet} has no row for {control} {party}")

    def put(self, sheet: str, row: int, heading: str, value: object) -> str:
        """Write into a cell."""
        cell = f"{self.columns(sheet)[heading]}{row}"
        self.book[sheet][cell] = value
        return f"{sheet}!{cell}"

    def fill(self, sheet: str, row: int, **values: object) -> dict[str, str]:
        """Write several cells of a row; underscores stand for spaces and commas of headings."""
        known = {heading.replace(",", "").replace(" ", "_").lower(): heading for heading in self.columns(sheet)}
        return {key: self.put(sheet, row, known[key], value) for key, value in values.items()}

    def save(self) -> Path:
        """Save it where it was."""
        self.book.save(self.path)
        return self.path
