"""The register of systems and data flows with ePHI: what no scan can see."""

from __future__ import annotations

from posture.assessment import Assessment
from posture.presentation import day
from posture.workbook.book import Book
from posture.workbook.page import SYSTEMS, Page
from posture.workbook.words import EPHI

__all__ = ["EMPTY", "systems"]

_WIDTHS = (18, 28, 22, 12, 18, 24, 14, 14, 36)
_HOSTING = {
    "on-premises": "On premises",
    "cloud": "Cloud",
    "business-associate": "At a business associate",
    "device": "Device",
    "paper-and-media": "Paper and media",
}
EMPTY = (
    "Not assessed: no system and no data flow with ePHI is declared. No scan can see cloud services, business "
    "associates or paper. Declare them on the sheets “Systems” and “Data flows” of the workbook that “posture attest "
    "export” writes."
)


def systems(assessment: Assessment, book: Book) -> None:
    """Systems that hold or move ePHI, and its ways from one to another, as declared."""
    register = assessment.register
    page = Page(book, SYSTEMS, _WIDTHS)
    page.text("Systems and data flows with ePHI", "title", height=34)
    if not (register.systems or register.flows):
        page.text(EMPTY)
    else:
        page.text(f"As declared on {day(register.declared_on)}. Nothing here was tested.", "claim")
    if register.problems:
        page.section("What is wanting in the register")
        for problem in register.problems:
            page.text(f"•  {problem}")
    if register.systems:
        page.section("Systems")
        page.rows(
            (
                "Id",
                "System",
                "Where it runs",
                "ePHI",
                "Owner",
                "Business associate",
                "Agreement since",
                "Agreement ends",
                "Note",
            ),
            ("code", "strong", "text", "text", "text", "text", "day", "day", "text"),
            (
                (
                    each.id,
                    each.name,
                    _HOSTING[each.hosting],
                    EPHI[each.ephi],
                    each.owner,
                    each.business_associate,
                    each.agreement_on,
                    each.agreement_ends,
                    each.note,
                )
                for each in register.systems
            ),
            filtered=True,
        )
    if register.flows:
        names = {each.id: each.name for each in register.systems}
        page.section("Data flows")
        page.rows(
            ("From", "To", "What moves", "How it is protected"),
            ("text", "text", "text", "text"),
            (
                (
                    names.get(flow.source, flow.source),
                    names.get(flow.destination, flow.destination),
                    flow.what,
                    flow.protection or "not stated",
                )
                for flow in register.flows
            ),
        )
