"""`posture runs diff`: what changed from one run to a later one, and why."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

import click
import msgspec

from posture.assessment.changes import CHANGE_KINDS, Changes, CheckChange, SubjectChange
from posture.cli.common import format_option, open_store
from posture.cli.main import Settings
from posture.errors import PostureError
from posture.history.runs import Compared, comparable
from posture.presentation import CHANGES, STATUSES, number, visible
from posture.store import RunRecord

__all__ = ["diff"]

_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@click.command(short_help="Say what changed from one run to a later one, and why.")
@click.argument("earlier")
@click.argument("later")
@format_option
@click.pass_obj
def diff(settings: Settings, earlier: str, later: str, form: str) -> None:
    """Say what changed from run EARLIER to run LATER, and why.

    Each check about each subject is new, reopened, still open, no longer assessed, fixed, no longer applicable or newly
    assessed. Fixed is only what the later run truly passed: what was not seen is no longer assessed. What is still
    open is listed with -v, and counted without.
    """
    with open_store(settings) as store:
        before, after = store.run(earlier), store.run(later)
        _ordered(before, after)
        both = Compared(store, before, after)
        if form == "json":
            _json(both, after)
        else:
            for line in _text(both, before, after, everything=settings.verbose):
                click.echo(visible(line))


def _ordered(before: RunRecord, after: RunRecord) -> None:
    if before.id == after.id:
        raise PostureError("it is one run, and not two", where=before.id, mend="posture runs list")
    comparable(before, after, f"{before.id} {after.id}")


def _json(both: Compared, after: RunRecord) -> None:
    """One object, written as it is found: a large hospital's changes need no memory."""
    out, checks = sys.stdout.buffer, {}
    out.write(b'{"changes": [')
    separator = b"\n  "
    for numbers, subjects in both.checks():
        checks[numbers.check] = numbers
        for each in subjects:
            out.write(separator + _encoded(each))
            separator = b",\n  "
    head: Changes = msgspec.structs.replace(both.head(), gaps=both.gaps(checks))
    rest = {
        "run": after.id,
        "since": head.since,
        "differences": head.differences,
        "checks": [
            {name: value for name, value in msgspec.structs.asdict(each).items() if name not in {"subjects", "more"}}
            for each in checks.values()
        ],
        "controls": head.controls,
        "gaps": head.gaps,
        "risks": head.risks,
    }
    out.write(b"]" + b"".join(b",\n" + _encoded(name) + b": " + _encoded(value) for name, value in rest.items()))
    out.write(b"}\n")


def _encoded(value: object) -> bytes:
    text = msgspec.json.encode(value).decode()
    return _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text).encode()


def _text(both: Compared, before: RunRecord, after: RunRecord, *, everything: bool) -> Iterator[str]:
    head = both.head()
    yield f"From {before.id} (as of {both.before.method.as_of:%Y-%m-%d %H:%M %Z})"
    yield f"to   {after.id} (as of {both.after.method.as_of:%Y-%m-%d %H:%M %Z})"
    yield "What differs between the runs:"
    yield from (f"  {each.of}: {each.text}" for each in head.differences)
    totals = dict.fromkeys(CHANGE_KINDS, 0)
    checks: dict[str, CheckChange] = {}
    for numbers, subjects in both.checks():
        checks[numbers.check] = numbers
        for kind in CHANGE_KINDS:
            totals[kind] += numbers.count(kind)
        shown = (each for each in subjects if everything or each.kind != "still-open")
        yield from _check(numbers, shown)
    yield "Controls:" if head.controls else "No control stands otherwise than before."
    for control in head.controls:
        was, now = (STATUSES[status].word if status else "not judged" for status in (control.before, control.after))
        yield f"  {control.id} {control.title}: {was} -> {now}"
        yield from (f"      {each.of}: {each.text}" for each in control.reasons)
    yield "Gaps:" if both.gaps(checks) else "There is no gap in either run."
    for gap in both.gaps(checks):
        was, now = f"{number(gap.failed_before)} of {number(gap.judged_before)}", number(gap.failed)
        yield f"  {gap.state:<8} {gap.check}: {was} -> {now} of {number(gap.judged)}"
    for risk in head.risks:
        was = f"{risk.state_before} {risk.level_before}".strip() or "not in the register"
        yield f"Risk {risk.id} {risk.title}: {was} -> {f'{risk.state} {risk.level}'.strip() or 'not in the register'}"
    yield (
        "In all: " + ", ".join(f"{number(count)} {CHANGES[kind].word.lower()}" for kind, count in totals.items()) + "."
    )


def _check(numbers: CheckChange, shown: Iterable[SubjectChange]) -> Iterator[str]:
    counts = ((CHANGES[kind].word.lower(), numbers.count(kind)) for kind in CHANGE_KINDS)
    counted = ", ".join(f"{number(count)} {word}" for word, count in counts if count)
    heading = f"{numbers.check} ({numbers.severity.value}): {counted}; {number(numbers.judged)} judged, "
    for at, each in enumerate(shown):
        if not at:
            yield f"{heading}{number(numbers.judged_before)} before"
        formerly = f" (formerly {', '.join(each.formerly)})" if each.formerly else ""
        yield f"  {CHANGES[each.kind].word:<20} {each.subject_name or each.subject} [{each.subject}]{formerly}"
        yield from (f"      {reason.of}: {reason.text}" for reason in each.reasons)
