"""What the assessment depends on, and what its limits are."""

from __future__ import annotations

from posture.assessment import Assessment
from posture.presentation import EPHI, number
from posture.workbook.book import Book
from posture.workbook.page import METHOD, Page
from posture.workbook.sheet import MAX_LINKS, MAX_TEXT, Value

__all__ = ["method"]


def method(assessment: Assessment, book: Book) -> None:
    """What the assessment depends on, what its limits are, and what this workbook leaves out."""
    notes, run = assessment.method, assessment.run
    page = Page(book, METHOD, (34, 16, 18, 70))
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
        ("Ledger up to entry", notes.ledger_position or "none: the ledger is empty", "code"),
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
        status = "proposed: not law, in no figure" if catalog.status == "proposed" else catalog.status
        page.line([catalog.title, status, catalog.source, catalog.as_of], ["strong", "text", "text", "text"])
    if notes.reference:
        page.section("Data that judged")
        page.heads("Data", "Of", "Days old", "Records, source and SHA-256", numbers=("Days old",))
        for data in notes.reference:
            extract = "" if data.complete else " (an extract)"
            origin = "imported" if data.imported else "comes with Posture"
            old = f"too old: your policy allows {number(data.allowed_days)} days; " if data.too_old else ""
            said = f"{old}{number(data.records)} records{extract}; {data.source}, {origin}; {data.sha256}"
            page.line([data.title, data.dated.isoformat(), data.age_days, said], ["strong", "text", "number", "text"])
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
    if run.runs:
        page.section("All runs of this store, whatever became of them")
        page.heads("Run", "Started (UTC)", "State", "Seal")
        for each in run.runs:
            page.line([each.id, each.started, each.state, each.words], ["code", "date", "text", "text"])
    page.section("Files of checks that judged")
    for file in notes.check_files:
        page.line([file.name, file.sha256], ["code", "code"])


def _limits(page: Page, assessment: Assessment, book: Book) -> None:
    page.section("Limits")
    if pack := assessment.run.pack:
        page.text(f"•  {pack.limits}")
        page.text(f"•  {pack.origin}")
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
