"""Sheets of free form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break

from posture.workbook.book import Book
from posture.workbook.sheet import Value

__all__ = ["METHOD", "REACH", "SUMMARY", "SYSTEMS", "Page"]

SUMMARY, METHOD, REACH, SYSTEMS = "Summary", "Method", "Ransomware reach", "Systems"


class Page:
    """A sheet of free form: the last thing in a row has the rest of its width."""

    def __init__(self, book: Book, title: str, widths: Sequence[float]) -> None:
        self.sheet = book.page(title, widths)

    @property
    def at(self) -> int:
        """The last row written."""
        return self.sheet.rows

    def line(self, values: Sequence[Value], styles: Sequence[str], *, height: float | None = None) -> None:
        """Values side by side; the last one, and its style, go on to the end."""
        more = len(self.sheet.widths) - len(values)
        self.sheet.row(
            [*values, *[None] * more], [*styles, *[styles[-1]] * more], height=height, merge_from=len(values) - 1
        )

    def text(self, text: str, style: str = "prose", *, height: float | None = None) -> None:
        """One text over the whole width."""
        self.line([text], [style], height=height)

    def section(self, title: str, *, new_page: bool = False) -> None:
        """A heading, on a new page where it is wanted."""
        self.sheet.row([], [], height=9)
        if new_page:
            self.sheet.sheet.row_breaks.append(Break(id=self.at))
        self.text(title, "section", height=22)

    def heads(self, *titles: str, numbers: Collection[str] = ()) -> None:
        """The headings of a small table; those of numbers stand right."""
        self.line(titles, ["heading of numbers" if title in numbers else "heading" for title in titles])

    def rows(
        self, heads: Sequence[str], styles: Sequence[str], rows: Iterable[Sequence[Value]], *, filtered: bool = False
    ) -> None:
        """A small table; one of a sheet can be filtered."""
        self.heads(*heads, numbers=[head for head, style in zip(heads, styles, strict=True) if style == "number"])
        first = self.at
        for row in rows:
            self.line(row, styles)
        if filtered:
            last = get_column_letter(len(heads))
            self.sheet.sheet.auto_filter.ref = f"A{first}:{last}{self.at}"
