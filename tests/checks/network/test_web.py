"""login-over-http."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
OTHERS = "8042,8080"

BASIC = script("http-auth", "\nHTTP/1.1 401 Unauthorized\n  Basic realm=Ward printer\n")
DIGEST = script("http-auth", "\nHTTP/1.1 401 Unauthorized\n  Digest realm=Basic things\n")
SECURE = script("http-title", "Did not follow redirect to https://x/", redirect_url="https://x/")
AWAY = script("http-title", "Did not follow redirect to http://y/", redirect_url="http://y/")
RAW = script(
    "fingerprint-strings", 'GetRequest: \n    HTTP/1.1 401 Unauthorized\n    WWW-Authenticate: Basic realm="x"'
)


def page(title):
    return script("http-title", title, title=title)


def http(*scripts, number=80, **more):
    return port(number, "http", scripts=scripts, **more)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(http(BASIC)), FAIL),
        (host(http(page("Infusion manager - Log in"))), FAIL),
        (host(http(page("Login"), number=8888), closed=f"80,{OTHERS}"), FAIL),
        (host(http(page("Sign-in"))), FAIL),
        (host(port(8042, "fs-agent", method="table", scripts=[RAW])), FAIL),
        (host(http(SECURE), http(BASIC, number=8080)), FAIL),
        (host(http(SECURE), closed=OTHERS), PASS),
        (host(http(SECURE)), UNKNOWN),
        (host(http(AWAY), closed=OTHERS), UNKNOWN),
        (host(http(page("Our blogins")), closed=OTHERS), UNKNOWN),
        (host(http(DIGEST), closed=OTHERS), UNKNOWN),
        (host(http(), closed=OTHERS), UNKNOWN),
        (host(port(80, "http", method="table", scripts=[page("Login")]), closed=OTHERS), UNKNOWN),
        (host(filtered=f"80,{OTHERS}"), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed=f"80,{OTHERS}"), Outcome.NOT_APPLICABLE),
        (host(http(page("Login"), number=443, tunnel="ssl"), closed=f"80,{OTHERS}"), Outcome.NOT_APPLICABLE),
    ],
)
def test_login_over_http(given, outcome):
    assert verdict("login-over-http", given) is outcome
