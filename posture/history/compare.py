"""What became of each check about each subject, from one run to a later one. Pure.

A host that was not seen is *no longer assessed*, and never fixed. Fixed is what the later run truly passed: under the
identifier by which it had failed or with that one among its own, by evidence of the same kinds, at each of its
addresses. Whatever is less than that is said to be no longer assessed, with what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_network

import msgspec

from posture.assessment import Asset, Observation
from posture.assessment.changes import ChangeKind
from posture.history.subjects import Subjects, Thing
from posture.model import Outcome

__all__ = ["Change", "Earlier", "Source", "compared", "judged", "states"]

Earlier = Callable[[Collection[str]], Sequence[Mapping[str, Outcome]]]
"""What earlier runs, the newest first, said of these keys."""

_OPEN = {Outcome.UNKNOWN, Outcome.ERROR, None}
_ADDRESSED = {"nmap", "snmp"}
"""Collectors that ask a machine at an address, so that what they say is true of that address alone."""


class Source(msgspec.Struct, frozen=True):
    """Where a piece of evidence came from: its collector, and what it was asked of."""

    collector: str
    targets: tuple[str, ...] = ()


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change: the observations of both sides about the thing, and what was missing for it to be fixed."""

    kind: ChangeKind
    key: str
    before: Outcome | None
    after: Outcome | None
    old: tuple[Observation, ...] = ()
    new: tuple[Observation, ...] = ()
    formerly: tuple[str, ...] = ()
    missing: str = ""
    thing: Thing


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What a check's observations are compared by: the things of both runs, and where all evidence came from.

    `otherwise` says by what else the later run judged, where that is for the hospital to choose: what passes by a
    threshold that was moved was not fixed. Empty where it judged by the same.
    """

    subjects: Subjects
    sources_before: Mapping[str, Source]
    sources_after: Mapping[str, Source]
    earlier: Earlier
    otherwise: str = ""


def states(observations: Iterable[Observation]) -> dict[str, Observation]:
    """The observation about each subject of one check, the worst where there are several; a set's is its members'."""
    found: dict[str, Observation] = {}
    for each in observations:
        for key in each.subjects or (each.subject,):
            if key not in found or each.outcome.rank < found[key].outcome.rank:
                found[key] = each
    return found


def judged(observations: Iterable[Observation]) -> int:
    """How many subjects have a pass or a fail."""
    return sum(each.count or 1 for each in observations if each.outcome in {Outcome.PASS, Outcome.FAIL})


def compared(before: Iterable[Observation], after: Iterable[Observation], by: Comparison) -> list[Change]:
    """What changed about every subject of one check; what did not is left out, but for what stays open."""
    old, new = states(before), states(after)
    groups = [
        _Group(keys_before, keys_after, old, new, thing) for keys_before, keys_after, thing in _groups(old, new, by)
    ]
    asked = {key for group in groups if group.asks_earlier for key in (group.thing.ids | group.keys)}
    earlier = by.earlier(asked) if asked else ()
    return [change for group in groups for change in _changes(group, by, earlier)]


def _groups(
    old: Mapping[str, Observation], new: Mapping[str, Observation], by: Comparison
) -> Iterable[tuple[list[str], list[str], Thing]]:
    """Keys of both runs that are judged together: one key that both have, or all of a thing whose keys changed."""
    parts: dict[str, tuple[list[str], list[str], Thing]] = {}
    for side, keys in enumerate((old, new)):
        for key in keys:
            thing = by.subjects.thing(key)
            ours, theirs, _ = parts.setdefault(thing.id, ([], [], thing))
            (theirs if side else ours).append(key)
    for ours, theirs, thing in parts.values():
        if {*ours} == {*theirs}:
            yield from (([key], [key], thing) for key in ours)
        else:
            yield ours, theirs, thing


class _Group:
    """Keys of both runs that are judged together, with what was said of them."""

    def __init__(
        self,
        before: list[str],
        after: list[str],
        old: Mapping[str, Observation],
        new: Mapping[str, Observation],
        thing: Thing,
    ) -> None:
        self.before, self.after, self.thing = sorted(before), sorted(after), thing
        self.old = {key: old[key] for key in self.before}
        self.new = {key: new[key] for key in self.after}
        self.was, self.now = _worst(self.old.values()), _worst(self.new.values())

    @property
    def keys(self) -> frozenset[str]:
        return frozenset((*self.before, *self.after))

    @property
    def asks_earlier(self) -> bool:
        """Whether the two runs alone don't tell: open again or for the first time, or assessed again."""
        return (self.now is Outcome.FAIL and self.was is not Outcome.FAIL) or (
            self.now is Outcome.PASS and self.was in _OPEN
        )


def _worst(observations: Iterable[Observation]) -> Outcome | None:
    return min((each.outcome for each in observations), key=lambda outcome: outcome.rank, default=None)


