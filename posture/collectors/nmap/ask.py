"""Carry out a probe: the only part of the collector that sends.

Before anything is sent the scope is asked again, since a probe may be older than the configuration, or come from
elsewhere: the zone's policy, its window, and for every single address that it is in this zone and nobody excludes it.
While nmap runs, the end of the window and the wish to stop are looked for several times a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Final, Literal

import msgspec

from posture.collectors.base import Context, Progress
from posture.collectors.nmap import command
from posture.collectors.nmap.plan import clinical_scripts, host_timeout, is_approved, is_it, scripts_for
from posture.collectors.nmap.policy import CLINICAL, NEVER, SETTINGS, Settings
from posture.collectors.nmap.run import Nmap, Ran, find, may_send_raw, run
from posture.collectors.nmap.stream import survey
from posture.model import AskedNmap, Envelope, Evidence, Probe, Tool
from posture.ports import PortSet
from posture.scope import Address, Scope, Zone
from posture.targets import canary_policy, canary_refusal, expand, may_send_to, refusal, unsendable
from posture.window import closed

__all__ = ["ask"]

Clock = Callable[[], datetime]

# nmap says these on its error output and still ends well, though part of what was asked was never sent.
_NOT_SENT: Final = re.compile(
    r"failed to determine route|sendto in |unreachable|not permitted|dnet: |failed to resolve", re.IGNORECASE
)


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """One run of nmap: what it asks of whom, and how long that may take."""

    arguments: tuple[str, ...]
    targets: tuple[str, ...]
    asked: AskedNmap
    seconds: float


def ask(probe: Probe, context: Context, now: Clock) -> Iterator[Evidence]:
    """The evidence of one probe: one piece for a sweep of hosts or ports, one or more for each host identified."""
    context.check_stop()
    scope = context.scope
    zone = scope.zones.get(probe.zone or "")
    addresses = list(expand(probe.targets, probe.exclude))
    why = _forbidden(probe, zone, addresses, scope) or (zone is not None and closed(zone, scope, now())) or ""
    if zone is None or why:
        yield _unsent(probe, context, now(), "failed", why, probe.targets)
        return
    nmap, raw = find(), may_send_raw()
    tasks = list(_tasks(probe, zone, addresses, context, raw=raw))
    if not tasks:
        yield _unsent(probe, context, now(), "complete", "", ())
    left_alone: set[tuple[str, ...]] = set()
    for number, task in enumerate(tasks):
        why = _ended(zone, context, now)
        if why:
            rest = tuple(dict.fromkeys(target for each in tasks[number:] for target in each.targets))
            yield _unsent(probe, context, now(), "partial", why, rest)
            return
        if task.targets not in left_alone:
            evidence, timed_out = _carry_out(task, (number, len(tasks)), probe, zone, context, nmap, now)
            if timed_out:
                left_alone.add(task.targets)
            yield evidence


def _forbidden(probe: Probe, zone: Zone | None, addresses: Sequence[Address], scope: Scope) -> str:
    """Why nothing of this probe may be sent, whatever the hour."""
    if zone is None:
        return f"the zone {probe.zone!r} is not in the scope"
    if probe.step == "canary":
        canary = next((each for each in scope.canary if probe.targets == (each.address,)), None)
        if canary is None or canary.zone != zone.id:
            return "that canary is not in the scope any more"
        return probe.refused or canary_refusal(canary, scope)
    why = probe.refused or refusal(zone)
    if not why and probe.step not in {"discover", "ports", "identify"}:
        why = f"there is no step {probe.step!r}"
    if why:
        return why
    for address in addresses:
        if unsendable(address) or not may_send_to(address, zone.id, scope):
            return f"{address} is excluded, or not in the zone {zone.id}: plan again, the scope is not what it was"
    return ""


def _ended(zone: Zone, context: Context, now: Clock) -> str:
    return "the run was stopped" if context.stop.is_set() else closed(zone, context.scope, now())


def _tasks(probe: Probe, zone: Zone, addresses: Sequence[Address], context: Context, *, raw: bool) -> Iterator[_Task]:
    settings = SETTINGS[canary_policy(zone) if probe.step == "canary" else zone.effective_policy]
    limit = zone.max_rate or settings.max_rate
    rate = min(probe.max_rate or limit, limit)
    if probe.step == "canary":
        yield _greeted(probe, settings, rate, raw=raw)
        return
    allowed = set(addresses)
    if probe.step == "identify":
        planned = PortSet.parse(probe.tcp)
        for host in sorted(context.hosts(), key=lambda host: _order(ip_address(host.address))):
            if (address := ip_address(host.address)) in allowed:
                ports = PortSet.of(
                    port.number for port in host.open() if port.protocol == "tcp" and port.number in planned
                )
                yield from _identify(address, ports - NEVER, zone, settings, rate, raw=raw)
        return
    if probe.step == "ports":
        allowed &= {ip_address(host.address) for host in context.hosts()}
    for version in (4, 6):
        asked = sorted((address for address in allowed if address.version == version), key=_order)
        exclude = [net for net in probe.exclude if ip_network(net).version == version]
        if asked:
            yield _sweep(probe, asked, exclude, settings, rate, raw=raw)


def _sweep(  # noqa: PLR0913  # one probe's own
    probe: Probe, addresses: list[Address], exclude: list[str], settings: Settings, rate: int, *, raw: bool
) -> _Task:
    targets = command.compact(addresses)
    if probe.step == "discover":
        arguments = command.discover(targets, exclude, settings, rate, raw=raw)
        asked = AskedNmap()
    else:
        timeout = host_timeout(len(PortSet.parse(probe.tcp)), settings, rate)
        arguments = command.ports(targets, exclude, probe.tcp, settings, rate, raw=raw, host_timeout=timeout)
        asked = AskedNmap(tcp=probe.tcp)
        targets = tuple(str(address) for address in addresses)
    return _Task(arguments=arguments, targets=targets, asked=asked, seconds=max(300.0, 2 * probe.seconds))


def _greeted(probe: Probe, settings: Settings, rate: int, *, raw: bool) -> _Task:
    return _Task(
        arguments=command.identify(
            probe.targets[0], probe.tcp, probe.scripts, settings, rate, raw=raw, version=False, forced=True
        ),
        targets=probe.targets,
        asked=AskedNmap(tcp=probe.tcp, scripts=probe.scripts),
        seconds=settings.host_timeout + 600.0,
    )


def _identify(  # noqa: PLR0913  # one host's own
    address: Address, ports: PortSet, zone: Zone, settings: Settings, rate: int, *, raw: bool
) -> Iterator[_Task]:
    """What is asked of one host: first as IT, then, on an approved device, each kind of clinical port by itself."""
    runs: list[tuple[PortSet, tuple[str, ...], bool]] = []
    if is_it(zone, address) and (common := ports - CLINICAL):
        runs.append((common, scripts_for(common, zone), True))
    if is_approved(zone, address):
        runs += [(clinical, (script,), False) for script, clinical in clinical_scripts(ports)]
    for asked, scripts, version in runs:
        yield _Task(
            arguments=command.identify(
                str(address),
                str(asked),
                scripts,
                settings,
                rate,
                raw=raw,
                version=version,
                # A script's own rule goes by the usual ports and the version found: neither says HL7 over TLS.
                forced=not version,
            ),
            targets=(str(address),),
            asked=AskedNmap(tcp=str(asked), version=version, scripts=scripts),
            seconds=settings.host_timeout + 600.0,  # nmap looks at its own time-out only now and then
        )


def _carry_out(  # noqa: PLR0913, PLR0917  # all of it goes into the envelope
    task: _Task, place: tuple[int, int], probe: Probe, zone: Zone, context: Context, nmap: Nmap, now: Clock
) -> tuple[Evidence, bool]:
    """The evidence of one run of nmap, and whether a host stopped answering."""
    number, of = place
    units = probe.addresses or len(task.targets)

    def progress(note: str, percent: float) -> None:
        done = (number + percent / 100) / of * units
        context.progress(Progress(probe=probe.id, done=min(round(done), units), total=units, note=note))

    line = (nmap.path, *task.arguments)
    started = now()
    progress("", 0)
    ran = run(
        line,
        folder=context.workdir,
        seconds=task.seconds,
        end=lambda: _ended(zone, context, now),
        progress=progress,
    )
    progress("", 100)
    outcome, problem = _outcome(ran)
    envelope = msgspec.structs.replace(
        _envelope(probe, context, outcome, problem),
        targets=task.targets,
        asked=task.asked,
        started=started,
        ended=now(),
        tool=Tool(name="nmap", version=nmap.version, command=line, exit=ran.exit),
    )
    return Evidence.of(envelope, ran.output), bool(ran.cut) or b'timedout="true"' in ran.output


def _outcome(ran: Ran) -> tuple[Literal["complete", "partial", "failed"], str]:
    header, broken = survey(ran.output)
    finished = "1 host was" if header.hosts == 1 else f"{header.hosts} hosts were"
    if ran.cut:
        return "partial", f"{ran.cut}; {finished} finished by then"
    said = " ".join(ran.errors.split())[-300:]
    if ran.exit != 0 or broken is not None or not header.finished:
        why = said or header.error or "it said nothing more"
        return "partial" if header.hosts else "failed", f"nmap ended with exit code {ran.exit}: {why}"
    if _NOT_SENT.search(ran.errors):
        return "partial", f"part of it could not be sent: {said}"
    return "complete", ""


def _unsent(  # noqa: PLR0913, PLR0917  # all of it goes into the envelope
    probe: Probe,
    context: Context,
    at: datetime,
    outcome: Literal["complete", "partial", "failed"],
    problem: str,
    targets: tuple[str, ...],
) -> Evidence:
    """That nothing was sent: because it may not be, or because there was nobody to send it to."""
    envelope = _envelope(probe, context, outcome, problem)
    return Evidence.of(msgspec.structs.replace(envelope, targets=targets, started=at, ended=at), b"")


def _envelope(
    probe: Probe, context: Context, outcome: Literal["complete", "partial", "failed"], problem: str
) -> Envelope:
    return Envelope(
        collector="nmap",
        format="nmap-xml",
        outcome=outcome,
        problem=problem,
        probe=probe.id,
        vantage=context.vantage,
        operator=context.operator,
        zone=probe.zone,
    )


def _order(address: Address) -> tuple[int, int]:
    return address.version, int(address)
