"""Rows of Questions, Addressable decisions and Risk analysis → statements. Pure, but for the files that it is given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, Generic, TypeVar, cast

import msgspec

from posture.catalog import SCORED, Catalog, Control
from posture.governance.ledger import (
    AnswerWord,
    Attachment,
    Attestation,
    Choice,
    Decision,
    Ledger,
    RecordedRiskAnalysis,
)
from posture.governance.period import months_after
from posture.model import Method
from posture.presentation import plural
from posture.questionnaire.asked import labels
from posture.questionnaire.rows import Row, quoted
from posture.questionnaire.shape import ANALYSES, ANSWER, CHECKED, CHOICE, DECISIONS, QUESTIONS, Shape
from posture.scope import Scope

__all__ = ["Attach", "Desk", "analyses", "decisions", "questions"]

Attach = Callable[[str], Attachment | str]
S = TypeVar("S", Attestation, Decision)

_METHODS: Final[Mapping[str, frozenset[Method]]] = {",".join(sorted(methods)): methods for methods in CHECKED}
_CHECKED: Final[Mapping[str, str]] = {",".join(sorted(methods)): shown for methods, shown in CHECKED.items()}


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What rows are read against: what may be asked, what was said, the day, and the files."""

    catalogs: Sequence[Catalog]
    scope: Scope
    ledger: Ledger
    today: date
    attach: Attach


class _About(msgspec.Struct, frozen=True, kw_only=True):
    catalog: str
    control: Control
    party: str


class _Book(Generic[S]):
    """Which rows were seen, and what was said about each control and party before."""

    def __init__(self, desk: Desk, kind: type[S]) -> None:
        self._desk = desk
        self._controls = {each.catalog.id: {one.id: one for one in each.control} for each in desk.catalogs}
        said: list[S] = [entry.statement for entry in desk.ledger.of(kind) if isinstance(entry.statement, kind)]
        self._said: frozenset[S] = frozenset(said)
        self._newest: dict[tuple[str, str, str], S] = {(each.catalog, each.control, each.party): each for each in said}
        self._rows: dict[tuple[str, str, str], int] = {}

    def about(self, row: Row) -> _About | None:
        """The control and the party of a row; None where there is none such, or another row is about the same."""
        catalog = row.line("catalog", "name the catalog, as the export has it")
        name = row.line("control", "name the control, as the export has it")
        label = row.line("party", "name who is asked, as the export has it")
        if not (catalog and name and label):
            return None
        if catalog not in self._controls:
            row.wrong("catalog", f"there is no catalog {quoted(catalog)}{_near(row, catalog, self._controls)}")
            return None
        control = self._controls[catalog].get(name)
        if control is None:
            row.wrong("control", f"{catalog} has no control {quoted(name)}{_near(row, name, self._controls[catalog])}")
            return None
        party = _party(control, label, self._desk.scope)
        if party is None:
            there = ", ".join(labels(control, self._desk.scope).values())
            row.wrong("party", f"{quoted(label)} is not asked about {name}; it is asked of: {there}")
            return None
        first = self._rows.setdefault((catalog, name, party), row.number)
        if first != row.number:
            row.wrong("control", f"row {first} is about the same control and party; keep one of the two")
        return _About(catalog=catalog, control=control, party=party)

    def is_new(self, row: Row, key: str, statement: S, made_on: date) -> bool:
        """Whether it is not in the ledger. One that is older than what was said since is a mistake."""
        if statement in self._said:
            return False
        last = self._newest.get((statement.catalog, statement.control, statement.party))
        last_on = None if last is None else last.attested_on if isinstance(last, Attestation) else last.decided_on
        if last_on and made_on < last_on:
            row.wrong(
                key, f"there is a newer one on record, of {last_on}; date this one from then on, or empty the row"
            )
        return True


def _party(control: Control, label: str, scope: Scope) -> str | None:
    """The one party with this label, or this name; None where it is none, or could be several."""
    named = labels(control, scope)
    exactly = [party for party, shown in named.items() if label in {shown, party}]
    found = exactly or [party for party, shown in named.items() if shown.casefold() == label.casefold()]
    return found[0] if len(found) == 1 else None


def _near(row: Row, name: str, known: Collection[str]) -> str:
    near = row.near(name, known)
    return near and f"; {near}"


def _entries(shape: Shape) -> tuple[str, ...]:
    return tuple(column.key for column in shape.columns if column.group == "entry")


# ── questions ────────────────────────────────────────────────────────────────────────────────────────────────────


def questions(rows: Iterable[Row], desk: Desk) -> Iterator[Attestation]:
    """The answers that are not in the ledger yet."""
    book = _Book(desk, Attestation)
    entries = _entries(QUESTIONS)
    for row in rows:
        if row.holds(*entries):
            about = book.about(row)
            attestation = _attestation(row, about, desk)
            if attestation and book.is_new(row, "attested_on", attestation, attestation.attested_on) and row.sound:
                yield attestation


