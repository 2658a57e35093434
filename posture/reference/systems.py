"""What evidence says of the system that runs somewhere, in words that end-of-support dates are kept under. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

from posture.facts import Computer, Facts, Host, Script

__all__ = ["CLIENT", "EMBEDDED", "LTSC", "SERVER", "System", "from_directory", "from_host", "with_directory"]

CLIENT, SERVER, EMBEDDED = "windows", "windows-server", "windows-embedded"
LTSC: Final = frozenset({"ltsc", "iot-ltsc"})
_LONGEST = 120


class System(msgspec.Struct, frozen=True, kw_only=True):
    """What evidence says that runs somewhere, in the words of `posture.reference.Cycle`.

    `products` are those that it can be. `family`, `builds` and `channels` are empty where nothing is said of them; of
    several builds it has one.
    `said` is what was read; `name` the machine's own name in DNS, where it said one; `by` the script that said it.
    """

    said: str
    products: tuple[str, ...]
    family: str = ""
    builds: tuple[str, ...] = ()
    channels: frozenset[str] = frozenset()
    name: str = ""
    by: str = ""
    sources: tuple[Script, ...] = ()


_BUILD = re.compile(r"\b(\d{1,2}\.\d{1,2})(?:\.\d{1,6}| \((\d{1,6})\))?")
_YEAR = re.compile(r"\b(2000|2003|2008|2012|2016|2019|2022|2025)( r2)?\b")
_CLIENT = re.compile(r"\bwindows (11|10|8\.1|8|7|vista|xp)\b")
_OTHERS: Final = (
    ("ubuntu", "ubuntu"),
    ("debian", "debian"),
    ("red hat enterprise linux", "rhel"),
    ("rhel", "rhel"),
    ("freebsd", "freebsd"),
    ("macos", "macos"),
    ("mac os x", "macos"),
)
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,5}){0,3}")


def from_directory(computer: Computer) -> System | None:
    """What a computer wrote into the directory of its own system; None where it is not known, or no name we know."""
    name, version = computer.operating_system, computer.operating_system_version
    if not isinstance(name, str):
        return None
    number = version if isinstance(version, str) else ""
    return _named(name, number, f"{name} {number}".strip()[:_LONGEST])


def _named(name: str, number: str, said: str) -> System | None:
    """The system of this name and version; Windows writes `10.0 (17763)`, others their release."""
    text = " ".join(re.sub(r"[®™]|\((r|tm)\)", "", name.casefold()).split())
    if "windows" in text or "hyper-v server" in text:
        return _windows(text, _build(number), said)
    for word, product in _OTHERS:
        if text.startswith(word):
            found = _NUMBER.search(number) or _NUMBER.search(text)
            return System(said=said, products=(product,), builds=(found.group(),)) if found else None
    return None


def _build(number: str) -> str:
    found = _BUILD.search(number)
    if not found:
        return ""
    return f"{found[1]}.{found[2]}" if found[2] else found.group()


def _windows(text: str, build: str, said: str) -> System:
    builds = (build,) if build else ()
    if "embedded" in text or "posready" in text:
        return System(said=said, products=(EMBEDDED,), builds=builds)
    if "server" in text:
        year = _YEAR.search(text)
        return System(
            said=said,
            products=(SERVER,),
            family=year.group().replace("2003 r2", "2003") if year else "",
            builds=builds,
            channels=frozenset({"ltsc"}) if year else frozenset(),
        )
    client = _CLIENT.search(text)
    family = client[1] if client else ("2000" if "windows 2000" in text else "")
    if not family:
        return System(said=said, products=(CLIENT, SERVER), builds=builds)
    if build.startswith("10.0."):
        family = ""  # the build tells Windows 10 from 11, and early builds of 11 called themselves 10
    return System(said=said, products=(CLIENT,), family=family, builds=builds, channels=_channels(text))


def _channels(text: str) -> frozenset[str]:
    iot = "iot" in text
    if re.search(r"lts[bc]|enterprise s\b", text):
        return frozenset({"iot-ltsc"}) if iot else LTSC
    if iot:
        return frozenset({"enterprise", *LTSC})
    if "enterprise" in text or ("education" in text and "pro" not in text):
        return frozenset({"enterprise"})
    return frozenset({"pro"}) if re.search(r"\b(pro|professional|home|core)\b", text) else frozenset()


def from_host(host: Host) -> tuple[System, ...]:
    """All that scripts say of a host's own system: vmware-version, rdp-ntlm-info, smb-os-discovery.

    smb-os-discovery of Samba says "Windows 6.1", and servers built on FreeRDP say 6.1.7601 whatever they run on:
    neither is taken for Windows 7.
    """
    found = [_smb(script) for script in host.scripts if script.id == "smb-os-discovery"]
    windows_7 = any(each is not None and any(build.startswith("6.1") for build in each.builds) for each in found)
    for port in host.ports:
        for script in port.scripts:
            if script.id == "vmware-version":
                found.append(_vmware(script))
            elif script.id == "rdp-ntlm-info":
                found.append(_rdp(script, windows_7))
    return tuple(each for each in found if each is not None)


_ENABLED: Final = {
    "10.0.18362": ("10.0.18362", "10.0.18363"),
    "10.0.19041": ("10.0.19041", "10.0.19042", "10.0.19043", "10.0.19044", "10.0.19045"),
    "10.0.22621": ("10.0.22621", "10.0.22631"),
    "10.0.26100": ("10.0.26100", "10.0.26200"),
}
"""Releases that are only switched on by an enablement package: on the network they say the build they are made on."""


def _vmware(script: Script) -> System | None:
    said = (script.value("Server version") or "")[:_LONGEST]
    told = re.match(r"VMware (ESXi?|vCenter(?: Server)?) (\d{1,3}(?:\.\d{1,3}){0,3})", said)
    if not told:
        return None
    product = "vmware-vcenter" if told[1].startswith("vCenter") else "vmware-esxi"
    build = script.value("Build") or ""
    shown = f"{said}, build {build[:20]}" if build else said
    return System(
        said=f"{shown} (vmware-version)", products=(product,), builds=(told[2],), by=script.id, sources=(script,)
    )


def _rdp(script: Script, windows_7: bool) -> System | None:
    build = script.value("Product_Version") or ""
    if not re.fullmatch(r"\d{1,2}\.\d{1,2}\.\d{1,6}", build) or (build == "6.1.7601" and not windows_7):
        return None
    return System(
        said=f"Windows {build} (rdp-ntlm-info)",
        products=(CLIENT, SERVER),
        builds=_ENABLED.get(build, (build,)),
        name=(script.value("DNS_Computer_Name") or "").casefold(),
        by=script.id,
        sources=(script,),
    )


def _smb(script: Script) -> System | None:
    name = script.value("os") or ""
    if not name.startswith("Windows"):
        return None
    if "samba" in f"{script.value('lanmanager') or ''} {script.output}".casefold():
        return None
    told = re.search(r"\b(\d{4,5})(?: Service Pack.*)?$", name)
    numbers = {"2600": "5.1", "3790": "5.2", "6000": "6.0", "6001": "6.0", "6002": "6.0", "6003": "6.0"}
    numbers |= {"7600": "6.1", "7601": "6.1", "9200": "6.2", "9600": "6.3"}
    number = told[1] if told else ""
    build = numbers.get(number, f"10.0.{number}" if len(number) == len("10240") else "")
    named = _windows(" ".join(name.casefold().split()), build, f"{name[:_LONGEST]} (smb-os-discovery)")
    builds = tuple(each for told in named.builds for each in _ENABLED.get(told, (told,)))
    name = (script.value("fqdn") or "").casefold()
    return msgspec.structs.replace(named, builds=builds, name=name, by=script.id, sources=(script,))


def with_directory(systems: Iterable[System], computers: Facts[Computer]) -> tuple[System, ...]:
    """The systems, each with the edition that the directory knows of it.

    Joined only where the machine said its own name, one computer has that name, and both say the same build.
    """
    return tuple(
        _joined(system, _by_name(computers).get(system.name, [])) if system.name else system for system in systems
    )


@lru_cache(maxsize=1)
def _by_name(computers: Facts[Computer]) -> dict[str, list[Computer]]:
    """The computers by their name in DNS: the same set is asked for each host."""
    return computers.by(lambda computer: computer.dns_name.casefold() if isinstance(computer.dns_name, str) else "")


def _joined(system: System, named: list[Computer]) -> System:
    told = from_directory(named[0]) if len(named) == 1 else None
    same = told is not None and told.builds and set(told.builds) <= set(system.builds)
    if told is None or not same or not set(told.products) <= set(system.products):
        return system
    said = f"{system.said}; {told.said} in the directory"
    return msgspec.structs.replace(told, said=said, name=system.name, by=system.by, sources=system.sources)
