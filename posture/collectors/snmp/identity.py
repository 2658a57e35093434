"""What a device says it is: vendor, model, firmware, serial number, printer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from posture.collectors.snmp import mibs
from posture.collectors.snmp.described import model_in_id, told
from posture.collectors.snmp.enterprises import AGENTS, VENDORS, WORDS
from posture.collectors.snmp.mibs import Oid
from posture.collectors.snmp.places import PLACES, Places
from posture.collectors.snmp.said import Said
from posture.collectors.snmp.vendors import enterprise_of, vendor_of
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
    """From the entity table, UPS-MIB, Printer-MIB, and then the maker's own places and sysDescr.

    The vendor comes first from the enterprise number in sysObjectID. Where an entity has both, the firmware is its
    software: the firmware is then what starts it (RFC 6933).
    """
    printers = _printers(said)
    serials = tuple(said.texts(mibs.PRINTER_SERIAL).values())
    names = tuple(said.texts(mibs.PRINTER_NAME).values())
    own = _own_places(said)
    description = said.text(mibs.SYS_DESCR)
    told_model, told_firmware = ("", "") if isinstance(description, Missing) else told(description)
    models = (*printers, _entity(said, mibs.ENT_MODEL), _ups(said, 2), *_at(said, own.model), told_model)
    software = _entity(said, mibs.ENT_SOFTWARE), _entity(said, mibs.ENT_FIRMWARE)
    numbers = (_entity(said, mibs.ENT_SERIAL), *serials, *_at(said, own.serial))
    return Identity(
        vendor=_vendor(said),
        model=_first(said, models, mibs.ENT_MODEL, mibs.UPS_IDENT, *own.model),
        firmware=_first(
            said,
            (*software, _ups(said, 3), *_at(said, own.firmware), _ups(said, 4), told_firmware),
            mibs.ENT_SOFTWARE,
            mibs.ENT_FIRMWARE,
            mibs.UPS_IDENT,
            *own.firmware,
        ),
        serial=_first(said, numbers, mibs.ENT_SERIAL, mibs.PRINTER_SERIAL, *own.serial),
        printer=next(filter(None, (*names, *printers, *serials)), None)
        or said.nowhere(mibs.PRINTER_CHANGES, mibs.PRINTER_NAME, mibs.PRINTER_SERIAL),
    )


def _own_places(said: Said) -> Places:
    """Where its maker keeps what it is. Where sysObjectID names none of them: the maker of whom it has objects."""
    object_id = said.value(mibs.SYS_OBJECT_ID)
    named = PLACES.get((enterprise_of(object_id) if isinstance(object_id, tuple) else None) or 0)
    has = (number for number, _ in said.private.most_common() if number in PLACES)
    return named or PLACES.get(next(has, 0)) or Places()


def _at(said: Said, places: Iterable[Oid]) -> Iterator[str]:
    """The first value below each of these; of an IEEE 1284 device id the model in it."""
    for place in places:
        yield model_in_id(next(iter(said.texts(place).values()), ""))


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
