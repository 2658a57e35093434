"""The assessment: what every report is rendered from, and what `assessment.json` holds (a contract).

Renderers read this and nothing else, so all formats of one run say the same numbers. `run` stands apart: everything
else is a function of the evidence, the scope, the as-of instant and the versions of code and data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from posture.assessment.answers import (
    AnswerState,
    AttestationResult,
    ControlPart,
    DecisionResult,
    ExceptionResult,
    PracticeResult,
    RegisterResult,
    RiskAnalysisResult,
)
from posture.assessment.changes import (
    ChangeKind,
    Changes,
    CheckChange,
    ControlChange,
    EarlierRun,
    GapChange,
    Reason,
    RiskChange,
    SubjectChange,
    TrendPoint,
)
from posture.assessment.clinical import (
    BlastRadius,
    Change,
    ClinicalService,
    Hop,
    Loss,
    MapEdge,
    MapNode,
    ReadinessItem,
    Scenario,
)
from posture.assessment.inventory import (
    DeclaredRow,
    InventoryComparison,
    InventoryFile,
    PossibleDuplicate,
    Undeclared,
)
from posture.assessment.network import ClassCount, NetworkLink, NetworkMap, NetworkNode, Subnet
from posture.assessment.pack import PackInfo, PackRequest
from posture.assessment.part import Part as _Part
from posture.assessment.risks import Factor, Level, Risk
from posture.assessment.sealing import RunEntry, SealInfo, Standing
from posture.assessment.segmentation import (
    CanaryResult,
    OpenFlow,
    PairState,
    Segmentation,
    UnprovenPorts,
    VantageResult,
    ZonePair,
)
from posture.governance.ledger import Attachment, DataFlow, InformationSystem
from posture.model import Method, Outcome, Severity, Source, Status, Tool

__all__ = [
    "AnswerState",
    "AnsweredCount",
    "Assessment",
    "Asset",
    "Attachment",
    "AttestationResult",
    "BlastRadius",
    "CanaryResult",
    "CatalogInfo",
    "Change",
    "ChangeKind",
    "Changes",
    "CheckChange",
    "CheckResult",
    "ClassCount",
    "ClinicalService",
    "ControlChange",
    "ControlCheck",
    "ControlPart",
    "ControlResult",
    "Coverage",
    "Crosswalk",
    "DataFlow",
    "DecisionResult",
    "DeclaredRow",
    "EarlierRun",
    "EvidenceEntry",
    "ExceptionResult",
    "Extent",
    "Factor",
    "FamilyCount",
    "Framework",
    "Gap",
    "GapChange",
    "Hop",
    "InformationSystem",
    "InventoryComparison",
    "InventoryFile",
    "Level",
    "Loss",
    "MapEdge",
    "MapNode",
    "MethodNotes",
    "NetworkLink",
    "NetworkMap",
    "NetworkNode",
    "Observation",
    "OpenFlow",
    "Organisation",
    "PackInfo",
    "PackRequest",
    "PairState",
    "PossibleDuplicate",
    "PracticeResult",
    "ProbeResult",
    "ReadinessItem",
    "Reason",
    "ReferenceData",
    "RegisterResult",
    "Risk",
    "RiskAnalysisResult",
    "RiskChange",
    "Run",
    "RunEntry",
    "Scenario",
    "SealInfo",
    "Segmentation",
    "Standing",
    "SubjectChange",
    "Subnet",
    "ThresholdValue",
    "TrendPoint",
    "Unanswered",
    "Undeclared",
    "UnprovenPorts",
    "VantageResult",
    "ZoneInfo",
    "ZonePair",
]

SCHEMA: Final = "posture/assessment/1"


class Run(_Part, frozen=True, kw_only=True):
    """The run itself: the only part that differs when the same evidence is judged again.

    `seal` says how this assessment stands, `runs` lists all runs of its store, and `changes` says what is different
    from an earlier run, where it was compared with one: reports have them. `pack` says what an extract is limited to.
    The assessment that is sealed has none of them, because the seal is made over it.
    """

    id: str
    started: datetime
    ended: datetime | None = None
    operator: str = ""
    host: str = ""
    command: str = ""
    seal: SealInfo | None = None
    runs: tuple[RunEntry, ...] = ()
    changes: Changes | None = None
    pack: PackInfo | None = None

    def has(self, table: str) -> bool:
        """Whether a further part of the report is in it: all are, but in an extract that does not need them."""
        return self.pack is None or table in self.pack.tables


class ZoneInfo(_Part, frozen=True, kw_only=True):
    """A zone as the scope declares it."""

    id: str
    kind: str
    policy: str
    ephi: str
    site: str = ""
    networks: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


class Organisation(_Part, frozen=True, kw_only=True):
    """Who was audited. `site_ids` are the ids by which zones and answers name the `sites`, in the same order."""

    name: str
    time_zone: str = "UTC"
    sites: tuple[str, ...] = ()
    site_ids: tuple[str, ...] = ()
    zones: tuple[ZoneInfo, ...] = ()
    directories: tuple[str, ...] = ()


class Observation(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """A verdict. A fail, unknown or error has one `subject`; passes and not-applicables are one counted set a check.

    `id` is stable from run to run for the same check and subject. `ephi` says whether the subject holds or reaches
    electronic protected health information: yes, no or unknown, and unknown counts as yes; of a counted set it says
    no where all are declared so, and else nothing. Written without its empty
    keys, so that a counted set has no subject and a single one no count; `message` and `evidence` are always there.
    """

    check: str
    severity: Severity
    outcome: Outcome
    evidence: tuple[str, ...]
    id: str = ""
    subject: str = ""
    subject_name: str = ""
    subject_kind: str = ""
    place: str = ""
    ephi: str = ""
    message: str = msgspec.field(default_factory=str)  # what a factory makes is written, empty or not
    answer: str = ""
    count: int = 0
    subjects: tuple[str, ...] = ()


# The contract of the two shapes, for the JSON Schema.
ObservationShape = Annotated[
    Observation,
    Meta(extra_json_schema={"anyOf": [{"required": ["id", "subject"]}, {"required": ["count", "subjects"]}]}),
]


class CheckResult(_Part, frozen=True, kw_only=True):
    """A check of this run, its text, and how many subjects each outcome has.

    `file` is the one of the method's check files that it is in, and `wants` what it reads beside facts.
    """

    id: str
    title: str
    severity: Severity
    kind: str
    summary: str
    why: str
    fix: str
    sources: str = ""
    passed: int = 0
    failed: int = 0
    unknown: int = 0
    not_applicable: int = 0
    errors: int = 0
    controls: tuple[str, ...] = ()
    file: str = ""
    wants: tuple[str, ...] = ()


class ControlCheck(_Part, frozen=True, kw_only=True):
    """A check that bears on a control: `contradicts` where its fail shows the control not met, else `supports`."""

    check: str
    bearing: str


class Crosswalk(_Part, frozen=True, kw_only=True):
    """What another framework has that bears on a control. `strength` is the relationship's, where one was given."""

    framework: str
    id: str
    title: str = ""
    strength: str = ""


