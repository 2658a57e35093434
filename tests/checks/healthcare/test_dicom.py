"""dicom-cleartext and dicom-any-ae-title."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
PORTS = "104,2761,2762,4242,11112"
OTHERS = "2761,2762,4242,11112"
CERTIFICATE = script("ssl-cert", "Subject: commonName=pacs")
FOUND = "DICOM Service Provider discovered!"


def ping(config):
    return script("dicom-ping", f"\n  dicom: {FOUND}\n  config: {config}", dicom=FOUND, config=config)


ANY, REJECTED = ping("Any AET is accepted (Insecure)"), ping("Called AET check enabled")
BROKEN = script("dicom-ping", "ERROR: Script execution failed (use -d to debug)")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(port(104, scripts=[ANY])), FAIL),
        (host(port(104, scripts=[REJECTED])), FAIL),
        (host(port(4242, "dicom", scripts=[REJECTED]), port(2762, scripts=[CERTIFICATE])), FAIL),
        (host(port(104, scripts=[ANY, CERTIFICATE])), FAIL),
        (host(port(5678, "dicom"), closed=PORTS), FAIL),
        (host(port(2762, scripts=[CERTIFICATE, BROKEN]), closed="104,2761,4242,11112"), PASS),
        (host(port(104, scripts=[CERTIFICATE], asked=["dicom-ping"]), closed=OTHERS), PASS),
        (host(port(2762, scripts=[CERTIFICATE]), closed="104,2761,4242,11112"), UNKNOWN),
        (host(port(104, "acr-nema", method="table"), closed=OTHERS), UNKNOWN),
        (host(port(4242, "vrml-multi-use", method="table"), closed="104,2761,2762,11112"), UNKNOWN),
        (host(port(104, scripts=[BROKEN]), closed=OTHERS), UNKNOWN),
        (host(closed="104"), UNKNOWN),
        (host(filtered=PORTS), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed=PORTS), Outcome.NOT_APPLICABLE),
        (host(port(4242, "http"), closed="104,2761,2762,11112"), Outcome.NOT_APPLICABLE),
    ],
)
def test_dicom_cleartext(given, outcome):
    assert verdict("dicom-cleartext", given) is outcome


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(port(104, scripts=[ANY])), FAIL),
        (host(port(104, scripts=[REJECTED]), port(11112, scripts=[ANY])), FAIL),
        (host(port(104, scripts=[REJECTED]), closed=OTHERS), UNKNOWN),
        (host(port(104, scripts=[script("dicom-ping")]), closed=OTHERS), UNKNOWN),
        (host(port(104, scripts=[BROKEN]), closed=OTHERS), UNKNOWN),
        (host(port(104, "dicom"), closed=OTHERS), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed=PORTS), Outcome.NOT_APPLICABLE),
    ],
)
def test_dicom_any_ae_title(given, outcome):
    assert verdict("dicom-any-ae-title", given) is outcome
