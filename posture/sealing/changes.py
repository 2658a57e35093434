"""What is not the same in two assessments of the same evidence, made at other times or by other versions. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from posture.model import Source

__all__ = ["Judged", "changes"]

_COUNTS = ("passed", "failed", "unknown", "not_applicable", "errors")


class _Method(msgspec.Struct, frozen=True):
    version: str
    check_files: tuple[Source, ...]


class _Check(msgspec.Struct, frozen=True):
    id: str
    passed: int = 0
    failed: int = 0
    unknown: int = 0
    not_applicable: int = 0
    errors: int = 0


class _Control(msgspec.Struct, frozen=True):
    catalog: str
    id: str
    status: str


class _Outline(msgspec.Struct, frozen=True):
    method: _Method
    checks: tuple[_Check, ...]
    controls: tuple[_Control, ...]
    observations: tuple[dict[str, Any], ...]


class Judged:
    """An assessment as JSON, of whichever version. Raises msgspec.DecodeError for what is none."""

    def __init__(self, document: bytes) -> None:
        self.whole: dict[str, Any] = {**msgspec.json.decode(document, type=dict[str, Any]), "run": None}
        self.outline = msgspec.json.decode(document, type=_Outline)

    @property
    def code(self) -> tuple[str, frozenset[Source]]:
        """What judged: the same code has to come to the same."""
        return self.outline.method.version, frozenset(self.outline.method.check_files)

    @property
    def files(self) -> dict[str, str]:
        """The files of checks, and their digests."""
        return {each.name: each.sha256 for each in self.outline.method.check_files}

    @property
    def checks(self) -> dict[str, str]:
        """What each check came to, in numbers."""
        return {each.id: _numbers(each) for each in self.outline.checks}

    @property
    def observations(self) -> dict[str, set[str]]:
        """What each check said."""
        found: dict[str, set[str]] = defaultdict(set)
        for each in self.outline.observations:
            found[str(each.get("check"))].add(msgspec.json.encode(each, order="sorted").decode())
        return found

    @property
    def controls(self) -> dict[str, str]:
        """Each control's status."""
        return {f"{each.catalog} {each.id}": each.status for each in self.outline.controls}


def changes(before: Judged, after: Judged) -> list[str]:
    """What changed, the checks first, a sentence a thing; empty: nothing but the run."""
    if before.whole == after.whole:
        return []
    lines = []
    then, now = before.outline.method.version, after.outline.method.version
    if then != now:
        lines.append(f"Judged by Posture {then} then, by {now} now.")
    for what, first, second in (
        ("The file of checks", before.files, after.files),
        ("Check", before.checks, after.checks),
        ("Control", before.controls, after.controls),
    ):
        lines += [_changed(what, name, first, second) for name in sorted(_unequal(first, second))]
    words = _unequal(before.observations, after.observations) - _unequal(before.checks, after.checks)
    lines += [f"Check {name}: as many then as now, of other subjects or in other words." for name in sorted(words)]
    parts = ", ".join(sorted(_unequal(before.whole, after.whole)))
    lines.append(f"Not the same in the assessment: {parts}.")
    return lines


def _unequal(first: dict[str, Any], second: dict[str, Any]) -> set[str]:
    return {name for name in {*first, *second} if first.get(name) != second.get(name)}


def _changed(what: str, name: str, first: dict[str, str], second: dict[str, str]) -> str:
    if name not in first:
        return f"{what} {name} is new."
    if name not in second:
        return f"{what} {name} is gone."
    if what == "The file of checks":
        return f"{what} {name} was changed."
    return f"{what} {name}: {first[name]} then, {second[name]} now."


def _numbers(check: _Check) -> str:
    said = [f"{getattr(check, name)} {name.replace('_', ' ')}" for name in _COUNTS if getattr(check, name)]
    return ", ".join(said) or "nothing judged"
