"""What changed since an earlier run, and over all runs: beside the assessment, under `run`, never in it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from posture.assessment.part import Part
from posture.assessment.risks import Level
from posture.model import Severity, Status

__all__ = [
    "CHANGE_KINDS",
    "ChangeKind",
    "Changes",
    "CheckChange",
    "ControlChange",
    "EarlierRun",
    "GapChange",
    "Reason",
    "RiskChange",
    "SubjectChange",
    "TrendPoint",
]

ChangeKind: TypeAlias = Literal[
    "new", "reopened", "still-open", "no-longer-assessed", "fixed", "no-longer-applicable", "newly-assessed"
]
CHANGE_KINDS: tuple[ChangeKind, ...] = (
    "new",
    "reopened",
    "still-open",
    "no-longer-assessed",
    "fixed",
    "no-longer-applicable",
    "newly-assessed",
)


class Reason(Part, frozen=True, kw_only=True):
    """One thing that is different, and can be why."""

    of: Literal["evidence", "check", "exception", "scope", "answers", "reference", "time", "version"]
    text: str


class EarlierRun(Part, frozen=True, kw_only=True):
    """The run that was compared with. `chosen` says why this one."""

    id: str
    started: datetime
    as_of: datetime
    fingerprint: str
    chosen: str = ""


class SubjectChange(Part, frozen=True, kw_only=True):
    """What became of one check about one subject. `before` and `after` are outcomes; empty where there is none.

    `fixed` is only what the later run truly passed, with the same kind of evidence, at every address where it had
    failed. `formerly` are the keys that the subject went by in the earlier run, where they were others.
    """

    check: str
    kind: ChangeKind
    subject: str
    subject_name: str = ""
    place: str = ""
    before: str = ""
    after: str = ""
    formerly: tuple[str, ...] = ()
    message: str = ""
    reasons: tuple[Reason, ...] = ()


class CheckChange(Part, frozen=True, kw_only=True):
    """How many subjects of a check changed in which way, of `judged` now and `judged_before`.

    Judged are those with a pass or a fail. `subjects` are some of the changes, the most telling first; `more` is how
    many are not among them.
    """

    check: str
    title: str
    severity: Severity
    subject_kind: str
    new: int = 0
    reopened: int = 0
    still_open: int = 0
    no_longer_assessed: int = 0
    fixed: int = 0
    no_longer_applicable: int = 0
    newly_assessed: int = 0
    judged: int = 0
    judged_before: int = 0
    subjects: tuple[SubjectChange, ...] = ()
    more: int = 0

    def count(self, kind: ChangeKind) -> int:
        """How many changed in this way."""
        return int(getattr(self, kind.replace("-", "_")))


class ControlChange(Part, frozen=True, kw_only=True):
    """A control whose status is another than it was; None where one of the two runs did not judge it."""

    catalog: str
    id: str
    title: str
    before: Status | None
    after: Status | None
    reasons: tuple[Reason, ...] = ()


class GapChange(Part, frozen=True, kw_only=True):
    """A gap that came, went or stayed. `failed` of `judged`, now and before.

    `closed` is one that no subject has any more and every subject that had it passed; `not-seen` one that no subject
    is known to have, while not all that had it were assessed.
    """

    check: str
    title: str
    severity: Severity
    state: Literal["new", "open", "closed", "not-seen"]
    failed_before: int = 0
    judged_before: int = 0
    failed: int = 0
    judged: int = 0
    accepted_before: int = 0
    accepted: int = 0


class RiskChange(Part, frozen=True, kw_only=True):
    """A risk whose state or level is another than it was; empty where it was not in the register."""

    id: str
    title: str
    state_before: str = ""
    state: str = ""
    level_before: Level | Literal[""] = ""
    level: Level | Literal[""] = ""
    reasons: tuple[Reason, ...] = ()


class TrendPoint(Part, frozen=True, kw_only=True):
    """One run in the row of runs: numbers with their denominators, and no score.

    `checks_failed` of `checks_judged`: checks with at least one fail, of those with a pass or a fail. `fails` of
    `judgements`: fails of all passes and fails. `unanswered` of `asked`: questions about a subject without an answer.
    `lost` of `probes`: scans, look-ups and imports that did not bring back all.
    """

    run: str
    started: datetime
    as_of: datetime
    version: str
    controls: int = 0
    satisfied: int = 0
    not_satisfied: int = 0
    risk_accepted: int = 0
    not_assessed: int = 0
    not_applicable: int = 0
    checks: int = 0
    checks_failed: int = 0
    checks_judged: int = 0
    fails: int = 0
    judgements: int = 0
    unanswered: int = 0
    asked: int = 0
    probes: int = 0
    lost: int = 0
    machines: int = 0


class Changes(Part, frozen=True, kw_only=True):
    """What changed since an earlier run. `differences` are what is different between the runs themselves."""

    since: EarlierRun
    differences: tuple[Reason, ...] = ()
    checks: tuple[CheckChange, ...] = ()
    controls: tuple[ControlChange, ...] = ()
    gaps: tuple[GapChange, ...] = ()
    risks: tuple[RiskChange, ...] = ()
    trend: tuple[TrendPoint, ...] = ()

    def count(self, kind: ChangeKind) -> int:
        """How many subjects changed in this way, over all checks."""
        return sum(each.count(kind) for each in self.checks)

    @property
    def changed_checks(self) -> tuple[CheckChange, ...]:
        """The checks of which more is to be said than that nothing changed."""
        return tuple(
            each for each in self.checks if any(each.count(kind) for kind in CHANGE_KINDS if kind != "still-open")
        )
