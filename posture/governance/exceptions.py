"""Accepted risks: which hold on a day, and what they cover. An exception never turns a fail into a pass. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, TypeAlias

import msgspec

from posture.assessment import ControlResult, ExceptionResult, Observation
from posture.catalog import SCORED
from posture.facts import Account, Fact
from posture.governance.ledger import Ledger, Revocation, RiskAcceptance
from posture.governance.period import state, today
from posture.inventory import Inventory
from posture.model import Outcome, Status
from posture.patterns import Named, boundless, matches
from posture.presentation import day, plural
from posture.scope import Scope

__all__ = ["Exceptions", "Held", "control_name", "faults", "held", "may_overlap", "results", "same_person"]

HeldState: TypeAlias = Literal["not-yet", "in-force", "expired", "revoked"]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An exception of the ledger, as it stands on a day."""

    said: RiskAcceptance
    state: HeldState
    entry: int
    revoked: Revocation | None = None

    @property
    def covers(self) -> bool:
        """Whether it holds today, and was given as it has to be."""
        return self.state == "in-force" and not faults(self.said)


def held(ledger: Ledger, on: date) -> tuple[Held, ...]:
    """Every exception of the ledger by its id, in the order of their recording; a later one of an id replaces it."""
    found: dict[str, tuple[int, RiskAcceptance]] = {}
    taken_back: dict[str, Revocation] = {}
    for entry in ledger.entries:
        said = entry.statement
        if isinstance(said, RiskAcceptance) and (said.granted_on <= on or said.id not in found):
            found[said.id] = (entry.number, said)
            taken_back.pop(said.id, None)
        elif isinstance(said, Revocation) and said.revoked_on <= on:
            taken_back.setdefault(said.exception, said)
    return tuple(
        Held(
            said=said,
            state="revoked" if name in taken_back else state(said.granted_on, said.expires, on),
            entry=entry,
            revoked=taken_back.get(name),
        )
        for name, (entry, said) in found.items()
    )


def control_name(catalog: str, control: str) -> str:
    """How an exception names a control: by its id, with its catalog where that is not the scored one."""
    return control if catalog == SCORED else f"{catalog}/{control}"


def same_person(one: str, other: str) -> bool:
    """Whether two names are the same but for spaces, case, forms of letters, and characters that nobody sees."""
    return _person(one) == _person(other)


def _person(name: str) -> str:
    seen = "".join(each for each in unicodedata.normalize("NFKC", name) if unicodedata.category(each) != "Cf")
    return " ".join(seen.casefold().split())


def faults(said: RiskAcceptance) -> list[str]:
    """Why it covers nothing even while it holds: sentences, none where it was given as it has to be."""
    found = []
    if not said.approver.strip() or not said.requester.strip():
        found.append("Requester and approver have to be named.")
    elif same_person(said.requester, said.approver):
        found.append("Requester and approver are the same person: two people have to agree.")
    if not (said.controls or said.checks or said.subjects):
        found.append("It names no control, check or subject.")
    found += [
        f"The pattern {pattern!r} names everything, or nothing: name what is meant."
        for pattern in said.subjects
        if boundless(pattern)
    ]
    return found


def may_overlap(one: RiskAcceptance, other: RiskAcceptance, scope: Scope) -> bool:
    """Whether two exceptions name some of the same, so far as can be said without looking at any subject."""
    places = [(a, b) for a in _placed(one.subjects, scope) for b in _placed(other.subjects, scope)]
    shared = [
        bool(mine & theirs)
        for mine, theirs in ((_names(one), _names(other)), (set(one.checks), set(other.checks)))
        if mine and theirs
    ]
    shared += [any(_meet(a, b) or _meet(b, a) for a, b in places)] if places else []
    return bool(shared) and all(shared)


def _placed(subjects: Sequence[str], scope: Scope) -> list[str]:
    """The patterns, and the networks of the zones among them."""
    named = [each.casefold().partition("zone:") for each in subjects]
    zones = [scope.zones.get(zone) for before, found, zone in named if found and not before]
    return [*subjects, *(network for zone in zones if zone for network in zone.networks)]


