"""Which machine has a MAC address, or announced itself on a wire. Pure.

A MAC address or a name that several machines go by tells of none of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Protocol

from posture.facts import Device, Fact, Host, Missing, Neighbour, known

__all__ = ["Machine", "Whose"]


class Machine(Protocol):
    """One machine: an asset of an assessment, or a thing of an inventory."""

    @property
    def key(self) -> str:
        """Its lasting identifier."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def ids(self) -> tuple[str, ...]:
        """Every identifier it goes by."""
        ...

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its network addresses."""
        ...


class Whose:
    """Whom MAC addresses, addresses and names belong to: keys of machines, and empty where none or several do.

    A MAC address is told by a scan, by a device of its own interfaces, and by routers that spoke with its address.
    """

    def __init__(self, facts: Iterable[Fact], machines: Iterable[Machine]) -> None:
        every, those = list(facts), list(machines)
        self.devices = tuple(fact for fact in every if isinstance(fact, Device))
        self._of_id = _by((identifier, each.key) for each in those for identifier in (each.key, *each.ids))
        self._addresses = _by((address, each.key) for each in those for address in each.addresses)
        self._names = _by((name.casefold(), key) for name, key in self._called(those))
        told = _by(self._own(every))
        # A router answers for many addresses with its own MAC: who is known by it already is no other for it.
        heard = _by((mac, key) for mac, key in self._spoken_with() if mac not in told)
        self._macs = {**heard, **told}

    def key(self, fact: Fact) -> str:
        """The machine that a fact is about."""
        return next(filter(None, (_only(self._of_id.get(each, ())) for each in fact.ids)), "")

    def mac(self, mac: str) -> str:
        """Whose MAC address it is."""
        return _only(self._macs.get(mac.lower(), ()))

    def neighbour(self, heard: Neighbour) -> str:
        """Who announced itself so: by its MAC address, its address, or its whole name."""
        found = self.mac(heard.chassis) if heard.chassis_kind == "mac" else ""
        if not found and heard.chassis_kind == "address":
            found = _only(self._addresses.get(heard.chassis, ()))
        return found or (_only(self._names.get(heard.name.casefold(), ())) if heard.name else "")

    def _called(self, machines: Iterable[Machine]) -> Iterator[tuple[str, str]]:
        for each in machines:
            yield each.name, each.key
        for device in self.devices:
            key = self.key(device)
            if key and isinstance(device.system_name, str):
                yield device.system_name, key

    def _own(self, facts: Iterable[Fact]) -> Iterator[tuple[str, str]]:
        for fact in facts:
            if isinstance(fact, Host):
                macs = [known(fact.mac, "")]
            elif isinstance(fact, Device):
                macs = [interface.mac for interface in known(fact.interfaces, ())]
            else:
                continue
            key = self.key(fact)
            yield from ((mac.lower(), key) for mac in macs if mac and key)

    def _spoken_with(self) -> Iterator[tuple[str, str]]:
        """Who answered with a MAC address; an address of no machine that was seen, or of several, counts as another."""
        for device in self.devices:
            if not isinstance(device.arp, Missing):
                for entry in device.arp.rows:
                    yield entry.mac, _only(self._addresses.get(entry.address, ()))


def _by(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, key in pairs:
        found[name].add(key)
    return dict(found)


def _only(keys: Iterable[str]) -> str:
    """The one key; empty for none and for several."""
    found = tuple(keys)
    return found[0] if len(found) == 1 else ""
