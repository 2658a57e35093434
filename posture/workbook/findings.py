"""The rows of what was found: controls, of the rule and of other frameworks, and weaknesses to be worked on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from posture.assessment import Assessment, AttestationResult, ControlResult, DecisionResult, Gap, Risk
from posture.model import Outcome
from posture.presentation import (
    ANSWER_STATES,
    ANSWERED,
    ANSWERS,
    LEVELS,
    METHODS,
    REQUIREMENTS,
    RESPONSES,
    SEVERITIES,
    STATUSES,
    capital,
    family,
    noun,
)
from posture.workbook.columns import CONTROLS
from posture.workbook.places import Places, Weakness, more, weaknesses, word
from posture.workbook.sheet import Link, Value, cut
from posture.workbook.styles import STYLES
from posture.workbook.words import KINDS, lines, plain

__all__ = ["WORK", "controls", "crosswalks", "frameworks", "gaps"]

# The states of a weakness that is being worked on; a list in a cell is separated by commas, so no state may hold one.
WORK = ("Open", "In progress", "Done", "Risk accepted", "False positive claimed")
_OPEN, _ACCEPTED = WORK[0], WORK[3]
_ABOUT = {"gap": "subjects of an earlier run", "control": "control", "service": "clinical service"}
_DECIDED = {"implemented": "Implemented", "alternative": "Alternative", "not-reasonable": "Not reasonable"}
_GAP_ROOM = next(column.width for column in CONTROLS.columns if column.heading == "Gap") * STYLES["text"].letters - 2


def controls(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """One row a control of the rule."""
    gaps = {gap.check: gap for gap in assessment.gaps}
    attested: defaultdict[tuple[str, str], list[AttestationResult]] = defaultdict(list)
    for attestation in assessment.attestations:
        attested[attestation.catalog, attestation.control].append(attestation)
    decided: defaultdict[tuple[str, str], list[DecisionResult]] = defaultdict(list)
    for decision in assessment.decisions:
        decided[decision.catalog, decision.control].append(decision)
    for control in assessment.controls:
        key = control.catalog, control.id
        against = [gaps[each.check] for each in control.checks if each.bearing == "contradicts" and each.check in gaps]
        yield (
            control.id,
            control.title,
            _kind(control),
            family(control.family),
            REQUIREMENTS.get(control.requirement or "", control.requirement),
            word(STATUSES[control.status]),
            _answered(control),
            control.reason,
            _needed(control),
            *_attested(attested[key], places),
            _decision(decided[key], places),
            places.of_exceptions(control.exceptions),
            places.of_observations(control.observations),
            _gap_link(against, places),
            places.of_control(control.catalog, control.parent) if control.parent else None,
            control.note,
            control.catalog,
        )


def _kind(control: ControlResult) -> str:
    return (
        KINDS.get(control.kind, capital(control.kind.replace("_", " "))) if control.counted else KINDS["general-rule"]
    )


def _answered(control: ControlResult) -> str | None:
    return capital(ANSWERED[control.answered]) if control.counted else None


def _needed(control: ControlResult) -> str:
    return capital(", ".join(METHODS[method] for method in control.missing_methods))


def _attested(answers: Sequence[AttestationResult], places: Places) -> tuple[Value, Value]:
    """Who attested, and until when the first of the answers holds; a party without an answer in force is counted."""
    given = [each for each in answers if each.state != "missing" and each.expires]
    if not given:
        return None, None
    holding = [each for each in given if each.state == "in-force"]
    owners = ", ".join(dict.fromkeys(each.owner for each in holding or given))
    notes = [] if holding else [ANSWER_STATES[given[0].state].word.lower()]
    answered = dict.fromkeys(ANSWERS.get(each.answer, each.answer).lower() for each in holding)
    if set(answered) - {"yes"}:
        notes.append(f"answered {' and '.join(answered)}")
    if holding and len(holding) < len(answers):
        notes.append(f"{len(holding)} of {len(answers)} answers in force")
    owners += f" ({'; '.join(notes)})" if notes else ""
    until = min(each.expires for each in holding or given if each.expires)
    return owners, Link(until, places.attestations.get((given[0].catalog, given[0].control)))


def _decision(decisions: Sequence[DecisionResult], places: Places) -> Value:
    if not decisions:
        return None
    said = list(
        dict.fromkeys(
            _DECIDED.get(each.choice, each.choice) if each.state == "in-force" else ANSWER_STATES[each.state].word
            for each in decisions
        )
    )
    return Link(" / ".join(said), places.decisions.get((decisions[0].catalog, decisions[0].control)))


def _gap_link(gaps: Sequence[Gap], places: Places) -> Value:
    if not gaps:
        return None
    others = more(gaps)
    return Link(cut(gaps[0].title, _GAP_ROOM - len(others)) + others, places.gaps[gaps[0].check])


def frameworks(assessment: Assessment, places: Places, *, proposed: bool) -> Iterator[Sequence[Value]]:
    """One row a control of the other catalogs: of those that are proposed, or of all the others."""
    for part in assessment.frameworks:
        if part.proposed is not proposed:
            continue
        for control in part.controls:
            yield (
                part.catalog.title,
                control.id,
                control.title,
                _kind(control),
                family(control.family),
                *(() if proposed else (capital(part.catalog.status),)),
                word(STATUSES[control.status]),
                _answered(control),
                control.reason,
                _needed(control),
                places.of_observations(control.observations),
                control.text,
                control.note,
                control.catalog,
            )


def crosswalks(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """One row a counterpart of a control elsewhere; a proposed rule has none here."""
    others = (control for part in assessment.frameworks if not part.proposed for control in part.controls)
    for control in (*assessment.controls, *others):
        for each in control.crosswalks:
            yield (
                places.of_control(control.catalog, control.id),
                control.title,
                word(STATUSES[control.status]),
                each.framework,
                each.id,
                each.title,
                capital(each.strength) or "Not stated",
            )


def gaps(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """One row a weakness; what the register knows is filled in, the rest is left to work in."""
    for weakness in weaknesses(assessment):
        gap, risk = weakness.gap, weakness.risk
        exceptions = gap.exceptions if gap else risk.exceptions if risk else ()
        accepted = _is_accepted(weakness)
        yield (
            weakness.id,
            *(_of_gap(gap, risk, places) if gap else _of_risk(risk) if risk else ()),
            _ACCEPTED if accepted else _OPEN,
            (risk.owner or None) if risk else None,
            risk.due if risk else None,
            None,
            RESPONSES.get(risk.response, risk.response or None) if risk else None,
            places.of_exceptions(exceptions),
            *(None,) * 2,
            (risk.note or None) if risk else None,
            plain(gap.why if gap else risk.why if risk else ""),
            noun(gap.kind, gap.judged) if gap else _ABOUT[risk.source] if risk else None,
            gap.accepted if gap else None,
            risk.first_seen if risk else None,
            f"Check {gap.check}" if gap else f"{capital(risk.source)} {risk.about}" if risk else None,
            Link(risk.id, places.risks.get(risk.id)) if risk else None,
        )


def _is_accepted(weakness: Weakness) -> bool:
    gap, risk = weakness.gap, weakness.risk
    if risk:
        return risk.state == "accepted"
    return gap is not None and gap.accepted == gap.failed > 0


def _of_gap(gap: Gap, risk: Risk | None, places: Places) -> tuple[Value, ...]:
    return (
        gap.title,
        word(SEVERITIES[gap.severity]),
        word(LEVELS[risk.level]) if risk else "Not rated",
        lines(gap.places),
        Link(gap.failed, places.first.get((gap.check, Outcome.FAIL))),
        gap.judged,
        Link(gap.unknown, places.first.get((gap.check, Outcome.UNKNOWN))),
        lines(gap.contradicts) or "none directly",
        plain(gap.fix),
    )


def _of_risk(risk: Risk) -> tuple[Value, ...]:
    return (
        risk.title,
        None,
        word(LEVELS[risk.level]),
        *(None,) * 4,
        lines(risk.controls) or "none directly",
        plain(risk.fix),
    )
