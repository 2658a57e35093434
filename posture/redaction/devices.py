"""Objects of devices (snmprec) with pseudonyms. Objects that Posture does not read are left out. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from posture.collectors.snmp import mibs
from posture.collectors.snmp.mibs import Oid
from posture.collectors.snmp.snmprec import OBJECT_ID, OCTETS, BadLineError, Row, Value, encode, rows
from posture.redaction.names import Names

__all__ = ["snmprec"]

_PRODUCTS = (
    *(mibs.SYS_OBJECT_ID, (*mibs.SYSTEM, 9), mibs.ENT_DESCR, mibs.ENT_FIRMWARE, mibs.ENT_SOFTWARE, mibs.ENT_VENDOR),
    *(mibs.ENT_MODEL, mibs.HR_DEVICE_DESCR, mibs.PRINTER_DEVICE, mibs.HR_RUNNING, mibs.HR_INSTALLED),
    *((*mibs.UPS_IDENT, column) for column in (1, 2, 3, 4)),
    mibs.CDP_PLATFORM,
)
_KINDS: dict[Oid, str] = {
    mibs.SYS_CONTACT: "person",
    mibs.SYS_NAME: "host",
    mibs.SYS_LOCATION: "place",
    mibs.ENT_SERIAL: "serial",
    mibs.PRINTER_SERIAL: "serial",
    mibs.PRINTER_NAME: "host",
    (*mibs.UPS_IDENT, 5): "host",
    mibs.LLDP_NAMES: "host",
    mibs.CDP_DEVICE: "host",
    mibs.SV_USER_NAME: "account",
    mibs.GROUP_NAME: "group",
    mibs.VLAN_NAMES: "zone",
    mibs.COMMUNITIES: "credential",
    mibs.TARGET_PARAMS: "credential",
}
_NAMED = (
    *(mibs.SV_USER_NAME, mibs.GROUPS, mibs.ACCESS, mibs.VIEW_TYPE, mibs.VIEW_STATUS, mibs.TARGET_DOMAIN),
    *(
        mibs.TARGET_ADDRESS,
        mibs.TARGET_PARAMS,
        mibs.COMMUNITIES,
        mibs.ARP_OLD,
        mibs.ARP,
        mibs.LEARNED_OLD,
        mibs.LEARNED,
    ),
)
"""Columns whose index holds a name or an address."""

_WHOLE = frozenset((mibs.GROUPS, mibs.ACCESS, mibs.TARGET_PARAMS, mibs.COMMUNITIES))
"""Of these, tables: their column is one number more."""

_READ = (
    *mibs.SUBTREES,
    *mibs.TOPOLOGY,
    *mibs.SOFTWARE,
    *_PRODUCTS,
    *_KINDS,
    *_NAMED,
    mibs.SYS_DESCR,
    mibs.SYS_UPTIME,
)
_ENTERPRISE = 4
_MAC = 6
_IPV4 = 4
_ARCS = 31
_KEPT_OCTETS = frozenset((mibs.HR_DATE,))
_MOST_INDEX = 4


def snmprec(content: bytes, names: Names) -> bytes | None:
    """The objects, with pseudonyms. None where it can't be read."""
    try:
        return encode(_rows(content, names))
    except BadLineError:
        return None


def _rows(content: bytes, names: Names) -> Iterator[Row]:
    seen: set[Oid] = set()
    for row in rows(content):
        place = next((each for each in _READ if row.oid[: len(each)] == each), None)
        if place is None:
            continue
        oid = _index(row.oid, names)
        if oid in seen:
            continue
        seen.add(oid)
        yield Row(oid, row.tag, _value(row, names))


def _index(oid: Oid, names: Names) -> Oid:
    """The OID; an index that holds a name or an address, or that is longer than plain ones, is one number instead."""
    table = next((each for each in _NAMED if oid[: len(each)] == each), None)
    if table is not None:
        head = len(table) + (table in _WHOLE)
        return (*oid[:head], _arc(oid[head:], names)) if len(oid) > head else oid
    place = max((each for each in _READ if oid[: len(each)] == each), key=len)
    head = len(place) + _MOST_INDEX
    return oid if len(oid) <= head else (*oid[:head], _arc(oid[head:], names))


def _arc(index: Oid, names: Names) -> int:
    digest = names.pseudonyms.digest("index", mibs.dotted(index).encode())
    return int.from_bytes(digest[:4], "big") >> (32 - _ARCS)


def _value(row: Row, names: Names) -> Value:
    if isinstance(row.value, int):
        return row.value
    if isinstance(row.value, tuple):
        return row.value if row.tag == OBJECT_ID and row.value[:6] == (1, 3, 6, 1, *row.value[4:6]) else (0, 0)
    return _octets(row, row.value, names)


def _octets(row: Row, value: bytes, names: Names) -> bytes:  # noqa: PLR0911  # a line a kind
    if not value or any(row.oid[: len(each)] == each for each in _KEPT_OCTETS):
        return value if len(value) in {0, 8, 11} else b""
    if row.oid == mibs.ENGINE_ID:
        names.octets.add(value[_ENTERPRISE + 1 :])
        return value[:_ENTERPRISE] + b"\x05" + names.pseudonyms.digest("engine", value)[:8]
    if row.tag != OCTETS:
        return _address(value, names)
    if row.oid[: len(mibs.TARGET_ADDRESS)] == mibs.TARGET_ADDRESS:  # six octets as well, and no MAC address
        names.octets.add(value)
        return names.pseudonyms.token("address", value).encode()
    text = value.decode("latin-1")
    kind = next((kind for place, kind in _KINDS.items() if row.oid[: len(place)] == place), None)
    printable = value.isascii() and text.replace("\r", " ").replace("\n", " ").replace("\t", " ").isprintable()
    if not printable and len(value) == _MAC and kind is None:
        names.octets.add(value)
        made = names.addresses.mac(value)
        names.mac(value.hex(":"))
        return made
    if not printable and len(value) <= _IPV4 and kind is None:
        return names.pseudonyms.digest("octets", value)[: len(value)]
    if kind == "host":
        return names.host(text).encode() if " " not in text else names.name("host", text).encode()
    if kind is not None:
        return names.name(kind, text).encode("utf-8", "replace")
    if not printable:
        return names.pseudonyms.token("value", value).encode()
    product = any(row.oid[: len(each)] == each for each in _PRODUCTS)
    return names.text(text, product=product).encode("utf-8", "replace")


def _address(value: bytes, names: Names) -> bytes:
    """An IpAddress (RFC 2578, 7.1.5) or an opaque value."""
    if len(value) == _IPV4:
        mapped = names.address(".".join(map(str, value)))
        if mapped.count(".") == _IPV4 - 1:
            return bytes(map(int, mapped.split(".")))
    return names.pseudonyms.digest("octets", value)[: min(len(value), 32)]
