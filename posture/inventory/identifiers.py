"""What facts are joined by: which identifiers can, how strong they are, and what rules a join out. Pure.

Strong identifiers are those that a vendor, an agent or a directory makes unique: directory GUID, SNMP engine id and
serial number. Two things with different ones of a kind are two things, whatever else they share.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from ipaddress import ip_address

from posture.facts import Computer, Device, Directory, Fact, Host, known

__all__ = [
    "SCHEMES",
    "Marks",
    "conflict",
    "described",
    "engine_of",
    "marks",
    "names_of",
    "own_mac",
    "real_serial",
    "speaker",
    "strength",
    "usable",
]

SCHEMES = ("guid", "snmp-engine", "serial", "mac", "address")
"""Schemes of identifiers, strongest first; any other comes after these."""

_STRONG = ("guid:", "snmp-engine:", "serial:")
_RANK = {scheme: rank for rank, scheme in enumerate(SCHEMES)}

Marks = frozenset[tuple[str, frozenset[str]]]
"""What nobody else has: for each kind, the values that a fact names."""

_WORDS = {
    "guid": "directory GUID",
    "snmp-engine": "SNMP engine id",
    "serial": "serial number",
    "mac": "MAC address",
    "address": "address",
    "name": "name",
}
_DNS_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_FIRST_OCTET = re.compile(r"[0-9a-f]{2}:")
_SHORTEST_ENGINE = 10
_SHORTEST_SERIAL = 4
# Of VRRP and CARP (RFC 9568), of Cisco's HSRP 1, HSRP 2, HSRP for IPv6 and GLBP; no address, and everybody's.
_VIRTUAL_MACS = (
    "00:00:5e:",
    "00:00:0c:07:ac:",
    "00:00:0c:9f:f",
    "00:05:73:a0:",
    "00:07:b4:00:",
    "00:00:00:",
    "ff:ff:ff:",
)
_NO_SERIALS = frozenset(
    {
        "n/a",
        "na",
        "none",
        "null",
        "nil",
        "unknown",
        "default",
        "default string",
        "empty",
        "invalid",
        "not specified",
        "not available",
        "not applicable",
        "not present",
        "system serial number",
        "serial number",
        "chassis serial number",
        "to be filled by o.e.m.",
        "to be filled by o.e.m",
        "oem",
        "test",
        "123456789",
    }
)


def strength(identifier: str) -> tuple[int, str]:
    """What identifiers are sorted by, strongest first."""
    return (_RANK.get(identifier.partition(":")[0], len(SCHEMES)), identifier)


def usable(identifier: str) -> bool:
    """Whether what two facts share here says that they are of one thing: not what factories and clones repeat."""
    scheme, _, value = identifier.partition(":")
    if scheme == "serial":
        return real_serial(value.partition("/")[2])
    if scheme == "snmp-engine":
        return not re.fullmatch(r"[0-9a-f]{10,}", value) or _real_engine(value)
    if scheme == "mac":
        return own_mac(value.rpartition("/")[2])
    if scheme == "address":
        return _real_address(value.rpartition("/")[2])
    return True


def marks(fact: Fact) -> Marks:
    """The strong identifiers that a fact names, by kind."""
    found: dict[str, set[str]] = {}
    for identifier in fact.ids:
        if identifier.startswith(_STRONG) and usable(identifier):
            scheme, _, value = identifier.partition(":")
            found.setdefault(scheme, set()).add(value.partition("/")[2] if scheme == "serial" else value)
    if isinstance(fact, Device):
        if engine := engine_of(fact):
            found.setdefault("snmp-engine", set()).add(engine)
        serial = " ".join(known(fact.serial, "").split()).casefold()
        if real_serial(serial):
            found["serial"] = {serial}
    return frozenset((scheme, frozenset(values)) for scheme, values in found.items())


def engine_of(device: Device) -> str:
    """The SNMP engine id, where it is one that could be unique; else nothing."""
    engine = known(device.engine_id, "").lower()
    return engine if _real_engine(engine) else ""


def conflict(every: Collection[tuple[str, frozenset[str]]]) -> str:
    """What rules out that all of these marks are of one thing, in words; nothing where nothing does."""
    for scheme in SCHEMES[:3]:
        values = sorted({tuple(sorted(found)) for kind, found in every if kind == scheme})
        if len(values) > 1 and _disjoint(values):
            differing = [", ".join(each) for each in values]
            more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""  # noqa: PLR2004  # fits a line
            return f"their {_WORDS[scheme]}s differ ({'; '.join(differing[:3])}{more})"
    return ""


def _disjoint(values: list[tuple[str, ...]]) -> bool:
    """Whether any two of these have nothing in common."""
    if any(len(each) == 1 for each in values):
        [only] = min(each for each in values if len(each) == 1)
        return any(only not in each for each in values)
    return any(not {*one} & {*other} for at, one in enumerate(values) for other in values[at + 1 :])


def described(identifier: str) -> str:
    """An identifier in words, such as `MAC address 00:11:22:33:44:55`."""
    scheme, _, value = identifier.partition(":")
    if scheme in {"mac", "address"}:
        value = value.rpartition("/")[2]
    elif scheme == "serial":
        value = value.partition("/")[2]
    return f"{_WORDS.get(scheme, 'identifier')} {value if scheme in _WORDS else identifier}"


def speaker(fact: Fact) -> str:
    """What says something, in words."""
    if isinstance(fact, Host):
        return f"the scan of {fact.address}"
    if isinstance(fact, Device):
        return f"the SNMP agent {fact.name}" if fact.name != fact.address else f"the SNMP agent at {fact.address}"
    if isinstance(fact, Directory):
        return f"the directory server {fact.name}"
    if isinstance(fact, Computer):
        return f"the computer account {fact.login}"
    return fact.name


def names_of(fact: Fact) -> Iterator[str]:
    """The DNS names that a fact gives its machine, folded; names without a domain name nobody."""
    given: tuple[str, ...] = ()
    if isinstance(fact, Host):
        given = (fact.name, *fact.names)
    elif isinstance(fact, Device):
        given = (known(fact.system_name, ""),)
    elif isinstance(fact, Computer):
        domain = ".".join(part.strip()[3:] for part in fact.dn.split(",") if part.strip()[:3].casefold() == "dc=")
        given = (known(fact.dns_name, "") or f"{fact.login.removesuffix('$')}.{domain}",)
    elif isinstance(fact, Directory):
        given = (fact.address, fact.name)
    for name in given:
        if name and not name[-1].isdecimal():  # no address
            folded = name.strip().rstrip(".").casefold()
            if _DNS_NAME.fullmatch(folded):
                yield folded


def real_serial(serial: str) -> bool:
    """Whether it is one machine's own, and not what a factory left in its place, or a mask."""
    word = serial.strip().casefold()
    return (
        len(word) >= _SHORTEST_SERIAL
        and len(set(word)) > 2  # noqa: PLR2004  # 0000, XXXX, 0-0-0
        and word not in _NO_SERIALS
        and "o.e.m" not in word
        and not word.startswith(("{masked", "masked-"))
        and word not in "01234567890123456789"
        and word not in "abcdefghijklmnopqrstuvwxyz"
    )


def _real_engine(engine: str) -> bool:
    """A whole engine id (5 octets or more, RFC 3411) whose part after number and format is no row of one digit."""
    return len(engine) >= _SHORTEST_ENGINE and len(set(engine[_SHORTEST_ENGINE:])) > 1


def own_mac(mac: str) -> bool:
    """Burned in, and of one machine alone: not a group's, an administrator's or a virtual router's (RFC 9542)."""
    return bool(_FIRST_OCTET.match(mac)) and not int(mac[:2], 16) & 0b11 and not mac.startswith(_VIRTUAL_MACS)


def _real_address(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return True
    return not (parsed.is_unspecified or parsed.is_multicast)
