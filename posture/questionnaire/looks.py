"""How the cells of the workbook look, beside what every workbook of ours has."""

from __future__ import annotations

from typing import Final

from openpyxl.styles import Border, Font, PatternFill, Side

from posture.workbook.styles import STYLES, Style

__all__ = ["BAND", "CELL", "DAY", "HEADING", "ITEM", "NAME"]

_THIN = Side(style="thin", color="BFBFBF")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_DAY = "yyyy-mm-dd"
_YELLOW = PatternFill("solid", fgColor="FFF8D6")
_GREY = PatternFill("solid", fgColor="F0F0F0")
_WHITE_BOLD = Font(name="Calibri", size=10, bold=True, color="FFFFFF")
_QUIET = Font(name="Calibri", size=10, color="595959")
_BANDS = {"question": "12508C", "entry": "7A5200", "last": "595959"}

CELL: Final = {"question": "questionnaire", "entry": "questionnaire entry", "last": "questionnaire last"}
DAY: Final = {"question": "questionnaire day", "entry": "questionnaire entry day", "last": "questionnaire last day"}
HEADING: Final = {group: f"questionnaire heading {group}" for group in _BANDS}
BAND: Final = {group: f"questionnaire band {group}" for group in _BANDS}
ITEM: Final = "questionnaire item"
NAME: Final = "questionnaire name"


def _cell(font: Font, fill: PatternFill, number_format: str = "General") -> Style:
    return Style(font=font, fill=fill, border=_BOX, down="top", across="left", indent=1, number_format=number_format)


_PLAIN = Font(name="Calibri", size=10)
STYLES.update(
    {
        CELL["question"]: _cell(_PLAIN, PatternFill()),
        CELL["entry"]: _cell(_PLAIN, _YELLOW, "@"),  # text, so that nothing makes 1.1 of a typed 1.10
        CELL["last"]: _cell(_QUIET, _GREY),
        DAY["question"]: _cell(_PLAIN, PatternFill(), _DAY),
        DAY["entry"]: _cell(_PLAIN, _YELLOW, _DAY),
        DAY["last"]: _cell(_QUIET, _GREY, _DAY),
        ITEM: Style(down="top"),
        NAME: Style(down="top", font=Font(name="Calibri", size=10, bold=True), letters=1.1),
        **{
            HEADING[group]: Style(
                font=_WHITE_BOLD,
                fill=PatternFill("solid", fgColor=colour),
                border=_BOX,
                down="center",
                indent=1,
                letters=0.95,
            )
            for group, colour in _BANDS.items()
        },
        **{
            BAND[group]: Style(
                font=_WHITE_BOLD, fill=PatternFill("solid", fgColor=colour), wrap=False, down="center", indent=1
            )
            for group, colour in _BANDS.items()
        },
    }
)
