"""`posture-RUN-map.csv`: what is joined to what, a link a row, for spreadsheets and drawing programs.

UTF-8 with a byte order mark, CRLF, as RFC 4180 has it. Text is never a formula; what hides or reorders it is made
visible. A machine stands under its name and under its key, which is that of the list of assets.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from posture.assessment import Assessment
from posture.atomic import replacing
from posture.htmlparts.network import KINDS
from posture.presentation import safe_cell

name = "map-csv"
suffix = "-map.csv"

COLUMNS = (
    "from", "from port", "from zone", "from class", "to", "to port", "to zone", "to class", "kind", "meaning", "vlan",
    "from key", "to key", "evidence",
)  # fmt: skip


def render(assessment: Assessment, out: Path) -> None:
    """Write the links to `out`, all of them or nothing."""
    with replacing(out) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([safe_cell(" ".join(cell.split())) for cell in row] for row in _rows(assessment))


def _rows(assessment: Assessment) -> Iterator[tuple[str, ...]]:
    places = {asset.key: (asset.place, asset.device_class) for asset in assessment.assets}
    subnets = {subnet.network: subnet.zone for subnet in assessment.network.subnets}
    for link in assessment.network.links:
        zone, device_class = places.get(link.source, ("", ""))
        other = (subnets.get(link.target_name, ""), "subnet") if link.kind == "arp" else ("", "not seen itself")
        other_zone, other_class = places.get(link.target, other)
        yield (
            link.source_name,
            link.source_port,
            zone,
            device_class,
            link.target_name,
            link.target_port,
            other_zone,
            other_class,
            link.kind,
            KINDS[link.kind],
            "" if link.vlan is None else str(link.vlan),
            link.source,
            link.target,
            " ".join(link.evidence),
        )
