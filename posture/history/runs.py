"""Two runs of a store, compared: the store is asked one check at a time, so that a large run needs no large memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from posture.assessment import Assessment, Gap
from posture.assessment.changes import (
    CHANGE_KINDS,
    Changes,
    CheckChange,
    ControlChange,
    EarlierRun,
    GapChange,
    RiskChange,
    SubjectChange,
)
from posture.errors import PostureError
from posture.history.compare import Change, Comparison, Source, compared, judged
from posture.history.subjects import Subjects
from posture.history.trend import point
from posture.history.why import Why
from posture.model import Outcome, Severity
from posture.store import RunRecord, Store

__all__ = ["Compared", "changes_since", "comparable", "earlier_run", "with_changes"]

_SHOWN = 25
"""Changes of one check that are kept in a report; `posture runs diff` tells all."""

_Place: TypeAlias = tuple[datetime, datetime, str]
_DEFINITE = {Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE}


def _place(run: RunRecord) -> _Place:
    return run.as_of, run.started, run.id


def _before(store: Store, run: RunRecord) -> list[RunRecord]:
    """The runs of the same organisation before this one, the newest first, but for those replayed from a bag."""
    name, foreign = run.scope.organisation.name, store.replayed_runs()
    others = (
        each
        for each in store.runs()
        if each.scope.organisation.name == name and each.id not in foreign and _place(each) < _place(run)
    )
    return sorted(others, key=_place, reverse=True)


def earlier_run(store: Store, run: RunRecord, wanted: str | None) -> tuple[RunRecord, str] | None:
    """The run to compare with, and why that one: the one wanted, or the latest before that was judged.

    Raises PostureError where the one wanted is not there, was not judged, or is the run itself.
    """
    if wanted is not None:
        chosen = store.run(wanted)
        if chosen.id == run.id:
            raise PostureError("it is the run itself", where=f"--since {wanted}", mend="posture runs list")
        comparable(chosen, run, f"--since {wanted}")
        if store.outline(chosen.id) is None:
            raise _nothing(store, chosen.id, f"--since {wanted}")
        return chosen, "chosen with --since"
    for each in _before(store, run):
        if store.outline(each.id) is not None:
            return each, "the latest run of the same organisation before it"
    return None


def comparable(before: RunRecord, after: RunRecord, where: str) -> None:
    """Raises PostureError for runs in the wrong order, and of two organisations: their machines are not the same."""
    names = [run.scope.organisation.name for run in (before, after)]
    if names[0] != names[1]:
        raise PostureError(
            f"the runs are of two organisations, {names[0]!r} and {names[1]!r}: nothing in one was fixed in the other",
            where=where,
            mend="posture runs list",
        )
    if _place(before) > _place(after):
        raise PostureError(
            f"{before.id} is the later of the two", where=where, mend=f"posture runs diff {after.id} {before.id}"
        )


def _nothing(store: Store, run: str, where: str) -> PostureError:
    what = "was pruned" if run in store.pruned() else "was not judged"
    return PostureError(f"run {run} {what}, so there is nothing to compare", where=where, mend="posture runs list")


class Compared:
    """An earlier run and a later one of a store. Raises PostureError where one of them was not judged."""

    def __init__(self, store: Store, before: RunRecord, after: RunRecord, chosen: str = "") -> None:
        self._store, self._chosen = store, chosen
        self._runs = before, after
        self.before, self.after = (self._judged(run) for run in (before, after))
        self._why = Why(self.before, self.after)
        self._past = [each.id for each in _before(store, before)]
        self._by = Subjects(self.before.assets, self.after.assets)
        self._sources = _sources(self.before), _sources(self.after)
        self._gaps = _by_check(self.before), _by_check(self.after)

    def _judged(self, run: RunRecord) -> Assessment:
        outline = self._store.outline(run.id)
        if outline is None:
            raise _nothing(self._store, run.id, run.id)
        return outline

    def checks(self) -> Iterator[tuple[CheckChange, Iterator[SubjectChange]]]:
        """Each check with its numbers, and every change of it, the most telling first."""
        told = {check.id: check for run in (self.before, self.after) for check in run.checks}
        for check in sorted(told):
            old, new = (list(self._store.observations_of(run.id, check)) for run in self._runs)
            if not old and not new:
                continue
            found = compared(old, new, self._comparison(check))
            counts = {kind.replace("-", "_"): sum(each.kind == kind for each in found) for kind in CHANGE_KINDS}
            numbers = CheckChange(
                check=check,
                title=told[check].title,
                severity=told[check].severity,
                subject_kind=told[check].kind,
                judged=judged(new),
                judged_before=judged(old),
            )
            numbers = msgspec.structs.replace(numbers, **counts)
            found.sort(key=lambda change: (CHANGE_KINDS.index(change.kind), change.key))
            about = self._why.of_check(check)
            yield numbers, (self._told(check, change, about) for change in found)

    def _comparison(self, check: str) -> Comparison:
        def earlier(keys: Collection[str]) -> Sequence[Mapping[str, Outcome]]:
            return [self._said(run, check, keys) for run in self._past]

        return Comparison(
            subjects=self._by,
            sources_before=self._sources[0],
            sources_after=self._sources[1],
            earlier=earlier,
            otherwise=self._why.otherwise(check),
        )

    def _said(self, run: str, check: str, keys: Collection[str]) -> dict[str, Outcome]:
        """What a run said of these keys, where it said anything definite."""
        return {
            key: each.outcome
            for each in self._store.observations_of(run, check)
            if each.outcome in _DEFINITE
            for key in each.subjects or (each.subject,)
            if key in keys
        }

    def _told(self, check: str, change: Change, about: Sequence[object]) -> SubjectChange:
        telling = next((each for each in change.new if each.subject == change.key), None)
        telling = telling or next((each for each in (*change.new, *change.old) if each.subject), None)
        assets = change.thing.after or change.thing.before
        unchanged = change.kind == "still-open"
        return SubjectChange(
            check=check,
            kind=change.kind,
            subject=change.key,
            subject_name=(telling.subject_name if telling else "") or (assets[0].name if assets else ""),
            place=(telling.place if telling else "") or (assets[0].place if assets else ""),
            before=change.before.value if change.before else "",
            after=change.after.value if change.after else "",
            formerly=change.formerly,
            message=next((each.message for each in change.new if each.message), ""),
            reasons=(*self._why.of_change(change), *(() if unchanged else about)),  # type: ignore[arg-type]  # Reasons
        )

    def controls(self) -> tuple[ControlChange, ...]:
        """The controls whose status is another."""
        old, new = (
            {
                (each.catalog, each.id): each
                for each in (*run.controls, *(each for other in run.frameworks for each in other.controls))
            }
            for run in (self.before, self.after)
        )
        found = []
        for about in dict.fromkeys((*new, *old)):
            was, now = old.get(about), new.get(about)
            if was and now and was.status is now.status:
                continue
            told = now or was
            if told is not None:
                found.append(
                    ControlChange(
                        catalog=told.catalog,
                        id=told.id,
                        title=told.title,
                        before=was.status if was else None,
                        after=now.status if now else None,
                        reasons=self._why.of_control(was, now),
                    )
                )
        return tuple(found)

    def gaps(self, checks: Mapping[str, CheckChange]) -> tuple[GapChange, ...]:
        """All gaps of either run, with what became of them."""
        old, new = self._gaps
        found = []
        for check in dict.fromkeys((*new, *old)):
            was, now = old.get(check), new.get(check)
            told = now or was
            if told is None:
                continue
            found.append(
                GapChange(
                    check=check,
                    title=told.title,
                    severity=told.severity,
                    state=_state(was, now, checks.get(check)),
                    failed_before=was.failed if was else 0,
                    judged_before=was.judged if was else checks[check].judged_before if check in checks else 0,
                    failed=now.failed if now else 0,
                    judged=now.judged if now else checks[check].judged if check in checks else 0,
                    accepted_before=was.accepted if was else 0,
                    accepted=now.accepted if now else 0,
                )
            )
        return tuple(found)

    def risks(self) -> tuple[RiskChange, ...]:
        """The risks whose state or level is another."""
        old, new = ({each.id: each for each in run.risks} for run in (self.before, self.after))
        found = []
        for name in dict.fromkeys((*new, *old)):
            was, now = old.get(name), new.get(name)
            told = now or was
            if told is None or (was and now and (was.state, was.level) == (now.state, now.level)):
                continue
            found.append(
                RiskChange(
                    id=name,
                    title=told.title,
                    state_before=was.state if was else "",
                    state=now.state if now else "",
                    level_before=was.level if was else "",
                    level=now.level if now else "",
                    reasons=self._why.of_check(told.about) if told.source == "gap" else (),
                )
            )
        return tuple(found)

    def head(self) -> Changes:
        """Everything but the checks, the gaps and the trend."""
        before = self._runs[0]
        since = EarlierRun(
            id=before.id,
            started=before.started,
            as_of=self.before.method.as_of,
            fingerprint=_fingerprint(self._store, before.id),
            chosen=self._chosen,
        )
        return Changes(since=since, differences=self._why.between(), controls=self.controls(), risks=self.risks())


def _fingerprint(store: Store, run: str) -> str:
    said = (event.detail.get("fingerprint", "") for event in reversed(store.events(run)) if event.kind == "finished")
    return str(next(said, ""))


def _by_check(run: Assessment) -> dict[str, Gap]:
    return {gap.check: gap for gap in run.gaps}


def _sources(run: Assessment) -> dict[str, Source]:
    return {each.id: Source(each.collector, each.targets) for each in run.evidence}


def _state(
    was: Gap | None, now: Gap | None, change: CheckChange | None
) -> Literal["new", "open", "closed", "not-seen"]:
    if now is not None:
        return "open" if was or (change and (change.still_open or change.reopened)) else "new"
    return "closed" if change and was and change.fixed == was.failed else "not-seen"


def changes_since(store: Store, before: RunRecord, after: RunRecord, chosen: str) -> Changes:
    """What changed from one run to the other, as reports tell it, and the trend up to the later one."""
    both = Compared(store, before, after, chosen)
    checks = []
    for numbers, subjects in both.checks():
        shown = [each for _, each in zip(range(_SHOWN), subjects, strict=False)]
        total = sum(numbers.count(kind) for kind in CHANGE_KINDS)
        checks.append(msgspec.structs.replace(numbers, subjects=tuple(shown), more=total - len(shown)))
    by_check = {each.check: each for each in checks}
    checks.sort(key=lambda each: (list(Severity).index(each.severity), each.check))
    rows = [*reversed(_before(store, after)), after]
    outlines = (outline for run in rows if (outline := store.outline(run.id)))
    return msgspec.structs.replace(
        both.head(), checks=tuple(checks), gaps=both.gaps(by_check), trend=tuple(point(each) for each in outlines)
    )


def with_changes(store: Store, assessment: Assessment, since: str | None) -> Assessment:
    """The assessment with what changed since an earlier run, under `run`; as it is where there is none before it."""
    run = store.run(assessment.run.id)
    found = earlier_run(store, run, since)
    if found is None:
        return assessment
    changes = changes_since(store, found[0], run, found[1])
    return msgspec.structs.replace(assessment, run=msgspec.structs.replace(assessment.run, changes=changes))