def _changes(group: _Group, by: Comparison, earlier: Sequence[Mapping[str, Outcome]]) -> Iterable[Change]:
    kind, missing = _kind(group, by, earlier)
    if kind is None:
        return
    at_fault = Outcome.FAIL if Outcome.FAIL in {group.now, group.was} else None
    keys = [key for key, each in group.new.items() if group.now is not Outcome.FAIL or each.outcome is Outcome.FAIL]
    if at_fault and group.now is not Outcome.FAIL:  # what had failed is what is told of
        keys = [key for key, each in group.old.items() if each.outcome is Outcome.FAIL]
    for key in keys or group.before:
        name = next(iter(group.after), key) if key not in group.new and len(group.after) == 1 else key
        yield Change(
            kind=kind,
            key=name,
            before=group.was,
            after=group.now,
            old=tuple(group.old.values()),
            new=tuple(group.new.values()),
            formerly=tuple(each for each in group.before if each != name) if group.before != group.after else (),
            missing=missing,
            thing=group.thing,
        )


def _kind(group: _Group, by: Comparison, earlier: Sequence[Mapping[str, Outcome]]) -> tuple[ChangeKind | None, str]:
    was, now = group.was, group.now
    if now is Outcome.FAIL:
        return _open(group, earlier), ""
    if now in _OPEN:
        return ("no-longer-assessed" if was in {Outcome.FAIL, Outcome.PASS} else None), ""
    if was in _OPEN:
        failed = next((outcome for outcome in _past(group, earlier) if outcome not in _OPEN), None) is Outcome.FAIL
        return "newly-assessed", "it had failed when it was last assessed, before that run" if failed else ""
    if was is Outcome.FAIL:
        if {each.outcome for each in group.new.values()} != {Outcome.PASS}:
            return "no-longer-applicable", ""
        missing = _missing(group, by)
        return ("no-longer-assessed" if missing else "fixed"), missing
    return ("no-longer-applicable" if was is Outcome.PASS and now is Outcome.NOT_APPLICABLE else None), ""


def _open(group: _Group, earlier: Sequence[Mapping[str, Outcome]]) -> ChangeKind:
    """Whether a fail is new, still open or open again: by the last time that it was seen to fail, and since then."""
    passed = False
    for outcome in (group.was, *_past(group, earlier)):
        if outcome is Outcome.FAIL:
            return "reopened" if passed else "still-open"
        passed = passed or outcome is Outcome.PASS
    return "new"


def _past(group: _Group, earlier: Sequence[Mapping[str, Outcome]]) -> Iterable[Outcome | None]:
    keys = group.thing.ids | group.keys
    for run in earlier:
        found = [run[key] for key in keys if key in run]
        yield min(found, key=lambda outcome: outcome.rank, default=None)


# ── whether what passed is what had failed ───────────────────────────────────────────────────────────────────────


def _missing(group: _Group, by: Comparison) -> str:
    """What is missing for a pass to show that what had failed is fixed; nothing where it does."""
    return next(iter(_lacks(group, by)), "")


def _lacks(group: _Group, by: Comparison) -> Iterable[str]:
    known = group.thing.ids_after | {*group.after}
    failed = {key: each for key, each in group.old.items() if each.outcome is Outcome.FAIL}
    for key in failed:
        if key not in known:
            yield f"it failed as {key}, and nothing that passed is known to be that"
    evidence = {digest for each in failed.values() for digest in each.evidence}
    if not evidence <= by.sources_before.keys():
        yield "where the evidence of the fail came from is not known any more"
        return
    if by.otherwise:
        yield by.otherwise
    behind = _behind(group)
    if behind and behind <= evidence:
        yield "it passes by the very evidence by which it failed: only how it is judged is another"
    wanted = {by.sources_before[digest].collector for digest in evidence}
    brought = [by.sources_after[digest] for digest in behind if digest in by.sources_after]
    lacking = wanted - {source.collector for source in brought}
    if lacking:
        yield f"it failed by evidence of {', '.join(sorted(lacking))}, and passed without any"
    if wanted & _ADDRESSED and (unseen := _unseen(group, [each for each in brought if each.collector in _ADDRESSED])):
        yield unseen


def _behind(group: _Group) -> set[str]:
    """The evidence behind the passes: of a counted set that which speaks of this thing, where that is known."""
    passed = {digest for each in group.new.values() for digest in each.evidence}
    of_thing = {digest for asset in group.thing.after for digest in asset.evidence}
    return passed & of_thing if group.thing.after else passed


def _unseen(group: _Group, brought: Sequence[Source]) -> str:
    """At which addresses it was not looked at again, in words."""
    before, after = _addresses(group.thing.before), _addresses(group.thing.after)
    gone = before - after
    if len(after) > 1:
        gone |= {address for address in before | after if not any(_asked(source, address) for source in brought)}
    if not gone:
        return ""
    return f"it passed where it was seen, and was not looked at again at {', '.join(sorted(gone))}"


def _addresses(assets: Iterable[Asset]) -> set[str]:
    return {address for asset in assets for address in asset.addresses}


def _asked(source: Source, address: str) -> bool:
    """Whether a scan was of this address. What can't be read as an address or a network is none."""
    for target in source.targets:
        try:
            if ip_address(address) in ip_network(target, strict=False):
                return True
        except ValueError:
            continue
    return False
