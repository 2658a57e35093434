"""Which facts speak of the same real thing: identifiers joined into assets, under their strongest key. Pure.

What each of them is (`posture.inventory.classes`), and whether an inventory of the organisation has it
(`posture.inventory.declared`), is asked here too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property
from itertools import combinations

from posture.facts import DeclaredAsset, Fact
from posture.inventory import classes
from posture.inventory.classes import DeviceClass
from posture.inventory.declared import Declared, Match, Seen, Standing
from posture.inventory.identifiers import own_mac
from posture.inventory.index import MACHINES, Joins
from posture.inventory.makers import MEDICAL_MAKERS
from posture.inventory.thing import Doubt, Thing
from posture.inventory.whose import Whose

__all__ = ["MEDICAL_MAKERS", "DeviceClass", "Doubt", "Inventory", "Match", "Seen", "Standing", "Thing"]


class Inventory:
    """Facts joined by the identifiers they share. The order of the facts makes no difference.

    `things` are machines as subjects of judgement (a host and its SNMP agent are one), `machines` as people count them
    (with what a name joins, see `posture.inventory.index`), `doubts` those that may be one. Every other fact is a
    subject of its own, under its first identifier. `zones` are the ids of those that declared inventories cover; empty
    means all.
    """

    def __init__(self, facts: Iterable[Fact], zones: Collection[str] = ()) -> None:
        every = list(facts)
        self.others = tuple(fact for fact in every if not isinstance(fact, MACHINES))
        joins = Joins(fact for fact in every if isinstance(fact, MACHINES))
        self.things, self.machines, self.doubts = joins.things, joins.machines, joins.doubts
        self._holders = joins.holders
        self._by_key = {thing.key: thing for thing in self.things}
        self._key_of_fact = {id(fact): thing.key for thing in self.things for fact in thing.facts}
        self._machine_of = {part.key: machine for machine in self.machines for part in machine.subjects}
        self._classes: dict[str, DeviceClass] = {}
        rows = (fact for fact in self.others if isinstance(fact, DeclaredAsset))
        self.declared = Declared(rows, self.things, zones)

    def key(self, fact: Fact) -> str:
        """The key under which this fact's subject is known."""
        return self._key_of_fact.get(id(fact)) or self.key_of(fact.ids[0])

    def key_of(self, identifier: str) -> str:
        """The key of the subject that goes by this identifier; the identifier itself where none or several do."""
        keys = self.keys_of(identifier)
        return keys[0] if len(keys) == 1 else identifier

    def keys_of(self, identifier: str) -> tuple[str, ...]:
        """The keys of all subjects that go by this identifier; the identifier itself where none does."""
        return self._holders.get(identifier, (identifier,))

    def thing(self, key: str) -> Thing | None:
        """The machine of this key, if it is one."""
        return self._by_key.get(key)

    def machine(self, key: str) -> Thing | None:
        """The machine that this subject is a part of, or is."""
        return self._machine_of.get(key)

    @cached_property
    def whose(self) -> Whose:
        """Which subject has a MAC address."""
        return Whose((fact for thing in self.things for fact in thing.facts), self.things)

    # ── what it is ───────────────────────────────────────────────────────────────────────────────────────────────

    def device_class(self, fact: Fact) -> DeviceClass:
        """What the subject of a fact is. What only a name joins to it counts as a guess."""
        key = self.key(fact)
        if key not in self._classes:
            thing = self._by_key.get(key)
            own = thing.facts if thing else (fact,)
            machine = self._machine_of.get(key)
            parts = [part for part in (machine.parts if machine else ()) if part.key != key]
            claims = [
                *classes.seen(own),
                *classes.guessed_by_name(classes.seen(f for part in parts for f in part.facts)),
            ]
            self._classes[key] = classes.classified([*claims, *classes.declared(self._rows(thing))])
        return self._classes[key]

    def class_of(self, machine: Thing) -> DeviceClass:
        """What a machine is, as people count machines."""
        rows = [row for part in machine.subjects for row in self._rows(part)]
        return classes.classified([*classes.seen(machine.facts), *classes.declared(rows)])

    def seen_class(self, thing: Thing) -> DeviceClass:
        """What evidence alone says that a machine is, whatever is declared."""
        return classes.classified(classes.seen(thing.facts))

    def rows(self, fact: Fact) -> tuple[DeclaredAsset, ...]:
        """The rows of inventories that are surely of the subject of a fact."""
        return self._rows(self._by_key.get(self.key(fact)))

    def told(self, fact: Fact) -> bool:
        """Whether inventories say what the subject of a fact is, with one voice.

        Not where a machine that is declared to be no medical device is seen to be something else: another may have its
        address. What belongs to a medical device is what it is declared as, whatever it runs.
        """
        said = {row.device_class for row in self.rows(fact)} - {""}
        thing = self._by_key.get(self.key(fact))
        if thing and not said & classes.MEDICAL and (seen := self.seen_class(thing)).firm:
            said |= {seen.name} if said else set()
        return bool(said) and all(classes.agree(one, other) for one, other in combinations(sorted(said), 2))

    def _rows(self, thing: Thing | None) -> tuple[DeclaredAsset, ...]:
        """The rows that are surely of it."""
        if thing is None or not self.declared.rows:
            return ()
        return tuple(match.row for match in self.declared.of(thing) if match.sure)

    # ── whether it is declared ───────────────────────────────────────────────────────────────────────────────────

    def standing(self, fact: Fact, *, medical: bool = False) -> Standing:
        """Whether the subject of a fact is in an inventory; `medical`: or in one of nothing but medical devices."""
        thing = self._by_key.get(self.key(fact))
        if thing is None or not self.declared.rows:
            return self.declared.standing(Seen())
        return self.declared.standing(self.declared.seen(thing), thing.places, medical=medical)

    def neighbour(self, *, mac: str = "", address: str = "", name: str = "", place: str | None = None) -> Standing:
        """Whether what a device tells of its neighbour is in an inventory, with all that is known of that one."""
        macs = {mac} if own_mac(mac) else set()
        things = {key for each in macs for key in self._of_mac.get(each, ())}
        found = Seen(
            macs=frozenset(macs),
            addresses=frozenset({address} - {""}),
            names=frozenset({name.rstrip(".").casefold(), name.partition(".")[0].casefold()} - {""}),
        )
        if len(things) == 1 and (thing := self._by_key[things.pop()]):
            own = self.declared.seen(thing)
            found = Seen(
                macs=found.macs | own.macs,
                serials=own.serials,
                addresses=found.addresses | own.addresses,
                names=found.names | own.names,
            )
        return self.declared.standing(found, (place,) if place else ())

    @cached_property
    def _of_mac(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        if self.declared.rows:
            for thing in self.things:
                for mac in self.declared.seen(thing).macs:
                    found.setdefault(mac, set()).add(thing.key)
        return found
