"""Controls as a report lists them: by catalog and family, standards with their specifications below them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from posture.assessment import ControlResult

__all__ = ["Family", "families"]


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """The controls of one family of one catalog: trees of standards, as rows with their depth."""

    catalog: str
    family: str
    standards: tuple[tuple[tuple[ControlResult, int], ...], ...]


def families(controls: Iterable[ControlResult]) -> list[Family]:
    """Controls by catalog and family, in the catalog's order, those that are not counted last."""
    groups: dict[tuple[str, str], list[ControlResult]] = {}
    for control in sorted(controls, key=lambda each: not each.counted):
        groups.setdefault((control.catalog, control.family), []).append(control)
    return [
        Family(catalog=catalog, family=family, standards=tuple(_trees(own)))
        for (catalog, family), own in groups.items()
    ]


def _trees(controls: list[ControlResult]) -> Iterator[tuple[tuple[ControlResult, int], ...]]:
    ids = {control.id for control in controls}
    below: defaultdict[str, list[ControlResult]] = defaultdict(list)
    for control in controls:
        below[control.parent or ""].append(control)

    def walk(control: ControlResult, depth: int) -> Iterator[tuple[ControlResult, int]]:
        yield control, depth
        for child in below[control.id]:
            yield from walk(child, depth + 1)

    for control in controls:
        if control.parent not in ids:
            yield tuple(walk(control, 0))
