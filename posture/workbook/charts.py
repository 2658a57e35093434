"""Charts of a workbook, drawn by the program that opens it from the numbers in its cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec
from openpyxl.chart import BarChart, Reference
from openpyxl.chart import Series as ChartSeries
from openpyxl.chart.label import DataLabel, DataLabelList
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.colors import ColorChoice
from openpyxl.drawing.fill import PatternFillProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Font, Paragraph, ParagraphProperties
from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["Look", "stacked_bars"]


Pattern: TypeAlias = Literal["narHorz", "smCheck", "wdUpDiag"]


class Look(msgspec.Struct, frozen=True):
    """How the parts of one series look: a colour, a pattern of DrawingML or plain, and the colour of their numbers."""

    colour: str
    pattern: Pattern | None = None
    ink: str = "FFFFFF"


def stacked_bars(
    sheet: Worksheet, *, heading_row: int, first_column: int, looks: Sequence[Look], values: Sequence[Sequence[int]]
) -> BarChart:
    """One stacked bar for each row below the headings, its values written on it but for noughts.

    Column 1 holds the names of the bars; the series stand side by side from `first_column` on. `values` are what the
    cells hold, row by row.
    """
    chart = BarChart(barDir="bar", grouping="stacked", overlap=100, gapWidth=45)
    last_row = heading_row + len(values)
    for at, look in enumerate(looks):
        cells = Reference(sheet, min_col=first_column + at, min_row=heading_row, max_row=last_row)
        series = ChartSeries(cells, title_from_data=True)
        series.graphicalProperties = _filled(look)
        series.invertIfNegative = False
        series.dLbls = _labels(look, [row[at] for row in values])
        chart.series.append(series)
    chart.set_categories(Reference(sheet, min_col=1, min_row=heading_row + 1, max_row=last_row))
    chart.legend.position = "b"
    chart.legend.txPr = _text("1B1B1B")
    chart.x_axis.delete, chart.y_axis.delete = False, True  # the values are written on the bars
    chart.x_axis.scaling.orientation = "maxMin"  # the first row at the top
    chart.x_axis.txPr = _text("1B1B1B")
    chart.x_axis.majorTickMark = "none"
    chart.y_axis.majorGridlines = None
    chart.graphical_properties = GraphicalProperties(ln=LineProperties(noFill=True))
    return chart


def _labels(look: Look, values: Sequence[int]) -> DataLabelList:
    hidden = dict.fromkeys(("showSerName", "showCatName", "showLegendKey", "showPercent", "showBubbleSize"), False)
    noughts = [DataLabel(idx=at, showVal=False, **hidden) for at, value in enumerate(values) if not value]
    paper = GraphicalProperties(solidFill="FFFFFF", ln=LineProperties(noFill=True)) if look.pattern else None
    return DataLabelList(dLbl=noughts, showVal=True, spPr=paper, txPr=_text(look.ink, bold=True), **hidden)


def _filled(look: Look) -> GraphicalProperties:
    outline = LineProperties(solidFill="7F7F7F", w=6350)
    if look.pattern:
        pattern = PatternFillProperties(
            prst=look.pattern,
            fgClr=ColorChoice(srgbClr=look.colour),  # type: ignore[arg-type]  # text at run time
            bgClr=ColorChoice(srgbClr="FFFFFF"),  # type: ignore[arg-type]  # text at run time
        )
        return GraphicalProperties(pattFill=pattern, ln=outline)
    return GraphicalProperties(solidFill=look.colour, ln=outline)


def _text(colour: str, *, bold: bool = False) -> RichText:
    characters = CharacterProperties(sz=900, b=bold, solidFill=colour, latin=Font(typeface="Calibri"))
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=characters), endParaRPr=characters)])
