"""One real thing: every identifier it goes by, the facts about it, and why these are of one thing."""

from __future__ import annotations

import msgspec

from posture.facts import Computer, Device, Directory, Fact, Host, known
from posture.scope import Scope

__all__ = ["Doubt", "Thing"]

_KINDS = {"Host": "host", "Device": "device", "Directory": "directory server", "Computer": "computer"}


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """A machine: its key, every identifier it goes by, and the facts about it.

    `joins` are sentences: by what the facts were put together, and what was kept apart in spite of what it shares.
    `parts` are the subjects that it is made of where a name or an address put them together, which anybody can claim:
    each of them is judged by itself. A subject has no parts.
    """

    key: str
    ids: tuple[str, ...]
    facts: tuple[Fact, ...]
    joins: tuple[str, ...] = ()
    parts: tuple[Thing, ...] = ()

    @property
    def subjects(self) -> tuple[Thing, ...]:
        """Its parts, or itself."""
        return self.parts or (self,)

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

    def feet(self, scope: Scope) -> tuple[str, ...]:
        """Every place it stands in; empty text for an address in no zone: nobody said what that network holds."""
        unplaced = {
            fact.address for fact in self.facts if isinstance(fact, (Host, Device)) and fact.address and not fact.place
        }
        zones = {zone.id if (zone := scope.zone_of(address)) else "" for address in unplaced}
        return (*self.places, *sorted(zones - {*self.places}))

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


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """Machines that may be one, by their keys, and why that could not be said."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    reason: str
