"""Which of many pieces are of one thing: by what they share, strongest first, unless something rules it out. Pure.

Order never matters: pieces come in an order of their own, and at each strength all is joined at once. Where what is
shared at a strength leads to pieces that can't be one thing, an identifier that differing pieces share joins nobody;
where the rest still leads there, none of it does. So nothing is joined by the luck of its place in a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from posture.inventory.identifiers import Marks, conflict

__all__ = ["Joined", "Piece", "Refusal", "joined"]


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may be a part of a thing: what it is known by, with its strength, and what nobody else has."""

    ids: tuple[tuple[int, str], ...]
    marks: Marks


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces that share an identifier and were not joined by it; `members` has a list for each that stays apart."""

    identifier: str
    members: tuple[tuple[int, ...], ...]
    why: str


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """The pieces of each thing, by what they were joined (identifier → the pieces that it brought together)."""

    groups: tuple[tuple[int, ...], ...]
    by: Mapping[str, tuple[int, ...]]
    refused: tuple[Refusal, ...]


class _Sets:
    """Disjoint sets of pieces, under the smallest of each."""

    def __init__(self, members: Iterable[int]) -> None:
        self._parent = {each: each for each in members}

    def root(self, at: int) -> int:
        while (parent := self._parent[at]) != at:
            self._parent[at] = parent = self._parent[parent]
            at = parent
        return at

    def join(self, several: Iterable[int]) -> None:
        first, *others = sorted({self.root(each) for each in several})
        for other in others:
            self._parent[other] = first

    def groups(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for each in self._parent:
            found.setdefault(self.root(each), []).append(each)
        return found


def joined(pieces: Sequence[Piece], *, alone: Mapping[str, str]) -> Joined:
    """The things that these pieces make up. Identifiers of `alone` (each with its reason) join nobody."""
    levels: dict[int, dict[str, list[int]]] = {}
    for at, piece in enumerate(pieces):
        for rank, identifier in piece.ids:
            levels.setdefault(rank, {}).setdefault(identifier, []).append(at)
    sets = _Sets(range(len(pieces)))
    marks = {at: {*piece.marks} for at, piece in enumerate(pieces)}
    by: dict[str, tuple[int, ...]] = {}
    refused: dict[str, tuple[tuple[int, ...], str]] = {}
    for _, holders in sorted(levels.items()):
        edges: dict[str, tuple[int, ...]] = {}
        for identifier, holding in sorted(holders.items()):
            roots = {sets.root(each) for each in holding}
            if len(roots) == 1:
                continue
            if identifier in alone:
                refused[identifier] = tuple(holding), alone[identifier]
            else:
                edges[identifier] = tuple(sorted(roots))
        for identifier, why in _ruled_out(edges, marks).items():
            refused[identifier] = tuple(holders[identifier]), why
            del edges[identifier]
        by |= {identifier: tuple(holders[identifier]) for identifier in edges}
        for members in _components(edges):
            sets.join(members)
            marks[members[0]] = set().union(*(marks[each] for each in members))
    return Joined(
        groups=tuple(tuple(group) for _, group in sorted(sets.groups().items())),
        by=by,
        refused=tuple(_apart(refused, sets)),
    )


def _ruled_out(
    edges: Mapping[str, tuple[int, ...]], marks: Mapping[int, set[tuple[str, frozenset[str]]]]
) -> dict[str, str]:
    """The identifiers that can't join what they lead to, each with why."""
    found: dict[str, str] = {}
    for identifier, roots in edges.items():
        if why := conflict(set().union(*(marks[root] for root in roots))):
            found[identifier] = why
    left = {identifier: roots for identifier, roots in edges.items() if identifier not in found}
    for members in _components(left):
        if why := conflict(set().union(*(marks[root] for root in members))):
            within = {*members}
            found |= {identifier: why for identifier, roots in left.items() if roots[0] in within}
    return found


def _components(edges: Mapping[str, tuple[int, ...]]) -> list[tuple[int, ...]]:
    """What hangs together by these identifiers, the smallest of each first."""
    sets = _Sets({root for roots in edges.values() for root in roots})
    for roots in edges.values():
        sets.join(roots)
    return [tuple(sorted(group)) for group in sets.groups().values()]


def _apart(refused: Mapping[str, tuple[tuple[int, ...], str]], sets: _Sets) -> list[Refusal]:
    """What was refused, as it stands at the end: something else may have joined it after all."""
    found = []
    for identifier, (holding, why) in refused.items():
        members: dict[int, list[int]] = {}
        for each in holding:
            members.setdefault(sets.root(each), []).append(each)
        if len(members) > 1:
            apart = tuple(tuple(each) for _, each in sorted(members.items()))
            found.append(Refusal(identifier=identifier, members=apart, why=why))
    return found
