"""What changed since an earlier run, as the templates walk through it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

from markupsafe import Markup

from posture.assessment import Assessment, Changes, CheckChange, TrendPoint
from posture.assessment.changes import CHANGE_KINDS, ChangeKind, ControlChange
from posture.figures.trend import SHOWN, trend_figure
from posture.presentation import CHANGES, Label

__all__ = ["History"]

_ROWS: Final = 500
_RUNS: Final = 40


class History:
    """The changes of one assessment; nothing where it was compared with no other run."""

    drawn = SHOWN
    kinds = CHANGE_KINDS

    def __init__(self, assessment: Assessment) -> None:
        self.changes: Changes | None = assessment.run.changes

    def counts(self) -> list[tuple[ChangeKind, Label, int]]:
        """How many subjects changed in each way, over all checks."""
        return [(kind, CHANGES[kind], self.changes.count(kind)) for kind in CHANGE_KINDS] if self.changes else []

    @property
    def checks(self) -> Sequence[CheckChange]:
        """The checks of which something changed."""
        return self.changes.changed_checks if self.changes else ()

    @property
    def controls(self) -> Sequence[ControlChange]:
        """The controls whose status is another, as far as they are written out."""
        return self.changes.controls[:_ROWS] if self.changes else ()

    @property
    def trend(self) -> list[tuple[int, TrendPoint]]:
        """The runs with their numbers from 1, the latest of them."""
        return list(enumerate(self.changes.trend, 1))[-_RUNS:] if self.changes else []

    @cached_property
    def figure(self) -> Markup:
        """The trend, as SVG whose texts `posture.figures.trend` has escaped."""
        points = self.changes.trend if self.changes else ()
        return Markup(trend_figure(points))  # noqa: S704  # ours: every text in it is escaped there
