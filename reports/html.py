"""The report as one HTML file that needs nothing else: no network, no folder beside it, no script to be read.

Text from the network is escaped by Jinja and made visible (see `posture.presentation.visible`) where it leaves the
template, so that no template can forget it. The page's own style and script are let in by their hashes, nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.environment import TemplateStream
from markupsafe import Markup

from posture import presentation
from posture.assessment import (
    Assessment,
    Asset,
    CheckResult,
    ControlResult,
    DeclaredRow,
    EvidenceEntry,
    Extent,
    FamilyCount,
    Gap,
    Observation,
    PossibleDuplicate,
    ProbeResult,
    Unanswered,
    Undeclared,
)
from posture.atomic import replacing
from posture.htmlparts.answers import Answers
from posture.htmlparts.bars import STATUS_FIELDS, Segment, status_segments
from posture.htmlparts.changes import History
from posture.htmlparts.network import Network
from posture.htmlparts.resilience import Resilience
from posture.htmlparts.segmentation import Pairs
from posture.htmlparts.trees import Family, families
from posture.model import Outcome, Status
from posture.presentation import anchor, visible
from posture.registry import content

name = "html"
suffix = ".html"

# What is written out; all of it is in the workbook and in assessment.json, and the page says how much more there is.
OBSERVATIONS, OBSERVATIONS_EACH = 2_000, 20
ASSETS, EVIDENCE, UNANSWERED, MEMBERS, CONTRADICTIONS = 2_000, 2_000, 1_000, 200, 25
# What is printed of one list, in full in the page as it is read on a screen.
PRINTED, ALIKE = 25, 20

T = TypeVar("T")


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """The part of a list that is written out, and how long the whole is."""

    shown: Sequence[T]
    total: int

    @property
    def more(self) -> int:
        """How many are not written out."""
        return self.total - len(self.shown)


def render(assessment: Assessment, out: Path) -> None:
    """Write the report to `out`, all of it or nothing."""
    stream = page(assessment)
    stream.enable_buffering(200)
    with replacing(out) as temporary, temporary.open("wb") as file:
        stream.dump(file, encoding="utf-8")


def page(assessment: Assessment) -> TemplateStream:
    """The page, a part after the other; reports/pdf.py prints it."""
    folder = content("templates") / "html"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": _prose, "number": presentation.number, "capital": presentation.capital}
    style = (folder / "style.css").read_text("utf-8") + _page_margins(assessment)
    script = (folder / "report.js").read_text("utf-8")
    return environment.get_template("base.html.j2").stream(
        a=assessment,
        fingerprint=assessment.fingerprint,
        fingerprint_words=assessment.fingerprint_words,
        view=View(assessment),
        answers=Answers(assessment),
        resilience=Resilience(assessment),
        pairs=Pairs(assessment.segmentation),
        network=Network(assessment),
        history=History(assessment),
        printed=PRINTED,
        parts=_parts(assessment),
        words=presentation,
        Outcome=Outcome,
        Status=Status,
        anchor=anchor,
        style=Markup(style),  # noqa: S704  # ours, but for margins that hold nothing but letters and escapes
        script=Markup(script),  # noqa: S704  # ours
        policy=(
            f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
            "base-uri 'none'; form-action 'none'"
        ),
    )


def _parts(a: Assessment) -> dict[str, bool]:
    """Which parts the page has: all, but in an extract for a regulator only those that hold something of it."""
    whole = a.run.pack is None
    register = a.register.systems or a.register.flows
    return {
        "gaps": whole or bool(a.checks),
        "changes": whole or a.run.changes is not None,
        "coverage": whole or bool(a.controls),
        "controls": whole or bool(a.controls),
        "checks": whole or bool(a.checks),
        "services": whole or bool(a.services),
        "reach": whole,
        "segmentation": whole or bool(a.segmentation.pairs),
        "risks": whole or bool(a.risks or register or a.risk_analysis),
        "exceptions": whole or bool(a.exceptions),
        "decisions": whole or bool(a.decisions),
        "attestations": whole or bool(a.attestations),
        "practices": whole or bool(a.practices),
        "frameworks": whole or bool(a.frameworks),
        "not-assessed": whole or bool(a.controls or a.coverage.probes or a.coverage.unanswered),
        "inventory": whole or bool(a.assets or a.organisation.zones or a.inventory.rows),
    }


class View:
    """The assessment as the templates walk through it."""

    def __init__(self, assessment: Assessment) -> None:
        self._a = assessment
        self.gaps: dict[str, Gap] = {gap.check: gap for gap in assessment.gaps}
        self.checks: dict[str, CheckResult] = {check.id: check for check in assessment.checks}
        self.zones = frozenset(zone.id for zone in assessment.organisation.zones)
        self._by: defaultdict[tuple[str, Outcome], list[Observation]] = defaultdict(list)
        for observation in assessment.observations:
            self._by[observation.check, observation.outcome].append(observation)
        self._written: dict[tuple[str, Outcome], Listed[Observation]] = self._share()

    def _share(self) -> dict[tuple[str, Outcome], Listed[Observation]]:
        """Which single observations are written out: some of every list, then the worst gaps' first."""
        order = {check: at for at, check in enumerate((*self.gaps, *self.checks))}
        lists = sorted(
            (key for key in self._by if key[1] in {Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN}),
            key=lambda key: (key[1] is not Outcome.FAIL, order.get(key[0], len(order)), key),
        )
        left = OBSERVATIONS - sum(min(len(self._by[key]), OBSERVATIONS_EACH) for key in lists)
        written = {}
        for key in lists:
            every = sorted(self._by[key], key=lambda each: (each.severity.rank, each.ephi == "no"))
            more = min(max(len(every) - OBSERVATIONS_EACH, 0), max(left, 0))
            left -= more
            written[key] = Listed(every[: OBSERVATIONS_EACH + more], len(every))
        return written

    def party(self, name: str) -> str:
        """Who is asked, by a name and not by an id."""
        return presentation.party(name, self._a.organisation)

    def severities(self) -> list[tuple[presentation.Label, int]]:
        """How many gaps each severity has, the worst first, those that are none left out."""
        found = Counter(gap.severity for gap in self._a.gaps)
        return [(label, found[severity]) for severity, label in presentation.SEVERITIES.items() if found[severity]]

    def single(self, check: str, outcome: Outcome) -> Listed[Observation]:
        """Observations that are kept one a subject: fails, unknowns, errors."""
        return self._written.get((check, outcome), Listed((), 0))

    def members(self, check: str, outcome: Outcome) -> Listed[str]:
        """The subjects of a counted set: passes, not-applicables."""
        every = [key for observation in self._by.get((check, outcome), ()) for key in observation.subjects]
        return Listed(every[:MEMBERS], sum(each.count for each in self._by.get((check, outcome), ())))

    def evidence_of(self, check: str, outcome: Outcome) -> list[str]:
        """The evidence of a counted set."""
        return sorted({digest for each in self._by.get((check, outcome), ()) for digest in each.evidence})

    @cached_property
    def assets(self) -> Listed[Asset]:
        """The inventory, what fails most first where it is cut."""
        every = self._a.assets
        if len(every) > ASSETS:
            every = tuple(sorted(every, key=lambda each: (-each.failed, -each.unknown, each.key))[:ASSETS])
        return Listed(every, len(self._a.assets))

    @cached_property
    def undeclared(self) -> Listed[Undeclared]:
        """What was seen and is in no inventory, what is certain first."""
        every = sorted(self._a.inventory.undeclared, key=lambda each: each.state == "unclear")
        return Listed(every[:ASSETS], len(every))

    @cached_property
    def declared(self) -> Listed[DeclaredRow]:
        """The rows of inventories that a reader has to look at: not seen, or not as they say."""
        order = ("vanished", "seen", "doubtful", "not-looked-for")
        every = [row for row in self._a.inventory.rows if row.state != "seen" or row.conflicts or row.duplicates]
        return Listed(sorted(every, key=lambda row: order.index(row.state))[:ASSETS], len(every))

    @cached_property
    def possible_duplicates(self) -> Listed[PossibleDuplicate]:
        """Machines that may be one."""
        return Listed(self._a.possible_duplicates[:ASSETS], len(self._a.possible_duplicates))

    @cached_property
    def _names(self) -> dict[str, str]:
        seen = {each.subject: each.subject_name for each in self._a.observations if each.subject_name}
        return seen | {key: asset.name for asset in self._a.assets for key in (asset.key, *asset.ids)}

    @cached_property
    def _asset_anchors(self) -> dict[str, str]:
        return {key: anchor("asset", asset.key) for asset in self.assets.shown for key in (asset.key, *asset.ids)}

    @cached_property
    def _addresses(self) -> dict[str, str]:
        return {
            key: asset.addresses[0] for asset in self._a.assets if asset.addresses for key in (asset.key, *asset.ids)
        }

    @cached_property
    def _of_subjects(self) -> dict[tuple[str, Outcome], list[Observation]]:
        found: defaultdict[tuple[str, Outcome], list[Observation]] = defaultdict(list)
        for listed in self._written.values():
            for each in listed.shown:
                found[each.subject, each.outcome].append(each)
        return found

    def of_asset(self, asset: Asset, *outcomes: Outcome) -> list[Observation]:
        """What is written out about one asset."""
        keys = dict.fromkeys((asset.key, *asset.ids))
        return [each for outcome in outcomes for key in keys for each in self._of_subjects.get((key, outcome), ())]

    def subject_name(self, key: str) -> str:
        """What to call a subject that is known by its key alone."""
        return self._names.get(key, key)

    def subject_anchor(self, key: str) -> str:
        """Where the subject stands in the inventory, or nothing."""
        return self._asset_anchors.get(key, "")

    def address(self, key: str) -> str:
        """The subject's first address, or nothing."""
        return self._addresses.get(key, "")

    @cached_property
    def evidence(self) -> Listed[EvidenceEntry]:
        """The evidence index."""
        return Listed(self._a.evidence[:EVIDENCE], len(self._a.evidence))

    @cached_property
    def _indexed(self) -> frozenset[str]:
        return frozenset(entry.id for entry in self.evidence.shown)

    def indexed(self, digest: str) -> bool:
        """Whether this evidence has a row in the index."""
        return digest in self._indexed

    @cached_property
    def probes(self) -> list[tuple[str, ProbeResult]]:
        """Every probe with its anchor; one imported file may give several pieces of evidence under one name."""
        seen: Counter[str] = Counter()
        anchored = []
        for probe in self._a.coverage.probes:
            seen[probe.id] += 1
            again = (str(seen[probe.id]),) if seen[probe.id] > 1 else ()
            anchored.append((anchor("probe", probe.id, *again), probe))
        return anchored

    def not_collected(self) -> list[tuple[str, ProbeResult]]:
        """Probes that did not bring back all that was to be asked."""
        return [(at, probe) for at, probe in self.probes if probe.outcome not in {"complete", "refused"}]

    def refused(self) -> list[tuple[str, ProbeResult]]:
        """Probes that the scope forbids."""
        return [(at, probe) for at, probe in self.probes if probe.outcome == "refused"]

    @cached_property
    def unanswered(self) -> Listed[Unanswered]:
        """What has no answer, but for the controls, which have a list of their own."""
        every = [each for each in self._a.coverage.unanswered if each.what != "control"]
        return Listed(every[:UNANSWERED], len(every))

    @property
    def unanswered_alike(self) -> list[tuple[str, str, Listed[str]]]:
        """What has no answer for one and the same reason, together, as paper has it."""
        alike: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for each in self.unanswered.shown:
            alike[each.why, each.answer].append(each.name)
        return [(why, answer, Listed(names[:ALIKE], len(names))) for (why, answer), names in alike.items()]

    def silent_checks(self) -> list[CheckResult]:
        """Checks that have subjects without an answer, or with an error."""
        return [check for check in self._a.checks if check.unknown or check.errors]

    def extent_target(self, extent: Extent) -> str:
        """The list that shows what an extent counts, as near as there is one."""
        if "control" in extent.name.lower():
            return "by-status"
        return "inventory" if "answered" in extent.name else "asked"

    def counted(self, family: str, status: Status) -> list[ControlResult]:
        """The controls that a number of a bar counts; the family `all` has all of them."""
        return [
            control
            for control in self._a.controls
            if control.counted and control.status is status and family in {control.family, "all"}
        ]

    def statuses(self, count: FamilyCount) -> Iterator[tuple[Status, int]]:
        """Statuses with their numbers, best first, those that are none left out."""
        for status, field in STATUS_FIELDS.items():
            if value := getattr(count, field):
                yield status, value

    def segments(self, count: FamilyCount) -> list[Segment]:
        """The stacked bar of a family."""
        return status_segments(count)

    def families(self) -> list[Family]:
        """Controls by catalog and family, in the catalog's order, those that are not counted last."""
        return families(self._a.controls)

    def control_anchor(self, control_id: str, catalog: str = "") -> str:
        """The anchor of a control; by its id alone it is the scored catalog's, where several have one. Or nothing."""
        place = anchor("control", catalog, control_id)
        return place if catalog and place in self._places else self._control_anchors.get(control_id, "")

    @cached_property
    def _places(self) -> frozenset[str]:
        every = (*self._a.controls, *(control for each in self._a.frameworks for control in each.controls))
        return frozenset(anchor("control", each.catalog, each.id) for each in every)

    @cached_property
    def _control_anchors(self) -> dict[str, str]:
        beside = [control for each in self._a.frameworks for control in each.controls]
        return {each.id: anchor("control", each.catalog, each.id) for each in (*beside, *self._a.controls)}

    def against(self, control: ControlResult) -> list[tuple[CheckResult, Listed[Observation]]]:
        """The observations that contradict a control, by check."""
        grouped: defaultdict[str, list[Observation]] = defaultdict(list)
        for key in control.observations:
            if observation := self._by_id.get(key):
                grouped[observation.check].append(observation)
        return [(self.checks[check], Listed(found[:CONTRADICTIONS], len(found))) for check, found in grouped.items()]

    @cached_property
    def _by_id(self) -> dict[str, Observation]:
        return {each.id: each for each in self._a.observations if each.id}

    @cached_property
    def _written_ids(self) -> frozenset[str]:
        return frozenset(each.id for listed in self._written.values() for each in listed.shown)

    def observation_anchor(self, observation: Observation) -> str:
        """Where an observation is written out, or else the list it belongs to."""
        if observation.id in self._written_ids:
            return anchor("observation", observation.id)
        return anchor("failed", observation.check)


def _visible(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _prose(text: str) -> Markup:
    """Text of a check, with what stands in backquotes set as code."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:
        return Markup.escape("`".join(parts))
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts))


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _page_margins(assessment: Assessment) -> str:
    """Organisation and fingerprint for the foot of each printed page, as CSS."""
    pack = assessment.run.pack
    marked = f"@top-center{{content:{_css_string(pack.marking)};font-weight:bold;color:#000}}" if pack else ""
    left = f"{assessment.organisation.name[:60]} · as of {presentation.day(assessment.method.as_of)}"
    right = (
        f"{_css_string(f'{assessment.fingerprint_words} · page ')} counter(page) {_css_string(' of ')} counter(pages)"
    )
    return f"@page{{@bottom-left{{content:{_css_string(left)}}}@bottom-right{{content:{right}}}{marked}}}\n"


def _css_string(text: str) -> str:
    return '"' + re.sub(r"[^A-Za-z0-9 .,-]", lambda match: f"\\{ord(match[0]):x} ", visible(text)) + '"'
