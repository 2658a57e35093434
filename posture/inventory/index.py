"""Facts joined by the identifiers they share, and asked by them. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from posture.facts import Computer, Device, Directory, Fact, Host, known
from posture.inventory.identifiers import (
    described,
    engine_of,
    marks,
    names_of,
    own_mac,
    real_serial,
    speaker,
    strength,
    usable,
)
from posture.inventory.joining import Joined, Piece, Refusal, joined
from posture.inventory.thing import Doubt, Thing
from posture.subjects import name_key

__all__ = ["Joins"]

MACHINES = (Host, Device, Directory, Computer)

_SHOWN = 3
_NOT_ITS_OWN = {
    "mac": "virtual routers, clusters and virtual machines make up and share such addresses",
    "serial": "makers leave it in place of a serial number",
    "snmp-engine": "it is no engine id of one agent",
    "address": "it is no address of one machine",
}


class Joins:
    """The machines that facts speak of.

    `things` are the subjects of judgement: facts joined by identifiers. `machines` are the same for people to look at:
    subjects that also have a DNS name in common, or a directory service and the host at its address, are one. What
    differs in a directory GUID, SNMP engine id or serial number is never one.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts = _in_order(facts)
        found = joined([_piece(fact) for fact in self._facts], alone=dict(_alone(self._facts)))
        self._said: dict[str, list[str]] = {}
        self.things, self.holders = self._subjects(found)
        self._doubts: list[tuple[tuple[str, ...], str]] = []
        self._tell(found)
        self.things = tuple(msgspec.structs.replace(each, joins=self._sentences(each.key)) for each in self.things)
        self.machines = self._machines()
        self.doubts = tuple(self._possible_duplicates())

    def _subjects(self, found: Joined) -> tuple[tuple[Thing, ...], dict[str, tuple[str, ...]]]:
        """The subjects, and the keys of those that go by each identifier."""
        groups = [[self._facts[at] for at in group] for group in found.groups]
        every = [{identifier for fact in group for identifier in fact.ids} for group in groups]
        count = Counter(identifier for ids in every for identifier in ids)
        last = Counter(identifier for ids in every if len(ids) == 1 for identifier in ids)
        things: list[Thing] = []
        holders: dict[str, list[str]] = {}
        for group, ids in zip(groups, every, strict=True):
            only = len(ids) == 1
            own = [each for each in ids if count[each] == 1 or (only and last[each] == 1)]
            ranked = tuple(sorted(own, key=strength)) or (_unclear(group),)
            things.append(Thing(key=ranked[0], ids=ranked, facts=tuple(group)))
            for identifier in {*ids, *ranked}:
                holders.setdefault(identifier, []).append(ranked[0])
        things.sort(key=lambda thing: thing.key)
        return tuple(things), {identifier: tuple(sorted(keys)) for identifier, keys in holders.items()}

    def _tell(self, found: Joined) -> None:
        key_of = {at: thing for thing, at in self._places()}
        for identifier, pieces in found.by.items():
            who = sorted({speaker(self._facts[at]) for at in pieces})
            same = f"the same {described(identifier)}"
            told = f"{_listed(who)} have {same}" if len(who) > 1 else f"{who[0]}, told of several times, has {same}"
            self._say(key_of[pieces[0]], f"{told}.")
        for refusal in found.refused:
            self._refuse(refusal, key_of)

    def _places(self) -> Iterator[tuple[str, int]]:
        at_of = {id(fact): at for at, fact in enumerate(self._facts)}
        return ((thing.key, at_of[id(fact)]) for thing in self.things for fact in thing.facts)

    def _refuse(self, refusal: Refusal, key_of: dict[int, str]) -> None:
        shown = [self._facts[member[0]] for member in refusal.members[: _SHOWN + 1]]
        for at, member in enumerate(refusal.members):
            others = [speaker(fact) for place, fact in enumerate(shown) if place != at][:_SHOWN]
            more = len(refusal.members) - 1 - len(others)
            apart = _listed(others, more)
            said = f"kept apart from {apart}, which has the same {described(refusal.identifier)}: {refusal.why}."
            self._say(key_of[member[0]], said)
        if usable(refusal.identifier):
            keys = tuple(sorted(key_of[member[0]] for member in refusal.members))
            self._doubts.append((keys, f"they have the same {described(refusal.identifier)}, but {refusal.why}"))

    def _say(self, key: str, sentence: str) -> None:
        self._said.setdefault(key, []).append(sentence[0].upper() + sentence[1:])

    def _sentences(self, key: str) -> tuple[str, ...]:
        return tuple(sorted(set(self._said.get(key, ()))))

    # ── machines, as people count them ───────────────────────────────────────────────────────────────────────────

    def _machines(self) -> tuple[Thing, ...]:
        sides = [_sides(thing) for thing in self.things]
        at_directories = {name for side in sides for name, of in side.items() if "directory" in of}
        pieces = [
            Piece(
                ids=tuple((0, name) for name in sorted(side) if name.startswith("name:") or name in at_directories),
                marks=frozenset().union(*(marks(fact) for fact in thing.facts)),
            )
            for thing, side in zip(self.things, sides, strict=True)
        ]
        crowded = Counter((name, kind) for side in sides for name, kinds in side.items() for kind in kinds)
        alone = {
            name: f"{number} of them go by it, and names are claims"
            for (name, _), number in sorted(crowded.items())
            if number > 1
        }
        found = joined(pieces, alone=alone)
        for refusal in found.refused:
            keys = tuple(sorted(self.things[member[0]].key for member in refusal.members))
            self._doubts.append((keys, f"they go by the same {described(refusal.identifier)}; {refusal.why}"))
        by_group: dict[int, list[str]] = {}
        group_of = {at: number for number, group in enumerate(found.groups) for at in group}
        for identifier, pieces_of in found.by.items():
            who = sorted({speaker(self._speaking(at, identifier)) for at in pieces_of})
            said = f"{_listed(who)} go by the same {described(identifier)}; each is judged by itself."
            by_group.setdefault(group_of[pieces_of[0]], []).append(said[0].upper() + said[1:])
        return tuple(
            sorted(
                (
                    _machine([self.things[at] for at in group], by_group.get(number, ()))
                    for number, group in enumerate(found.groups)
                ),
                key=lambda machine: machine.key,
            )
        )

    def _speaking(self, at: int, identifier: str) -> Fact:
        return next(fact for fact in self.things[at].facts if identifier in _claims(fact))

    def _possible_duplicates(self) -> Iterator[Doubt]:
        machine_of = {part.key: machine for machine in self.machines for part in machine.subjects}
        told: dict[str, list[frozenset[str]]] = {}
        for keys, reason in sorted({*self._doubts, *self._alike()}, key=lambda doubt: (-len(doubt[0]), doubt)):
            several = {machine_of[key].key: machine_of[key] for key in keys}
            whole = frozenset(several)
            if len(whole) > 1 and not any(whole <= other for other in told.get(min(whole), ())):
                for key in whole:
                    told.setdefault(key, []).append(whole)
                names = tuple(machine.name for machine in several.values())
                yield Doubt(keys=tuple(several), names=names, reason=reason[0].upper() + reason[1:] + ".")

    def _alike(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """What is no identifier of any fact any more, since several name it: MAC addresses, engine ids, serials."""
        shared: dict[tuple[str, str], set[str]] = {}
        for thing in self.things:
            for kind, value in _repeated(thing):
                shared.setdefault((kind, value), set()).add(thing.key)
        for (kind, value), keys in sorted(shared.items()):
            if len(keys) > 1:
                yield tuple(sorted(keys)), f"they have the same {kind} {value}, which {_ALIKE[kind]}"


_ALIKE = {
    "MAC address": "one machine with several addresses has, and whatever stands behind a router that answers for it",
    "SNMP engine id": "one agent has, and machines made from one image",
    "serial number": "one machine has, and machines of two makers may have",
}


def _repeated(thing: Thing) -> Iterator[tuple[str, str]]:
    for fact in thing.facts:
        if isinstance(fact, Host) and own_mac(mac := known(fact.mac, "")):
            yield "MAC address", mac
        if isinstance(fact, Device):
            if engine := engine_of(fact):
                yield "SNMP engine id", engine
            if real_serial(serial := " ".join(known(fact.serial, "").split())):
                yield "serial number", serial


def _in_order(facts: Iterable[Fact]) -> list[Fact]:
    """In an order that doesn't depend on how they came; their whole content decides only where all else is equal."""

    def key(fact: Fact) -> tuple[object, ...]:
        return type(fact).__name__, fact.ids, fact.name, fact.place or "", fact.evidence

    ordered: list[Fact] = []
    for _, alike in groupby(sorted(facts, key=key), key=key):
        several = list(alike)
        ordered += several if len(several) == 1 else sorted(several, key=repr)
    return ordered


def _piece(fact: Fact) -> Piece:
    return Piece(ids=tuple((strength(each)[0], each) for each in dict.fromkeys(fact.ids)), marks=marks(fact))


def _alone(facts: Sequence[Fact]) -> Iterator[tuple[str, str]]:
    """The identifiers that nobody is joined by, and why: no machine's own, or a MAC that many addresses answer with."""
    answering: dict[str, set[str]] = {}
    for fact in facts:
        for identifier in fact.ids:
            if not usable(identifier):
                yield identifier, _NOT_ITS_OWN[identifier.partition(":")[0]]
            elif identifier.startswith("mac:") and isinstance(fact, Host):
                answering.setdefault(identifier, set()).add(fact.address)
    for identifier, addresses in answering.items():
        if len(addresses) > 1:
            yield identifier, f"{len(addresses)} addresses answer with it, as those behind a router do"


def _unclear(group: Sequence[Fact]) -> str:
    """The key of a subject whose every identifier others have too."""
    said = repr(sorted((type(fact).__name__, fact.ids, fact.name, fact.evidence) for fact in group))
    return name_key("unclear", type(group[0]).__name__, hashlib.sha256(said.encode()).hexdigest()[:16])


def _claims(fact: Fact) -> Iterator[str]:
    """What a fact goes by that anybody can claim: DNS names, and its address."""
    for name in names_of(fact):
        yield f"name:{name}"
    if isinstance(fact, (Host, Device, Directory)) and fact.address:
        yield f"address:{fact.address}"


def _sides(thing: Thing) -> dict[str, set[str]]:
    """What a subject goes by, and whether as a machine of the network, as an account or as a directory service."""
    found: dict[str, set[str]] = {}
    for fact in thing.facts:
        side = {Computer: "account", Directory: "directory"}.get(type(fact), "network")
        for claim in _claims(fact):
            found.setdefault(claim, set()).add(side)
    return found


def _machine(things: Sequence[Thing], sentences: Iterable[str]) -> Thing:
    if len(things) == 1:
        return things[0]
    ids = tuple(sorted({identifier for thing in things for identifier in thing.ids}, key=strength))
    said = {*sentences, *(sentence for thing in things for sentence in thing.joins)}
    return Thing(
        key=ids[0],
        ids=ids,
        facts=tuple(_in_order(fact for thing in things for fact in thing.facts)),
        joins=tuple(sorted(said)),
        parts=tuple(things),
    )


def _listed(who: Sequence[str], more: int = 0) -> str:
    shown, more = list(who[: _SHOWN + 1]), more + max(0, len(who) - _SHOWN - 1)
    if more:
        shown.append(f"{more} others" if more > 1 else "another")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
