"""Inventories → what they declare. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from posture import tables
from posture.collectors.inventory.columns import addresses, class_said, macs, yes_or_no
from posture.collectors.inventory.load import HEADER
from posture.errors import PostureError
from posture.facts import BlindSpot, DeclaredAsset, Fact
from posture.inventory.classes import MEDICAL
from posture.inventory.identifiers import real_serial
from posture.model import Evidence
from posture.scope import Scope
from posture.subjects import name_key

__all__ = ["read"]


def read(records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
    """Every row of every inventory that names something, in the order of the evidence and of the rows."""
    for record in sorted(records, key=lambda record: record.id):
        name = record.envelope.source.name if record.envelope.source else record.id[:12]
        try:
            found = list(_rows(record, name, scope))
        except PostureError as error:
            yield _unreadable(record, name, error.what)
            continue
        only = bool(found) and all(each.medical is True or each.device_class in MEDICAL for each in found)
        yield from (replace(each, medical_only=only) for each in found)


def _rows(record: Evidence, name: str, scope: Scope) -> Iterator[DeclaredAsset]:
    for table in tables.read(record.payload, name):
        at = {heading: column for column, heading in enumerate(table.header)}
        if not at.keys() >= {*HEADER}:
            raise PostureError("its payload has not the columns of an inventory", where=name)
        for row in table.rows[1:]:
            cells = dict.fromkeys(HEADER, "") | {
                heading: row.cells[column] for heading, column in at.items() if column < len(row.cells)
            }
            declared = _declared(cells, record, name, scope)
            if declared.hostname or declared.addresses or declared.macs or declared.serial or declared.unread:
                yield declared


def _declared(cells: Mapping[str, str], record: Evidence, file: str, scope: Scope) -> DeclaredAsset:
    found, odd_addresses = addresses(cells["address"])
    cards, odd_macs = macs(cells["mac"])
    serial = cells["serial"] if real_serial(cells["serial"]) else ""
    named = cells["zone"].casefold()
    zone = named if named in scope.zones else ""
    zones = {where.id for each in found if (where := scope.zone_of(each)) is not None}
    name = cells["name"] or (found or cards or (serial,))[0]
    return DeclaredAsset(
        ids=(name_key("inventory", file, cells["row"]),),
        name=name or f"row {cells['row']}",
        place=zone or (min(zones) if zones else None),
        evidence=(record.id,),
        file=file,
        row=cells["row"],
        hostname=cells["name"].rstrip(".").casefold(),
        addresses=found,
        macs=cards,
        serial=serial,
        kind=cells["class"],
        device_class=class_said(cells["class"]),
        medical=yes_or_no(cells["medical"]),
        owner=cells["owner"],
        location=cells["location"],
        zone=zone,
        unread=(*odd_addresses, *odd_macs),
    )


def _unreadable(record: Evidence, name: str, why: str) -> BlindSpot:
    return BlindSpot(
        kinds=("DeclaredAsset",),
        subject=name_key("inventory", name),
        name=name,
        why=f"the inventory can't be read: {why}",
        answer="Export it again, and import it with --from.",
        evidence=(record.id,),
    )
