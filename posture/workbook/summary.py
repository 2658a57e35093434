"""The first sheet: what the assessment says, on a page or two."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from posture.assessment import AnsweredCount, Assessment, FamilyCount, Risk
from posture.model import Outcome, Status
from posture.presentation import (
    ANSWERED,
    LEVELS,
    OUTCOMES,
    SEVERITIES,
    STATUSES,
    capital,
    family,
    gap_extent,
    number,
    plural,
    sealed,
    short,
)
from posture.workbook import changes
from posture.workbook.book import Book
from posture.workbook.charts import Look, stacked_bars
from posture.workbook.columns import GAPS, NOT_ASSESSED, OBSERVATIONS, RISKS
from posture.workbook.dress import coloured
from posture.workbook.page import METHOD, REACH, SUMMARY, Page
from posture.workbook.places import Places, word
from posture.workbook.seen import probe_outcome, waiting
from posture.workbook.sheet import Link, Place
from posture.workbook.words import WHAT, plain

__all__ = ["CLAIM", "summary"]

_WIDTHS = (38, 17, 15, 13, 13, 13, 13, 13)
_WORST, _LOST = 5, 12
_NOT_ASSESSED = NOT_ASSESSED.place(0)
CLAIM = (
    "Scans alone satisfy no control. A scan can show that a control is not met. To show that it is met, policies must "
    "be examined and people interviewed as well. Without evidence a control is not assessed."
)
# The numbers of a family, in the order of their columns, and how its bar shows them: never by colour alone.
_COUNTS: tuple[tuple[Status, str, Look], ...] = (
    (Status.SATISFIED, "satisfied", Look("1B6B3A")),
    (Status.SATISFIED_BY_ALTERNATIVE, "satisfied_by_alternative", Look("1B6B3A", "narHorz", "1B1B1B")),
    (Status.NOT_SATISFIED, "not_satisfied", Look("A9231B")),
    (Status.RISK_ACCEPTED, "risk_accepted", Look("7A5200", "smCheck", "1B1B1B")),
    (Status.NOT_ASSESSED, "not_assessed", Look("9A9A9A", "wdUpDiag", "1B1B1B")),
    (Status.NOT_APPLICABLE, "not_applicable", Look("FFFFFF", ink="1B1B1B")),
)


def summary(assessment: Assessment, places: Places, book: Book) -> None:
    """What the assessment says, on a page or two: the five questions, and what is not in them."""
    page = Page(book, SUMMARY, _WIDTHS)
    _cover(page, assessment)
    whole = assessment.run.pack is None
    if whole or assessment.coverage.extents:
        _looked_at(page, assessment)
    _lost(page, assessment)
    if whole or assessment.controls:
        _stands(page, assessment, places)
        _answered(page, assessment, places)
    if whole or assessment.checks or assessment.risks:
        _worst(page, assessment, places)
    if whole:
        _stops(page, assessment)
    if whole or assessment.run.changes:
        page.section("5  What changed since the last run?")
        changes.in_short(page, assessment)
    if whole or assessment.checks:
        _judged(page, assessment, places)
    _unanswered(page, assessment)


def _cover(page: Page, assessment: Assessment) -> None:
    run, notes = assessment.run, assessment.method
    kind = (
        "Extract of a cybersecurity posture assessment" if assessment.run.pack else "Cybersecurity posture assessment"
    )
    page.text(kind, "title", height=30)
    page.text(assessment.organisation.name, "subtitle", height=20)
    _extract(page, assessment)
    if assessment.controls or assessment.checks or assessment.run.pack is None:
        page.line(["In short", _in_short(assessment)], ["strong", "strong"])
    page.line(["As of (UTC)", notes.as_of], ["strong", "date"])
    beside = {part.catalog.id for part in assessment.frameworks}
    for catalog in notes.catalogs:
        if catalog.id not in beside and catalog.status != "proposed":
            page.line(["Judged against", f"{catalog.title} – {catalog.status}"], ["strong", "text"])
    others = ", ".join(part.catalog.title for part in assessment.frameworks if not part.proposed)
    if others:
        page.line(["Beside it, in no figure here", others], ["strong", "text"])
    page.line(["Seal", run.seal.note if run.pack and run.seal else sealed(run.seal)], ["strong", "text"])
    if run.seal and run.seal.signer:
        page.line(["Sealing key", run.seal.signer], ["strong", "code"])
    page.line(["Sites", ", ".join(assessment.organisation.sites) or "not stated"], ["strong", "text"])
    page.line(["Run", run.id], ["strong", "code"])
    page.line(["Run by", f"{run.operator or 'not stated'}{f' on {run.host}' if run.host else ''}"], ["strong", "text"])
    page.line(
        ["Fingerprint", f"{assessment.fingerprint_words}  ({short(assessment.fingerprint)}, whole on {METHOD})"],
        ["strong", "code"],
    )
    page.text(f"{CLAIM} {notes.statement}", "claim")


def _in_short(assessment: Assessment) -> str:
    found, controls = Counter(gap.severity for gap in assessment.gaps), assessment.coverage.controls
    each = ", ".join(f"{number(found[it])} {label.word.lower()}" for it, label in SEVERITIES.items() if found[it])
    return (
        f"{plural(len(assessment.gaps), 'gap')}{f': {each}' if each else ''}. {number(controls.not_satisfied)} of "
        f"{plural(controls.of, 'control')} shown not to be satisfied; {number(controls.risk_accepted)} more not "
        f"satisfied, with the risk accepted; {number(controls.not_assessed)} not assessed; "
        f"{number(controls.satisfied)} satisfied; "
        f"{number(controls.satisfied_by_alternative)} satisfied by an alternative; "
        f"{number(controls.not_applicable)} not applicable."
    )


def _extract(page: Page, assessment: Assessment) -> None:
    """What a regulator's extract is limited to."""
    if (pack := assessment.run.pack) is None:
        return
    if pack.marking:
        page.text(pack.marking, "claim")
    page.text(pack.limits, "claim")
    page.text(pack.origin, "note")


