"""How the catalogs beside the scored one stand. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from posture.assess import family_counts
from posture.assessment import CatalogInfo, ControlResult, Coverage, Framework
from posture.catalog import Catalog

__all__ = ["frameworks", "info"]


def info(catalog: Catalog) -> CatalogInfo:
    """A catalog's identity and status, as a report says them."""
    head = catalog.catalog
    return CatalogInfo(id=head.id, title=head.title, status=head.status, as_of=head.as_of, source=head.source)


def frameworks(
    catalogs: Iterable[Catalog], results: Callable[[Catalog], tuple[ControlResult, ...]]
) -> tuple[Framework, ...]:
    """Each catalog with the findings that `results` gives, and their counts: numbers that add up to `of`."""
    return tuple(_framework(catalog, results(catalog)) for catalog in catalogs)


def _framework(catalog: Catalog, controls: tuple[ControlResult, ...]) -> Framework:
    return Framework(
        catalog=info(catalog),
        proposed=catalog.catalog.status == "proposed",
        counts=Coverage(families=family_counts(controls)).controls,
        controls=controls,
    )
