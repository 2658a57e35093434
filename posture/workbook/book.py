"""Workbooks that are safe to open: what openpyxl leaves to its caller.

Text is never a formula, characters that hide or that XML refuses are made visible, what doesn't fit is cut with a
word, rows and links stay within Excel's limits, memory doesn't grow with the rows, and the same content gives the
same bytes. Limits: https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3 ("Excel specifications
and limits").
"""

from __future__ import annotations

import math
import re
import shutil
import textwrap
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Self, TypeAlias, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec
from lxml.etree import LxmlError
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from posture.presentation import safe_cell, visible
from posture.workbook.styles import LINKED, STYLES

__all__ = [
    "MAX_LINKS",
    "MAX_ROWS",
    "MAX_TEXT",
    "Book",
    "Column",
    "Link",
    "Place",
    "Properties",
    "Sheet",
    "Value",
    "fitted",
    "place",
]

MAX_ROWS = 1_048_576
MAX_LINKS = 65_530
MAX_TEXT = 32_767
MAX_HEADER = 100
MAX_HEIGHT = 265  # points: 20 lines of text; Excel itself takes no more than 409
LINE = 13.0  # points that a line of text takes

_MARK = " … [cut here: {:,} more characters are in assessment.json]"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say; entries carry no time of their own


class Place(msgspec.Struct, frozen=True):
    """A row of a sheet."""

    sheet: str
    row: int


class Link(msgspec.Struct, frozen=True):
    """A value that leads to another row of the workbook."""

    value: str | int
    to: Place | None


Value: TypeAlias = str | int | float | datetime | Link | None


class Column(msgspec.Struct, frozen=True):
    """A column of a table: its heading, its width in characters, and the style of its cells (see `STYLES`)."""

    heading: str
    width: float
    style: str = "text"
    printed: bool = True


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


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class _Content(NamedTuple):
    """What goes into a cell, where it leads, and whether Excel must be told that it is text."""

    value: str | int | float | datetime | None
    target: Place | None = None
    quoted: bool = False


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
        contents = [self._content(value) for value in values]
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

    def _content(self, value: Value) -> _Content:
        target = None
        if isinstance(value, Link):
            target, value = value.to, value.value
            if target and self.links >= MAX_LINKS:
                self.unlinked_from = self.unlinked_from or self.rows + 1
                target = None
            self.links += target is not None
        if isinstance(value, str):
            safe = safe_cell(value)  # visible, behind an apostrophe where a spreadsheet could take it for a formula
            quoted = safe.startswith("'") and not value.startswith("'")
            return _Content(_held(safe[1:] if quoted else safe) or None, target, quoted)
        return _Content(_utc(value) if isinstance(value, datetime) else value, target)

    def _height(self, contents: Sequence[_Content], styles: Sequence[str], merge_from: int | None) -> float:
        lines = 1
        for at, content in enumerate(contents):
            text = content.value
            if isinstance(text, str):
                width = sum(self.widths[at:]) if at == merge_from else self.widths[at]
                room = width * STYLES[styles[at]].letters
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


