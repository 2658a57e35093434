"""Clinical services: what each stands on, and how ready it is for downtime. Pure.

Readiness is asked item by item of the contingency plan, 45 CFR 164.308(a)(7)(ii)(A) to (E). A drill or restore test
that is older than the hospital's own threshold counts as missing, and so does one that is dated in the future.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from ipaddress import IPv6Network, ip_network
from typing import Final, Literal, TypeAlias

from posture.assessment.clinical import ClinicalService, ReadinessItem
from posture.facts import Device, Directory, Host
from posture.inventory import Inventory, Thing
from posture.presentation import day, plural
from posture.scope import Address, Network, Scope, Service

__all__ = [
    "Target",
    "clinical_services",
    "dependents",
    "directory_dependents",
    "lacking",
    "named",
    "service_dependents",
    "uses",
]

Target: TypeAlias = Network | tuple[Literal["zone", "directory", "service"], str]
"""What an entry of `depends_on` names: a network (an address is one of a single address), or a thing of the scope."""

_State: TypeAlias = Literal["present", "stale", "missing"]
CONTINGENCY_PLAN: Final = "164.308(a)(7)(ii)"


def clinical_services(scope: Scope, inventory: Inventory, today: date) -> tuple[ClinicalService, ...]:
    """Every service of the scope in its order, with the machines it stands on and its readiness on this day."""
    index = _Index(scope, inventory)
    return tuple(_clinical(service, scope, index, today) for service in scope.service)


def dependents(services: Iterable[ClinicalService]) -> dict[str, tuple[str, ...]]:
    """The ids of the services that depend on each asset, by the asset's key."""
    return _inverted((service.id, service.hosts) for service in services)


def service_dependents(scope: Scope) -> dict[str, tuple[str, ...]]:
    """The ids of the services that depend on each service, directly or through others, by its id."""
    return _inverted((service, set(used) - {service}) for service, used in _reach(scope, "service"))


def directory_dependents(scope: Scope) -> dict[str, tuple[str, ...]]:
    """The ids of the services that depend on each directory, directly or through others, by the directory's id."""
    return _inverted(_reach(scope, "directory"))


def lacking(service: ClinicalService) -> tuple[ReadinessItem, ...]:
    """What the service lacks for downtime: the items that are missing, or too old to count."""
    return tuple(item for item in service.readiness if item.state != "present")


