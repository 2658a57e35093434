"""What each vantage showed of a host, and what of it says something of the host itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from posture.collectors.nmap.document import Found
from posture.collectors.nmap.merge import Group, Piece, merged
from posture.facts import Port, PortState, Service, View
from posture.ports import PortSet
from posture.scope import Zone
from posture.segmentation.vantage import CANARY, greeting

__all__ = ["heard", "views", "with_canary"]

_ANSWERS: Final[frozenset[PortState]] = frozenset({"open", "closed", "unfiltered"})


def views(pieces: Sequence[Piece], nonce: str) -> Iterator[View]:
    """A view for each zone that a scanner is known to have stood in, in the order of their ids."""
    for zone in sorted({piece.vantage for piece in pieces if piece.vantage is not None}):
        own = [piece for piece in pieces if piece.vantage == zone]
        ports, collapsed, _ = merged(_unsure(own) if nonce else own)
        evidence = tuple(sorted({digest for piece in own for digest in piece.evidence}))
        ended = tuple(
            sorted({(digest, piece.at) for piece in own for digest in piece.evidence if piece.at is not None})
        )
        yield View(vantage=zone, ended=ended, ports=with_canary(ports, nonce), collapsed=collapsed, evidence=evidence)


def _unsure(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """A canary's pieces, `closed|filtered` where one scan was refused and another had silence.

    A refusal may be the canary's machine's own, so that the silence beside it may not hide it.
    """
    refused = _answered(pieces, frozenset({"closed"}))

    def doubted(protocol: str, number: int) -> bool:
        return number in refused.get(protocol, PortSet())

    made = []
    for piece in pieces:
        ports = {
            key: msgspec.structs.replace(port, state="closed|filtered")
            if port.state == "filtered" and doubted(*key)
            else port
            for key, port in piece.found.ports.items()
        }
        groups: list[Group] = []
        for protocol, state, numbers in piece.groups:
            certain = numbers - refused.get(protocol, PortSet()) if state == "filtered" else numbers
            groups += [(protocol, state, certain), (protocol, "closed|filtered", numbers - certain)]
        found = msgspec.structs.replace(piece.found, ports=ports)
        made.append(msgspec.structs.replace(piece, found=found, groups=tuple(each for each in groups if each[2])))
    return made


def heard(pieces: Sequence[Piece], zone: Zone | None) -> Sequence[Piece]:
    """The pieces without what a firewall between the zones kept silent, where a scanner that is let in had an answer.

    A port that answered in the host's own zone, or a zone that may reach it, and is filtered from another is what
    segmentation is for: of the host itself the silence says nothing.
    """
    let_in = {zone.id, *(zone.reachable_from or ())} if zone is not None else set()
    near = [piece for piece in pieces if piece.vantage in let_in]
    if not near or all(piece.vantage is None or piece.vantage in let_in for piece in pieces):
        return pieces
    answered = _answered(near)
    return [
        piece if piece.vantage is None or piece.vantage in let_in else _without(piece, answered) for piece in pieces
    ]


def _answered(pieces: Iterable[Piece], states: frozenset[PortState] = _ANSWERS) -> dict[str, PortSet]:
    numbers: dict[str, PortSet] = {}
    for piece in pieces:
        listed = [key for key, port in piece.found.ports.items() if port.state in states]
        for protocol in {protocol for protocol, _ in listed}:
            own = PortSet.of(number for kind, number in listed if kind == protocol)
            numbers[protocol] = numbers.get(protocol, PortSet()) | own
        for protocol, state, ports in piece.groups:
            if state in states:
                numbers[protocol] = numbers.get(protocol, PortSet()) | ports
    return numbers


def _without(piece: Piece, answered: dict[str, PortSet]) -> Piece:
    def silent(port: Port) -> bool:
        told = port.scripts or port.service.identified  # over UDP, or by Nessus, of a port that is open|filtered
        return port.state not in _ANSWERS and not told and port.number in answered.get(port.protocol, PortSet())

    found: Found = msgspec.structs.replace(
        piece.found,
        ports={key: port for key, port in piece.found.ports.items() if not silent(port)},
        again=tuple(port for port in piece.found.again if not silent(port)),
    )
    groups: tuple[Group, ...] = tuple(
        (protocol, state, left)
        for protocol, state, ports in piece.groups
        if (left := ports if state in _ANSWERS else ports - answered.get(protocol, PortSet()))
    )
    return msgspec.structs.replace(piece, found=found, groups=groups)


def with_canary(ports: tuple[Port, ...], nonce: str) -> tuple[Port, ...]:
    """The ports, those where this address's own canary gave its nonce marked so; nobody else can be one."""
    return tuple(_named(port, nonce) for port in ports) if nonce else tuple(map(_unnamed, ports))


def _named(port: Port, nonce: str) -> Port:
    if any(script.id == "banner" and script.output.strip() == greeting(nonce) for script in port.scripts):
        return msgspec.structs.replace(port, service=Service(name=CANARY, method="probed"), others=())
    return _unnamed(port)


def _unnamed(port: Port) -> Port:
    """The port without a name that the nonce alone gives: a file may call anything a canary."""
    if port.service.name != CANARY and all(each.name != CANARY for each in port.others):
        return port
    others = tuple(each for each in port.others if each.name != CANARY)
    service = Service() if port.service.name == CANARY else port.service
    return msgspec.structs.replace(port, service=service, others=others)
