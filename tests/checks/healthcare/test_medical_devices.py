"""medical-device-cleartext-admin."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from posture.model import Outcome
from posture.registry import load_checks
from posture.testing import host, port, run_check, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
ADMIN = "21,23,512-514,5900-5902"
PREFIXES = Path("/usr/share/nmap/nmap-mac-prefixes")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(services={23: "telnet"}, zone_kind="medical-device"), FAIL),
        (host(services={5900: "vnc"}, zone_kind="imaging"), FAIL),
        (host(services={21: "ftp", 104: "dicom"}), FAIL),
        (host(services={514: "shell"}, mac="00:11:22:33:44:55", mac_vendor="Draeger Medical Systems"), FAIL),
        (host(services={2323: "telnet"}, closed=ADMIN, zone_kind="medical-device"), FAIL),
        (host(services={23: "telnet"}, zone_kind="server"), UNKNOWN),
        (host(services={23: "telnet"}, mac_vendor="Dell"), UNKNOWN),
        (host(services={23: "telnet"}), UNKNOWN),
        (host(port(23, "telnet", method="table"), closed="21,512-514,5900-5902", zone_kind="medical-device"), UNKNOWN),
        (host(filtered=ADMIN, zone_kind="medical-device"), UNKNOWN),
        (host(closed="21,23", zone_kind="medical-device"), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed=ADMIN, zone_kind="medical-device"), PASS),
        (host(closed=ADMIN), PASS),
        (host(services={22: "ssh"}, closed=ADMIN, mac_vendor="Mindray"), PASS),
    ],
)
def test_medical_device_cleartext_admin(given, outcome):
    assert verdict("medical-device-cleartext-admin", given) is outcome


def test_the_message_says_why_it_is_taken_for_a_medical_device():
    (observation,) = run_check("medical-device-cleartext-admin", host(services={23: "telnet", 104: "dicom"}))
    assert observation.message == "Telnet on 23/tcp, and it answers DICOM on 104/tcp"


def test_every_maker_is_in_nmaps_list():
    function = load_checks().by_id["medical-device-cleartext-admin"].function
    makers = sys.modules[function.__module__].MAKERS
    listed = {line.partition(" ")[2].casefold() for line in PREFIXES.read_text().splitlines()}
    assert [maker for maker in makers if not any(name.startswith(maker) for name in listed)] == []
    assert list(makers) == sorted(makers)
