"""Why a control stands as it does, in sentences that an officer understands. Pure: text, and no conclusion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from posture.assessment import AttestationResult, DecisionResult, Observation, RiskAnalysisResult
from posture.catalog import Control
from posture.model import Method
from posture.presentation import day, plural

__all__ = [
    "GENERAL_RULE",
    "accepted",
    "alternative",
    "answered",
    "attested",
    "contradicted",
    "covered_in_part",
    "gap",
    "handed_in",
    "lacking",
    "not_assessed",
    "not_reasonable",
    "outdated",
    "undecided",
]

GENERAL_RULE = "A general rule: it is met through the standards, and is in no count."
_WANTED = {Method.EXAMINE: "documents to be examined", Method.INTERVIEW: "people to be interviewed"}
_SOMEBODY = "somebody to answer for it"
_DONE = {Method.EXAMINE: "documents were examined", Method.INTERVIEW: "people were interviewed"}


def contradicted(against: Sequence[Observation]) -> str:
    """By how many fails, and of how many subjects it is not declared whether they hold ePHI."""
    checks = len({each.check for each in against})
    subjects = len({each.subject for each in against})
    unknown = len({each.subject for each in against if each.ephi != "yes"})
    said = f"Contradicted by {plural(checks, 'failed check')} on {plural(subjects, 'subject')}."
    if unknown:
        which = "it" if subjects == 1 else f"all {unknown:,}" if unknown == subjects else f"{unknown:,} of them"
        reach = "it holds or reaches ePHI, so it counts" if unknown == 1 else "they hold or reach ePHI, so they count"
        said += f" For {which} the scope does not say whether {reach}."
    return said


def not_assessed(control: Control, missing: Sequence[Method], *, bearing: bool) -> str:
    """What is wanting where nobody has answered."""
    wanted = " and ".join(_WANTED[method] for method in missing if method is not Method.TEST) or _SOMEBODY
    if not bearing:
        if Method.TEST in control.methods:
            return f"This version has no check for it. It also needs {wanted}."
        return f"No scan can show this. It needs {wanted}."
    if Method.TEST in missing:
        return f"What was scanned is no full test of it. It also needs {wanted}."
    return f"Tests were made, but tests alone can't satisfy it. It also needs {wanted}."


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def answered(answer: AttestationResult) -> str:
    """Who answered what, when and until when: the beginning of a sentence."""
    word = answer.answer.replace("-", " ")
    return f"{answer.owner} answered {word} on {day(answer.attested_on)} (valid until {_last(answer.expires)})"


def attested(control: Control, methods: frozenset[Method], *, tested: bool) -> str:
    """How it was found out."""
    done = [words for method, words in _DONE.items() if method in control.methods and method in methods]
    if Method.TEST in control.methods:
        done.append("tests were made" if tested else "it was tested by hand")
    text = " and ".join(filter(None, (", ".join(done[:-1]), *done[-1:])))
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def lacking(missing: Sequence[Method], answer: AttestationResult | None, *, bearing: bool) -> str:
    """What an answer still needs."""
    wanted = [_WANTED[method] for method in missing if method is not Method.TEST]
    if Method.TEST in missing:
        if answer and Method.TEST in answer.methods:
            wanted.append("the result of the test by hand to be attached")
        elif bearing:
            wanted.append("a test by hand with its result attached: what was scanned is no full test of it")
        else:
            wanted.append("a test by hand with its result attached: this version has no check for it")
    return " and ".join(wanted)


def outdated(row: AttestationResult | None, analysis: RiskAnalysisResult | None) -> str:
    """What there was, and counts no more."""
    said = ""
    if row and row.state == "expired":
        said += f"The answer that {row.owner} gave on {day(row.attested_on)} expired on {day(row.expires)}. "
    if analysis and analysis.state == "expired":
        due = day(analysis.next_review)
        said += f"The risk analysis “{analysis.title}” was due for review on {due}, and counts no more. "
    return said


def handed_in(analysis: RiskAnalysisResult) -> str:
    """The hospital's own risk analysis."""
    return (
        f"The risk analysis “{analysis.title}” of {day(analysis.performed_on)}, approved by {analysis.approver}, was "
        f"handed in; it is due for review on {day(analysis.next_review)}."
    )


# ── decisions: 45 CFR 164.306(d)(3) ──────────────────────────────────────────────────────────────────────────────


def gap(decision: DecisionResult | None, lacks: Sequence[str] = ()) -> str:
    """Why an addressable specification that is not implemented is a gap."""
    if decision is None or decision.state in {"missing", "not-yet"}:
        why = "no documented decision under 45 CFR 164.306(d)(3) is on file"
    elif decision.state == "expired":
        why = f"the decision about it was due for review on {day(decision.review_by)}, and counts no more"
    elif lacks:
        why = f"the decision of {day(decision.decided_on)} does not say {', '.join(lacks)}"
    else:
        why = f"it was decided on {day(decision.decided_on)} that it is implemented"
    return f"It is addressable, and {why}, so it is a gap."


def undecided(decision: DecisionResult, lacks: Sequence[str] = ()) -> str:
    """What a decision does not do for a specification of which nothing else is known; empty if there is none."""
    if decision.state in {"missing", "not-yet"}:
        return ""
    if decision.state == "expired":
        return f"The decision about it was due for review on {day(decision.review_by)}, and counts no more."
    if lacks:
        return f"The decision of {day(decision.decided_on)} does not count: it does not say {', '.join(lacks)}."
    return f"It was decided on {day(decision.decided_on)} that it is implemented: that has to be attested."


def alternative(decision: DecisionResult, *, contradicted: bool) -> str:
    """The equivalent alternative that stands in its place."""
    covers = " What contradicts it is what the alternative has to cover." if contradicted else ""
    return (
        f"An alternative stands in its place (45 CFR 164.306(d)(3)(ii)(B)(2)), approved by {decision.approver} on "
        f"{day(decision.decided_on)} and due for review on {day(decision.review_by)}: "
        f"{_sentence(decision.measure)}{covers}"
    )


def not_reasonable(decision: DecisionResult) -> str:
    """A documented decision to do neither."""
    return (
        f"{decision.approver} decided on {day(decision.decided_on)} that neither it nor an alternative is reasonable "
        f"and appropriate (due for review on {day(decision.review_by)}): a documented decision under 45 CFR "
        "164.306(d)(3)(ii)(B), whose rationale an auditor weighs."
    )


# ── exceptions ───────────────────────────────────────────────────────────────────────────────────────────────────


def accepted(ids: Sequence[str], expires: date, *, required: bool) -> str:
    """By which exceptions the risk is accepted, and that this does not satisfy it."""
    said = f"The risk is accepted until {_last(expires)} ({', '.join(ids)}): it stays not satisfied."
    return f"{said} It is required, and can't be waived (45 CFR 164.306(d)(2))." if required else said


def covered_in_part(ids: Sequence[str], uncovered: int) -> str:
    """By which exceptions a part of the risk is accepted, and what is left."""
    left = (
        f"{plural(uncovered, 'fail')} {'is' if uncovered == 1 else 'are'} open" if uncovered else "the answer is open"
    )
    return f"{', '.join(ids)} {'covers' if len(ids) == 1 else 'cover'} only part of it: {left}."


def _last(expires: date | None) -> str:
    """The last day before something ends."""
    return day(expires - timedelta(days=1)) if expires else "an unknown day"


def _sentence(text: str) -> str:
    said = " ".join(text.split())
    return said if said.endswith((".", "!", "?")) else f"{said}."