class Properties(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says of itself. `created` is the only time in it; `custom` are properties by name."""

    title: str
    subject: str
    creator: str
    created: datetime
    custom: dict[str, str]


class Book:
    """A workbook that is written as it is made. `footer` is on each page."""

    def __init__(self, properties: Properties, footer: str) -> None:
        self._book = Workbook(write_only=True)
        self._header, self._footer = properties.title, footer
        self.sheets: list[Sheet] = []
        described = self._book.properties
        described.title, described.subject = visible(properties.title), visible(properties.subject)
        described.creator = described.lastModifiedBy = visible(properties.creator)
        described.created = described.modified = _utc(properties.created)
        for name, value in properties.custom.items():
            custom = StringProperty(name=name, value=visible(value))
            self._book.custom_doc_props.append(custom)  # type: ignore[attr-defined]  # not in types-openpyxl

    def page(self, title: str, widths: Sequence[float]) -> Sheet:
        """A sheet of free form."""
        return self._sheet(title, widths, down="center", padding=4.5, indent=0)

    def _sheet(self, title: str, widths: Sequence[float], *, down: str, padding: float, indent: int) -> Sheet:
        # A write-only sheet has what we use of a Worksheet; types-openpyxl doesn't know.
        sheet = Sheet(
            cast("Worksheet", self._book.create_sheet(title)), widths, down=down, padding=padding, indent=indent
        )
        self.sheets.append(sheet)
        _printed(sheet.sheet, _part(self._header), _part(f"{self._footer} · {title}"))
        sheet.sheet.sheet_view.showGridLines = False
        return sheet

    def table(
        self,
        title: str,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Value]],
        *,
        dress: Callable[[Worksheet, int], None] = lambda _sheet, _last: None,
    ) -> None:
        """A table under frozen, filtered headings, continued on further sheets where one is full.

        Columns that are not `printed` stand right of those that are. `dress` is called for each sheet with its
        last row: the place for colours and lists of choices.
        """
        styles = [column.style for column in columns]
        sheet = None
        for at, row in enumerate(rows):
            if at % (MAX_ROWS - 1) == 0:
                if sheet:
                    _finish(sheet, columns, dress)
                sheet = self._headed(place(title, at).sheet, columns)
            if sheet:
                sheet.row(row, styles)
        _finish(sheet or self._headed(title, columns), columns, dress)

    def _headed(self, title: str, columns: Sequence[Column]) -> Sheet:
        sheet = self._sheet(title, [column.width for column in columns], down="top", padding=3, indent=1)
        sheet.sheet.freeze_panes = "A2"
        sheet.sheet.print_title_rows = "1:1"
        styles = ["heading of numbers" if column.style == "number" else "heading" for column in columns]
        sheet.row([column.heading for column in columns], styles, height=2 * LINE + 4)
        return sheet

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no temporary file behind, whatever happened."""
        for sheet in self.sheets:
            sheet.discard()

    def save(self, out: Path) -> None:
        """Write the file; the same content gives the same bytes."""
        ExcelWriter(self._book, _Archive(out, "w", ZIP_DEFLATED, allowZip64=True)).save()


def letter(columns: Sequence[Column], heading: str) -> str:
    """The letter of the column with this heading."""
    return get_column_letter([column.heading for column in columns].index(heading) + 1)


def _utc(moment: datetime) -> datetime:
    """In UTC and without a zone, which a workbook can't hold. A time without a zone is taken as it is."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def place(title: str, at: int) -> Place:
    """Where the row `at` (from 0) of a table stands."""
    sheet, row = divmod(at, MAX_ROWS - 1)
    return Place(f"{title} ({sheet + 1})" if sheet else title, row + 2)


def _finish(sheet: Sheet, columns: Sequence[Column], dress: Callable[[Worksheet, int], None]) -> None:
    last = max(sheet.rows, 2)
    printed = sum(column.printed for column in columns)
    sheet.sheet.print_area = f"A1:{get_column_letter(printed)}{last}"
    sheet.sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{last}"
    dress(sheet.sheet, last)


def _printed(sheet: Worksheet, header: str, footer: str) -> None:
    """Letter, landscape, as wide as the page; who and which run on each page."""
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", Worksheet.PAPERSIZE_LETTER
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    margins = sheet.page_margins
    margins.left = margins.right = 0.5
    margins.top = margins.bottom = 0.7
    margins.header = margins.footer = 0.3
    sheet.HeaderFooter.oddHeader = HeaderFooterItem(left=_HeaderFooterPart(header))
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(
        left=_HeaderFooterPart(footer), right=_HeaderFooterPart("Page &P of &N")
    )


def _part(text: str) -> str:
    """Text in a page header: & begins a code there, and a header holds no more than 255 characters."""
    return textwrap.shorten(visible(text), MAX_HEADER, placeholder="…").replace("&", "&&")


class _Archive(ZipFile):
    """A zip whose entries all have the same time."""

    def write(self, filename: str, arcname: str) -> None:  # type: ignore[override]  # what openpyxl calls
        with Path(filename).open("rb") as source, self.open(_entry(arcname), "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target)

    def writestr(self, name: str, data: str | bytes) -> None:  # type: ignore[override]  # what openpyxl calls
        super().writestr(_entry(name), data)


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _EPOCH)
    entry.compress_type = ZIP_DEFLATED
    entry.create_system = 3
    return entry
