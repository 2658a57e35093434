"""One sheet that is safe to open: what openpyxl leaves to its caller.

Text is never a formula, characters that hide or that XML refuses are made visible, what doesn't fit is cut with a
word, and links stay within Excel's limits: https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3
("Excel specifications and limits").
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias

import msgspec
from lxml.etree import LxmlError
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from posture.presentation import safe_cell, visible
from posture.workbook.styles import LINKED, STYLES

__all__ = ["LINE", "MAX_LINKS", "MAX_TEXT", "Link", "Place", "Sheet", "Value", "cut", "fitted", "utc"]

MAX_LINKS = 65_530
MAX_TEXT = 32_767
MAX_HEIGHT = 265  # points: 20 lines of text; Excel itself takes no more than 409
LINE = 13.0  # points that a line of text takes

_MARK = " … [cut here: {:,} more characters are in assessment.json]"


class Place(msgspec.Struct, frozen=True):
    """A row of a sheet."""

    sheet: str
    row: int


class Link(msgspec.Struct, frozen=True):
    """A value that leads to another row of the workbook. Its text has one line: LibreOffice doesn't wrap a link."""

    value: str | int | date
    to: Place | None


Value: TypeAlias = str | int | float | date | datetime | Link | None


def fitted(text: str) -> str:
    """The text as a cell can hold it: visible, not read as an escape, and cut with a word where it is too long.

    Excel reads `_x0041_` in a cell as the letter A (ECMA-376 part 1, 22.9.2.19), so such text is escaped, and it
    counts UTF-16 units.
    """
    return _held(visible(text))


def _held(shown: str) -> str:
    if "_x" in shown:
        shown = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", shown)
    if len(shown) * 2 <= MAX_TEXT or _units(shown) <= MAX_TEXT:
        return shown
    room = MAX_TEXT - len(_MARK.format(len(shown)))
    kept = shown.encode("utf-16-le")[: room * 2].decode("utf-16-le", "ignore")
    return kept + _MARK.format(len(shown) - len(kept))


def cut(text: str, room: float) -> str:
    """The text on one line of so many letters, with an ellipsis where it is longer."""
    line = " ".join(text.split())
    return line if len(line) <= room else line[: max(int(room) - 1, 1)].rstrip() + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class _Content(NamedTuple):
    """What goes into a cell, where it leads, and whether Excel must be told that it is text."""

    value: str | int | float | date | datetime | None
    target: Place | None = None
    quoted: bool = False


def _content(value: str | float | date | datetime | None) -> _Content:
    if isinstance(value, str):
        safe = safe_cell(value)  # visible, behind an apostrophe where a spreadsheet could take it for a formula
        quoted = safe.startswith("'") and not value.startswith("'")
        return _Content(_held(safe[1:] if quoted else safe) or None, None, quoted)
    return _Content(utc(value) if isinstance(value, datetime) else value)


