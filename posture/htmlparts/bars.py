"""Stacked bars: what is counted, in hundredths of the whole, each part with the list that it counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from posture.assessment import AnsweredCount, Coverage, FamilyCount
from posture.model import Status
from posture.presentation import ANSWERED, STATUSES, Label, anchor, capital

__all__ = ["ANSWERED_BY", "STATUS_FIELDS", "Segment", "all_answered", "answered_segments", "stacked", "status_segments"]

STATUS_FIELDS: Final = {
    Status.SATISFIED: "satisfied",
    Status.SATISFIED_BY_ALTERNATIVE: "satisfied_by_alternative",
    Status.NOT_SATISFIED: "not_satisfied",
    Status.RISK_ACCEPTED: "risk_accepted",
    Status.NOT_ASSESSED: "not_assessed",
    Status.NOT_APPLICABLE: "not_applicable",
}

# By what a control is answered says nothing good or bad of it, so none of these is green or red.
ANSWERED_BY: Final[dict[str, Label]] = {
    key: Label(word=word, shape=shape, symbol=symbol, colour=colour)
    for (key, word), shape, symbol, colour in (
        (("tested-and-attested", "Tested and attested"), "both", "▣", "0B3358"),
        (("attested", "Attested by people alone"), "frame", "□", "12508C"),
        (("tested", "Tested alone"), "square", "■", "12508C"),
        (("accepted", capital(ANSWERED["accepted"])), "diamond", "◆", "7A5200"),
        (("nothing", "Answered by nothing"), "hatch", "▨", "595959"),
    )
}


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a stacked bar, in hundredths of its width, and the anchor of the list that it counts."""

    label: Label
    count: int
    start: float
    width: float
    target: str


def status_segments(count: FamilyCount, prefix: str = "status", key: str = "") -> list[Segment]:
    """How controls stand; their lists go by `prefix`, `key` (or else the family) and the status."""
    found = [
        (STATUSES[status], getattr(count, field), anchor(prefix, f"{key or count.family}-{status}"))
        for status, field in STATUS_FIELDS.items()
    ]
    return list(stacked(found, count.of))


def answered_segments(count: AnsweredCount) -> list[Segment]:
    """By what controls are answered."""
    found = [
        (label, getattr(count, key.replace("-", "_")), anchor("answered", f"{count.family}-{key}"))
        for key, label in ANSWERED_BY.items()
    ]
    return list(stacked(found, count.of))


def all_answered(coverage: Coverage) -> AnsweredCount:
    """All families together."""
    fields = ("of", *(key.replace("-", "_") for key in ANSWERED_BY))
    return AnsweredCount(
        family="all", **{field: sum(getattr(row, field) for row in coverage.answered) for field in fields}
    )


def stacked(parts: Iterable[tuple[Label, int, str]], of: int) -> Iterator[Segment]:
    """Those that are none are left out."""
    start = 0.0
    for label, count, target in parts:
        if count:
            width = 100 * count / (of or 1)
            yield Segment(label=label, count=count, start=round(start, 3), width=round(width, 3), target=target)
            start += width
