"""Files that hold an inventory → evidence: the columns that are read, as CSV, and nothing else of the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from posture import tables
from posture.collectors.inventory.columns import FIELDS, field_of, is_inventory, plain
from posture.errors import PostureError
from posture.model import Envelope, Evidence, Source

__all__ = ["FORMAT", "HEADER", "load", "sniff"]

FORMAT = "inventory-csv"
HEADER = ("row", *FIELDS)
_SHOWN = 50
_MEND = (
    "the first row names the columns: hostname, IP address, MAC address, serial number, type, medical (yes or no), "
    "owner, location, zone"
)


def sniff(head: bytes, name: str) -> bool:
    """Whether some table of the file has the header of an inventory."""
    return any(map(is_inventory, tables.headers(head, name)))


def load(payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
    """One piece of evidence. Raises PostureError for a file without rows, or that can't be read."""
    found = [table for table in tables.read(payload, name) if is_inventory(table.header)]
    if not found:
        raise PostureError("no table of it has the header of an inventory", where=name, mend=_MEND)
    if not any(len(table.rows) > 1 for table in found):
        raise PostureError("the inventory has a header and no rows", where=name, mend="export it with its rows")
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    left: dict[str, None] = {}
    for table in found:
        fields = [field_of(heading) for heading in table.header]
        left |= dict.fromkeys(heading for heading, field in zip(table.header, fields, strict=True) if not field)
        for row in table.rows[1:]:
            writer.writerow((_place(table, row), *_cells(row, fields)))
    envelope = Envelope(
        collector="inventory",
        format=FORMAT,
        outcome="complete",
        masked=tuple(f"column {heading}" for heading in [*filter(None, left)][:_SHOWN]),
        source=Source(name=name, sha256=source_sha256),
    )
    yield Evidence.of(envelope, text.getvalue().encode())


def _place(table: tables.Table, row: tables.Row) -> str:
    return f"{table.sheet}, {row.number}" if table.sheet else str(row.number)


def _cells(row: tables.Row, fields: list[str]) -> list[str]:
    """The row's cells under our columns: addresses and places together, of the others the first that says something."""
    cells: dict[str, list[str]] = {field: [] for field in FIELDS}
    for field, cell in zip(fields, row.cells, strict=False):
        said = plain(cell) if field != "medical" else cell.strip()
        if field and said and not (cells[field] and field not in {"address", "mac", "location"}):
            cells[field].append(said)
    return [" ".join(cells[field]) for field in FIELDS]
