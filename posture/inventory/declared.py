"""What the organisation's inventories say of what was seen. Pure.

A machine is in an inventory by its MAC address or serial number; by its address only where the row gives no MAC
address. An address whose row gives a MAC address that was not seen decides nothing: whoever stands there has it, and
the DNS name that goes with it. Neither does a name alone. Behind a router MAC addresses are those of ARP tables that
were read. Not in the inventory is only what every row that is of nothing else, and gives an address, MAC address or
serial number, could be compared with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Literal

import msgspec

from posture.facts import DeclaredAsset, Device, Fact, Host, Missing, known
from posture.inventory.identifiers import names_of, own_mac, real_serial, usable
from posture.inventory.thing import Thing
from posture.presentation import row_of

__all__ = ["Declared", "Match", "Seen", "Standing"]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine, or what a neighbour told of one, can be looked up by."""

    macs: frozenset[str] = frozenset()
    serials: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A row and what was seen: by what they match, and how sure that is.

    `sure` is that this row is of this machine; `other`, that it is of another one (its MAC address differs);
    `several`, that it is of one of several machines that have the same address or serial number, and nobody can say of
    which.
    """

    row: DeclaredAsset
    by: tuple[str, ...]
    sure: bool
    other: bool
    several: bool = False
    differs: tuple[str, ...] = ()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Whether something is in an inventory, and why; `rows` are those that speak of it.

    `none`: there is no inventory. `not-covered`: there is none that speaks of such machines, or of its zone.
    """

    state: Literal["declared", "not-declared", "unclear", "not-covered", "none"]
    why: str
    rows: tuple[DeclaredAsset, ...] = ()


