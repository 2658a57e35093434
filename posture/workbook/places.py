"""Where each thing stands in the workbook, and what its sheets are called."""

from __future__ import annotations

from collections.abc import Sequence

from posture.assessment import Assessment
from posture.model import Outcome
from posture.presentation import Label, number, short
from posture.workbook.book import Link, Place, Value, place

__all__ = [
    "ASSETS",
    "CONTROLS",
    "EVIDENCE",
    "GAPS",
    "METHOD",
    "NOT_ASSESSED",
    "OBSERVATIONS",
    "SUMMARY",
    "Places",
    "word",
]

SUMMARY, CONTROLS, GAPS, OBSERVATIONS = "Summary", "Controls", "Gaps", "Observations"
ASSETS, NOT_ASSESSED, EVIDENCE, METHOD = "Assets", "Not assessed", "Evidence", "Method"


class Places:
    """Where each thing stands, known before the first row is written, so that links may lead forward."""

    def __init__(self, assessment: Assessment) -> None:
        self.controls = {(each.catalog, each.id): place(CONTROLS, at) for at, each in enumerate(assessment.controls)}
        self.families: dict[str, Place] = {}
        for at, control in enumerate(assessment.controls):
            if control.counted:
                self.families.setdefault(control.family, place(CONTROLS, at))
        self.gaps = {each.check: place(GAPS, at) for at, each in enumerate(assessment.gaps)}
        self.evidence = {each.id: place(EVIDENCE, at) for at, each in enumerate(assessment.evidence)}
        self.assets = {each.key: place(ASSETS, at) for at, each in enumerate(assessment.assets)}
        self.observations: dict[str, Place] = {}
        self.outcomes: dict[Outcome, Place] = {}
        self.subjects: dict[tuple[str, Outcome], Place] = {}
        self.first: dict[tuple[str, Outcome], Place] = {}
        for at, observation in enumerate(assessment.observations):
            here = place(OBSERVATIONS, at)
            if observation.id:
                self.observations[observation.id] = here
            if observation.subject:
                self.subjects.setdefault((observation.subject, observation.outcome), here)
            self.first.setdefault((observation.check, observation.outcome), here)
            self.outcomes.setdefault(observation.outcome, here)

    def of_evidence(self, digests: Sequence[str]) -> Value:
        """A link to the first of these pieces of evidence, saying how many more there are."""
        if not digests:
            return None
        more = f" +{number(len(digests) - 1)}" if len(digests) > 1 else ""
        return Link(short(digests[0]) + more, self.evidence.get(digests[0]))


def word(label: Label) -> str:
    """The label as a cell holds it: its shape and its word."""
    return f"{label.symbol} {label.word}"
