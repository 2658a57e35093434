"""An .xlsx file that we don't trust → the cells of its sheets. Nothing in it is evaluated."""

from __future__ import annotations

import io
import stat
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import IO, Final, Literal
from xml.parsers import expat

import msgspec
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from posture.errors import PostureError

__all__ = ["MAX_BYTES", "MAX_CELLS", "MAX_COLUMNS", "Cell", "Grid", "Row", "load", "parsed"]

MAX_BYTES: Final = 32 * 1024**2
MAX_EXPANDED: Final = 64 * 1024**2
MAX_PARTS: Final = 1_000
MAX_RATIO: Final = 500
MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 100
MAX_CELLS: Final = 500_000
MAX_LETTERS: Final = 32 * 1024**2
"""Most characters of all cells: one shared string of ten thousand can be in half a million of them."""

MAX_ELEMENTS: Final = 1_500_000
MAX_AT_ONCE: Final = 100_000
MAX_NAMES: Final = 2_000
MAX_TAG: Final = 256 * 1024
MAX_CELL: Final = 1024**2
MAX_SKIPPED: Final = 2 * MAX_ROWS
"""Most rows, over all sheets, that are not there or hold nothing: openpyxl makes each of them all the same."""

_STEP = 64 * 1024
_SMALL = 1024**2  # a part that is no larger may be packed as tightly as it likes
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # [MS-CFB] 2.2: what an encrypted workbook, and a .xls, begins with
_XML = (".xml", ".rels", ".vml")
_MEND = "save it as .xlsx, without a password; posture attest export writes a new one"


class Cell(msgspec.Struct, frozen=True):
    """What a cell holds, by its kind; `value` is text, or a day where it is a date."""

    kind: Literal["text", "day", "formula", "error", "other"]
    value: str | date


Row = Mapping[int, Cell]
Grid = Mapping[str, Mapping[int, Row]]
"""The cells that are not empty, by sheet, row and column, both from 1."""


def load(path: Path) -> Grid:
    """Read a workbook. Raises PostureError where it is none, is encrypted, or is larger than any that we wrote."""
    return parsed(_read(path), str(path))


