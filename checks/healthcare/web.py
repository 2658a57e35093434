"""Image archives, viewers, portals and clinical interfaces on the web."""

from __future__ import annotations

import re

from posture import Missing, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Host, Port
from posture.services import DICOM, HTTP, each, result, survey

VIEWER = re.compile(
    r"\b(?:orthanc|ohif|oviyam|dcm4che\w*|weasis|osirix|clearcanvas|conquest dicom|synapse pacs|impax|intellispace pacs"
    r"|carestream vue|eunity|centricity pacs|pacs|dicom)\b",
    re.IGNORECASE,
)


@check("pacs-web-over-http", title="Images can be viewed without encryption (HTTP)", severity=Severity.HIGH)
def pacs_web_over_http(host: Host) -> Verdict:
    """No image archive or viewer has its web page on plain HTTP.

    A page is known by its title, or by what the server calls itself. A page that is not known is not applicable where
    the host offers no DICOM, and unknown where it may.

    Why it matters:
        The password of the doctor, and every image with the patient's name on it, cross the network as plain text.

    How to fix:
        Serve the viewer over HTTPS (a reverse proxy does where the product can't), and let HTTP do nothing but redirect
        there.

    Sources:
        45 CFR 164.312(e)(2)(ii); Orthanc Book, "Securing Orthanc".
    """
    dicom = survey(host, DICOM)
    silent = not (dicom.offered or dicom.unidentified or dicom.unanswered)
    return each(host, HTTP, lambda port: _port(port, no_dicom=silent), identified_only=True)


def _port(port: Port, *, no_dicom: bool) -> Verdict:
    title = result(port, "http-title")
    named = port.service.identified_as(*HTTP.names)
    shown = result(port, "fingerprint-strings")
    said = [port.service.product, "" if isinstance(title, Missing) else title.value("title") or ""]
    if not named and not isinstance(shown, Missing):
        said.append(shown.output)
    if found := next(filter(None, map(VIEWER.search, said)), None):
        return failed(f"An image archive or viewer answers on {port} without TLS (“{found.group()}”)", port)
    if isinstance(title, Missing):
        return unknown(title, port, answer=f"Scan {port} with the script http-title.")
    if (title.value("redirect_url") or "").startswith("https://"):
        return passed(f"The page on {port} sends its visitors to HTTPS", port)
    if no_dicom and named and title.value("title"):
        return not_applicable(f"The page on {port} is of no known viewer, and the host offers no DICOM", port)
    return unknown(
        f"The page on {port} is of no known viewer; whether it shows images is not known",
        port,
        answer="Look at the page.",
    )


PORTAL = re.compile(
    r"\b(?:hapi fhir|fhir (?:r\db? )?(?:server|api|endpoint|gateway|service)|smart on fhir|mychart|patient portal"
    r"|followmyhealth|epiccare link|openemr|openmrs|bahmni)\b",
    re.IGNORECASE,
)
FHIR = re.compile(r"application/fhir\+(?:json|xml)|\"resourceType\"\s*:\s*\"(?:OperationOutcome|CapabilityStatement)\"")


@check(
    "clinical-portal-over-http",
    title="A portal or clinical interface works without encryption (HTTP)",
    severity=Severity.HIGH,
)
def clinical_portal_over_http(host: Host) -> Verdict:
    """No patient portal, clinical portal or FHIR interface answers on plain HTTP.

    A page is known by its title, by what the server calls itself, or by a FHIR answer. One that sends its visitors to
    HTTPS passes. What lies behind other first pages, nobody looked at: that stays unknown.

    Why it matters:
        Diagnoses, results and the password of a patient or doctor cross the network as plain text, the internet
        included where the portal is public.

    How to fix:
        Serve the portal and its interfaces over HTTPS only, and let HTTP do nothing but redirect there. An interface
        for programs is better closed on HTTP, since programs send their data before they read the redirect.

    Sources:
        45 CFR 164.312(e)(2)(ii); HL7 FHIR, "Security" (TLS for all production exchange).
    """
    return each(host, HTTP, _portal, identified_only=True)


def _portal(port: Port) -> Verdict:
    title = result(port, "http-title")
    shown = result(port, "fingerprint-strings")
    if not isinstance(title, Missing) and (title.value("redirect_url") or "").startswith("https://"):
        return passed(f"The page on {port} sends its visitors to HTTPS", port)
    if not isinstance(shown, Missing) and FHIR.search(shown.output):
        return failed(f"FHIR is answered on {port} without TLS", port)
    said = [port.service.product, "" if isinstance(title, Missing) else title.value("title") or ""]
    if found := next(filter(None, map(PORTAL.search, said)), None):
        return failed(f"A portal or clinical interface answers on {port} without TLS (“{found.group()}”)", port)
    if isinstance(title, Missing):
        return unknown(title, port, answer=f"Scan {port} with the script http-title.")
    return unknown(
        f"The page on {port} is of no known portal; whether it serves clinical data is not known",
        port,
        answer="Look at the page, or let HTTP do nothing but redirect to HTTPS.",
    )
