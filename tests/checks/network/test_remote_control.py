"""remote-control-software."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
PORTS = "4899,5938,6129,6783-6785,7070,8040,8041"
ANYDESK = script("ssl-cert", "Subject: commonName=AnyDesk Client\nIssuer: commonName=AnyDesk Client")
SCREENCONNECT = script("fingerprint-strings", "GetRequest: \n    HTTP/1.1 200 OK\n    Server: ScreenConnect/23.9")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(port(5938, "teamviewer")), FAIL),
        (host(port(4900, "radmin"), closed=PORTS), FAIL),
        (host(port(7070, "realserver", method="table", tunnel="ssl", scripts=[ANYDESK])), FAIL),
        (host(port(5938, "http", product="TeamViewer httpd")), FAIL),
        (host(port(8040, "ampify", method="table", scripts=[SCREENCONNECT]), closed=PORTS), FAIL),
        (host(closed=PORTS), PASS),
        (host(port(7070, "rtsp"), closed=PORTS), PASS),
        (host(port(443, "http", tunnel="ssl"), closed=PORTS), PASS),
        (host(port(8040, "http", product="Microsoft HTTPAPI httpd"), closed=PORTS), UNKNOWN),
        (host(port(5938, "teamviewer", method="table"), closed=PORTS), UNKNOWN),
        (host(port(4899), closed=PORTS), UNKNOWN),
        (host(closed="4899,5938,6129,6783-6785,7070,8040"), UNKNOWN),
        (host(filtered=PORTS), UNKNOWN),
        (host(), UNKNOWN),
    ],
)
def test_remote_control_software(given, outcome):
    assert verdict("remote-control-software", given) is outcome
