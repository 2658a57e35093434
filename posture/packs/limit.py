"""An assessment limited to what some requests need, and nothing else. Pure.

Nothing is concluded anew: a control keeps the status and the reason that the whole assessment gives it. What is counted
is counted again over what is left. Where a thing that is enclosed names another that is not, it says so instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final, TypeVar

import msgspec

from posture.assess import answered_counts, family_counts
from posture.assessment import (
    Assessment,
    Asset,
    AttestationResult,
    Changes,
    ControlResult,
    Coverage,
    DecisionResult,
    ExceptionResult,
    Extent,
    Gap,
    MethodNotes,
    Observation,
    Organisation,
    PackInfo,
    PackRequest,
    ProbeResult,
    RegisterResult,
    Risk,
    Run,
    SealInfo,
    ZoneInfo,
)
from posture.catalog import SCORED
from posture.coverage import unanswered
from posture.governance.exceptions import control_name
from posture.governance.practices import controls_tested
from posture.model import Outcome
from posture.packs.definition import Pack, Request
from posture.packs.selection import Selection, selection
from posture.patterns import Named, matches
from posture.presentation import sealed

__all__ = ["NOT_ENCLOSED", "limited"]

NOT_ENCLOSED: Final = "not enclosed"
"""What stands where something is named that is outside the requests."""

T = TypeVar("T", AttestationResult, DecisionResult)


def limited(a: Assessment, pack: Pack, requests: Iterable[Request], marking: str = "") -> Assessment:
    """The assessment with only what the requests need, and with `run.pack` saying what it is limited to."""
    requests = tuple(requests)
    return _Limiter(a, selection(a, requests)).made(pack, requests, marking)


class _Limiter:
    """One assessment and what is to stay of it."""

    def __init__(self, a: Assessment, wanted: Selection) -> None:
        self.a, self.wanted = a, wanted
        self.kept_ids = {each.id for each in a.observations if each.id and each.check in wanted.checks}
        self.controls = tuple(self._control(each) for each in a.controls if self._stays(each))
        self.frameworks = tuple(
            msgspec.structs.replace(part, controls=own, counts=Coverage(families=family_counts(own)).controls)
            for part in a.frameworks
            if (own := tuple(self._control(each) for each in part.controls if self._stays(each)))
        )
        self.observations = tuple(each for each in a.observations if each.check in wanted.checks)
        self.fails = {each.id for each in self.observations if each.outcome is Outcome.FAIL}
        self.failed, self.unknown = Counter[str](), Counter[str]()
        for each in self.observations:
            self.failed[each.subject] += each.outcome is Outcome.FAIL
            self.unknown[each.subject] += each.outcome in {Outcome.UNKNOWN, Outcome.ERROR}
        self.observed = frozenset(digest for each in self.observations for digest in each.evidence)
        self.subjects = {key for each in self.observations for key in (each.subject, *each.subjects) if key}
        self.exceptions = tuple(self._exception(each) for each in a.exceptions if self._accepts(each))
        self.risks = self._risks()
        self.assets = tuple(self._asset(each) for each in self._kept_assets())
        self.cited = frozenset(self._cited())
        self.probes = tuple(self._probe(each) for each in a.coverage.probes if self._asked(each))

    def made(self, pack: Pack, requests: tuple[Request, ...], marking: str) -> Assessment:
        """All of it together."""
        a = self.a
        return Assessment(
            run=self._run(pack, requests, marking),
            organisation=self._organisation(),
            method=self._method(),
            coverage=Coverage(
                extents=tuple(self._extents()),
                families=family_counts(self.controls),
                answered=answered_counts(self.controls),
                probes=self.probes,
                unanswered=tuple(unanswered(self.probes, self.observations, self.controls)),
            ),
            controls=self.controls,
            gaps=tuple(self._gap(each) for each in a.gaps if each.check in self.wanted.checks),
            checks=tuple(
                msgspec.structs.replace(each, controls=self._only(each.controls, self._ids))
                for each in a.checks
                if each.id in self.wanted.checks
            ),
            observations=self.observations,
            assets=self.assets,
            evidence=tuple(each for each in a.evidence if each.id in self.cited),
            frameworks=self.frameworks,
            risks=self.risks,
            exceptions=self.exceptions,
            attestations=self._answers(a.attestations),
            decisions=self._answers(a.decisions),
            register=self._register(),
            **{field: getattr(a, field) for field, table in _WHOLE.items() if table in self.wanted.tables},
        )

    # ── controls and what was answered ──────────────────────────────────────────

    def _stays(self, control: ControlResult) -> bool:
        return control_name(control.catalog, control.id) in self.wanted.controls

    @property
    def _ids(self) -> frozenset[str]:
        """The ids of the rule's controls that stay."""
        return frozenset(each for each in self.wanted.controls if "/" not in each)

    def _control(self, control: ControlResult) -> ControlResult:
        parent = control.parent and control_name(control.catalog, control.parent)
        return msgspec.structs.replace(
            control,
            parent=control.parent if parent in self.wanted.controls else None,
            checks=tuple(each for each in control.checks if each.check in self.wanted.checks),
            observations=tuple(each for each in control.observations if each in self.kept_ids),
            crosswalks=(),
        )

    def _answers(self, every: Iterable[T]) -> tuple[T, ...]:
        return tuple(each for each in every if control_name(each.catalog, each.control) in self.wanted.answers)

    def _accepts(self, exception: ExceptionResult) -> bool:
        named = {each.removeprefix(f"{SCORED}/") for each in exception.controls}
        narrow = named & self.wanted.controls if named else {*exception.checks} & self.wanted.checks
        return bool(narrow or self.fails.intersection(exception.observations))

    def _exception(self, exception: ExceptionResult) -> ExceptionResult:
        names = self.wanted.controls
        controls = self._only(exception.controls, {*names, *(f"{SCORED}/{each}" for each in names)})
        checks = self._only(exception.checks, self.wanted.checks)
        subjects = self._patterns(exception)
        whole = (controls, checks, subjects) == (exception.controls, exception.checks, exception.subjects)
        observations = tuple(
            each for each in exception.observations if each in self.fails or each.removeprefix("control ") in names
        )
        return msgspec.structs.replace(
            exception,
            controls=controls,
            checks=checks,
            subjects=subjects,
            observations=observations,
            accepted_controls=tuple(each for each in exception.accepted_controls if each in names),
            not_waived=tuple(each for each in exception.not_waived if each in names),
            overlaps=(),
            note=exception.note if whole and not exception.overlaps else "",
        )

    def _patterns(self, exception: ExceptionResult) -> tuple[str, ...]:
        """The patterns of subjects that name something that is enclosed."""
        if not exception.subjects or self.fails.issuperset(exception.observations):
            return exception.subjects
        told = [self._named(each) for each in self.observations if each.id in exception.observations]
        return self._only(
            exception.subjects, [each for each in exception.subjects if any(matches(each, one) for one in told)]
        )

    def _named(self, fail: Observation) -> Named:
        asset = next((each for each in self.a.assets if fail.subject in {each.key, *each.ids}), None)
        return Named(
            keys={fail.subject, *(asset.ids if asset else ())},
            names={fail.subject_name, *([asset.name] if asset else [])},
            addresses=asset.addresses if asset else (),
            zones={fail.place},
        )

    @staticmethod
    def _only(values: tuple[str, ...], kept: Collection[str]) -> tuple[str, ...]:
        """Those that stay; where one does not, it says so: an empty list would say that there is none."""
        found = tuple(each for each in values if each in kept)
        return found if len(found) == len(values) else (*found, NOT_ENCLOSED)

    # ── gaps and risks ──────────────────────────────────────────────────────────

    def _gap(self, gap: Gap) -> Gap:
        registered = {each.id for each in self.risks}
        return msgspec.structs.replace(
            gap,
            contradicts=self._only(gap.contradicts, self._ids),
            supports=self._only(gap.supports, self._ids),
            risk=gap.risk if gap.risk in registered else "",
        )

    def _risks(self) -> tuple[Risk, ...]:
        """The register, where it is asked for; else the risks of what is enclosed, placed among themselves."""
        if "risks" in self.wanted.tables:
            return tuple(msgspec.structs.replace(each, found_on=()) for each in self.a.risks)
        kept = [each for each in self.a.risks if self._concerns(each)]
        return tuple(self._risk(each, place) for place, each in enumerate(kept, 1))

    def _concerns(self, risk: Risk) -> bool:
        if risk.source == "gap":
            return risk.about in self.wanted.checks
        return risk.about in self.wanted.controls if risk.source == "control" else "services" in self.wanted.tables

    def _risk(self, risk: Risk, place: int) -> Risk:
        shown = "services" in self.wanted.tables
        factors = tuple(
            each
            if shown or each.name != "Clinical services"
            else msgspec.structs.replace(
                each, why="By the clinical services that depend on it, which are not enclosed."
            )
            for each in risk.factors
        )
        return msgspec.structs.replace(
            risk,
            place=place,
            controls=self._only(risk.controls, self._ids),
            services=risk.services if shown else (),
            factors=factors,
            found_on=(),
        )

    # ── what was seen, and by what evidence ─────────────────────────────────────

    def _kept_assets(self) -> Iterable[Asset]:
        if {"inventory", "network"} & self.wanted.tables:
            return self.a.assets
        return [each for each in self.a.assets if self.subjects.intersection((each.key, *each.ids))]

    def _asset(self, asset: Asset) -> Asset:
        keys = {asset.key, *asset.ids}
        whole = "inventory" in self.wanted.tables
        return msgspec.structs.replace(
            asset,
            open_ports=(NOT_ENCLOSED,) if asset.open_ports else (),
            class_reason="",
            joins=asset.joins if whole else (),
            failed=sum(self.failed[key] for key in keys),
            unknown=sum(self.unknown[key] for key in keys),
            evidence=asset.evidence if whole else tuple(each for each in asset.evidence if each in self.observed),
        )

    def _cited(self) -> Iterable[str]:
        """The evidence that anything enclosed stands on."""
        a, tables = self.a, self.wanted.tables
        standing: list[Iterable[tuple[str, ...]]] = [(each.evidence for each in self.assets)]
        if "inventory" in tables:
            standing += [(each.evidence for each in a.inventory.files), (each.evidence for each in a.inventory.rows)]
        if "network" in tables:
            standing.append(each.evidence for each in a.network.links)
        if "segmentation" in tables:
            pairs, flows = a.segmentation.pairs, [(*each.open, *each.answering) for each in a.segmentation.pairs]
            standing += [
                (each.evidence for each in pairs),
                (each.evidence for own in flows for each in own),
                (each.evidence for each in a.segmentation.vantages),
            ]
        yield from self.observed
        yield from (digest for every in standing for digests in every for digest in digests)

    def _asked(self, probe: ProbeResult) -> bool:
        """Whether anything enclosed stands on it, or has no answer because of it."""
        return bool(self.cited.intersection(probe.evidence)) or f"probe:{probe.id}" in self.subjects

    def _probe(self, probe: ProbeResult) -> ProbeResult:
        return msgspec.structs.replace(probe, evidence=tuple(each for each in probe.evidence if each in self.cited))

    def _extents(self) -> Iterable[Extent]:
        counted = [each for each in self.controls if each.counted]
        if "inventory" in self.wanted.tables:
            yield from (each for each in self.a.coverage.extents if not each.name.startswith("Controls"))
        if counted:
            yield Extent(
                name="Controls with a test",
                looked_at=len(
                    controls_tested(counted, [each for each in self.a.checks if each.id in self.wanted.checks])
                ),
                of=len(counted),
                note="Of the controls enclosed, by a test that is enclosed. Tested is not satisfied.",
            )

    # ── the rest ────────────────────────────────────────────────────────────────

    def _run(self, pack: Pack, requests: tuple[Request, ...], marking: str) -> Run:
        run = self.a.run
        words = sealed(run.seal)
        told = PackInfo(
            pack=pack.pack.id,
            title=pack.pack.title,
            requests=tuple(PackRequest(id=each.id, title=each.title, asks=each.asks) for each in requests),
            marking=marking,
            tables=tuple(sorted(self.wanted.tables)),
            controls=sum(each.counted for each in self.controls),
            controls_of=sum(each.counted for each in self.a.controls),
            whole=self.a.fingerprint,
            whole_seal=words,
        )
        note = "It is an extract, and has no seal of its own: SHA256SUMS beside it has its digest, and the assessment "
        note += f"that it was taken from has one. {words.rstrip('.')}"
        return Run(
            id=run.id,
            started=run.started,
            ended=run.ended,
            operator=run.operator,
            host=run.host,
            seal=SealInfo(note=note),
            changes=self._changes(),
            pack=told,
        )

    def _changes(self) -> Changes | None:
        changes, wanted = self.a.run.changes, self.wanted
        if changes is None or "changes" not in wanted.tables:
            return None
        registered = {each.id for each in self.risks}
        return msgspec.structs.replace(
            changes,
            differences=(),
            checks=tuple(each for each in changes.checks if each.check in wanted.checks),
            controls=tuple(each for each in changes.controls if control_name(each.catalog, each.id) in wanted.controls),
            gaps=tuple(each for each in changes.gaps if each.check in wanted.checks),
            risks=tuple(each for each in changes.risks if each.id in registered or "risks" in wanted.tables),
            trend=(),
        )

    def _organisation(self) -> Organisation:
        organisation = self.a.organisation
        places = {each.place for each in self.observations} | {each.place for each in self.assets}
        places |= {place for each in self.a.gaps if each.check in self.wanted.checks for place in each.places}
        places |= {each.zone for each in self.probes}
        places |= {each.zone for each in self.a.evidence if each.id in self.cited}
        every = bool({"inventory", "network", "segmentation"} & self.wanted.tables)
        return msgspec.structs.replace(
            organisation,
            zones=tuple(
                each if every else self._zone(each) for each in organisation.zones if every or each.id in places
            ),
            directories=tuple(each for each in organisation.directories if every or each in places),
        )

    @staticmethod
    def _zone(zone: ZoneInfo) -> ZoneInfo:
        """A zone by name and kind: its networks show machines that nobody asked about."""
        return msgspec.structs.replace(
            zone,
            networks=(NOT_ENCLOSED,) if zone.networks else (),
            excluded=(NOT_ENCLOSED,) if zone.excluded else (),
        )

    def _method(self) -> MethodNotes:
        notes = self.a.method
        checks = [each for each in self.a.checks if each.id in self.wanted.checks]
        files, wants = {each.file for each in checks}, {each for check in checks for each in check.wants}
        catalogs = {each.catalog for each in self.controls} | {each.catalog.id for each in self.frameworks}
        return msgspec.structs.replace(
            notes,
            catalogs=tuple(each for each in notes.catalogs if each.id in catalogs),
            thresholds=notes.thresholds if "Thresholds" in wants else (),
            check_files=tuple(each for each in notes.check_files if any(each.name.endswith(file) for file in files)),
            reference=notes.reference if "Reference" in wants else (),
        )

    def _register(self) -> RegisterResult:
        register, tables = self.a.register, self.wanted.tables
        if "systems" in tables and "flows" in tables:
            return register
        systems = tuple(
            each
            for each in register.systems
            if "systems" in tables or ("business-associates" in tables and each.business_associate)
        )
        flows = register.flows if "flows" in tables else ()
        if not systems and not flows:
            return RegisterResult()
        names = {word for each in systems for word in (each.id, each.name)}
        others = {word for each in register.systems for word in (each.id, each.name)} - names
        problems = tuple(
            each
            for each in register.problems
            if any(name in each for name in names) and not any(name in each for name in others)
        )
        return msgspec.structs.replace(register, systems=systems, flows=flows, problems=problems)


_WHOLE: Final = {
    "inventory": "inventory",
    "possible_duplicates": "inventory",
    "risk_analysis": "risk-analysis",
    "practices": "practices",
    "services": "services",
    "network": "network",
    "segmentation": "segmentation",
}
"""The parts of an assessment that are enclosed as they are or not at all, each with the table that asks for it."""