def _looked_at(page: Page, assessment: Assessment) -> None:
    page.section("1  What was looked at?")
    page.heads("", "Looked at", "In scope", "Note", numbers=("Looked at", "In scope"))
    for extent in assessment.coverage.extents:
        page.line(
            [
                extent.name[:1].upper() + extent.name[1:],
                extent.looked_at,
                "not known" if extent.of is None else extent.of,
                extent.note,
            ],
            ["strong", "number", "number", "text"],
        )


def _lost(page: Page, assessment: Assessment) -> None:
    lost = [each for each in assessment.coverage.probes if each.outcome not in {"complete", "refused"}]
    refused = [each for each in assessment.coverage.probes if each.outcome == "refused"]
    if not (lost or refused):
        return
    asked = number(len(assessment.coverage.probes))
    page.section("What could not be collected" if lost else "What was not looked at")
    page.text(
        f"{number(len(lost)) if lost else 'None'} of {asked} scans, look-ups and imports failed or came back in part. "
        f"Not made, since the scope forbids it: {number(len(refused))}. Whatever they would have shown counts as not "
        "known: there may be more machines, accounts and gaps than this workbook holds."
    )
    page.heads("Scan or look-up", "Outcome", "Problem or reason")
    for probe in (*lost[:_LOST], *refused[:_LOST]):
        outcome = "Forbidden" if probe.outcome == "refused" else probe_outcome(probe.outcome)
        page.line([probe.id, outcome, capital(probe.problem) or "No reason was given."], ["code", "text", "text"])
    more = len(lost[_LOST:]) + len(refused[_LOST:])
    if more:
        page.line([Link(f"and {number(more)} more", _NOT_ASSESSED), ""], ["strong", "text"])


