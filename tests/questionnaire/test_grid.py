"""Files that are no workbook, or one made to do harm: one clear error, and no memory spent."""

import io
import os
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from posture.errors import PostureError
from posture.questionnaire import grid
from posture.questionnaire.grid import Cell


def workbook(tmp_path: Path, **cells: object) -> Path:
    book = openpyxl.Workbook()
    for cell, value in cells.items():
        book.active[cell] = value
    path = tmp_path / "book.xlsx"
    book.save(path)
    return path


def repacked(path: Path, name: str, content: bytes, *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """The same workbook with one part replaced or added."""
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    parts[name] = content
    with zipfile.ZipFile(path, "w", method) as archive:
        for each, data in parts.items():
            archive.writestr(each, data)
    return path


def refused(path: Path) -> str:
    with pytest.raises(PostureError) as caught:
        grid.load(path)
    assert caught.value.where == str(path)
    return caught.value.what


def test_cells_have_their_kind_and_their_text_is_as_it_was_typed(tmp_path: Path):
    path = workbook(tmp_path, A1="=1+1", B1="  a_x0041_b\r\nc ", C1=3.0, D1=False, E1="#N/A", F1="   ", G1=0.25)

    (sheet,) = grid.load(path).values()

    assert sheet[1] == {
        1: Cell("formula", ""),
        2: Cell("text", "aAb\nc"),
        3: Cell("text", "3"),
        4: Cell("text", "FALSE"),
        5: Cell("error", "#N/A"),
        7: Cell("text", "0.25"),
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "it is no workbook that can be read (BadZipFile)"),
        (b"", "it is no workbook"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504), "it is encrypted, or an old .xls"),
    ],
    ids=["text", "empty", "encrypted"],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, words: str):
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)

    assert words in refused(path)


def test_a_zip_of_something_else_is_refused(tmp_path: Path):
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")

    assert "it is no workbook that can be read" in refused(path)


def test_a_workbook_that_breaks_off_is_refused(tmp_path: Path):
    path = workbook(tmp_path, A1="x")
    path.write_bytes(path.read_bytes()[:-200])

    assert "it is no workbook" in refused(path)


def test_a_part_that_swells_is_refused(tmp_path: Path):
    path = repacked(workbook(tmp_path, A1="x"), "xl/media/image1.png", bytes(8 * 1024**2))

    assert "more than 500 times its size" in refused(path)


def test_a_workbook_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(grid, "MAX_EXPANDED", 20_000)
    path = repacked(workbook(tmp_path, A1="x"), "xl/media/image1.png", os.urandom(20_000))

    assert "it unpacks to more than 20,000 bytes" in refused(path)


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path):
    path = tmp_path / "book.xlsx"
    with path.open("wb") as file:
        file.truncate(grid.MAX_BYTES + 1)

    assert "it is larger than" in refused(path)


def test_many_parts_are_refused(tmp_path: Path):
    path = workbook(tmp_path, A1="x")
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(grid.MAX_PARTS):
            archive.writestr(f"xl/{number}", b"")

    assert "parts" in refused(path)


def test_an_encrypted_part_is_refused(tmp_path: Path):
    path = workbook(tmp_path, A1="x")
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1  # the encryption bit of the last entry of the central directory
    path.write_bytes(data)

    assert "it is encrypted" in refused(path)


def test_a_packing_that_no_workbook_has_is_refused(tmp_path: Path):
    path = repacked(workbook(tmp_path, A1="x"), "xl/more.xml", b"<x/>", method=zipfile.ZIP_LZMA)

    assert "packed in a way that no workbook is" in refused(path)


ENTITIES = '<!DOCTYPE sst [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml", "xl/other.bin"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_in_every_part(tmp_path: Path, part: str, encoding: str):
    text = f'<?xml version="1.0" encoding="{encoding}"?>{ENTITIES}<sst><si><t>&b;</t></si></sst>'
    path = repacked(workbook(tmp_path, A1="x"), part, text.encode(encoding))

    assert refused(path) == "it declares a document type, which no workbook does"


def test_a_row_number_out_of_this_world_ends_the_sheet(tmp_path: Path):
    path = workbook(tmp_path, A1="x")
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    row = b'<row r="99999999999"><c r="A99999999999" t="inlineStr"><is><t>y</t></is></c></row></sheetData>'
    repacked(path, "xl/worksheets/sheet1.xml", sheet.replace(b"</sheetData>", row))

    (cells,) = grid.load(path).values()

    assert list(cells) == [1]


def test_too_many_cells_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(grid, "MAX_CELLS", 3)
    path = workbook(tmp_path, A1=1, B1=2, A2=3, B2=4)

    assert "more than 3 cells" in refused(path)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml"])