def _meet(pattern: str, text: str) -> bool:
    address = text.partition("/")[0]
    return pattern.casefold() == text.casefold() or matches(pattern, Named(names=(text,), addresses=(address,)))


class Exceptions:
    """The exceptions of a ledger, asked what they cover. `inventory` tells every name and address of a subject."""

    def __init__(
        self, every: Sequence[Held] = (), inventory: Inventory | None = None, scope: Scope | None = None
    ) -> None:
        self.every = tuple(every)
        self._inventory = inventory or Inventory(())
        self._scope = scope or Scope.of_files()
        self._covering = tuple(each.said for each in self.every if each.covers)
        self._controls = {said.id: frozenset(_names(said)) for said in self._covering}
        self._others: dict[str, list[Fact]] = {}
        if any(said.subjects for said in self._covering):
            for fact in self._inventory.others:
                self._others.setdefault(fact.ids[0], []).append(fact)
        self._matched: dict[str, frozenset[str]] = {}

    @classmethod
    def of(cls, ledger: Ledger, inventory: Inventory, scope: Scope, as_of: datetime) -> Exceptions:
        """The exceptions as they stand on the day of an instant, in the organisation's time zone."""
        return cls(held(ledger, today(as_of, scope.organisation.time_zone)), inventory, scope)

    def until(self, exception: str) -> date:
        """The day on which an exception ends."""
        return next(each.said.expires for each in self.every if each.said.id == exception)

    def whole(self, control: str) -> tuple[str, ...]:
        """The exceptions in force that accept a control as a whole: they name it, and nothing narrower."""
        return tuple(
            said.id
            for said in self._covering
            if control in self._controls[said.id] and not said.checks and not said.subjects
        )

    def covering(self, fail: Observation, control: str = "") -> tuple[str, ...]:
        """The exceptions in force that cover a fail, for this control: those that name other controls don't.

        Without a control, those that name none.
        """
        return tuple(
            said.id
            for said in self._covering
            if (not said.controls or control in self._controls[said.id]) and self._narrowly(said, fail)
        )

    def _narrowly(self, said: RiskAcceptance, fail: Observation) -> bool:
        return (not said.checks or fail.check in said.checks) and (not said.subjects or said.id in self._naming(fail))

    def _naming(self, fail: Observation) -> frozenset[str]:
        """The exceptions whose subjects are that of this fail: asked once a subject."""
        if fail.subject not in self._matched:
            named = self.named(fail)
            self._matched[fail.subject] = frozenset(
                said.id
                for said in self._covering
                if any(matches(pattern, named, wholly=True) for pattern in said.subjects)
            )
        return self._matched[fail.subject]

    def named(self, fail: Observation) -> Named:
        """All that the subject of an observation goes by; an identifier that others have too names none of them."""
        thing = self._inventory.thing(fail.subject)
        facts = thing.facts if thing else self._others.get(fail.subject, ())
        addresses = thing.addresses if thing else ()
        places = {fail.place, *(fact.place or "" for fact in facts)} & self._scope.zones.keys()
        found = (self._scope.zone_of(address) for address in addresses)
        return Named(
            keys={fail.subject, *(thing.ids if thing else (key for fact in facts for key in fact.ids))},
            names={name for name in (fail.subject_name, *(name for fact in facts for name in _called(fact))) if name},
            addresses=addresses,
            zones=places | {zone.id if zone else "" for zone in found},
        )


def _called(fact: Fact) -> tuple[str, ...]:
    """The names that a fact has for its subject; an account goes by its log-in and its distinguished name too."""
    return (fact.name, fact.login, fact.dn) if isinstance(fact, Account) else (fact.name,)


def _names(said: RiskAcceptance) -> set[str]:
    return {name.strip().removeprefix(f"{SCORED}/") for name in said.controls}


