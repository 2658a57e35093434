"""Which runs must be kept, why, and until when. Pure.

45 CFR 164.316(b)(2)(i): documentation is retained for six years from the date of its creation or the date when it
last was in effect, whichever is later. A run is in effect until a later run of the same organisation was judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias

import msgspec

from posture.governance.ledger import EVERYTHING, Hold, HoldRelease, Ledger
from posture.governance.period import months_after, today

__all__ = ["YEARS", "Held", "Keeping", "Past", "holds", "keeping"]

YEARS = 6
Target: TypeAlias = str
"""A run's id, or `all`."""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A run as retention sees it. `touched` is the last that was added to it; `judged` when it was judged first.

    `foreign` is one that was replayed from a bag: it takes no other's place, and is never in effect itself.
    """

    id: str
    organisation: str
    time_zone: str
    started: datetime
    touched: datetime
    judged: datetime | None = None
    foreign: bool = False


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A legal hold that was not released: what it is on, why, since when and by whom, and its entry in the ledger."""

    target: Target
    reason: str
    since: datetime
    by: str
    entry: int


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of a run. `until` is the last day it must be kept; None where no day can be told yet.

    `why` says it in words. `kept` is whether it stays, whatever the reason.
    """

    run: str
    organisation: str
    started: datetime
    kept: bool
    until: date | None
    why: str


def holds(ledger: Ledger) -> tuple[Held, ...]:
    """The legal holds that stand, in the order in which they were placed. A release ends all on its target."""
    standing: list[Held] = []
    for entry in ledger.entries:
        said = entry.statement
        if isinstance(said, Hold):
            standing.append(
                Held(target=said.target, reason=said.reason, since=entry.at, by=entry.by, entry=entry.number)
            )
        elif isinstance(said, HoldRelease):
            standing = [each for each in standing if each.target != said.target]
    return tuple(standing)


def keeping(
    runs: Sequence[Past], standing: Iterable[Held], now: datetime, before: date | None = None
) -> tuple[Keeping, ...]:
    """Each run with whether it stays, the oldest first. `before` can only keep more: runs that began on it or later."""
    held: dict[Target, list[Held]] = {}
    for each in standing:
        held.setdefault(each.target, []).append(each)
    ordered = sorted(runs, key=lambda run: (run.started, run.id))
    return tuple(_keeping(run, ordered, held, now, before) for run in ordered)


def _keeping(
    run: Past, runs: Sequence[Past], held: Mapping[Target, Sequence[Held]], now: datetime, before: date | None
) -> Keeping:
    until, why = _until(run, runs)
    day = min(today(now, run.time_zone), today(now, "UTC"))
    stays = until is None or day <= until
    began = today(run.started, run.time_zone)
    if not stays and before is not None and began >= before:
        stays, why = True, f"it began on {began}, and only runs before {before} are to go"
    for each in (*held.get(EVERYTHING, ()), *held.get(run.id, ())):
        whose = "all runs are" if each.target == EVERYTHING else "it is"
        stays, why = True, f"{whose} on legal hold (ledger entry {each.entry}): {each.reason}"
    return Keeping(run=run.id, organisation=run.organisation, started=run.started, kept=stays, until=until, why=why)


def _six_years_after(instant: datetime, time_zone: str) -> date:
    """The last day of the six years, by the organisation's calendar and by UTC's, whichever is later.

    Six years from a 29 February end on 1 March, as the database counts them too: a day too long rather than too short.
    """
    days = (today(instant, time_zone), today(instant, "UTC"))
    ends = ((months_after(day, 12 * YEARS), day) for day in days)
    return max(end if (end.month, end.day) == (day.month, day.day) else end + timedelta(days=1) for end, day in ends)


def _until(run: Past, runs: Sequence[Past]) -> tuple[date | None, str]:
    """The last day on which it must be kept, and why."""
    last = max(run.started, run.touched)
    what = "its creation" if last == run.started else "the last that was added to it"
    if run.judged is not None and not run.foreign:
        later = [
            each.judged
            for each in runs
            if each.organisation == run.organisation
            and not each.foreign
            and each.judged is not None
            and (each.started, each.id) > (run.started, run.id)
        ]
        if not later:
            return None, "it is in effect: no later run of the organisation was judged"
        if min(later) > last:
            last, what = min(later), "when a later run took its place"
    end = _six_years_after(last, run.time_zone)
    return end, f"six years from {what} on {today(last, run.time_zone)}: 45 CFR 164.316(b)(2)(i)"