def _attestation(row: Row, about: _About | None, desk: Desk) -> Attestation | None:
    answer = row.word("answer", ANSWER, f"answer with one of {', '.join(ANSWER.values())}, or empty the row")
    chosen = row.word("methods", _CHECKED, "say how it was checked" if answer == "yes" else "")
    methods = tuple(method for method in Method if method in _METHODS.get(chosen, frozenset()))
    statement = row.text("statement")
    owner = row.line("owner", "name who answers for it")
    attested_on = row.day("attested_on", "give the day of the answer", latest=desk.today)
    expires = row.day("expires")
    files = _files(row, desk.attach)
    if answer == "not-applicable" and about:
        _not_applicable(row, about.control, statement)
    if Method.TEST in methods and not row.holds("files"):
        row.wrong("files", "tested by hand needs a file that shows the test")
    if attested_on and about:
        most = months_after(attested_on, about.control.months)
        if not row.holds("expires"):
            expires = most
        elif expires and expires <= attested_on:
            row.wrong("expires", f"{expires} is not after the date, {attested_on}")
        elif expires and expires > most:
            months = plural(about.control.months, "month")
            row.wrong("expires", f"{expires} is more than {months} after the date; {most} at the latest")
    if not (row.sound and about and attested_on and expires):
        return None
    return Attestation(
        catalog=about.catalog,
        control=about.control.id,
        party=about.party,
        answer=cast("AnswerWord", answer),
        methods=methods,
        statement=statement,
        owner=owner,
        attested_on=attested_on,
        expires=expires,
        attachments=files,
    )


def _not_applicable(row: Row, control: Control, statement: str) -> None:
    if not control.not_applicable_when:
        row.wrong("answer", f'"{ANSWER["not-applicable"]}" is no answer about {control.id}: it applies to everybody')
    elif not statement and not row.holds("statement"):
        row.wrong("statement", f"say why this is so: {control.not_applicable_when}")


def _files(row: Row, attach: Attach) -> tuple[Attachment, ...]:
    found: list[Attachment] = []
    for name in row.lines("files"):
        attached = attach(name)
        if isinstance(attached, str):
            row.wrong("files", f"{quoted(name)}: {attached}")
        elif attached not in found:
            found.append(attached)
    return tuple(found)


# ── decisions ────────────────────────────────────────────────────────────────────────────────────────────────────


def decisions(rows: Iterable[Row], desk: Desk) -> Iterator[Decision]:
    """The decisions that are not in the ledger yet."""
    book = _Book(desk, Decision)
    entries = _entries(DECISIONS)
    for row in rows:
        if row.holds(*entries):
            about = book.about(row)
            decision = _decision(row, about, desk)
            if decision and book.is_new(row, "decided_on", decision, decision.decided_on) and row.sound:
                yield decision


_RATIONALE: Final[Mapping[str, Mapping[str, str]]] = {
    "alternative": {
        "why_not": "say why it is not reasonable and appropriate here: 45 CFR 164.306(d)(3)(ii)(B)(1)",
        "measure": "name the equivalent alternative measure: 45 CFR 164.306(d)(3)(ii)(B)(2)",
        "risk_analysis": "say where in the risk analysis this was weighed: 45 CFR 164.306(d)(3)(i)",
    },
    "not-reasonable": {
        "why_not": "say why it is not reasonable and appropriate here: 45 CFR 164.306(d)(3)(ii)(B)(1)",
        "measure": "say why no alternative is reasonable and appropriate: 45 CFR 164.306(d)(3)(ii)(B)(2)",
        "risk_analysis": "say where in the risk analysis this was weighed: 45 CFR 164.306(d)(3)(i)",
    },
}


def _decision(row: Row, about: _About | None, desk: Desk) -> Decision | None:
    if about and (about.control.requirement != "A" or about.catalog != SCORED):
        row.wrong("control", f"{about.control.id} is not addressable: there is nothing to decide")
    choice = row.word("choice", CHOICE, f"decide for one of {', '.join(CHOICE.values())}, or empty the row")
    missing = _RATIONALE.get(choice, {})
    texts = {key: row.text(key, missing.get(key, "")) for key in ("why_not", "measure", "risk_analysis")}
    approver = row.line("approver", "name who approved it")
    decided_on = row.day("decided_on", "give the day of the decision", latest=desk.today)
    review_by = row.day("review_by", "give the day by which it is reviewed")
    if decided_on and review_by and review_by <= decided_on:
        row.wrong("review_by", f"{review_by} is not after the date, {decided_on}")
    files = _files(row, desk.attach)
    if not (row.sound and about and decided_on and review_by):
        return None
    return Decision(
        catalog=about.catalog,
        control=about.control.id,
        party=about.party,
        choice=cast("Choice", choice),
        **texts,
        approver=approver,
        decided_on=decided_on,
        review_by=review_by,
        attachments=files,
    )


# ── risk analyses ────────────────────────────────────────────────────────────────────────────────────────────────


def analyses(rows: Iterable[Row], desk: Desk) -> Iterator[RecordedRiskAnalysis]:
    """The risk analyses that are not in the ledger yet."""
    said = {each.statement for each in desk.ledger.of(RecordedRiskAnalysis)}
    entries = _entries(ANALYSES)
    for row in rows:
        if not row.holds(*entries):
            continue
        title = row.line("title", "give the document's title")
        performed_on = row.day("performed_on", "give the day of the analysis", latest=desk.today)
        scope = row.text("scope", "say what it covers")
        approver = row.line("approver", "name who approved it")
        next_review = row.day("next_review", "give the day of the next review")
        if performed_on and next_review and next_review <= performed_on:
            row.wrong("next_review", f"{next_review} is not after the date, {performed_on}")
        if not row.holds("files"):
            row.wrong("files", "attach the document itself")
        files = _files(row, desk.attach)
        if not (row.sound and performed_on and next_review):
            continue
        analysis = RecordedRiskAnalysis(
            title=title,
            performed_on=performed_on,
            scope=scope,
            approver=approver,
            next_review=next_review,
            attachments=files,
        )
        if analysis not in said:
            said.add(analysis)
            yield analysis
