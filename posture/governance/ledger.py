"""The ledger: what people have stated and decided, in the order it was recorded. Nothing in it is ever changed.

A later entry about the same thing replaces an earlier one from then on, and both stay. What holds on a day is asked of
`posture.governance.answers`, never read off the newest entry.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal, TypeAlias

import msgspec

from posture.model import Method, Record

__all__ = [
    "EVERYTHING",
    "AnswerWord",
    "Attachment",
    "Attestation",
    "Choice",
    "DataFlow",
    "Decision",
    "Entry",
    "Hold",
    "HoldRelease",
    "InformationSystem",
    "Ledger",
    "Practice",
    "Practices",
    "RecordedRiskAnalysis",
    "Register",
    "Revocation",
    "RiskAcceptance",
    "Statement",
    "Treatment",
]

AnswerWord: TypeAlias = Literal["yes", "partly", "no", "not-applicable"]
Choice: TypeAlias = Literal["implemented", "alternative", "not-reasonable"]


class Attachment(Record, frozen=True, kw_only=True):
    """A document that was handed in: its name without folders; its bytes are in the store under their SHA-256."""

    name: str
    sha256: str
    size: int


class Attestation(Record, frozen=True, kw_only=True, tag="attestation", tag_field="kind"):
    """Somebody's answer to one control's question, for one party.

    `party` is a legal entity's name or a site's id where the question is asked of each, and empty for the
    organisation. `methods` are what was done to find out (SP 800-53A). It holds from `attested_on` to the day before
    `expires`, by the calendar of the organisation's time zone.
    """

    catalog: str
    control: str
    party: str = ""
    answer: AnswerWord
    methods: tuple[Method, ...] = ()
    statement: str = ""
    owner: str
    attested_on: date
    expires: date
    attachments: tuple[Attachment, ...] = ()


class Decision(Record, frozen=True, kw_only=True, tag="decision", tag_field="kind"):
    """What was decided about an addressable specification: 45 CFR 164.306(d)(3).

    `why_not` is the rationale of (d)(3)(ii)(B)(1), why it is not reasonable and appropriate here; `measure` is the
    equivalent alternative of (d)(3)(ii)(B)(2), or, where there is none, why none is reasonable and appropriate.
    `risk_analysis` says where in the risk analysis this was weighed. It holds until the day before `review_by`.
    """

    catalog: str
    control: str
    party: str = ""
    choice: Choice
    why_not: str = ""
    measure: str = ""
    risk_analysis: str = ""
    approver: str
    decided_on: date
    review_by: date
    attachments: tuple[Attachment, ...] = ()


class RiskAcceptance(Record, frozen=True, kw_only=True, tag="exception", tag_field="kind"):
    """An exception: a risk that is accepted for a while. It never turns a fail into a pass.

    It covers what matches every one of `controls`, `checks` and `subjects` that is not empty; subjects are patterns
    (an address or network, `zone:ID`, or a name or key with `*`). It holds until the day before `expires`.
    """

    id: str
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


class Revocation(Record, frozen=True, kw_only=True, tag="revocation", tag_field="kind"):
    """An exception was taken back before its time."""

    exception: str
    revoked_on: date
    reason: str


class RecordedRiskAnalysis(Record, frozen=True, kw_only=True, tag="risk-analysis", tag_field="kind"):
    """The hospital's own risk analysis, 45 CFR 164.308(a)(1)(ii)(A): a document, its scope, and who approved it."""

    title: str
    performed_on: date
    scope: str
    approver: str
    next_review: date
    attachments: tuple[Attachment, ...] = ()


class InformationSystem(Record, frozen=True, kw_only=True):
    """A system that holds or moves ePHI, wherever it stands; `business_associate` runs it, if the hospital does not."""

    id: str
    name: str
    hosting: Literal["on-premises", "cloud", "business-associate", "device", "paper-and-media"]
    ephi: Literal["yes", "no", "unknown"]
    owner: str = ""
    business_associate: str = ""
    agreement_on: date | None = None
    agreement_ends: date | None = None
    note: str = ""


class DataFlow(Record, frozen=True, kw_only=True):
    """ePHI that moves from one system of the register to another, or to somebody outside it."""

    source: str
    destination: str
    what: str
    protection: str = ""


class Register(Record, frozen=True, kw_only=True, tag="register", tag_field="kind"):
    """All systems and data flows with ePHI, as declared; a later register replaces the whole of an earlier one."""

    systems: tuple[InformationSystem, ...] = ()
    flows: tuple[DataFlow, ...] = ()


class Practice(Record, frozen=True, kw_only=True):
    """A recognized security practice that is said to be in place (Public Law 116-321, section 1).

    `controls` are the controls of the catalog whose tests and attestations bear on it.
    """

    framework: Literal["NIST CSF 2.0", "405(d) HICP", "other"]
    practice: str
    title: str = ""
    since: date
    where: str = ""
    controls: tuple[str, ...] = ()
    evidence: str = ""


class Practices(Record, frozen=True, kw_only=True, tag="practices", tag_field="kind"):
    """All practices that are declared; a later declaration replaces the whole of an earlier one."""

    practices: tuple[Practice, ...] = ()


class Treatment(Record, frozen=True, kw_only=True, tag="treatment", tag_field="kind"):
    """Who deals with a risk of the register, how and until when."""

    risk: str
    owner: str
    response: Literal["mitigate", "accept", "transfer", "avoid"] = "mitigate"
    due: date | None = None
    note: str = ""


EVERYTHING: Final = "all"
"""The target of a hold on every run, those to come too."""


class Hold(Record, frozen=True, kw_only=True, tag="hold", tag_field="kind"):
    """A legal hold on a run, or on all: while it stands, nothing of it is pruned. It says nothing about any control."""

    target: str
    reason: str


class HoldRelease(Record, frozen=True, kw_only=True, tag="hold-release", tag_field="kind"):
    """All legal holds on this very target were taken back."""

    target: str
    reason: str


Statement: TypeAlias = (
    Attestation
    | Decision
    | RiskAcceptance
    | Revocation
    | RecordedRiskAnalysis
    | Register
    | Practices
    | Treatment
    | Hold
    | HoldRelease
)


class Entry(Record, frozen=True, kw_only=True):
    """A statement as it was recorded: its position from 1, when, and by which user of the operating system."""

    number: int
    at: datetime
    by: str
    statement: Statement


class Ledger(Record, frozen=True, kw_only=True):
    """The entries up to a position, in their order."""

    entries: tuple[Entry, ...] = ()

    @property
    def position(self) -> int:
        """The number of the last entry; 0 of an empty ledger."""
        return self.entries[-1].number if self.entries else 0

    def answered_after(self, position: int) -> bool:
        """Whether anything that an assessment depends on was recorded after this position; holds are not."""
        return any(
            entry.number > position and not isinstance(entry.statement, (Hold, HoldRelease)) for entry in self.entries
        )

    def of(self, kind: type[msgspec.Struct]) -> tuple[Entry, ...]:
        """The entries whose statement is of this kind, in their order."""
        return tuple(entry for entry in self.entries if isinstance(entry.statement, kind))
