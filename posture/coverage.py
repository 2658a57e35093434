"""What was looked at, what was not, and what would give an answer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from posture.assessment import CheckResult, ControlResult, Extent, Observation, ProbeResult, Unanswered
from posture.facts import Account, Device, Directory, Fact, Host
from posture.governance.practices import controls_tested
from posture.model import Evidence, Outcome, Status
from posture.presentation import plural
from posture.request import PlannedProbe, Request
from posture.targets import held

__all__ = ["extents", "probe_results", "remedy", "unanswered", "unlooked"]


def remedy(outcome: str) -> str:
    """What would give an answer where a probe gave none, or half of one."""
    if outcome == "unfinished":
        return "Resume the run, or import evidence for it with --from."
    if outcome == "refused":
        return "Import evidence for it with --from, or change its policy in posture.toml."
    return "Mend what the reason names and audit again, or import whole evidence for it with --from."


def extents(
    request: Request, facts: Sequence[Fact], controls: Sequence[ControlResult], checks: Sequence[CheckResult]
) -> Iterable[Extent]:
    """How much of what is in scope was looked at, kind by kind."""
    live = bool(request.probes)
    hosts = [fact for fact in facts if isinstance(fact, Host)]
    yield _addresses(request, hosts)
    scanned = sum(bool(host.ports or host.collapsed) for host in hosts)
    yield Extent(name="Hosts that answered, with their ports looked at", looked_at=scanned, of=len(hosts))
    answered = {fact.place or fact.name for fact in facts if isinstance(fact, Directory) and fact.answered}
    yield Extent(
        name="Directories that answered",
        looked_at=len(answered),
        of=len(answered | request.scope.directories.keys()) if live else None,
        note="A directory that only a file shows is counted too.",
    )
    yield Extent(
        name="Directory accounts read",
        looked_at=sum(isinstance(fact, Account) for fact in facts),
        note="Users and computers of Active Directory.",
    )
    yield Extent(name="Devices that answered SNMP", looked_at=sum(isinstance(fact, Device) for fact in facts), of=None)
    counted = [control for control in controls if control.counted]
    yield Extent(
        name="Controls with a test",
        looked_at=len(controls_tested(counted, checks)),
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


def unlooked(request: Request, records: Iterable[Evidence]) -> Iterator[str]:
    """The collectors by which some zone or directory that may hold ePHI was not asked as a whole.

    A probe that brought nothing is a blind spot by itself. This is what no probe was planned for, as where only one
    site was looked at. Whether imported files hold all machines of a zone nobody can say; a file of a directory is one.
    """
    planned = {each.probe.id for each in request.probes}
    zones = {zone.id for zone in request.scope.zone if zone.ephi != "no"}
    if zones - {each.probe.zone for each in request.probes if each.probe.collector == "nmap"}:
        yield "nmap"
    directories = [each for each in request.scope.directory if each.ephi != "no" and f"ldap/{each.id}" not in planned]
    files = [each for each in records if each.envelope.collector == "ldap" and each.envelope.probe not in planned]
    if len(directories) > len(files):
        yield "ldap"


def probe_results(probes: Sequence[PlannedProbe], records: Sequence[Evidence]) -> tuple[ProbeResult, ...]:
    """What became of each planned probe and each imported file."""
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


def unanswered(
    probes: Sequence[ProbeResult], observations: Sequence[Observation], controls: Sequence[ControlResult]
) -> Iterable[Unanswered]:
    """Every probe, subject and control without an answer, with why, and what would give one."""
    for probe in probes:
        if probe.outcome != "complete":
            yield Unanswered(
                what="probe",
                id=probe.id,
                name=", ".join(probe.targets) or probe.zone,
                why=probe.problem,
                answer=remedy(probe.outcome),
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
