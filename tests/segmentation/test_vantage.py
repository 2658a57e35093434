from datetime import UTC, datetime

import pytest

from posture.model import AskedNmap, Envelope, Evidence
from posture.segmentation.vantage import greeting, vantage, vantage_zone


@pytest.mark.parametrize(
    ("host", "zone", "text"),
    [
        ("laptop", "users", "zone:users@laptop"),
        ("", "users", "zone:users"),
        ("laptop", None, "laptop"),
        ("laptop", "", "laptop"),
        ("", None, ""),
    ],
)
def test_a_vantage_is_a_host_a_zone_or_both_and_its_zone_can_be_read_again(host, zone, text):
    assert vantage(host, zone) == text
    assert vantage_zone(text) == (zone or None)


@pytest.mark.parametrize("text", [None, "", "laptop", "users@laptop", "zone:", "zone:@laptop", "Zone:users"])
def test_where_nobody_said_a_zone_there_is_none(text):
    assert vantage_zone(text) is None


def test_a_greeting_has_the_nonce_and_nothing_that_ends_a_line():
    assert greeting("00ff") == "posture-canary/1 00ff"


def test_evidence_of_before_vantages_keeps_its_hash():
    envelope = Envelope(
        collector="nmap",
        format="nmap-xml",
        outcome="complete",
        probe="nmap/ports/servers/10.0.0.0-24",
        vantage=vantage("scanner", None),
        operator="dana",
        zone="servers",
        targets=("10.0.0.1",),
        asked=AskedNmap(tcp="22,80"),
        started=datetime(2026, 1, 1, tzinfo=UTC),
        ended=datetime(2026, 1, 1, 0, 1, tzinfo=UTC),
    )

    # As version 0.1 wrote it.
    assert Evidence.of(envelope, b"<nmaprun/>").id == "d4bb7f7f3367b97d2b5ca429035626a2f62968f645c63495d0c3bebd3fd6ae76"
