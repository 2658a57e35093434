"""Days as people write them in tables. Which of two numbers is the month, the whole column has to show. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from posture.errors import PostureError

__all__ = ["Days"]

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].{0,30})?")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?: .{0,30})?")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .{0,30})?")
_MEND = "write days as 2026-01-31"
_MONTHS = 12


class Days:
    """The days of one column: 2026-01-31, 31.01.2026, and 01/31/2026 or 31/01/2026 where the column shows which."""

    def __init__(self, texts: Iterable[str]) -> None:
        slashed = [found for text in texts if (found := _SLASHED.fullmatch(text))]
        self._month_first = all(int(found[1]) <= _MONTHS for found in slashed)
        self._day_first = all(int(found[2]) <= _MONTHS for found in slashed)

    def read(self, text: str, where: str) -> date:
        """The day. Raises PostureError, at `where`, for what is none, or may be one of two."""
        try:
            if found := _ISO.fullmatch(text):
                return date(int(found[1]), int(found[2]), int(found[3]))
            if found := _DOTTED.fullmatch(text):
                return date(int(found[3]), int(found[2]), int(found[1]))
            if found := _SLASHED.fullmatch(text):
                return self._slashed(int(found[1]), int(found[2]), int(found[3]), where)
        except ValueError:
            pass
        raise PostureError("expected a day such as 2026-01-31", where=where, mend=_MEND)

    def _slashed(self, first: int, second: int, year: int, where: str) -> date:
        if first == second or (self._month_first and not self._day_first):
            return date(year, first, second)
        if self._day_first and not self._month_first:
            return date(year, second, first)
        if self._month_first:
            told = "whether the month or the day comes first can't be seen from this column"
        else:
            told = "in some rows of this column the month comes first, and in others the day"
        raise PostureError(told, where=where, mend=_MEND)
