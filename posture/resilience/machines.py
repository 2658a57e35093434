"""Machines, the zones they stand in, and the ways into them. Pure.

Things of the inventory that are one machine to an attacker are joined here by address (a directory service and the
host it runs on) and by name (a computer of the domain and the host that answers to its DNS name).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Final, NamedTuple

from posture.facts import Computer, Device, Directory, Fact, Host, known
from posture.inventory import Inventory, Thing
from posture.model import Record
from posture.presentation import visible
from posture.resilience.ways import CREDENTIALS, FAMILIES, FAMILY, SNMP, WEAKNESS, Family, Way
from posture.scope import Scope

__all__ = ["UNZONED", "Machine", "Reason", "domain_of", "enabled", "machine", "machines_of", "shortened"]

UNZONED: Final = ""
"""The pseudo-zone of machines whose address is in no zone of the scope."""

_DISABLED = 0x2


class Reason(NamedTuple):
    """What shows a way: the ports in words, the evidence, and the ports (protocol and number)."""

    ports: str
    evidence: tuple[str, ...]
    numbers: frozenset[tuple[str, int]] = frozenset()


class Machine(Record, frozen=True, kw_only=True):
    """A machine. `legs` are the zones it stands in, each with the ways into it there; none where no address is known.

    `flows` are the zones that flows lead from into one that it stands in (second), each with the ways on their ports.
    `families` are the ports that are open on it, whether or not they are a way in. `unanswered` are those that were not
    asked or gave no answer.
    """

    key: str
    label: str
    addresses: tuple[str, ...] = ()
    legs: tuple[tuple[str, tuple[Way, ...]], ...] = ()
    flows: tuple[tuple[str, str, tuple[Way, ...]], ...] = ()
    reasons: dict[tuple[str, Way], Reason]
    families: frozenset[str] = frozenset()
    unanswered: tuple[int, ...] = ()
    scanned: bool = False


def shortened(text: str, most: int = 80) -> str:
    """Text from evidence, made visible on one line, and cut where it is longer than a line."""
    shown = " ".join(visible(text).split())
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def machines_of(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """The machines that a thing is. A directory read from a file and a disabled computer account are none."""
    by_address: dict[str, set[str]] = {}
    by_name: dict[str, set[str]] = {}
    for thing in inventory.things:
        for fact in thing.facts:
            if isinstance(fact, Host):
                by_address.setdefault(fact.address, set()).add(thing.key)
                for name in (fact.name, *fact.names):
                    by_name.setdefault(_dns(name), set()).add(thing.key)
    found: dict[str, tuple[str, ...]] = {}
    for thing in inventory.things:
        if any(isinstance(fact, Host) for fact in thing.facts):
            found[thing.key] = (thing.key,)
            continue
        same = {key for address in thing.addresses for key in by_address.get(address, ())}
        if len(same) > 1:  # one address at two sites: which of them it is, nobody can say
            same = set()
        same |= {key for fact in thing.facts for name in _names(fact) for key in by_name.get(_dns(name), ())}
        if same or thing.addresses or any(isinstance(fact, Computer) and enabled(fact) for fact in thing.facts):
            found[thing.key] = tuple(sorted(same)) or (thing.key,)
    return found


def _dns(name: str) -> str:
    return name.rstrip(".").casefold()


def _names(fact: Fact) -> Iterator[str]:
    if isinstance(fact, Computer):
        yield known(fact.dns_name, "") or f"{fact.login.removesuffix('$')}.{domain_of(fact.dn)}"
    elif isinstance(fact, Directory):
        yield fact.address


def domain_of(name: str) -> str:
    """The DNS name of the domain that a distinguished name is in (RFC 2247): `DC=hosp,DC=example` is hosp.example."""
    parts = [part.strip() for part in name.split(",")]
    return ".".join(part[3:].casefold() for part in parts if part[:3].casefold() == "dc=")


def enabled(account: Computer) -> bool:
    """Whether the account may be in use: not known counts as yes."""
    return account.flag(_DISABLED) is not True


def machine(key: str, things: Sequence[Thing], fails: Mapping[str, tuple[str, ...]], scope: Scope) -> Machine:
    """The machine that these things are. `fails` are its failed checks, with their evidence."""
    facts = [fact for thing in things for fact in thing.facts]
    hosts = [fact for fact in facts if isinstance(fact, Host)]
    reasons: dict[tuple[str, Way], Reason] = {}
    zones: dict[str, set[Way]] = {}
    families: set[str] = set()
    for zone, family, seen in _doors(facts, scope):
        zones.setdefault(zone, set())
        if family is not None:
            families.add(family.id)
            for way, evidence in _ways(family, fails):
                zones[zone].add(way)
                before = reasons.get((zone, way), Reason(seen.ports, ()))
                proof = {*before.evidence, *seen.evidence, *evidence}
                numbers = before.numbers | seen.numbers
                reasons[zone, way] = Reason(min(before.ports, seen.ports), tuple(sorted(proof)), numbers)
    addresses = tuple(sorted({address for thing in things for address in thing.addresses}))
    name = next((thing.name for thing in things if thing.name not in addresses), "")
    return Machine(
        key=key,
        label=shortened(" ".join(filter(None, (name, addresses[0] if addresses else "")))) or key,
        addresses=addresses,
        legs=tuple((zone, tuple(sorted(ways, key=lambda way: way.rank))) for zone, ways in sorted(zones.items())),
        flows=tuple(_flows(zones, reasons, scope)),
        reasons=reasons,
        families=frozenset(families),
        unanswered=tuple(
            sorted({number for host in hosts for family in FAMILIES for number in family.unanswered_on(host)})
        ),
        scanned=any(host.ports or host.collapsed for host in hosts),
    )


def _flows(
    zones: Mapping[str, set[Way]], reasons: Mapping[tuple[str, Way], Reason], scope: Scope
) -> Iterator[tuple[str, str, tuple[Way, ...]]]:
    """The ways that a flow opens to its source: those on a port that it names."""
    found: dict[tuple[str, str], set[Way]] = {}
    for flow in scope.flow:
        for way in zones.get(flow.target, ()):
            if any(number in flow.ports(protocol) for protocol, number in reasons[flow.target, way].numbers):
                found.setdefault((flow.source, flow.target), set()).add(way)
    for (source, target), ways in sorted(found.items()):
        yield source, target, tuple(sorted(ways, key=lambda way: way.rank))


_NO_PORTS: Final = Reason("", ())


def _doors(facts: Sequence[Fact], scope: Scope) -> Iterator[tuple[str, Family | None, Reason]]:
    """The zones that a machine stands in, with what is open on it there (None: only that it stands there)."""
    for fact in facts:
        if not isinstance(fact, (Host, Device, Directory)) or not fact.address:
            continue
        zone = _zone(fact.address, scope)
        yield zone, None, _NO_PORTS
        if isinstance(fact, Host):
            for family in FAMILIES:
                if family.id != SNMP and (ports := family.open_on(fact)):
                    evidence = tuple(sorted({digest for port in ports for digest in port.evidence or fact.evidence}))
                    numbers = frozenset((port.protocol, port.number) for port in ports)
                    yield zone, family, Reason(", ".join(map(str, ports)), evidence, numbers)
        elif isinstance(fact, Device) and _answered(fact):
            yield zone, FAMILY[SNMP], Reason("161/udp", fact.evidence, frozenset({("udp", 161)}))


def _answered(device: Device) -> bool:
    """Whether the agent let somebody in: a walk from a file names no attempt, and is itself an answer."""
    return not device.attempts or any(attempt.outcome == "accepted" for attempt in device.attempts)


def _zone(address: str, scope: Scope) -> str:
    try:
        zone = scope.zone_of(ip_address(address))
    except ValueError:
        return UNZONED
    return zone.id if zone else UNZONED


def _ways(family: Family, fails: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[Way, tuple[str, ...]]]:
    """The ways through an open family: each failed check on it, and a password where that is enough."""
    for check, evidence in fails.items():
        weakness = WEAKNESS[check]
        if weakness.family == family.id:
            yield Way(family.id, check, weakness.takes, weakness.grants), evidence
    if family.credentials:
        yield Way(family.id, "", takes=True, grants=CREDENTIALS), ()
