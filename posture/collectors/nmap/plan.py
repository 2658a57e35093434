"""Scope → probes. Pure: what would be sent to whom, how fast, and what is refused and why.

Figures are upper bounds. With every address up and every port silent:

- discover: packets = addresses × ping probes × (1 + retries)
- ports: packets = addresses × ports × (1 + retries)
- identify: packets = hosts × ports × 100, a version probe and its scripts on a port that is open; nmap bounds the
  time of each host, not its packets
- canary: packets = ports × (1 + retries + 100)
- seconds = packets / max_rate + one host time-out for each group of hosts that are scanned together (discover and
  ports), or hosts × runs × host time-out (identify, one host after the other).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from msgspec.structs import replace

from posture.collectors.nmap.command import compact
from posture.collectors.nmap.policy import (
    CLINICAL,
    DICOM,
    ELSEWHERE,
    INTRUSIVE,
    MLLP,
    NEVER,
    SCRIPTS,
    SETTINGS,
    Settings,
)
from posture.model import Probe
from posture.ports import PortSet
from posture.scope import Address, CanaryScope, Scope, Zone
from posture.targets import (
    SMALLER,
    Chunk,
    canary_policy,
    canary_refusal,
    chunks,
    expand,
    held,
    refusal,
    too_large,
    unsendable,
)

__all__ = ["clinical_scripts", "host_timeout", "is_approved", "is_it", "plan", "scripts_for"]

_PACKETS_PER_OPEN_PORT = 100
_RUNS_PER_HOST = 3


def plan(scope: Scope) -> list[Probe]:
    """All probes for this scope, refused ones included."""
    swept = [probe for zone in scope.zone for probe in _zone(zone, scope)]
    return swept + [_canary(canary, scope) for canary in scope.canary]


def is_it(zone: Zone, address: Address) -> bool:
    """Whether the address is positively known to be IT: only then is it asked what its services are."""
    return any(address in net for net in zone.it)


def is_approved(zone: Zone, address: Address) -> bool:
    """Whether the address is a device whose DICOM and HL7 ports may be asked, under an approval."""
    return zone.approval is not None and any(address in net for net in zone.approved)


def scripts_for(ports: PortSet, zone: Zone) -> tuple[str, ...]:
    """The scripts for these open ports of a host known to be IT; intrusive ones only if the zone names them."""
    allowed = [nse for nse in SCRIPTS if nse.name != "dicom-ping"]
    allowed += [nse for nse in INTRUSIVE if nse.name in zone.scripts]
    chosen = {nse.name for nse in allowed if any(port in nse.ports for port in ports)}
    if any(all(port not in nse.ports for nse in allowed) for port in ports):
        chosen.update(ELSEWHERE)
    return tuple(sorted(chosen))


def clinical_scripts(ports: PortSet) -> Iterator[tuple[str, PortSet]]:
    """The script for each kind of clinical port that is open on an approved device, with its ports."""
    for script, kind in (("dicom-ping", DICOM), ("ssl-cert", MLLP)):
        found = PortSet.of(port for port in ports if port in kind)
        if found:
            yield script, found


def host_timeout(ports: int, settings: Settings, max_rate: int) -> int:
    """Seconds that a port scan waits for one host, from when its group is begun.

    Three times what silence on every port costs, for the delays that nmap adds where a network drops packets, and
    five minutes.
    """
    each = max(settings.scan_delay, settings.host_group / max_rate)
    return 300 + math.ceil(3 * ports * (1 + settings.retries) * each)


def _zone(zone: Zone, scope: Scope) -> Iterator[Probe]:
    why = refusal(zone)
    if why:
        yield _refused(
            f"nmap/discover/{zone.id}", "discover", zone, why, targets=zone.networks, addresses=held(zone, scope)
        )
        return
    for network in too_large(zone):
        reason = f"{network} {SMALLER}"
        yield _refused(f"nmap/discover/{zone.id}/{_word(network)}", "discover", zone, reason, targets=(network,))
    yield from _unknown_scripts(zone)
    unidentified: list[Address] = []
    for chunk in chunks(zone, scope):
        hosts = list(expand(chunk.targets, chunk.exclude))
        odd = [address for address in hosts if unsendable(address)]
        if odd:
            reason = "no host can have these addresses, or they are IPv4 addresses written as IPv6: write them as IPv4"
            name = f"nmap/discover/{zone.id}/{chunk.id}/unsendable"
            yield _refused(name, "discover", zone, reason, targets=compact(odd))
        hosts = [address for address in hosts if not unsendable(address)]
        if hosts:
            yield from _chunk(zone, chunk, hosts)
        unidentified += [address for address in hosts if not is_it(zone, address) and not is_approved(zone, address)]
    if unidentified:
        reason = (
            "these addresses are not known to be IT, so their services are not identified: name those that are in the "
            "zone's identified_as_it"
        )
        name = f"nmap/identify/{zone.id}"
        count = len(unidentified)
        yield _refused(name, "identify", zone, reason, targets=compact(unidentified), addresses=count)


def _canary(canary: CanaryScope, scope: Scope) -> Probe:
    """Asks a canary's ports for their nonce, found up or not: that it can't be reached is an answer."""
    zone, ports = scope.zones[canary.zone], PortSet.parse(canary.tcp)
    why = canary_refusal(canary, scope)
    probe = Probe(
        id=f"nmap/canary/{zone.id}/{canary.address}",
        collector="nmap",
        step="canary",
        zone=zone.id,
        site=zone.site or None,
        policy=canary_policy(zone),
        targets=(canary.address,),
        addresses=1,
        refused=why,
        refines=True,
    )
    if why:
        return probe
    settings = SETTINGS[probe.policy]
    rate = min(zone.max_rate or settings.max_rate, settings.max_rate)
    packets = len(ports) * (1 + settings.retries + _PACKETS_PER_OPEN_PORT)
    return replace(
        probe,
        tcp=str(ports),
        ports=len(ports),
        scripts=("banner",),
        max_rate=rate,
        packets=packets,
        seconds=packets / rate + settings.host_timeout,
    )


def _unknown_scripts(zone: Zone) -> Iterator[Probe]:
    known = {nse.name for nse in (*SCRIPTS, *INTRUSIVE)}
    for name in zone.scripts:
        if name not in known:
            reason = f"the script {name!r} is not one that Posture runs"
            yield _refused(f"nmap/identify/{zone.id}/script/{_word(name)}", "identify", zone, reason)


def _chunk(zone: Zone, chunk: Chunk, hosts: list[Address]) -> Iterator[Probe]:
    policy = zone.effective_policy
    settings = SETTINGS[policy]
    rate = zone.max_rate or settings.max_rate
    ports = PortSet.parse(settings.ports) | PortSet.parse(zone.ports)
    tries = 1 + settings.retries

    def probe(step: str, addresses: list[Address], packets: int, waits: float) -> Probe:
        return Probe(
            id=f"nmap/{step}/{zone.id}/{chunk.id}",
            collector="nmap",
            step=step,
            zone=zone.id,
            site=zone.site or None,
            policy=policy,
            targets=compact(addresses),
            exclude=chunk.exclude,
            max_rate=rate,
            addresses=len(addresses),
            packets=packets,
            seconds=packets / rate + waits,
            refines=step == "identify",
        )

    groups = math.ceil(len(hosts) / settings.host_group)
    pings = len(PortSet.parse(settings.syn_ping)) + len(PortSet.parse(settings.ack_ping)) + 1
    sent = len(hosts) * pings * tries
    yield probe("discover", hosts, sent, groups * pings * tries * settings.rtt_timeout)

    timeout = host_timeout(len(ports), settings, rate)
    swept = probe("ports", hosts, len(hosts) * len(ports) * tries, groups * timeout)
    yield replace(swept, tcp=str(ports), ports=len(ports))

    known = [address for address in hosts if is_it(zone, address) or is_approved(zone, address)]
    if known:
        asked = ports - NEVER - CLINICAL
        clinical = [script for script, _ in clinical_scripts(ports)]
        approved = any(is_approved(zone, address) for address in known)
        scripts = {*scripts_for(asked, zone), *(clinical if approved else ())}
        if approved:
            asked = asked | CLINICAL
        packets = len(known) * len(asked) * _PACKETS_PER_OPEN_PORT
        runs = len(known) * (_RUNS_PER_HOST if approved else 1)
        named = probe("identify", known, packets, runs * settings.host_timeout)
        yield replace(named, tcp=str(asked), ports=len(asked), scripts=tuple(sorted(scripts)))


def _refused(  # noqa: PLR0913  # one argument a field
    name: str, step: str, zone: Zone, why: str, *, targets: tuple[str, ...] = (), addresses: int = 0
) -> Probe:
    return Probe(
        id=name,
        collector="nmap",
        step=step,
        zone=zone.id,
        site=zone.site or None,
        policy=zone.effective_policy,
        targets=targets,
        addresses=addresses,
        refused=why,
        refines=step == "identify",
    )


def _word(text: str) -> str:
    return text.replace("/", "-")
