"""The report as a PDF: the HTML report, printed by WeasyPrint.

Tagged for those who hear it (PDF/UA-1, ISO 14289-1), with bookmarks, numbered pages, and the run's fingerprint and
whether it is sealed on each of them. Nothing is fetched from anywhere. The same assessment gives the same bytes with
the same WeasyPrint and the same fonts.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from posture.assessment import Assessment
from posture.atomic import replacing
from posture.environment import without_secrets
from posture.errors import PostureError
from posture.htmlparts.paper import for_paper
from posture.registry import content, renderers

name = "pdf"
suffix = ".pdf"

_MEND = "pip install 'posture[pdf]', and Pango: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def render(assessment: Assessment, out: Path) -> None:
    """Write the report to `out`, all of it or nothing. Raises PostureError where WeasyPrint or Pango is missing."""
    weasyprint = needed()
    page: Callable[[Assessment], Iterable[str]] = renderers()["html"].page  # type: ignore[attr-defined]  # reports/html.py
    html = weasyprint.HTML(
        string="".join(page(assessment)), url_fetcher=weasyprint.urls.URLFetcher(allowed_protocols=())
    )
    for_paper(html.etree_element, (content("templates") / "pdf" / "paper.css").read_text("utf-8"))
    with replacing(out) as temporary, temporary.open("wb") as file:
        html.write_pdf(
            file,
            pdf_variant="pdf/ua-1",
            pdf_identifier=bytes.fromhex(assessment.fingerprint)[:16],
            finisher=_with_scopes,
        )


def _with_scopes(_: object, pdf: Any) -> None:  # noqa: ANN401  # WeasyPrint's document, and PDF's own objects
    """Say of each table's header cell whether it heads a column or a row (ISO 14289-1, 7.5)."""
    every: list[Any] = [each for each in pdf.objects if isinstance(each, dict)]
    elements = {each.reference: each for each in every if each.get("Type") == "/StructElem"}
    for each in elements.values():
        if each["S"] == "/TH":
            group = elements[elements[each["P"]]["P"]]
            each["A"]["Scope"] = "/Column" if group["S"] == "/THead" else "/Row"


def needed() -> Any:  # noqa: ANN401  # a module that need not be there
    """WeasyPrint. Raises PostureError where it or Pango is missing."""
    try:
        # where Pango is missing it prints a page of its own first
        with without_secrets(), redirect_stdout(io.StringIO()):
            import weasyprint  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as error:
        raise PostureError("a PDF needs WeasyPrint, which is not installed", where="-f pdf", mend=_MEND) from error
    except OSError as error:  # it looks for Pango as it is loaded
        raise PostureError("a PDF needs Pango, which is not installed", where="-f pdf", mend=_MEND) from error
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of styles that are for screens
    return weasyprint
