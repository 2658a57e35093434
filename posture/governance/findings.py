"""The finding about one control: what tests, people and decisions say of it, for each party that is asked. Pure.

Tests alone satisfy nothing, and nothing that people answer outweighs a fail that contradicts it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from posture.assessment import (
    AttestationResult,
    ControlCheck,
    ControlPart,
    ControlResult,
    DecisionResult,
    Observation,
    RiskAnalysisResult,
)
from posture.catalog import SCORED, Catalog, Control
from posture.governance import reasons
from posture.governance.answers import RISK_ANALYSIS, Answers, parties
from posture.governance.exceptions import Exceptions, control_name
from posture.model import Method, Outcome, Status
from posture.presentation import plural
from posture.scope import Scope

__all__ = ["Findings"]

Answered: TypeAlias = Literal["tested", "attested", "tested-and-attested", "accepted", "nothing"]
_About: TypeAlias = tuple[str, str, str]

_UNMET: Final = frozenset({Status.NOT_SATISFIED, Status.NOT_ASSESSED})
_NOT_CLEAR: Final = frozenset({Outcome.FAIL, Outcome.UNKNOWN, Outcome.ERROR})
_FIELDS: Final = {
    "why_not": "why it is not reasonable and appropriate",
    "measure": "what is done instead, or why nothing is",
    "risk_analysis": "where the risk analysis weighs it",
    "approver": "who approved it",
}


class _Tests(msgspec.Struct, frozen=True, kw_only=True):
    """What this run's checks say of a control: the fails that contradict it, and whether any gave an answer.

    `clear` is what counts as the method TEST: something passed where ePHI may be, every check that bears on it was
    made everywhere in scope, and none failed or was left without an answer on a subject with ePHI. Less would let a
    control gain from evidence that is not there.
    """

    against: tuple[Observation, ...]
    bearing: bool
    tested: bool
    clear: bool


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """What one party says of a control: `answer` is `row` if it is in force, `methods` are those that count."""

    party: str
    row: AttestationResult | None
    answer: AttestationResult | None
    analysis: RiskAnalysisResult | None
    examined: bool
    methods: frozenset[Method]
    decision: DecisionResult | None


class _Conclusion(msgspec.Struct, frozen=True, kw_only=True):
    """The status for one party, and whether somebody answered for it."""

    status: Status
    reason: str
    answered: bool = False
    party: str = ""
    missing: tuple[Method, ...] = ()
    exceptions: tuple[str, ...] = ()


class Findings:
    """All that findings depend on beside the observations. `partial` are the checks that were not made everywhere."""

    def __init__(
        self, answers: Answers, exceptions: Exceptions, scope: Scope, partial: Collection[str] = frozenset()
    ) -> None:
        self._partial = partial
        self._attested: dict[_About, AttestationResult] = {
            (each.catalog, each.control, each.party): each for each in answers.attestations
        }
        self._decided: dict[_About, DecisionResult] = {
            (each.catalog, each.control, each.party): each for each in answers.decisions
        }
        self._analysis = answers.risk_analysis
        self._exceptions = exceptions
        self._scope = scope

    def of(self, catalog: Catalog, control: Control, by_check: Mapping[str, Sequence[Observation]]) -> ControlResult:
        """The finding about a control by itself, before its specifications are looked at."""
        tests = _tests(control, by_check, self._partial)
        asked = parties(control, self._scope)
        parts = [self._conclude(catalog, control, self._said(catalog, control, party, asked), tests) for party in asked]
        status = max((part.status for part in parts), key=lambda each: each.rank)
        missing = {method for part in parts for method in part.missing}
        return ControlResult(
            catalog=catalog.catalog.id,
            id=control.id,
            title=control.title,
            kind=control.kind,
            family=control.family,
            requirement=control.requirement,
            parent=control.parent,
            text=control.text,
            note=control.note,
            status=status,
            reason=self._together(control, parts, status),
            methods=control.methods,
            missing_methods=tuple(method for method in control.methods if method in missing),
            checks=tuple(
                ControlCheck(check=check, bearing=word)
                for word, checks in (("contradicts", control.contradicted_by), ("supports", control.supported_by))
                for check in checks
            ),
            observations=tuple(each.id for each in tests.against),
            counted=control.counted,
            answered=_answered(tested=tests.tested, attested=all(part.answered for part in parts)),
            parts=tuple(ControlPart(party=part.party, status=part.status, reason=part.reason) for part in parts)
            if asked != ("",)
            else (),
            exceptions=tuple(sorted({each for part in parts for each in part.exceptions})),
        )

    def _said(self, catalog: Catalog, control: Control, party: str, asked: Sequence[str]) -> _Said:
        about = (catalog.catalog.id, control.id, party)
        row = self._attested.get(about)
        answer = row if row and row.state == "in-force" else None
        analysis = self._analysis if (catalog.catalog.id, control.id) == (SCORED, RISK_ANALYSIS) else None
        examined = analysis is not None and _counts(analysis, party, asked)
        methods = set(answer.methods) if answer else set()
        if answer and not answer.attachments:
            methods.discard(Method.TEST)  # "tested by hand" is only a claim until the result is handed in
        return _Said(
            party=party,
            row=row,
            answer=answer,
            analysis=analysis,
            examined=examined,
            methods=frozenset({*methods, Method.EXAMINE} if examined else methods),
            decision=self._decided.get(about),
        )

    def _conclude(self, catalog: Catalog, control: Control, said: _Said, tests: _Tests) -> _Conclusion:
        missing = tuple(
            method
            for method in control.methods
            if method not in said.methods and not (method is Method.TEST and tests.clear)
        )
        found = _answer(control, said, tests, missing)
        if catalog.catalog.id == SCORED and control.requirement == "A":
            found = _addressed(found, said.decision, contradicted=bool(tests.against))
        found = self._accepted(catalog, control, said, tests, found)
        return msgspec.structs.replace(found, party=said.party, missing=missing)

    def _accepted(
        self, catalog: Catalog, control: Control, said: _Said, tests: _Tests, found: _Conclusion
    ) -> _Conclusion:
        """With the exceptions that cover it: all of it is *risk accepted*, a part of it changes nothing."""
        name = control_name(catalog.catalog.id, control.id)
        covering = [self._exceptions.covering(each, name) for each in tests.against]
        narrow = sorted({each for ids in covering for each in ids})
        if found.status is not Status.NOT_SATISFIED:
            return msgspec.structs.replace(found, exceptions=tuple(narrow))
        whole = self._exceptions.whole(name)
        refused = said.answer is not None and said.answer.answer in {"no", "partly"}
        used = tuple(sorted({*whole, *narrow}))
        if whole or (covering and all(covering) and not refused):
            ids = whole or used
            expires = min(self._exceptions.until(each) for each in ids)
            required = catalog.catalog.id == SCORED and control.requirement == "R"
            status, more = Status.RISK_ACCEPTED, reasons.accepted(ids, expires, required=required)
        elif used:
            status, more = found.status, reasons.covered_in_part(used, sum(not ids for ids in covering))
        else:
            return found
        return msgspec.structs.replace(found, status=status, reason=f"{found.reason} {more}", exceptions=used)

    def _together(self, control: Control, parts: Sequence[_Conclusion], status: Status) -> str:
        """One reason for all parties: that of the worst, where they differ."""
        if len({part.reason for part in parts}) == 1:
            return parts[0].reason
        noun = ("site", "sites") if control.per == "site" else ("legal entity", "legal entities")
        worst = [part for part in parts if part.status is status]
        also = ", ".join(self._name(control, part.party) for part in worst[1:])
        said = f"Asked of {plural(len(parts), *noun)}, and no better than the worst. "
        said += f"{self._name(control, worst[0].party)}: {worst[0].reason}"
        return f"{said} The same holds for {also}." if also else said

    def _name(self, control: Control, party: str) -> str:
        sites = {site.id: site.name for site in self._scope.site} if control.per == "site" else {}
        return sites.get(party, party)


def _tests(control: Control, by_check: Mapping[str, Sequence[Observation]], partial: Collection[str]) -> _Tests:
    checks = (*control.contradicted_by, *control.supported_by)
    bearing = [each for check in checks for each in by_check.get(check, ())]
    everywhere = all(check in by_check and check not in partial for check in checks)
    return _Tests(
        against=tuple(
            each
            for check in control.contradicted_by
            for each in by_check.get(check, ())
            if each.outcome is Outcome.FAIL and each.ephi != "no"
        ),
        bearing=bool(bearing),
        tested=any(each.outcome in {Outcome.PASS, Outcome.FAIL} for each in bearing),
        clear=everywhere
        and any(
            each.outcome is Outcome.PASS and each.ephi != "no"
            for check in control.contradicted_by
            for each in by_check.get(check, ())
        )
        and not any(each.outcome in _NOT_CLEAR and each.ephi != "no" for each in bearing),
    )


def _counts(analysis: RiskAnalysisResult, party: str, asked: Sequence[str]) -> bool:
    """Whether a risk analysis is an examined document for a party: for those that it names, or all if it names none.

    What is part of a longer name, such as that of a subsidiary, does not name the shorter one.
    """
    whole = analysis.state == "in-force" and analysis.approver.strip() and analysis.scope.strip()
    if not whole or not analysis.attachments:
        return False
    text = f"{analysis.title} {analysis.scope}"
    longest_first = "|".join(map(re.escape, sorted(filter(None, asked), key=len, reverse=True)))
    found = re.findall(rf"(?<!\w)(?:{longest_first})(?!\w)", text, re.IGNORECASE) if longest_first else []
    return not found or party.casefold() in {each.casefold() for each in found}


def _answered(*, tested: bool, attested: bool) -> Answered:
    if attested:
        return "tested-and-attested" if tested else "attested"
    return "tested" if tested else "nothing"


def _answer(control: Control, said: _Said, tests: _Tests, missing: Sequence[Method]) -> _Conclusion:
    """What tests and the answer give, before decisions and exceptions."""
    answer = said.answer
    by = reasons.answered(answer) if answer else ""
    if tests.against:
        against = reasons.contradicted(tests.against)
        outweighed = ", but an answer does not outweigh a test" if answer and answer.answer != "no" else ""
        reason = f"{against} {by}{outweighed}." if answer else against
        return _Conclusion(status=Status.NOT_SATISFIED, reason=reason, answered=answer is not None)
    if answer is None:
        return _unanswered(control, said, tests, missing)
    if answer.answer in {"no", "partly"}:
        return _Conclusion(status=Status.NOT_SATISFIED, reason=f"{by}.", answered=True)
    if answer.answer == "not-applicable":
        if control.not_applicable_when:
            reason = f"{by}. The one reason for that: {control.not_applicable_when}"
            return _Conclusion(status=Status.NOT_APPLICABLE, reason=reason, answered=True)
        return _Conclusion(status=Status.NOT_ASSESSED, reason=f"{by}, for which this control knows no reason.")
    return _yes(control, said, tests, missing)


def _yes(control: Control, said: _Said, tests: _Tests, missing: Sequence[Method]) -> _Conclusion:
    """Satisfied only where no method is missing."""
    by = reasons.answered(said.answer) if said.answer else ""
    if not missing and said.methods:
        how = reasons.attested(control, said.methods, tested=tests.clear)
        return _Conclusion(status=Status.SATISFIED, reason=f"{by}. {how}".strip(), answered=True)
    needs = reasons.lacking(missing, said.answer, bearing=tests.bearing)
    more = f". It also needs {needs}." if needs else ", but not how that was found out."
    return _Conclusion(status=Status.NOT_ASSESSED, reason=by + more, answered=True)


def _unanswered(control: Control, said: _Said, tests: _Tests, missing: Sequence[Method]) -> _Conclusion:
    if not control.counted:
        return _Conclusion(status=Status.NOT_ASSESSED, reason=reasons.GENERAL_RULE)
    if said.examined and said.analysis:
        reason = reasons.handed_in(said.analysis)
        needs = reasons.lacking(missing, None, bearing=tests.bearing)
        if needs:
            return _Conclusion(status=Status.NOT_ASSESSED, reason=f"{reason} It also needs {needs}.", answered=True)
        return _Conclusion(status=Status.SATISFIED, reason=reason, answered=True)
    reason = reasons.not_assessed(control, missing, bearing=tests.bearing)
    return _Conclusion(status=Status.NOT_ASSESSED, reason=f"{reasons.outdated(said.row, said.analysis)}{reason}")


def _addressed(found: _Conclusion, decision: DecisionResult | None, *, contradicted: bool) -> _Conclusion:
    """With the decision about an addressable specification: it counts only where nothing shows it implemented."""
    if found.status not in _UNMET:
        return found
    lacks = _lacks(decision)
    if decision and decision.state == "in-force" and decision.choice != "implemented" and not lacks:
        if decision.choice == "alternative":
            status, more = Status.SATISFIED_BY_ALTERNATIVE, reasons.alternative(decision, contradicted=contradicted)
        else:
            status, more = Status.RISK_ACCEPTED, reasons.not_reasonable(decision)
        return _Conclusion(status=status, reason=f"{found.reason} {more}", answered=True)
    if found.status is Status.NOT_SATISFIED:
        more = reasons.gap(decision, lacks)
    else:
        more = reasons.undecided(decision, lacks) if decision else ""
    return msgspec.structs.replace(found, reason=f"{found.reason} {more}".strip())


def _lacks(decision: DecisionResult | None) -> tuple[str, ...]:
    """What a decision not to implement has to say and does not: 45 CFR 164.306(d)(3)(ii)(B), and our own four."""
    if decision is None or decision.choice == "implemented":
        return ()
    wanting = [words for field, words in _FIELDS.items() if not getattr(decision, field).strip()]
    if decision.choice == "alternative" and not decision.attachments:
        wanting.append("what shows that the alternative is in place (a document to be handed in)")
    return tuple(wanting)
