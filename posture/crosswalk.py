"""Crosswalks: what other frameworks have that bears on a control of the rule. Data; they decide nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Container, Iterable
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from posture import catalog
from posture.assessment import Crosswalk
from posture.catalog import Catalog, Control, Head
from posture.errors import PostureError

__all__ = ["Table", "built_in", "load", "of", "view"]

Strength: TypeAlias = Literal["equivalent", "partial", "related"]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pairs of one framework: a control's id to the framework's ids, each with its strength where one was given.

    `basis` says who paired them and how, `confidence` how far to trust that. `titles` are the framework's own, where
    it has any.
    """

    id: str
    title: str
    version: str
    basis: str
    source: str
    confidence: str
    titles: dict[str, str] = {}
    pairs: dict[str, tuple[str, ...] | dict[str, Strength]]

    def of(self, control: str) -> tuple[Crosswalk, ...]:
        """What this framework has that bears on a control."""
        targets = self.pairs.get(control, ())
        strengths = targets if isinstance(targets, dict) else dict.fromkeys(targets, "")
        return tuple(
            Crosswalk(framework=self.id, id=target, title=self.titles.get(target, ""), strength=strength)
            for target, strength in strengths.items()
        )


def load(path: Path, controls: Container[str]) -> Table:
    """Read a crosswalk in TOML. Raises PostureError for what is none, and for a pair whose control is not there."""
    try:
        table = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Table)
    except (OSError, ValueError, RecursionError) as error:  # ValueError: tomllib's, msgspec's, and a long number
        raise PostureError(f"not a crosswalk: {error}", where=str(path)) from error
    for control in table.pairs:
        if control not in controls:
            raise PostureError(f"it pairs {control}, which the rule does not have", where=str(path))
    return table


@cache
def built_in() -> tuple[Table, ...]:
    """The crosswalks of the Security Rule that come with Posture, by file name."""
    controls = {each.id for each in catalog.built_in()[catalog.SCORED].control}
    folder = Path(__file__).parent / "catalogs" / "crosswalks"
    return tuple(load(file, controls) for file in sorted(folder.glob("*.toml")))


def of(control: str, tables: Iterable[Table] | None = None) -> tuple[Crosswalk, ...]:
    """What the frameworks have that bears on a control of the Security Rule: all that come with Posture, or these."""
    return tuple(each for table in (built_in() if tables is None else tables) for each in table.of(control))


def view(table: Table) -> Catalog:
    """The crosswalk the other way round: the framework's ids, each with the rule's controls as its `anchors`."""
    pairs: dict[str, dict[str, str]] = {}
    for control in table.pairs:
        for each in table.of(control):
            pairs.setdefault(each.id, {})[control] = each.strength
    return Catalog(
        catalog=Head(
            id=table.id,
            title=f"{table.title}: what bears on the HIPAA Security Rule",
            citation=f"{table.title} {table.version}".strip(),
            status="voluntary",
            as_of="",
            source=table.source,
            version=table.version,
        ),
        control=tuple(_row(table, target, pairs[target]) for target in sorted(pairs, key=_natural)),
    )


def _row(table: Table, target: str, controls: dict[str, str]) -> Control:
    named = (f"{control} ({strength})" if strength else control for control, strength in controls.items())
    return Control(
        id=target,
        kind="control",
        title=table.titles.get(target, ""),
        family=target.partition("-")[0],
        text=f"Bears on: {', '.join(named)}.",
        note=f"{table.basis} Confidence: {table.confidence}.",
        anchors=tuple(controls),
    )


def _natural(identifier: str) -> list[tuple[int, str]]:
    """AC-2 before AC-10: numbers sort as numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", identifier)]
