"""hl7-cleartext."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
MESSAGE = r"\x0BMSH|^~\&|ENGINE|HOSPITAL|||20260101||ACK|1|P|2.5"
CERTIFICATE = script("ssl-cert", "Subject: commonName=engine")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(port(2575, scripts=[script("banner", MESSAGE)])), FAIL),
        (host(port(6661, scripts=[script("fingerprint-strings", f"GenericLines: \n    {MESSAGE}")])), FAIL),
        (host(port(2575, scripts=[CERTIFICATE]), closed="6661"), PASS),
        (host(port(2575, tunnel="ssl"), closed="6661"), PASS),
        (host(port(2575, "hl7", tunnel="ssl", scripts=[script("fingerprint-strings", MESSAGE)]), closed="6661"), PASS),
        (host(port(2575, "hl7", method="table", asked=["ssl-cert"]), closed="6661"), UNKNOWN),
        (host(port(2575, scripts=[script("banner", "hello")]), closed="6661"), UNKNOWN),
        (host(port(2575, scripts=[script("ssl-cert", "ERROR: no")]), closed="6661"), UNKNOWN),
        (host(closed="2575"), UNKNOWN),
        (host(filtered="2575,6661"), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed="2575,6661"), Outcome.NOT_APPLICABLE),
    ],
)
def test_hl7_cleartext(given, outcome):
    assert verdict("hl7-cleartext", given) is outcome


def test_hl7_by_the_name_that_nmap_has_for_it_is_not_taken_for_something_else():
    assert verdict("hl7-cleartext", host(port(2575, "hl7-mlp"), closed="6661")) is UNKNOWN
