"""clinical-portal-over-http."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
WEB = "80,8042,8080"
SECURE = script("http-title", "Did not follow redirect to https://x/", redirect_url="https://x/")
FHIR = script("fingerprint-strings", "GetRequest: \n    HTTP/1.1 200 OK\n    Content-Type: application/fhir+json")


def page(title):
    return script("http-title", title, title=title)


def http(*scripts, number=80, **more):
    return port(number, "http", scripts=scripts, **more)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(http(page("HAPI FHIR Server"))), FAIL),
        (host(http(page("MyChart - Login Page"))), FAIL),
        (host(http(page("Riverside Patient Portal"), number=3000), closed=WEB), FAIL),
        (host(http(product="HAPI FHIR")), FAIL),
        (host(port(8080, "http-proxy", method="table", scripts=[FHIR]), closed="80,8042"), FAIL),
        (host(http(SECURE), closed="8042,8080"), PASS),
        (host(http(SECURE)), UNKNOWN),
        (host(http(page("Cafeteria")), closed="8042,8080"), UNKNOWN),
        (host(http(), closed="8042,8080"), UNKNOWN),
        (host(port(80, "http", method="table", scripts=[page("MyChart")]), closed="8042,8080"), UNKNOWN),
        (host(filtered=WEB), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed=WEB), Outcome.NOT_APPLICABLE),
        (host(http(page("MyChart"), number=443, tunnel="ssl"), closed=WEB), Outcome.NOT_APPLICABLE),
    ],
)
def test_clinical_portal_over_http(given, outcome):
    assert verdict("clinical-portal-over-http", given) is outcome
