"""telnet-offered and r-services-offered."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(services={23: "telnet"}), FAIL),
        (host(services={2323: "telnet"}, closed="23"), FAIL),
        (host(port(23, scripts=[script("telnet-encryption", "\n  Telnet server supports encryption")])), FAIL),
        (host(port(23, scripts=[script("banner", r"\xFF\xFD\x18\xFF\xFD \xFF\xFD#\xFF\xFD'")])), FAIL),
        (host(port(23, scripts=[script("telnet-encryption", "Telnet server does not support encryption")])), UNKNOWN),
        (host(port(23, scripts=[script("banner", "220 ready")])), UNKNOWN),
        (host(port(23, "telnet", method="table")), UNKNOWN),
        (host(filtered="23"), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed="23"), PASS),
        (host(port(992, "telnet", tunnel="ssl"), closed="23"), PASS),
        (host(services={23: "ssh"}), PASS),
    ],
)
def test_telnet_offered(given, outcome):
    assert verdict("telnet-offered", given) is outcome


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(services={512: "exec"}), FAIL),
        (host(services={513: "login"}, closed="512,514"), FAIL),
        (host(services={514: "shell"}, filtered="512-513"), FAIL),
        (host(port(513, "tcpwrapped"), closed="512,514"), UNKNOWN),
        (host(port(513, "login", method="table"), closed="512,514"), UNKNOWN),
        (host(closed="512-513"), UNKNOWN),
        (host(closed="512-514"), PASS),
    ],
)
def test_r_services_offered(given, outcome):
    assert verdict("r-services-offered", given) is outcome
