"""The rows of what people answered for: attestations, decisions, exceptions and practices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from posture.assessment import Assessment
from posture.presentation import ANSWER_STATES, ANSWERS, CHOICES, EXPIRING, METHODS, capital, party
from posture.workbook.book import Column, Table
from posture.workbook.columns import PRACTICES
from posture.workbook.places import Places, word
from posture.workbook.sheet import Value
from posture.workbook.words import attached, digests, lines

__all__ = ["attestations", "decisions", "exceptions", "months", "practices", "practices_table"]


def attestations(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """One row a question and party, answered or not."""
    for each in assessment.attestations:
        yield (
            places.of_control(each.catalog, each.control),
            each.title,
            each.question,
            capital(party(each.party, assessment.organisation)),
            word(EXPIRING if each.expiring else ANSWER_STATES[each.state]),
            ANSWERS.get(each.answer, each.answer),
            capital(", ".join(METHODS[method] for method in each.methods)),
            each.statement,
            each.owner,
            each.attested_on,
            each.expires,
            attached(each.attachments),
            digests(each.attachments),
            each.catalog,
            each.entry or None,
        )


def decisions(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """One row an addressable specification and party, decided or not."""
    for each in assessment.decisions:
        yield (
            places.of_control(each.catalog, each.control),
            each.title,
            capital(party(each.party, assessment.organisation)),
            word(ANSWER_STATES[each.state]),
            CHOICES.get(each.choice, each.choice),
            each.why_not,
            each.measure,
            each.risk_analysis,
            each.approver,
            each.decided_on,
            each.review_by,
            attached(each.attachments),
            digests(each.attachments),
            each.catalog,
            each.entry or None,
        )


def exceptions(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """One row an exception, and what it covers."""
    for each in assessment.exceptions:
        yield (
            each.id,
            word(ANSWER_STATES[each.state]),
            lines(each.controls),
            lines(each.checks),
            lines(each.subjects),
            places.of_observations(each.observations),
            lines(each.accepted_controls),
            lines(each.not_waived),
            each.rationale,
            each.compensating_control,
            each.requester,
            each.approver,
            each.owner,
            each.granted_on,
            each.expires,
            each.note or ("It matches nothing of this run." if each.state == "in-force" and not each.matched else None),
            lines(each.overlaps),
            each.revoked_on,
            each.revoked_why,
            each.entry or None,
        )


def months(assessment: Assessment) -> tuple[str, ...]:
    """The months of the practices, oldest first."""
    return tuple(sorted({month for practice in assessment.practices for month in practice.months}))


def practices_table(assessment: Assessment) -> Table:
    """The table of practices, with a column for each of its months."""
    matrix = tuple(Column(month, 9, "number") for month in months(assessment))
    return msgspec.structs.replace(PRACTICES, columns=(*PRACTICES.columns, *matrix))


def practices(assessment: Assessment) -> Iterator[Sequence[Value]]:
    """Two rows a practice: what ran in each month, and what was attested in it."""
    over = months(assessment)
    for each in assessment.practices:
        about = (
            each.framework,
            each.practice,
            each.title,
            each.since,
            each.where,
            lines(each.controls),
            each.evidence,
            len(each.gaps),
        )
        for counted, numbers in (("Runs that tested it", each.runs), ("Controls attested", each.attested)):
            by_month: dict[str, Value] = dict(zip(each.months, numbers, strict=True))
            begun = {month: "not yet" for month in each.not_yet if not by_month.get(month)}
            yield (*about, counted, *(({**by_month, **begun}).get(month) for month in over))
