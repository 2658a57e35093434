"""The workbook's tables: the columns of each, and its rows from the assessment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from posture.assessment import Assessment, ControlResult, Gap
from posture.model import Outcome, Status
from posture.presentation import (
    METHODS,
    OUTCOMES,
    PROBES,
    REQUIREMENTS,
    SEVERITIES,
    STATUSES,
    capital,
    family,
    noun,
    number,
    plural,
)
from posture.workbook.book import Column, Link, Value
from posture.workbook.places import Places, word

_SETTLED = {Outcome.PASS, Outcome.NOT_APPLICABLE}
KINDS = {
    "standard": "Standard",
    "specification": "Specification",
    "general_rule": "General rule, not counted",
}
_EPHI = {"yes": "yes", "no": "no", "unknown": "not declared", "": "not declared"}
WHAT = {"probe": "Scan or look-up", "subject": "Subject", "check": "Check", "control": "Control"}

CONTROLS_COLUMNS = (
    Column("Control", 23, "code"),
    Column("Title", 28, "strong"),
    Column("Kind", 13),
    Column("Family", 17),
    Column("Requirement", 12),
    Column("Status", 17),
    Column("Reason", 40),
    Column("Still needed", 18),
    Column("Contradicted by", 14, "number"),
    Column("Gap", 30),
    Column("Part of", 23, "code", printed=False),
    Column("Note", 30, printed=False),
    Column("Catalog", 20, "code", printed=False),
)


def controls(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """One row a control."""
    gaps = {gap.check: gap for gap in assessment.gaps}
    for control in assessment.controls:
        against = [gaps[each.check] for each in control.checks if each.bearing == "contradicts" and each.check in gaps]
        first = places.observations.get(control.observations[0]) if control.observations else None
        yield (
            control.id,
            control.title,
            KINDS.get(control.kind, control.kind) if control.counted else KINDS["general_rule"],
            family(control.family),
            REQUIREMENTS.get(control.requirement or "", control.requirement),
            word(STATUSES[control.status]),
            control.reason,
            capital(", ".join(METHODS[method] for method in control.missing_methods)),
            Link(len(control.observations), first),
            _gap_link(against, places),
            _control_link(control, places),
            control.note,
            control.catalog,
        )


def _control_link(control: ControlResult, places: Places) -> Value:
    if control.parent is None:
        return None
    return Link(control.parent, places.controls.get((control.catalog, control.parent)))


def _gap_link(gaps: Sequence[Gap], places: Places) -> Value:
    if not gaps:
        return None
    more = f" +{number(len(gaps) - 1)}" if len(gaps) > 1 else ""
    return Link(gaps[0].title + more, places.gaps[gaps[0].check])


GAPS_COLUMNS = (
    Column("No.", 5, "number"),
    Column("Gap", 26, "strong"),
    Column("Severity", 13),
    Column("Where", 13),
    Column("Failed", 9, "number"),
    Column("Judged", 9, "number"),
    Column("Not known", 9, "number"),
    Column("Of what", 11),
    Column("Controls not met", 23, "code"),
    Column("Why it matters", 32),
    Column("What to do", 38),
    Column("Status", 14, "work"),
    Column("Due", 11, "work day"),
    Column("Owner", 13, "work"),
    Column("Notes", 28, "work", printed=False),
    Column("Check", 26, "code", printed=False),
)


def gaps(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """One row a gap, with empty cells to work in."""
    for at, gap in enumerate(assessment.gaps, 1):
        yield (
            at,
            gap.title,
            word(SEVERITIES[gap.severity]),
            "\n".join(gap.places),
            Link(gap.failed, places.first.get((gap.check, Outcome.FAIL))),
            gap.judged,
            Link(gap.unknown, places.first.get((gap.check, Outcome.UNKNOWN))),
            noun(gap.kind, gap.judged),
            "\n".join(gap.contradicts) or "none directly",
            plain(gap.why),
            plain(gap.fix),
            *(None,) * 4,
            gap.check,
        )


OBSERVATIONS_COLUMNS = (
    Column("Outcome", 15),
    Column("Severity", 13),
    Column("Check", 26, "strong"),
    Column("Subject", 27, "code"),
    Column("Kind", 10),
    Column("Subjects", 9, "number"),
    Column("Where", 13, "code"),
    Column("ePHI", 11),
    Column("What was found", 36),
    Column("What would answer it", 22),
    Column("Gap", 6),
    Column("Evidence", 17, "code"),
    Column("Subject’s key", 40, "code", printed=False),
    Column("Id", 20, "code", printed=False),
)


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
            _EPHI.get(each.ephi, each.ephi) if single else None,
            each.message if single else "Their keys are in assessment.json.",
            capital(plain(each.answer)),
            Link("Gap", gap) if gap else None,
            places.of_evidence(each.evidence),
            each.subject,
            each.id,
        )


ASSETS_COLUMNS = (
    Column("Name", 28, "code"),
    Column("Kind", 10),
    Column("Addresses", 17, "code"),
    Column("MAC address", 19, "code"),
    Column("Vendor", 16),
    Column("Description", 26),
    Column("Where", 13, "code"),
    Column("ePHI", 11),
    Column("Open ports", 24, "code"),
    Column("Failed", 9, "number"),
    Column("Not known", 9, "number"),
    Column("Evidence", 17, "code"),
    Column("Identifiers, strongest first", 44, "code", printed=False),
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
            _EPHI.get(asset.ephi, asset.ephi),
            "\n".join(asset.open_ports),
            Link(asset.failed, places.subjects.get((asset.key, Outcome.FAIL))),
            Link(asset.unknown, places.subjects.get((asset.key, Outcome.UNKNOWN))),
            places.of_evidence(asset.evidence),
            "\n".join(asset.ids),
        )


NOT_ASSESSED_COLUMNS = (
    Column("What", 16),
    Column("Name", 40, "strong"),
    Column("Why there is no answer", 60),
    Column("What would give one", 50),
    Column("Id", 34, "code"),
)


def not_assessed(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """Everything without an answer; controls from their own findings, which say what they still need."""
    for each in assessment.coverage.unanswered:
        if each.what != "control":
            yield (WHAT.get(each.what, each.what), each.name, capital(each.why), capital(plain(each.answer)), each.id)
    for control in waiting(assessment):
        needed = ", ".join(METHODS[method] for method in control.missing_methods)
        to = places.controls[control.catalog, control.id]
        yield (WHAT["control"], control.title, control.reason, needed.capitalize(), Link(control.id, to))


def waiting(assessment: Assessment) -> list[ControlResult]:
    """The controls that are counted as not assessed."""
    return [each for each in assessment.controls if each.counted and each.status is Status.NOT_ASSESSED]


EVIDENCE_COLUMNS = (
    Column("Id (SHA-256 of the envelope)", 34, "code"),
    Column("Outcome", 18),
    Column("Collector", 10),
    Column("Format", 10),
    Column("Zone", 13, "code"),
    Column("Targets", 19, "code"),
    Column("Started (UTC)", 15, "date"),
    Column("Ended (UTC)", 15, "date"),
    Column("From", 13, "code"),
    Column("Program", 16),
    Column("Imported file", 20, "code"),
    Column("Problem", 24),
    Column("Bytes", 12, "number", printed=False),
    Column("SHA-256 of the payload", 68, "code", printed=False),
    Column("Masked", 24, "code", printed=False),
)


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


def plain(text: str) -> str:
    """A check's own words, with what stands in backquotes (as in Markdown) in quotation marks."""
    return re.sub(r"`([^`\n]+)`", r"“\1”", text)
