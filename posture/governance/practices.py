"""Recognized security practices (Public Law 116-321), and what supports them month by month. Pure.

The law has the Secretary consider whether they were in place for the previous 12 months; see `IN_MITIGATION`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from posture.assessment import CheckResult, ControlResult, PracticeResult
from posture.governance.answers import newest, recorded, speaking
from posture.governance.history import PastRun
from posture.governance.ledger import Ledger, Practice, Practices
from posture.governance.period import months_after, today
from posture.model import Record
from posture.scope import Scope

__all__ = ["IN_MITIGATION", "controls_tested", "practices"]

IN_MITIGATION: Final = (
    "Supporting, in mitigation: under Public Law 116-321, HHS considers recognized security practices that were in "
    "place for the previous 12 months; they may mitigate fines and remedies, and end an audit early. It is no safe "
    "harbour, and what stands here is no proof that a practice was in place. Months without support are named, and "
    "months that ended before a practice is said to have begun are gaps by themselves. An answer counts from the "
    "day it is dated, which may be before the day it was recorded."
)

_MONTHS: Final = 12


class _Month(Record, frozen=True, kw_only=True):
    """A calendar month, to its last day, or to the day of the assessment in the last one."""

    name: str
    ends: date


def practices(  # noqa: PLR0913  # what people say, what was run, and when
    *,
    ledger: Ledger,
    history: Sequence[PastRun],
    controls: Sequence[ControlResult],
    scope: Scope,
    as_of: datetime,
    this_run: PastRun,
) -> tuple[PracticeResult, ...]:
    """Every practice of the newest declaration, with its support over the 12 calendar months up to `as_of`.

    Months are those of the organisation's time zone. A run counts in the month it was made in, once, whatever day it
    speaks of, and not if that is after `as_of`. A control counts as attested where the answers in force on the month's
    last day (or today) are *yes* for every party that is asked; `controls` are those of all catalogs that a practice
    may name.
    """
    zone = scope.organisation.time_zone
    day = today(as_of, zone)
    declared = newest(ledger, Practices, lambda _: "", recorded(zone), day).get("")
    if declared is None:
        return ()
    months = _months(day)
    runs = {run.id: run for run in (*history, this_run) if today(run.started, zone) <= day}
    tested_in: dict[str, list[set[str]]] = {}
    for run in runs.values():
        tested_in.setdefault(_name(today(run.started, zone)), []).append(set(run.tested))
    attested = [_attested(ledger, controls, month.ends) for month in months]
    return tuple(_result(practice, months, tested_in, attested) for practice in declared[1].practices)


def controls_tested(controls: Iterable[ControlResult], checks: Iterable[CheckResult]) -> tuple[str, ...]:
    """The ids of the controls that a run tested: what a `PastRun` holds. One of two catalogs, only if both were.

    A check that bears on it gave pass or fail; that a risk was accepted takes nothing from that.
    """
    made = {check.id for check in checks if check.passed or check.failed}
    return _by_id((control, any(each.check in made for each in control.checks)) for control in controls)


def _by_id(said: Iterable[tuple[ControlResult, bool]]) -> tuple[str, ...]:
    """The ids of which it holds, whatever catalog is meant: practices name controls by their ids alone."""
    found: dict[str, bool] = {}
    for control, holds in said:
        found[control.id] = found.get(control.id, True) and holds
    return tuple(each for each, holds in found.items() if holds)


def _result(
    practice: Practice, months: Sequence[_Month], tested_in: dict[str, list[set[str]]], attested: Sequence[set[str]]
) -> PracticeResult:
    own = set(practice.controls)
    runs = tuple(sum(bool(own & each) for each in tested_in.get(month.name, ())) for month in months)
    answers = tuple(len(own & each) for each in attested)
    not_yet = tuple(month.name for month in months if month.ends < practice.since)
    return PracticeResult(
        framework=practice.framework,
        practice=practice.practice,
        title=practice.title,
        since=practice.since,
        where=practice.where,
        controls=practice.controls,
        evidence=practice.evidence,
        months=tuple(month.name for month in months),
        runs=runs,
        attested=answers,
        gaps=tuple(
            month.name
            for month, count, said in zip(months, runs, answers, strict=True)
            if month.name in not_yet or not (count or said)
        ),
        not_yet=not_yet,
    )


def _months(day: date) -> tuple[_Month, ...]:
    """The 12 calendar months up to the one that the day is in, the oldest first."""
    firsts = [months_after(day.replace(day=1), -back) for back in reversed(range(_MONTHS))]
    return tuple(
        _Month(name=_name(first), ends=min(months_after(first, 1) - timedelta(days=1), day)) for first in firsts
    )


def _name(day: date) -> str:
    return f"{day.year:04}-{day.month:02}"


def _attested(ledger: Ledger, controls: Sequence[ControlResult], on: date) -> set[str]:
    """The controls to whose question the answer was yes on a day, for every party."""
    answers = speaking(ledger, on)

    def yes(control: ControlResult, party: str) -> bool:
        said = answers.get((control.catalog, control.id, party))
        return said is not None and said.answer == "yes"

    return set(
        _by_id(
            (control, all(yes(control, party) for party in ([part.party for part in control.parts] or [""])))
            for control in controls
        )
    )
