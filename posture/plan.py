"""Scope → probes: everything that would be sent, and everything that policy forbids. Pure; sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from posture.collectors.base import Collector
from posture.errors import PostureError
from posture.model import Probe
from posture.scope import Scope
from posture.targets import refusal, within, without

__all__ = ["ORDER", "PlanRow", "plan", "rows", "within_site"]

ORDER = ("nmap", "ldap", "snmp")
"""Scans come first: what they find up is what the others ask."""


def plan(scope: Scope, collectors: Mapping[str, Collector], only: Iterable[str] = ()) -> list[Probe]:
    """Every probe of the scope, in the order in which they are asked. Raises PostureError for an unknown collector."""
    wanted = tuple(only) or tuple(collectors)
    for name in wanted:
        if name not in collectors:
            raise PostureError(
                f"there is no collector {name!r}", where="--only", mend=f"there are: {', '.join(sorted(collectors))}"
            )
    ordered = sorted(wanted, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return [probe for name in ordered for probe in collectors[name].plan(scope)]


def within_site(scope: Scope, site: str) -> Scope:
    """The scope narrowed to one site. Raises PostureError if there is none.

    What other zones exclude stays excluded, and so do their networks that lie in one of the site's, or that may not be
    asked at every hour: without their zone, nothing else would say so.
    """
    if site not in {each.id for each in scope.site}:
        known = ", ".join(each.id for each in scope.site) or "none"
        raise PostureError(f"there is no site {site!r}", where="--site", mend=f"there are: {known}")
    zones = tuple(zone for zone in scope.zone if zone.site == site)
    others = tuple(zone for zone in scope.zone if zone.site != site)
    own = [net for zone in zones for net in zone.nets]
    bound = [
        net
        for zone in others
        for net in zone.nets
        if refusal(zone) or zone.window or any(within(net, other) for other in own)
    ]
    elsewhere = (
        *(str(net) for zone in others for net in zone.excluded),
        *(str(part) for net in bound for part in without(net, own)),
    )
    return msgspec.structs.replace(
        scope,
        site=tuple(each for each in scope.site if each.id == site),
        zone=tuple(msgspec.structs.replace(zone, exclude=(*zone.exclude, *elsewhere)) for zone in zones),
        directory=tuple(each for each in scope.directory if each.site == site),
        flow=tuple(flow for flow in scope.flow if flow.target in {zone.id for zone in zones}),
        canary=tuple(canary for canary in scope.canary if canary.zone in {zone.id for zone in zones}),
        service=(),
    )


class PlanRow(msgspec.Struct, frozen=True, kw_only=True):
    """The probes of one zone (or directory), collector and step together; bounds are upper bounds."""

    place: str
    policy: str
    collector: str
    step: str
    probes: int
    addresses: int
    ports: int
    packets: int
    seconds: float
    max_rate: int
    refused: str


def rows(probes: Sequence[Probe]) -> list[PlanRow]:
    """The plan as people read it, a line for each place and step."""
    groups: dict[tuple[str, str, str, str], list[Probe]] = {}
    for probe in probes:
        place = probe.zone or ", ".join(probe.targets)
        groups.setdefault((place, probe.collector, probe.step, probe.refused), []).append(probe)
    return [
        PlanRow(
            place=place,
            policy=group[0].policy.value,
            collector=collector,
            step=step,
            probes=len(group),
            addresses=sum(probe.addresses for probe in group),
            ports=max(probe.ports for probe in group),
            packets=sum(probe.packets for probe in group),
            seconds=sum(probe.seconds for probe in group),
            max_rate=group[0].max_rate,
            refused=refused,
        )
        for (place, collector, step, refused), group in groups.items()
    ]