def results(
    exceptions: Exceptions, observations: Sequence[Observation], controls: Iterable[ControlResult]
) -> tuple[ExceptionResult, ...]:
    """Each exception with what it covers of these observations and controls (of every catalog), by its id."""
    by_name = {control_name(control.catalog, control.id): control for control in controls}
    fails = {each.id: each for each in observations if each.outcome is Outcome.FAIL}
    checks = {each.check for each in observations}
    covered = _covered(exceptions, fails, by_name)
    found = []
    for each in exceptions.every:
        own = covered[each.said.id]
        accepted = tuple(
            name for name, control in by_name.items() if each.said.id in _accepting(name, control, exceptions, fails)
        )
        bare = ExceptionResult(
            **{field: getattr(each.said, field) for field in each.said.__struct_fields__},
            state=each.state,
            revoked_on=each.revoked.revoked_on if each.revoked else None,
            revoked_why=each.revoked.reason if each.revoked else "",
            observations=tuple(sorted(own & fails.keys())),
            accepted_controls=accepted,
            not_waived=tuple(name for name in accepted if _required(by_name[name])),
            overlaps=tuple(sorted(name for name in covered if name != each.said.id and own & covered[name])),
            matched=bool(own),
            entry=each.entry,
        )
        found.append(msgspec.structs.replace(bare, note=_note(bare, faults(each.said), by_name, checks)))
    return tuple(sorted(found, key=lambda result: (result.id, result.entry)))


def _covered(
    exceptions: Exceptions, fails: Mapping[str, Observation], by_name: Mapping[str, ControlResult]
) -> dict[str, set[str]]:
    """The ids of the fails, and the names of the unmet controls as a whole, that each exception covers."""
    covered: dict[str, set[str]] = {each.said.id: set() for each in exceptions.every}
    for fail in fails.values():
        for each in exceptions.covering(fail):
            covered[each].add(fail.id)
    for name, control in by_name.items():
        if control.exceptions:
            for fail in (fails[each] for each in control.observations if each in fails):
                for each in exceptions.covering(fail, name):
                    covered[each].add(fail.id)
            for each in {*exceptions.whole(name)} & {*control.exceptions}:
                covered[each].add(f"control {name}")
    return covered


def _accepting(name: str, control: ControlResult, exceptions: Exceptions, fails: Mapping[str, Observation]) -> set[str]:
    """The exceptions by which a control stands as risk accepted: none where a decision has made it so."""
    if control.status is not Status.RISK_ACCEPTED or not control.exceptions:
        return set()
    covering = [exceptions.covering(fails[each], name) for each in control.observations if each in fails]
    return {*exceptions.whole(name)} or ({each for ids in covering for each in ids} if all(covering) else set())


def _required(control: ControlResult) -> bool:
    return control.catalog == SCORED and control.requirement == "R"


def _note(
    result: ExceptionResult, wrong: Sequence[str], controls: Mapping[str, ControlResult], checks: set[str]
) -> str:
    if result.state == "revoked":
        return f"It was taken back on {day(result.revoked_on)} and covers nothing: {result.revoked_why}"
    if result.state == "expired":
        return f"It expired on {day(result.expires)}: what it covered is open again."
    if result.state == "not-yet":
        return f"It begins on {day(result.granted_on)} and covers nothing before."
    if wrong:
        return f"It covers nothing. {' '.join(wrong)}"
    said = [
        *(
            f"There is no control {each}."
            for each in result.controls
            if each.removeprefix(f"{SCORED}/") not in controls
        ),
        *(f"The check {each} was not made." for each in result.checks if each not in checks),
    ]
    if not result.matched:
        said.append("It covers nothing in this run: take it back, or correct what it names.")
    if result.not_waived:
        several = len(result.not_waived) > 1
        said.append(
            f"{', '.join(result.not_waived)} {'are' if several else 'is'} required, and can't be waived (45 CFR "
            f"164.306(d)(2)): {'they stay' if several else 'it stays'} not satisfied, with the risk accepted."
        )
    if result.overlaps:
        covers = "covers" if len(result.overlaps) == 1 else "cover"
        said.append(f"{plural(len(result.overlaps), 'other exception')} in force {covers} some of the same.")
    return " ".join(said)
