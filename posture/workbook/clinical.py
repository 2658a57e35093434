"""The rows of what is at stake: risks, and clinical services with their readiness for downtime."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from posture.assessment import Assessment, Level, Risk, RiskAnalysisResult
from posture.presentation import ANSWER_STATES, LEVELS, OVERDUE, READINESS, RESPONSES, RISK_STATES, day
from posture.workbook.book import Column, Table
from posture.workbook.columns import RISKS, SERVICES
from posture.workbook.places import Places, word
from posture.workbook.sheet import Link, Value
from posture.workbook.words import EPHI, attached, lines, plain

__all__ = ["readiness", "risks", "risks_table", "services", "services_table"]


def risks_table(assessment: Assessment) -> Table:
    """The register; above it stands the hospital's own risk analysis, which the register feeds and never replaces."""
    asked = assessment.run.has("risk-analysis")
    own = _own_analysis(assessment.risk_analysis) if asked else "The hospital’s own is not enclosed."
    said = f"{RISKS.preface} {own}"
    return msgspec.structs.replace(RISKS, preface=said)


def _own_analysis(own: RiskAnalysisResult | None) -> str:
    if own is None:
        return (
            "The hospital’s own was not handed in: it goes on the sheet “Risk analysis” of the workbook that “posture "
            "attest export” writes."
        )
    return (
        f"The hospital’s own: {own.title}, performed on {day(own.performed_on)}, scope: {own.scope}, approved by "
        f"{own.approver}, next review on {day(own.next_review)} ({ANSWER_STATES[own.state].word.lower()}); attached: "
        f"{attached(own.attachments).replace(chr(10), ', ') or 'nothing'}."
    )


def risks(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """One row a risk, the worst first."""
    names = {service.id: service.name for service in assessment.services}
    for risk in assessment.risks:
        yield (
            Link(risk.place, places.weaknesses.get(risk.id)),
            risk.title,
            word(LEVELS[risk.level]),
            word(LEVELS[risk.likelihood]),
            word(LEVELS[risk.impact]),
            _factors(risk),
            word(RISK_STATES[risk.state]),
            risk.subjects,
            lines(names.get(id_, id_) for id_ in risk.services),
            lines(risk.controls),
            plain(risk.fix),
            risk.owner,
            RESPONSES.get(risk.response, risk.response),
            risk.due,
            word(OVERDUE) if risk.overdue else None,
            places.of_exceptions(risk.exceptions),
            risk.first_seen,
            risk.last_seen,
            plain(risk.why),
            EPHI.get(risk.ephi, risk.ephi),
            risk.note,
            risk.source.capitalize(),
            risk.about,
            risk.id,
        )


def _factors(risk: Risk) -> str:
    return lines(
        f"{factor.of.capitalize()}, {factor.name}: {_level(factor.level)}. {plain(factor.why)}"
        for factor in risk.factors
    )


def _level(level: Level) -> str:
    return LEVELS[level].word.lower()


def readiness(assessment: Assessment) -> tuple[str, ...]:
    """What services need for downtime, in the order in which the assessment asks for it."""
    return tuple(dict.fromkeys(item.name for service in assessment.services for item in service.readiness))


def services_table(assessment: Assessment) -> Table:
    """The services, with a column for each thing that they need."""
    wanted = tuple(Column(name, 14) for name in readiness(assessment))
    last = (Column("What is wanting", 40),) if wanted else ()
    return msgspec.structs.replace(SERVICES, columns=(*SERVICES.columns, *wanted, *last))


def services(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """One row a service."""
    wanted = readiness(assessment)
    for service in assessment.services:
        items = {item.name: item for item in service.readiness}
        states = [word(READINESS[items[name].state]) if name in items else None for name in wanted]
        wanting = lines(f"{item.name}: {item.said}" for item in service.readiness if item.state != "present")
        first = next((places.assets[key] for key in service.hosts if key in places.assets), None)
        yield (
            service.name,
            lines(service.sites),
            lines(service.depends_on),
            Link(len(service.hosts), first),
            lines(service.unresolved),
            service.rto_hours,
            service.rpo_hours,
            service.downtime_procedure,
            service.last_drill,
            service.last_restore_test,
            service.fallback_communication,
            *states,
            *((wanting or "Nothing of what is asked for.",) if wanted else ()),
        )
