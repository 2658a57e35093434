"""The segmentation matrix: for each ordered pair of zones, what is declared and what scans show of it. Pure.

A port that the scope denies is shown open only by an answer of the application, and proved denied only at the target
zone's canary (`posture.segmentation.proofs`). All else is unproven, with what would answer it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from posture.assessment.segmentation import (
    CanaryResult,
    OpenFlow,
    PairState,
    Segmentation,
    UnprovenPorts,
    VantageResult,
    ZonePair,
)
from posture.facts import Collapsed, Host, Port
from posture.ports import PortSet
from posture.presentation import plural
from posture.scope import LATERAL_PORTS, Scope
from posture.segmentation.proofs import Proofs, Ruling, ruling, spoke
from posture.segmentation.vantage import CANARY

__all__ = ["matrix"]

_MOST_SUBJECTS = 100
_CANARY_ANSWER = "Start a canary there (posture canary) while scans are made, and name it in posture.toml."

_Key: TypeAlias = tuple[str, int]
_Word: TypeAlias = Literal["all", "ports", "none", "undeclared"]


class _Reason(NamedTuple):
    """Why a port is unproven, and what would answer it."""

    why: str
    answer: str


class _Seen:
    """What scans from one zone showed of the machines of another."""

    def __init__(self) -> None:
        self.hosts = 0
        self.evidence: set[str] = set()
        self.open: dict[_Key, list[tuple[Host, Port]]] = {}
        self._listed: Counter[_Key] = Counter()
        self._together: Counter[tuple[Collapsed, ...]] = Counter()
        self._parsed: list[tuple[int, str, PortSet]] | None = None

    def add(self, host: Host, ports: Sequence[Port], collapsed: tuple[Collapsed, ...], evidence: Iterable[str]) -> None:
        """One more machine."""
        self.hosts += 1
        self.evidence.update(evidence)
        for port in ports:
            key = port.protocol, port.number
            self._listed[key] += 1
            if port.state == "open":
                self.open.setdefault(key, []).append((host, port))
        if collapsed:
            self._together[collapsed] += 1

    @property
    def _groups(self) -> list[tuple[int, str, PortSet]]:
        if self._parsed is None:
            self._parsed = [
                (count, each.protocol, PortSet.parse(each.ports))
                for collapsed, count in self._together.items()
                for each in collapsed
            ]
        return self._parsed

    def asked(self, key: _Key) -> int:
        """On how many machines the port was asked."""
        protocol, number = key
        return self._listed[key] + sum(
            count for count, kind, ports in self._groups if kind == protocol and number in ports
        )

    def tested(self) -> PortSet:
        """The TCP ports that were asked on any machine."""
        tested = PortSet.of(number for protocol, number in self._listed if protocol == "tcp")
        for _, protocol, ports in self._groups:
            if protocol == "tcp":
                tested |= ports
        return tested


def matrix(hosts: Iterable[Host], scope: Scope, key_of: Callable[[Host], str]) -> Segmentation:
    """The matrix of the scope's zones over these hosts. `key_of` gives the key that a host has in the inventory."""
    hosts = sorted(hosts, key=lambda host: (host.ids, host.address))
    zones = tuple(zone.id for zone in scope.zone)
    proofs = Proofs(hosts, scope)
    known = Counter(host.place for host in hosts)
    seen: dict[tuple[str, str], _Seen] = {}
    for host in hosts:
        for view in host.views:
            if host.place in scope.zones and view.vantage in scope.zones and view.vantage != host.place:
                pair = seen.setdefault((view.vantage, host.place or ""), _Seen())
                pair.add(host, view.ports, view.collapsed, view.evidence)
    vantages = {view.vantage for host in hosts for view in host.views} & set(zones)
    looked = _Looked(scope=scope, proofs=proofs, vantages=frozenset(vantages), hosts=hosts, key_of=key_of)
    return Segmentation(
        zones=zones,
        pairs=tuple(
            _pair(source, target, seen.get((source, target), _Seen()), known[target], looked)
            for source in zones
            for target in zones
            if source != target
        ),
        canaries=tuple(_canary(canary.zone, canary.address, canary.tcp, looked) for canary in scope.canary),
        vantages=tuple(_vantage(zone, seen) for zone in zones if zone in vantages),
    )