def _stands(page: Page, assessment: Assessment, places: Places) -> None:
    everything, families = assessment.coverage.controls, assessment.coverage.families
    page.section("2  What stands?", new_page=True)
    counted = "; ".join(
        f"{number(getattr(everything, field))} {STATUSES[status].word.lower()}" for status, field, _ in _COUNTS
    )
    page.text(f"Of {plural(everything.of, 'control')}: {counted}.")
    titles = ("Controls", *(STATUSES[status].word for status, _, _ in _COUNTS))
    page.heads("Family", *titles, numbers=titles)
    heading = page.at
    for row in families:
        label = Link(family(row.family), places.families.get(row.family))
        page.line([label, *_counts(row)], ["strong", *["number"] * len(titles)])
    page.line(["All families", *_counts(everything)], ["strong", *["total"] * len(titles)])
    if not families:
        return
    chart = stacked_bars(
        page.sheet.sheet,
        heading_row=heading,
        first_column=3,
        looks=[look for _, _, look in _COUNTS],
        values=[_counts(row)[1:] for row in families],
    )
    tall = 3 + len(families)
    chart.width, chart.height = 25, tall  # centimetres
    page.sheet.sheet.add_chart(chart, f"A{page.at + 2}")
    page.text("", height=9)
    page.text("", height=tall / 2.54 * 72 + 9)


def _counts(row: FamilyCount) -> list[int]:
    return [row.of, *(getattr(row, field) for _, field, _ in _COUNTS)]


def _answered(page: Page, assessment: Assessment, places: Places) -> None:
    if not assessment.coverage.answered:
        return
    page.section("By what are they answered?", new_page=True)
    titles = ("Controls", *(capital(words) for words in ANSWERED.values()))
    page.heads("Family", *titles, numbers=titles)
    rows = assessment.coverage.answered
    for row in rows:
        page.line(
            [Link(family(row.family), places.families.get(row.family)), *_by(row), None], _styles("number", titles)
        )
    totals = [sum(column) for column in zip(*(_by(row) for row in rows), strict=True)]
    page.line(["All families", *totals, None], _styles("total", titles))
    page.text("Tested alone satisfies nothing: a test can only show that a control is not met.", "note")


def _styles(style: str, titles: tuple[str, ...]) -> list[str]:
    return ["strong", *[style] * len(titles), "text"]


def _by(row: AnsweredCount) -> list[int]:
    return [row.of, *(getattr(row, field.replace("-", "_")) for field in ANSWERED)]


def _worst(page: Page, assessment: Assessment, places: Places) -> None:
    page.section("3  What matters most?", new_page=not assessment.coverage.answered)
    risks = sorted((risk for risk in assessment.risks if risk.state != "closed"), key=lambda risk: risk.place)
    if risks:
        _worst_risks(page, risks, assessment, places)
    elif assessment.gaps:
        _worst_gaps(page, assessment, places)
    else:
        page.text("No check failed. That is not a finding of compliance: see what was not assessed.")


def _worst_risks(page: Page, risks: list[Risk], assessment: Assessment, places: Places) -> None:
    shown, gaps = risks[:_WORST], {gap.risk: gap for gap in assessment.gaps}
    page.text(
        f"The worst {number(len(shown))} of {plural(len(risks), 'risk')} that are not closed; all of them are on "
        f"{RISKS.title}, and on {GAPS.title} to be worked on."
    )
    page.heads("Risk", "Level", "How far", "Why it matters, and what to do")
    first = page.at + 1
    for risk in shown:
        gap = gaps.get(risk.id)
        extent = gap_extent(gap) if gap else plural(risk.subjects, "subject") if risk.subjects else None
        page.line(
            [
                risk.title,
                Link(word(LEVELS[risk.level]), places.risks[risk.id]),
                extent,
                f"{plain(risk.why)}\nWhat to do: {plain(risk.fix)}",
            ],
            ["strong", "text", "text", "text"],
        )
    coloured(page.sheet.sheet, f"B{first}:B{page.at}", LEVELS.values())


