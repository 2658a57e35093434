"""The row of all runs: for each its numbers with their denominators. Pure."""

from __future__ import annotations

from posture.assessment import Assessment
from posture.assessment.changes import TrendPoint

__all__ = ["point"]


def point(outline: Assessment) -> TrendPoint:
    """One run of the row, from its assessment; its observations are not needed."""
    checks, controls = outline.checks, outline.coverage.controls
    fails, passes = sum(each.failed for each in checks), sum(each.passed for each in checks)
    unanswered = sum(each.unknown + each.errors for each in checks)
    return TrendPoint(
        run=outline.run.id,
        started=outline.run.started,
        as_of=outline.method.as_of,
        version=outline.method.version,
        controls=controls.of,
        satisfied=controls.satisfied + controls.satisfied_by_alternative,
        not_satisfied=controls.not_satisfied,
        risk_accepted=controls.risk_accepted,
        not_assessed=controls.not_assessed,
        not_applicable=controls.not_applicable,
        checks=len(checks),
        checks_failed=sum(each.failed > 0 for each in checks),
        checks_judged=sum(each.failed + each.passed > 0 for each in checks),
        fails=fails,
        judgements=fails + passes,
        unanswered=unanswered,
        asked=fails + passes + unanswered,
        probes=len(outline.coverage.probes),
        lost=sum(each.outcome not in {"complete", "refused"} for each in outline.coverage.probes),
        machines=len(outline.assets),
    )