class _Looked:
    """All that a pair is worked out from."""

    def __init__(
        self,
        *,
        scope: Scope,
        proofs: Proofs,
        vantages: frozenset[str],
        hosts: Sequence[Host],
        key_of: Callable[[Host], str],
    ) -> None:
        self.scope, self.proofs, self.vantages, self.key_of = scope, proofs, vantages, key_of
        self.canaries = {host.address: host for host in hosts if host.address in scope.canaries}
        self.listening: dict[str, PortSet] = {}
        for canary in scope.canary:
            ports = PortSet.parse(canary.tcp)
            self.listening[canary.zone] = self.listening.get(canary.zone, PortSet()) | ports

    def ruling(self, source: str, target: str, key: _Key) -> Ruling:
        """What the scope says of a port."""
        return ruling(self.scope, source, target, *key)


def _pair(source: str, target: str, seen: _Seen, of: int, looked: _Looked) -> ZonePair:
    word, tcp, udp = _declared(source, target, looked.scope)
    denied_there = {key for key in seen.open if looked.ruling(source, target, key) == "denied"}
    against = _flows(denied_there, seen, looked)
    shown = {(flow.protocol, flow.port) for flow in against}
    questions = _questions(source, target, denied_there, looked) if word in {"ports", "none"} else []
    proof = {
        ("tcp", number): ports
        for protocol, number in questions
        if protocol == "tcp"
        and ("tcp", number) not in denied_there
        and (ports := looked.proofs.denied(source, target, number))
    }
    unproven: dict[_Reason, list[_Key]] = {}
    for key in questions:
        if key not in shown and key not in proof:
            unproven.setdefault(_why(source, target, key, seen, looked), []).append(key)
    silent = _silent(target, word, tcp, seen, looked)
    return ZonePair(
        source=source,
        target=target,
        ruling=word,
        state=_state(word, bool(against), len(proof), bool(unproven)),
        tcp=str(tcp),
        udp=str(udp),
        hosts=seen.hosts,
        of=of,
        tested=str(tested := seen.tested()),
        tested_count=len(tested),
        wanted=len(questions),
        denied=str(PortSet.of(number for _, number in proof)),
        denied_count=len(proof),
        open=against,
        answering=_flows(seen.open.keys() - denied_there, seen, looked),
        silent=str(silent),
        silent_count=len(silent),
        unproven=tuple(_unproven(reason, keys) for reason, keys in sorted(unproven.items())),
        evidence=tuple(sorted({digest for ports in proof.values() for port in ports for digest in port.evidence})),
    )


def _declared(source: str, target: str, scope: Scope) -> tuple[_Word, PortSet, PortSet]:
    zone = scope.zones[target]
    tcp, udp = PortSet(), PortSet()
    if zone.reachable_from is None:
        return "undeclared", tcp, udp
    if source in zone.reachable_from:
        return "all", tcp, udp
    for flow in scope.flow:
        if (flow.source, flow.target) == (source, target):
            tcp, udp = tcp | flow.ports("tcp"), udp | flow.ports("udp")
    return "ports" if tcp or udp else "none", tcp, udp


def _questions(source: str, target: str, found: Iterable[_Key], looked: _Looked) -> list[_Key]:
    """The ports whose denial is asked after: the canary's (or those that it would have), and whatever is open."""
    wanted = looked.listening.get(target) or PortSet.parse(LATERAL_PORTS)
    listed = {("tcp", number) for number in wanted}
    return sorted({key for key in listed if looked.ruling(source, target, key) == "denied"} | set(found))


def _flows(keys: Iterable[_Key], seen: _Seen, looked: _Looked) -> tuple[OpenFlow, ...]:
    return tuple(_flow(key, spoken, seen, looked) for key in sorted(keys) if (spoken := _spoken(key, seen)))


def _spoken(key: _Key, seen: _Seen) -> list[tuple[Host, Port]]:
    return [(host, port) for host, port in seen.open[key] if spoke(port)]


