"""pacs-web-over-http."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
WEB, DICOM = "80,8042,8080", "104,2761,2762,4242,11112"
SECURE = script("http-title", "Did not follow redirect to https://x/", redirect_url="https://x/")
RAW = script("fingerprint-strings", 'GetRequest: \n    HTTP/1.1 401 Unauthorized\n    realm="Orthanc Secure Area"')


def page(title):
    return script("http-title", title, title=title)


def http(*scripts, number=80, **more):
    return port(number, "http", scripts=scripts, **more)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(http(page("Orthanc Explorer"), number=8042)), FAIL),
        (host(http(page("Radiology PACS"))), FAIL),
        (host(http(product="Orthanc DICOM server httpd")), FAIL),
        (host(port(8042, "fs-agent", method="table", scripts=[RAW])), FAIL),
        (host(http(page("OHIF Viewer"), number=3000), closed=f"{WEB},{DICOM}"), FAIL),
        (host(http(SECURE), closed="8042,8080"), PASS),
        (host(http(page("Cafeteria")), closed=f"8042,8080,{DICOM}"), Outcome.NOT_APPLICABLE),
        (host(http(page("Space Pacstation")), closed=f"8042,8080,{DICOM}"), Outcome.NOT_APPLICABLE),
        (host(http(page("Cafeteria")), closed="8042,8080"), UNKNOWN),
        (host(http(page("Cafeteria")), port(104, "acr-nema", method="table"), closed=f"8042,8080,{DICOM}"), UNKNOWN),
        (host(http(page("")), closed=f"8042,8080,{DICOM}"), UNKNOWN),
        (host(http(), closed=f"8042,8080,{DICOM}"), UNKNOWN),
        (host(port(80, "http", method="table", scripts=[page("PACS")]), closed="8042,8080"), UNKNOWN),
        (host(), UNKNOWN),
        (host(filtered=WEB), UNKNOWN),
        (host(closed=WEB), Outcome.NOT_APPLICABLE),
        (host(http(page("PACS"), number=443, tunnel="ssl"), closed=WEB), Outcome.NOT_APPLICABLE),
    ],
)
def test_pacs_web_over_http(given, outcome):
    assert verdict("pacs-web-over-http", given) is outcome