def test_more_elements_than_memory_should_hold_are_refused(tmp_path: Path, part: str):
    path = workbook(tmp_path, A1="x")
    repacked(path, part, b"<x>" + b"".join(b"<c%d/>" % (number % 977) for number in range(110_000)) + b"</x>")

    assert "more elements" in refused(path)


def test_rows_by_the_million_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(grid, "MAX_ELEMENTS", 10_000)
    path = workbook(tmp_path, **{f"A{row}": "x" for row in range(1, 6_000)})

    assert "more elements" in refused(path)


def test_a_pipe_a_folder_and_nothing_are_refused(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")

    assert refused(tmp_path / "pipe") == "it is no file"
    assert refused(tmp_path) == "it is no file"
    assert "No such file" in refused(tmp_path / "none.xlsx")


def test_macros_and_links_to_other_files_are_left_alone(tmp_path: Path):
    path = repacked(workbook(tmp_path, A1="x"), "xl/vbaProject.bin", io.BytesIO(b"macro").getvalue())

    assert [*grid.load(path).values()] == [{1: {1: Cell("text", "x")}}]


NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def sheets(tmp_path: Path, rows: str, count: int = 1) -> Path:
    """A workbook whose sheets all have these rows."""
    book = openpyxl.Workbook()
    for _ in range(count - 1):
        book.create_sheet()
    path = tmp_path / "book.xlsx"
    book.save(path)
    content = f"<worksheet {NAMESPACE}><sheetData>{rows}</sheetData></worksheet>".encode()
    for number in range(1, count + 1):
        repacked(path, f"xl/worksheets/sheet{number}.xml", content)
    return path


def test_rows_that_are_not_there_are_bounded_over_all_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(grid, "MAX_SKIPPED", 10_000)
    far = '<row r="6000"><c r="A6000"><v>1</v></c></row>'

    assert list(grid.load(sheets(tmp_path, far))["Sheet"]) == [6000]
    assert "rows that hold nothing" in refused(sheets(tmp_path, far, count=2))


def test_a_tag_without_end_is_refused_before_memory_holds_it(tmp_path: Path):
    many = " ".join(f'a{number:x}=""' for number in range(100_000))

    assert "it has a tag that is longer" in refused(sheets(tmp_path, f"<row {many}/>"))


def test_names_of_attributes_by_the_thousand_are_refused(tmp_path: Path):
    many = "".join(f'<row a{number:x}=""/>' for number in range(3_000))

    assert "more elements" in refused(sheets(tmp_path, many))


def test_a_cell_of_megabytes_is_refused(tmp_path: Path):
    text = os.urandom(600_000).hex()

    assert "a cell of it has more than" in refused(
        sheets(tmp_path, f'<row><c t="inlineStr"><is><t>{text}</t></is></c></row>')
    )


def test_one_string_in_many_cells_counts_as_often_as_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(grid, "MAX_LETTERS", 1_000)

    assert "its cells have more than 1,000 characters" in refused(
        workbook(tmp_path, **{f"A{row}": "x" * 100 for row in range(1, 12)})
    )


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('s="1"><v>60</v>', Cell("day", date(1900, 2, 28))),
        ('s="1"><v>2958465</v>', Cell("day", date(9999, 12, 31))),
        ('s="1"><v>2958466</v>', Cell("error", "#VALUE!")),
        ('s="1"><v>-1e300</v>', Cell("error", "#VALUE!")),
        ('s="1"><v>0.5</v>', Cell("other", "12:00:00")),
        ('t="d"><v>2026-11-24</v>', Cell("day", date(2026, 11, 24))),
        ('t="b"><v>1</v>', Cell("text", "TRUE")),
        ('t="e"><v>#REF!</v>', Cell("error", "#REF!")),
        ('t="str"><v>0012</v>', Cell("text", "0012")),
        ("><v>nan</v>", None),
        ('><f t="array" ref="A1:B2">A1</f><v>1</v>', Cell("formula", "")),
        ('><f t="shared" si="0"/><v>1</v>', Cell("formula", "")),
    ],
)
def test_values_of_every_type_are_what_they_say_or_no_value(tmp_path: Path, cell: str, value: Cell | None):
    path = workbook(tmp_path, A1=date(2026, 1, 1))  # so that the style 1 is a date
    content = f'<worksheet {NAMESPACE}><sheetData><row r="1"><c r="A1" {cell}</c></row></sheetData></worksheet>'
    repacked(path, "xl/worksheets/sheet1.xml", content.encode())

    if value is None:
        assert "it is no workbook that can be read" in refused(path)
    else:
        assert grid.load(path) == {"Sheet": {1: {1: value}}}


def test_days_of_the_1904_system_are_the_days_they_show(tmp_path: Path):
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active["A1"] = date(2026, 11, 24)
    book.save(tmp_path / "book.xlsx")

    assert grid.load(tmp_path / "book.xlsx")["Sheet"][1][1] == Cell("day", date(2026, 11, 24))
