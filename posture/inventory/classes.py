"""What kind of device a machine is, why, and how sure that is. Pure.

What the organisation declares wins, and a contradiction is told. Then comes what the machine says itself: a MIB that
only such devices have, an identified service, the operating system in its directory account. What follows from its
maker alone, or from where it stands, is a guess. A port number is no evidence at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Final

import msgspec

from posture.facts import Computer, DeclaredAsset, Device, Directory, Fact, Host, Missing, Service, known
from posture.inventory.makers import OF_AGENTS, OF_CARDS, PRODUCTS
from posture.presentation import row_of
from posture.services import DICOM, listed, survey

__all__ = [
    "CLASSES",
    "MEDICAL",
    "UNKNOWN",
    "Claim",
    "DeviceClass",
    "Strength",
    "agree",
    "class_of_words",
    "classified",
    "declared",
    "guessed_by_name",
    "seen",
]

CLASSES: Final = (
    "medical-device",
    "modality",
    "domain-controller",
    "hypervisor",
    "bmc",
    "ups",
    "printer",
    "network",
    "camera",
    "phone",
    "building-control",
    "storage",
    "server",
    "workstation",
)
"""The classes; where a machine says several of itself, the first of these stands."""

UNKNOWN: Final = "unknown"
MEDICAL: Final = frozenset({"medical-device", "modality"})


class Strength(IntEnum):
    """How much a claim is worth, the best first."""

    DECLARED = 0
    SAID = 1
    GUESSED = 2
    PLACED = 3


class Claim(msgspec.Struct, frozen=True):
    """That a machine is of a class, how strong that is, and why."""

    device_class: str
    strength: Strength
    why: str


class DeviceClass(msgspec.Struct, frozen=True, kw_only=True):
    """The class of a machine, and the sentence that says why and how sure that is.

    `medical` is why it is a medical device, if it is one by anything but the zone it stands in; `firm` is false of a
    guess.
    """

    name: str
    reason: str
    medical: str = ""
    firm: bool = False


def classified(claims: Iterable[Claim]) -> DeviceClass:
    """The strongest claim, with what contradicts it."""
    ranked = sorted(set(claims), key=lambda claim: (claim.strength, CLASSES.index(claim.device_class), claim.why))
    if not ranked:
        return DeviceClass(name=UNKNOWN, reason="Nothing that was seen of it says what it is.")
    first = ranked[0]
    others = {claim.device_class: claim for claim in reversed(ranked) if _against(claim, first)}
    against = [_told(claim) for claim in sorted(others.values(), key=ranked.index)]
    reason = _told(first) + (f"; but {'; '.join(against)}" if against else "")
    declaring = [claim for claim in ranked if claim.strength is Strength.DECLARED]
    medical = [
        claim.why
        for claim in declaring or ranked
        if claim.device_class in MEDICAL and claim.strength is not Strength.PLACED
    ]
    return DeviceClass(
        name=first.device_class,
        reason=f"{reason[0].upper()}{reason[1:]}.",
        medical=medical[0] if medical else "",
        firm=first.strength <= Strength.SAID,
    )


def _against(claim: Claim, stands: Claim) -> bool:
    """Whether it contradicts what stands. Guesses do so only where what stands was declared."""
    firm = claim.strength <= Strength.SAID or (stands.strength, claim.strength) == (Strength.DECLARED, Strength.GUESSED)
    return firm and not agree(claim.device_class, stands.device_class)


def agree(one: str, other: str) -> bool:
    """Whether two classes can both hold: an imaging device is a medical device, a domain controller is a server."""
    pair = {one, other}
    return len(pair) == 1 or pair in (MEDICAL, {"domain-controller", "server"})


def _told(claim: Claim) -> str:
    word = claim.device_class.replace("-", " ")
    match claim.strength:
        case Strength.DECLARED:
            return f"declared as {word}: {claim.why}"
        case Strength.SAID:
            return f"{word}, as it says itself: {claim.why}"
    return f"probably {word}, guessed: {claim.why}"


def guessed_by_name(claims: Iterable[Claim]) -> Iterator[Claim]:
    """What is claimed of a machine that only a name joins to this one: a guess, since anybody can take a name."""
    for claim in claims:
        if claim.strength <= Strength.SAID:
            why = f"by the name that it goes by ({claim.why})"
            yield Claim(claim.device_class, Strength.GUESSED, why)


def declared(rows: Iterable[DeclaredAsset]) -> Iterator[Claim]:
    """What the rows of an inventory say."""
    for row in rows:
        where = f"{row.file}, {row_of(row.row)}"
        if row.device_class:
            yield Claim(row.device_class, Strength.DECLARED, f"{where} says {row.kind}")
        if row.medical is True and row.device_class not in MEDICAL:
            yield Claim("medical-device", Strength.DECLARED, f"{where} says that it is medical")


def seen(facts: Iterable[Fact]) -> Iterator[Claim]:
    """What evidence says of a machine."""
    for fact in facts:
        if isinstance(fact, Host):
            yield from _of_host(fact)
        elif isinstance(fact, Device):
            yield from _of_device(fact)
        elif isinstance(fact, Computer):
            yield from _of_computer(fact)
        elif isinstance(fact, Directory) and fact.address and fact.answered:
            kind = "domain-controller" if fact.kind == "active-directory" else "server"
            yield Claim(kind, Strength.SAID, f"it answers as a directory server ({fact.kind})")


# ── what a scan shows ────────────────────────────────────────────────────────────────────────────────────────────

_SERVICES: Final[tuple[tuple[str, str, str], ...]] = (
    # (class, nmap's name for the service, a pattern for what it calls the program)
    ("domain-controller", r"ldap|ldaps|ssl/ldap", r"Active Directory LDAP"),
    ("hypervisor", r".*", r"VMware ESXi?\b|Proxmox|XenServer|Citrix Hypervisor"),
    (
        "printer",
        r"ipp|jetdirect|printer|hp-pjl|http",
        r"JetDirect|LaserJet|OfficeJet|imageRUNNER|ECOSYS",
    ),
    ("building-control", r"bacnet", r""),
    ("camera", r"rtsp|http", r"Axis .*(?:camera|rtspd)|Hikvision|Dahua|Vivotek|Mobotix|\bIP ?Camera\b|webcam"),
    ("phone", r"sip|sip-proxy|http", r"\b(?:Polycom|Yealink|Grandstream|snom|Cisco .*Phone)\b"),
    ("bmc", r"http|https|asf-rmcp|telnet|ssh", r"\biLO\b|iDRAC|Integrated Lights-Out|\bIPMI\b|\bMegaRAC\b|\bBMC\b"),
    ("storage", r"http|https|iscsi|ssh", r"Synology|QNAP|NetApp"),
    ("ups", r"http|https|telnet|ssh", r"\bUPS\b|APC .*(?:Network Management Card|AOS)"),
)
_ZONES: Final = {"medical-device": "medical-device", "imaging": "modality"}
_CLIENT = re.compile(r"Windows (?:XP|Vista|7|8(?:\.1)?|10|11)\b(?!.*Server)|mac ?OS", re.IGNORECASE)
_SERVER = re.compile(r"Windows .*Server", re.IGNORECASE)
_LONGEST: Final = 200
"""Most characters of an operating system's name that are looked at: the patterns take the square of them."""


