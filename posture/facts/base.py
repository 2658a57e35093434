"""What every fact is, and how it says that an answer is wanting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Literal, TypeAlias, TypeVar, overload

import msgspec

__all__ = ["BlindSpot", "Fact", "Facts", "Known", "Missing", "known"]

T = TypeVar("T")


class Missing(msgspec.Struct, frozen=True, tag="missing"):
    """Why a value is not there.

    `absent`: the source was asked, could answer, and has no such value. `not-asked`, `not-readable` and
    `not-answered` are silence: nothing may be concluded from them.
    """

    why: Literal["not-asked", "not-readable", "not-answered", "absent"]
    detail: str = ""

    def __str__(self) -> str:
        return self.detail or self.why.replace("-", " ")


Known: TypeAlias = T | Missing


def known(value: Known[T], default: T) -> T:
    """The value, or `default` where it is missing. For display only: a verdict has to look at the Missing itself."""
    return default if isinstance(value, Missing) else value


class Fact(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Something that evidence says about a subject.

    `ids` are the subject's identifiers, strongest first (see `posture.subjects`); the first is the key that lasts
    from run to run. `place` is the id of the zone or directory of the scope that it stands in, if any. `evidence`
    are the ids of the evidence it was read from.
    """

    ids: tuple[str, ...]
    name: str
    place: str | None = None
    evidence: tuple[str, ...] = ()


class BlindSpot(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of a kind that were wanted and are not there: `why`, and what would give them (`answer`)."""

    kinds: tuple[str, ...]
    subject: str
    name: str
    why: str
    answer: str
    place: str | None = None
    evidence: tuple[str, ...] = ()


F = TypeVar("F", bound=Fact)


class Facts(Sequence[F], Generic[F]):
    """All facts of one kind, in the order of their keys, with the blind spots among them."""

    def __init__(self, facts: Iterable[F] = (), blind_spots: Iterable[BlindSpot] = ()) -> None:
        self._facts = sorted(facts, key=lambda fact: (fact.ids, fact.name))
        self.blind_spots = tuple(sorted(blind_spots, key=lambda spot: (spot.subject, spot.why)))

    @property
    def complete(self) -> bool:
        """Whether all that was wanted is here; a check over the whole set may pass only then."""
        return not self.blind_spots

    @overload
    def __getitem__(self, index: int) -> F: ...

    @overload
    def __getitem__(self, index: slice) -> list[F]: ...

    def __getitem__(self, index: int | slice) -> F | list[F]:
        return self._facts[index]

    def __len__(self) -> int:
        return len(self._facts)

    def __iter__(self) -> Iterator[F]:
        return iter(self._facts)

    def by(self, key: Callable[[F], T]) -> dict[T, list[F]]:
        """The facts grouped by a key."""
        grouped: dict[T, list[F]] = {}
        for fact in self._facts:
            grouped.setdefault(key(fact), []).append(fact)
        return grouped