def _worst_gaps(page: Page, assessment: Assessment, places: Places) -> None:
    shown = assessment.gaps[:_WORST]
    page.text(
        f"The worst {number(len(shown))} of {plural(len(assessment.gaps), 'gap')}; all of them are on {GAPS.title}."
    )
    page.heads("Gap", "Severity", "How far", "Why it matters, and what to do")
    first = page.at + 1
    for gap in shown:
        extent = gap_extent(gap) + (f"; {number(gap.unknown)} not known" if gap.unknown else "")
        page.line(
            [
                gap.title,
                Link(word(SEVERITIES[gap.severity]), places.gaps[gap.check]),
                extent,
                f"{plain(gap.why)}\nWhat to do: {plain(gap.fix)}",
            ],
            ["strong", "text", "text", "text"],
        )
    coloured(page.sheet.sheet, f"B{first}:B{page.at}", SEVERITIES.values())


def _stops(page: Page, assessment: Assessment) -> None:
    page.section("4  What would stop?", new_page=True)
    scenarios = assessment.blast_radius.scenarios
    if not scenarios:
        page.text(f"{word(STATUSES[Status.NOT_ASSESSED])}. What it takes is on {REACH}.")
        return
    page.text(
        f"If ransomware starts in one of {plural(len(scenarios), 'place')}, the worst first. Why, and what was "
        f"assumed, is on {REACH}."
    )
    heads = (
        "It starts in",
        "Services that stop",
        "Backups lost",
        "Machines reached",
        "Of",
        "Which services, and where",
    )
    page.heads(*heads, numbers=heads[1:5])
    for each in islice(scenarios, _WORST):
        lost = "; ".join(f"{loss.name} ({', '.join(loss.sites) or 'site not stated'})" for loss in each.losses)
        page.line(
            [
                Link(each.name, Place(REACH, 2)),
                len(each.losses),
                len(each.backups),
                each.machines,
                each.of,
                lost or "no service that is declared",
            ],
            ["strong", "number", "number", "number", "number", "text"],
        )


def _judged(page: Page, assessment: Assessment, places: Places) -> None:
    page.section("What the checks found")
    page.heads("", "Subjects", "What it means", numbers=("Subjects",))
    meanings = (
        (Outcome.FAIL, "failed", "The answer is bad."),
        (Outcome.UNKNOWN, "unknown", "There is no answer: this is neither good nor bad."),
        (Outcome.ERROR, "errors", "The check itself went wrong, which says nothing about the subject."),
        (Outcome.PASS, "passed", "The answer is good. It satisfies no control by itself."),
        (Outcome.NOT_APPLICABLE, "not_applicable", "Evidence shows that the question does not arise."),
    )
    for outcome, field, meaning in meanings:
        total = sum(getattr(check, field) for check in assessment.checks)
        page.line(
            [word(OUTCOMES[outcome]), Link(total, places.outcomes.get(outcome)), meaning], ["strong", "number", "text"]
        )
    page.text(
        f"Counted once for each of {plural(len(assessment.checks), 'check')} and each subject, on "
        f"{OBSERVATIONS.title}.",
        "note",
    )


def _unanswered(page: Page, assessment: Assessment) -> None:
    page.section("What was not assessed, and why")
    page.heads("", "How many", "Reason", numbers=("How many",))
    reasons = Counter(
        (WHAT.get(each.what, each.what), each.why) for each in assessment.coverage.unanswered if each.what != "control"
    )
    reasons.update((WHAT["control"], control.reason) for control in waiting(assessment))
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    for (what, why), count in ranked[:_LOST]:
        page.line([what, count, why], ["strong", "number", "text"])
    rest = sum(count for _, count in ranked[_LOST:])
    if rest:
        page.line(
            ["Others", rest, f"for other reasons, each of them on {NOT_ASSESSED.title}"], ["strong", "number", "text"]
        )
    page.line(
        ["All", Link(reasons.total(), _NOT_ASSESSED), f"with what would give each an answer, on {NOT_ASSESSED.title}"],
        ["strong", "total", "text"],
    )
