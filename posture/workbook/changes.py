"""What changed since an earlier run, and the row of all runs, as sheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from posture.assessment import Assessment, Reason
from posture.assessment.changes import CHANGE_KINDS
from posture.model import Status
from posture.presentation import CHANGES, LEVELS, RISK_STATES, SEVERITIES, STATUSES, number
from posture.workbook.page import Page
from posture.workbook.places import word
from posture.workbook.sheet import Value
from posture.workbook.words import lines

__all__ = ["changes", "in_short", "trend"]

NOT_COMPARED = (
    "This run was compared with no other: no earlier run of the organisation was in the store, or none was to be "
    "compared with. Nothing is said here about getting better or worse."
)


def changes(assessment: Assessment) -> Iterator[Sequence[Value]]:
    """A row for each change: of checks about subjects, then of controls, then of risks."""
    told = assessment.run.changes
    if told is None:
        return
    for check in told.changed_checks:
        for each in check.subjects:
            yield (
                "Subject",
                word(CHANGES[each.kind]),
                each.subject_name or each.subject,
                check.title,
                word(SEVERITIES[check.severity]),
                each.before or "not seen",
                each.after or "not seen",
                _why(each.reasons),
                each.place,
                each.subject,
                lines(each.formerly),
                check.check,
            )
        if check.more:
            more = f"{number(check.more)} more: posture runs diff {told.since.id} {assessment.run.id} -v"
            yield ("Subject", "", more, check.title, word(SEVERITIES[check.severity]), *[""] * 6, check.check)
    for control in told.controls:
        was, now = (word(STATUSES[each]) if each else "not judged" for each in (control.before, control.after))
        yield (
            *("Control", "", f"{control.id} {control.title}", "", "", was, now),
            *(_why(control.reasons), "", control.id, "", ""),
        )
    for risk in told.risks:
        was = f"{word(RISK_STATES[risk.state_before])}, {LEVELS[risk.level_before].word}" if risk.level_before else ""
        now = f"{word(RISK_STATES[risk.state])}, {LEVELS[risk.level].word}" if risk.level else ""
        shown = (was or "not in the register", now or "not in the register")
        yield ("Risk", "", risk.title, "", "", *shown, _why(risk.reasons), "", risk.id, "", "")


def _why(reasons: Iterable[Reason]) -> str:
    return lines(f"{each.of}: {each.text}" for each in reasons)


def trend(assessment: Assessment) -> Iterator[Sequence[Value]]:
    """A row for each run, the oldest first."""
    for at, each in enumerate(assessment.run.changes.trend if assessment.run.changes else (), 1):
        yield (
            *(at, each.run, each.as_of, each.controls, each.satisfied, each.not_satisfied, each.risk_accepted),
            *(each.not_assessed, each.not_applicable, each.checks_failed, each.checks_judged, each.fails),
            *(each.judgements, each.unanswered, each.asked, each.lost, each.probes, each.machines, each.version),
        )


def in_short(page: Page, assessment: Assessment) -> None:
    """The summary's answer to what changed since the last run."""
    told = assessment.run.changes
    if told is None:
        page.text(f"{word(STATUSES[Status.NOT_ASSESSED])}. {NOT_COMPARED}")
        return
    page.text(
        f"Compared with run {told.since.id}, as of {told.since.as_of:%Y-%m-%d}. Fixed is only what this run truly "
        "passed; what was not seen is no longer assessed, which is no improvement. More is on Changes and Trend."
    )
    page.heads("", "How many", "What it counts", numbers=("How many",))
    for kind in CHANGE_KINDS:
        page.line([word(CHANGES[kind]), told.count(kind), "one check about one subject"], ["strong", "number", "text"])
    page.line(["Controls that stand otherwise", len(told.controls), "controls"], ["strong", "number", "text"])
