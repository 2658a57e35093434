"""telephony-cleartext."""

from __future__ import annotations

import pytest

from posture.facts import Collapsed
from posture.model import Outcome
from posture.testing import host, port, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
BOTH = tuple(Collapsed(protocol=protocol, state="closed", ports="5060") for protocol in ("tcp", "udp"))
UDP = BOTH[1:]


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(port(5060, "sip")), FAIL),
        (host(port(5060, "sip"), port(5061, "sip", tunnel="ssl"), collapsed=UDP), FAIL),
        (host(port(5060, "sip", protocol="udp")), FAIL),
        (host(port(5080, "sip-proxy"), collapsed=BOTH), FAIL),
        (host(collapsed=BOTH), PASS),
        (host(port(5060, "sip", tunnel="ssl"), collapsed=UDP), PASS),
        (host(port(5060, "http"), collapsed=UDP), PASS),
        (host(closed="5060"), UNKNOWN),
        (host(collapsed=UDP), UNKNOWN),
        (host(port(5060, "sip", method="table"), collapsed=UDP), UNKNOWN),
        (host(closed="5060", collapsed=(Collapsed(protocol="udp", state="open|filtered", ports="5060"),)), UNKNOWN),
        (host(), UNKNOWN),
    ],
)
def test_telephony_cleartext(given, outcome):
    assert verdict("telephony-cleartext", given) is outcome