def _of_host(host: Host) -> Iterator[Claim]:
    if answering := survey(host, DICOM).offered:
        why = f"it answers DICOM on {listed(answering)}, as imaging devices, archives and viewing stations do"
        yield Claim("modality", Strength.SAID, why)
    for port in host.open():
        for service in (port.service, *port.others):
            if service.identified and (kind := _of_service(service)):
                yield Claim(kind, Strength.SAID, f"{service.product or service.name} answers on {port}")
    for script in host.scripts:
        if script.id == "smb-os-discovery" and (system := script.value("os")):
            yield from _of_system(system, "over SMB it names its operating system")
    card = host.mac_vendor.casefold()
    for kind, makers in OF_CARDS.items():
        if card.startswith(makers):
            yield Claim(kind, Strength.GUESSED, f"its network card is of {host.mac_vendor}")
    if kind := _ZONES.get(host.zone_kind, ""):
        yield Claim(kind, Strength.PLACED, f"it stands in a zone of the kind {host.zone_kind}")


def _of_service(service: Service) -> str:
    return next(
        (
            kind
            for kind, names, products in _SERVICES
            if re.fullmatch(names, service.name) and re.search(products, service.product, re.IGNORECASE)
        ),
        "",
    )


def _of_system(system: str, where: str) -> Iterator[Claim]:
    system = system[:_LONGEST]
    if _SERVER.search(system):
        yield Claim("server", Strength.SAID, f"{where}, {system}")
    elif _CLIENT.search(system):
        yield Claim("workstation", Strength.SAID, f"{where}, {system}")


# ── what an agent and a directory say ────────────────────────────────────────────────────────────────────────────

