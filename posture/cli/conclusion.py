"""What a run comes to, in a few lines and as an exit code."""

from __future__ import annotations

from posture.assessment import Assessment, FamilyCount
from posture.model import Outcome, Severity
from posture.presentation import gap_extent, plural, visible

__all__ = ["conclusion", "exit_code"]


def conclusion(assessment: Assessment, *, verbose: bool = False) -> str:
    """The run in a few lines: what stands, what was found, what got no answer; `verbose` names each gap."""
    controls = assessment.coverage.controls
    unknown = sum(each.outcome in {Outcome.UNKNOWN, Outcome.ERROR} for each in assessment.observations)
    failed = [probe for probe in assessment.coverage.probes if probe.outcome not in {"complete", "refused"}]
    lines = [
        f"{plural(len(assessment.gaps), 'gap')}; {plural(unknown, 'question')} without an answer.",
        f"Of {controls.of} controls of the Security Rule {_standing(controls)}.",
        "A scan alone satisfies none: it needs people's answers as well (posture attest).",
    ]
    lines += [f"Not collected: {probe.id}: {probe.problem}" for probe in failed]
    if verbose:
        lines += [f"{gap.severity.value}: {gap.title}: {gap_extent(gap)} ({gap.check})" for gap in assessment.gaps]
    return visible("\n".join(lines))


def _standing(controls: FamilyCount) -> str:
    words = {
        "not satisfied": controls.not_satisfied,
        "not satisfied with the risk accepted": controls.risk_accepted,
        "not assessed": controls.not_assessed,
        "satisfied": controls.satisfied,
        "satisfied by an alternative": controls.satisfied_by_alternative,
        "not applicable": controls.not_applicable,
    }
    always = ("not satisfied", "not assessed", "satisfied")
    return ", ".join(f"{number} {word}" for word, number in words.items() if number or word in always)


def exit_code(assessment: Assessment, fail_on: str | None) -> int:
    """3 where there are findings at or above the severity, or (incomplete) anything without an answer; else 0."""
    if fail_on is None:
        return 0
    if fail_on == "incomplete":
        unanswered = any(each.outcome in {Outcome.UNKNOWN, Outcome.ERROR} for each in assessment.observations)
        planned = any(probe.outcome not in {"complete", "refused"} for probe in assessment.coverage.probes)
        return 3 if unanswered or planned else 0
    rank = Severity(fail_on).rank
    return 3 if any(gap.severity.rank <= rank for gap in assessment.gaps) else 0
