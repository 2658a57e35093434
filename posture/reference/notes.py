"""What an assessment says of the reference data that judged: which, how old, and what that limits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from posture.assessment import ReferenceData
from posture.reference import Reference
from posture.thresholds import Thresholds

__all__ = ["TITLES", "limits", "notes"]

TITLES = {
    "lifecycle": "End-of-support dates",
    "kev": "Known exploited vulnerabilities (CISA KEV)",
    "nvd": "Affected versions (NVD)",
}
_WHAT = {
    "lifecycle": "The end-of-support dates",
    "kev": "The catalog of known exploited vulnerabilities",
    "nvd": "The affected versions of vulnerabilities",
}


def notes(reference: Reference, as_of: datetime, thresholds: Thresholds) -> tuple[ReferenceData, ...]:
    """Each document that judged, with its age on the day of the assessment."""
    day = as_of.date()
    allowed = {"lifecycle": thresholds.lifecycle_data_days}
    return tuple(
        ReferenceData(
            kind=each.kind,
            title=TITLES[each.kind],
            dated=each.dated,
            sha256=each.sha256,
            source=each.source,
            records=each.records,
            complete=each.complete,
            imported=each.imported,
            age_days=(day - each.dated).days,
            allowed_days=allowed.get(each.kind, thresholds.kev_data_days),
            too_old=(day - each.dated).days > allowed.get(each.kind, thresholds.kev_data_days),
        )
        for each in reference.used
    )


def limits(used: Iterable[ReferenceData]) -> Iterator[str]:
    """What a reader has to know of data that is old, or not whole."""
    for each in used:
        if each.too_old:
            yield (
                f"{_WHAT[each.kind]} are of {each.dated}, {each.age_days} days before the instant of this assessment; "
                f"your policy allows {each.allowed_days}. Nothing passed by them: it is unknown instead."
                if each.kind == "lifecycle"
                else f"{_WHAT[each.kind]} is of {each.dated}, {each.age_days} days before the instant of this "
                f"assessment; your policy allows {each.allowed_days}. What was added since then was not looked for."
            )
        if not each.complete:
            yield (
                f"{_WHAT[each.kind]} is an extract of {each.records} entries: what it does not hold was not looked for."
                " Import the whole of it with posture data import."
            )
