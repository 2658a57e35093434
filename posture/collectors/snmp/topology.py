"""How the network hangs together around a device: neighbours, ARP, forwarding table, VLANs. Pure.

Rows that are not what their table's index says are dropped: they come from agents that may be anybody's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import chain, islice
from typing import Final, Literal

from posture.collectors.snmp import mibs
from posture.collectors.snmp.mibs import Oid
from posture.collectors.snmp.said import Said, shown
from posture.facts import (
    ArpEntry,
    ArpTable,
    Known,
    LearnedAddress,
    LearnedAddresses,
    Missing,
    Neighbour,
    Neighbours,
    Vlan,
)

__all__ = ["arp", "learned", "links", "vlans"]

_MOST_NEIGHBOURS: Final = 2_000
"""More than the largest chassis has ports: what says more is not to be believed."""

_MAC_OCTETS: Final = 6
_ADDRESS_OCTETS: Final = frozenset({4, 16})
_LARGEST_VLAN: Final = 4094
_MAC_KINDS: Final = {"chassis": 4, "port": 3}
_ADDRESS_KINDS: Final = {"chassis": 5, "port": 4}
# LldpSystemCapabilitiesMap, from the highest bit of the first octet on
_LLDP_ROLES: Final = ("other", "repeater", "bridge", "access point", "router", "telephone", "cable modem", "station")
# The capabilities of CDP (CISCO-CDP-MIB, cdpCacheCapabilities), by bit
_CDP_ROLES: Final = {0x01: "router", 0x02: "bridge", 0x08: "bridge", 0x10: "station", 0x80: "telephone"}


def links(said: Said) -> Known[Neighbours]:
    """Who is heard over LLDP and CDP."""
    rows = tuple(islice(chain(_lldp(said), _cdp(said)), _MOST_NEIGHBOURS))
    silence = said.silence(mibs.LLDP_CHASSIS, mibs.CDP_DEVICE)
    whole = silence.why == "absent" and len(rows) < _MOST_NEIGHBOURS
    return Neighbours(rows=rows, whole=whole) if rows else silence


def arp(said: Said) -> Known[ArpTable]:
    """Which addresses belong to which MAC addresses, from the old table and the new."""
    found = {
        (interface, address): mac
        for interface, address, value in (*_arp_old(said), *_arp(said))
        if (mac := _unicast(value))
    }
    rows = tuple(
        ArpEntry(address=address, mac=mac, interface=interface) for (interface, address), mac in sorted(found.items())
    )
    silence = said.silence(mibs.ARP_OLD, mibs.ARP)
    return ArpTable(rows=rows, whole=silence.why == "absent") if rows else silence


def learned(said: Said) -> Known[LearnedAddresses]:
    """The forwarding table by VLAN, or the one without VLANs where that is all there is."""
    ports = _bridge_ports(said)
    for column, found in ((mibs.LEARNED, _by_vlan), (mibs.LEARNED_OLD, _without_vlan)):
        if rows := tuple(found(said, ports)):
            return LearnedAddresses(rows=rows, whole=said.silence(column).why == "absent")
    if not ports:
        return said.nowhere(mibs.BRIDGE_PORTS)
    return said.silence(mibs.LEARNED, mibs.LEARNED_OLD)


def vlans(said: Said) -> Known[tuple[Vlan, ...]]:
    """The VLANs that are set up, by number."""
    found = tuple(
        Vlan(number=index[0], name=shown(name) if isinstance(name, bytes) else "")
        for index, name in said.column(mibs.VLAN_NAMES).items()
        if len(index) == 1 and 0 < index[0] <= _LARGEST_VLAN
    )
    silence = said.silence(mibs.VLAN_NAMES) if _bridge_ports(said) else said.nowhere(mibs.BRIDGE_PORTS)
    return found or silence


# ── neighbours ───────────────────────────────────────────────────────────────────────────────────────────────────


def _lldp(said: Said) -> Iterator[Neighbour]:
    """lldpRemTable: by time mark, number of the own port, number of the neighbour."""
    ids, kinds = said.column(mibs.LLDP_CHASSIS), said.column(mibs.LLDP_CHASSIS_KIND)
    ports, port_kinds = said.column(mibs.LLDP_PORT), said.column(mibs.LLDP_PORT_KIND)
    port_names, names = said.texts(mibs.LLDP_PORT_NAME), said.texts(mibs.LLDP_NAMES)
    descriptions, can = said.texts(mibs.LLDP_DESCR), said.column(mibs.LLDP_CAN)
    own = {**_if_names(said), **said.texts(mibs.LLDP_OWN_PORT), **said.texts(mibs.LLDP_OWN_PORT_NAME)}
    for index in sorted({*ids, *names}):
        if len(index) != 3:  # noqa: PLR2004  # the three parts of the index
            continue
        chassis, kind = _id("chassis", ids.get(index), kinds.get(index))
        port, _ = _id("port", ports.get(index), port_kinds.get(index))
        yield Neighbour(
            protocol="lldp",
            port=own.get(index[1:2], str(index[1])),
            chassis=chassis,
            chassis_kind=kind,
            remote_port=port_names.get(index, port),
            name=names.get(index, ""),
            description=descriptions.get(index, ""),
            roles=_lldp_roles(can.get(index)),
        )


def _id(which: str, value: object, kind: object) -> tuple[str, Literal["mac", "address", "name"]]:
    """An identifier as its subtype says that it is to be read."""
    if not isinstance(value, bytes):
        return "", "name"
    if kind == _MAC_KINDS[which] and len(value) == _MAC_OCTETS:
        return value.hex(":"), "mac"
    if kind == _ADDRESS_KINDS[which] and len(value) - 1 in _ADDRESS_OCTETS:
        return str(ip_address(value[1:])), "address"  # after one octet for the family
    return shown(value), "name"


def _lldp_roles(value: object) -> tuple[str, ...]:
    first = value[0] if isinstance(value, bytes) and value else 0
    return tuple(role for at, role in enumerate(_LLDP_ROLES) if first & (0x80 >> at))


def _cdp(said: Said) -> Iterator[Neighbour]:
    """cdpCacheTable: by ifIndex and number of the neighbour."""
    names, ports = said.texts(mibs.CDP_DEVICE), said.texts(mibs.CDP_PORT)
    platforms, versions = said.texts(mibs.CDP_PLATFORM), said.texts(mibs.CDP_VERSION)
    addresses, can = said.column(mibs.CDP_ADDRESS), said.column(mibs.CDP_CAN)
    own = _if_names(said)
    for index, name in sorted(names.items()):
        if len(index) != 2:  # noqa: PLR2004  # the two parts of the index
            continue
        value = addresses.get(index)
        known = isinstance(value, bytes) and len(value) in _ADDRESS_OCTETS
        bits = can.get(index)
        flags = int.from_bytes(bits[-4:], "big") if isinstance(bits, bytes) else 0
        yield Neighbour(
            protocol="cdp",
            port=own.get(index[:1], str(index[0])),
            chassis=str(ip_address(value)) if known and isinstance(value, bytes) else name,
            chassis_kind="address" if known else "name",
            remote_port=ports.get(index, ""),
            name=name,
            description=". ".join(filter(None, (platforms.get(index, ""), versions.get(index, "")))),
            roles=tuple(dict.fromkeys(role for bit, role in _CDP_ROLES.items() if flags & bit)),
        )


def _if_names(said: Said) -> dict[Oid, str]:
    return {**said.texts(mibs.IF_DESCR), **said.texts(mibs.IF_NAME)}


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────


def _arp_old(said: Said) -> Iterator[tuple[int, str, object]]:
    """ipNetToMediaPhysAddress: by ifIndex and IPv4 address."""
    for index, value in said.column(mibs.ARP_OLD).items():
        if len(index) == 5 and max(index[1:]) <= 255:  # noqa: PLR2004  # an interface and four octets
            yield index[0], str(ip_address(bytes(index[1:]))), value


def _arp(said: Said) -> Iterator[tuple[int, str, object]]:
    """ipNetToPhysicalPhysAddress: by ifIndex, kind of address, its length, and its octets."""
    for index, value in said.column(mibs.ARP).items():
        octets = index[3:]
        if len(index) > 3 and index[2] == len(octets) in _ADDRESS_OCTETS and max(octets) <= 255:  # noqa: PLR2004  # octets
            yield index[0], str(ip_address(bytes(octets))), value


def _unicast(value: object) -> str:
    """A MAC address of one machine; empty for a group's, for zeros, and for what is none."""
    if not isinstance(value, bytes) or len(value) != _MAC_OCTETS or value[0] & 1 or not any(value):
        return ""
    return value.hex(":")


