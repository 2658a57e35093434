"""The first sheet: what the workbook is, how to fill it in, and what happens with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from posture.catalog import Catalog
from posture.governance.period import today
from posture.presentation import day, plural
from posture.questionnaire.asked import Only
from posture.questionnaire.looks import ITEM, NAME
from posture.questionnaire.shape import READ_ME
from posture.scope import Scope
from posture.workbook.book import Book

__all__ = ["write"]

_WIDTHS: Final = (26, 104)

_PARTS: Final[tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = (
    (
        "How to fill it in",
        (
            (
                "Yellow columns",
                (
                    "Are yours to fill in. Everything else is for your information. You may "
                    "sort, filter, hide and widen; don't rename sheets or headings, and don't change CONTROL, "
                    "ASKED OF or CATALOG: they say which question a row is."
                ),
            ),
            (
                "Empty rows",
                "Stay as they were. You can import the file as often as you like: the same answer counts once.",
            ),
            (
                "One row a party",
                (
                    "Where a question is asked of each legal entity or site, each has a row of its own. The whole "
                    "is no better than its worst."
                ),
            ),
            ("Values only", "Write values, no formulas. Dates are dates, or text such as 2027-01-31."),
        ),
    ),
    (
        "Sheet Questions: what an answer means",
        (
            ("yes", "It is in place here, and you have looked: HOW IT WAS CHECKED is needed."),
            ("partly", "It is in place for a part only. It counts as not met; WHAT WAS FOUND says what is wanting."),
            ("no", "It is not in place."),
            (
                "not applicable",
                (
                    "Only where the column NOT APPLICABLE ONLY WHEN gives a reason, and that reason is true here. "
                    "Say in WHAT WAS FOUND why it is."
                ),
            ),
            (
                "HOW IT WAS CHECKED",
                (
                    "What you did to find out. DECIDED BY says what the question needs: an answer that was "
                    "checked in fewer ways stays not assessed. Tested by hand needs a file that shows the test."
                ),
            ),
            ("OWNER, DATE", "Who answers for it, and on which day. The date can't be in the future."),
            (
                "EXPIRY",
                (
                    "From this day on the answer no longer holds. Left empty, it holds for as long as the "
                    "question allows, mostly a year."
                ),
            ),
            (
                "FILES",
                (
                    "Names of files to attach, one a line. They lie beside this workbook when it is imported, or "
                    "in the folder that --files names. Files in folders below are named with the folder: "
                    "policies/access.pdf."
                ),
            ),
        ),
    ),
    (
        "The other sheets",
        (
            (
                "Addressable decisions",
                (
                    "Addressable is not optional: 45 CFR 164.306(d)(3) asks for a documented decision. An "
                    "equivalent alternative needs why the specification is not reasonable and appropriate here, "
                    "the measure instead, and where the risk analysis weighs it. So does having no alternative, "
                    "with why there is none."
                ),
            ),
            ("Risk analysis", "Your own risk analysis: the document, what it covers, who approved it."),
            ("Systems, Data flows", "The register of systems with ePHI. What is on record is filled in already."),
            ("Recognized practices", "Practices in place under Public Law 116-321, since when and where."),
        ),
    ),
    (
        "What happens with it",
        (
            (
                "Import",
                (
                    "posture attest import FILE.xlsx reads it back, and names every mistake by sheet and cell. "
                    "Where there is any, nothing is recorded; --dry-run only looks."
                ),
            ),
            (
                "Record",
                (
                    "Answers, files and who imported them are kept for good, under the hash of each file. Later "
                    "answers stand beside earlier ones; nothing is overwritten."
                ),
            ),
            (
                "Report",
                (
                    "Answers are shown as attested, beside what was tested. A failed test outweighs a yes. An "
                    "answer is a statement of its owner and evidence for an auditor; it is no finding of "
                    "compliance."
                ),
            ),
        ),
    ),
)


def write(book: Book, catalogs: Sequence[Catalog], scope: Scope, as_of: datetime, only: Collection[Only]) -> None:
    """Write the sheet."""
    sheet = book.page(READ_ME, _WIDTHS)
    written = datetime.combine(today(as_of, scope.organisation.time_zone), datetime.min.time())
    sheet.row(["Questions about security and ePHI", None], ["title", "title"], height=34)
    sheet.row([scope.organisation.name, None], ["subtitle", "subtitle"], height=24)
    sheet.row(
        [f"Written on {day(written)}. Days are those of the time zone {scope.organisation.time_zone}.", None],
        ["note", "note"],
        merge_from=0,
    )
    sheet.row(
        [
            (
                "This workbook asks what no scan can see. Officers fill it in with Excel or LibreOffice; Posture "
                "reads it back, and shows each answer with its owner, its date and its files."
            ),
            None,
        ],
        ["claim", "claim"],
        merge_from=0,
    )
    for title, lines in (("What it asks about", _about(catalogs, scope, only)), *_PARTS):
        sheet.row([None, None], ["prose", "prose"], height=8)
        sheet.row([title, None], ["section", "section"], height=22)
        for name, text in lines:
            sheet.row([name, text], [NAME, ITEM])


def _about(catalogs: Sequence[Catalog], scope: Scope, only: Collection[Only]) -> tuple[tuple[str, str], ...]:
    entities, sites = len(scope.organisation.legal_entities), len(scope.site)
    asked = f"{plural(entities, 'legal entity', 'legal entities')}, {plural(sites, 'site')}"
    return (
        *((each.catalog.title, f"{each.catalog.citation} ({each.catalog.status})") for each in catalogs),
        ("Parties", f"The organisation; {asked}, where a question is asked of each."),
        *([("Only", f"Questions and decisions that are {' or '.join(sorted(only))}.")] if only else []),
    )
