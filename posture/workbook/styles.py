"""How cells look: one typeface for text, one for names and hashes, one accent colour."""

from __future__ import annotations

import msgspec
from openpyxl.styles import Border, Font, PatternFill, Side

__all__ = ["LINKED", "STYLES", "Style"]

ACCENT = "12508C"


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How a cell looks. `letters` is how many of its letters stand in one unit of a column's width."""

    font: Font = Font(name="Calibri", size=10)
    fill: PatternFill = PatternFill()
    border: Border = Border()
    wrap: bool = True
    across: str | None = None
    down: str | None = None
    indent: int = 0
    number_format: str = "General"
    letters: float = 1.2


_RULE = Border(bottom=Side(style="hair", color="BFBFBF"))
_THIN = Side(style="thin", color="BFBFBF")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEAD = Font(name="Calibri", size=10, bold=True, color=ACCENT)
_WASH = PatternFill("solid", fgColor="EEF3F8")
LINKED = Font(color=ACCENT, underline="single")
_UNDER = Border(bottom=Side(style="thin", color=ACCENT))

STYLES: dict[str, Style] = {
    "text": Style(border=_RULE),
    "code": Style(border=_RULE, font=Font(name="Consolas", size=9), letters=0.95),
    "number": Style(border=_RULE, wrap=False, across="right", indent=1, number_format="#,##0"),
    "date": Style(border=_RULE, across="left", number_format="yyyy-mm-dd hh:mm"),
    "day": Style(border=_RULE, across="left", number_format="yyyy-mm-dd"),
    "figure": Style(border=_RULE, wrap=False, across="right", indent=1),
    "work": Style(border=_BOX),
    "work day": Style(border=_BOX, across="left", number_format="yyyy-mm-dd"),
    "strong": Style(border=_RULE, font=Font(name="Calibri", size=10, bold=True), letters=1.1),
    "total": Style(
        border=_UNDER,
        wrap=False,
        across="right",
        indent=1,
        number_format="#,##0",
        font=Font(name="Calibri", size=10, bold=True),
    ),
    "heading": Style(font=_HEAD, fill=_WASH, border=_UNDER, down="center", letters=1.05),
    "heading of numbers": Style(
        font=_HEAD, fill=_WASH, border=_UNDER, down="center", across="right", indent=1, letters=1.0
    ),
    "title": Style(font=Font(name="Calibri", size=20, bold=True, color=ACCENT), wrap=False, down="center"),
    "subtitle": Style(font=Font(name="Calibri", size=14), wrap=False, down="center"),
    "section": Style(
        font=Font(name="Calibri", size=13, bold=True, color=ACCENT), wrap=False, border=_UNDER, down="bottom"
    ),
    "prose": Style(),
    "claim": Style(fill=_WASH, down="center"),
    "note": Style(font=Font(name="Calibri", size=9, italic=True, color="595959")),
}