def parsed(data: bytes, path: str, *, cached: bool = False) -> Grid:
    """A workbook's bytes as `load` reads them; `cached` takes a formula's last result for it, as it is shown."""
    if len(data) > MAX_BYTES:
        raise _refused(path, f"it is larger than {MAX_BYTES:,} bytes")
    if data.startswith(_OLE):
        raise _refused(path, "it is encrypted, or an old .xls")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _bounded(archive, path)
            _inspected(archive, path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of what it leaves out, and nothing of that is read
            return _cells(data, path, cached)
    except PostureError:
        raise
    except Exception as error:  # openpyxl raises whatever a broken part makes it stumble over
        raise _refused(path, f"it is no workbook that can be read ({type(error).__name__})") from error


def _refused(path: str | Path, why: str) -> PostureError:
    return PostureError(why, where=str(path), mend=_MEND)


def _read(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _refused(path, "it is no file")
        if status.st_size > MAX_BYTES:
            raise _refused(path, f"it is larger than {MAX_BYTES:,} bytes")
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise PostureError(f"it can't be read: {why}", where=str(path)) from error


def _bounded(archive: zipfile.ZipFile, path: str) -> None:
    """Refuse what would grow beyond bounds. zipfile itself gives no more bytes of a part than its entry states."""
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise _refused(path, f"it has more than {MAX_PARTS:,} parts")
    if any(part.flag_bits & 1 for part in parts):
        raise _refused(path, "it is encrypted")
    if any(part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for part in parts):
        raise _refused(path, "it is packed in a way that no workbook is")
    if sum(part.file_size for part in parts) > MAX_EXPANDED:
        raise _refused(path, f"it unpacks to more than {MAX_EXPANDED:,} bytes")
    for part in parts:
        if part.file_size > max(_SMALL, MAX_RATIO * part.compress_size):
            raise _refused(path, f"a part of it unpacks to more than {MAX_RATIO} times its size")


class _Hostile(Exception):  # noqa: N818  # it says why a part is refused, and is none of ours to raise further
    """A part has what no workbook has."""


class _Elements:
    """Counts elements: in all, and from one row or shared string to the next, which is what is held at once.

    Also the names of attributes, which a parser keeps to the end, and the letters of a cell.
    """

    def __init__(self) -> None:
        self.every = self.at_once = self.letters = 0
        self.names: set[str] = set()

    def begun(self, name: str, attributes: Mapping[str, str]) -> None:
        """Count one. Raises _Hostile where there are too many."""
        local = name.rpartition(":")[2]
        if local in {"row", "si"}:
            self.at_once = 0
        if local in {"c", "si"}:
            self.letters = 0
        self.names.update(attributes)
        self.every += 1
        self.at_once += 1
        if self.every > MAX_ELEMENTS or self.at_once > MAX_AT_ONCE or len(self.names) > MAX_NAMES:
            raise _Hostile("it has more elements than any workbook that we wrote")

    def said(self, text: str) -> None:
        """Count the letters of a cell, or of what stands between cells. Raises _Hostile where there are too many."""
        self.letters += len(text)
        if self.letters > MAX_CELL:
            raise _Hostile(f"a cell of it has more than {MAX_CELL:,} characters")


def _doctype(*_: object) -> None:
    raise _Hostile("it declares a document type, which no workbook does")


def _inspected(archive: zipfile.ZipFile, path: str) -> None:
    """Refuse a document type, since entities are declared nowhere else, and more elements than memory should hold."""
    elements = _Elements()
    for part in archive.infolist():
        elements.at_once = elements.letters = 0
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _doctype
        parser.StartElementHandler = elements.begun
        parser.CharacterDataHandler = elements.said
        with archive.open(part) as stream:
            try:
                _parsed(parser, stream)
            except _Hostile as error:
                raise _refused(path, str(error)) from error
            except expat.ExpatError as error:
                if part.filename.lower().endswith(_XML):
                    raise _refused(path, f"a part of it is no XML: {error}") from error


def _parsed(parser: expat.XMLParserType, stream: IO[bytes]) -> None:
    """Parse step by step. Raises _Hostile for a tag without end, which a parser holds until it has the whole of it."""
    given = 0
    while chunk := stream.read(_STEP):
        parser.Parse(chunk)
        given += len(chunk)
        if given - parser.CurrentByteIndex > MAX_TAG:
            raise _Hostile("it has a tag that is longer than any of a workbook")
    parser.Parse(b"", True)


def _cells(data: bytes, path: str, cached: bool) -> Grid:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=cached, keep_links=False)
    found: dict[str, dict[int, dict[int, Cell]]] = {}
    count = skipped = letters = 0
    for sheet in book.worksheets:
        rows = found.setdefault(str(sheet.title), {})
        for number, row in enumerate(sheet.iter_rows(1, MAX_ROWS, 1, MAX_COLUMNS), 1):
            held = dict(_row(row))
            count += len(held)
            if count > MAX_CELLS:
                raise _refused(path, f"it has more than {MAX_CELLS:,} cells that are filled in")
            letters += sum(len(cell.value) for cell in held.values() if isinstance(cell.value, str))
            if letters > MAX_LETTERS:
                raise _refused(path, f"its cells have more than {MAX_LETTERS:,} characters")
            if held:
                rows[number] = held
                continue
            skipped += 1
            if skipped > MAX_SKIPPED:
                raise _refused(path, f"it has more than {MAX_SKIPPED:,} rows that hold nothing")
    return found


def _row(row: object) -> Iterator[tuple[int, Cell]]:
    for at, cell in enumerate(row, 1):  # type: ignore[var-annotated,arg-type]  # openpyxl's read-only cells have no type
        if cell.value is not None and (read := _cell(cell.data_type, cell.value)):
            yield at, read


def _cell(kind: str, value: object) -> Cell | None:
    match kind, value:
        case "f", _:
            read = Cell("formula", "")
        case "e", _:
            read = Cell("error", str(value))
        case _, datetime():
            read = Cell("day", value.date())
        case _, date():
            read = Cell("day", value)
        case _, str():
            read = Cell("text", unescape(value).replace("\r\n", "\n").replace("\r", "\n").strip())
        case _, bool():
            read = Cell("text", str(value).upper())
        case _, int() | float():
            read = Cell("text", f"{value:.15g}")
        case _:
            read = Cell("other", str(value))
    return read if read.kind != "text" or read.value else None