class Declared:
    """The rows of all inventories, and what they match. `zones` are the ids of those they cover; empty means all."""

    def __init__(self, rows: Iterable[DeclaredAsset], things: Sequence[Thing], zones: Collection[str] = ()) -> None:
        self.rows = tuple(sorted(rows, key=lambda row: (row.file, row.row.zfill(9), row.evidence)))
        self._zones = frozenset(zones)
        self._things = things
        self._by: dict[tuple[str, str], list[DeclaredAsset]] = {}
        for row in self.rows:
            for key in _keys(row):
                self._by.setdefault(key, []).append(row)
        self._shared = _shared(things, _macs) if self.rows else frozenset()
        self._ambiguous = {
            "serial number": _shared(things, _serials) if self.rows else frozenset(),
            "address": _shared(things, _address) if self.rows else frozenset(),
        }
        self._arp = _resolved(things) if self.rows else {}
        self._seen: dict[str, Seen] = {}
        self._matches: dict[str, tuple[Match, ...]] = {}
        self._all_kinds = tuple(row for row in self.rows if not row.medical_only)

    def seen(self, thing: Thing) -> Seen:
        """What a machine can be looked up by. A MAC address that several machines answer with is none of theirs."""
        if thing.key not in self._seen:
            self._seen[thing.key] = self._look_at(thing)
        return self._seen[thing.key]

    def of(self, thing: Thing) -> tuple[Match, ...]:
        """Every row that shares something with a machine."""
        if thing.key not in self._matches:
            self._matches[thing.key] = self.matches(self.seen(thing))
        return self._matches[thing.key]

    def _look_at(self, thing: Thing) -> Seen:
        macs: set[str] = set()
        serials: set[str] = set()
        names: set[str] = set()
        for fact in thing.facts:
            macs |= _macs(fact)
            names |= {*names_of(fact)}
            serials |= _serials(fact)
        for address in thing.addresses:
            macs |= self._arp.get(address, set())
        macs |= {each.rpartition("/")[2] for each in thing.ids if each.startswith("mac:") and usable(each)}
        return Seen(
            macs=frozenset(macs) - self._shared,
            serials=frozenset(serials),
            addresses=frozenset(thing.addresses),
            names=frozenset({*names, *(name.partition(".")[0] for name in names)}),
        )

    def matches(self, seen: Seen) -> tuple[Match, ...]:
        """Every row that shares something with it, the surest first."""
        shared: dict[str, tuple[DeclaredAsset, list[str]]] = {}
        telling: dict[str, set[str]] = {}
        for kind, values in _looked_up(seen):
            for value in sorted(values):
                for row in self._by.get((kind, value), ()):
                    name = row.ids[0] + row.evidence[0]
                    by = shared.setdefault(name, (row, []))[1]
                    if kind not in by:
                        by.append(kind)
                    if value not in self._ambiguous.get(kind, ()):
                        telling.setdefault(name, set()).add(kind)
        found = [_match(row, tuple(by), seen, telling.get(name, set())) for name, (row, by) in shared.items()]
        return tuple(sorted(found, key=lambda match: (not match.sure, match.other, match.row.file, match.row.row)))

    def standing(self, seen: Seen, places: Collection[str] = (), *, medical: bool = False) -> Standing:
        """Whether this is in an inventory. `medical` asks inventories of nothing but medical devices too."""
        if not self.rows:
            return Standing(state="none", why="no inventory was imported")
        matches = self.matches(seen)
        sure = tuple(match for match in matches if match.sure)
        if sure:
            why = "; ".join(f"{_where(match.row)} has its {' and its '.join(match.by)}" for match in sure[:3])
            return Standing(state="declared", why=why, rows=tuple(match.row for match in sure))
        covering = self.rows if medical else self._all_kinds
        if not covering:
            why = "the inventory that was imported holds medical devices only"
            return Standing(state="not-covered", why=why, rows=self.rows[:1])
        if self._zones and not (places and self._zones.issuperset(places)):
            return Standing(state="not-covered", why="the inventory does not cover its zone", rows=self.rows[:1])
        return self._absent(seen, matches, covering)

    def _absent(self, seen: Seen, matches: Sequence[Match], covering: tuple[DeclaredAsset, ...]) -> Standing:
        doubtful = next((match for match in matches if not match.other), None)
        if doubtful:
            told = "a name alone tells no machine" if doubtful.by == ("name",) else "its MAC address was not seen"
            if doubtful.row.macs and not any(map(own_mac, doubtful.row.macs)):
                told = "the MAC address of that row is one that software made up, which tells no machine"
            told = "so has another machine" if doubtful.several else told
            why = f"{_where(doubtful.row)} has its {' and its '.join(doubtful.by)}, and {told}"
            return Standing(state="unclear", why=why, rows=(doubtful.row,))
        if incomparable := self._incomparable(seen):
            have = "has" if incomparable == 1 else "have"
            rows = f"{incomparable} row{'s' if incomparable > 1 else ''} of the inventory"
            why = f"{rows} {have} no address, MAC address or serial number that it could be compared by"
            return Standing(state="unclear", why=why, rows=covering[:1])
        if matches:
            row, by = matches[0].row, " and its ".join(matches[0].by)
            why = f"{_where(row)} has its {by}, but another MAC address"
            return Standing(state="not-declared", why=why, rows=(row,))
        kinds = " or ".join(kind for kind, values in _looked_up(seen) if values and kind != "name")
        return Standing(state="not-declared", why=f"no row of the inventory has its {kinds}", rows=covering[:1])

    def _incomparable(self, seen: Seen) -> int:
        """How many rows that nothing was found for could be this, for all that can be said.

        A row of nothing but a name enters no machine of the network, unless most rows of the inventory are such.
        """
        comparable = {kind for kind, values in _looked_up(seen) if values and kind != "name"}
        return sum(
            number for kinds, number in self._free.items() if not kinds & comparable and (kinds or self._names_alone)
        )

    @cached_property
    def _names_alone(self) -> bool:
        """Whether most rows give a name and nothing else."""
        bare = sum(not (row.macs or row.addresses or row.serial) for row in self.rows)
        return 2 * bare > len(self.rows)

    @cached_property
    def _free(self) -> Counter[frozenset[str]]:
        """The rows that are of nothing that was seen, nor of one of several, by what they can be compared by."""
        taken = {
            match.row.ids[0] + match.row.evidence[0]
            for thing in self._things
            for match in self.of(thing)
            if match.sure or match.several
        }
        free = (row for row in self.rows if row.ids[0] + row.evidence[0] not in taken)
        return Counter(frozenset(kind for kind, _ in _keys(row) if kind != "name") for row in free)


