"""Clinical systems within reach of zones that have no business with them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from posture import Missing, Scope, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Facts, Host, Port
from posture.model import Outcome
from posture.segmentation.crossing import crossing
from posture.segmentation.rules import DICOM, ENGINE, HL7, INTERSYSTEMS, WEB
from posture.services import Kind, each, result


@check("dicom-crosses-zones", title="Imaging systems can be reached from other zones (DICOM)", severity=Severity.HIGH)
def dicom_crosses_zones(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No DICOM service is open to another zone that your policy denies it.

    Posture sends nothing to 104, 2761, 2762 and 11112/tcp of devices that clinical engineering has not approved. These
    fail where they are open to a denied zone and others are not, known by their number.

    Why it matters:
        Most archives give images to whoever knows their name. From a workstation or the guests' network an intruder
        copies, changes or deletes the images of any patient.

    How to fix:
        Let only modalities, archives and viewers reach the DICOM ports, and declare their flows in posture.toml.

    Sources:
        45 CFR 164.312(a)(1); NIST SP 1800-24 (PACS), 4; DICOM PS3.15.
    """
    yield from crossing(hosts, scope, DICOM)


@check("hl7-crosses-zones", title="Clinical messages can be sent from other zones (HL7)", severity=Severity.HIGH)
def hl7_crosses_zones(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No HL7 port is open to another zone that your policy denies it.

    Posture sends no HL7 messages, and nothing to 2575 and 6661/tcp of devices that clinical engineering has not
    approved. They fail where they are open to a denied zone and others are not, known by their number.

    Why it matters:
        An interface takes messages from whoever reaches it. A false order, result or discharge goes into the record as
        if the laboratory had sent it.

    How to fix:
        Let only the interface engine's partners reach these ports, and declare their flows in posture.toml.

    Sources:
        45 CFR 164.312(a)(1); HL7 Transport Specification: MLLP, Release 2; Duggal, "HL7 2.x Security" (2017).
    """
    yield from crossing(hosts, scope, HL7)


@check(
    "intersystems-database-reachable",
    title="The database of a record system can be reached by users",
    severity=Severity.CRITICAL,
)
def intersystems_database_reachable(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No InterSystems database (Caché, IRIS) answers users, guests or outsiders whom your policy denies it.

    Ports are 1972 and 51773/tcp, and 52773 and 57772/tcp of its portal. One that said what it is fails. 1972 or
    51773/tcp that is open to a denied zone, while others are not, and did not say what it is, fails at medium. They are
    counted here, and not in database-crosses-zones.

    Why it matters:
        Large record and laboratory systems keep every patient's data in such a database. Reached past the application,
        nothing limits or logs what is read.

    How to fix:
        Let only the application servers reach these ports, and administrators the portal, from a jump host.

    Sources:
        45 CFR 164.312(a)(1); InterSystems IRIS, "Secure InterSystems Ports".
    """
    yield from crossing(hosts, scope, INTERSYSTEMS)


CONSOLE = Kind(label="A web console", names=WEB, ports=(8080, 8443))
FIXED = (4, 4, 1)
"""The first version of Mirth Connect without CVE-2023-43208."""

_ENGINE = re.compile(r"(?:Mirth|NextGen) Connect", re.IGNORECASE)
_VERSION = re.compile(r"(?:Mirth|NextGen) Connect[^\n\d]{0,80}(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?", re.IGNORECASE)


@check(
    "interface-engine-console-exposed",
    title="The console of an interface engine is exposed or not updated",
    severity=Severity.CRITICAL,
)
def interface_engine_console_exposed(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No console of Mirth Connect (NextGen Connect) answers whom your policy denies it, or is older than 4.4.1.

    Denied are users, guests and outsiders. The console is known by its page's title. A page that names a version below
    4.4.1 fails wherever it was seen from; of one that names none, the version is unknown. Other pages are told apart by
    their titles.

    Why it matters:
        The engine carries every admission, order and result. Versions below 4.4.1 run any program for whoever reaches
        the console, without a log-in (CVE-2023-43208), and this is used by ransomware gangs.

    How to fix:
        Update to 4.4.1 or later at once, and let only administrators reach the console.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B), 164.312(a)(1); CVE-2023-43208; CISA Known Exploited Vulnerabilities, 20 May 2024.
    """
    yield from crossing(hosts, scope, ENGINE)
    for host in hosts:
        version = each(host, CONSOLE, _console, identified_only=True)
        # What is well in this respect may still be exposed: only the crossing can be good.
        if host.address not in scope.canaries and version.outcome in {Outcome.FAIL, Outcome.UNKNOWN}:
            yield msgspec.structs.replace(version, about=host)


def _console(port: Port) -> Verdict:
    title, shown = result(port, "http-title"), result(port, "fingerprint-strings")
    texts = [port.service.product, *(each.output for each in (title, shown) if not isinstance(each, Missing))]
    if any(map(_ENGINE.search, texts)):
        return _version(port, texts)
    if isinstance(title, Missing):
        return unknown(title, port, answer=f"Scan {port} with the script http-title.")
    if title.value("title"):
        return not_applicable(f"The page on {port} is of no interface engine", port)
    return unknown(f"The page on {port} has no title to know it by", port, answer="Look at the page.")


def _version(port: Port, texts: list[str]) -> Verdict:
    found = [tuple(int(part or 0) for part in match.groups()) for match in map(_VERSION.search, texts) if match]
    if not found:
        return unknown(
            f"Mirth Connect answers on {port}; its version did not show",
            port,
            answer="Look at the version in the console; below 4.4.1 it has CVE-2023-43208.",
        )
    version = min(found)
    named = ".".join(map(str, version))
    if version < FIXED:
        return failed(f"The page on {port} names Mirth Connect {named}, which has CVE-2023-43208", port)
    return passed(f"The page on {port} names Mirth Connect {named}", port)
