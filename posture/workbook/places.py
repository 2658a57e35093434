"""Where each thing stands in the workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from posture.assessment import Assessment, Gap, Risk
from posture.model import Outcome
from posture.presentation import Label, number, short
from posture.workbook import columns
from posture.workbook.book import Table
from posture.workbook.sheet import Link, Place, Value

Key = TypeVar("Key")

__all__ = ["Places", "Weakness", "more", "weaknesses", "word"]


class Weakness(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the plan of action: a gap of this run, a risk of the register that no gap of it stands for, or both."""

    gap: Gap | None = None
    risk: Risk | None = None

    @property
    def id(self) -> str:
        """The risk's id, which stays from run to run; that of the check where the register has none."""
        return self.risk.id if self.risk else self.gap.check if self.gap else ""


def weaknesses(assessment: Assessment) -> Iterator[Weakness]:
    """All gaps in their order, then the risks that are not closed and have no gap in this run."""
    register = {risk.id: risk for risk in assessment.risks}
    for gap in assessment.gaps:
        yield Weakness(gap=gap, risk=register.get(gap.risk))
    shown = {gap.risk for gap in assessment.gaps}
    for risk in assessment.risks:
        if risk.id not in shown and risk.state != "closed":
            yield Weakness(risk=risk)


class Places:
    """Where each thing stands, known before the first row is written, so that links may lead forward."""

    def __init__(self, assessment: Assessment) -> None:
        self.controls = _first(columns.CONTROLS, ((each.catalog, each.id) for each in assessment.controls))
        for table, proposed in ((columns.FRAMEWORKS, False), (columns.PROPOSED, True)):
            others = [each for part in assessment.frameworks if part.proposed is proposed for each in part.controls]
            self.controls |= _first(table, ((each.catalog, each.id) for each in others))
        self.families = _first(columns.CONTROLS, (each.counted and each.family for each in assessment.controls))
        rows = list(weaknesses(assessment))
        self.weaknesses = _first(columns.GAPS, (each.id for each in rows))
        self.gaps = _first(columns.GAPS, (each.gap and each.gap.check for each in rows))
        self.risks = _first(columns.RISKS, (each.id for each in assessment.risks))
        self.services = _first(columns.SERVICES, (each.id for each in assessment.services))
        self.exceptions = _first(columns.EXCEPTIONS, (each.id for each in assessment.exceptions))
        self.attestations = _first(
            columns.ATTESTATIONS, ((each.catalog, each.control) for each in assessment.attestations)
        )
        self.decisions = _first(columns.DECISIONS, ((each.catalog, each.control) for each in assessment.decisions))
        self.evidence = _first(columns.EVIDENCE, (each.id for each in assessment.evidence))
        self.assets = _first(columns.ASSETS, (each.key for each in assessment.assets))
        self.observations: dict[str, Place] = {}
        self.outcomes: dict[Outcome, Place] = {}
        self.subjects: dict[tuple[str, Outcome], Place] = {}
        self.first: dict[tuple[str, Outcome], Place] = {}
        for at, observation in enumerate(assessment.observations):
            here = columns.OBSERVATIONS.place(at)
            if observation.id:
                self.observations[observation.id] = here
            if observation.subject:
                self.subjects.setdefault((observation.subject, observation.outcome), here)
            self.first.setdefault((observation.check, observation.outcome), here)
            self.outcomes.setdefault(observation.outcome, here)

    def of_subject(self, ids: Sequence[str], outcome: Outcome) -> Place | None:
        """Where the first observation stands of what goes by these identifiers, with this outcome."""
        return next((self.subjects[id_, outcome] for id_ in ids if (id_, outcome) in self.subjects), None)

    def of_evidence(self, digests: Sequence[str]) -> Value:
        """A link to the first of these pieces of evidence, saying how many more there are."""
        return Link(short(digests[0]) + more(digests), self.evidence.get(digests[0])) if digests else None

    def of_exceptions(self, ids: Sequence[str]) -> Value:
        """A link to the first of these exceptions, saying how many more there are."""
        return Link(ids[0] + more(ids), self.exceptions.get(ids[0])) if ids else None

    def of_control(self, catalog: str, id_: str) -> Value:
        """A control's id, leading to its row."""
        return Link(id_, self.controls.get((catalog, id_)))

    def of_observations(self, ids: Sequence[str]) -> Value:
        """How many observations these are, leading to the first."""
        return Link(len(ids), self.observations.get(ids[0]) if ids else None)


def _first(table: Table, keys: Iterable[Key]) -> dict[Key, Place]:
    """Where the first row with each key stands."""
    found: dict[Key, Place] = {}
    for at, key in enumerate(keys):
        if key not in found:
            found[key] = table.place(at)
    return found


def more(of: Sequence[object]) -> str:
    """What follows the first of several: ` +2`."""
    return f" +{number(len(of) - 1)}" if len(of) > 1 else ""


def word(label: Label) -> str:
    """The label as a cell holds it: its shape and its word."""
    return f"{label.symbol} {label.word}"
