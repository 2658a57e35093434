"""Many scans' answers about one host → one. Order never matters, and the worst answer stands.

States are a join-semilattice: open > open|filtered > unfiltered > filtered > closed|filtered > closed, and a port
that no scan asked (`not-asked`) changes nothing. So more evidence can only raise a port's state, never make an open
port look closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Final, Literal

import msgspec

from posture.collectors.nmap.document import STATES, Found
from posture.collectors.nmap.stream import ScanInfo
from posture.facts import Collapsed, Port, PortState, Script, Service
from posture.ports import PortSet

__all__ = ["Collapser", "Piece", "merged", "worst"]

Protocol = Literal["tcp", "udp", "sctp"]
Group = tuple[Protocol, PortState, PortSet]

_CACHE = 1000
_RANK: Final = {state: rank for rank, state in enumerate(STATES)}
_METHOD_RANK: Final = {"probed": 2, "table": 1, "": 0}


class Piece(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one piece of evidence says of a host.

    `collapsed` are its `groups` as facts, `vantage` the id of the zone that its scanner stood in, and `at` when the
    scan ended, where these are known.
    """

    found: Found
    groups: tuple[Group, ...]
    collapsed: tuple[Collapsed, ...]
    evidence: tuple[str, ...]
    vantage: str | None = None
    at: datetime | None = None


def worst(states: Iterable[PortState]) -> PortState:
    """The join of states; `not-asked` if there are none."""
    return min(states, key=lambda state: _RANK.get(state, len(_RANK)), default="not-asked")


class Collapser:
    """Which ports an `extraports` stands for. One for each piece of evidence, since many hosts are alike."""

    def __init__(self, evidence: tuple[str, ...], vantage: str | None = None, at: datetime | None = None) -> None:
        self._evidence = evidence
        self._vantage = vantage
        self._at = at
        self._known: dict[object, tuple[tuple[Group, ...], tuple[Collapsed, ...]]] = {}

    def piece(self, found: Found, infos: Sequence[ScanInfo]) -> Piece:
        """The host with the ports that its `extraports` stand for: none twice, and without those that are listed."""
        groups: tuple[Group, ...] = ()
        collapsed: tuple[Collapsed, ...] = ()
        if found.extra:
            alike = (found.extra, *found.ports)
            if alike not in self._known:
                if len(self._known) > _CACHE:
                    self._known.clear()
                groups = _groups(found, infos)
                self._known[alike] = groups, _facts(groups)
            groups, collapsed = self._known[alike]
        return Piece(
            found=found,
            groups=groups,
            collapsed=collapsed,
            evidence=self._evidence,
            vantage=self._vantage,
            at=self._at,
        )


def _groups(found: Found, infos: Sequence[ScanInfo]) -> tuple[Group, ...]:
    listed: dict[str, PortSet] = {}
    for protocol in {protocol for protocol, _ in found.ports}:
        listed[protocol] = PortSet.of(number for kind, number in found.ports if kind == protocol)
    asked = _asked(infos)
    named: list[Group] = []
    if all(extra.ports is not None for extra in found.extra):
        for extra in found.extra:
            state = STATES.get(extra.state)
            for word, text in extra.ports or ():
                kind = _protocol(word, asked)
                if state is not None and kind is not None:
                    named.append((kind, state, _parse(text) - listed.get(kind, PortSet())))
        return _disjoint(named)
    rest = {protocol: ports - listed.get(protocol, PortSet()) for protocol, ports in asked.items()}
    state = _one_state([extra.state for extra in found.extra])
    # Where the figures don't agree, some port was neither listed nor counted: nothing is claimed of any.
    if state is None or sum(map(len, rest.values())) != sum(extra.count for extra in found.extra):
        return ()
    return _disjoint((protocol, state, ports) for protocol, ports in rest.items())


def _one_state(states: Sequence[str]) -> PortState | None:
    """The state of ports of which each has one of these; never better than what any of them may be."""
    known = [STATES[state] for state in states if state in STATES]
    if len(known) != len(states):
        return None
    if len(set(known)) > 1 and set(known) <= {"closed", "filtered", "closed|filtered"}:
        return "closed|filtered"
    return worst(known)


