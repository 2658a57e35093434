"""The rows of what was seen: observations, assets, evidence, and what has no answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from posture.assessment import Assessment, ControlResult
from posture.model import Outcome, Status
from posture.presentation import METHODS, OUTCOMES, PROBES, SEVERITIES, capital, noun, plural
from posture.workbook.places import Places, word
from posture.workbook.sheet import Link, Value
from posture.workbook.words import EPHI, WHAT, plain

__all__ = ["assets", "evidence", "not_assessed", "observations", "probe_outcome", "waiting"]

_SETTLED = {Outcome.PASS, Outcome.NOT_APPLICABLE}


def observations(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """One row an observation; a counted set is one row, and says so."""
    titles = {check.id: check.title for check in assessment.checks}
    kinds = {check.id: check.kind for check in assessment.checks}
    for each in assessment.observations:
        single = bool(each.subject)
        kind = noun(each.subject_kind or kinds.get(each.check, ""), 1 if single else each.count)
        gap = places.gaps.get(each.check) if each.outcome in {Outcome.FAIL, Outcome.UNKNOWN} else None
        yield (
            word(OUTCOMES[each.outcome]),
            None if each.outcome in _SETTLED else word(SEVERITIES[each.severity]),
            titles.get(each.check, each.check),
            each.subject_name if single else f"Counted set of {plural(each.count, 'subject')}",
            kind,
            1 if single else each.count,
            each.place,
            EPHI.get(each.ephi, each.ephi) if single else None,
            each.message if single else "Their keys are in assessment.json.",
            capital(plain(each.answer)),
            Link("Gap", gap) if gap else None,
            places.of_evidence(each.evidence),
            each.subject,
            each.id,
        )


def assets(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """One row an asset."""
    for asset in assessment.assets:
        yield (
            asset.name,
            asset.kind,
            "\n".join(asset.addresses),
            asset.mac,
            asset.vendor,
            asset.description,
            asset.place,
            EPHI.get(asset.ephi, asset.ephi),
            "\n".join(asset.open_ports),
            Link(asset.failed, places.of_subject(asset.ids, Outcome.FAIL)),
            Link(asset.unknown, places.of_subject(asset.ids, Outcome.UNKNOWN)),
            places.of_evidence(asset.evidence),
            asset.device_class,
            asset.class_reason,
            "\n".join(asset.joins),
            "\n".join(asset.ids),
        )


def not_assessed(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """Everything without an answer; controls from their own findings, which say what they still need."""
    for each in assessment.coverage.unanswered:
        if each.what != "control":
            yield (WHAT.get(each.what, each.what), each.name, capital(each.why), capital(plain(each.answer)), each.id)
    for control in waiting(assessment):
        needed = ", ".join(METHODS[method] for method in control.missing_methods)
        yield (
            WHAT["control"],
            control.title,
            control.reason,
            needed.capitalize(),
            places.of_control(control.catalog, control.id),
        )


def waiting(assessment: Assessment) -> list[ControlResult]:
    """The controls that are counted as not assessed."""
    return [each for each in assessment.controls if each.counted and each.status is Status.NOT_ASSESSED]


def evidence(assessment: Assessment) -> Iterator[Sequence[Value]]:
    """One row a piece of evidence."""
    for each in assessment.evidence:
        yield (
            each.id,
            probe_outcome(each.outcome),
            each.collector,
            each.format,
            each.zone,
            "\n".join(each.targets),
            each.started,
            each.ended,
            each.vantage,
            f"{each.tool.name} {each.tool.version}" if each.tool else None,
            each.source.name if each.source else None,
            each.problem,
            each.payload_size,
            each.payload_sha256,
            "\n".join(each.masked),
        )


def probe_outcome(outcome: str) -> str:
    """What became of a probe, as a cell holds it."""
    return word(PROBES[outcome]) if outcome in PROBES else outcome.replace("-", " ").capitalize()
