"""What a device says it is: vendor, model, firmware, serial number, printer."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from posture.collectors.snmp import mibs
from posture.collectors.snmp.enterprises import AGENTS, VENDORS, WORDS
from posture.collectors.snmp.mibs import Oid
from posture.collectors.snmp.said import Said
from posture.collectors.snmp.vendors import vendor_of
from posture.facts import Known, Missing

__all__ = ["Identity", "identity"]

_CHASSIS = 3
_HOSTED = ("linux", "freebsd", "windows", "hardware:", "darwin", "sunos")

_ABBREVIATED = 3
_PARTS = {"Intel", "Microsoft", "VMware"}
"""Named in descriptions as what a device is made of, or runs on."""
_NAMES = sorted(
    {**{name: name for name in VENDORS.values() if name not in _PARTS}, **WORDS}.items(),
    key=lambda pair: (-len(pair[0]), pair[0]),
)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What the device is, as far as it says."""

    vendor: Known[str]
    model: Known[str]
    firmware: Known[str]
    serial: Known[str]
    printer: Known[str]


def identity(said: Said) -> Identity:
    """From the entity table, UPS-MIB and Printer-MIB; the vendor first from the enterprise number in sysObjectID.

    Where an entity has both, the firmware is its software: the firmware is then what starts it (RFC 6933).
    """
    printers = _printers(said)
    serials = tuple(said.texts(mibs.PRINTER_SERIAL).values())
    names = tuple(said.texts(mibs.PRINTER_NAME).values())
    return Identity(
        vendor=_vendor(said),
        model=_first(said, (*printers, _entity(said, mibs.ENT_MODEL), _ups(said, 2)), mibs.ENT_MODEL, mibs.UPS_IDENT),
        firmware=_first(
            said,
            (_entity(said, mibs.ENT_SOFTWARE), _entity(said, mibs.ENT_FIRMWARE), _ups(said, 3), _ups(said, 4)),
            mibs.ENT_SOFTWARE,
            mibs.ENT_FIRMWARE,
            mibs.UPS_IDENT,
        ),
        serial=_first(said, (_entity(said, mibs.ENT_SERIAL), *serials), mibs.ENT_SERIAL, mibs.PRINTER_SERIAL),
        printer=next(filter(None, (*names, *printers, *serials)), None)
        or said.nowhere(mibs.PRINTER_CHANGES, mibs.PRINTER_NAME, mibs.PRINTER_SERIAL),
    )


def _first(said: Said, found: Iterable[str], *sources: Oid) -> Known[str]:
    return next(filter(None, found), None) or said.silence(*sources)


def _vendor(said: Said) -> Known[str]:
    object_id = said.value(mibs.SYS_OBJECT_ID)
    enterprise = object_id if isinstance(object_id, tuple) else ()
    named = (
        vendor_of(enterprise, VENDORS),
        _entity(said, mibs.ENT_VENDOR),
        _ups(said, 1),
        _in_text(said.text(mibs.SYS_DESCR)),
        _private(said),
        vendor_of(enterprise, AGENTS),
    )
    return _first(said, named, mibs.SYS_OBJECT_ID, mibs.ENT_VENDOR, mibs.UPS_IDENT)


def _private(said: Said) -> str:
    """The vendor of most of the device's private objects, but for those that come with its agent."""
    own = {number: count for number, count in said.private.items() if number not in AGENTS}
    return VENDORS.get(max(own, key=lambda number: (own[number], -number), default=0), "")


def _in_text(description: Known[str]) -> str:
    """A known vendor named in sysDescr. What a general operating system says there holds the host's own name."""
    if isinstance(description, Missing) or description.casefold().startswith(_HOSTED):
        return ""
    for word, vendor in _NAMES:
        if re.search(rf"\b{re.escape(word)}\b", description, re.IGNORECASE if len(word) > _ABBREVIATED else 0):
            return vendor
    return ""


def _entity(said: Said, column: Oid) -> str:
    """The value of the first chassis that has one; where no chassis is named, that of the first entity."""
    values = said.texts(column)
    classes = said.column(mibs.ENT_CLASS)
    chassis = [index for index, kind in classes.items() if kind == _CHASSIS]
    if chassis:
        return next((values[index] for index in chassis if index in values), "")
    first = min({*classes, *said.column(mibs.ENT_DESCR), *values}, default=None)
    return values.get(first, "") if first is not None else ""


def _ups(said: Said, number: int) -> str:
    """An object of upsIdent: 1 manufacturer, 2 model, 3 UPS software, 4 agent software."""
    text = said.text((*mibs.UPS_IDENT, number, 0))
    return "" if isinstance(text, Missing) else text


def _printers(said: Said) -> tuple[str, ...]:
    """Descriptions of the host's devices that are printers, if it is one: print servers have printers too."""
    if not any(said.column(column) for column in (mibs.PRINTER_CHANGES, mibs.PRINTER_NAME, mibs.PRINTER_SERIAL)):
        return ()
    descriptions = said.texts(mibs.HR_DEVICE_DESCR)
    kinds = said.column(mibs.HR_DEVICE_TYPE)
    return tuple(
        descriptions[index] for index, kind in kinds.items() if kind == mibs.PRINTER_DEVICE and index in descriptions
    )