def _inverted(pairs: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for service, used in pairs:
        for each in used:
            found.setdefault(each, set()).add(service)
    return {each: tuple(sorted(services)) for each, services in sorted(found.items())}


# ── what an entry names ──────────────────────────────────────────────────────────────────────────────────────────


def named(text: str, scope: Scope, own: str = "") -> tuple[Target, ...]:
    """What an entry of `depends_on` or `backups` names; nothing where it is none of the scope's things.

    An entry is an address, a network, `zone:ID`, `directory:ID`, or an id by itself. An id by itself that is a
    service's as well as a zone's or directory's names both, so that nothing that could stop is left out; the service
    `own`, whose entry it is, is never meant.
    """
    if (network := _network(text)) is not None:
        return (network,)
    kind, _, identifier = text.rpartition(":")
    there: dict[Literal["zone", "directory", "service"], Container[str]] = {
        "service": {service.id for service in scope.service} - {own},
        "zone": scope.zones,
        "directory": scope.directories,
    }
    return tuple((each, identifier) for each, ids in there.items() if kind in {"", each} and identifier in ids)


def _network(text: str) -> Network | None:
    try:
        parsed = ip_network(text)
    except ValueError:
        return None
    mapped = parsed.network_address.ipv4_mapped if isinstance(parsed, IPv6Network) else None
    return ip_network((mapped, parsed.prefixlen - 96)) if mapped and parsed.prefixlen >= 96 else parsed  # noqa: PLR2004  # RFC 4291, 2.5.5.2


def uses(service: Service, scope: Scope) -> tuple[tuple[str, Target | None], ...]:
    """Each entry with what it names (None where that is nothing), of the service and of those it depends on.

    In the order in which they are met; services that depend on each other are met once.
    """
    by_id = {each.id: each for each in scope.service}
    waiting, met = [service], {service.id}
    found: dict[tuple[str, Target | None], None] = {}
    while waiting:
        current = waiting.pop(0)
        for text in current.depends_on:
            targets: tuple[Target | None, ...] = named(text, scope, current.id) or (None,)
            for target in targets:
                found[text, target] = None
                if isinstance(target, tuple) and target[0] == "service" and target[1] not in met:
                    met.add(target[1])
                    waiting.append(by_id[target[1]])
    return tuple(found)


def _reach(scope: Scope, kind: Literal["service", "directory"]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for service in scope.service:
        targets = [target for _, target in uses(service, scope)]
        yield service.id, tuple(target[1] for target in targets if isinstance(target, tuple) and target[0] == kind)


# ── what evidence shows ──────────────────────────────────────────────────────────────────────────────────────────


class _Index:
    """The keys of the machines by what an entry can name."""

    def __init__(self, scope: Scope, inventory: Inventory) -> None:
        self._of = {thing.key: _addresses(thing.addresses) for thing in inventory.things}
        self._by_address: dict[Address, set[str]] = {}
        self._by_place: dict[tuple[str, str], set[str]] = {}
        self._known: dict[Target, frozenset[str]] = {}
        for thing in inventory.things:
            for address in self._of[thing.key]:
                self._by_address.setdefault(address, set()).add(thing.key)
            for place in _places(thing, scope):
                self._by_place.setdefault(place, set()).add(thing.key)
        for directory in scope.directory:
            servers = self._by_place.setdefault(("directory", directory.id), set())
            told = [address for key in servers for address in self._of[key]]
            for address in (*told, *_addresses([directory.host])):
                servers.update(self._by_address.get(address, ()))

    def keys(self, target: Target) -> frozenset[str]:
        """The machines that evidence shows there; none for a service, whose machines its own entries name."""
        if target not in self._known:
            self._known[target] = frozenset(self._found(target))
        return self._known[target]

    def _found(self, target: Target) -> Iterable[str]:
        if isinstance(target, tuple):
            return self._by_place.get(target, ())
        if target.num_addresses == 1:
            return self._by_address.get(target.network_address, ())
        return {key for address, keys in self._by_address.items() if address in target for key in keys}


def _places(thing: Thing, scope: Scope) -> Iterator[tuple[str, str]]:
    for fact in thing.facts:
        if fact.place in scope.zones:
            yield "zone", fact.place
        elif isinstance(fact, (Host, Device, Directory)):
            zones = map(scope.zone_of, _addresses([fact.address]))
            yield from (("zone", zone.id) for zone in zones if zone)
        if isinstance(fact, Directory) and fact.place in scope.directories:
            yield "directory", fact.place


def _addresses(texts: Iterable[str]) -> tuple[Address, ...]:
    """Those that are addresses; IPv4 written as IPv6 is the IPv4 address (RFC 4291, 2.5.5.2)."""
    networks = [network for text in texts if (network := _network(text)) is not None]
    return tuple(network.network_address for network in networks if network.num_addresses == 1)


def _clinical(service: Service, scope: Scope, index: _Index, today: date) -> ClinicalService:
    silent = {each.id for each in scope.service if not each.depends_on}
    hosts: set[str] = set()
    unresolved: dict[str, None] = {}
    for text, target in uses(service, scope):
        if isinstance(target, tuple) and target[0] == "service":
            shown = target[1] not in silent  # what it names is met by itself
        else:
            keys = index.keys(target) if target is not None else frozenset()
            hosts |= keys
            shown = bool(keys)
        if not shown:
            unresolved[text] = None
    return ClinicalService(
        id=service.id,
        name=service.name,
        sites=tuple(site.name for site in scope.site if not service.sites or site.id in service.sites),
        depends_on=service.depends_on,
        hosts=tuple(sorted(hosts)),
        unresolved=tuple(unresolved),
        rto_hours=service.rto_hours,
        rpo_hours=service.rpo_hours,
        downtime_procedure=service.downtime_procedure,
        last_drill=service.last_drill,
        last_restore_test=service.last_restore_test,
        fallback_communication=service.fallback_communication,
        readiness=tuple(_readiness(service, scope, today)),
    )


# ── readiness ────────────────────────────────────────────────────────────────────────────────────────────────────


def _readiness(service: Service, scope: Scope, today: date) -> Iterator[ReadinessItem]:
    limits = scope.thresholds
    backups = ", ".join(filter(str.strip, service.backups))
    yield _item("Data backup plan", "A", *_stated({"where its backups lie": backups}))
    restored = _aged("restore test", service.last_restore_test, limits.restore_test_days, today)
    yield _item("Disaster recovery plan", "B", *restored)
    ways = {
        "a downtime procedure": service.downtime_procedure,
        "how staff talk when it is down": service.fallback_communication,
    }
    yield _item("Emergency mode operation plan", "C", *_stated(ways))
    drilled = _aged("downtime drill", service.last_drill, limits.drill_days, today)
    yield _item("Testing and revision procedures", "D", *drilled)
    hours = {
        "the hours until it must be back (RTO)": _hours(service.rto_hours),
        "the hours of data that may be lost (RPO)": _hours(service.rpo_hours),
    }
    yield _item("Applications and data criticality analysis", "E", *_stated(hours))


def _item(name: str, letter: str, state: _State, said: str) -> ReadinessItem:
    return ReadinessItem(name=name, control=f"{CONTINGENCY_PLAN}({letter})", state=state, said=said)


def _stated(wanted: Mapping[str, str]) -> tuple[_State, str]:
    """Present where everything that is wanted is stated; whether it is true is for an auditor to examine."""
    missing = [what for what, said in wanted.items() if not said.strip()]
    if missing:
        return "missing", f"The scope does not state {' or '.join(missing)}."
    return "present", f"Stated: {'; '.join(f'{what}: {said.strip()}' for what, said in wanted.items())}."


def _aged(what: str, last: date | None, days: int, today: date) -> tuple[_State, str]:
    """Present up to an age of exactly `days`; a day more is stale."""
    if last is None:
        return "missing", f"The scope states no {what}."
    if last > today:
        said = f"The last {what} is dated {day(last)}, which is in the future: a mistake, so it does not count."
        return "missing", said
    age = (today - last).days
    said = f"The last {what} was {plural(age, 'day')} ago, on {day(last)}; your policy allows {plural(days, 'day')}"
    return ("present", f"{said}.") if age <= days else ("stale", f"{said}, so it does not count.")


def _hours(hours: float | None) -> str:
    return "" if hours is None else f"{hours:g} h"
