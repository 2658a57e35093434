"""Evidence in, assessment out: read, judge, assess. Pure, so that it can be done again years later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from posture import assess
from posture.assessment import (
    Assessment,
    CatalogInfo,
    ControlResult,
    Coverage,
    EvidenceEntry,
    Extent,
    MethodNotes,
    Observation,
    Organisation,
    ProbeResult,
    Risk,
    Run,
    ThresholdValue,
    Unanswered,
    ZoneInfo,
)
from posture.catalog import Catalog
from posture.check import AsOf
from posture.collectors.base import Collector
from posture.facts import Account, BlindSpot, Device, Directory, Fact, Host
from posture.governance.history import PastRun
from posture.governance.ledger import Ledger
from posture.inventory import Inventory
from posture.judge import judge
from posture.model import Evidence, Outcome, Probe, Status
from posture.presentation import plural
from posture.registry import Checks
from posture.scope import Scope
from posture.targets import held
from posture.thresholds import Thresholds

__all__ = ["PlannedProbe", "Request", "evaluate"]

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
    "Clinical services, attested controls and accepted risks are not assessed by this version.",
)


class PlannedProbe(msgspec.Struct, frozen=True, kw_only=True):
    """A probe of the plan, and what became of it: `unfinished` is one that was planned and has no end."""

    probe: Probe
    outcome: Literal["complete", "partial", "failed", "refused", "unfinished"]
    problem: str = ""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Everything but the evidence that an assessment depends on.

    `history` are this store's earlier runs of the last twelve months, `earlier_risks` the register of the latest
    one, and `own_catalogs` the hospital's own.
    """

    run: Run
    scope: Scope
    as_of: datetime
    version: str
    probes: tuple[PlannedProbe, ...] = ()
    checks_folders: tuple[str, ...] = ()
    ledger: Ledger = Ledger()
    history: tuple[PastRun, ...] = ()
    earlier_risks: tuple[Risk, ...] = ()
    own_catalogs: tuple[Catalog, ...] = ()


def evaluate(
    request: Request,
    records: Iterable[Evidence],
    checks: Checks,
    collectors: Mapping[str, Collector],
    catalog: Catalog,
) -> Assessment:
    """The assessment of this evidence. The order of the records makes no difference."""
    records = sorted(records, key=lambda record: record.id)
    facts, blind_spots = _read(records, request, collectors)
    inventory = Inventory(facts)
    observations = judge(facts, blind_spots, checks.by_id.values(), request.scope, AsOf(request.as_of))
    controls = assess.control_results(catalog, observations)
    probes = _probe_results(request.probes, records)
    return Assessment(
        run=request.run,
        organisation=_organisation(request.scope),
        method=_method(request, checks, catalog),
        coverage=Coverage(
            extents=tuple(_extents(request, facts, controls)),
            families=assess.family_counts(controls),
            probes=probes,
            unanswered=tuple(_unanswered(probes, observations, controls)),
        ),
        controls=controls,
        gaps=assess.gaps(checks.by_id, observations, catalog),
        checks=assess.check_results(checks.by_id, observations, catalog),
        observations=observations,
        assets=assess.assets(inventory, observations, request.scope),
        evidence=tuple(_entry(record) for record in records),
    )


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
        answer="See that the imported files hold the whole zone." if imported else _remedy(planned.outcome),
    )


def _is_a(fact: Fact, collector: Collector) -> bool:
    return type(fact).__name__ in collector.kinds


def _remedy(outcome: str) -> str:
    """What would give an answer where a probe gave none, or half of one."""
    if outcome == "unfinished":
        return "Resume the run, or import evidence for it with --from."
    if outcome == "refused":
        return "Import evidence for it with --from, or change its policy in posture.toml."
    return "Mend what the reason names and audit again, or import whole evidence for it with --from."


# ── coverage ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _extents(request: Request, facts: Sequence[Fact], controls: Sequence[ControlResult]) -> Iterable[Extent]:
    live = bool(request.probes)
    hosts = [fact for fact in facts if isinstance(fact, Host)]
    yield _addresses(request, hosts)
    scanned = sum(bool(host.ports or host.collapsed) for host in hosts)
    yield Extent(name="Hosts that answered, with their ports looked at", looked_at=scanned, of=len(hosts))
    directories = [fact for fact in facts if isinstance(fact, Directory) and fact.answered]
    yield Extent(
        name="Directories that answered",
        looked_at=len({fact.place or fact.name for fact in directories}),
        of=len(request.scope.directory) if live else None,
    )
    yield Extent(
        name="Directory accounts read",
        looked_at=sum(isinstance(fact, Account) for fact in facts),
        note="Users and computers of Active Directory.",
    )
    yield Extent(name="Devices that answered SNMP", looked_at=sum(isinstance(fact, Device) for fact in facts), of=None)
    counted = [control for control in controls if control.counted]
    tested = sum(any(method not in control.missing_methods for method in control.methods) for control in counted)
    yield Extent(
        name="Controls with a test",
        looked_at=tested,
        of=len(counted),
        note="Tested is not satisfied: every control also needs to be examined or asked about.",
    )