class Sheet:
    """One sheet, written from top to bottom. Set what belongs to the whole sheet before its first row."""

    def __init__(self, sheet: Worksheet, widths: Sequence[float], *, down: str, padding: float, indent: int) -> None:
        self.sheet = sheet
        self.widths = tuple(widths)
        self.rows = 0
        self.links = 0
        self.unlinked_from: int | None = None
        self._down, self._padding, self._indent = down, padding, indent
        self._cells: dict[tuple[str, bool, bool], Cell] = {}
        for at, width in enumerate(widths, 1):
            sheet.column_dimensions[get_column_letter(at)].width = width

    @property
    def title(self) -> str:
        """The sheet's name."""
        return str(self.sheet.title)

    def row(
        self,
        values: Sequence[Value],
        styles: Sequence[str],
        *,
        height: float | None = None,
        merge_from: int | None = None,
    ) -> None:
        """Write one row; the cells from the column `merge_from` (from 0) to the last are made one.

        `height` is in points. Without one the row is as high as its text needs, as near as widths can tell: not every
        program fits rows when it opens a file, and none does for merged cells.
        """
        contents = [
            self._linked(value, self._room(at, styles, merge_from)) if isinstance(value, Link) else _content(value)
            for at, value in enumerate(values)
        ]
        self.rows += 1
        tall = self._height(contents, styles, merge_from) if height is None else height
        # Without customHeight Excel fits the row again when its text changes.
        self.sheet.row_dimensions[self.rows] = {"ht": f"{tall:g}"}  # type: ignore[assignment]  # written as it is
        # A generator: openpyxl writes each cell before it asks for the next, so cells can be used again.
        cells = (self._cell(content, style) for content, style in zip(contents, styles, strict=True))
        self.sheet.append(cells)  # type: ignore[arg-type]  # types-openpyxl has an invariant generator
        del self.sheet.row_dimensions[self.rows]
        if merge_from is not None and merge_from < len(values) - 1:
            first, last = get_column_letter(merge_from + 1), get_column_letter(len(values))
            self.sheet.merged_cells.add(f"{first}{self.rows}:{last}{self.rows}")

    def discard(self) -> None:
        """Let go of the temporary file that openpyxl writes the sheet to; when the book is saved it is gone already."""
        writer = self.sheet._writer  # type: ignore[attr-defined]  # noqa: SLF001  # openpyxl has no public way
        if writer is not None and Path(writer.out).exists():
            with suppress(LxmlError):  # a row that was interrupted can't be ended in order
                self.sheet.close()  # type: ignore[attr-defined]  # of write-only sheets
            writer.cleanup()

    def _room(self, at: int, styles: Sequence[str], merge_from: int | None) -> float:
        width = sum(self.widths[at : len(styles)]) if at == merge_from else self.widths[at]
        return (width - self._indent) * STYLES[styles[at]].letters

    def _linked(self, link: Link, room: float) -> _Content:
        if link.to is None:
            return _content(link.value)
        content = _content(cut(link.value, room) if isinstance(link.value, str) else link.value)
        if self.links >= MAX_LINKS:
            self.unlinked_from = self.unlinked_from or self.rows + 1
            return content
        self.links += 1
        return content._replace(target=link.to)

    def height(self, values: Sequence[Value], styles: Sequence[str]) -> float:
        """How high, in points, a row with these values is made."""
        return self._height([_Content(value) for value in values if not isinstance(value, Link)], styles, None)

    def _height(self, contents: Sequence[_Content], styles: Sequence[str], merge_from: int | None) -> float:
        lines = 1
        for at, content in enumerate(contents):
            text = content.value
            if isinstance(text, str):
                room = self._room(at, styles, merge_from)
                if len(text) > room or "\n" in text:
                    lines = max(lines, sum(math.ceil(len(line) / (room - 2)) or 1 for line in text.split("\n")))
        return min(LINE * lines + self._padding, MAX_HEIGHT)

    def _cell(self, content: _Content, style: str) -> Cell:
        value, target, quoted = content
        cell = self._styled(style, linked=target is not None, quoted=quoted)
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"  # openpyxl takes "=1+1" for a formula and "#N/A" for an error
        if target:
            cell.hyperlink = Hyperlink(ref="", location=f"{quote_sheetname(target.sheet)}!A{target.row}")
        return cell

    def _styled(self, style: str, *, linked: bool, quoted: bool) -> Cell:
        key = (style, linked, quoted)
        if key not in self._cells:
            look = STYLES[style]
            cell = WriteOnlyCell(self.sheet)
            cell.font = look.font + LINKED if linked else look.font
            cell.fill = look.fill
            cell.border = look.border
            cell.alignment = Alignment(
                wrap_text=look.wrap,
                horizontal=look.across or "left",
                vertical=look.down or self._down,
                indent=look.indent or self._indent,
            )
            cell.number_format = look.number_format
            cell.quotePrefix = quoted
            self._cells[key] = cell
        return self._cells[key]


def utc(moment: datetime) -> datetime:
    """In UTC and without a zone, which a workbook can't hold. A time without a zone is taken as it is."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