def _keys(row: DeclaredAsset) -> Iterator[tuple[str, str]]:
    for mac in row.macs:
        yield "MAC address", mac
    if row.serial:
        yield "serial number", " ".join(row.serial.split()).casefold()
    for address in row.addresses:
        yield "address", address
    if row.hostname:
        yield "name", row.hostname


def _looked_up(seen: Seen) -> tuple[tuple[str, frozenset[str]], ...]:
    return (
        ("MAC address", seen.macs),
        ("serial number", seen.serials),
        ("address", seen.addresses),
        ("name", seen.names),
    )


def _match(row: DeclaredAsset, by: tuple[str, ...], seen: Seen, telling: Collection[str]) -> Match:
    """What they share is `by`; `telling` is what of that no other machine has."""
    differs = []
    if row.macs and seen.macs and not seen.macs & {*row.macs}:
        differs.append(f"MAC address: {', '.join(row.macs)} declared, {', '.join(sorted(seen.macs))} seen")
    serial = " ".join(row.serial.split()).casefold()
    if serial and seen.serials and serial not in seen.serials:
        differs.append(f"serial number: {row.serial} declared, {', '.join(sorted(seen.serials))} seen")
    sure, shared = _deciding(row, telling), _deciding(row, by)
    other = not shared and bool(row.macs and seen.macs)
    return Match(row=row, by=by, sure=sure, other=other, several=shared and not sure, differs=tuple(differs))


def _deciding(row: DeclaredAsset, kinds: Collection[str]) -> bool:
    """Whether these kinds of identifiers say of whom a row is."""
    return bool({"MAC address", "serial number"} & {*kinds}) or ("address" in kinds and not row.macs)


def _macs(fact: Fact) -> set[str]:
    found = {known(fact.mac, "")} if isinstance(fact, Host) else set()
    if isinstance(fact, Device) and not isinstance(fact.interfaces, Missing):
        found = {interface.mac for interface in fact.interfaces}
    return {mac for mac in found if own_mac(mac)}


def _serials(fact: Fact) -> set[str]:
    serial = " ".join(known(fact.serial, "").split()).casefold() if isinstance(fact, Device) else ""
    return {serial} if real_serial(serial) else set()


def _address(fact: Fact) -> set[str]:
    return {fact.address} - {""} if isinstance(fact, (Host, Device)) else set()


def _shared(things: Sequence[Thing], of: Callable[[Fact], set[str]]) -> frozenset[str]:
    """What several machines answer with."""
    count = Counter(value for thing in things for value in set().union(*map(of, thing.facts)))
    return frozenset(value for value, number in count.items() if number > 1)


def _resolved(things: Sequence[Thing]) -> dict[str, set[str]]:
    """The MAC addresses that devices saw answer for each address; none that answers for several, as a router's does.

    Nor one that another machine answers with, or an address that several machines have.
    """
    own = {mac: thing.addresses for thing in things for fact in thing.facts for mac in _macs(fact)}
    shared = _shared(things, _address)
    found: dict[str, set[str]] = {}
    for thing in things:
        for fact in thing.facts:
            if isinstance(fact, Device) and not isinstance(fact.arp, Missing):
                for entry in fact.arp.rows:
                    if own_mac(entry.mac):
                        found.setdefault(entry.mac, set()).add(entry.address)
    by_address: dict[str, set[str]] = {}
    for mac, addresses in found.items():
        [address, *others] = sorted(addresses)
        if not others and address not in shared and address in own.get(mac, addresses):
            by_address.setdefault(address, set()).add(mac)
    return by_address


def _where(row: DeclaredAsset) -> str:
    return f"{row.file}, {row_of(row.row)},"
