"""What ransomware would take: from where it starts, which services stop, and what would change that. Pure.

It is a worst case that can be defended step by step: each step is shown by evidence, or rests on an assumption that
is listed. It says what *can* be lost from a start, whichever machine of the zone is the first.

Each change is tried by itself on all scenarios. The graph has a node for every kind of machine, not for every machine
(`posture.resilience.spread`): 10,000 hosts in 40 zones take some five seconds on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import networkx as nx

from posture.assessment import BlastRadius, Change, ClinicalService, Hop, Loss, Observation, Scenario
from posture.facts import Fact
from posture.inventory import Inventory
from posture.model import Record
from posture.presentation import plural
from posture.resilience.dependence import Dependence, dependence
from posture.resilience.gaps import assumptions, unknowns
from posture.resilience.landscape import Landscape, landscape
from posture.resilience.machines import UNZONED
from posture.resilience.map import edges
from posture.resilience.map import nodes as map_nodes
from posture.resilience.spread import (
    NOTHING,
    Cut,
    Node,
    Terrain,
    first,
    graph,
    group,
    lost,
    path,
    reached,
    start,
    stopped,
    zone_label,
)
from posture.resilience.ways import FAMILY, WEAKNESS
from posture.scope import Scope

__all__ = ["blast_radius"]

_LIKELY_STARTS: Final = {"guest", "external", "user"}
_MOST_CHANGES: Final = 5
_MOST_TRIED: Final = 60
"""Changes that are tried: those that touch most machines. With more zones than this the rest is not looked at."""


def blast_radius(
    facts: Sequence[Fact],
    inventory: Inventory,
    observations: Sequence[Observation],
    scope: Scope,
    services: Sequence[ClinicalService],
) -> BlastRadius:
    """The reach of ransomware over this evidence. The order of what is given makes no difference."""
    services = sorted(services, key=lambda service: service.id)
    seen = landscape(facts, inventory, observations, scope)
    stands = dependence(seen, scope, services)
    terrain = Terrain(
        zones=_zones(seen, scope),
        flows=_flows(scope),
        groups=group(seen, stands.services_on, stands.stores_on),
        landscape=seen,
    )
    starts = _starts(terrain, scope)
    made = graph(terrain)
    outcomes = _outcomes(made, terrain, starts, stands)
    return BlastRadius(
        nodes=map_nodes(terrain, stands, scope, services),
        edges=edges(terrain, stands),
        scenarios=_ranked([_scenario(each, made, terrain, stands, services) for each in outcomes]),
        changes=_changes(terrain, starts, stands),
        assumptions=assumptions(terrain),
        unknown=unknowns(terrain, scope, observations, services, stands),
    )


def _zones(seen: Landscape, scope: Scope) -> dict[str, tuple[str, ...] | None]:
    declared = {
        zone.id: None if zone.reachable_from is None else tuple(sorted(set(zone.reachable_from))) for zone in scope.zone
    }
    unzoned = any(zone == UNZONED for machine in seen.machines.values() for zone, _ in machine.legs)
    return dict(sorted({**declared, **({UNZONED: None} if unzoned else {})}.items()))


_DIRECTORY: Final = frozenset({88, 135, 139, 389, 445, 464, 636, 3268, 3269, 9389})
"""Ports by which a server of a domain is asked for tickets, read, or told (Microsoft, "Service overview and network
port requirements for Windows")."""


def _flows(scope: Scope) -> dict[tuple[str, str], bool]:
    found: dict[tuple[str, str], bool] = {}
    for flow in sorted(scope.flow, key=lambda flow: (flow.source, flow.target)):
        if flow.source in scope.zones and flow.target in scope.zones:
            pair = flow.source, flow.target
            asked = any(port in flow.ports(protocol) for protocol in ("tcp", "udp") for port in _DIRECTORY)
            found[pair] = found.get(pair, False) or asked
    return found


def _starts(terrain: Terrain, scope: Scope) -> tuple[str, ...]:
    peopled = {zone for each in terrain.groups.values() for zone in each.zones}
    likely = {zone.id for zone in scope.zone if zone.kind in _LIKELY_STARTS}
    return tuple(sorted(peopled | likely))


# ── scenarios ────────────────────────────────────────────────────────────────────────────────────────────────────


class _Outcome(Record, frozen=True, kw_only=True):
    """What can be lost from one start."""

    start: str
    services: frozenset[str]
    stores: frozenset[str]
    machines: int
    domain: bool


def _outcomes(made: nx.DiGraph[Node], terrain: Terrain, starts: Sequence[str], stands: Dependence) -> list[_Outcome]:
    return [_outcome(zone, nodes, terrain, stands) for zone, nodes in reached(made, starts)]


def _outcome(zone: str, nodes: frozenset[Node], terrain: Terrain, stands: Dependence) -> _Outcome:
    groups = terrain.groups.values()
    taken = [each for each in groups if lost(each.id) in nodes]
    felt = [*taken, *(each for each in groups if first(each.id) in nodes)]
    realms = {realm.id for realm in terrain.landscape.realms.values() if stopped(realm.id) in nodes}
    # The first machine counts once, where not every machine of the zone is counted anyway.
    itself = any(zone in each.zones and lost(each.id) not in nodes for each in groups)
    return _Outcome(
        start=zone,
        services=frozenset().union(
            *(each.services for each in felt), *(stands.services_of_realm.get(realm, ()) for realm in realms)
        ),
        stores=frozenset().union(*(each.stores for each in felt)),
        machines=sum(len(each.members) for each in taken) + itself,
        domain=any(("realm", realm) in nodes for realm in realms),
    )


def _scenario(
    outcome: _Outcome, made: nx.DiGraph[Node], terrain: Terrain, stands: Dependence, services: Sequence[ClinicalService]
) -> Scenario:
    zone = outcome.start
    distances = nx.single_source_dijkstra_path_length(made, start(zone))
    paths = nx.single_source_dijkstra_path(made, start(zone))
    losses = []
    for service in services:
        if service.id in outcome.services:
            ends = [node for node in _ends(service, terrain, stands) if node in distances]
            end = min(ends, key=lambda node: (distances[node], node))
            losses.append(_loss(service, end, path(paths[end], made, terrain), terrain, zone))
    return Scenario(
        start=zone,
        name=zone_label(zone),
        machines=outcome.machines,
        of=len(terrain.landscape.machines),
        losses=tuple(losses),
        backups=tuple(sorted(stands.stores[store].label for store in outcome.stores)),
        domain=outcome.domain,
    )


def _ends(service: ClinicalService, terrain: Terrain, stands: Dependence) -> list[Node]:
    """The nodes that stop a service when they are reached."""
    own = [each.id for each in terrain.groups.values() if service.id in each.services]
    realms = [realm for realm, services in stands.services_of_realm.items() if service.id in services]
    return [*map(lost, own), *map(first, own), *map(stopped, realms)]


def _loss(service: ClinicalService, end: Node, hops: tuple[Hop, ...], terrain: Terrain, zone: str) -> Loss:
    seen = terrain.landscape
    named = seen.realms[end[1]].label if end[0] == "stopped" else seen.machines[end[1]].label
    if hops:
        last = hops[-1]
        because = f"{last.target} is reached from {last.source} through {last.how}"
        because += "." if named == last.target else f", and {named} goes with it."
    else:
        because = f"It depends on {named}, and the first machine that is lost in {zone_label(zone)} can be that one."
    return Loss(service=service.id, name=service.name, sites=service.sites, because=because, path=hops)


def _ranked(scenarios: list[Scenario]) -> tuple[Scenario, ...]:
    return tuple(
        sorted(scenarios, key=lambda each: (-len(each.losses), -len(each.backups), -each.machines, each.start))
    )


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _changes(terrain: Terrain, starts: Sequence[str], stands: Dependence) -> tuple[Change, ...]:
    before = _totals(terrain, NOTHING, starts, stands)
    found: list[tuple[Cut, Change]] = []
    for cut, touched in _candidates(terrain):
        after = _totals(terrain, cut, starts, stands)
        services, backups, machines = (was - now for was, now in zip(before, after, strict=True))
        if services or backups or machines:
            change = Change(
                what=_words(cut, touched),
                saves_services=services,
                saves_backups=backups,
                saves_machines=machines,
                check=cut.check,
            )
            found.append((cut, change))
    # A whole border is no better than the one family that saves as much.
    single = {(cut.zone, _saved(change)) for cut, change in found if cut.family}
    kept = [pair for pair in found if pair[0].check or pair[0].family or (pair[0].zone, _saved(pair[1])) not in single]
    return tuple(change for _, change in sorted(kept, key=_most_first)[:_MOST_CHANGES])


def _most_first(pair: tuple[Cut, Change]) -> tuple[int, int, int, bool, bool, str]:
    """Most saved first; of equals a mended check, then one family of ports, then a whole border."""
    cut, change = pair
    services, backups, machines = _saved(change)
    return -services, -backups, -machines, not cut.check, not cut.family, change.what


def _saved(change: Change) -> tuple[int, int, int]:
    return change.saves_services, change.saves_backups, change.saves_machines


def _totals(terrain: Terrain, cut: Cut, starts: Sequence[str], stands: Dependence) -> tuple[int, int, int]:
    outcomes = _outcomes(graph(terrain, cut), terrain, starts, stands)
    return (
        sum(len(each.services) for each in outcomes),
        sum(len(each.stores) for each in outcomes),
        sum(each.machines for each in outcomes),
    )


def _candidates(terrain: Terrain) -> list[tuple[Cut, int]]:
    """Changes to try, with how many machines (or accounts) each touches; those that touch most are tried."""
    touched: dict[Cut, int] = {}
    for each in terrain.groups.values():
        cuts = {Cut(check=way.check) for _, ways in each.legs for way in ways if way.check}
        cuts |= {Cut(zone=zone, family=way.family) for zone, ways in each.legs for way in ways}
        cuts |= {Cut(zone=zone) for zone, ways in each.legs if ways}
        for cut in cuts:
            touched[cut] = touched.get(cut, 0) + len(each.members)
    for realm in terrain.landscape.realms.values():
        for way in realm.ways:
            touched[Cut(check=way.check)] = touched.get(Cut(check=way.check), 0) + 1
    ranked = sorted(touched.items(), key=lambda pair: (not pair[0].check, -pair[1], pair[0].zone or "", pair[0].family))
    return ranked[:_MOST_TRIED]


def _words(cut: Cut, touched: int) -> str:
    if cut.check:
        weakness = WEAKNESS.get(cut.check)
        return (
            f"Put an end to {weakness.how} (on {plural(touched, 'machine')})."
            if weakness
            else f"Mend {cut.check} (on {plural(touched, 'account')})."
        )
    into = f"machines that are {zone_label(UNZONED)}" if cut.zone == UNZONED else str(cut.zone)
    what = FAMILY[cut.family].label if cut.family else "every way on this map"
    return f"Close {what} from other zones into {into} ({plural(touched, 'machine')})."