class ControlResult(_Part, frozen=True, kw_only=True):
    """The finding about one control. `observations` are the ids of the fails that contradict it.

    `parts` are the conclusions for each party (legal entity or site) where the control's question is asked of each:
    the whole is no better than its worst. `exceptions` are the ids of those that cover its fails. `answered` says by
    what it is answered: tested, attested, both, accepted, or nothing.
    """

    catalog: str
    id: str
    title: str
    kind: str
    family: str
    status: Status
    reason: str
    requirement: str | None = None
    parent: str | None = None
    text: str = ""
    note: str = ""
    methods: tuple[Method, ...] = ()
    missing_methods: tuple[Method, ...] = ()
    checks: tuple[ControlCheck, ...] = ()
    observations: tuple[str, ...] = ()
    counted: bool = True
    answered: Literal["tested", "attested", "tested-and-attested", "accepted", "nothing"] = "nothing"
    parts: tuple[ControlPart, ...] = ()
    exceptions: tuple[str, ...] = ()
    crosswalks: tuple[Crosswalk, ...] = ()


class Gap(_Part, frozen=True, kw_only=True):
    """One problem, however many subjects have it. `failed` of `judged` subjects (those with a pass or a fail).

    `accepted` of the failed are covered by `exceptions` in force: they stay failed. `risk` is the id in the register.
    """

    check: str
    title: str
    severity: Severity
    kind: str
    failed: int
    judged: int
    why: str
    fix: str
    unknown: int = 0
    without_ephi: int = 0
    contradicts: tuple[str, ...] = ()
    supports: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    observations: tuple[str, ...] = ()
    accepted: int = 0
    exceptions: tuple[str, ...] = ()
    risk: str = ""


