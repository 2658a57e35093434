"""What people have answered for, as it stands on the day of the assessment."""

from __future__ import annotations

from datetime import date
from typing import Literal

from posture.assessment.part import Part
from posture.governance.ledger import Attachment, DataFlow, InformationSystem
from posture.governance.period import State
from posture.model import Method, Status

__all__ = [
    "AnswerState",
    "AttestationResult",
    "ControlPart",
    "DecisionResult",
    "ExceptionResult",
    "PracticeResult",
    "RegisterResult",
    "RiskAnalysisResult",
]

AnswerState = Literal["missing", "not-yet", "in-force", "expired"]


class AttestationResult(Part, frozen=True, kw_only=True):
    """The newest answer to one control's question for one party, or that there is none.

    `expiring` says that it is in force and ends within the notice of the thresholds.
    """

    catalog: str
    control: str
    title: str
    question: str
    party: str = ""
    state: AnswerState = "missing"
    expiring: bool = False
    answer: str = ""
    methods: tuple[Method, ...] = ()
    statement: str = ""
    owner: str = ""
    attested_on: date | None = None
    expires: date | None = None
    attachments: tuple[Attachment, ...] = ()
    entry: int = 0


class DecisionResult(Part, frozen=True, kw_only=True):
    """The decision about one addressable specification under 45 CFR 164.306(d)(3), or that there is none."""

    catalog: str
    control: str
    title: str
    party: str = ""
    state: AnswerState = "missing"
    choice: str = ""
    why_not: str = ""
    measure: str = ""
    risk_analysis: str = ""
    approver: str = ""
    decided_on: date | None = None
    review_by: date | None = None
    attachments: tuple[Attachment, ...] = ()
    entry: int = 0


class ControlPart(Part, frozen=True, kw_only=True):
    """The conclusion about a control for one party, where its question is asked of several."""

    party: str
    status: Status
    reason: str


class ExceptionResult(Part, frozen=True, kw_only=True):
    """A risk acceptance, and what it covers in this run.

    `observations` are the fails that it covers, `accepted_controls` those controls whose status it makes *not
    satisfied, risk accepted*; `not_waived` are the required ones among them, which no acceptance can waive (45 CFR
    164.306(d)(2)). `overlaps` are other exceptions in force that cover some of the same.
    """

    id: str
    state: Literal["not-yet", "in-force", "expired", "revoked"]
    controls: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    requester: str
    approver: str
    owner: str
    rationale: str
    compensating_control: str = ""
    granted_on: date
    expires: date
    revoked_on: date | None = None
    revoked_why: str = ""
    observations: tuple[str, ...] = ()
    accepted_controls: tuple[str, ...] = ()
    not_waived: tuple[str, ...] = ()
    overlaps: tuple[str, ...] = ()
    matched: bool = False
    note: str = ""
    entry: int = 0


class RiskAnalysisResult(Part, frozen=True, kw_only=True):
    """The hospital's own risk analysis as it was handed in. It is what 164.308(a)(1)(ii)(A) asks for; ours is not."""

    title: str
    performed_on: date
    scope: str
    approver: str
    next_review: date
    state: State
    attachments: tuple[Attachment, ...] = ()
    entry: int = 0


class RegisterResult(Part, frozen=True, kw_only=True):
    """Systems and data flows with ePHI as declared. `problems` are sentences about what is wanting in them."""

    systems: tuple[InformationSystem, ...] = ()
    flows: tuple[DataFlow, ...] = ()
    declared_on: date | None = None
    problems: tuple[str, ...] = ()
    entry: int = 0


class PracticeResult(Part, frozen=True, kw_only=True):
    """A recognized security practice, and what supports it month by month: supporting, in mitigation, never proof.

    `months` are the twelve months up to the assessment, oldest first, as `2026-01`; `runs` and `attested` have one
    number for each: audit runs in it that tested a control of the practice, and controls with an attestation in force
    on its last day (or today). `gaps` are the months with neither, and those of `not_yet`, which ended before the
    practice is said to have been in place.
    """

    framework: str
    practice: str
    title: str
    since: date
    where: str
    controls: tuple[str, ...] = ()
    evidence: str = ""
    months: tuple[str, ...] = ()
    runs: tuple[int, ...] = ()
    attested: tuple[int, ...] = ()
    gaps: tuple[str, ...] = ()
    not_yet: tuple[str, ...] = ()
