"""What is missing for a request, and what to know of a pack before it is sent: for the hospital alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from posture.assessment import Assessment, AttestationResult
from posture.governance.exceptions import control_name
from posture.model import Status
from posture.packs.definition import TABLES, Request
from posture.packs.tables import rows
from posture.presentation import ANSWERS, day, plural

__all__ = ["general", "missing"]

_STALE_DAYS: Final = 30


def missing(a: Assessment, request: Request, attach: Mapping[str, str]) -> tuple[str, ...]:
    """What is missing for a request, or speaks against the hospital; `a` is limited to it.

    `attach` is, by a control's name, what is to be handed in with its answer.
    """
    found = (*_unanswered(a, attach), *_wanting(a, request), *_silent(a), *request.elsewhere)
    return tuple(dict.fromkeys(found))


def _unanswered(a: Assessment, attach: Mapping[str, str]) -> Iterator[str]:
    for control in (*a.controls, *(each for part in a.frameworks for each in part.controls)):
        if control.counted and control.status is Status.NOT_ASSESSED:
            yield f"{control.id} {control.title} is not assessed. {control.reason}"
    for answer in a.attestations:
        named = f"{answer.control} {answer.title}{f', for {answer.party}' if answer.party else ''}"
        wanted = attach.get(control_name(answer.catalog, answer.control), "")
        for said in _attested(answer, wanted):
            yield f"{named}: {said}"
    for decision in a.decisions:
        if decision.state == "missing":
            yield f"{decision.control} {decision.title}: no decision about this addressable specification is on file."
        elif decision.state != "in-force":
            yield f"{decision.control} {decision.title}: the decision was due for review on {day(decision.review_by)}."


def _attested(each: AttestationResult, wanted: str) -> Iterator[str]:
    if each.state == "missing":
        yield f"nobody has answered.{f' To be handed in: {wanted}' if wanted else ''}"
    elif each.state == "expired":
        yield f"the answer of {each.owner} ended on {day(each.expires)}; documents with it are not enclosed."
    elif each.state == "not-yet":
        yield f"the answer of {each.owner} does not hold yet."
    else:
        if not each.attachments:
            yield f"answered by {each.owner}, without a document.{f' Wanted: {wanted}' if wanted else ''}"
        if each.expiring:
            yield f"the answer of {each.owner} ends on {day(each.expires)}."
        if each.answer != "yes":
            yield f"answered “{ANSWERS.get(each.answer, each.answer).lower()}”; what is enclosed says so."


def _wanting(a: Assessment, request: Request) -> Iterator[str]:
    own = a.risk_analysis
    for table in request.tables:
        if table == "risk-analysis" and own and own.state == "expired":
            due = day(own.next_review)
            yield f"The risk analysis “{own.title}” was due for review on {due}; its document is not enclosed."
        elif not rows(a, table):
            yield f"{TABLES[table]}: there is nothing of it."
    if own and own.state == "in-force" and not own.attachments:
        yield f"The risk analysis “{own.title}” is on file without its document."
    if {"systems", "business-associates"} & {*request.tables}:
        yield from a.register.problems


def _silent(a: Assessment) -> Iterator[str]:
    for check in a.checks:
        if not (check.passed or check.failed):
            yield f"No result of the test “{check.title}”."
        elif check.unknown or check.errors:
            yield f"The test “{check.title}” has no answer about {plural(check.unknown + check.errors, 'subject')}."


def general(a: Assessment, made: date) -> tuple[str, ...]:
    """What is to be known of the pack as a whole before it is sent; `a` is the extract."""
    return tuple(_general(a, made))


def _general(a: Assessment, made: date) -> Iterator[str]:
    age = (made - a.method.as_of.date()).days
    if age > _STALE_DAYS:
        yield f"The assessment speaks of {day(a.method.as_of)}, {plural(age, 'day')} before this pack was made."
    if a.run.pack and "timestamped" not in a.run.pack.whole_seal:
        yield (
            "The run has no timestamp of a third party. Its seal shows that nothing was changed since it was sealed; "
            "when that was, it does not prove."
        )
    controls = a.coverage.controls
    if controls.of:
        yield (
            f"{plural(controls.of, 'control')} enclosed: {controls.not_satisfied} not satisfied, "
            f"{controls.risk_accepted} not satisfied with the risk accepted, {controls.not_assessed} not assessed. "
            f"Enclosed with them: {plural(len(a.gaps), 'gap')}, {plural(len(a.risks), 'risk')}. Read them before "
            "you send."
        )
    for each in a.exceptions:
        if each.state == "expired":
            yield f"Exception {each.id} ended on {day(each.expires)}: what it covered is open again."
    lost = [each for each in a.coverage.probes if each.outcome != "complete"]
    if lost:
        probes = plural(len(a.coverage.probes), "scan")
        yield f"{len(lost)} of {probes} that this stands on did not bring back all that was asked."
    if a.evidence:
        yield (
            "The bag of evidence holds each piece of evidence whole. A scan of a network, or a search of a directory, "
            "shows more than was asked for: other machines, accounts and settings. With it goes the chain of custody "
            "up to the seal: who audited, answered, exported and made packs, when, for which requests, with which "
            "reviewer, and what each export was named and said to be for. With it goes the sealed statement, too: it "
            "lists all runs and, by their SHA-256, all files of this one, and counts the controls, observations and "
            "gaps of the whole assessment. If that may not be sent, make the pack again with --no-evidence."
        )
    own = (a.risk_analysis,) if a.risk_analysis else ()
    if any(each.attachments for each in (*a.attestations, *a.decisions, *own) if each.state == "in-force"):
        yield (
            "Documents that people handed in are enclosed as they came. They bear no marking, Posture does not look "
            "into them, and they may hold more than was asked for. Read each of them."
        )
