"""What runs on machines and devices, beside the lists that the hospital gives in posture.toml."""

from __future__ import annotations

from collections.abc import Iterable

from posture import Missing, Scope, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Device
from posture.patterns import fits

WINDOWS = ("1.3.6.1.4.1.311.1.1.3.1.", "1.3.6.1.4.1.8072.3.2.13.")
SHOWN, LONGEST = 5, 200


def _found(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    patterns = tuple(patterns)
    return [name for name in names if any(fits(pattern, name) for pattern in patterns)]


def _is_windows(device: Device) -> bool | None:
    """Whether it runs Windows, by its sysObjectID and its own description; None where it is not known."""
    match device.object_id, device.description:
        case (str(object_id), _) if f"{object_id}.".startswith(WINDOWS):
            return True
        case (_, str(description)) if "windows" in description.casefold():
            return True
        case (str(), str() | Missing(why="absent")):
            return False
        case _:
            return None


@check(
    "endpoint-protection-missing",
    title="Windows machines run without the hospital's endpoint protection",
    severity=Severity.MEDIUM,
)
def endpoint_protection_missing(device: Device, scope: Scope) -> Verdict:
    """Every Windows machine that answers SNMP runs a process of the endpoint protection that the hospital names.

    A process shows that the product runs, not that it is up to date. Its name is all that is looked at.

    Why it matters:
        Ransomware starts on the machines that the protection was never installed on, or where somebody stopped it.

    How to fix:
        Install the endpoint protection and see that it reports to its console. Name its processes in posture.toml
        under [software].

    Sources:
        45 CFR 164.308(a)(5)(ii)(B); RFC 2790 (hrSWRunName).
    """
    match _is_windows(device):
        case False:
            return not_applicable("It does not run Windows (sysObjectID, sysDescr)")
        case None:
            return unknown("Whether it runs Windows (sysObjectID, sysDescr) is not known")
    wanted = scope.software.endpoint_protection
    if not wanted:
        return unknown(
            "The processes of your endpoint protection are not declared",
            answer="Set endpoint_protection under [software] in posture.toml, and audit again.",
        )
    match device.running:
        case Missing(why="absent"):
            return unknown("It does not show what runs on it (hrSWRunName)")
        case Missing() as why:
            return unknown(f"What runs on it (hrSWRunName) is not known: {why}")
        case running if found := _found(wanted, running.names):
            return passed(f"It runs {found[0]} (hrSWRunName)")
        case running if running.whole:
            return failed(f"It runs none of {', '.join(wanted[:SHOWN])} (hrSWRunName)", severity=Severity.LOW)
        case _:
            return unknown("The list of what runs on it (hrSWRunName) is not known to be whole")


@check("software-unapproved", title="Software that your policy forbids is installed", severity=Severity.MEDIUM)
def software_unapproved(device: Device, scope: Scope) -> Verdict:
    """No machine lists software that the hospital does not allow.

    Programs that were not installed in the system's own way are not in its list.

    Why it matters:
        Remote control, file sharing and software without updates are common ways in, and nobody watches them.

    How to fix:
        Remove the software, or approve it and take it out of the list in posture.toml under [software].

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); RFC 2790 (hrSWInstalledName).
    """
    unwanted = scope.software.unapproved
    if not unwanted:
        return unknown(
            "Software that must not be installed is not declared",
            answer="Set unapproved under [software] in posture.toml, and audit again.",
        )
    match device.installed:
        case Missing(why="absent"):
            return unknown("It does not show what is installed on it (hrSWInstalledName)")
        case Missing() as why:
            return unknown(f"What is installed on it (hrSWInstalledName) is not known: {why}")
        case installed if found := _found(unwanted, installed.names):
            return failed(f"{', '.join(found[:SHOWN])} is installed (hrSWInstalledName)", severity=Severity.LOW)
        case installed if installed.whole:
            return passed(f"None of the {len(installed.names)} programs that it lists is on your list of unapproved")
        case _:
            return unknown("The list of what is installed on it (hrSWInstalledName) is not known to be whole")


@check("firmware-unsupported", title="Devices run firmware that gets no more updates", severity=Severity.HIGH)
def firmware_unsupported(device: Device, scope: Scope) -> Verdict:
    """No device runs firmware that the hospital lists as unsupported.

    It passes only with firmware that the list names as supported. A device that names its firmware wrongly is judged
    wrongly.

    Why it matters:
        Weaknesses that are found in it stay open for as long as the device runs.

    How to fix:
        Update the firmware, or plan the replacement of the device. Until then let only those networks reach it that
        have to. Keep the list in posture.toml under [[software.firmware]] from your vendors' notices.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); RFC 6933 (entPhysicalSoftwareRev, entPhysicalFirmwareRev); RFC 3418 (sysDescr).
    """
    if isinstance(device.vendor, Missing):
        return unknown(f"Its vendor is not known: {device.vendor}")
    vendor, model = device.vendor, "" if isinstance(device.model, Missing) else device.model
    lines = [each for each in scope.software.firmware if fits(each.vendor, vendor) and fits(each.model, model)]
    said = [text for text in (device.firmware, device.description) if isinstance(text, str)]
    if found := _found((pattern for line in lines for pattern in line.unsupported), said):
        return failed(f"Its firmware is on your list of unsupported: {found[0][:LONGEST]}")
    if not lines:
        return unknown(
            f"Your list says nothing of this firmware of {vendor}",
            answer="Add the vendor's versions under [[software.firmware]] in posture.toml, and audit again.",
        )
    for text in (device.firmware, device.description, device.model):
        if isinstance(text, Missing) and text.why != "absent":
            return unknown(f"Its firmware, description or model is not known: {text}")
    if found := _found((pattern for line in lines for pattern in line.supported), said):
        return passed(f"Its firmware is on your list of supported: {found[0][:LONGEST]}")
    return unknown("Its firmware is in neither of your lists, or it does not name it")
