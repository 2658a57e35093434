"""What people have answered for, decided and accepted, as the templates walk through it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import TypeVar

from posture.assessment import (
    AnsweredCount,
    Assessment,
    AttestationResult,
    ControlResult,
    Crosswalk,
    DecisionResult,
    ExceptionResult,
    Framework,
    Observation,
    PracticeResult,
    Risk,
)
from posture.governance.practices import IN_MITIGATION
from posture.htmlparts.bars import ANSWERED_BY, Segment, all_answered, answered_segments, status_segments
from posture.htmlparts.trees import Family, families
from posture.model import Status
from posture.presentation import ANSWER_STATES, EXPIRING, Label, anchor

__all__ = ["Answers"]

_ANSWERS: dict[str, Label] = {
    "yes": Label(word="Yes", shape="disc", symbol="●", colour="1B6B3A"),
    "partly": Label(word="Partly", shape="half", symbol="◐", colour="7A5200"),
    "no": Label(word="No", shape="triangle", symbol="▲", colour="A9231B"),
    "not-applicable": Label(word="Not applicable", shape="dash", symbol="–", colour="595959"),
}

T = TypeVar("T", AttestationResult, DecisionResult)

# What asks for work comes first.
_ORDER = ("expired", "expiring", "missing", "not-yet", "in-force")
_NONE = Label(word="No support", shape="hatch", symbol="▨", colour="595959")
_BEFORE = Label(word="Not yet", shape="dash", symbol="–", colour="595959")
_SUPPORT = Label(word="Supporting", shape="disc", symbol="●", colour="1B6B3A")


class Answers:
    """The governance of one assessment."""

    in_mitigation = IN_MITIGATION
    answered_by = ANSWERED_BY

    def __init__(self, assessment: Assessment) -> None:
        self._a = assessment
        self._attestations = _grouped(assessment.attestations)
        self._decisions = _grouped(assessment.decisions)
        self.exceptions: dict[str, ExceptionResult] = {each.id: each for each in assessment.exceptions}

    # ── by control ──────────────────────────────────────────────────────────────

    def attestations_of(self, control: ControlResult) -> list[AttestationResult]:
        """The newest answers to a control's question, one a party."""
        return self._attestations.get((control.catalog, control.id), [])

    def decisions_of(self, control: ControlResult) -> list[DecisionResult]:
        """The decisions about an addressable specification, one a party."""
        return self._decisions.get((control.catalog, control.id), [])

    def crosswalks_of(self, control: ControlResult) -> dict[str, list[Crosswalk]]:
        """What other frameworks have that bears on it, by framework."""
        found: defaultdict[str, list[Crosswalk]] = defaultdict(list)
        for each in control.crosswalks:
            found[each.framework].append(each)
        return dict(found)

    def alike(self, control: ControlResult) -> bool:
        """Whether the conclusion is the same for every party."""
        return {(part.status, part.reason) for part in control.parts} == {(control.status, control.reason)}

    def word(self, answer: str) -> Label:
        """What was answered; something else than the four words is shown as it is."""
        return _ANSWERS.get(answer) or Label(word=answer, shape="hatch", symbol="▨", colour="595959")

    # ── coverage ────────────────────────────────────────────────────────────────

    @cached_property
    def answered(self) -> list[AnsweredCount]:
        """By what the controls of all families, and of each, are answered."""
        return [all_answered(self._a.coverage), *self._a.coverage.answered]

    def anybody(self) -> bool:
        """Whether people have answered, decided or accepted anything that holds now."""
        states = [
            *(each.state for each in self._a.attestations),
            *(each.state for each in self._a.decisions),
            *(each.state for each in self._a.exceptions),
        ]
        return "in-force" in states

    def answered_segments(self, count: AnsweredCount) -> list[Segment]:
        """The bar of a family by what its controls are answered."""
        return answered_segments(count)

    def answered_list(self, family: str, key: str) -> list[ControlResult]:
        """The controls that a number of such a bar counts."""
        return [
            control
            for control in self._a.controls
            if control.counted and control.answered == key and family in {control.family, "all"}
        ]

    # ── attestations and decisions ──────────────────────────────────────────────

    @cached_property
    def by_state(self) -> list[tuple[str, Label, list[AttestationResult]]]:
        """The attestations in lists by state, what asks for work first; those that are none left out."""
        found: defaultdict[str, list[AttestationResult]] = defaultdict(list)
        for each in self._a.attestations:
            found["expiring" if each.expiring and each.state == "in-force" else each.state].append(each)
        labels = ANSWER_STATES | {"expiring": EXPIRING}
        return [(state, labels[state], found[state]) for state in _ORDER if found[state]]

    def decided(self, state: str) -> list[DecisionResult]:
        """The decisions in one state."""
        return [each for each in self._a.decisions if each.state == state]

    # ── exceptions and risks ────────────────────────────────────────────────────

    @cached_property
    def _observations(self) -> dict[str, Observation]:
        return {each.id: each for each in self._a.observations if each.id}

    def covered(self, exception: ExceptionResult) -> list[Observation]:
        """The fails that an exception covers."""
        return [self._observations[each] for each in exception.observations if each in self._observations]

    @cached_property
    def worst(self) -> list[Risk]:
        """The risks that stand, the worst first: all but the closed ones."""
        return sorted((risk for risk in self._a.risks if risk.state != "closed"), key=lambda risk: risk.place)

    def overdue(self) -> list[Risk]:
        """The risks whose day has passed."""
        return [risk for risk in self._a.risks if risk.overdue]

    @cached_property
    def _risks(self) -> dict[str, Risk]:
        return {risk.id: risk for risk in self._a.risks}

    def risk(self, risk_id: str) -> Risk | None:
        """A risk of the register."""
        return self._risks.get(risk_id)

    def places(self, risk: Risk) -> tuple[str, ...]:
        """The zones and directories in which a risk that comes from a gap was seen."""
        return next((gap.places for gap in self._a.gaps if risk.source == "gap" and gap.check == risk.about), ())

    # ── practices and frameworks ────────────────────────────────────────────────

    @cached_property
    def months(self) -> tuple[str, ...]:
        """The months of the matrix."""
        return tuple(sorted({month for each in self._a.practices for month in each.months}))

    def support(self, practice: PracticeResult, month: str) -> tuple[Label, int, int]:
        """What supports a practice in a month: the word for it, runs, and attested controls."""
        if month not in practice.months:
            return _NONE, 0, 0
        at = practice.months.index(month)
        label = _BEFORE if month in practice.not_yet else _NONE if month in practice.gaps else _SUPPORT
        return label, practice.runs[at], practice.attested[at]

    def in_force(self) -> list[Framework]:
        """Other catalogs that are not merely proposed."""
        return [each for each in self._a.frameworks if not each.proposed]

    def proposed(self) -> list[Framework]:
        """Rules that are not in force."""
        return [each for each in self._a.frameworks if each.proposed]

    def any_answered(self, framework: Framework) -> bool:
        """Whether anybody or anything has answered one of its counted controls."""
        return any(control.counted and control.answered != "nothing" for control in framework.controls)

    def touched(self, family: Family) -> bool:
        """Whether anybody or anything has answered one of its controls."""
        return any(control.answered != "nothing" for standard in family.standards for control, _ in standard)

    def framework_segments(self, framework: Framework) -> list[Segment]:
        """The bar of another catalog."""
        return status_segments(framework.counts, "framework-status", framework.catalog.id)

    def framework_families(self, framework: Framework) -> list[Family]:
        """Its controls as trees."""
        return families(framework.controls)

    def framework_list(self, framework: Framework) -> list[tuple[Status, str, list[ControlResult]]]:
        """Its counted controls by status, each with the anchor that the bar leads to."""
        found: defaultdict[Status, list[ControlResult]] = defaultdict(list)
        for control in framework.controls:
            if control.counted:
                found[control.status].append(control)
        return [
            (status, anchor("framework-status", f"{framework.catalog.id}-{status}"), own)
            for status, own in found.items()
        ]


def _grouped(entries: Iterable[T]) -> dict[tuple[str, str], list[T]]:
    found: defaultdict[tuple[str, str], list[T]] = defaultdict(list)
    for each in entries:
        found[each.catalog, each.control].append(each)
    return dict(found)
