"""vnc-without-authentication and x11-open."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
VENCRYPT, TIGHT, TLS = "VeNCrypt auth subtypes", "Tight auth subtypes", "TLS auth subtypes"


def info(*types, warning=None, **subtypes):
    values = {f"Security types__{at}__type": number for at, number in enumerate(types)}
    for table, numbers in subtypes.items():
        values |= {f"{table}__{at}__type": number for at, number in enumerate(numbers)}
    values |= {"WARNING": warning} if warning else {}
    return script("vnc-info", "\n  Protocol version: 3.8", **values)


def vnc(given, number=5900):
    return port(number, "vnc", scripts=[given])


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(vnc(info("1"))), FAIL),
        (host(vnc(info("2", "1"))), FAIL),
        (host(vnc(info("19", "2", **{VENCRYPT: ["2", "257"]}))), FAIL),
        (host(vnc(info("19", **{VENCRYPT: ["260"]}))), FAIL),
        (host(vnc(info("18", **{TLS: ["1"]}))), FAIL),
        (host(vnc(info("16", **{TIGHT: ["2"]}, warning="Server does not require authentication"))), FAIL),
        (host(vnc(info("1"), number=5950), closed="5900-5902"), FAIL),
        (host(vnc(info("2")), closed="5901-5902"), PASS),
        (host(vnc(info("19", "2", **{VENCRYPT: ["258"]})), closed="5901-5902"), PASS),
        (host(vnc(info("19", "2")), closed="5901-5902"), UNKNOWN),
        (host(vnc(info("16", "2")), closed="5901-5902"), UNKNOWN),
        (host(vnc(info()), closed="5901-5902"), UNKNOWN),
        (host(vnc(info("2"))), UNKNOWN),
        (host(vnc(info("2")), port(5901, "vnc"), closed="5902"), UNKNOWN),
        (host(port(5900, "vnc", scripts=[script("vnc-info", "ERROR: Handshake failed")]), closed="5901-5902"), UNKNOWN),
        (host(port(5900, "vnc", method="table"), closed="5901-5902"), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed="5900-5902"), Outcome.NOT_APPLICABLE),
    ],
)
def test_vnc_without_authentication(given, outcome):
    assert verdict("vnc-without-authentication", given) is outcome


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(port(6000, scripts=[script("x11-access", "X server access is granted")])), FAIL),
        (host(port(6000, "X11", extra="open")), FAIL),
        (host(port(6001, "X11", extra="open"), closed="6000"), FAIL),
        (host(port(6000, "X11", extra="access denied")), PASS),
        (host(port(6000, scripts=[script("fingerprint-strings", "X11Probe: \n Authorization required")])), PASS),
        (host(port(6000, scripts=[script("fingerprint-strings", "GetRequest: \n Authorization required")])), UNKNOWN),
        (host(port(6000, "X11", method="table", extra="open")), UNKNOWN),
        (host(port(6000, asked=["x11-access"])), UNKNOWN),
        (host(filtered="6000"), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed="6000"), Outcome.NOT_APPLICABLE),
    ],
)
def test_x11_open(given, outcome):
    assert verdict("x11-open", given) is outcome
