"""Whether a service can be reached across the borders of zones, where your policy denies it. Pure.

A host is judged from each zone whose machines have no business there by the flows that posture.toml declares. The
service is *reached* where it said there what it is; it is *not reached* where each of its standard ports is closed,
answers as something else, or is silent and a canary shows that the network keeps it so (`proofs`). All else is unknown:
a port that was not asked from there, and silence without proof.

What is wanting, a scan, a declaration or a canary, is told once for the whole scope, with what would give it, and not
of each of a hospital's thousands of hosts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec
from msgspec.structs import replace

from posture.check import Verdict, failed, not_applicable, passed, unknown
from posture.facts import Facts, Host, Port, View
from posture.model import Outcome, Severity
from posture.ports import PortSet
from posture.presentation import plural
from posture.scope import Scope, Zone, ZoneKind
from posture.segmentation.proofs import Proofs, ruling, seen_from
from posture.services import Kind, listed, survey, worst

__all__ = ["PEOPLE", "Crossing", "Want", "across", "crossing", "judged", "reached", "selective", "shut", "undeclared"]

PEOPLE: frozenset[ZoneKind] = frozenset({"user", "guest", "external"})
"""Kinds of zones in which anybody's machine may stand."""

_NAMED = 10
_SHUT = frozenset({"closed", "filtered", "closed|filtered"})
_LISTEN = (
    "Let a canary there listen on these ports (posture canary), and within a day scan it from these zones and from one "
    "that may reach it."
)
_SILENT = frozenset({"filtered", "closed|filtered"})


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """A service that is not to be reached from zones of these kinds (`sources`; None: from any other zone).

    `by_number` are TCP ports that fail even if nothing said what listens there, because nobody may ask them or because
    they tell nobody; with the severity `doubted`, if there is one. `at_home` is a pattern of what, on the service's own
    ports alone, can only be the service. Ports in `milder` fail with the severity `mild`. `of` may give another kind
    for a host of which more is declared.
    """

    kind: Kind
    sources: frozenset[ZoneKind] | None = PEOPLE
    by_number: frozenset[int] = frozenset()
    doubted: Severity | None = None
    at_home: str = ""
    milder: frozenset[int] = frozenset()
    mild: Severity | None = None
    of: Callable[[Host, Scope], Kind] | None = None

    def kind_of(self, host: Host, scope: Scope) -> Kind:
        """What is looked for on this host."""
        return self.of(host, scope) if self.of is not None else self.kind


class Want(msgspec.Struct, frozen=True):
    """What is wanting of hosts, that nothing they do themselves could give.

    A `zone` for an address; a zone to look from (`source`); a `declaration` of who may reach a zone; a `scan` from a
    zone, or the question for these `ports` in it; proof by a `canary` that a silence is the network's; and, over `udp`,
    any answer at all.
    """

    what: Literal["zone", "source", "declaration", "scan", "ports", "canary", "udp"]
    word: str = ""


Look = Callable[[Host, Zone, Proofs], Iterable[Verdict | Want]]


def judged(hosts: Facts[Host], scope: Scope, look: Look) -> Iterator[Verdict]:
    """A verdict about each host that evidence decides, and one about the scope for what is wanting of the others.

    `look` says what is known of a host in its zone, and what is wanting; nothing of either where the question does not
    arise. A fail or a doubt stands whatever is wanting beside it; a pass needs everything.
    """
    proofs = Proofs(hosts, scope)
    wants: dict[Want, set[str]] = {}
    subjects = [host for host in hosts if host.address not in scope.canaries]
    for host in subjects:
        zone = scope.zones.get(host.place or "")
        said = list(look(host, zone, proofs)) if zone is not None else [Want("zone")]
        verdicts = [each for each in said if isinstance(each, Verdict)]
        wanting = [each for each in said if isinstance(each, Want)]
        decided = worst(verdicts) if verdicts else None
        if decided is not None and (not wanting or decided.outcome in {Outcome.FAIL, Outcome.UNKNOWN}):
            yield replace(decided, about=host)
        elif wanting:
            for want in wanting:
                wants.setdefault(want, set()).add(host.address)
        else:
            yield not_applicable("Your policy allows it from wherever it was to be looked from", host, about=host)
    if wants:
        yield _wanting(wants)
    if not subjects:
        yield unknown("No host but canaries was looked at", answer="Scan a zone, or import a scan of it.")


