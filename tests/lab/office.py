"""Real LibreOffice, without a window: an officer's hands, and the program that saves the file."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

_DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE {} PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "{}.dtd">\n'
)
_SECONDS = 180


def edit(workbook: Path, steps: list[str], profile: Path) -> None:
    """Open a workbook in Calc, run these lines of Basic on `doc`, save it as .xlsx and close it."""
    lines = "\n".join(steps)
    url = workbook.resolve().as_uri()
    source = f"""Sub Main
    Dim hidden(0) As New com.sun.star.beans.PropertyValue
    Dim saved(0) As New com.sun.star.beans.PropertyValue
    hidden(0).Name = "Hidden" : hidden(0).Value = True
    saved(0).Name = "FilterName" : saved(0).Value = "Calc MS Excel 2007 XML"
    doc = StarDesktop.loadComponentFromURL("{url}", "_blank", 0, hidden())
    {lines}
    doc.storeToURL("{url}", saved())
    doc.close(True)
    StarDesktop.terminate()
End Sub
"""
    _install(profile, source)
    before = workbook.read_bytes()
    _office(profile, "macro:///Standard.Officer.Main")
    assert workbook.read_bytes() != before, "LibreOffice did not save the workbook"


def put(sheet: str, cell: str, text: str) -> str:
    """The line of Basic that types text into a cell: dates become dates, as when a person types them."""
    quoted = text.replace('"', '""').replace("\n", '" & Chr(10) & "')
    return f'doc.Sheets.getByName("{sheet}").getCellRangeByName("{cell}").setFormula("{quoted}")'


def sort(sheet: str, cells: str, column: int) -> str:
    """The lines of Basic that sort a range by one of its columns, from 0."""
    return f"""
    Dim field(0) As New com.sun.star.table.TableSortField
    field(0).Field = {column} : field(0).IsAscending = False
    Dim order(0) As New com.sun.star.beans.PropertyValue
    order(0).Name = "SortFields" : order(0).Value = field()
    doc.Sheets.getByName("{sheet}").getCellRangeByName("{cells}").sort(order())
"""


def pdf(workbook: Path, profile: Path) -> Path:
    """The workbook as it would be printed."""
    _office(profile, "--convert-to", "pdf", "--outdir", str(workbook.parent), str(workbook))
    return workbook.with_suffix(".pdf")


def _office(profile: Path, *arguments: str) -> None:
    command = [
        "soffice",
        f"-env:UserInstallation={profile.resolve().as_uri()}",
        "--headless",
        "--norestore",
        *arguments,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)


def _install(profile: Path, source: str) -> None:
    library = profile / "user" / "basic" / "Standard"
    if not library.exists():  # the first start lays down a library of its own, over whatever is there
        _office(profile, "--terminate_after_init")
    (library / "Officer.xba").write_text(
        _DOCTYPE.format("script:module", "module")
        + '<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Officer" '
        f'script:language="StarBasic">{escape(source)}</script:module>\n'
    )
    (library / "script.xlb").write_text(
        _DOCTYPE.format("library:library", "library")
        + '<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" '
        'library:readonly="false" library:passwordprotected="false"><library:element library:name="Officer"/>'
        "</library:library>\n"
    )
