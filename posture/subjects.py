"""The keys under which subjects are known from run to run; exceptions and diffs hang on them.

A key is `scheme:value`. A fact carries all identifiers it has, strongest first: what a vendor or a directory makes
unique (objectGUID, entryUUID, SNMP engine id, serial), then the MAC address within a site, then the address within
a zone, then a name. An address names a machine only for as long as it keeps it, so it comes late; a key is never
made of text that the subject can change at will where something stronger is there.
"""

from __future__ import annotations

import re
import uuid
from ipaddress import IPv4Address, IPv6Address, ip_address

__all__ = ["address_key", "engine_key", "guid_key", "mac_key", "name_key", "serial_key"]

UNZONED = "unzoned"


def guid_key(guid: bytes | str) -> str:
    """An Active Directory objectGUID (16 bytes, little-endian fields: MS-DTYP 2.3.4.2) or an entryUUID (RFC 4530)."""
    value = uuid.UUID(bytes_le=guid) if isinstance(guid, bytes) else uuid.UUID(guid)
    return f"guid:{value}"


def engine_key(engine_id: str) -> str:
    """An SNMP engine id in hexadecimal (RFC 3411, snmpEngineID)."""
    return f"snmp-engine:{engine_id.lower()}"


def serial_key(vendor: str, serial: str) -> str:
    """A serial number, unique only within its vendor."""
    return f"serial:{_word(vendor)}/{_word(serial)}"


def mac_key(site: str | None, mac: str) -> str:
    """A MAC address within a site: cloned images and virtual machines repeat them elsewhere."""
    return f"mac:{site or UNZONED}/{mac.lower().replace('-', ':')}"


def address_key(zone: str | None, address: str | IPv4Address | IPv6Address) -> str:
    """An address within a zone, in its canonical form."""
    parsed = ip_address(address) if isinstance(address, str) else address
    return f"address:{zone or UNZONED}/{parsed}"


def name_key(kind: str, *parts: str) -> str:
    """The last resort: a name, such as a distinguished name or the name of an imported file."""
    return f"{kind}:{'/'.join(_word(part) for part in parts)}"


def _word(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()
