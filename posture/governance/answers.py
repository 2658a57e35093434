"""What people have answered for, as it stands on a day: of each question, specification and register. Pure.

The newest entry about the same thing whose date has come is the one that speaks. Once it has expired there is no
answer, even where an older one would still hold. An entry whose date is later than today does not speak yet.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

import msgspec

from posture.assessment.answers import (
    AttestationResult,
    DecisionResult,
    RegisterResult,
    RiskAnalysisResult,
)
from posture.catalog import Catalog, Control
from posture.governance.ledger import (
    Attestation,
    Decision,
    Entry,
    InformationSystem,
    Ledger,
    RecordedRiskAnalysis,
    Register,
    Statement,
)
from posture.governance.period import state, today
from posture.scope import Scope

__all__ = [
    "RISK_ANALYSIS",
    "Answers",
    "attestations",
    "decisions",
    "newest",
    "on_file",
    "parties",
    "recorded",
    "register",
    "risk_analysis",
    "speaking",
]

RISK_ANALYSIS: Final = "164.308(a)(1)(ii)(A)"
"""The specification for which the hospital's own risk analysis, handed in, is an examined document."""

S = TypeVar("S", bound=Statement)
K = TypeVar("K", bound=Hashable)


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """Every answer there is or should be, of all catalogs, as it stands on one day."""

    attestations: tuple[AttestationResult, ...] = ()
    decisions: tuple[DecisionResult, ...] = ()
    risk_analysis: RiskAnalysisResult | None = None


def on_file(ledger: Ledger, scored: Catalog, others: Iterable[Catalog], scope: Scope, as_of: datetime) -> Answers:
    """All answers: decisions under 45 CFR 164.306(d)(3) are of the scored catalog alone."""
    return Answers(
        attestations=attestations(ledger, (scored, *others), scope, as_of),
        decisions=decisions(ledger, scored, scope, as_of),
        risk_analysis=risk_analysis(ledger, scope, as_of),
    )


def parties(control: Control, scope: Scope) -> tuple[str, ...]:
    """Of whom a control's question is asked: legal entities by name, sites by id, the organisation as ""."""
    named = {
        "organisation": (),
        "legal-entity": scope.organisation.legal_entities,
        "site": tuple(site.id for site in scope.site),
    }[control.per]
    return tuple(dict.fromkeys(named)) or ("",)


def attestations(
    ledger: Ledger, catalogs: Iterable[Catalog], scope: Scope, as_of: datetime
) -> tuple[AttestationResult, ...]:
    """The answer of each party to the question of each counted control, missing ones too, in the catalogs' order."""
    day = _day(scope, as_of)
    notice = timedelta(days=scope.thresholds.attestation_notice_days)
    said = newest(ledger, Attestation, _question, _attested_on, day, coming=True)
    return tuple(
        _attestation(catalog, control, party, said.get((catalog.catalog.id, control.id, party)), day, notice)
        for catalog in catalogs
        for control in catalog.control
        if control.counted and control.question
        for party in parties(control, scope)
    )


def decisions(ledger: Ledger, catalog: Catalog, scope: Scope, as_of: datetime) -> tuple[DecisionResult, ...]:
    """The decision of each party about each addressable specification, missing ones too, in the catalog's order."""
    day = _day(scope, as_of)
    said = newest(ledger, Decision, _question, lambda _, each: each.decided_on, day, coming=True)
    return tuple(
        _decision(catalog, control, party, said.get((catalog.catalog.id, control.id, party)), day)
        for control in catalog.control
        if control.counted and control.requirement == "A"
        for party in parties(control, scope)
    )


def risk_analysis(ledger: Ledger, scope: Scope, as_of: datetime) -> RiskAnalysisResult | None:
    """The hospital's own risk analysis that was handed in last; None if there is none. Ours never is one."""
    day = _day(scope, as_of)
    performed = newest(ledger, RecordedRiskAnalysis, _one_thing, lambda _, each: each.performed_on, day, coming=True)
    found = performed.get("")
    if found is None:
        return None
    entry, said = found
    return RiskAnalysisResult(
        title=said.title,
        performed_on=said.performed_on,
        scope=said.scope,
        approver=said.approver,
        next_review=said.next_review,
        state=state(said.performed_on, said.next_review, day),
        attachments=said.attachments,
        entry=entry.number,
    )


def register(ledger: Ledger, scope: Scope, as_of: datetime) -> RegisterResult:
    """The systems and data flows with ePHI as declared last by that day, and what is wanting in them."""
    day = _day(scope, as_of)
    zone = scope.organisation.time_zone
    found = newest(ledger, Register, _one_thing, recorded(zone), day).get("")
    if found is None:
        return RegisterResult()
    entry, said = found
    return RegisterResult(
        systems=said.systems,
        flows=said.flows,
        declared_on=today(entry.at, zone),
        problems=(*_wanting_systems(said, day), *_wanting_flows(said)),
        entry=entry.number,
    )


