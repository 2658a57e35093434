"""Where makers keep model, firmware and serial number, beside the standard's places: data, by enterprise number.

Each is an object or a column of the maker's own MIB, of which the first value is taken. They are read where the
entity table, UPS-MIB and Printer-MIB say nothing, and asked only of that maker's devices.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from posture.collectors.snmp.enterprises import AGENTS
from posture.collectors.snmp.mibs import Oid, oid
from posture.collectors.snmp.vendors import enterprise_of

__all__ = ["BEHIND_AGENTS", "PLACES", "Places", "every_place", "makers_to_ask"]


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of one maker, without their instances, best first."""

    model: tuple[Oid, ...] = ()
    firmware: tuple[Oid, ...] = ()
    serial: tuple[Oid, ...] = ()

    def __iter__(self) -> Iterator[Oid]:
        yield from dict.fromkeys((*self.model, *self.firmware, *self.serial))


def _of(enterprise: int, *, model: str = "", firmware: str = "", serial: str = "") -> Places:
    def under(text: str) -> tuple[Oid, ...]:
        return tuple(oid(f"1.3.6.1.4.1.{enterprise}.{each}") for each in text.split())

    return Places(model=under(model), firmware=under(firmware), serial=under(serial))


PLACES: dict[int, Places] = {
    # HP: the IEEE 1284 device id of JetDirect holds MDL and SN; read by `identity`
    11: _of(11, model="2.3.9.1.1.7"),
    # Compaq, HPE: CPQSINFO-MIB cpqSiProductName, cpqSiSysSerialNum
    232: _of(232, model="2.2.4.2", serial="2.2.2.1"),
    # APC PowerNet-MIB: upsBasicIdentModel, rPDUIdentModelNumber, rPDU2IdentModelNumber, and so on
    318: _of(
        318,
        model="1.1.1.1.1.1 1.1.12.1.5 1.1.26.2.1.8",
        firmware="1.1.1.1.2.1 1.1.12.1.3 1.1.26.2.1.6",
        serial="1.1.1.1.2.3 1.1.12.1.6 1.1.26.2.1.9",
    ),
    # Eaton XUPS-MIB: xupsIdentModel, xupsIdentSoftwareVersion, xupsIdentSerialNumber
    534: _of(534, model="1.1.2", firmware="1.1.3", serial="1.1.6"),
    # Dell IDRAC-MIB-SMIv2: systemModelName, racFirmwareVersion, systemServiceTag
    674: _of(674, model="10892.5.1.3.12", firmware="10892.5.1.1.8", serial="10892.5.1.3.2"),
    # MG-SNMP-UPS-MIB: upsmgIdentFamilyName, upsmgIdentFirmwareVersion, upsmgIdentSerialNumber
    705: _of(705, model="1.1.1", firmware="1.1.4", serial="1.1.7"),
    # Kyocera: printer model, serial number
    1347: _of(1347, model="43.5.1.1.1", serial="43.5.1.1.28"),
    # Sophos SFOS-FIREWALL-MIB: sfosDeviceType, sfosDeviceFWVersion, sfosDeviceAppKey
    2604: _of(2604, model="5.1.1.2", firmware="5.1.1.3", serial="5.1.1.4"),
    # CHECKPOINT-MIB: svnApplianceProductName, svnVersion, svnApplianceSerialNumber
    2620: _of(2620, model="1.6.16.7", firmware="1.6.4.1", serial="1.6.16.3"),
    # JUNIPER-MIB: jnxBoxDescr, jnxBoxSerialNo
    2636: _of(2636, model="3.1.2", serial="3.1.3"),
    # F5-BIGIP-SYSTEM-MIB: sysPlatformInfoMarketingName, sysProductVersion, sysGeneralChassisSerialNum
    3375: _of(3375, model="2.1.3.5.2", firmware="2.1.4.2", serial="2.1.3.3.3"),
    # CPS-MIB: upsBaseIdentModel, upsAdvanceIdentFirmwareRevision, upsAdvanceIdentSerialNumber
    3808: _of(3808, model="1.1.1.1.1.1", firmware="1.1.1.1.2.1", serial="1.1.1.1.2.3"),
    # SYNOLOGY-SYSTEM-MIB: modelName, version, serialNumber
    6574: _of(6574, model="1.5.1", firmware="1.5.3", serial="1.5.2"),
    # SONICWALL-COMMON-MIB: snwlSysModel, snwlSysFirmwareVersion, snwlSysSerialNumber
    8741: _of(8741, model="2.1.1.1", firmware="2.1.1.3", serial="2.1.1.2"),
    # FORTINET-CORE-MIB and FORTINET-FORTIGATE-MIB: fgSysVersion, fnSysSerial
    12356: _of(12356, firmware="101.4.1.1", serial="100.1.1.1"),
    # MIKROTIK-MIB: mtxrFirmwareVersion is the boot loader's, so the licence's version is read
    14988: _of(14988, firmware="1.1.4.4", serial="1.1.7.3"),
    # QNAP NAS.mib (QTS): enclosureModel, enclosureSerialNum
    24681: _of(24681, model="1.4.1.1.1.1.1.2.1.3", serial="1.4.1.1.1.1.1.2.1.4"),
    # RUCKUS-ZD-SYSTEM-MIB: ruckusZDSystemModel, ruckusZDSystemVersion, ruckusZDSystemSerialNumber
    25053: _of(25053, model="1.2.1.1.1.1.9", firmware="1.2.1.1.1.1.18", serial="1.2.1.1.1.1.15"),
    # PAN-COMMON-MIB: panChassisType, panSysSwVersion, panSysSerialNumber
    25461: _of(25461, model="2.1.2.2.1", firmware="2.1.2.1.1", serial="2.1.2.1.3"),
    # HIK-DEVICE-MIB: device type, software version
    39165: _of(39165, model="1.1", firmware="1.3"),
    # UBNT-UniFi-MIB: unifiApSystemModel, unifiApSystemVersion
    41112: _of(41112, model="1.6.3.3", firmware="1.6.3.6"),
}

BEHIND_AGENTS: tuple[int, ...] = (2620, 6574, 24681, 41112)
"""Makers whose devices give the number of their agent's maker (Net-SNMP's) in sysObjectID."""


def every_place() -> Iterator[Oid]:
    """All of them."""
    for places in PLACES.values():
        yield from places


def makers_to_ask(object_id: Oid) -> tuple[tuple[int, ...], bool]:
    """At whose places to ask a device that has this sysObjectID, and whether that is its maker for certain."""
    number = enterprise_of(object_id)
    if number in PLACES:
        return (number,), True
    return (BEHIND_AGENTS, False) if number is None or number in AGENTS else ((), True)
