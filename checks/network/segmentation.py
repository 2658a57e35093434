"""Whether the network keeps zones apart as declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from posture import Scope, Severity, Verdict, check, failed, not_applicable, unknown
from posture.facts import Facts, Host, Port, View
from posture.model import Outcome
from posture.ports import PortSet
from posture.scope import LATERAL_PORTS, Zone
from posture.segmentation.crossing import Want, across, judged, reached, shut, undeclared
from posture.segmentation.proofs import Proofs, ruling, spoke
from posture.segmentation.rules import SPECIFIC
from posture.segmentation.vantage import CANARY
from posture.services import listed

_NAMED = 10


@check("segmentation-not-enforced", title="Zones are not kept apart as declared", severity=Severity.CRITICAL)
def segmentation_not_enforced(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """Nothing answers from one zone to another that your policy denies it.

    Your policy is `reachable_from` of the zones and the flows in posture.toml. It fails where an application gave an
    answer to a scanner in a denied zone, or a canary its nonce: that a connection opens is no answer, since some
    firewalls open every one. What a check of its own counts (Remote Desktop, SMB, databases and the like) is not
    counted here again.

    A host passes where every port on which its zone's canary listens is closed from every denied zone, or silent and
    the canary shows that the network keeps it so. Without a canary these are the ports that intruders move over. From a
    zone where nobody scanned, nothing is known.

    Why it matters:
        An intruder in one workstation, or a guest, goes on to whatever answers. Zones that exist only on paper keep
        nobody out, and the plan for an incident counts on them.

    How to fix:
        Deny everything between the zones but the declared flows, and look again from each zone. If the flow is needed,
        declare it in posture.toml, with its reason.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B), 164.312(a)(1); NIST SP 800-207; NIST SP 800-53 SC-7; HPH CPG "Network
        Segmentation".
    """

    def look(host: Host, target: Zone, proofs: Proofs) -> Iterator[Verdict | Want]:
        said = list(_from_everywhere(host, target, scope, proofs))
        counted = [each for each in said if isinstance(each, Verdict) and each.outcome is Outcome.NOT_APPLICABLE]
        for each in said:
            if not (counted and isinstance(each, Verdict) and each.outcome is Outcome.PASS):
                yield each

    yield from judged(hosts, scope, look)
    yield from _canaries(hosts, scope)


def _from_everywhere(host: Host, target: Zone, scope: Scope, proofs: Proofs) -> Iterator[Verdict | Want]:
    numbers = _numbers(target, scope)
    for source in across(scope, target, None):
        if isinstance(source, Want):
            yield source
            continue
        rulings = {number: ruling(scope, source.id, target.id, "tcp", number) for number in numbers}
        denied = [number for number, ruled in rulings.items() if ruled == "denied"]
        views = [view for view in host.views if view.vantage == source.id]
        if "undeclared" in rulings.values():
            yield Want("declaration", target.id)
        elif denied and not views:
            yield Want("scan", source.id)
        for view in views:
            yield from _opened(host, view, source, scope)
            shut_ports = (port for number in denied if (port := view.port("tcp", number)).state != "open")
            yield from shut(host, view, shut_ports, proofs)
    for view in host.views:
        if view.vantage not in scope.zones:
            yield from undeclared(view, filter(spoke, view.ports))


def _numbers(target: Zone, scope: Scope) -> PortSet:
    """The ports that decide: those on which the zone's canaries listen."""
    ports = [PortSet.parse(canary.tcp) for canary in scope.canary if canary.zone == target.id]
    return PortSet.of(number for some in ports for number in some) if ports else PortSet.parse(LATERAL_PORTS)


def _opened(host: Host, view: View, source: Zone, scope: Scope) -> Iterator[Verdict]:
    counted = {
        (port.protocol, port.number)
        for rule in SPECIFIC
        if rule.sources is None or source.kind in rule.sources
        for port in reached(host, view, rule, scope)
    }
    opened = [
        port
        for port in view.ports
        if port.state == "open" and ruling(scope, source.id, host.place or "", port.protocol, port.number) == "denied"
    ]
    rest = [port for port in opened if (port.protocol, port.number) not in counted]
    answered = [port for port in rest if spoke(port)]
    silent = [port for port in rest if not spoke(port)]
    if answered:
        yield failed(f"The zone {source.id} is answered on {_named(answered)}; your policy denies it", *answered)
    if silent:
        yield unknown(
            f"{_ports(silent)} open to the zone {source.id}, which your policy denies; what listens there did not show",
            *silent,
            answer=f"Identify the services from {source.id} (nmap -sV), or look at the firewall's rules.",
        )
    if counted:
        told = [port for port in opened if (port.protocol, port.number) in counted]
        yield not_applicable(f"What crosses from {source.id} is counted by checks of its own", *told)


def _named(ports: Iterable[Port]) -> str:
    several = list(ports)
    words = [f"{port} ({' '.join((port.service.product or port.service.name).split())[:40]})" for port in several]
    more = f" and {len(words) - _NAMED} more ports" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more


def _ports(ports: list[Port]) -> str:
    return f"{len(ports)} ports" if len(ports) > _NAMED else listed(ports)


def _canaries(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """Where our own listener was heard by whom it should not be."""
    for host in hosts:
        canary = scope.canaries.get(host.address)
        for view in host.views if canary is not None else ():
            heard = [
                port
                for port in view.ports
                if port.state == "open"
                and port.service.identified_as(CANARY)
                and ruling(scope, view.vantage, canary.zone if canary else "", port.protocol, port.number) == "denied"
            ]
            if heard:
                yield failed(
                    f"The canary of the zone {host.place} answers the zone {view.vantage} on {_ports(heard)}; "
                    "your policy denies it",
                    *heard,
                    about=host,
                )
