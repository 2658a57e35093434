"""tftp-offered."""

from __future__ import annotations

import msgspec
import pytest

from posture.facts import Collapsed
from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
CLOSED = (Collapsed(protocol="udp", state="closed", ports="69"),)
SILENT = (Collapsed(protocol="udp", state="open|filtered", ports="69"),)


def tftp(service="tftp", number=69, **more):
    return port(number, service, protocol="udp", **more)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(tftp()), FAIL),
        (host(tftp(number=6969), collapsed=CLOSED), FAIL),
        (host(tftp("", scripts=[script("tftp-enum", "\n  startup-config")])), FAIL),
        (host(collapsed=CLOSED), PASS),
        (host(tftp("dhcps")), PASS),
        (host(tftp(method="table")), UNKNOWN),
        (host(tftp("")), UNKNOWN),
        (host(msgspec.structs.replace(tftp(), state="open|filtered")), UNKNOWN),
        (host(collapsed=SILENT), UNKNOWN),
        (host(closed="1-65535"), UNKNOWN),
        (host(port(69, "tftp")), UNKNOWN),
        (host(), UNKNOWN),
    ],
)
def test_tftp_offered(given, outcome):
    assert verdict("tftp-offered", given) is outcome
