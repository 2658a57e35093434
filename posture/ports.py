"""Sets of port numbers, kept as ranges, in nmap's notation (`22-25,80`)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

__all__ = ["PortSet"]

MAX_PORT = 65535


class PortSet:
    """An immutable set of port numbers; a whole range costs as little as one port."""

    __slots__ = ("_ranges", "_starts")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        merged: list[tuple[int, int]] = []
        for low, high in sorted(ranges):
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], high))
            else:
                merged.append((low, high))
        self._ranges = tuple(merged)
        self._starts = tuple(low for low, _ in merged)

    @classmethod
    def parse(cls, text: str) -> PortSet:
        """Read nmap's notation. Raises ValueError for anything that is not a port or a range of ports."""
        ranges = []
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            low, dash, high = part.partition("-")
            try:
                first, last = int(low), int(high if dash else low)
            except ValueError:
                raise ValueError(f"{part!r} is not a port or a range of ports") from None
            if not 0 <= first <= last <= MAX_PORT:
                raise ValueError(f"{part!r} is not a range of ports")
            ranges.append((first, last))
        return cls(ranges)

    @classmethod
    def of(cls, ports: Iterable[int]) -> PortSet:
        """The set of these numbers."""
        return cls((port, port) for port in ports)

    def __contains__(self, port: int) -> bool:
        at = bisect_right(self._starts, port) - 1
        return at >= 0 and port <= self._ranges[at][1]

    def __iter__(self) -> Iterator[int]:
        for low, high in self._ranges:
            yield from range(low, high + 1)

    def __len__(self) -> int:
        return sum(high - low + 1 for low, high in self._ranges)

    def __or__(self, other: PortSet) -> PortSet:
        return PortSet((*self._ranges, *other._ranges))

    def __sub__(self, other: PortSet) -> PortSet:
        kept: list[tuple[int, int]] = []
        for low, high in self._ranges:
            start = low
            for cut_low, cut_high in other._ranges:
                if cut_high < start or cut_low > high:
                    continue
                if cut_low > start:
                    kept.append((start, cut_low - 1))
                start = cut_high + 1
            if start <= high:
                kept.append((start, high))
        return PortSet(kept)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PortSet) and self._ranges == other._ranges

    def __hash__(self) -> int:
        return hash(self._ranges)

    def __str__(self) -> str:
        return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in self._ranges)

    def __repr__(self) -> str:
        return f"PortSet.parse({str(self)!r})"
