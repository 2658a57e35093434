"""The objects that are asked for, by number: no MIB files are needed."""

from __future__ import annotations

from typing import TypeAlias

__all__ = [
    "ADDRESSES",
    "BRIDGE",
    "BRIDGE_PORTS",
    "COMMUNITIES",
    "ENGINE_ID",
    "HEARD",
    "ONLY_AFTER",
    "PRESENCE",
    "PRINTER_DEVICE",
    "SOFTWARE",
    "SUBTREES",
    "SYS_DESCR",
    "TARGET_PARAMS",
    "TOPOLOGY",
    "Oid",
    "dotted",
    "oid",
]

Oid: TypeAlias = tuple[int, ...]


def oid(text: str) -> Oid:
    """The numbers of a dotted OID. Raises ValueError for anything else (RFC 2578, 3.5: 128 numbers of 32 bits)."""
    numbers = tuple(map(int, text.removeprefix(".").split(".")))
    if len(numbers) > _LONGEST or any(not 0 <= number <= _LARGEST for number in numbers) or numbers[0] > _ROOTS:
        raise ValueError(f"{text[:80]!r} is not an object identifier")
    return numbers


def dotted(numbers: Oid) -> str:
    """An OID as text, without a leading dot."""
    return ".".join(map(str, numbers))


_LONGEST, _LARGEST, _ROOTS = 128, 0xFFFFFFFF, 2

# SNMPv2-MIB (RFC 3418)
SYSTEM = oid("1.3.6.1.2.1.1")
SYS_DESCR, SYS_OBJECT_ID, SYS_UPTIME, SYS_CONTACT, SYS_NAME, SYS_LOCATION = (
    (*SYSTEM, number, 0) for number in (1, 2, 3, 4, 5, 6)
)
# IF-MIB (RFC 2863)
IF_DESCR, IF_PHYS_ADDRESS, IF_OPER_STATUS = (oid(f"1.3.6.1.2.1.2.2.1.{column}") for column in (2, 6, 8))
IF_NAME = oid("1.3.6.1.2.1.31.1.1.1.1")
# HOST-RESOURCES-MIB (RFC 2790)
HR_UPTIME, HR_DATE = oid("1.3.6.1.2.1.25.1.1"), oid("1.3.6.1.2.1.25.1.2")
HR_DEVICE_TYPE, HR_DEVICE_DESCR = oid("1.3.6.1.2.1.25.3.2.1.2"), oid("1.3.6.1.2.1.25.3.2.1.3")
PRINTER_DEVICE = oid("1.3.6.1.2.1.25.3.1.5")
HR_RUNNING, HR_INSTALLED = oid("1.3.6.1.2.1.25.4.2.1.2"), oid("1.3.6.1.2.1.25.6.3.1.2")
# LanMgr-Mib-II-MIB of Microsoft's agent: svUserName
SV_USER_NAME = oid("1.3.6.1.4.1.77.1.2.25.1.1")
# UPS-MIB (RFC 1628)
UPS_IDENT, UPS_BATTERY, UPS_ALARMS = (oid(f"1.3.6.1.2.1.33.1.{group}") for group in ("1", "2", "6.1"))
# Printer-MIB (RFC 3805)
PRINTER_CHANGES, PRINTER_NAME, PRINTER_SERIAL = (oid(f"1.3.6.1.2.1.43.5.1.1.{column}") for column in (1, 16, 17))
# ENTITY-MIB (RFC 6933)
_ENT = "1.3.6.1.2.1.47.1.1.1.1"
ENT_DESCR, ENT_CLASS, ENT_FIRMWARE, ENT_SOFTWARE, ENT_SERIAL, ENT_VENDOR, ENT_MODEL = (
    oid(f"{_ENT}.{column}") for column in (2, 5, 9, 10, 11, 12, 13)
)
# LLDP-MIB (IEEE 802.1AB): lldpLocPortTable, lldpRemTable
_LLDP = "1.0.8802.1.1.2.1"
LLDP_OWN_PORT, LLDP_OWN_PORT_NAME = oid(f"{_LLDP}.3.7.1.3"), oid(f"{_LLDP}.3.7.1.4")
LLDP_CHASSIS_KIND, LLDP_CHASSIS, LLDP_PORT_KIND, LLDP_PORT, LLDP_PORT_NAME, LLDP_NAMES, LLDP_DESCR, LLDP_CAN = (
    oid(f"{_LLDP}.4.1.1.{column}") for column in (4, 5, 6, 7, 8, 9, 10, 12)
)
# CISCO-CDP-MIB: cdpCacheTable
CDP_ADDRESS, CDP_VERSION, CDP_DEVICE, CDP_PORT, CDP_PLATFORM, CDP_CAN = (
    oid(f"1.3.6.1.4.1.9.9.23.1.2.1.1.{column}") for column in (4, 5, 6, 7, 8, 9)
)
# IP-MIB (RFC 4293, and its older table): ipNetToMediaPhysAddress, ipNetToPhysicalPhysAddress
ARP_OLD, ARP = oid("1.3.6.1.2.1.4.22.1.2"), oid("1.3.6.1.2.1.4.35.1.4")
# BRIDGE-MIB (RFC 4188): dot1dBasePortIfIndex, dot1dTpFdbPort
BRIDGE_PORTS, LEARNED_OLD = oid("1.3.6.1.2.1.17.1.4.1.2"), oid("1.3.6.1.2.1.17.4.3.1.2")
# Q-BRIDGE-MIB (RFC 4363): dot1qTpFdbPort, dot1qVlanFdbId, dot1qVlanStaticName
LEARNED, VLAN_FDB, VLAN_NAMES = (oid(f"1.3.6.1.2.1.17.7.1.{each}") for each in ("2.2.1.2", "4.2.1.3", "4.3.1.1"))
# SNMP-FRAMEWORK-MIB (RFC 3411): snmpEngine
ENGINE = oid("1.3.6.1.6.3.10.2.1")
ENGINE_ID, ENGINE_TIME = (*ENGINE, 1, 0), (*ENGINE, 3, 0)
# SNMP-TARGET-MIB (RFC 3413)
TARGET_DOMAIN, TARGET_ADDRESS = oid("1.3.6.1.6.3.12.1.2.1.2"), oid("1.3.6.1.6.3.12.1.2.1.3")
TARGET_PARAMS = oid("1.3.6.1.6.3.12.1.3.1")
# SNMP-VIEW-BASED-ACM-MIB (RFC 3415)
GROUPS = oid("1.3.6.1.6.3.16.1.2.1")
GROUP_NAME, GROUP_STATUS = (*GROUPS, 3), (*GROUPS, 5)
ACCESS = oid("1.3.6.1.6.3.16.1.4.1")
ACCESS_WRITE, ACCESS_STATUS = (*ACCESS, 6), (*ACCESS, 9)
VIEW_TYPE, VIEW_STATUS = oid("1.3.6.1.6.3.16.1.5.2.1.4"), oid("1.3.6.1.6.3.16.1.5.2.1.6")
# SNMP-COMMUNITY-MIB (RFC 3584): never walked, masked where a file holds it
COMMUNITIES = oid("1.3.6.1.6.3.18.1.1.1")

