"""The rows of the comparison of inventories with what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from posture.assessment import Assessment
from posture.presentation import DECLARED, row_of
from posture.workbook.places import Places, more
from posture.workbook.sheet import Link, Value

__all__ = ["inventories"]


def inventories(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """What no inventory has, then the rows of the inventories, then machines that may be one."""
    names = {asset.key: asset.name for asset in assessment.assets}
    for each in assessment.inventory.undeclared:
        yield (
            DECLARED[each.state],
            each.name,
            each.device_class,
            None,
            "\n".join(each.addresses),
            None,
            None,
            each.place,
            None,
            each.why,
            None,
            None,
            None,
            None,
            None,
            Link(each.name, places.assets.get(each.asset)),
            None,
        )
    for row in assessment.inventory.rows:
        first = row.assets[0] if row.assets else ""
        asset = Link(names.get(first, first) + more(row.assets), places.assets.get(first)) if first else None
        yield (
            DECLARED[row.state],
            row.name,
            row.device_class,
            row.kind,
            "\n".join(row.addresses),
            "\n".join(row.macs),
            row.serial,
            row.place,
            ", ".join(row.by),
            " ".join(filter(None, (row.why, f"Not read: {', '.join(row.unread)}." if row.unread else ""))),
            "\n".join(row.conflicts),
            "\n".join(row.duplicates),
            row.owner,
            row.location,
            f"{row.file}, {row_of(row.row)}",
            asset,
            places.of_evidence(row.evidence),
        )
    for doubt in assessment.possible_duplicates:
        yield (
            DECLARED["duplicates"],
            doubt.names[0],
            *[None] * 7,
            doubt.reason,
            None,
            "\n".join(doubt.names[1:50]),
            *[None] * 3,
            Link(doubt.names[0] + more(doubt.assets), places.assets.get(doubt.assets[0])),
            None,
        )
