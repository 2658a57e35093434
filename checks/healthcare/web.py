"""Image archives and viewers on the web."""

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
