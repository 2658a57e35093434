"""Which subjects of two runs are the same thing, though the key of one got stronger or weaker. Pure.

An address names a machine only for as long as it keeps it: two machines whose GUIDs, engine ids, serial numbers or
MAC addresses differ are two, whatever weaker identifier they share.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from posture.assessment import Asset
from posture.inventory.identifiers import SCHEMES, strength, usable

__all__ = ["Subjects", "Thing"]


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """The assets of both runs that are one thing; a subject that is no asset is alone, and has no assets."""

    id: str
    before: tuple[Asset, ...] = ()
    after: tuple[Asset, ...] = ()

    @property
    def ids(self) -> frozenset[str]:
        """Every identifier that it goes by in either run."""
        return _ids(self.before) | _ids(self.after) | {self.id}

    @property
    def ids_after(self) -> frozenset[str]:
        """Every identifier that it goes by in the later run."""
        return _ids(self.after)


def _ids(assets: Iterable[Asset]) -> frozenset[str]:
    return frozenset(key for asset in assets for key in (asset.key, *asset.ids))


class Subjects:
    """The things of two runs, by the keys of their subjects."""

    def __init__(self, before: Sequence[Asset], after: Sequence[Asset]) -> None:
        both = (*before, *after)
        parent = list(range(len(both)))

        def root(at: int) -> int:
            while parent[at] != at:
                parent[at] = parent[parent[at]]
                at = parent[at]
            return at

        keys = {asset.key: at for at, asset in enumerate(before)}
        for at, asset in enumerate(after):
            parent[len(before) + at] = keys.get(asset.key, len(before) + at)
        for identifier, old, new in _shared(before, after):
            if not _contradicted(identifier, before[old], after[new]):
                parent[root(len(before) + new)] = root(old)
        groups: dict[int, tuple[list[Asset], list[Asset]]] = {}
        for at, asset in enumerate(both):
            groups.setdefault(root(at), ([], []))[at >= len(before)].append(asset)
        things = {
            at: Thing(id=(new or old)[0].key, before=tuple(old), after=tuple(new)) for at, (old, new) in groups.items()
        }
        holders: dict[str, set[int]] = {}
        for at, asset in enumerate(both):
            for identifier in asset.ids:
                holders.setdefault(identifier, set()).add(root(at))
        self._things = {identifier: things[min(at)] for identifier, at in holders.items() if len(at) == 1}
        self._things |= {asset.key: things[root(at)] for at, asset in enumerate(both)}

    def thing(self, key: str) -> Thing:
        """The thing that goes by this key; one of its own where no asset does, or where several do."""
        return self._things.get(key) or Thing(id=key)


def _shared(before: Sequence[Asset], after: Sequence[Asset]) -> list[tuple[str, int, int]]:
    """The identifiers that just one asset of each run has, with their places, the strongest first."""
    holders: list[dict[str, set[int]]] = []
    for assets in (before, after):
        held: dict[str, set[int]] = {}
        for at, asset in enumerate(assets):
            for identifier in {asset.key, *asset.ids}:
                held.setdefault(identifier, set()).add(at)
        holders.append(held)
    old, new = holders
    found = [
        (identifier, min(old[identifier]), min(new[identifier]))
        for identifier in old.keys() & new.keys()
        if len(old[identifier]) == len(new[identifier]) == 1 and _joins(identifier)
    ]
    return sorted(found, key=lambda each: strength(each[0]))


def _joins(identifier: str) -> bool:
    return strength(identifier)[0] < len(SCHEMES) and usable(identifier)


def _contradicted(identifier: str, one: Asset, other: Asset) -> bool:
    """Whether something stronger than this identifier says that they are two things."""
    rank, _ = strength(identifier)
    for scheme in SCHEMES[:rank]:
        mine, theirs = _of(scheme, one), _of(scheme, other)
        if mine and theirs and not mine & theirs:
            return True
    return False


def _of(scheme: str, asset: Asset) -> set[str]:
    return {each for each in (asset.key, *asset.ids) if each.startswith(f"{scheme}:") and usable(each)}
