"""Inventories and what was seen, compared row by row and machine by machine. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from ipaddress import ip_address, ip_network
from typing import Final, Literal, TypeAlias

from posture.assessment.inventory import (
    DeclaredRow,
    InventoryComparison,
    InventoryFile,
    PossibleDuplicate,
    Undeclared,
)
from posture.facts import DeclaredAsset, Device, Host
from posture.inventory import Inventory, Match, Thing
from posture.inventory.classes import MEDICAL, agree
from posture.request import PlannedProbe
from posture.scope import Address, Network, Scope

State: TypeAlias = Literal["seen", "doubtful", "vanished", "not-looked-for"]

__all__ = ["Looked", "compared", "possible_duplicates"]

_MOST_DUPLICATES: Final = 10
"""How many other rows of the same machine are named with a row."""


class Looked:
    """Which addresses a run looked at, so that silence says something: hosts were looked for there, to the end."""

    def __init__(self, probes: Iterable[PlannedProbe], scope: Scope) -> None:
        self._scope = scope
        self._networks: set[Network] = set()
        self._without: set[Network] = set()
        for each in probes:
            if each.probe.collector == "nmap" and each.probe.step == "discover" and each.outcome == "complete":
                self._networks |= {*_networks(each.probe.targets)}
                self._without |= {*_networks(each.probe.exclude)}

    def at(self, address: str) -> bool:
        """Whether a host at this address would have been seen, had it answered."""
        parsed = ip_address(address)
        return (
            _within(parsed, self._networks) and not _within(parsed, self._without) and not self._scope.excluded(parsed)
        )


def _networks(targets: Iterable[str]) -> Iterator[Network]:
    for target in targets:
        try:
            yield ip_network(target, strict=False)
        except ValueError:
            continue


def _within(address: Address, networks: Collection[Network]) -> bool:
    return any(address in network for network in networks)


def compared(inventory: Inventory, looked: Looked, scope: Scope) -> InventoryComparison:
    """Every row with what it was found to be, and every machine that no row is of."""
    declared = inventory.declared
    if not declared.rows:
        return InventoryComparison()
    matches: dict[int, list[tuple[Match, Thing]]] = {}
    at_of = {id(row): at for at, row in enumerate(declared.rows)}
    for thing in inventory.things:
        for match in declared.of(thing):
            matches.setdefault(at_of[id(match.row)], []).append((match, thing))
    same = _same(declared.rows, matches)
    rows = tuple(
        _row(row, matches.get(at, ()), same.get(at, ()), inventory, looked) for at, row in enumerate(declared.rows)
    )
    return InventoryComparison(
        files=tuple(_files(declared.rows, rows)),
        zones=scope.inventory.zones,
        rows=rows,
        undeclared=tuple(_undeclared(inventory, scope)),
    )


def possible_duplicates(inventory: Inventory) -> tuple[PossibleDuplicate, ...]:
    """Machines that may be one."""
    return tuple(
        PossibleDuplicate(assets=doubt.keys, names=doubt.names, reason=doubt.reason) for doubt in inventory.doubts
    )


def _same(
    rows: Sequence[DeclaredAsset], matches: dict[int, list[tuple[Match, Thing]]]
) -> dict[int, tuple[DeclaredAsset, ...]]:
    """The other rows of the same file that are of the same machine, or have the same MAC address or serial number.

    Of each group the first few stand for all: thousands of rows may share one serial number that a maker never set.
    """
    shared: dict[tuple[str, str, str], list[int]] = {}
    for at, row in enumerate(rows):
        for mac in row.macs:
            shared.setdefault((row.file, "mac", mac), []).append(at)
        if row.serial:
            shared.setdefault((row.file, "serial", row.serial.casefold()), []).append(at)
        for match, thing in matches.get(at, ()):
            if match.sure:
                shared.setdefault((row.file, "thing", thing.key), []).append(at)
    found: dict[int, set[int]] = {}
    for several in shared.values():
        for at in several if len(several) > 1 else ():
            found.setdefault(at, set()).update(several[: _MOST_DUPLICATES + 2])
    return {at: tuple(rows[other] for other in sorted(others - {at})) for at, others in found.items()}


def _row(
    row: DeclaredAsset,
    matches: Sequence[tuple[Match, Thing]],
    same: Sequence[DeclaredAsset],
    inventory: Inventory,
    looked: Looked,
) -> DeclaredRow:
    sure = [(match, thing) for match, thing in matches if match.sure]
    machines = {_machine(thing, inventory).key: _machine(thing, inventory) for _, thing in sure or matches}
    state, why = _state(row, matches, looked)
    return DeclaredRow(
        file=row.file,
        row=row.row,
        name=row.name,
        state=state,
        why=why,
        device_class=row.device_class,
        kind=row.kind,
        medical={True: "yes", False: "no", None: ""}[row.medical],
        owner=row.owner,
        location=row.location,
        addresses=row.addresses,
        macs=row.macs,
        serial=row.serial,
        place=row.place or "",
        by=tuple(dict.fromkeys(kind for match, _ in sure or matches for kind in match.by)),
        assets=tuple(sorted(machines)),
        conflicts=tuple(_conflicts(row, matches, machines, inventory)),
        duplicates=(
            *(f"{each.name} (row {each.row})" for each in same[:_MOST_DUPLICATES]),
            *(["and more"] if len(same) > _MOST_DUPLICATES else []),
        ),
        unread=row.unread,
        evidence=row.evidence,
    )


def _machine(thing: Thing, inventory: Inventory) -> Thing:
    return inventory.machine(thing.key) or thing


def _state(row: DeclaredAsset, matches: Sequence[tuple[Match, Thing]], looked: Looked) -> tuple[State, str]:
    sure = [match for match, _ in matches if match.sure]
    if sure:
        by = dict.fromkeys(kind for match in sure for kind in match.by)
        return "seen", f"It was seen by its {' and its '.join(by)}."
    doubtful = [match for match, _ in matches if not match.other]
    if doubtful:
        return "doubtful", f"Something goes by its {' and its '.join(doubtful[0].by)}; that alone does not tell."
    if not row.addresses:
        return "not-looked-for", "Its row gives no address, so that nobody can say whether it was looked for."
    unlooked = [address for address in row.addresses if not looked.at(address)]
    if unlooked:
        return "not-looked-for", f"This run did not look at {', '.join(unlooked)} to the end."
    if matches:
        return "vanished", f"At {', '.join(row.addresses)} stands a machine with another MAC address."
    return "vanished", f"Nothing answered at {', '.join(row.addresses)}: it is off, gone, or elsewhere."


def _conflicts(
    row: DeclaredAsset, matches: Sequence[tuple[Match, Thing]], machines: dict[str, Thing], inventory: Inventory
) -> Iterator[str]:
    for match, thing in matches:
        if match.sure or match.other:
            yield from (f"{_machine(thing, inventory).name}: {each}" for each in match.differs)
    if len(machines) > 1 and any(match.sure for match, _ in matches):
        yield f"It matches several machines: {', '.join(machine.name for machine in machines.values())}"
    for match, thing in matches:
        seen = inventory.seen_class(thing)
        if match.sure and row.device_class and seen.firm and not agree(seen.name, row.device_class):
            yield f"{thing.name}: {row.device_class} declared; {seen.reason[0].lower()}{seen.reason[1:].rstrip('.')}"


def _files(rows: Sequence[DeclaredAsset], found: Sequence[DeclaredRow]) -> Iterator[InventoryFile]:
    by_file: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        by_file.setdefault(row.file, []).append(at)
    for name, ats in by_file.items():
        states = [found[at].state for at in ats]
        yield InventoryFile(
            name=name,
            rows=len(ats),
            seen=states.count("seen"),
            doubtful=states.count("doubtful"),
            vanished=states.count("vanished"),
            not_looked_for=states.count("not-looked-for"),
            medical_only=all(rows[at].medical_only for at in ats),
            evidence=tuple(sorted({digest for at in ats for digest in rows[at].evidence})),
        )


def _undeclared(inventory: Inventory, scope: Scope) -> Iterator[Undeclared]:
    """Machines that stand in the network; an account of a directory alone is no machine that was seen."""
    for machine in inventory.machines:
        facts = [fact for fact in machine.facts if isinstance(fact, (Host, Device))]
        canary = machine.addresses and set(machine.addresses) <= scope.canaries.keys()
        if not facts or canary:
            continue
        what = inventory.class_of(machine)
        medical = what.name in MEDICAL
        found = [inventory.standing(fact, medical=medical) for fact in facts]
        if any(each.state == "declared" for each in found):
            continue
        telling = [each for each in found if each.state in {"not-declared", "unclear"}]
        if telling:
            worst = min(telling, key=lambda each: each.state == "unclear")
            named = any(worst.why.startswith(row.file) for row in worst.rows)  # a file's name keeps its case
            yield Undeclared(
                asset=machine.key,
                name=machine.name,
                device_class=what.name,
                state="not-declared" if worst.state == "not-declared" else "unclear",
                why=f"{worst.why}." if named else f"{worst.why[0].upper()}{worst.why[1:]}.",
                addresses=machine.addresses,
                place=machine.place,
            )