class Extent(_Part, frozen=True, kw_only=True):
    """How much of something was looked at. `of` is None where the whole is not known, as in an import."""

    name: str
    looked_at: int
    of: int | None = None
    note: str = ""


class FamilyCount(_Part, frozen=True, kw_only=True):
    """How the controls of one family stand: numbers that add up to `of`. General rules are in none of them."""

    family: str
    of: int
    satisfied: int = 0
    satisfied_by_alternative: int = 0
    not_satisfied: int = 0
    risk_accepted: int = 0
    not_assessed: int = 0
    not_applicable: int = 0


class AnsweredCount(_Part, frozen=True, kw_only=True):
    """By what the counted controls of one family are answered: numbers that add up to `of`."""

    family: str
    of: int
    tested: int = 0
    attested: int = 0
    tested_and_attested: int = 0
    accepted: int = 0
    nothing: int = 0


class ProbeResult(_Part, frozen=True, kw_only=True):
    """What became of a planned probe or an imported file."""

    id: str
    collector: str
    outcome: str
    zone: str = ""
    problem: str = ""
    targets: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class Unanswered(_Part, frozen=True, kw_only=True):
    """Something without an answer, and what would give one. `what` is probe, subject, check or control."""

    what: str
    id: str
    name: str
    why: str
    answer: str = ""


