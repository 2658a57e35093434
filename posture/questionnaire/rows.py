"""The rows of a sheet by the headings of their columns, and the mistakes found in them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Final

import msgspec
from openpyxl.utils import get_column_letter

from posture.presentation import plural, visible
from posture.questionnaire.grid import Cell, Grid
from posture.questionnaire.shape import MOST_LETTERS, Shape

__all__ = ["MOST_MISTAKES", "Mistake", "Row", "TooManyMistakesError", "rows"]

MOST_MISTAKES: Final = 10_000
_MOST_HINTS = 500  # as many mistakes are told with what may be meant
_MOST_KNOWN = 1_000  # names among which what may be meant is looked for
_SHOWN = 60
_SEARCHED = 10  # rows in which the headings may stand
_SURROGATE = re.compile("[\ud800-\udfff]")  # what `_xD83D_` in a cell becomes: no text can be stored with it
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Mistake(msgspec.Struct, frozen=True, order=True):
    """What is wrong with one cell: the sheet's place in the workbook and its name, row and column from 1 (0: none)."""

    place: int
    row: int
    column: int
    sheet: str
    message: str

    def __str__(self) -> str:
        cell = f"{get_column_letter(self.column)}{self.row}" if self.row and self.column else str(self.row or "")
        return f"{self.sheet}!{cell}: {self.message}" if cell else f"{self.sheet}: {self.message}"


class TooManyMistakesError(Exception):
    """There are more mistakes than anybody would read."""


class _Mistakes:
    """Notes the mistakes of a sheet among those of the whole workbook."""

    def __init__(self, sheet: str, place: int, every: list[Mistake]) -> None:
        self._sheet, self._place, self._every = sheet, place, every

    def wrong(self, row: int, column: int, message: str) -> None:
        """Note one. Raises TooManyMistakesError at the last that is kept."""
        self._every.append(Mistake(self._place, row, column, self._sheet, message))
        if len(self._every) >= MOST_MISTAKES:
            raise TooManyMistakesError

    @property
    def hinted(self) -> bool:
        """Whether it is still said what may be meant: to look for it takes its time."""
        return len(self._every) < _MOST_HINTS


def quoted(text: str) -> str:
    """Somebody's text, on one line and not too long."""
    line = " ".join(visible(text).split())
    return f'"{line[:_SHOWN]}…"' if len(line) > _SHOWN else f'"{line}"'


class Row:
    """One row. What is asked of it and can't be had is noted as a mistake; `sound` says that there was none."""

    def __init__(self, number: int, cells: Mapping[int, Cell], columns: Mapping[str, int], mistakes: _Mistakes) -> None:
        self.number = number
        self.sound = True
        self._cells = {key: cells[at] for key, at in columns.items() if at in cells}
        self._columns, self._mistakes = columns, mistakes

    def holds(self, *keys: str) -> bool:
        """Whether any of these cells holds anything."""
        return any(key in self._cells for key in keys)

    def wrong(self, key: str, message: str) -> None:
        """Note a mistake in the cell of this column."""
        self.sound = False
        self._mistakes.wrong(self.number, self._columns[key], message)

    def near(self, name: str, known: Collection[str], otherwise: str = "") -> str:
        """Which of the known names is meant, as a question; `otherwise` where none is, or it was asked enough."""
        sought = self._mistakes.hinted and len(name) <= _SHOWN and len(known) <= _MOST_KNOWN
        near = difflib.get_close_matches(name, known, 1) if sought else []
        return f"did you mean {near[0]}?" if near else otherwise

    def text(self, key: str, missing: str = "") -> str:
        """The text of a cell. Where there is none and `missing` says what is wanted, that is a mistake."""
        cell = self._cells.get(key)
        if cell is None:
            if missing:
                self.wrong(key, missing)
            return ""
        if not self._readable(key, cell):
            return ""
        text = cell.value.isoformat() if isinstance(cell.value, date) else cell.value
        if not text.isascii() and _SURROGATE.search(text):
            self.wrong(key, f"{quoted(text)} has half a character; write it again")
            return ""
        if len(text) > MOST_LETTERS:
            self.wrong(key, f"{plural(len(text), 'character')}: write {MOST_LETTERS:,} at most, and attach the rest")
            return ""
        return text

    def line(self, key: str, missing: str = "") -> str:
        """The text of a cell, on one line."""
        return " ".join(self.text(key, missing).split())

    def lines(self, key: str) -> list[str]:
        """The lines of a cell that are not empty."""
        return [line.strip() for line in self.text(key).split("\n") if line.strip()]

    def word(self, key: str, words: Mapping[str, str], missing: str = "") -> str:
        """The key of the word that was chosen; empty where there is none of the words."""
        text = self.line(key, missing)
        named = {shown.casefold(): word for word, shown in words.items()}
        if text and text.casefold() not in named:
            self.wrong(key, f"{quoted(text)} is not one of {', '.join(words.values())}")
        return named.get(text.casefold(), "")

    def day(self, key: str, missing: str = "", *, latest: date | None = None) -> date | None:
        """The day of a cell: a date, or text in ISO form. A day after `latest` is a mistake."""
        cell = self._cells.get(key)
        if cell is None:
            if missing:
                self.wrong(key, missing)
            return None
        if not self._readable(key, cell):
            return None
        day = cell.value if isinstance(cell.value, date) else _iso(cell.value)
        if day is None:
            self.wrong(key, f"{quoted(str(cell.value))} is no date; write one such as 2027-01-31")
        elif latest is not None and day > latest:
            self.wrong(key, f"{day} is in the future; today is {latest}")
            return None
        return day

    def _readable(self, key: str, cell: Cell) -> bool:
        match cell.kind:
            case "formula":
                self.wrong(key, "a formula; write the value")
            case "error":
                self.wrong(key, f"the cell holds the error {quoted(str(cell.value))}; write the value")
            case "other":
                self.wrong(key, f"{quoted(str(cell.value))} is neither text nor a date")
            case _:
                return True
        return False


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def rows(grid: Grid, shape: Shape, place: int, mistakes: list[Mistake]) -> Iterator[Row]:
    """The rows below a sheet's headings. A missing sheet or heading is a mistake, and then there are none."""
    title = shape.title
    noted = _Mistakes(title, place, mistakes)
    if title not in grid:
        noted.wrong(0, 0, "the sheet is not there")
        return
    wanted = {column.heading: column.key for column in shape.columns if column.read}
    head = max(range(1, _SEARCHED + 1), key=lambda number: len(wanted.keys() & _headings(grid, title, number).keys()))
    headings = _headings(grid, title, head)
    if not wanted.keys() & headings.keys():
        noted.wrong(0, 0, f"its headings are not there: {', '.join(wanted)}")
        return
    for heading in wanted:
        if len(headings.get(heading, ())) != 1:
            there = "is there twice" if heading in headings else "is not there"
            noted.wrong(head, 0, f"the heading {heading} {there}; headings can't be renamed")
    if any(len(headings.get(heading, ())) != 1 for heading in wanted):
        return
    columns = {key: headings[heading][0] for heading, key in wanted.items()}
    for number, cells in grid[title].items():
        if number > head:
            yield Row(number, cells, columns, noted)


def _headings(grid: Grid, title: str, row: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at, cell in grid[title].get(row, {}).items():
        if isinstance(cell.value, str):
            found.setdefault(" ".join(cell.value.split()), []).append(at)
    return found
