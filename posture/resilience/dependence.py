"""What clinical services stand on, and where their backups lie: machines and directories. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address

from posture.assessment import ClinicalService
from posture.model import Record
from posture.resilience.landscape import Landscape
from posture.resilience.machines import shortened
from posture.resilience.services import directory_dependents, named
from posture.scope import Address, Scope

__all__ = ["Dependence", "Store", "dependence"]


class Store(Record, frozen=True, kw_only=True):
    """A place where backups lie: a zone of backups, or what services name. It is lost with any of its machines."""

    id: str
    label: str
    machines: tuple[str, ...]


class Dependence(Record, frozen=True, kw_only=True):
    """Services by machine and by directory, stores of backups by machine, and the backups that no evidence shows."""

    services_on: dict[str, frozenset[str]]
    services_of_realm: dict[str, frozenset[str]]
    stores_on: dict[str, frozenset[str]]
    stores: dict[str, Store]
    unseen_backups: tuple[str, ...]


def dependence(seen: Landscape, scope: Scope, services: Sequence[ClinicalService]) -> Dependence:
    """Which services and backups go with which machine and directory."""
    services_on: dict[str, set[str]] = {}
    of_realm: dict[str, set[str]] = {}
    for service in services:
        for host in service.hosts:
            for key in seen.machine_of.get(host, ()):
                services_on.setdefault(key, set()).add(service.id)
    given = {service.id for service in services}
    for directory, users in directory_dependents(scope).items():
        of_realm.setdefault(seen.realm_of[directory], set()).update(given.intersection(users))
    stores, unseen = _stores(seen, scope)
    stores_on: dict[str, set[str]] = {}
    for store in stores.values():
        for key in store.machines:
            stores_on.setdefault(key, set()).add(store.id)
    return Dependence(
        services_on=_frozen(services_on),
        services_of_realm=_frozen(of_realm),
        stores_on=_frozen(stores_on),
        stores=stores,
        unseen_backups=unseen,
    )


def _frozen(sets: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(sets[key]) for key in sorted(sets)}


def _stores(seen: Landscape, scope: Scope) -> tuple[dict[str, Store], tuple[str, ...]]:
    users: dict[str, set[str]] = {}
    for service in scope.service:
        for place in service.backups:
            users.setdefault(place, set()).add(service.name)
    backup_zones = {f"zone:{zone.id}" for zone in scope.zone if zone.kind == "backup"}
    stores: dict[str, Store] = {}
    unseen: list[str] = []
    claimed: set[str] = set()
    for place in sorted({*users, *backup_zones}, key=lambda place: (place in backup_zones, place)):
        there = _at(place, seen, scope)
        machines = tuple(key for key in there if place not in backup_zones or key not in claimed)
        of = f" (backups of {', '.join(sorted(users[place]))})" if place in users else ""
        label = shortened(f"{place.removeprefix('zone:')}{of}", 120)
        if machines:
            stores[place] = Store(id=place, label=label, machines=machines)
            claimed.update(machines)
        elif not there:
            unseen.append(label)
    return stores, tuple(unseen)


def _at(place: str, seen: Landscape, scope: Scope) -> tuple[str, ...]:
    """The machines at an address, in a network, or in a zone."""
    targets = named(place, scope)
    zones = {target[1] for target in targets if isinstance(target, tuple) and target[0] == "zone"}
    networks = [target for target in targets if not isinstance(target, tuple)]
    return tuple(
        key
        for key, machine in seen.machines.items()
        if any(zone in zones for zone, _ in machine.legs)
        or any(address in network for network in networks for address in _parsed(machine.addresses))
    )


def _parsed(addresses: Iterable[str]) -> Iterator[Address]:
    for text in addresses:
        try:
            yield ip_address(text)
        except ValueError:  # a directory that is known by its name alone
            continue
