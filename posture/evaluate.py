"""Evidence in, assessment out: read, judge, assess. Pure, so that it can be done again years later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from posture import assess, crosswalk
from posture.assessment import (
    Assessment,
    ControlResult,
    Coverage,
    EvidenceEntry,
    Gap,
    MethodNotes,
    Organisation,
    Risk,
    ThresholdValue,
    ZoneInfo,
)
from posture.catalog import SCORED, Catalog, reported
from posture.check import AsOf
from posture.collectors.base import Collector
from posture.coverage import extents, probe_results, remedy, unanswered, unlooked
from posture.facts import BlindSpot, Fact, Host
from posture.frameworks import frameworks, info
from posture.governance.answers import on_file, register
from posture.governance.exceptions import Exceptions, results
from posture.governance.history import PastRun
from posture.governance.period import today
from posture.governance.practices import controls_tested, practices
from posture.governance.risk import register as register_of_risks
from posture.inventory import Inventory
from posture.inventory.compared import Looked, compared, possible_duplicates
from posture.inventory.topology import network_map
from posture.judge import judge
from posture.model import Evidence
from posture.presentation import plural
from posture.reference import shipped
from posture.reference.notes import limits, notes
from posture.registry import Checks
from posture.request import PlannedProbe, Request
from posture.resilience.reach import blast_radius
from posture.resilience.services import clinical_services
from posture.scope import Scope
from posture.segmentation.matrix import matrix
from posture.thresholds import Thresholds

__all__ = ["evaluate"]

STATEMENT = (
    "This report is evidence toward compliance. It is not a finding of compliance: it says what was found, by what "
    "evidence, and what was not looked at."
)
LIMITS = (
    "A scan alone satisfies no control: documents must be examined, and people interviewed, as well.",
    "Only what the scope names was looked at, from the vantage named beside each piece of evidence.",
    "A version that a scan reports is a claim by the service, not a fact.",
    "No password is tried but those of the scope, and the communities public and private where the scope allows it.",
    "Nothing is written to any system.",
    "A scan can't see policies, contracts, training, physical safeguards or drills: they need to be examined.",
    "What people have attested is their statement: the documents beside it are kept, and were not judged.",
    "Clinical services are as declared; what would stop follows from the evidence and from the assumptions named.",
)


def evaluate(
    request: Request,
    records: Iterable[Evidence],
    checks: Checks,
    collectors: Mapping[str, Collector],
    catalogs: Mapping[str, Catalog],
) -> Assessment:
    """The assessment of this evidence. The order of the records makes no difference.

    `catalogs` are the built-in ones; the request brings the hospital's own.
    """
    records = sorted(records, key=lambda record: record.id)
    scope, as_of, ledger = request.scope, request.as_of, request.ledger
    facts, blind_spots = _read(records, request, collectors)
    inventory = Inventory(facts, scope.inventory.zones)
    observations = judge(facts, blind_spots, checks.by_id.values(), scope, AsOf(as_of), request.reference, inventory)
    scored, beside = catalogs[SCORED], reported(catalogs, scope.catalogs, request.own_catalogs)
    answers = on_file(ledger, scored, beside, scope, as_of)
    exceptions = Exceptions.of(ledger, inventory, scope, as_of)
    unseen = {kind for name in unlooked(request, records) if name in collectors for kind in collectors[name].kinds}
    partial = {check.id for check in checks.by_id.values() if unseen.intersection(check.kinds)}

    def findings(catalog: Catalog) -> tuple[ControlResult, ...]:
        found = assess.control_results(
            catalog, observations, answers=answers, exceptions=exceptions, scope=scope, partial=partial
        )
        return _with_crosswalks(found) if catalog is scored else found

    controls = findings(scored)
    others = frameworks(beside, findings)
    every_control = (*controls, *(control for other in others for control in other.controls))
    made = assess.check_results(checks.by_id, observations, scored)
    gaps = assess.gaps(checks.by_id, observations, scored, exceptions)
    assets = assess.assets(inventory, observations, scope)
    services = clinical_services(scope, inventory, today(as_of, scope.organisation.time_zone))
    accepted = results(exceptions, observations, every_control)
    risks = register_of_risks(
        gaps=gaps,
        controls=controls,
        observations=observations,
        services=services,
        scope=scope,
        ledger=ledger,
        exceptions=accepted,
        earlier=request.earlier_risks,
        as_of=as_of,
        assets=assess.subjects(inventory, observations, scope),
        collected=_collected(records, scope),
    )
    probes = probe_results(request.probes, records)
    return Assessment(
        run=request.run,
        organisation=_organisation(scope),
        method=_method(request, checks, (scored, *beside)),
        coverage=Coverage(
            extents=tuple(extents(request, facts, controls, made)),
            families=assess.family_counts(controls),
            answered=assess.answered_counts(controls),
            probes=probes,
            unanswered=tuple(unanswered(probes, observations, controls)),
        ),
        controls=controls,
        gaps=_with_risks(gaps, risks),
        checks=made,
        observations=observations,
        assets=assets,
        inventory=compared(inventory, Looked(request.probes, scope), scope),
        possible_duplicates=possible_duplicates(inventory),
        evidence=tuple(_entry(record) for record in records),
        frameworks=others,
        risks=risks,
        exceptions=accepted,
        attestations=answers.attestations,
        decisions=answers.decisions,
        risk_analysis=answers.risk_analysis,
        register=register(ledger, scope, as_of),
        practices=practices(
            ledger=ledger,
            history=request.history,
            controls=every_control,
            scope=scope,
            as_of=as_of,
            this_run=PastRun(
                id=request.run.id, started=request.made or as_of, tested=controls_tested(every_control, made)
            ),
        ),
        services=services,
        blast_radius=blast_radius(facts, inventory, observations, scope, services),
        network=network_map(facts, assets, scope),
        segmentation=matrix((fact for fact in facts if isinstance(fact, Host)), scope, inventory.key),
    )


def _collected(records: Iterable[Evidence], scope: Scope) -> dict[str, date]:
    """The day of each piece of evidence, where it says one."""
    times = ((record.id, record.envelope.ended or record.envelope.started) for record in records)
    return {digest: today(at, scope.organisation.time_zone) for digest, at in times if at is not None}


def _with_crosswalks(controls: Iterable[ControlResult]) -> tuple[ControlResult, ...]:
    tables = crosswalk.built_in()
    return tuple(msgspec.structs.replace(control, crosswalks=crosswalk.of(control.id, tables)) for control in controls)


def _with_risks(gaps: Iterable[Gap], risks: Iterable[Risk]) -> tuple[Gap, ...]:
    ids = {risk.about: risk.id for risk in risks if risk.source == "gap"}
    return tuple(msgspec.structs.replace(gap, risk=ids.get(gap.check, "")) for gap in gaps)


def _read(
    records: Sequence[Evidence], request: Request, collectors: Mapping[str, Collector]
) -> tuple[list[Fact], list[BlindSpot]]:
    facts: list[Fact] = []
    blind_spots: list[BlindSpot] = []
    for name, collector in sorted(collectors.items()):
        own = [record for record in records if record.envelope.collector == name]
        for said in collector.read(own, request.scope):
            if isinstance(said, BlindSpot):
                blind_spots.append(said)
            else:
                facts.append(said)
    brought = {record.envelope.probe for record in records}
    planned_ids = {planned.probe.id for planned in request.probes}
    imported = {record.id for record in records if record.envelope.probe not in planned_ids}
    from_files = [fact for fact in facts if imported.issuperset(fact.evidence)]
    for planned in request.probes:
        blind_spots += _unasked(planned, brought, collectors, from_files)
    return facts, blind_spots


def _unasked(
    planned: PlannedProbe, brought: set[str | None], collectors: Mapping[str, Collector], from_files: Sequence[Fact]
) -> Iterable[BlindSpot]:
    """What a probe leaves unseen that was refused, never ended or brought nothing; what one brought tells of itself."""
    probe = planned.probe
    collector = collectors.get(probe.collector)
    silent = planned.outcome in {"refused", "unfinished"} or (planned.outcome == "failed" and probe.id not in brought)
    if collector is None or probe.refines or not silent:
        return
    place = probe.zone or (probe.targets[0] if probe.targets else probe.id)
    why = planned.problem or probe.refused or "the probe was planned and did not end"
    imported = {
        fact.ids[0] for fact in from_files if probe.zone and fact.place == probe.zone and _is_a(fact, collector)
    }
    if imported:
        why = (
            f"{plural(len(imported), 'machine')} of it known from imported files; whether these are all is not ({why})"
        )
    yield BlindSpot(
        kinds=collector.kinds,
        subject=f"probe:{probe.id}",
        name=place,
        place=probe.zone,
        why=why,
        answer="See that the imported files hold the whole zone." if imported else remedy(planned.outcome),
    )


def _is_a(fact: Fact, collector: Collector) -> bool:
    return type(fact).__name__ in collector.kinds


# ── what it depends on ───────────────────────────────────────────────────────────────────────────────────────────


def _organisation(scope: Scope) -> Organisation:
    return Organisation(
        name=scope.organisation.name,
        time_zone=scope.organisation.time_zone,
        sites=tuple(site.name for site in scope.site),
        site_ids=tuple(site.id for site in scope.site),
        zones=tuple(
            ZoneInfo(
                id=zone.id,
                kind=zone.kind,
                policy=zone.effective_policy.value,
                ephi=zone.ephi,
                site=zone.site,
                networks=zone.networks,
                excluded=zone.exclude,
            )
            for zone in scope.zone
        ),
        directories=tuple(directory.id for directory in scope.directory),
    )


def _method(request: Request, checks: Checks, catalogs: Iterable[Catalog]) -> MethodNotes:
    defaults = Thresholds()
    reference = notes(request.reference or shipped(), request.as_of, request.scope.thresholds)
    described = msgspec.json.schema(Thresholds)["$defs"]["Thresholds"]["properties"]
    return MethodNotes(
        as_of=request.as_of,
        version=request.version,
        statement=STATEMENT,
        scope_sha256=hashlib.sha256(msgspec.json.encode(request.scope, order="sorted")).hexdigest(),
        catalogs=tuple(info(catalog) for catalog in catalogs),
        thresholds=tuple(
            ThresholdValue(
                name=name,
                value=getattr(request.scope.thresholds, name),
                default=getattr(defaults, name),
                description=described[name].get("description", ""),
            )
            for name in Thresholds.__struct_fields__
        ),
        check_files=checks.files,
        limits=(*LIMITS, *limits(reference)),
        ledger_position=request.ledger.position,
        reference=reference,
    )


def _entry(record: Evidence) -> EvidenceEntry:
    envelope = record.envelope
    return EvidenceEntry(
        id=record.id,
        collector=envelope.collector,
        format=envelope.format,
        outcome=envelope.outcome,
        problem=envelope.problem,
        payload_sha256=envelope.payload_sha256,
        payload_size=envelope.payload_size,
        probe=envelope.probe or "",
        vantage=envelope.vantage or "",
        zone=envelope.zone or "",
        targets=envelope.targets,
        started=envelope.started,
        ended=envelope.ended,
        tool=envelope.tool,
        source=envelope.source,
        masked=envelope.masked,
    )