SUBTREES: tuple[Oid, ...] = (
    SYSTEM,
    ENGINE,
    IF_DESCR,
    IF_PHYS_ADDRESS,
    IF_OPER_STATUS,
    IF_NAME,
    ENT_DESCR,
    ENT_CLASS,
    ENT_FIRMWARE,
    ENT_SOFTWARE,
    ENT_SERIAL,
    ENT_VENDOR,
    ENT_MODEL,
    HR_UPTIME,
    HR_DATE,
    HR_DEVICE_TYPE,
    HR_DEVICE_DESCR,
    UPS_IDENT,
    UPS_BATTERY,
    UPS_ALARMS,
    PRINTER_CHANGES,
    PRINTER_NAME,
    PRINTER_SERIAL,
    LLDP_NAMES,
    GROUP_NAME,
    GROUP_STATUS,
    ACCESS_WRITE,
    ACCESS_STATUS,
    VIEW_TYPE,
    VIEW_STATUS,
    TARGET_DOMAIN,
    TARGET_ADDRESS,
    SV_USER_NAME,
)
"""What is walked, in this order: what says most comes first."""

PRESENCE: frozenset[Oid] = frozenset({SV_USER_NAME})
"""Of these the first object says all that is judged, and no more is asked for."""

HEARD: tuple[Oid, ...] = (
    LLDP_CHASSIS,
    LLDP_OWN_PORT,
    LLDP_OWN_PORT_NAME,
    LLDP_CHASSIS_KIND,
    LLDP_PORT_KIND,
    LLDP_PORT,
    LLDP_PORT_NAME,
    LLDP_DESCR,
    LLDP_CAN,
    CDP_DEVICE,
    CDP_ADDRESS,
    CDP_VERSION,
    CDP_PORT,
    CDP_PLATFORM,
    CDP_CAN,
)
"""What neighbours said: a row for each, and most devices have few or none."""

ADDRESSES: tuple[Oid, ...] = (ARP_OLD, ARP)
"""Who answered on the segment lately. Long on a router."""

BRIDGE: tuple[Oid, ...] = (VLAN_FDB, VLAN_NAMES, LEARNED_OLD, LEARNED)
"""What a switch has learnt, asked only of those that have bridge ports. Long on a switch."""

TOPOLOGY: tuple[Oid, ...] = (*HEARD, BRIDGE_PORTS, *BRIDGE, *ADDRESSES)
"""How the network hangs together. Not asked in zones of medical devices and imaging."""

ONLY_AFTER: dict[Oid, Oid] = {
    **{each: LLDP_CHASSIS for each in HEARD if each[:5] == LLDP_CHASSIS[:5] and each != LLDP_CHASSIS},
    **{each: CDP_DEVICE for each in HEARD if each[:7] == CDP_DEVICE[:7] and each != CDP_DEVICE},
    **dict.fromkeys(BRIDGE, BRIDGE_PORTS),
}
"""What is asked only of a device that has said something at another place."""

SOFTWARE: tuple[Oid, ...] = (HR_RUNNING, HR_INSTALLED)
"""Walked after the rest, each only where the scope names what to compare it with: they are long."""