def _flow(key: _Key, spoken: Sequence[tuple[Host, Port]], seen: _Seen, looked: _Looked) -> OpenFlow:
    return OpenFlow(
        protocol=key[0],
        port=key[1],
        hosts=len(spoken),
        of=seen.asked(key),
        canary=any(port.service.identified_as(CANARY) for _, port in spoken),
        subjects=tuple(looked.key_of(host) for host, _ in spoken[:_MOST_SUBJECTS]),
        evidence=tuple(sorted({digest for _, port in spoken for digest in port.evidence})),
    )


def _silent(target: str, word: _Word, tcp: PortSet, seen: _Seen, looked: _Looked) -> PortSet:
    """Allowed TCP ports that were asked and open on no machine: declared ones, or a canary's where all is allowed."""
    wanted = tcp if word == "ports" else looked.listening.get(target, PortSet()) if word == "all" else PortSet()
    return PortSet.of(number for number in wanted if ("tcp", number) not in seen.open and seen.asked(("tcp", number)))


def _state(word: _Word, shown: bool, denied: int, unproven: bool) -> PairState:
    if word == "undeclared":
        return "undeclared"
    if word == "all":
        return "allowed"
    if shown:
        return "open"
    if not denied:
        return "unknown"
    return "partly-denied" if unproven else "denied"


def _unproven(reason: _Reason, keys: Sequence[_Key]) -> UnprovenPorts:
    words = [
        f"{ports}{suffix}"
        for protocol, suffix in (("tcp", ""), ("udp", "/udp"), ("sctp", "/sctp"))
        if (ports := str(PortSet.of(number for kind, number in keys if kind == protocol)))
    ]
    return UnprovenPorts(ports=", ".join(words), count=len(keys), why=reason.why, answer=reason.answer)


def _why(source: str, target: str, key: _Key, seen: _Seen, looked: _Looked) -> _Reason:  # noqa: PLR0911  # each a reason
    scan = f"Scan from {source}: posture audit --live --vantage {source}, or by hand and --from-vantage {source} FILE."
    _, number = key
    if key in seen.open:
        count = plural(len(seen.open[key]), "machine")
        why = f"{count} let connections in, and no application answered: a firewall that answers for them looks alike."
        return _Reason(why, "Ask what answers there: nmap -sV, or --script banner, from this zone.")
    if source not in looked.vantages:
        return _Reason(f"No scan was made from {source}.", scan)
    if target not in looked.listening:
        return _Reason(f"No canary stands in {target}, so silence may be the machines' own.", _CANARY_ANSWER)
    at = [port for _, port in looked.proofs.at_canary(source, target, number) if port.state != "not-asked"]
    if not at:
        return _Reason(f"Scans from {source} did not ask the canary of {target} there.", scan)
    if not looked.proofs.alive(source):
        why = f"Scans from {source} had no answer but perhaps the scanner's own, so their silence says nothing."
        return _Reason(why, f"See that the scanner in {source} has a network, and scan two machines that answer too.")
    if looked.proofs.cut_off(source, target):
        why = f"What {source} is allowed into {target} did not answer either: the way may be dead."
        return _Reason(why, f"See that an allowed port of {target} answers a scanner in {source}, and scan again.")
    if not looked.proofs.control(target, number):
        why = f"The canary of {target} gave its nonce there to no zone that is allowed: was it running?"
        return _Reason(why, f"Scan the canary from within {target} too, from another machine, while it runs.")
    why = (
        "The scans were more than a day apart or don't say when they were made, one of several canaries was not asked, "
        "or the port was closed and the canary not seen to run both before and after."
    )
    return _Reason(why, f"Scan the canaries from within {target}, then from {source}, then from within again.")


def _canary(zone: str, address: str, ports: str, looked: _Looked) -> CanaryResult:
    host = looked.canaries.get(address)
    views = host.views if host is not None else ()
    return CanaryResult(
        zone=zone,
        address=address,
        ports=ports,
        asked_from=tuple(view.vantage for view in views),
        answered_to=tuple(
            view.vantage for view in views if any(port.service.identified_as(CANARY) for port in view.ports)
        ),
    )


def _vantage(zone: str, seen: Mapping[tuple[str, str], _Seen]) -> VantageResult:
    own = [each for (source, _), each in seen.items() if source == zone]
    evidence: Iterator[str] = (digest for each in own for digest in each.evidence)
    return VantageResult(zone=zone, hosts=sum(each.hosts for each in own), evidence=tuple(sorted(set(evidence))))
