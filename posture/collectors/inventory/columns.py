"""How inventories spell their columns, and what stands in them. Pure: text in, values out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_interface
from typing import Final

from posture.inventory.classes import class_of_words

__all__ = ["FIELDS", "addresses", "class_said", "field_of", "is_inventory", "macs", "plain", "yes_or_no"]

_SPELLINGS = {
    "name": (
        "name, host, hostname, hostnames, computer, computername, device, devicename, dnsname, fqdn, asset, assetname, "
        "systemname, machine, machinename, servername, netbiosname"
    ),
    "address": (
        "ip, ips, ipaddr, ipaddress, ipaddresses, ipv4, ipv4address, ipv6, ipv6address, networkaddress, primaryip, "
        "managementip, mgmtip, lanip"
    ),
    "mac": (
        "mac, macs, macaddr, macaddress, macaddresses, ethernetaddress, ethernetmac, physicaladdress, hardwareaddress, "
        "hwaddress, wiredmac, wirelessmac, wifimac, wlanmac, lanmac"
    ),
    "serial": "serial, serialno, serialnum, serialnumber, sn, servicetag",
    "class": (
        "class, type, kind, category, deviceclass, devicetype, devicekind, devicecategory, assetclass, assettype, "
        "assetcategory, equipmenttype"
    ),
    "medical": (
        "medical, medicaldevice, ismedical, ismedicaldevice, medicalyesno, medicaldeviceyesno, medicalyn, "
        "medicaldeviceyn, biomed, biomedical, biomedicaldevice, clinicaldevice"
    ),
    "owner": (
        "owner, assetowner, businessowner, systemowner, department, responsible, responsibleperson, custodian, "
        "assignedto, contact"
    ),
    "location": "location, physicallocation, room, building, site, floor, ward, unit, place",
    "zone": "zone, zoneid, networkzone, securityzone, posturezone",
}
FIELDS: Final = {field: frozenset(said.split(", ")) for field, said in _SPELLINGS.items()}
"""Our columns, and the headings that are taken for them: in lower case, without spaces and signs."""

_HOSTS = frozenset(
    ("hostname", "hostnames", "computername", "devicename", "dnsname", "fqdn", "machinename", "servername")
)
_EMPTY = frozenset(
    {"", "-", "/", "&", "–", "—", "n/a", "na", "none", "unknown", "dhcp", "dynamic", "tbd", "?", "null", "no"}
)
_SEVERAL = re.compile(r"[\s,;|]+")
_WORDS = "password|passwd|passcode|pass|pwd|pw|pin|community"
_SPOKEN = re.compile(
    rf"(?<!\w)((?:{_WORDS})\s*[:=]\s*)(?!\{{masked;type=password\}}(?:[\s,;]|\Z))\S*[^\s,;]", re.IGNORECASE
)


def field_of(heading: str) -> str:
    """Our name for a column with this heading, or nothing."""
    folded = re.sub(r"[^a-z0-9]", "", heading.casefold())
    return next((field for field, spellings in FIELDS.items() if folded in spellings), "")


def is_inventory(header: Sequence[str]) -> bool:
    """Whether a table with this header is an inventory: it says how machines are found, and one thing more.

    A table with names and no address, MAC address or serial number is one only where these are names of hosts, and
    it says what they are: lists of people have names too.
    """
    fields = {field_of(heading) for heading in header} - {""}
    hosts = any(re.sub(r"[^a-z0-9]", "", heading.casefold()) in _HOSTS for heading in header)
    if fields & {"address", "mac", "serial"}:
        return len(fields) > 1
    return hosts and bool(fields & {"class", "medical"})


def addresses(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the IP addresses of a cell in their canonical form, what could not be read)."""
    found, unread = [], []
    for part in _parts(text):
        try:
            address = ip_interface(part).ip
        except ValueError:
            unread.append(part)
            continue
        found.append(str(getattr(address, "ipv4_mapped", None) or address))
    return tuple(sorted(set(found))), tuple(unread)


def macs(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the MAC addresses of a cell as 00:11:22:33:44:55, what could not be read)."""
    found, unread = [], []
    for part in _parts(text):
        digits = re.sub(r"[:.-]", "", part).casefold()
        if re.fullmatch(r"[0-9a-f]{12}", digits):
            found.append(":".join(digits[at : at + 2] for at in range(0, 12, 2)))
        else:
            unread.append(part)
    return tuple(sorted(set(found))), tuple(unread)


def _parts(text: str) -> list[str]:
    return [part for part in _SEVERAL.split(text.strip()) if part.casefold() not in _EMPTY]


def plain(text: str) -> str:
    """A cell that is said as it stands; empty where it only says that it is. What looks like a password is masked."""
    text = " ".join(text.split())
    return "" if text.casefold() in _EMPTY else _SPOKEN.sub(r"\1{masked;type=password}", text)


def yes_or_no(text: str) -> bool | None:
    """What a cell of a yes-or-no column says."""
    folded = text.strip().casefold()
    if folded in {"yes", "y", "true", "1", "x", "✓", "✔"}:
        return True
    return False if folded in {"no", "n", "false", "0"} else None


def class_said(text: str) -> str:
    """The device class that a cell names in usual words, or nothing."""
    return class_of_words(text)
