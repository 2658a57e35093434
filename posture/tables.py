"""Tables in files that others made, CSV or .xlsx → rows of text. Nothing in them is evaluated, and all is bounded.

What kind of table it is, its header decides: `headers` gives it to whoever has to know a file by its content.
"""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Final

import msgspec
from openpyxl.utils import get_column_letter

from posture.errors import PostureError
from posture.questionnaire import grid

__all__ = ["MAX_BYTES", "Row", "Table", "headers", "read"]

MAX_BYTES: Final = grid.MAX_BYTES
MAX_ROWS: Final = 250_000
MAX_CELLS: Final = grid.MAX_CELLS
MAX_COLUMNS: Final = grid.MAX_COLUMNS

_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_DELIMITERS = ",;\t"
_MEND = "export the table again, as .xlsx or as CSV in UTF-8"


class Row(msgspec.Struct, frozen=True):
    """A row by its number in the file (that of its first line in CSV): its cells as text on one line, "" if empty."""

    number: int
    cells: tuple[str, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a sheet that hold anything, the header first; `sheet` is empty for CSV. `name` is the file's."""

    name: str
    sheet: str
    rows: tuple[Row, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The cells of the first row that holds anything."""
        return self.rows[0].cells if self.rows else ()

    def place(self, row: Row, column: int | None = None) -> str:
        """Where a row, or a cell of it (columns from 0), is, for the `where` of an error."""
        sheet = f", sheet {self.sheet}" if self.sheet else ""
        at = f", column {get_column_letter(column + 1)}" if column is not None else ""
        return f"{self.name}{sheet}, {'row' if self.sheet else 'line'} {row.number}{at}"


def read(payload: bytes, name: str) -> tuple[Table, ...]:
    """The tables of a file: each sheet of a workbook that holds anything, or the one of a CSV file.

    Raises PostureError, with the sheet, row and column where there are such, for what is none or is too large.
    """
    if len(payload) > MAX_BYTES:
        raise PostureError(f"it is larger than {MAX_BYTES:,} bytes", where=name, mend="split it")
    if payload.startswith((_ZIP, _OLE)):
        return tuple(_sheets(payload, name))
    rows = tuple(_csv(_decoded(payload, name), name))
    return (Table(name=name, sheet="", rows=rows),) if rows else ()


def headers(head: bytes, name: str) -> tuple[tuple[str, ...], ...]:
    """The headers of a file's tables by its beginning (a workbook whole); none where it is no table. Never raises."""
    try:
        if head.startswith(_ZIP):
            return tuple(table.header for table in _sheets(head, name))
        first = next(_csv(_decoded(head, name, whole=False), name), None)
    except PostureError:
        return ()
    return (first.cells,) if first else ()


# ── workbooks ────────────────────────────────────────────────────────────────────────────────────────────────────


def _sheets(payload: bytes, name: str) -> Iterator[Table]:
    try:
        found = grid.parsed(payload, name, cached=True)
    except PostureError as error:
        raise PostureError(error.what, where=name, mend=_MEND) from error
    for sheet, cells in found.items():
        rows = tuple(_row(number, cells[number]) for number in sorted(cells))
        if rows:
            yield Table(name=name, sheet=_line(sheet), rows=rows)


def _row(number: int, cells: grid.Row) -> Row:
    filled = (cells.get(at) for at in range(1, max(cells) + 1))
    return Row(number, tuple("" if cell is None else _said(cell) for cell in filled))


def _said(cell: grid.Cell) -> str:
    return cell.value.isoformat() if isinstance(cell.value, date) else _line(cell.value)


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _decoded(payload: bytes, name: str, *, whole: bool = True) -> str:
    """As Excel and others write it: UTF-8 or UTF-16 by its mark, else UTF-8, else Windows' Western code page."""
    marked = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    encodings = next(([how] for mark, how in marked.items() if payload.startswith(mark)), ["utf-8", "cp1252"])
    for encoding in encodings:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(payload, final=whole)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise PostureError("it is no text in UTF-8, UTF-16 or Windows-1252", where=name, mend=_MEND)


def _csv(text: str, name: str) -> Iterator[Row]:
    """The rows that hold anything. What stands between the cells is taken from the first line that is not empty."""
    lines = io.StringIO(text, newline="")
    delimiter, skipped = _delimiter(lines)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    count = cells = 0
    while True:
        number = skipped + reader.line_num + 1
        try:
            raw = next(reader, None)
        except csv.Error as error:
            told = f"it is no CSV: {error}"
            raise PostureError(told, where=f"{name}, line {number}", mend=_MEND) from error
        if raw is None:
            return
        row = tuple(map(_line, raw))
        if not any(row):
            continue
        count, cells = count + 1, cells + len(row)
        if count > MAX_ROWS or cells > MAX_CELLS or len(row) > MAX_COLUMNS:
            told = f"it has more than {MAX_ROWS:,} rows, {MAX_COLUMNS} columns or {MAX_CELLS:,} cells"
            raise PostureError(told, where=f"{name}, line {number}", mend="split it")
        yield Row(number, row)


def _delimiter(lines: io.StringIO) -> tuple[str, int]:
    """(what stands between cells, the lines that say only that). The stream is then where the rows begin."""
    skipped = 0
    while True:
        start = lines.tell()
        line = lines.readline()
        stripped = line.strip("\r\n")
        if stripped.lower().startswith("sep=") and len(stripped) == len("sep=?") and stripped[-1] in _DELIMITERS:
            return stripped[-1], skipped + 1  # a line that Excel writes and reads
        if stripped.strip(_DELIMITERS + " ") or not line:
            lines.seek(start)
            outside = "".join(stripped.split('"')[::2])
            return max(_DELIMITERS, key=outside.count), skipped
        skipped += 1


def _line(text: str) -> str:
    """On one line, without characters that steer a terminal or the order of letters."""
    plain = "".join(" " if unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} else letter for letter in text)
    return " ".join(plain.split())