def _asked(infos: Sequence[ScanInfo]) -> dict[Protocol, PortSet]:
    asked: dict[Protocol, PortSet] = {}
    for info in infos:
        asked[info.protocol] = asked.get(info.protocol, PortSet()) | _parse(info.services)
    return asked


def _protocol(word: str, asked: dict[Protocol, PortSet]) -> Protocol | None:
    for protocol in asked:
        if protocol == word or (not word and len(asked) == 1):
            return protocol
    return None


def _parse(text: str) -> PortSet:
    try:
        return PortSet.parse(text)
    except ValueError:
        return PortSet()


def _disjoint(groups: Iterable[Group]) -> tuple[Group, ...]:
    """The groups with each port once, in the worst of its states."""
    together: dict[tuple[Protocol, PortState], PortSet] = {}
    for protocol, state, ports in groups:
        together[protocol, state] = together.get((protocol, state), PortSet()) | ports
    kept: list[Group] = []
    taken: dict[Protocol, PortSet] = {}
    for protocol, state in sorted(together, key=lambda key: (key[0], _RANK[key[1]])):
        before = taken.get(protocol, PortSet())
        ports = together[protocol, state] - before
        if ports:
            kept.append((protocol, state, ports))
            taken[protocol] = before | ports
    return tuple(kept)


def _facts(groups: Iterable[Group]) -> tuple[Collapsed, ...]:
    """Groups as facts."""
    return tuple(Collapsed(protocol=protocol, state=state, ports=str(ports)) for protocol, state, ports in groups)


def merged(pieces: Sequence[Piece]) -> tuple[tuple[Port, ...], tuple[Collapsed, ...], tuple[Script, ...]]:
    """The ports, the collapsed ports and the host scripts of all pieces together."""
    if len(pieces) == 1 and not pieces[0].found.again:
        found = pieces[0].found
        ports = tuple(found.ports[key] for key in sorted(found.ports))
        return ports, pieces[0].collapsed, _scripts(found.scripts)
    listed: dict[tuple[str, int], list[Port]] = {}
    for piece in pieces:
        for port in (*piece.found.ports.values(), *piece.found.again):
            listed.setdefault((port.protocol, port.number), []).append(port)
    together = tuple(_port(key, said, pieces) for key, said in sorted(listed.items()))
    rest = (
        (protocol, state, ports - PortSet.of(number for kind, number in listed if kind == protocol))
        for piece in pieces
        for protocol, state, ports in piece.groups
    )
    scripts = _scripts(script for piece in pieces for script in piece.found.scripts)
    return together, _facts(_disjoint(rest)), scripts


def _port(key: tuple[str, int], said: Sequence[Port], pieces: Sequence[Piece]) -> Port:
    protocol, number = key
    states: list[PortState] = [port.state for port in said]
    evidence = {digest for port in said for digest in port.evidence}
    for piece in pieces:
        for kind, state, ports in piece.groups:
            if kind == protocol and number in ports:
                states.append(state)
                evidence.update(piece.evidence)
    state = worst(states)
    service = max((port.service for port in said), key=_service_rank)
    others = {port.service for port in said if port.service.identified} - {service}
    return Port(
        number=number,
        protocol=said[0].protocol,
        state=state,
        reason=min((port.reason for port in said if port.state == state), default=""),
        service=service,
        others=tuple(sorted(others, key=_service_rank, reverse=True)),
        scripts=_scripts(script for port in said for script in port.scripts),
        scripts_asked=tuple(sorted({name for port in said for name in port.scripts_asked})),
        evidence=tuple(sorted(evidence)),
    )


def _service_rank(service: Service) -> tuple[object, ...]:
    """What was identified beats the port's usual name, and more words beat fewer; then any order that lasts."""
    said = (service.name, service.product, service.version, service.extra, service.tunnel)
    return service.identified, _METHOD_RANK[service.method], sum(map(bool, said)), said, service.cpes


def _scripts(scripts: Iterable[Script]) -> tuple[Script, ...]:
    """Each result once, with all evidence of it, in an order that lasts."""
    seen: dict[tuple[str, str, tuple[tuple[str, str], ...]], set[str]] = {}
    for script in scripts:
        seen.setdefault((script.id, script.output, script.values), set()).update(script.evidence)
    return tuple(
        Script(id=name, output=output, values=values, evidence=tuple(sorted(evidence)))
        for (name, output, values), evidence in sorted(seen.items(), key=itemgetter(0))
    )