_ENTERPRISES = "1.3.6.1.4.1."
_GENERAL = ("linux", "freebsd", "windows", "hardware:", "darwin", "sunos", "vmware")
_SERVER_TRUST = 0x2000
"""SERVER_TRUST_ACCOUNT of userAccountControl: a domain controller (MS-ADTS 2.2.16)."""


def _of_device(device: Device) -> Iterator[Claim]:
    if not isinstance(device.ups, Missing):
        yield Claim("ups", Strength.SAID, "its SNMP agent has UPS-MIB")
    if not isinstance(device.printer, Missing):
        yield Claim("printer", Strength.SAID, "its SNMP agent has Printer-MIB")
    description = known(device.description, "")
    general = description.casefold().startswith(_GENERAL)
    if not isinstance(device.learned, Missing) and device.learned.rows and not general:
        yield Claim("network", Strength.SAID, "its SNMP agent has the forwarding table of a switch")
    if description.startswith("VMware ESX"):
        yield Claim("hypervisor", Strength.SAID, "its SNMP agent describes itself as VMware ESX")
    number = known(device.object_id, "").removeprefix(_ENTERPRISES)
    product = max((each for each in PRODUCTS if f"{number}.".startswith(f"{each}.")), key=len, default="")
    if product:
        yield Claim(PRODUCTS[product], Strength.SAID, f"its SNMP agent names itself {_ENTERPRISES}{number}")
        return
    maker = number.partition(".")[0]
    for kind, numbers in OF_AGENTS.items():
        if maker.isdecimal() and len(maker) < 9 and int(maker) in numbers:  # noqa: PLR2004  # they have 5 digits
            yield Claim(kind, Strength.GUESSED, f"its SNMP agent is of {known(device.vendor, '') or f'maker {maker}'}")


def _of_computer(computer: Computer) -> Iterator[Claim]:
    if computer.flag(_SERVER_TRUST) is True:
        yield Claim("domain-controller", Strength.SAID, "its directory account is that of a domain controller")
    yield from _of_system(known(computer.operating_system, ""), "its directory account names its operating system")


# ── words of people ──────────────────────────────────────────────────────────────────────────────────────────────

_WORDS: Final[Sequence[tuple[str, str]]] = (
    ("modality", r"modalit(?:y|ies)|imaging|ct|ct scanner|mri?|mri scanner|x-?ray|ultrasound|pet(?:/ct)?"),
    ("modality", r"c-?arm|mammograph\w*|fluoroscop\w*|radiograph\w*|angiograph\w*|computed radiography|dr panel"),
    (
        "medical-device",
        r"(?:bio)?medical.*|infusion.*|(?:.* )?pump|(?:.* )?patient monitor.*|(?:.* )?ventilator.*|iomt.*",
    ),
    (
        "medical-device",
        r"defibrillator.*|e[ck]g.*|electrocardiograph|.*dialysis.*|ana?esthesia.*|.*analy[sz]er|glucometer",
    ),
    ("medical-device", r"incubator|telemetry.*|clinical device|point[- ]of[- ]care.*|central station"),
    ("domain-controller", r"domain controllers?|dc|active directory.*"),
    ("hypervisor", r"hypervisor|esxi?(?: host)?|vm host|virtuali[sz]ation host"),
    ("bmc", r"bmc|ilo|idrac|ipmi|lights[- ]out.*|management controller"),
    ("ups", r"ups|uninterruptible.*|power supply"),
    ("printer", r"(?:.* )?printers?|mfp|multi-?function.*|copiers?|plotter"),
    ("network", r"(?:.* )?switch|(?:.* )?router|(?:.* )?firewall|access points?|wireless.*|wap|ap|network.*|gateway"),
    ("network", r"load balancer|vpn.*"),
    ("camera", r"(?:.* )?cameras?|cctv|nvr|dvr"),
    ("phone", r"(?:.* )?phones?|voip.*|telephone"),
    ("building-control", r"building.*|hvac.*|bms|bas|bacnet.*|elevator.*|access control.*|door controller"),
    ("storage", r"storage.*|nas|san|disk array|tape library"),
    ("server", r"(?:.* )?servers?|virtual machine|vm"),
    ("workstation", r"(?:.* )?workstations?|pcs?|desktops?(?: .*)?|laptops?(?: .*)?|notebooks?|computers?|tablet"),
    ("workstation", r"thin client"),
)


def class_of_words(text: str) -> str:
    """The class that usual words for a kind of device mean, or nothing."""
    folded = " ".join(text.casefold().split())[:100]
    if folded in CLASSES:
        return folded
    return next((kind for kind, pattern in _WORDS if re.fullmatch(pattern, folded)), "")
