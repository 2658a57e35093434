"""The workbook's pages of free form: the summary and the method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from openpyxl.worksheet.pagebreak import Break

from posture.assessment import Assessment, FamilyCount
from posture.model import Outcome, Status
from posture.presentation import (
    EPHI,
    OUTCOMES,
    SEVERITIES,
    STATUSES,
    capital,
    family,
    gap_extent,
    number,
    plural,
    short,
)
from posture.workbook.book import MAX_LINKS, MAX_TEXT, Book, Link, Place, Value
from posture.workbook.charts import Look, stacked_bars
from posture.workbook.dress import coloured
from posture.workbook.places import GAPS, METHOD, NOT_ASSESSED, OBSERVATIONS, SUMMARY, Places, word
from posture.workbook.tables import WHAT, plain, probe_outcome, waiting

__all__ = ["method", "summary"]

_WIDTHS = (38, 17, 15, 13, 13, 13, 13, 13)
_WORST, _LOST = 5, 12
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


class _Page:
    """A sheet of free form: the last thing in a row has the rest of its width."""

    def __init__(self, book: Book, title: str, widths: Sequence[float]) -> None:
        self.sheet = book.page(title, widths)

    @property
    def at(self) -> int:
        """The last row written."""
        return self.sheet.rows

    def line(self, values: Sequence[Value], styles: Sequence[str], *, height: float | None = None) -> None:
        """Values side by side; the last one, and its style, go on to the end."""
        more = len(self.sheet.widths) - len(values)
        self.sheet.row(
            [*values, *[None] * more], [*styles, *[styles[-1]] * more], height=height, merge_from=len(values) - 1
        )

    def text(self, text: str, style: str = "prose", *, height: float | None = None) -> None:
        """One text over the whole width."""
        self.line([text], [style], height=height)

    def section(self, title: str, *, new_page: bool = False) -> None:
        """A heading, on a new page where it is wanted."""
        self.sheet.row([], [], height=9)
        if new_page:
            self.sheet.sheet.row_breaks.append(Break(id=self.at))
        self.text(title, "section", height=22)

    def heads(self, *titles: str, numbers: Collection[str] = ()) -> None:
        """The headings of a small table; those of numbers stand right."""
        self.line(titles, ["heading of numbers" if title in numbers else "heading" for title in titles])


def summary(assessment: Assessment, places: Places, book: Book) -> None:
    """What the assessment says, on a page or two: the five questions, and what is not in them."""
    page = _Page(book, SUMMARY, _WIDTHS)
    silent = word(STATUSES[Status.NOT_ASSESSED])
    _cover(page, assessment)
    _looked_at(page, assessment)
    _lost(page, assessment)
    _stands(page, assessment, places)
    _worst(page, assessment, places)
    page.section("4  What would stop?")
    page.text(f"{silent}. This version does not yet work out which clinical services an attack would take.")
    page.section("5  What changed since the last run?")
    page.text(f"{silent}. This version does not yet compare runs; nothing is said here about getting better or worse.")
    _judged(page, assessment, places)
    _unanswered(page, assessment)


def _cover(page: _Page, assessment: Assessment) -> None:
    run, notes = assessment.run, assessment.method
    page.text("Cybersecurity posture assessment", "title", height=34)
    page.text(assessment.organisation.name, "subtitle", height=22)
    page.line(["In short", _in_short(assessment)], ["strong", "strong"])
    page.line(["As of (UTC)", notes.as_of], ["strong", "date"])
    for catalog in notes.catalogs:
        page.line(["Judged against", f"{catalog.title} – {catalog.status}"], ["strong", "text"])
    page.line(["Status", "Draft – not sealed"], ["strong", "text"])
    page.line(["Sites", ", ".join(assessment.organisation.sites) or "not stated"], ["strong", "text"])
    page.line(["Run by", f"{run.operator or 'not stated'}{f' on {run.host}' if run.host else ''}"], ["strong", "text"])
    page.line(["Run", run.id], ["strong", "code"])
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
        f"{plural(controls.of, 'control')} shown not to be satisfied; {number(controls.not_assessed)} not assessed."
    )


def _looked_at(page: _Page, assessment: Assessment) -> None:
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


def _lost(page: _Page, assessment: Assessment) -> None:
    lost = [each for each in assessment.coverage.probes if each.outcome not in {"complete", "refused"}]
    refused = [each for each in assessment.coverage.probes if each.outcome == "refused"]
    if not (lost or refused):
        return
    asked = number(len(assessment.coverage.probes))
    page.section("What could not be collected" if lost else "What was not looked at")
    page.text(
        f"{number(len(lost))} of {asked} scans, look-ups and imports did not bring back all that was asked. "
        f"Not made, since the scope forbids it: {number(len(refused))}. Whatever they would have shown counts as not "
        "known: there may be more machines, accounts and gaps than this workbook holds."
    )
    page.heads("Scan or look-up", "Outcome", "Problem or reason")
    for probe in (*lost[:_LOST], *refused[:_LOST]):
        outcome = "Forbidden" if probe.outcome == "refused" else probe_outcome(probe.outcome)
        page.line([probe.id, outcome, capital(probe.problem) or "No reason was given."], ["code", "text", "text"])
    more = len(lost[_LOST:]) + len(refused[_LOST:])
    if more:
        page.line([Link(f"and {number(more)} more", Place(NOT_ASSESSED, 2)), ""], ["strong", "text"])


def _stands(page: _Page, assessment: Assessment, places: Places) -> None:
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


def _worst(page: _Page, assessment: Assessment, places: Places) -> None:
    page.section("3  What matters most?", new_page=True)
    if not assessment.gaps:
        page.text("No check failed. That is not a finding of compliance: see what was not assessed.")
        return
    shown = assessment.gaps[:_WORST]
    page.text(f"The worst {number(len(shown))} of {plural(len(assessment.gaps), 'gap')}; all of them are on {GAPS}.")
    page.heads("Gap", "Severity", "How far", "Why it matters, and what to do")
    first = page.at + 1
    for gap in shown:
        extent = gap_extent(gap) + (f"; {number(gap.unknown)} not known" if gap.unknown else "")
        page.line(
            [
                Link(gap.title, places.gaps[gap.check]),
                word(SEVERITIES[gap.severity]),
                extent,
                f"{plain(gap.why)}\nWhat to do: {plain(gap.fix)}",
            ],
            ["strong", "text", "text", "text"],
        )
    coloured(page.sheet.sheet, f"B{first}:B{page.at}", SEVERITIES.values())


def _judged(page: _Page, assessment: Assessment, places: Places) -> None:
    page.section("What the checks found", new_page=True)
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
        f"Counted once for each of {plural(len(assessment.checks), 'check')} and each subject; see {OBSERVATIONS}.",
        "note",
    )


def _unanswered(page: _Page, assessment: Assessment) -> None:
    page.section("What was not assessed, and why")
    page.heads("", "How many", "Reason", numbers=("How many",))
    reasons = Counter(
        (WHAT.get(each.what, each.what), each.why) for each in assessment.coverage.unanswered if each.what != "control"
    )
    reasons.update((WHAT["control"], control.reason) for control in waiting(assessment))
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    everything = Place(NOT_ASSESSED, 2)
    for (what, why), count in ranked[:_LOST]:
        page.line([what, count, why], ["strong", "number", "text"])
    rest = sum(count for _, count in ranked[_LOST:])
    if rest:
        page.line(["Others", rest, f"for other reasons, each of them on {NOT_ASSESSED}"], ["strong", "number", "text"])
    page.line(
        ["All", Link(reasons.total(), everything), f"with what would give each an answer, on {NOT_ASSESSED}"],
        ["strong", "total", "text"],
    )


def method(assessment: Assessment, book: Book) -> None:
    """What the assessment depends on, what its limits are, and what this workbook leaves out."""
    notes, run = assessment.method, assessment.run
    page = _Page(book, METHOD, (34, 16, 18, 70))
    page.text("Method and limits", "title", height=34)
    page.text(notes.statement, "claim")
    page.section("This assessment")
    rows: tuple[tuple[str, Value, str], ...] = (
        ("As of (UTC)", notes.as_of, "date"),
        ("Fingerprint", assessment.fingerprint, "code"),
        ("Fingerprint in words", assessment.fingerprint_words, "code"),
        ("Run", run.id, "code"),
        ("Started (UTC)", run.started, "date"),
        ("Ended (UTC)", run.ended, "date"),
        ("Run by", run.operator, "text"),
        ("From", run.host, "code"),
        ("Command", run.command, "code"),
        ("Posture", notes.version, "text"),
        ("SHA-256 of the scope", notes.scope_sha256, "code"),
    )
    for label, value, style in rows:
        page.line([label, value or "not stated"], ["strong", style if value else "text"])
    page.text(
        "The fingerprint is the SHA-256 of the whole assessment without the run: equal assessments have equal "
        "fingerprints.",
        "note",
    )
    _limits(page, assessment, book)
    page.section("Judged against")
    page.heads("Catalog", "Status", "Source", "State of the text")
    for catalog in notes.catalogs:
        page.line([catalog.title, catalog.status, catalog.source, catalog.as_of], ["strong", "text", "text", "text"])
    page.section("Numbers of your own policy that checks compare with")
    page.heads("Threshold", "In force", "Default", "Meaning and source", numbers=("In force", "Default"))
    for threshold in notes.thresholds:
        page.line(
            [threshold.name, threshold.value, threshold.default, threshold.description],
            ["code", "number", "number", "text"],
        )
    page.section("Zones of the scope")
    page.heads("Zone", "Kind", "Policy", "Networks, exclusions, and whether it holds or reaches ePHI")
    for zone in assessment.organisation.zones:
        excluded = f"; never {', '.join(zone.excluded)}" if zone.excluded else ""
        said = f"{', '.join(zone.networks)}{excluded}; ePHI: {EPHI.get(zone.ephi, zone.ephi)}"
        page.line([zone.id, zone.kind, zone.policy, said], ["code", "text", "text", "text"])
    page.section("Files of checks that judged")
    for file in notes.check_files:
        page.line([file.name, file.sha256], ["code", "code"])


def _limits(page: _Page, assessment: Assessment, book: Book) -> None:
    page.section("Limits")
    for limit in assessment.method.limits:
        page.text(f"•  {limit}")
    page.text(
        f"•  A cell of this workbook holds no more than {number(MAX_TEXT)} characters; longer text is cut and says so. "
        "The whole of it, and the keys of counted sets, are in assessment.json."
    )
    page.text(
        "•  A row is no higher than a workbook allows: what doesn’t fit is still in the cell, and in assessment.json."
    )
    page.text("•  Keys, ids and notes stand in further columns of the tables, right of those that are printed.")
    for sheet in book.sheets:
        if sheet.unlinked_from:
            page.text(
                f"•  Excel takes no more than {number(MAX_LINKS)} links a sheet: “{sheet.title}” has none from row "
                f"{number(sheet.unlinked_from)} on."
            )
