"""How far an attack goes: a graph of places and machines, and what can be reached in it. Pure.

Machines that can't be told apart by an attacker (the same zones, ways in, services and directories) are one group, so
that the graph grows with the kinds of machines, not with their number. An attacker stands in a zone, goes to another
through its border, and takes groups there:

    start → at zone → inside it, or the border of another → a group → at the zones that the group stands in

A flow is a border of its own, for one source zone and its ports.

`any` is the crossroads to all zones of which nobody declared who may reach them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

import networkx as nx

from posture.assessment import Hop
from posture.model import Record
from posture.resilience.landscape import Landscape
from posture.resilience.machines import UNZONED, Machine
from posture.resilience.realms import Realm, RealmWay
from posture.resilience.ways import WEAKNESS, Way

__all__ = [
    "ANY",
    "NOTHING",
    "Cut",
    "Edge",
    "Group",
    "Node",
    "Terrain",
    "at",
    "first",
    "graph",
    "group",
    "lost",
    "path",
    "reached",
    "start",
    "stopped",
    "zone_label",
]

Node = tuple[str, str]
ANY: Final[Node] = ("any", "")
_HOP = 1000
"""What a step weighs against an assumption, which weighs 1: the shortest path, and of those the best shown."""
_CHANCE = 1_000_000
"""What it weighs that the first machine is a certain one: a path that holds whichever it is says more."""


class Group(Record, frozen=True, kw_only=True):
    """Machines that an attacker can't tell apart. `serves` and `joined` are realms, `gives` those it gives away."""

    id: str
    legs: tuple[tuple[str, tuple[Way, ...]], ...]
    flows: tuple[tuple[str, str, tuple[Way, ...]], ...] = ()
    services: frozenset[str]
    stores: frozenset[str]
    serves: frozenset[str]
    joined: frozenset[str]
    gives: frozenset[str]
    members: tuple[str, ...]

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones it stands in."""
        return tuple(zone for zone, _ in self.legs)

    @property
    def matters(self) -> bool:
        """Whether the first machine that is lost may be one whose loss is felt elsewhere."""
        return bool(self.services or self.stores or self.serves or self.gives)


class _Traits(NamedTuple):
    legs: tuple[tuple[str, tuple[Way, ...]], ...]
    flows: tuple[tuple[str, str, tuple[Way, ...]], ...]
    services: frozenset[str]
    stores: frozenset[str]
    serves: frozenset[str]
    joined: frozenset[str]
    gives: frozenset[str]


class Terrain(Record, frozen=True, kw_only=True):
    """What the graph is made of: zones with who may reach them (None: not declared), groups, realms, and machines.

    `flows` are the pairs of zones between which only some ports are open; true where a directory's are among them.
    """

    zones: dict[str, tuple[str, ...] | None]
    flows: dict[tuple[str, str], bool] = {}  # noqa: RUF012  # msgspec copies it
    groups: dict[str, Group]
    landscape: Landscape


class Cut(NamedTuple):
    """A change: a check mended everywhere, or the border of a zone closed for one family of ports or (empty) all."""

    check: str = ""
    zone: str | None = None
    family: str = ""

    def leaves(self, way: Way, border: str | None, beside: Iterable[Way]) -> bool:
        """Whether a way stays open, through this zone's border or (None) within a zone.

        `beside` are all ways into the same machines: to mend a check closes a port only where the check failed.
        """
        if self.check and (
            way.check == self.check
            or (
                self.check in WEAKNESS
                and WEAKNESS[self.check].closes
                and way.family == WEAKNESS[self.check].family
                and any(each.check == self.check for each in beside)
            )
        ):
            return False
        return self.zone is None or border != self.zone or (self.family not in {"", way.family})


NOTHING: Final = Cut()


class Edge(NamedTuple):
    """What an edge says: the step it is (none: it only stands for where things are), and whether it is assumed."""

    weight: int
    into: str = ""
    way: Way | None = None
    zone: str = ""
    realm_way: RealmWay | None = None
    said: str = ""


def start(zone: str) -> Node:
    """Where an attack on a zone begins: on any one machine of it."""
    return ("start", zone)


def at(zone: str) -> Node:
    """The attacker stands on some machine of the zone."""
    return ("at", zone)


def first(name: str) -> Node:
    """The first machine may be one of this group."""
    return ("first", name)


def lost(name: str) -> Node:
    """A machine of the group is taken, or what runs on it destroyed."""
    return ("lost", name)


def stopped(realm: str) -> Node:
    """The directory no longer answers, or no longer for its owner."""
    return ("stopped", realm)


def _flow(source: str, target: str) -> Node:
    """What is open of a zone to one other alone."""
    return ("flow", f"{source} {target}")


def group(
    landscape: Landscape, services: Mapping[str, frozenset[str]], stores: Mapping[str, frozenset[str]]
) -> dict[str, Group]:
    """Machines by what an attacker sees of them. `services` and `stores` are those that stand on a machine."""
    serves: dict[str, set[str]] = {}
    joined: dict[str, set[str]] = {}
    gives: dict[str, set[str]] = {}
    for realm in landscape.realms.values():
        for found, keys in ((serves, realm.servers), (joined, realm.joined if realm.domain else ())):
            for key in keys:
                found.setdefault(key, set()).add(realm.id)
        for way in realm.ways:
            if way.machine:
                gives.setdefault(way.machine, set()).add(realm.id)
    alike: dict[_Traits, list[Machine]] = {}
    for key, machine in landscape.machines.items():
        traits = _Traits(
            machine.legs,
            machine.flows,
            services.get(key, frozenset()),
            stores.get(key, frozenset()),
            *(frozenset(found.get(key, ())) for found in (serves, joined, gives)),
        )
        alike.setdefault(traits, []).append(machine)
    made = {}
    for traits, machines in alike.items():
        members = tuple(machine.key for machine in sorted(machines, key=lambda machine: (machine.label, machine.key)))
        made[members[0]] = Group(id=members[0], members=members, **traits._asdict())
    return dict(sorted(made.items()))


def graph(terrain: Terrain, cut: Cut = NOTHING) -> nx.DiGraph[Node]:
    """All steps that are open after a change."""
    made: nx.DiGraph[Node] = nx.DiGraph()
    for zone, sources in terrain.zones.items():
        _link(made, _zone_edges(zone, sources, terrain))
    _link(made, (((at(source), _flow(source, target), Edge(0))) for source, target in terrain.flows))
    for each in terrain.groups.values():
        _link(made, _group_edges(each, cut))
    for realm in terrain.landscape.realms.values():
        _link(made, _realm_edges(realm, terrain, cut))
    return made


Link = tuple[Node, Node, Edge]


def _link(made: nx.DiGraph[Node], links: Iterable[Link]) -> None:
    for source, target, edge in links:
        made.add_edge(source, target, weight=edge.weight, edge=edge)


def _zone_edges(zone: str, sources: tuple[str, ...] | None, terrain: Terrain) -> Iterable[Link]:
    yield start(zone), at(zone), Edge(0)
    yield at(zone), ("inside", zone), Edge(int(zone == UNZONED))
    yield at(zone), ANY, Edge(1)
    if sources is None:
        yield ANY, ("border", zone), Edge(0)
    for source in sources or ():
        if source in terrain.zones and source != zone:
            yield at(source), ("border", zone), Edge(0)


def _group_edges(each: Group, cut: Cut) -> Iterable[Link]:
    held: Node = ("held", each.id)
    yield held, lost(each.id), Edge(0)
    doors: list[tuple[Node, str | None, str, tuple[Way, ...]]] = []
    for zone, ways in each.legs:
        yield held, at(zone), Edge(0)
        if each.matters:
            yield start(zone), first(each.id), Edge(_CHANCE)
        doors += [(("inside", zone), None, zone, ways), (("border", zone), zone, zone, ways)]
    doors += [(_flow(source, zone), zone, zone, ways) for source, zone, ways in each.flows]
    beside = dict(each.legs)
    for entry, border, zone, ways in doors:
        open_ways = [way for way in ways if cut.leaves(way, border, beside[zone])]
        for target, takes in ((held, True), (lost(each.id), False)):
            best = next((way for way in open_ways if way.takes is takes), None)
            if best is not None:
                yield entry, target, Edge(_HOP + bool(best.grants), into=each.id, way=best, zone=zone)


def _realm_edges(realm: Realm, terrain: Terrain, cut: Cut) -> Iterable[Link]:
    here: Node = ("realm", realm.id)
    yield here, stopped(realm.id), Edge(0)
    serving = [each for each in terrain.groups.values() if realm.id in each.serves]
    for each in serving:
        yield lost(each.id), stopped(realm.id), Edge(0)
        yield first(each.id), stopped(realm.id), Edge(0)
    if realm.domain:
        yield from _domain_edges(realm, here, serving, terrain, cut)


def _domain_edges(realm: Realm, here: Node, serving: list[Group], terrain: Terrain, cut: Cut) -> Iterable[Link]:
    zones = sorted({zone for each in serving for zone in each.zones})
    entries: list[Node] = [(entry, zone) for zone in zones for entry in ("inside", "border")] or [ANY]
    entries += [_flow(*pair) for pair, directory in terrain.flows.items() if directory and pair[1] in zones]
    for way in reversed(realm.ways):  # of several edges between two nodes the last stays: the first way
        if way.check != cut.check:
            own = [each for each in terrain.groups.values() if way.machine in each.members]
            sources = [node for each in own for node in (("held", each.id), first(each.id))] if way.machine else entries
            for source in sources:
                yield source, here, Edge(_HOP + 1, realm_way=way)
    for each in serving:
        for source in (("held", each.id), first(each.id)):
            yield source, here, Edge(_HOP + 1, said="its server, which is taken")
    for each in terrain.groups.values():
        if realm.id in each.joined:
            yield here, ("held", each.id), Edge(_HOP + 1, into=each.id, said="Group Policy, as a machine of the domain")


def reached(made: nx.DiGraph[Node], zones: Iterable[str]) -> Iterator[tuple[str, frozenset[Node]]]:
    """All that can be reached from each start. Zones from which the same is reached are looked at once."""
    component = {node: number for number, part in enumerate(nx.strongly_connected_components(made)) for node in part}
    known: dict[int, frozenset[Node]] = {}

    def beyond(node: Node) -> frozenset[Node]:
        if component[node] not in known:
            known[component[node]] = frozenset(nx.descendants(made, node)) | {node}
        return known[component[node]]

    for zone in zones:
        yield zone, frozenset().union(*map(beyond, made.successors(start(zone))))


# ── a path in words ──────────────────────────────────────────────────────────────────────────────────────────────


def zone_label(zone: str) -> str:
    """What a zone is called."""
    return zone or "not in any zone"


def path(nodes: list[Node], made: nx.DiGraph[Node], terrain: Terrain) -> tuple[Hop, ...]:
    """The steps along a path that begins at a start."""
    hops = []
    zone = nodes[0][1]
    here = f"a machine in {zone_label(zone)}" if zone else "a machine in no zone"
    machines, realms = terrain.landscape.machines, terrain.landscape.realms
    crossing = False
    for source, target in pairwise(nodes):
        edge: Edge = made.edges[source, target]["edge"]
        if target[0] == "first":
            here = machines[target[1]].label
        elif target[0] == "at":
            zone = target[1]
        if not (edge.way or edge.realm_way or edge.said):
            crossing = crossing or edge.weight == 1
            continue
        there = machines[edge.into].label if edge.into else realms[target[1]].label
        how, evidence, shown = _step(edge, machines)
        if crossing and edge.zone != zone and edge.way is not None:
            how += f", if {zone_label(zone)} may open connections into {zone_label(edge.zone)}"
        hops.append(Hop(source=here, target=there, how=how, shown=shown and not crossing, evidence=evidence))
        here, crossing = there, False
    return tuple(hops)


def _step(edge: Edge, machines: Mapping[str, Machine]) -> tuple[str, tuple[str, ...], bool]:
    """How a step is made, by what evidence, and whether it is shown."""
    if edge.way is not None:
        reason = machines[edge.into].reasons[edge.zone, edge.way]
        return f"{edge.way.how} ({reason.ports})", reason.evidence, not edge.way.grants
    if edge.realm_way is not None:
        return edge.realm_way.how, edge.realm_way.evidence, False
    return edge.said, (), False
