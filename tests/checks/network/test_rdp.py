"""rdp-without-nla."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN


def rdp(*modes, number=3389, **more):
    lines = "".join(f"    {mode}\n" for mode in modes)
    return port(number, scripts=[script("rdp-enum-encryption", f"\n  Security layer\n{lines}")], **more)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(rdp("CredSSP (NLA): SUCCESS", "Native RDP: SUCCESS", "SSL: SUCCESS")), FAIL),
        (host(rdp("SSL: SUCCESS")), FAIL),
        (host(rdp("CredSSP (NLA): SUCCESS", "SSL: SUCCESS")), FAIL),
        (host(rdp("Native RDP: SUCCESS", number=13389), closed="3389"), FAIL),
        (host(rdp("CredSSP (NLA): SUCCESS", "CredSSP with Early User Auth: SUCCESS")), PASS),
        (host(rdp("CredSSP (NLA): SUCCESS", "  40-bit RC4: SUCCESS")), PASS),
        (host(rdp("CredSSP (NLA): SUCCESS", "RDSTLS: SUCCESS")), UNKNOWN),
        (host(rdp("CredSSP (NLA): SUCCESS", "Native RDP: Unknown")), UNKNOWN),
        (host(rdp()), UNKNOWN),
        (host(port(3389, "ms-wbt-server")), UNKNOWN),
        (host(port(3389, scripts=[script("rdp-enum-encryption", "ERROR: Script execution failed")])), UNKNOWN),
        (host(filtered="3389"), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed="3389"), Outcome.NOT_APPLICABLE),
    ],
)
def test_rdp_without_nla(given, outcome):
    assert verdict("rdp-without-nla", given) is outcome