def _wanting(wants: dict[Want, set[str]]) -> Verdict:
    def words(what: str) -> str:
        found = sorted({want.word for want in wants if want.what == what})
        return ", ".join(found[:_NAMED]) + (" and others" if len(found) > _NAMED else "")

    told = {
        "zone": ("in no zone of posture.toml", "Put every address in a zone of posture.toml."),
        "source": (
            f"posture.toml has no other zone {words('source')}".rstrip(),
            "Declare all zones in posture.toml, those of guests and users too.",
        ),
        "declaration": (
            f"posture.toml does not say which zones may reach {words('declaration')}",
            f"Declare reachable_from of {words('declaration')}.",
        ),
        "scan": (
            f"not scanned from {words('scan')}",
            f"Scan from a machine in {words('scan')} too: posture audit --vantage ZONE.",
        ),
        "ports": (f"not asked: {words('ports')}", "Scan these ports from there as well."),
        "canary": (
            f"silent, and nothing shows that the network keeps it so: {words('canary')}",
            _LISTEN,
        ),
        "udp": (f"silent over UDP, which proves nothing: {words('udp')}", "Look at the firewall's rules."),
    }
    why = []
    for what, (text, _) in told.items():
        if addresses := set().union(*(found for want, found in wants.items() if want.what == what)):
            why.append(f"{text} ({plural(len(addresses), 'host')})")
    answers = [answer for what, (_, answer) in told.items() if any(want.what == what for want in wants)]
    return unknown(f"Not known: {'; '.join(why)}", answer=" ".join(answers))


def across(scope: Scope, target: Zone, kinds: frozenset[ZoneKind] | None) -> Iterator[Zone | Want]:
    """The zones of these kinds, but the target itself; what is wanting where the scope has no zone to look from."""
    fitting = [zone for zone in scope.zone if kinds is None or zone.kind in kinds]
    if not fitting or (kinds is None and len(fitting) == 1):
        yield Want("source", f"of the kind {' or '.join(sorted(kinds))}" if kinds else "")
    yield from (zone for zone in fitting if zone.id != target.id)


def crossing(hosts: Facts[Host], scope: Scope, rule: Crossing) -> Iterator[Verdict]:
    """What a check says whose rule is: this is not reached from these zones, unless your policy allows it."""

    def look(host: Host, target: Zone, proofs: Proofs) -> Iterator[Verdict | Want]:
        kind = rule.kind_of(host, scope)
        for source in across(scope, target, rule.sources):
            if isinstance(source, Want):
                yield source
                continue
            rulings = {
                number: ruling(scope, source.id, target.id, kind.protocol, number) for number in sorted(kind.ports)
            }
            denied = [number for number, ruled in rulings.items() if ruled == "denied"]
            views = [view for view in host.views if view.vantage == source.id]
            if "undeclared" in rulings.values():
                yield Want("declaration", target.id)
            elif denied and not views:
                yield Want("scan", source.id)
            for view in views:
                yield from _seen(host, view, rule, scope, proofs, denied)
        for view in host.views:
            if view.vantage not in scope.zones:
                yield from undeclared(view, survey(seen_from(host, view), kind).offered)

    yield from judged(hosts, scope, look)


def undeclared(view: View, answering: Iterable[Port]) -> Iterator[Verdict]:
    """A doubt about what answers a zone that the scope does not have, as one of another site where it is of one."""
    if ports := list(answering):
        yield unknown(
            f"{_numbers(ports)} answers the zone {view.vantage}, of which this audit's scope says nothing",
            *ports,
            answer="Judge it with all zones of posture.toml: leave --site out.",
        )


def reached(host: Host, view: View, rule: Crossing, scope: Scope) -> tuple[Port, ...]:
    """Ports on which the service said what it is to a scanner in that zone, which your policy denies it."""
    kind = rule.kind_of(host, scope)
    if not any(port.state in {"open", "open|filtered"} for port in view.ports):
        return ()
    found = list(survey(seen_from(host, view), kind).offered)
    numbers = frozenset(kind.ports)
    for port in view.ports:
        if port.protocol != kind.protocol:
            continue
        # Over UDP nmap may leave a port at open|filtered that a script had an answer from.
        answered = port.state == "open|filtered" and kind.identified(port)
        home = port.state == "open" and port.number in numbers and rule.at_home and port.service.identified
        if answered or (home and re.search(rule.at_home, f"{port.service.name} {port.service.product}")):
            found.append(port)
    return tuple(port for port in found if _denied(host, view, port, scope))


