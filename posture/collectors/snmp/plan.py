"""Scope → probes. Pure: whom SNMP would ask, how often and how fast, and what is refused and why.

Figures are upper bounds, reached only if every address is an agent that accepts the last credential and answers each
walk with one object at a time:

- packets = addresses × (tries × (1 + attempts × 3) + requests of the walk), where tries are a request and its retry,
  an SNMPv3 attempt can take three packets (engine discovery, time synchronisation, the request), and a device's walk
  takes at most 1,000 requests, retries among them
- seconds = packets / max_rate + (waits for silent attempts + 300 s for the walk) for each 50 devices, which are asked
  at the same time
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from posture.collectors.snmp.limits import DEVICE_SECONDS, IN_FLIGHT, RATES, REQUESTS, TIMEOUT, TRIES
from posture.model import Probe
from posture.scope import Scope, SnmpCredential, Zone
from posture.targets import SMALLER, Chunk, chunks, held, refusal, too_large

__all__ = ["DEFAULT_COMMUNITIES", "applicable", "plan"]

DEFAULT_COMMUNITIES = ("public", "private")
_PACKETS_PER_ATTEMPT = 3
NO_CREDENTIAL = "no SNMP credential is in the scope for this zone"


def plan(scope: Scope) -> list[Probe]:
    """All probes for this scope, refused ones included."""
    return [probe for zone in scope.zone for probe in _zone(zone, scope)]


def applicable(zone: str, scope: Scope) -> tuple[SnmpCredential, ...]:
    """The credentials that are for this zone."""
    return tuple(each for each in scope.snmp.credentials if not each.zones or zone in each.zones)


def attempts(zone: str, scope: Scope) -> int:
    """How many ways in are tried at a device: both versions of a community, each level of a user."""
    levels = sum(
        2 if each.version != "3" else 1 + bool(each.auth) + bool(each.privacy) for each in applicable(zone, scope)
    )
    return levels + (2 * len(DEFAULT_COMMUNITIES) if scope.snmp.try_default_communities else 0)


def _zone(zone: Zone, scope: Scope) -> Iterator[Probe]:
    why = refusal(zone)
    if not why and not attempts(zone.id, scope):
        why = NO_CREDENTIAL
    if why:
        yield _refused(f"snmp/{zone.id}", zone, why, zone.networks, held(zone, scope))
        return
    for network in too_large(zone):
        reason = f"{network} {SMALLER}"
        yield _refused(f"snmp/{zone.id}/{network.replace('/', '-')}", zone, reason, (network,))
    for chunk in chunks(zone, scope):
        yield _probe(chunk, zone, scope)


def _probe(chunk: Chunk, zone: Zone, scope: Scope) -> Probe:
    ways = attempts(zone.id, scope)
    rate = zone.max_rate or RATES[zone.effective_policy]
    packets = chunk.count * (TRIES * (1 + ways * _PACKETS_PER_ATTEMPT) + REQUESTS)
    rounds = math.ceil(chunk.count / IN_FLIGHT)
    return Probe(
        id=f"snmp/{zone.id}/{chunk.id}",
        collector="snmp",
        step="devices",
        zone=zone.id,
        site=zone.site or None,
        policy=zone.effective_policy,
        targets=chunk.targets,
        exclude=chunk.exclude,
        credentials=tuple(each.id for each in applicable(zone.id, scope)),
        max_rate=rate,
        addresses=chunk.count,
        ports=1,
        packets=packets,
        seconds=packets / rate + rounds * (TRIES * TIMEOUT * (1 + ways) + DEVICE_SECONDS),
    )


def _refused(name: str, zone: Zone, why: str, targets: tuple[str, ...], count: int = 0) -> Probe:
    return Probe(
        id=name,
        collector="snmp",
        step="devices",
        zone=zone.id,
        site=zone.site or None,
        policy=zone.effective_policy,
        targets=targets,
        addresses=count,
        refused=why,
    )
