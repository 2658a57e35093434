"""How the runs went over time, as small multiples: one small chart a question, and no score. Pure.

Each bar is a fraction of its own whole, which is written under it: two runs that looked at different numbers of
things are never compared by the numbers alone. All of it stands in a table beside the figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from posture.assessment.changes import TrendPoint
from posture.figures.svg import INK, LINE, PAPER, QUIET, RED, element, label, picture
from posture.presentation import number, plural

__all__ = ["MULTIPLES", "SHOWN", "trend_figure"]

SHOWN: Final = 6
"""Runs that are drawn, the latest; the table has more."""
MULTIPLES: Final = (
    ("Controls shown not to be satisfied", "not_satisfied", "controls", "fail"),
    ("Controls satisfied", "satisfied", "controls", "good"),
    ("Controls not assessed", "not_assessed", "controls", "unknown"),
    ("Checks that failed, of those judged", "checks_failed", "checks_judged", "fail"),
    ("Fails, of all passes and fails", "fails", "judgements", "fail"),
    ("Questions without an answer", "unanswered", "asked", "unknown"),
)
"""Title, the fields of a number and of its whole, and how it is drawn."""
_WIDE, _TALL, _COLUMNS = 380, 150, 2
_BAR, _SLOT, _HIGH = 34, 60, 70
_FILLS: Final = {"fail": RED, "good": "#1b6b3a", "unknown": "url(#trend-hatch)"}


def trend_figure(points: Sequence[TrendPoint]) -> str:
    """The figure as SVG, the oldest run left; empty where there is nothing to draw."""
    if not points:
        return ""
    shown = list(enumerate(points, 1))[-SHOWN:]
    hatch = element(
        "pattern",
        element("rect", width=6, height=6, fill=PAPER) + element("path", d="M0 6 6 0", stroke=LINE, stroke_width=1.5),
        id="trend-hatch",
        width=6,
        height=6,
        patternUnits="userSpaceOnUse",
    )
    parts = [part for at, multiple in enumerate(MULTIPLES) for part in _multiple(at, multiple, shown)]
    rows = -(-len(MULTIPLES) // _COLUMNS)
    return picture(
        "trend",
        _WIDE * _COLUMNS,
        _TALL * rows,
        title=f"The last {plural(len(shown), 'run')}, one chart a question",
        described=_described(shown),
        parts=parts,
        definitions=hatch,
    )


def _multiple(at: int, multiple: tuple[str, str, str, str], shown: Sequence[tuple[int, TrendPoint]]) -> Iterator[str]:
    title, part, whole, look = multiple
    left, top = at % _COLUMNS * _WIDE, at // _COLUMNS * _TALL
    yield label(left, top + 14, title, 52, font_weight="bold")
    ground = top + 36 + _HIGH
    for place, (run, point) in enumerate(shown):
        count, of = getattr(point, part), getattr(point, whole)
        x = left + place * _SLOT + (_SLOT - _BAR) // 2
        high = round(_HIGH * count / of) if of else 0
        middle = {"text_anchor": "middle", "font_size": 10}
        yield element("rect", x=x, y=ground - _HIGH, width=_BAR, height=_HIGH, fill=PAPER, stroke=LINE)
        if high:
            look_of = {"fill": _FILLS[look], "stroke": INK}
            yield element("rect", x=x, y=ground - high, width=_BAR, height=high, **look_of)
        yield label(x + _BAR // 2, ground - _HIGH - 4, number(count) if of else "–", 0, **middle)
        yield label(x + _BAR // 2, ground + 12, f"of {number(of)}", 0, **middle, fill=QUIET)
        yield label(x + _BAR // 2, ground + 24, f"run {run}", 0, **middle, fill=QUIET)


def _described(shown: Sequence[tuple[int, TrendPoint]]) -> str:
    return " ".join(
        f"{title}: "
        + "; ".join(
            f"run {run} {number(getattr(point, part))} of {number(getattr(point, whole))}" for run, point in shown
        )
        + "."
        for title, part, whole, _ in MULTIPLES
    )
