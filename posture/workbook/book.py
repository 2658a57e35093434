"""Workbooks that are safe to open, made of tables and pages.

Sheets stay within Excel's rows, memory doesn't grow with them, and the same content gives the same bytes.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Self, TypeAlias, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec
from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from posture.presentation import visible
from posture.workbook.sheet import LINE, Place, Sheet, Value, utc

__all__ = ["MAX_ROWS", "Book", "Column", "Dress", "Properties", "Table"]

MAX_ROWS = 1_048_576
MAX_HEADER = 100
_MAX_HEADER_PART = 250  # Excel refuses a header of more than 255 characters

_RIGHT = {"number", "figure"}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say; entries carry no time of their own

Dress: TypeAlias = Callable[[Worksheet, int], None]


class Column(msgspec.Struct, frozen=True):
    """A column of a table: its heading, its width in characters, and the style of its cells (see `STYLES`)."""

    heading: str
    width: float
    style: str = "text"
    printed: bool = True


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet that is a table. Columns that are not `printed` stand right of those that are.

    `preface` stands above the headings; `empty` is what the sheet says where there are no rows: what is missing, and
    how to give it.
    """

    title: str
    columns: tuple[Column, ...]
    empty: str
    preface: str = ""

    @property
    def head(self) -> int:
        """The row of the headings."""
        return 2 if self.preface else 1

    @property
    def printed(self) -> int:
        """How many columns are printed."""
        return sum(column.printed for column in self.columns)

    def place(self, at: int) -> Place:
        """Where the row `at` (from 0) stands."""
        sheet, row = divmod(at, MAX_ROWS - self.head)
        return Place(f"{self.title} ({sheet + 1})" if sheet else self.title, row + self.head + 1)

    def letter(self, heading: str) -> str:
        """The letter of the column with this heading."""
        return get_column_letter([column.heading for column in self.columns].index(heading) + 1)

    def cells(self, heading: str, last: int) -> str:
        """The cells under this heading, to the row `last`."""
        letter = self.letter(heading)
        return f"{letter}{self.head + 1}:{letter}{last}"


class Properties(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says of itself. `created` is the only time in it; `custom` are properties by name.

    A `marking` stands whole at the head of each printed page, alone.
    """

    title: str
    subject: str
    creator: str
    created: datetime
    custom: dict[str, str]
    marking: str = ""


class Book:
    """A workbook that is written as it is made. `footer` is on each page.

    An `extract` leaves out tables without rows: what such a sheet says is true of the whole alone.
    """

    def __init__(self, properties: Properties, footer: str, *, extract: bool = False) -> None:
        self._extract = extract
        self._book = Workbook(write_only=True)
        self._header = _marked(properties.marking) if properties.marking else _part(properties.title)
        self._footer = footer
        self.sheets: list[Sheet] = []
        described = self._book.properties
        described.title, described.subject = visible(properties.title), visible(properties.subject)
        described.creator = described.lastModifiedBy = visible(properties.creator)
        described.created = described.modified = utc(properties.created)
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
        _printed(sheet.sheet, self._header, _part(f"{self._footer} · {title}"))
        sheet.sheet.sheet_view.showGridLines = False
        return sheet

    def table(
        self,
        table: Table,
        rows: Iterable[Sequence[Value]],
        *,
        dress: Dress = lambda _sheet, _last: None,
        needed: bool = False,
    ) -> None:
        """A table under frozen, filtered headings, continued on further sheets where one is full.

        `dress` is called for each sheet with its last row: the place for colours and lists of choices. One that is
        `needed` is in an extract without rows too.
        """
        styles = [column.style for column in table.columns]
        sheet = None
        for at, row in enumerate(rows):
            if at % (MAX_ROWS - table.head) == 0:
                if sheet:
                    _finish(sheet, table, dress)
                sheet = self._headed(table.place(at).sheet, table)
            if sheet:
                sheet.row(row, styles)
        if sheet is None and self._extract and not needed:
            return
        if sheet is None:
            sheet = self._headed(table.title, table)
            _across(sheet, table.empty, "strong", table.printed)
        _finish(sheet, table, dress)

    def _headed(self, title: str, table: Table) -> Sheet:
        sheet = self._sheet(title, [column.width for column in table.columns], down="top", padding=3, indent=1)
        sheet.sheet.freeze_panes = f"A{table.head + 1}"
        sheet.sheet.print_title_rows = f"1:{table.head}"
        if table.preface:
            _across(sheet, table.preface, "claim", table.printed)
        styles = ["heading of numbers" if column.style in _RIGHT else "heading" for column in table.columns]
        headings = [column.heading for column in table.columns]
        sheet.row(headings, styles, height=max(2 * LINE + 4, sheet.height(headings, styles)))
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


def _across(sheet: Sheet, text: str, style: str, columns: int) -> None:
    sheet.row([text, *[None] * (columns - 1)], [style] * columns, merge_from=0)


def _finish(sheet: Sheet, table: Table, dress: Dress) -> None:
    last = sheet.rows
    sheet.sheet.print_area = f"A1:{get_column_letter(table.printed)}{last}"
    sheet.sheet.auto_filter.ref = f"A{table.head}:{get_column_letter(len(table.columns))}{last}"
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


def _marked(text: str) -> str:
    """A marking as a page header: never shortened, since half of one may say something else."""
    header = " ".join(visible(text).split()).replace("&", "&&")
    if len(header) > _MAX_HEADER_PART:
        raise ValueError("a marking that no page header can hold")
    return header


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