def _denied(host: Host, view: View, port: Port, scope: Scope) -> bool:
    return ruling(scope, view.vantage, host.place or "", port.protocol, port.number) == "denied"


def selective(view: View) -> bool:
    """Whether what stands between lets some TCP ports be shut: a firewall that proxies SYNs opens every one."""
    return any(port.protocol == "tcp" and port.state in _SHUT for port in view.ports) or any(
        group.protocol == "tcp" and group.state in _SHUT for group in view.collapsed
    )


def _seen(  # noqa: PLR0913, PLR0917  # one host from one zone
    host: Host, view: View, rule: Crossing, scope: Scope, proofs: Proofs, denied: list[int]
) -> Iterator[Verdict | Want]:
    kind = rule.kind_of(host, scope)
    label = kind.label[0].upper() + kind.label[1:]
    offered = reached(host, view, rule, scope)
    for port in offered:
        yield failed(
            f"{label} answers the zone {view.vantage} on {port}{_product(port)}; your policy denies it",
            port,
            severity=rule.mild if port.number in rule.milder else None,
        )
    told = {(port.protocol, port.number) for port in offered}
    standing = [view.port(kind.protocol, number) for number in denied if (kind.protocol, number) not in told]
    if any(port.state == "open" for port in view.ports):
        doubts = survey(seen_from(host, view), kind).unidentified
        doubts = tuple(port for port in doubts if (port.protocol, port.number) not in told)
        doubts = tuple(port for port in doubts if _denied(host, view, port, scope))
        yield from (_doubted(port, host, view, rule, kind) for port in doubts)
        told |= {(port.protocol, port.number) for port in doubts}
    rest = [port for port in standing if (port.protocol, port.number) not in told]
    yield from shut(host, view, rest, proofs)


def _doubted(port: Port, host: Host, view: View, rule: Crossing, kind: Kind) -> Verdict:
    inside = [other.port(port.protocol, port.number).state for other in host.views if other.vantage == host.place]
    if port.number in rule.by_number and port.protocol == "tcp" and selective(view) and "closed" not in inside:
        return failed(
            f"{port}, a port of {kind.label}, is open to the zone {view.vantage}, which your policy denies "
            "(known by its number alone)",
            port,
            severity=rule.doubted,
        )
    return unknown(
        f"{port} is open to the zone {view.vantage}, which your policy denies; whether {kind.label} answers there did "
        "not show",
        port,
        answer=f"Identify the service on {port} from {view.vantage} (nmap -sV), or look at the machine.",
    )


def _product(port: Port) -> str:
    product = " ".join(port.service.product.split())[:60]
    return f" ({product})" if product else ""


def shut(host: Host, view: View, ports: Iterable[Port], proofs: Proofs) -> Iterator[Verdict | Want]:
    """What these ports, which your policy denies to the view's zone, and which are not open to it, say of the denial.

    An open one among them answers as something else, or it was told of already: it says nothing.
    """
    source, target = view.vantage, host.place or ""
    fine: list[Port] = []
    proof: list[Port] = []
    unasked: list[Port] = []
    silent: list[Port] = []
    silent_udp: list[Port] = []
    alive = proofs.alive(source, view)  # a canary's silence on another day proves nothing of a scan without a cable
    for port in ports:
        silence = alive and port.state in _SILENT and port.protocol == "tcp"
        shown = proofs.denied(source, target, port.number) if silence else ()
        if port.state in {"closed", "open"} or shown:
            fine.append(port)
            proof += shown
        elif port.state == "not-asked":
            unasked.append(port)
        else:
            (silent_udp if port.protocol == "udp" else silent).append(port)
    if unasked:
        yield Want("ports", f"{_numbers(unasked)} from {source}")
    if silent:
        yield Want("canary", f"{_numbers(silent)} of {target} from {source}")
    if silent_udp:
        yield Want("udp", f"{_numbers(silent_udp)} of {target} from {source}")
    if fine and not (unasked or silent or silent_udp):
        yield passed(f"{_numbers(fine)}: closed, denied or another service to the zone {source}", *fine, *proof)


def _numbers(ports: Iterable[Port]) -> str:
    """`22/tcp`, `22/tcp and 80/tcp`, or ranges where there are many."""
    several = list(ports)
    if len(several) <= _NAMED:
        return listed(several)
    protocols = sorted({port.protocol for port in several})
    return " and ".join(
        f"{PortSet.of(port.number for port in several if port.protocol == protocol)}/{protocol}"
        for protocol in protocols
    )
