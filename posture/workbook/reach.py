"""How far ransomware would reach: what stops and why, what would shrink it, and what was assumed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from posture.assessment import Assessment, BlastRadius, Hop, Scenario
from posture.presentation import number, plural
from posture.workbook.book import Book
from posture.workbook.page import REACH, Page
from posture.workbook.places import Places
from posture.workbook.sheet import Link, Value
from posture.workbook.words import lines

__all__ = ["EMPTY", "reach"]

_WIDTHS = (28, 24, 18, 15, 15, 15, 60)
_ROWS = 5_000  # of one section; a page is read, not filtered, and assessment.json has them all
EMPTY = (
    "Not assessed: no way of ransomware through this hospital was worked out. It takes evidence of who reaches whom "
    "(“posture audit” of at least one zone) and the clinical services, each as a [[service]] in posture.toml."
)


def reach(assessment: Assessment, places: Places, book: Book) -> None:
    """The scenarios, the worst first, each loss with its reason, the changes that help most, and the assumptions."""
    radius = assessment.blast_radius
    page = Page(book, REACH, _WIDTHS)
    page.text("If ransomware starts here", "title", height=34)
    if not radius.scenarios:
        page.text(EMPTY)
    else:
        page.text(
            "Worked out from the evidence of this run and the assumptions below, not tried. What evidence does not "
            "show may be better or worse.",
            "claim",
        )
        _scenarios(page, radius)
        _losses(page, radius, places, _Names(assessment))
        _changes(page, radius, places)
        _ways(page, radius, places)
    for title, texts in (("Assumptions", radius.assumptions), ("What is not known", radius.unknown)):
        if texts:
            page.section(title)
            for text in texts:
                page.text(f"•  {text}")


def _scenarios(page: Page, radius: BlastRadius) -> None:
    page.section("Where it starts, and how far it goes")
    page.rows(
        (
            "It starts in",
            "Domain taken",
            "Services that stop",
            "Backups lost",
            "Machines reached",
            "Of",
            "What is lost",
        ),
        ("strong", "text", "number", "number", "number", "number", "text"),
        (
            (
                each.name,
                "yes" if each.domain else "not shown",
                len(each.losses),
                len(each.backups),
                each.machines,
                each.of,
                _lost(each),
            )
            for each in islice(radius.scenarios, _ROWS)
        ),
    )


def _lost(scenario: Scenario) -> str:
    services = ", ".join(loss.name for loss in scenario.losses) or "no service that is declared"
    backups = f"; backups: {', '.join(scenario.backups)}" if scenario.backups else ""
    return services + backups


class _Names(dict[str, str]):
    """What the ends of a step are called: machines and directories by name, anything else by its key."""

    def __init__(self, assessment: Assessment) -> None:
        super().__init__({asset.key: asset.name for asset in assessment.assets})
        self.update((node.id, node.name) for node in assessment.blast_radius.nodes)

    def __missing__(self, key: str) -> str:
        return key


def _losses(page: Page, radius: BlastRadius, places: Places, names: _Names) -> None:
    page.section("What stops, and why")
    total = sum(len(each.losses) for each in radius.scenarios)
    if not total:
        page.text("No declared service stops in any of these. A service that is not declared is not looked at.")
        return
    page.rows(
        ("It starts in", "Service", "Sites", "Because, step by step"),
        ("strong", "text", "text", "text"),
        islice(
            (
                (
                    each.name,
                    Link(loss.name, places.services.get(loss.service)),
                    lines(loss.sites),
                    lines((loss.because, *(_step(at, hop, names) for at, hop in enumerate(loss.path, 1)))),
                )
                for each in radius.scenarios
                for loss in each.losses
            ),
            _ROWS,
        ),
        filtered=True,
    )
    _rest(page, total)


def _step(at: int, hop: Hop, names: _Names) -> str:
    return f"{at}. {names[hop.source]} → {names[hop.target]}: {hop.how} ({_basis(hop.shown)})"


def _basis(shown: object) -> str:
    return "seen in evidence" if shown else "assumed"


def _changes(page: Page, radius: BlastRadius, places: Places) -> None:
    page.section("What would shrink it most")
    if not radius.changes:
        page.text("No single change was found that would save a service, a machine or a backup.")
        return
    page.text("What each change saves, over all of the above together.", "note")
    page.rows(
        ("Gap", "Services saved", "Machines saved", "Backups saved", "What to do"),
        ("text", "number", "number", "number", "strong"),
        (
            (
                Link("See the gap", places.gaps[each.check]) if each.check in places.gaps else None,
                each.saves_services,
                each.saves_machines,
                each.saves_backups,
                each.what,
            )
            for each in islice(radius.changes, _ROWS)
        ),
    )


def _ways(page: Page, radius: BlastRadius, places: Places) -> None:
    page.section("The ways between zones, directories, services and backups")
    names = {node.id: f"{node.name} ({plural(node.machines, 'machine')})" for node in radius.nodes}
    page.rows(
        ("From", "To", "Basis", "Evidence", "How"),
        ("strong", "strong", "text", "code", "text"),
        _edges(radius, names, places),
    )
    _rest(page, len(radius.edges))


def _edges(radius: BlastRadius, names: dict[str, str], places: Places) -> Iterator[Sequence[Value]]:
    for edge in islice(radius.edges, _ROWS):
        ends = names.get(edge.source, edge.source), names.get(edge.target, edge.target)
        yield *ends, _basis(edge.shown), places.of_evidence(edge.evidence), edge.how


def _rest(page: Page, total: int) -> None:
    if total > _ROWS:
        page.text(f"{number(total - _ROWS)} more are in assessment.json.", "note")