# ── switches ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _bridge_ports(said: Said) -> dict[int, str]:
    """Names of the bridge's ports: those of their interfaces."""
    names = _if_names(said)
    return {
        index[0]: names.get((interface,), f"interface {interface}")
        for index, interface in said.column(mibs.BRIDGE_PORTS).items()
        if len(index) == 1 and isinstance(interface, int)
    }


def _port(ports: dict[int, str], number: object) -> str:
    """The port's name; empty for 0, which says that it is not known on which port (RFC 4188, dot1dTpFdbPort)."""
    return ports.get(number, f"port {number}") if isinstance(number, int) and number > 0 else ""


def _by_vlan(said: Said, ports: dict[int, str]) -> Iterator[LearnedAddress]:
    """dot1qTpFdbPort: by forwarding database and MAC address."""
    of = _vlan_of(said)
    unknown = said.silence(mibs.VLAN_FDB)
    shared = Missing("not-readable", "the switch doesn't say which one VLAN its forwarding database serves")
    otherwise = shared if unknown.why == "absent" or of else unknown
    for index, number in said.column(mibs.LEARNED).items():
        mac, port = _indexed_mac(index[1:]), _port(ports, number)
        if mac and port:
            yield LearnedAddress(mac=mac, port=port, vlan=of.get(index[0], otherwise))


def _vlan_of(said: Said) -> dict[int, int]:
    """The VLAN of each forwarding database that serves one alone: VLANs may share one (dot1qVlanFdbId, RFC 4363)."""
    pairs = {
        (fdb, index[-1])
        for index, fdb in said.column(mibs.VLAN_FDB).items()
        if isinstance(fdb, int) and index and 0 < index[-1] <= _LARGEST_VLAN
    }
    serves = Counter(fdb for fdb, _ in pairs)
    return {fdb: vlan for fdb, vlan in pairs if serves[fdb] == 1}


def _without_vlan(said: Said, ports: dict[int, str]) -> Iterator[LearnedAddress]:
    """dot1dTpFdbPort: by MAC address. Some switches (Cisco's) show only VLAN 1 here."""
    unknown = Missing("not-readable", "the switch has a table without VLANs only")
    for index, number in said.column(mibs.LEARNED_OLD).items():
        mac, port = _indexed_mac(index), _port(ports, number)
        if mac and port:
            yield LearnedAddress(mac=mac, port=port, vlan=unknown)


def _indexed_mac(index: Oid) -> str:
    return _unicast(bytes(index)) if len(index) == _MAC_OCTETS and max(index) <= 255 else ""  # noqa: PLR2004  # an octet
