"""The segmentation matrix as the templates walk through it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from posture.assessment import PairState, Segmentation, ZonePair
from posture.htmlparts.bars import Segment, stacked
from posture.presentation import PAIRS, Label, anchor, number

__all__ = ["Pairs"]

_COLUMNS: Final = 8
_ROWS: Final = 500
"""Pairs of one state that are written out: 25 zones have 600 altogether, and the workbook has them all."""


class Pairs:
    """The pairs of zones of one assessment."""

    def __init__(self, segmentation: Segmentation) -> None:
        self._segmentation = segmentation
        self._pairs = {(pair.source, pair.target): pair for pair in segmentation.pairs}

    @property
    def total(self) -> int:
        """How many pairs there are."""
        return len(self._pairs)

    def blocks(self) -> list[Sequence[str]]:
        """The target zones, as many at a time as stand side by side on a page, and about as many in each."""
        zones = self._segmentation.zones
        parts = -(-len(zones) // _COLUMNS) or 1
        size = -(-len(zones) // parts) or 1
        return [zones[at : at + size] for at in range(0, len(zones), size)]

    def pair(self, source: str, target: str) -> ZonePair | None:
        """The pair, or None for a zone with itself."""
        return self._pairs.get((source, target))

    def label(self, pair: ZonePair) -> Label:
        """The pair's state."""
        return PAIRS[pair.state]

    def anchor(self, pair: ZonePair) -> str:
        """Where the pair stands in the lists."""
        return anchor("pair", pair.source, pair.target)

    def brief(self, pair: ZonePair) -> str:
        """How many of the ports that are to be denied the state is about; nothing where nothing was asked."""
        if not pair.wanted or not pair.hosts:
            return ""
        counted = len(pair.open) if pair.state == "open" else pair.denied_count
        return f"{number(counted)} of {number(pair.wanted)}"

    def segments(self) -> list[Segment]:
        """How all pairs stand."""
        return list(
            stacked(
                [(label, self._segmentation.count(state), self.list_anchor(state)) for state, label in PAIRS.items()],
                self.total,
            )
        )

    def list_anchor(self, state: PairState) -> str:
        """Where the pairs of a state are listed."""
        return f"pairs-{state}"

    def lists(self) -> Iterator[tuple[PairState, Label, Sequence[ZonePair], int]]:
        """The pairs by state, those that matter most first: what is written out, and how many more there are."""
        for state, label in PAIRS.items():
            own = [pair for pair in self._segmentation.pairs if pair.state == state]
            if own:
                yield state, label, own[:_ROWS], max(len(own) - _ROWS, 0)
