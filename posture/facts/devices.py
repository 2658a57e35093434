"""What devices say of themselves and of their neighbours over SNMP."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import msgspec

from posture.facts.base import Fact, Known, Missing
from posture.model import Attempt

__all__ = [
    "ArpEntry",
    "ArpTable",
    "Clock",
    "Device",
    "Interface",
    "LearnedAddress",
    "LearnedAddresses",
    "Listed",
    "Neighbour",
    "Neighbours",
    "Ups",
    "Vlan",
]


class Interface(msgspec.Struct, frozen=True, kw_only=True):
    """A row of IF-MIB's ifTable (RFC 2863)."""

    index: int
    description: str = ""
    mac: str = ""
    up: Known[bool] = Missing("not-answered")


class Ups(msgspec.Struct, frozen=True, kw_only=True):
    """What UPS-MIB (RFC 1628) says: battery status 1 unknown, 2 normal, 3 low, 4 depleted."""

    battery_status: Known[int] = Missing("not-answered")
    minutes_remaining: Known[int] = Missing("not-answered")
    alarms: Known[int] = Missing("not-answered")


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """How far a device's clock (hrSystemDate, RFC 2790) is ahead of that of the machine that asked, in its bounds.

    Bounds, as an audit knows when it began and ended to ask the device, not when this answer came. `zone_sent` is
    false where the device gave no offset from UTC, and the organisation's time zone was taken.
    """

    least: timedelta
    most: timedelta
    zone_sent: bool


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Names out of a table, and whether they are all of it: a walk may have ended early, and a file doesn't say."""

    names: tuple[str, ...]
    whole: bool


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """What stands at the other end of a cable, as the device heard it say (LLDP, IEEE 802.1AB; Cisco's CDP).

    `port` is the device's own, `remote_port` the other's, by name. `chassis` is how the other names itself: its MAC
    address, an address, or a name of its choice, as `chassis_kind` says. `roles` are what it can do, by its own word.
    """

    protocol: Literal["lldp", "cdp"]
    port: str = ""
    chassis: str = ""
    chassis_kind: Literal["mac", "address", "name"] = "name"
    remote_port: str = ""
    name: str = ""
    description: str = ""
    roles: tuple[str, ...] = ()


class Neighbours(msgspec.Struct, frozen=True, kw_only=True):
    """The neighbours that a device hears, and whether these are all: a walk may have ended early."""

    rows: tuple[Neighbour, ...]
    whole: bool


class ArpEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Which MAC address answered for an address, and on which interface (ifIndex)."""

    address: str
    mac: str
    interface: int


class ArpTable(msgspec.Struct, frozen=True, kw_only=True):
    """Who a device spoke with on its segments lately (ipNetToMediaTable, ipNetToPhysicalTable of RFC 4293)."""

    rows: tuple[ArpEntry, ...]
    whole: bool


class LearnedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A MAC address that a switch saw on a port. `vlan` is Missing where its tables don't tell one VLAN."""

    mac: str
    port: str
    vlan: Known[int] = Missing("not-asked")


class LearnedAddresses(msgspec.Struct, frozen=True, kw_only=True):
    """A switch's forwarding table as it stood when it was asked: who was silent for some minutes is not in it."""

    rows: tuple[LearnedAddress, ...]
    whole: bool


class Vlan(msgspec.Struct, frozen=True, kw_only=True):
    """A VLAN of a switch (dot1qVlanStaticTable, RFC 4363)."""

    number: int
    name: str = ""


class Device(Fact, frozen=True, kw_only=True):
    """An SNMP agent: what it accepts, and what it says it is.

    `attempts` methods are `v1`, `v2c`, `v3-noAuthNoPriv`, `v3-authNoPriv`, `v3-authPriv`; outcomes `accepted`,
    `silent` (no answer, which for v1 and v2c is all that a wrong community gives), `refused` (a report, with the
    reason in detail), `unreachable`. `contact` and `location` are empty where the device says so itself. `running`
    and `installed` are hrSWRunName and hrSWInstalledName (RFC 2790). `lists_users`: whether it gives the names of its
    users (svUserTable of Microsoft's agent). `links`, `arp`, `learned` and `vlans` are how the network hangs together
    around it; they are not asked in zones of medical devices. `neighbours` are the names of those heard over LLDP.
    `heard_from` are the ids of the zones of the scope from where it answered, as far as the scanners' zones are known.
    """

    address: str
    attempts: tuple[Attempt, ...] = ()
    engine_id: Known[str] = Missing("not-asked")
    engine_time: Known[timedelta] = Missing("not-asked")
    description: Known[str] = Missing("not-asked")
    object_id: Known[str] = Missing("not-asked")
    system_name: Known[str] = Missing("not-asked")
    contact: Known[str] = Missing("not-asked")
    location: Known[str] = Missing("not-asked")
    uptime: Known[timedelta] = Missing("not-asked")
    clock: Known[Clock] = Missing("not-asked")
    vendor: Known[str] = Missing("not-asked")
    model: Known[str] = Missing("not-asked")
    firmware: Known[str] = Missing("not-asked")
    serial: Known[str] = Missing("not-asked")
    interfaces: Known[tuple[Interface, ...]] = Missing("not-asked")
    neighbours: Known[tuple[str, ...]] = Missing("not-asked")
    links: Known[Neighbours] = Missing("not-asked")
    arp: Known[ArpTable] = Missing("not-asked")
    learned: Known[LearnedAddresses] = Missing("not-asked")
    vlans: Known[tuple[Vlan, ...]] = Missing("not-asked")
    ups: Known[Ups] = Missing("not-asked")
    printer: Known[str] = Missing("not-asked")
    writable_views: Known[tuple[str, ...]] = Missing("not-asked")
    notification_targets: Known[tuple[str, ...]] = Missing("not-asked")
    lists_users: Known[bool] = Missing("not-asked")
    heard_from: tuple[str, ...] = ()
    running: Known[Listed] = Missing("not-asked")
    installed: Known[Listed] = Missing("not-asked")
