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
        ports, collapsed, _ = merged(own)
        evidence = tuple(sorted({digest for piece in own for digest in piece.evidence}))
        ended = tuple(
            sorted({(digest, piece.at) for piece in own for digest in piece.evidence if piece.at is not None})
        )
        yield View(vantage=zone, ended=ended, ports=with_canary(ports, nonce), collapsed=collapsed, evidence=evidence)


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


def _answered(pieces: Iterable[Piece]) -> dict[str, PortSet]:
    numbers: dict[str, PortSet] = {}
    for piece in pieces:
        listed = [key for key, port in piece.found.ports.items() if port.state in _ANSWERS]
        for protocol in {protocol for protocol, _ in listed}:
            own = PortSet.of(number for kind, number in listed if kind == protocol)
            numbers[protocol] = numbers.get(protocol, PortSet()) | own
        for protocol, state, ports in piece.groups:
            if state in _ANSWERS:
                numbers[protocol] = numbers.get(protocol, PortSet()) | ports
    return numbers


def _without(piece: Piece, answered: dict[str, PortSet]) -> Piece:
    def silent(port: Port) -> bool:
        return port.state not in _ANSWERS and port.number in answered.get(port.protocol, PortSet())

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
    if not nonce:
        return ports
    return tuple(
        msgspec.structs.replace(port, service=Service(name=CANARY, method="probed"), others=())
        if any(script.id == "banner" and script.output.strip() == greeting(nonce) for script in port.scripts)
        else port
        for port in ports
    )