class Coverage(_Part, frozen=True, kw_only=True):
    """What was looked at, what was not, and how the controls stand."""

    extents: tuple[Extent, ...] = ()
    families: tuple[FamilyCount, ...] = ()
    answered: tuple[AnsweredCount, ...] = ()
    probes: tuple[ProbeResult, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()

    @property
    def controls(self) -> FamilyCount:
        """All families together."""
        fields = ("of", *OUTCOME_FIELDS)
        return FamilyCount(
            family="all", **{field: sum(getattr(row, field) for row in self.families) for field in fields}
        )


OUTCOME_FIELDS = (
    "satisfied",
    "satisfied_by_alternative",
    "not_satisfied",
    "risk_accepted",
    "not_assessed",
    "not_applicable",
)


class Asset(_Part, frozen=True, kw_only=True):
    """One real thing that was seen, under its strongest identifier, with all others.

    `device_class` is a word of `posture.inventory.classes`, `class_reason` why it is that, and how sure that is.
    `joins` are sentences: by what all that is known of it was put together, and what was kept apart from it.
    """

    key: str
    name: str
    kind: str
    ids: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    mac: str = ""
    vendor: str = ""
    description: str = ""
    place: str = ""
    ephi: str = ""
    open_ports: tuple[str, ...] = ()
    failed: int = 0
    unknown: int = 0
    evidence: tuple[str, ...] = ()
    device_class: str = "unknown"
    class_reason: str = ""
    joins: tuple[str, ...] = ()


class EvidenceEntry(_Part, frozen=True, kw_only=True):
    """A row of the evidence index. `id` is the SHA-256 of the envelope, which holds the payload's."""

    id: str
    collector: str
    format: str
    outcome: str
    payload_sha256: str
    payload_size: int
    problem: str = ""
    probe: str = ""
    vantage: str = ""
    zone: str = ""
    targets: tuple[str, ...] = ()
    started: datetime | None = None
    ended: datetime | None = None
    tool: Tool | None = None
    source: Source | None = None
    masked: tuple[str, ...] = ()


class CatalogInfo(_Part, frozen=True, kw_only=True):
    """A catalog that was judged against: its status says whether it is in force, voluntary or proposed."""

    id: str
    title: str
    status: str
    as_of: str
    source: str


class Framework(_Part, frozen=True, kw_only=True):
    """Another catalog than the rule that is scored, with how its controls stand: never in the rule's figures.

    `proposed` is true of a rule that is not in force: its controls show readiness and are no findings.
    """

    catalog: CatalogInfo
    proposed: bool
    counts: FamilyCount
    controls: tuple[ControlResult, ...] = ()


class ThresholdValue(_Part, frozen=True, kw_only=True):
    """A number of the hospital's own policy that checks compared with."""

    name: str
    value: int
    default: int
    description: str


class ReferenceData(_Part, frozen=True, kw_only=True):
    """A document of reference data that judged: end-of-support dates, or flaws that are known to be exploited.

    `dated` is the day that it speaks of, `age_days` how old it was at the instant of the assessment, and `too_old`
    whether that is more than `allowed_days`, which are the hospital's own policy. `complete` is false of an extract.
    """

    kind: Literal["lifecycle", "kev", "nvd"]
    title: str
    dated: date
    sha256: str
    source: str
    records: int
    age_days: int
    allowed_days: int
    too_old: bool = False
    complete: bool = True
    imported: bool = False


class MethodNotes(_Part, frozen=True, kw_only=True):
    """What the assessment depends on beside the evidence."""

    as_of: datetime
    version: str
    statement: str
    scope_sha256: str = ""
    catalogs: tuple[CatalogInfo, ...] = ()
    thresholds: tuple[ThresholdValue, ...] = ()
    check_files: tuple[Source, ...] = ()
    limits: tuple[str, ...] = ()
    ledger_position: int = 0
    reference: tuple[ReferenceData, ...] = ()


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a report may say."""

    run: Run
    organisation: Organisation
    method: MethodNotes
    coverage: Coverage
    controls: tuple[ControlResult, ...] = ()
    gaps: tuple[Gap, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    observations: tuple[ObservationShape, ...] = ()
    assets: tuple[Asset, ...] = ()
    inventory: InventoryComparison = InventoryComparison()
    possible_duplicates: tuple[PossibleDuplicate, ...] = ()
    evidence: tuple[EvidenceEntry, ...] = ()
    frameworks: tuple[Framework, ...] = ()
    risks: tuple[Risk, ...] = ()
    exceptions: tuple[ExceptionResult, ...] = ()
    attestations: tuple[AttestationResult, ...] = ()
    decisions: tuple[DecisionResult, ...] = ()
    risk_analysis: RiskAnalysisResult | None = None
    register: RegisterResult = RegisterResult()
    practices: tuple[PracticeResult, ...] = ()
    services: tuple[ClinicalService, ...] = ()
    blast_radius: BlastRadius = BlastRadius()
    network: NetworkMap = NetworkMap()
    segmentation: Segmentation = Segmentation()
    schema: Literal["posture/assessment/1"] = SCHEMA

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything but the run, in canonical JSON: equal assessments have equal fingerprints."""
        rest = {field: getattr(self, field) for field in self.__struct_fields__ if field != "run"}
        return hashlib.sha256(msgspec.json.encode(rest, order="sorted")).hexdigest()

    @property
    def fingerprint_words(self) -> str:
        """The first 64 bits of the fingerprint as four pronounceable words (proquints, arXiv:0901.4016)."""
        return "-".join(_proquints(bytes.fromhex(self.fingerprint)[:8]))


_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"


def _proquints(data: bytes) -> Iterator[str]:
    for at in range(0, len(data), 2):
        word = int.from_bytes(data[at : at + 2], "big")
        yield "".join(
            (
                _CONSONANTS[word >> 12],
                _VOWELS[word >> 10 & 3],
                _CONSONANTS[word >> 6 & 15],
                _VOWELS[word >> 4 & 3],
                _CONSONANTS[word & 15],
            )
        )
