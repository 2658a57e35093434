"""A workbook that was filled in → what it adds to the ledger, or all of its mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from posture.errors import PostureError
from posture.governance.ledger import Attestation, Decision, Practices, RecordedRiskAnalysis, Register, Statement
from posture.presentation import plural
from posture.questionnaire.answered import Desk, analyses, decisions, questions
from posture.questionnaire.export import baseline, current
from posture.questionnaire.grid import Grid
from posture.questionnaire.registers import practices, register
from posture.questionnaire.rows import MOST_MISTAKES, Mistake, TooManyMistakesError, quoted, rows
from posture.questionnaire.shape import FORMAT, LISTS, READ_ME, SHEETS

__all__ = ["Taken", "WorkbookError", "take"]

_MOST_LISTED: Final = 1_000


class WorkbookError(PostureError):
    """The mistakes of a workbook, all of them at once, each with its sheet and cell."""

    def __init__(self, file: str, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        more = " and more" if len(mistakes) >= MOST_MISTAKES else ""
        super().__init__(f"{plural(len(mistakes), 'mistake')}{more}, and nothing was recorded", where=file)

    def __str__(self) -> str:
        listed = [f"  {mistake}" for mistake in self.mistakes[:_MOST_LISTED]]
        more = len(self.mistakes) - len(listed)
        return "\n".join([f"{self.where}: {self.what}", *listed, *([f"  and {more:,} more"] if more else [])])


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a workbook adds to the ledger, and what its reader should know."""

    statements: tuple[Statement, ...]
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many statements of each kind, by a word for one."""
        return {word: sum(isinstance(each, kind) for each in self.statements) for word, kind in _KINDS.items()}

    def summary(self, verb: str) -> str:
        """One line: `recorded 3 answers, 1 decision`."""
        named = [plural(count, word, _MANY.get(word, "")) for word, count in self.counts.items() if count]
        return f"{verb} {', '.join(named)}" if named else f"{verb} nothing: all of it is on record already"


_KINDS: Final[dict[str, type[msgspec.Struct]]] = {
    "answer": Attestation,
    "decision": Decision,
    "risk analysis": RecordedRiskAnalysis,
    "register": Register,
    "list of practices": Practices,
}
_MANY: Final = {"risk analysis": "risk analyses", "list of practices": "lists of practices"}


def take(grid: Grid, desk: Desk, file: Path) -> Taken:
    """Read what was filled in. Raises WorkbookError with all mistakes, PostureError for a file that is not ours."""
    if LISTS not in grid and not any(shape.title in grid for shape in SHEETS):
        raise PostureError("it is not a workbook that posture attest export wrote", where=str(file))
    mistakes: list[Mistake] = []
    try:
        return _taken(grid, desk, file, mistakes)
    except TooManyMistakesError:
        raise WorkbookError(str(file), mistakes) from None


def _taken(grid: Grid, desk: Desk, file: Path, mistakes: list[Mistake]) -> Taken:
    facts = _facts(grid)
    if facts.get("format") != FORMAT:
        said = (
            f"its format is {quoted(facts['format'])}" if "format" in facts else "the hidden sheet Lists is not there"
        )
        message = f"{said}, not {FORMAT}; export a new workbook and copy the answers over"
        mistakes.append(Mistake(len(SHEETS), 0, 0, LISTS, message))
    asked, addressable, analysed, systems, flows, practised = (
        rows(grid, shape, place, mistakes) for place, shape in enumerate(SHEETS)
    )
    statements: list[Statement] = [*questions(asked, desk), *decisions(addressable, desk), *analyses(analysed, desk)]
    register_before, practices_before = current(desk.ledger)
    declared = register(systems, flows, register_before)
    controls = {control.id for catalog in desk.catalogs for control in catalog.control}
    in_place = practices(practised, controls, desk.today)
    if mistakes:
        raise WorkbookError(str(file), mistakes)
    notes = [*_ended(statements, desk), *_not_read(grid)]
    whole: tuple[tuple[str, Register | Practices, Register | Practices], ...] = (
        ("register", declared, register_before),
        ("practices", in_place, practices_before),
    )
    for name, now, before in whole:
        if baseline(now) in {facts.get(name), baseline(before)}:
            continue
        statements.append(now)
        if baseline(before) != facts.get(name):
            notes.append(f"The {name} on record had changed since this workbook was written; this one replaces it.")
    return Taken(statements=tuple(statements), notes=tuple(notes))


def _facts(grid: Grid) -> dict[str, str]:
    """What the hidden sheet says in its first two columns."""
    pairs = [(cells.get(1), cells.get(2)) for cells in grid.get(LISTS, {}).values()]
    return {str(name.value): str(value.value) for name, value in pairs if name and value}


def _ended(statements: Sequence[Statement], desk: Desk) -> list[str]:
    ended = sum(
        each.expires <= desk.today if isinstance(each, Attestation) else each.review_by <= desk.today
        for each in statements
        if isinstance(each, (Attestation, Decision))
    )
    return [f"{plural(ended, 'answer or decision', 'answers and decisions')} ended already: not in force."] * bool(
        ended
    )


def _not_read(grid: Grid) -> list[str]:
    others = [title for title in grid if title not in {READ_ME, LISTS, *(shape.title for shape in SHEETS)}]
    return [f"Not read: the sheet {quoted(title)}." for title in others]