def _addresses(request: Request, hosts: Sequence[Host]) -> Extent:
    discover = [
        planned for planned in request.probes if planned.probe.collector == "nmap" and planned.probe.step == "discover"
    ]
    if not discover and (hosts or not request.probes):
        return Extent(
            name="Addresses",
            looked_at=len({host.address for host in hosts}),
            note="As the imported files hold them.",
        )
    done = sum(each.probe.addresses for each in discover if each.outcome == "complete")
    in_scope = sum(held(zone, request.scope) for zone in request.scope.zone)
    refused = sorted({each.probe.zone or "" for each in discover if each.outcome == "refused"})
    return Extent(name="Addresses", looked_at=done, of=in_scope, note=_not_looked_at(discover, refused, hosts))


def _not_looked_at(discover: Sequence[PlannedProbe], refused: Sequence[str], hosts: Sequence[Host]) -> str:
    if not discover:
        return "No scan was asked for in this run."
    if not refused:
        return ""
    imported = {zone: len({host.address for host in hosts if host.place == zone}) for zone in refused}
    known = [
        f"{zone} ({plural(number, 'host')} known from imported files)" for zone, number in imported.items() if number
    ]
    silent = [zone for zone in refused if not imported[zone]]
    return f"Not scanned, by the policy of: {', '.join(known + silent)}."


def _probe_results(probes: Sequence[PlannedProbe], records: Sequence[Evidence]) -> tuple[ProbeResult, ...]:
    planned_ids = {planned.probe.id for planned in probes}
    brought: dict[str, list[Evidence]] = {}
    imported = []
    for record in records:
        if record.envelope.probe in planned_ids:
            brought.setdefault(str(record.envelope.probe), []).append(record)
        else:
            imported.append(record)
    results = [
        ProbeResult(
            id=planned.probe.id,
            collector=planned.probe.collector,
            zone=planned.probe.zone or "",
            outcome=planned.outcome,
            problem=planned.problem or planned.probe.refused,
            targets=planned.probe.targets,
            evidence=tuple(record.id for record in brought.get(planned.probe.id, ())),
        )
        for planned in probes
    ]
    results += [
        ProbeResult(
            id=record.envelope.probe
            or f"import/{record.envelope.source.name if record.envelope.source else record.id[:12]}",
            collector=record.envelope.collector,
            zone=record.envelope.zone or "",
            outcome=record.envelope.outcome,
            problem=record.envelope.problem,
            targets=record.envelope.targets,
            evidence=(record.id,),
        )
        for record in imported
    ]
    return tuple(sorted(results, key=lambda result: (result.id, result.evidence)))


def _unanswered(
    probes: Sequence[ProbeResult], observations: Sequence[Observation], controls: Sequence[ControlResult]
) -> Iterable[Unanswered]:
    for probe in probes:
        if probe.outcome != "complete":
            yield Unanswered(
                what="probe",
                id=probe.id,
                name=", ".join(probe.targets) or probe.zone,
                why=probe.problem,
                answer=_remedy(probe.outcome),
            )
    silent: dict[tuple[str, str, str], set[str]] = {}
    names: dict[str, str] = {}
    for each in observations:
        if each.outcome in {Outcome.UNKNOWN, Outcome.ERROR}:
            silent.setdefault((each.subject, each.message, each.answer), set()).add(each.check)
            names[each.subject] = each.subject_name
    for (subject, message, answer), checks in sorted(silent.items()):
        yield Unanswered(
            what="subject",
            id=subject,
            name=names[subject],
            why=f"{message} ({', '.join(sorted(checks))})",
            answer=answer,
        )
    for control in controls:
        if control.counted and control.status is Status.NOT_ASSESSED:
            yield Unanswered(what="control", id=control.id, name=control.title, why=control.reason)


# ── what it depends on ───────────────────────────────────────────────────────────────────────────────────────────


def _organisation(scope: Scope) -> Organisation:
    return Organisation(
        name=scope.organisation.name,
        time_zone=scope.organisation.time_zone,
        sites=tuple(site.name for site in scope.site),
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


def _method(request: Request, checks: Checks, catalog: Catalog) -> MethodNotes:
    head = catalog.catalog
    defaults = Thresholds()
    described = msgspec.json.schema(Thresholds)["$defs"]["Thresholds"]["properties"]
    return MethodNotes(
        as_of=request.as_of,
        version=request.version,
        statement=STATEMENT,
        scope_sha256=hashlib.sha256(msgspec.json.encode(request.scope, order="sorted")).hexdigest(),
        catalogs=(CatalogInfo(id=head.id, title=head.title, status=head.status, as_of=head.as_of, source=head.source),),
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
        limits=LIMITS,
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
