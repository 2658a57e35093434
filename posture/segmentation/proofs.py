"""What the hospital's declared flows allow from zone to zone, and what scans from a zone prove of it. Pure.

A flow is a source zone, a target zone and a port. It is shown *open* only by an answer of the application, since a
firewall that proxies SYNs opens everything. It is proved *denied* where a canary of ours shows that the silence is the
network's: the same port of the canary in the target zone answers a scanner that is allowed there, and within a day is
silent to this one, whose scans had answers elsewhere. All else is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import msgspec

from posture.facts import Host, Port, View
from posture.ports import PortSet
from posture.scope import Scope
from posture.segmentation.vantage import CANARY, greeting

__all__ = ["Proofs", "Ruling", "ruling", "seen_from", "spoke"]

Ruling: TypeAlias = Literal["allowed", "denied", "undeclared"]
Protocol: TypeAlias = Literal["tcp", "udp", "sctp"]

_SILENT = frozenset({"filtered", "closed|filtered"})
_ANSWERS = frozenset({"open", "closed"})


def ruling(scope: Scope, source: str, target: str, protocol: str, port: int) -> Ruling:
    """What posture.toml says of connections from one zone to a port of another (zones by their ids).

    Within a zone everything is allowed: nothing stands between its machines that could be judged.
    """
    if source == target:
        return "allowed"
    zone = scope.zones.get(target)
    if zone is None or zone.reachable_from is None or source not in scope.zones:
        return "undeclared"
    flows = (flow for flow in scope.flow if (flow.source, flow.target) == (source, target))
    allowed = source in zone.reachable_from or any(port in flow.ports(protocol) for flow in flows)
    return "allowed" if allowed else "denied"


def seen_from(host: Host, view: View) -> Host:
    """The host as a scanner in that zone saw it, and nobody else."""
    return msgspec.structs.replace(
        host, ports=view.ports, collapsed=view.collapsed, scripts=(), views=(view,), evidence=view.evidence
    )


def spoke(port: Port) -> bool:
    """Whether the application behind an open port answered: a firewall that proxies SYNs opens what leads nowhere."""
    said = any(script.values or (script.id == "banner" and script.output.strip()) for script in port.scripts)
    return port.state == "open" and (port.protocol == "udp" or port.service.identified or said)


class Proofs:
    """What canaries, and answers anywhere, prove of the silence between zones."""

    def __init__(self, hosts: Iterable[Host], scope: Scope) -> None:
        self._scope = scope
        self._canaries: dict[str, list[tuple[Host, str]]] = {}
        self._answered: dict[str, set[tuple[str | None, str, _Times]]] = {}
        for host in hosts:
            canary = scope.canaries.get(host.address)
            if canary is not None:
                self._canaries.setdefault(canary.zone, []).append((host, canary.nonce))
            for view in host.views:
                if _answers(view):
                    answer = host.place, host.address, view.times()
                    self._answered.setdefault(view.vantage, set()).add(answer)

    def alive(self, source: str, view: View | None = None) -> bool:
        """Whether scans from that zone had any answer: a scanner without a cable finds everything silent.

        With a view, within a day of it. A machine of the source zone itself may be the scanner, which answers itself
        with or without a cable: of these it takes two.
        """
        answered = {
            (place, address)
            for place, address, times in self._answered.get(source, ())
            if view is None or _within_a_day(view.times(), times)
        }
        return len(answered) > 1 or any(place != source for place, _ in answered)

    def cut_off(self, source: str, target: str) -> bool:
        """Whether nothing of the target zone answers the source zone, not even its canaries on ports that are allowed.

        Only where such a port was asked: where everything is denied, silence is what is to be.
        """
        flows = [flow for flow in self._scope.flow if (flow.source, flow.target) == (source, target)]
        numbers = {number for flow in flows if len(ports := flow.ports("tcp")) <= _FEW for number in ports}
        seen = [port for number in numbers for _, port in self.at_canary(source, target, number)]
        asked = [port for port in seen if port.state != "not-asked"]
        answered = any(place == target for place, _, _ in self._answered.get(source, ()))
        return not answered and bool(asked) and all(port.state in _SILENT for port in asked)

    def control(self, target: str, number: int) -> tuple[tuple[View, Port], ...]:
        """The views of zones that are allowed this TCP port of the target zone and had its canary's nonce there."""
        return tuple((view, port) for view, port, _ in self._greeted(target, number))

    def at_canary(self, source: str, target: str, number: int) -> tuple[tuple[View, Port], ...]:
        """This TCP port of the target zone's canaries, as seen from the source zone."""
        return tuple(
            (view, view.port("tcp", number))
            for host, _ in self._canaries.get(target, ())
            for view in host.views
            if view.vantage == source
        )

    def denied(self, source: str, target: str, number: int) -> tuple[Port, ...]:
        """The sightings that prove that a TCP port between two zones is denied; empty where nothing does.

        Every canary that is to listen there has to be silent to the source zone, and one has to answer an allowed one
        within a day of it: of what was switched off meanwhile, silence says nothing. A closed port is what a canary
        that was ended leaves, so that one has to answer before and after it. Where every port that is allowed to the
        source zone is silent as well, the way is dead, and silence says nothing.
        """
        if not self._listening(target, number) <= self._asked(source, target) or self.cut_off(source, target):
            return ()
        seen = self.at_canary(source, target, number)
        silent = [(view, port) for view, port in seen if port.state in _SILENT or port.state == "closed"]
        if not silent or len(silent) != len(seen) or not all(self.alive(source, view) for view, _ in silent):
            return ()
        when = [view.times(port.evidence) for view, port in silent]
        control = [
            (port, times)
            for _, port, times in self._greeted(target, number)
            if all(_within_a_day(times, other) for other in when)
        ]
        if not control:
            return ()
        if any(port.state != "filtered" for _, port in silent):
            greeted = [at for _, times in control for at in times]
            refused = [at for times in when for at in times]
            if not min(greeted) < min(refused) <= max(refused) < max(greeted):
                return ()
        return (*(port for _, port in silent), *(port for port, _ in control))

    def _listening(self, target: str, number: int) -> set[str]:
        return {
            each.address for each in self._scope.canary if each.zone == target and number in PortSet.parse(each.tcp)
        }

    def _asked(self, source: str, target: str) -> set[str]:
        views = ((host.address, view) for host, _ in self._canaries.get(target, ()) for view in host.views)
        return {address for address, view in views if view.vantage == source}

    def _greeted(self, target: str, number: int) -> Iterator[tuple[View, Port, _Times]]:
        """The control, with the instants at which a canary's nonce was read."""
        for host, nonce in self._canaries.get(target, ()):
            for view in host.views:
                port = view.port("tcp", number)
                if (
                    port.state == "open"
                    and port.service.identified_as(CANARY)
                    and ruling(self._scope, view.vantage, target, "tcp", number) == "allowed"
                ):
                    said = [script for script in port.scripts if script.output.strip() == greeting(nonce)]
                    yield view, port, view.times({digest for script in said for digest in script.evidence})


_DAY = timedelta(days=1)
_FEW = 256
_Times: TypeAlias = tuple[datetime, ...]


def _within_a_day(one: _Times, other: _Times) -> bool:
    """Whether all scans of both ended within a day; of one that doesn't say when, nobody knows."""
    times = (*one, *other)
    return bool(one and other) and max(times) - min(times) <= _DAY


def _answers(view: View) -> bool:
    return any(port.state in _ANSWERS for port in view.ports) or any(
        group.state in _ANSWERS for group in view.collapsed
    )
