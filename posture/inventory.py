"""Which facts speak of the same real thing: identifiers joined into assets, under their strongest key."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from posture.facts import Computer, Device, Directory, Fact, Host, known

__all__ = ["Inventory", "Thing"]

_MACHINES = (Host, Device, Directory, Computer)
_KINDS = {"Host": "host", "Device": "device", "Directory": "directory server", "Computer": "computer"}


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """A subject: its key, every identifier it goes by, and the facts about it."""

    key: str
    ids: tuple[str, ...]
    facts: tuple[Fact, ...]

    @property
    def name(self) -> str:
        """What people call it: a name of its own before an address."""
        ranked = sorted(self.facts, key=lambda fact: (isinstance(fact, Host), fact.name))
        return ranked[0].name

    @property
    def kind(self) -> str:
        """The most telling kind among its facts."""
        kinds = {type(fact).__name__ for fact in self.facts}
        return next(
            (_KINDS[name] for name in ("Directory", "Device", "Computer", "Host") if name in kinds),
            min(kinds).lower(),
        )

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its network addresses."""
        found = {fact.address for fact in self.facts if isinstance(fact, (Host, Device, Directory)) and fact.address}
        return tuple(sorted(found))

    @property
    def place(self) -> str:
        """The zone or directory it stands in; a zone before a directory."""
        places = [fact.place for fact in sorted(self.facts, key=lambda f: not isinstance(f, Host)) if fact.place]
        return places[0] if places else ""

    @property
    def places(self) -> tuple[str, ...]:
        """Every place it stands in: with a foot in the network of the records, it reaches them."""
        return tuple(sorted({fact.place for fact in self.facts if fact.place}))

    @property
    def evidence(self) -> tuple[str, ...]:
        """All evidence that speaks of it."""
        return tuple(sorted({digest for fact in self.facts for digest in fact.evidence}))

    @property
    def mac(self) -> str:
        """A MAC address seen by a scan, if any."""
        return next((mac for fact in self.facts if isinstance(fact, Host) and (mac := known(fact.mac, ""))), "")

    @property
    def vendor(self) -> str:
        """The vendor the device names, else the one its MAC prefix is assigned to."""
        named = [known(fact.vendor, "") for fact in self.facts if isinstance(fact, Device)]
        by_prefix = [fact.mac_vendor for fact in self.facts if isinstance(fact, Host)]
        return next(filter(None, (*named, *by_prefix)), "")

    @property
    def description(self) -> str:
        """What it says of itself."""
        said = [known(fact.description, "") for fact in self.facts if isinstance(fact, Device)]
        systems = [known(fact.operating_system, "") for fact in self.facts if isinstance(fact, Computer)]
        vendors = [fact.vendor for fact in self.facts if isinstance(fact, Directory)]
        return next(filter(None, (*said, *systems, *vendors)), "")

    @property
    def open_ports(self) -> tuple[str, ...]:
        """Its open ports, as `443/tcp https`."""
        ports = {
            (port.protocol, port.number): f"{port} {port.service.name}".strip()
            for fact in self.facts
            if isinstance(fact, Host)
            for port in fact.open()
        }
        return tuple(ports[at] for at in sorted(ports))


class Inventory:
    """Facts joined by the identifiers they share.

    Machines are joined (a host, its SNMP agent and its directory service are one thing); every other fact is a
    subject of its own, under its first identifier. The order of the facts makes no difference.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._parent: dict[str, str] = {}
        machines: list[Fact] = []
        others: list[Fact] = []
        for fact in facts:
            (machines if isinstance(fact, _MACHINES) else others).append(fact)
            if isinstance(fact, _MACHINES):
                for other in fact.ids[1:]:
                    self._join(fact.ids[0], other)
        groups: dict[str, list[Fact]] = {}
        for fact in machines:
            groups.setdefault(self._root(fact.ids[0]), []).append(fact)
        self.things = tuple(sorted((_thing(group) for group in groups.values()), key=lambda thing: thing.key))
        self._keys = {identifier: thing.key for thing in self.things for identifier in thing.ids}
        self._by_key = {thing.key: thing for thing in self.things}
        self.others = tuple(others)

    def key(self, fact: Fact) -> str:
        """The key under which this fact's subject is known."""
        return self.key_of(fact.ids[0])

    def key_of(self, identifier: str) -> str:
        """The key of the subject that goes by this identifier."""
        return self._keys.get(identifier, identifier)

    def thing(self, key: str) -> Thing | None:
        """The machine of this key, if it is one."""
        return self._by_key.get(key)

    def _root(self, identifier: str) -> str:
        at = identifier
        while (parent := self._parent.get(at, at)) != at:
            at = parent
        self._parent[identifier] = at
        return at

    def _join(self, one: str, other: str) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        self._parent[second] = first


_STRENGTH = ("guid", "snmp-engine", "serial", "mac", "address")


def _strength(identifier: str) -> tuple[int, str]:
    scheme = identifier.partition(":")[0]
    return (_STRENGTH.index(scheme) if scheme in _STRENGTH else len(_STRENGTH), identifier)


def _thing(group: list[Fact]) -> Thing:
    ids = tuple(sorted({identifier for fact in group for identifier in fact.ids}, key=_strength))
    ordered = sorted(group, key=lambda fact: (type(fact).__name__, fact.ids, fact.name))
    return Thing(key=ids[0], ids=ids, facts=tuple(ordered))
