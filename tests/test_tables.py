"""Tables out of files: what Excel and others write is read; what is none, or meant to do harm, is one clear error."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import openpyxl
import pytest

from posture import tables
from posture.errors import PostureError


def workbook(*rows: list[object], title: str = "Leavers") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def cells(payload: bytes) -> list[tuple[str, ...]]:
    (table,) = tables.read(payload, "people.csv")
    return [row.cells for row in table.rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_what_stands_between_cells_and_how_letters_are_coded_is_found_out(delimiter, encoding):
    text = f"Login{delimiter}End date\r\nmüller{delimiter}2026-01-31\r\n"
    assert cells(text.encode(encoding)) == [("Login", "End date"), ("müller", "2026-01-31")]


def test_quotes_line_feeds_and_empty_rows_are_as_spreadsheets_write_them():
    payload = b'sep=;\r\n;;\r\n"Login; or ""name""";"End\r\ndate"\r\n\r\nanna;\r\n'
    (table,) = tables.read(payload, "people.csv")
    assert [(row.number, row.cells) for row in table.rows] == [
        (3, ('Login; or "name"', "End date")),
        (6, ("anna", "")),
    ]


def test_dates_and_numbers_of_a_workbook_are_text_and_formulas_their_last_result():
    payload = workbook(["Login", "End", "Number"], ["anna", date(2026, 1, 31), 4711], [None, None, "=1+1"])
    (table,) = tables.read(payload, "people.xlsx")
    assert table.sheet == "Leavers"
    assert [row.cells for row in table.rows] == [("Login", "End", "Number"), ("anna", "2026-01-31", "4711")]


def test_a_cell_is_named_by_its_place():
    (table,) = tables.read(workbook(["Login"], ["anna"]), "people.xlsx")
    assert table.place(table.rows[1], 0) == "people.xlsx, sheet Leavers, row 2, column A"
    (table,) = tables.read(b"Login\nanna\n", "people.csv")
    assert table.place(table.rows[1]) == "people.csv, line 2"


def test_nothing_in_a_cell_steers_a_terminal_or_turns_letters_round():
    assert cells("Login\nan\x1b[31mna\u202egnp\n".encode()) == [("Login",), ("an [31mna gnp",)]


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        (b"\x00\x01\x02", "it is no text"),
        (b'Login,End\n"anna,2026', "it is no CSV"),
        (b"a\n" + b"x" * 200_000 + b"\n", "it is no CSV"),
        (b",".join([b"a"] * 101), "it has more than"),
        (b"a\n" * 250_001, "it has more than"),
        (b"x" * (tables.MAX_BYTES + 1), "it is larger than"),
        (b"PK\x03\x04 nothing", "it is no workbook"),
        (bytes.fromhex("d0cf11e0a1b11ae1"), "it is encrypted, or an old .xls"),
    ],
)
def test_what_is_no_table_is_one_clear_error(payload, what):
    with pytest.raises(PostureError, match=what) as caught:
        tables.read(payload, "people.csv")
    assert caught.value.where.startswith("people.csv")
    assert "posture attest" not in str(caught.value)


def test_an_archive_that_is_a_bomb_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 50_000_000)
    with pytest.raises(PostureError, match="unpacks to more than"):
        tables.read(out.getvalue(), "people.xlsx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_file_is_known_by_its_header_wherever_its_beginning_ends(encoding):
    payload = ("Login;Ende\n" + "müller;2026-01-31\n" * 20).encode(encoding)
    for length in range(60, 90):
        assert tables.headers(payload[:length], "people.csv") == (("Login", "Ende"),)


@pytest.mark.parametrize("payload", [b"", b"\x00\xff", b"PK\x03\x04", b'"', workbook()])
def test_what_has_no_header_has_none(payload):
    assert tables.headers(payload, "x") == ()


def test_the_header_of_each_sheet():
    book = openpyxl.load_workbook(io.BytesIO(workbook(["Login", "End"])))
    book.create_sheet("Empty")
    book.create_sheet("Notes").append(["Who", "What"])
    out = io.BytesIO()
    book.save(out)
    assert tables.headers(out.getvalue(), "x.xlsx") == (("Login", "End"), ("Who", "What"))
