"""What is enclosed for each request, and what is missing: the letter never has the second. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from posture.assessment import Assessment, Attachment, AttestationResult, DecisionResult
from posture.model import Record
from posture.packs.definition import TABLES, Pack, Request
from posture.packs.limit import limited
from posture.packs.missing import missing
from posture.packs.tables import PLACES, rows
from posture.presentation import day, plural

__all__ = ["Answer", "Document", "Enclosed", "answers", "documents"]


class Document(Record, frozen=True, kw_only=True):
    """A document that somebody handed in, and is enclosed as it came: `path` within the folder that is sent."""

    path: str
    name: str
    sha256: str
    size: int
    told: tuple[str, ...]


class Enclosed(Record, frozen=True, kw_only=True):
    """Something that is enclosed for a request: what, and where: a document's path, or a part of the report."""

    what: str
    path: str = ""
    part: str = ""
    anchor: str = ""
    sheet: str = ""


class Answer(Record, frozen=True, kw_only=True):
    """A request with what is enclosed for it, and what is missing."""

    request: Request
    enclosed: tuple[Enclosed, ...]
    missing: tuple[str, ...]
    evidence: int = 0


def answers(a: Assessment, pack: Pack, requests: Iterable[Request], attach: Mapping[str, str]) -> tuple[Answer, ...]:
    """Each request by itself. `attach` is, by a control's name, what is to be handed in with its answer."""
    requests = tuple(requests)
    handed_in = documents(limited(a, pack, requests))
    return tuple(_answer(limited(a, pack, [each]), each, handed_in, attach) for each in requests)


def documents(a: Assessment) -> tuple[Document, ...]:
    """The documents handed in with what is in force, each of them once."""
    found: dict[str, tuple[Attachment, list[str]]] = {}
    for attachment, told in _handed_in(a):
        found.setdefault(attachment.sha256, (attachment, []))[1].append(told)
    return tuple(
        Document(
            path=f"documents/{at:02}-{_plain(file.name)}",
            name=file.name,
            sha256=file.sha256,
            size=file.size,
            told=tuple(told),
        )
        for at, (file, told) in enumerate(found.values(), 1)
    )


def _handed_in(a: Assessment) -> Iterator[tuple[Attachment, str]]:
    own = a.risk_analysis
    if own and own.state == "in-force":
        for file in own.attachments:
            yield file, f"as the risk analysis “{own.title}” of {day(own.performed_on)}, approved by {own.approver}"
    for answer in a.attestations:
        if answer.state == "in-force":
            for file in answer.attachments:
                yield file, f"with the answer about {answer.control} by {answer.owner} on {day(answer.attested_on)}"
    for decision in a.decisions:
        if decision.state == "in-force":
            for file in decision.attachments:
                yield (
                    file,
                    f"with the decision about {decision.control} by {decision.approver} on {day(decision.decided_on)}",
                )


def _plain(name: str) -> str:
    """A name that every system takes: letters, digits, dots and hyphens, and no more than 80 of them."""
    stem, dot, suffix = name.rpartition(".")
    stem, suffix = (stem, suffix) if dot else (suffix, "")
    short = re.sub(r"[^A-Za-z0-9-]+", "-", stem).strip("-")[:60] or "document"
    ending = re.sub(r"[^A-Za-z0-9]+", "", suffix)[:10]
    return f"{short}.{ending}" if ending else short


def _answer(a: Assessment, request: Request, handed_in: Sequence[Document], attach: Mapping[str, str]) -> Answer:
    own = {each.sha256 for each in documents(a)}
    files = [
        Enclosed(what=f"{each.name}, handed in {'; '.join(each.told)}", path=each.path)
        for each in handed_in
        if each.sha256 in own
    ]
    return Answer(
        request=request,
        enclosed=(*files, *_said(a), *_tables(a, request), *_tested(a)),
        missing=missing(a, request, attach),
        evidence=len(a.evidence),
    )


def _said(a: Assessment) -> Iterator[Enclosed]:
    given = [each for each in a.attestations if each.state == "in-force"]
    if given:
        yield Enclosed(
            what=f"{plural(len(given), 'statement')} by those responsible, in force, about {_controls(given)}",
            part="Attestations",
            anchor="attestations",
            sheet="Attestations",
        )
    decided = [each for each in a.decisions if each.state == "in-force"]
    if decided:
        yield Enclosed(
            what=f"{plural(len(decided), 'documented decision')} on addressable specifications: {_controls(decided)}",
            part="Addressable decisions",
            anchor="decisions",
            sheet="Decisions",
        )


def _controls(rows: Iterable[AttestationResult | DecisionResult]) -> str:
    return ", ".join(dict.fromkeys(each.control for each in rows))


def _tables(a: Assessment, request: Request) -> Iterator[Enclosed]:
    for table in request.tables:
        if told := rows(a, table):
            part, anchor, sheet = PLACES[table]
            yield Enclosed(what=f"{TABLES[table]}: {told}", part=part, anchor=anchor, sheet=sheet)


def _tested(a: Assessment) -> Iterator[Enclosed]:
    judged = [each for each in a.checks if each.passed or each.failed]
    if judged:
        subjects = sum(each.passed + each.failed for each in judged)
        yield Enclosed(
            what=f"Results of {plural(len(judged), 'technical test')}, {plural(subjects, 'judgement')}",
            part="What was checked",
            anchor="checks",
            sheet="Observations",
        )