def _day(scope: Scope, as_of: datetime) -> date:
    return today(as_of, scope.organisation.time_zone)


def _attested_on(_: Entry, each: Attestation) -> date:
    return each.attested_on


def _question(each: Attestation | Decision) -> tuple[str, str, str]:
    return each.catalog, each.control, each.party


def _one_thing(_: Statement) -> str:
    return ""


def recorded(time_zone: str) -> Callable[[Entry, Statement], date]:
    """When a statement begins that has no day of its own: on the day it was recorded."""
    return lambda entry, _: today(entry.at, time_zone)


def newest(  # noqa: PLR0913  # what, of which kind, about what, when
    ledger: Ledger,
    kind: type[S],
    about: Callable[[S], K],
    begins: Callable[[Entry, S], date],
    day: date,
    *,
    coming: bool = False,
) -> dict[K, tuple[Entry, S]]:
    """The entry that speaks about each thing; with `coming`, where none does yet, the newest of those that will."""
    speak: dict[K, tuple[Entry, S]] = {}
    later: dict[K, tuple[Entry, S]] = {}
    for entry in ledger.entries:
        said = entry.statement
        if isinstance(said, kind):
            (speak if begins(entry, said) <= day else later)[about(said)] = (entry, said)
    return later | speak if coming else speak


def speaking(ledger: Ledger, on: date) -> dict[tuple[str, str, str], Attestation]:
    """The answers in force on a day, by catalog, control and party."""
    said = newest(ledger, Attestation, _question, _attested_on, on)
    return {about: each for about, (_, each) in said.items() if state(each.attested_on, each.expires, on) == "in-force"}


def _attestation(  # noqa: PLR0913, PLR0917  # a row is made of these
    catalog: Catalog,
    control: Control,
    party: str,
    found: tuple[Entry, Attestation] | None,
    day: date,
    notice: timedelta,
) -> AttestationResult:
    asked = AttestationResult(
        catalog=catalog.catalog.id, control=control.id, title=control.title, question=control.question, party=party
    )
    if found is None:
        return asked
    entry, said = found
    stands = state(said.attested_on, said.expires, day)
    return msgspec.structs.replace(
        asked,
        state=stands,
        expiring=stands == "in-force" and said.expires - day <= notice,
        answer=said.answer,
        methods=said.methods,
        statement=said.statement,
        owner=said.owner,
        attested_on=said.attested_on,
        expires=said.expires,
        attachments=said.attachments,
        entry=entry.number,
    )


def _decision(
    catalog: Catalog, control: Control, party: str, found: tuple[Entry, Decision] | None, day: date
) -> DecisionResult:
    asked = DecisionResult(catalog=catalog.catalog.id, control=control.id, title=control.title, party=party)
    if found is None:
        return asked
    entry, said = found
    return msgspec.structs.replace(
        asked,
        state=state(said.decided_on, said.review_by, day),
        choice=said.choice,
        why_not=said.why_not,
        measure=said.measure,
        risk_analysis=said.risk_analysis,
        approver=said.approver,
        decided_on=said.decided_on,
        review_by=said.review_by,
        attachments=said.attachments,
        entry=entry.number,
    )


def _wanting_systems(said: Register, day: date) -> Iterator[str]:
    for system in said.systems:
        if system.ephi == "unknown":
            yield f"{system.name}: whether it holds ePHI is not stated, so it counts as yes."
        if system.ephi != "no" and _run_by_others(system):
            yield from _agreement(system, day)


def _run_by_others(system: InformationSystem) -> bool:
    return bool(system.business_associate.strip()) or system.hosting in {"cloud", "business-associate"}


def _agreement(system: InformationSystem, day: date) -> Iterator[str]:
    """What is wanting in a business associate agreement (45 CFR 164.308(b)(1) and 164.314(a))."""
    whom = system.business_associate.strip() or "whoever runs it"
    if system.agreement_on is None:
        yield f"{system.name}: no business associate agreement with {whom} is dated."
    elif system.agreement_on > day:
        yield f"{system.name}: the agreement with {whom} begins on {system.agreement_on}, and none is in force before."
    if system.agreement_ends is not None and system.agreement_ends <= day:
        yield f"{system.name}: the agreement with {whom} ended on {system.agreement_ends}."


def _wanting_flows(said: Register) -> Iterator[str]:
    known = {name.strip().casefold() for system in said.systems for name in (system.id, system.name)}
    for flow in said.flows:
        named = f"The flow of {flow.what} from {flow.source} to {flow.destination}"
        if not flow.protection.strip():
            yield f"{named} names no protection."
        for end in dict.fromkeys((flow.source, flow.destination)):
            if end.strip().casefold() not in known and not end.strip().casefold().startswith("outside:"):
                yield f"{named}: {end} is no system of the register."
