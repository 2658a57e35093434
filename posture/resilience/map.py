"""The map of reach: zones, directories, services and stores of backups, and the ways between them. Pure.

Nodes go by `zone:ID`, `directory:ID`, `service:ID` and `backup:PLACE`. A way within one zone is an edge from the
zone to itself. What a service depends on, and where backups lie, are edges to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from posture.assessment import ClinicalService, MapEdge, MapNode
from posture.presentation import plural
from posture.resilience.dependence import Dependence
from posture.resilience.machines import UNZONED
from posture.resilience.realms import Realm
from posture.resilience.spread import Group, Terrain, zone_label
from posture.resilience.ways import Way
from posture.scope import Scope

__all__ = ["edges", "nodes", "site_names"]

_MOST_WAYS = 3


def site_names(scope: Scope, sites: Iterable[str]) -> tuple[str, ...]:
    """The names of sites, by their ids."""
    names = {site.id: site.name for site in scope.site}
    return tuple(names.get(site, site) for site in sites if site)


def nodes(
    terrain: Terrain, stands: Dependence, scope: Scope, services: Sequence[ClinicalService]
) -> tuple[MapNode, ...]:
    """Every zone of the scope, and every directory, service and store of backups."""
    groups = terrain.groups.values()
    found = [
        MapNode(
            id=f"zone:{zone}",
            name=zone_label(zone),
            kind="zone",
            machines=sum(len(each.members) for each in groups if zone in each.zones),
            sites=site_names(scope, (scope.zones[zone].site,)) if zone in scope.zones else (),
        )
        for zone in terrain.zones
    ]
    found += [
        MapNode(id=f"directory:{realm.id}", name=realm.label, kind="directory", machines=len(realm.joined))
        for realm in terrain.landscape.realms.values()
    ]
    found += [
        MapNode(
            id=f"service:{service.id}",
            name=service.name,
            kind="service",
            machines=sum(len(each.members) for each in groups if service.id in each.services),
            sites=service.sites,
        )
        for service in services
    ]
    found += [
        MapNode(id=f"backup:{store.id}", name=store.label, kind="backup", machines=len(store.machines))
        for store in stands.stores.values()
    ]
    return tuple(found)


def edges(terrain: Terrain, stands: Dependence) -> tuple[MapEdge, ...]:
    """The ways between the nodes: for each pair what is shown, and apart from it what is assumed."""
    found = [*_spread(terrain), *_stands_on(terrain, stands)]
    for realm in terrain.landscape.realms.values():
        if realm.domain:
            found += _domain(realm, terrain)
    return tuple(sorted(found, key=lambda edge: (edge.source, edge.target, not edge.shown, edge.how)))


class _Seen(NamedTuple):
    way: Way
    group: Group


def _spread(terrain: Terrain) -> Iterable[MapEdge]:
    for zone, sources in terrain.zones.items():
        into: dict[bool, list[_Seen]] = {True: [], False: []}
        for each in terrain.groups.values():
            for leg, ways in each.legs:
                checked = {way.family for way in ways if way.check}
                for way in ways if leg == zone else ():
                    if not way.check and way.family in checked:  # the failed check says it better
                        continue
                    into[not way.grants].append(_Seen(way, each))
        yield from _edges_between(zone, zone, into, terrain, crossing_shown=zone != UNZONED)
        for source in terrain.zones if sources is None else sources:
            if source != zone and source in terrain.zones:
                yield from _edges_between(source, zone, into, terrain, crossing_shown=sources is not None)
        for source, target in terrain.flows:
            if target == zone and source not in (sources or ()):
                through = {shown: [each for each in seen if _opens(each, source, zone)] for shown, seen in into.items()}
                yield from _edges_between(source, zone, through, terrain, crossing_shown=True)


def _opens(seen: _Seen, source: str, target: str) -> bool:
    """Whether a flow leads from the source to this way."""
    return any((source, target) == (one, other) and seen.way in ways for one, other, ways in seen.group.flows)


def _edges_between(
    source: str, target: str, into: dict[bool, list[_Seen]], terrain: Terrain, *, crossing_shown: bool
) -> Iterable[MapEdge]:
    split = into.items() if crossing_shown else ((False, into[True] + into[False]),)
    for shown, seen in split:
        if seen:
            ways = sorted({each.way for each in seen}, key=lambda way: way.rank)
            machines = terrain.landscape.machines
            evidence = {
                digest for each in seen for digest in machines[each.group.id].reasons[target, each.way].evidence
            }
            yield MapEdge(
                source=f"zone:{source}",
                target=f"zone:{target}",
                how=_listed([_counted(way, seen) for way in ways]),
                shown=shown,
                evidence=tuple(sorted(evidence)),
                check=ways[0].check,
            )


def _counted(way: Way, seen: Sequence[_Seen]) -> str:
    return f"{way.how} ({plural(sum(len(each.group.members) for each in seen if each.way == way), 'machine')})"


def _listed(words: Sequence[str]) -> str:
    more = len(words) - _MOST_WAYS
    return "; ".join((*words[:_MOST_WAYS], *([f"{more} more"] if more > 0 else [])))


def _domain(realm: Realm, terrain: Terrain) -> Iterable[MapEdge]:
    here = f"directory:{realm.id}"
    groups = terrain.groups.values()
    into: dict[str, list[str]] = {}
    evidence: dict[str, set[str]] = {}
    checks: dict[str, str] = {}
    serving = sorted({zone for each in groups if realm.id in each.serves for zone in each.zones})
    for zone in serving:
        into.setdefault(zone, []).append("a server of it stands here")
    for way in realm.ways:
        own = [zone for each in groups if way.machine in each.members for zone in each.zones]
        for zone in own if way.machine else serving or terrain.zones:
            into.setdefault(zone, []).append(way.how)
            evidence.setdefault(zone, set()).update(way.evidence)
            checks.setdefault(zone, way.check)
    for zone, words in into.items():
        yield MapEdge(
            source=f"zone:{zone}",
            target=here,
            how=_listed(words),
            shown=False,
            evidence=tuple(sorted(evidence.get(zone, ()))),
            check=checks.get(zone, ""),
        )
    joined: dict[str, int] = {}
    for each in groups:
        for zone in each.zones if realm.id in each.joined else ():
            joined[zone] = joined.get(zone, 0) + len(each.members)
    for zone, count in joined.items():
        how = f"Group Policy ({plural(count, 'machine')} of the domain)"
        yield MapEdge(source=here, target=f"zone:{zone}", how=how, shown=False)


def _stands_on(terrain: Terrain, stands: Dependence) -> Iterable[MapEdge]:
    counts: dict[tuple[str, str], int] = {}
    for each in terrain.groups.values():
        targets = [*(f"service:{name}" for name in each.services), *(f"backup:{name}" for name in each.stores)]
        for zone in each.zones:
            for target in targets:
                counts[zone, target] = counts.get((zone, target), 0) + len(each.members)
    for (zone, target), count in counts.items():
        how = ("depends on " if target.startswith("service:") else "lies on ") + plural(count, "machine")
        yield MapEdge(source=f"zone:{zone}", target=target, how=how, shown=True)
    for name, services in stands.services_of_realm.items():
        here = f"directory:{name}"
        for service in services:
            yield MapEdge(source=here, target=f"service:{service}", how="depends on it", shown=True)
        if not terrain.landscape.realms[name].domain:
            for zone in {zone for each in terrain.groups.values() if name in each.serves for zone in each.zones}:
                yield MapEdge(source=f"zone:{zone}", target=here, how="a server of it stands here", shown=True)
