"""What crosses zones in a real network: servers, a firewall that drops and refuses, a canary, nmap from each zone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lab.command import POSTURE
from lab.truth.network import Hospital, Machine, Rule

from posture.facts import BlindSpot, Fact, Host
from posture.imports import load
from posture.judge import judge
from posture.model import Outcome
from posture.registry import collectors, load_checks
from posture.scope import LATERAL_PORTS, CanaryScope, OrganisationScope, Scope, Zone
from posture.testing import AS_OF

FAIL, PASS, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE

NONCE = "00112233445566778899aabbccddeeff"
HOLED, SHUT, CANARY, ARCHIVE = "10.10.0.10", "10.10.0.11", "10.10.0.9", "10.20.0.10"
NEIGHBOUR = "10.20.0.11"
"""Beside the archive: a scanner that hears two machines of its own zone has a cable."""
LISTENING = f"{LATERAL_PORTS},27017,9200"
ASKED = f"{LISTENING},104,2761,2762,4242,8080,8888"
MUTE = (
    "import socket, sys\n"
    "with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listener:\n"
    "    kept = []\n"
    "    while True:\n"
    "        kept.append(listener.accept())\n"
)
"""Takes connections and says nothing, as a modality does to whoever sends it nothing."""

SCOPE = Scope(
    organisation=OrganisationScope(name="Test"),
    zone=(
        Zone(id="users", kind="user", networks=("10.5.0.0/24",), reachable_from=()),
        Zone(id="servers", kind="server", networks=("10.10.0.0/24",), reachable_from=("management",)),
        Zone(id="imaging", kind="imaging", networks=("10.20.0.0/24",), reachable_from=("management",)),
        Zone(id="management", kind="management", networks=("10.70.0.0/24",), reachable_from=()),
    ),
    canary=(CanaryScope(zone="servers", address=CANARY, nonce=NONCE, tcp=LISTENING),),
)
ZONES = {"users": "10.5.0", "servers": "10.10.0", "imaging": "10.20.0", "management": "10.70.0"}


@dataclass(frozen=True)
class Refused:
    """Ports that the firewall refuses with a reset."""

    source: str
    target: str
    tcp: str

    def lines(self) -> Iterator[str]:
        yield f'iifname "{self.source}" oifname "{self.target}" tcp dport {{ {self.tcp} }} reject with tcp reset'


RULES = (
    Rule("management", "servers", everything=True),
    Rule("management", "imaging", everything=True),
    Rule("users", "servers", tcp="6379, 8080, 8888"),
    Rule("users", "imaging", tcp="11112"),
    Refused("users", "servers", "5985, 5986"),
)
"""Users are let through to three ports of servers and one of imaging, against the policy; all else is dropped."""


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """nmap's files from each zone that was stood in, while the canary ran."""
    folder = tmp_path_factory.mktemp("zones")
    with Hospital(ZONES, RULES) as hospital:
        holed = hospital.machine("servers", 10, alone=False)
        holed.start("redis-server", "--bind", HOLED, "--protected-mode", "no", "--save", "", port=6379)
        for number, title in ((8080, "Mirth Connect Administrator"), (8888, "Canteen")):
            site = folder / title
            site.mkdir()
            (site / "index.html").write_text(f"<title>{title}</title>")
            web = ("-m", "http.server", "-d", str(site), "-b", HOLED, str(number))
            holed.start(sys.executable, *web, port=number)
        hospital.machine("servers", 11, alone=False)
        hospital.machine("imaging", 11, alone=False)
        hospital.machine("imaging", 10, alone=False).start(sys.executable, "-c", MUTE, ARCHIVE, "11112", port=11112)
        listen = ("--listen", CANARY, "--zone", "servers", "--tcp", LISTENING, "--nonce", NONCE)
        hospital.machine("servers", 9, alone=False).start(*POSTURE, "canary", *listen, port=22)
        return {zone: list(scanned(hospital.zone(zone), folder)) for zone in ("management", "users", "imaging")}


def scanned(machine: Machine, folder: Path) -> Iterator[Path]:
    """As a careful engineer scans: by addresses, without a ping; and the archive of images is sent nothing."""
    identify = ("-sV", "--version-intensity", "2", "--script", "http-title,redis-info")
    for name, more, targets in (
        ("canary", ("--script", "banner"), [CANARY]),
        ("servers", identify, [HOLED, SHUT]),
        ("imaging", (), [ARCHIVE, NEIGHBOUR]),
    ):
        file = folder / f"{machine.zone}-{name}.xml"
        command = ("nmap", "-n", "-Pn", "-T4", "--max-retries", "1", "-p", ASKED, *more, "-oX", str(file), *targets)
        subprocess.run(machine.command(*command), check=True, capture_output=True)
        yield file


def outcomes(check: str, files: list[tuple[str, Path]]) -> dict[str, Outcome]:
    """What the check says of each host, by its address; of the whole scope under "".

    What is wanting, such as proof of a silence, is told once for the whole scope: it is said of all the other hosts.
    """
    readers = collectors()
    evidence = {each.id: each for zone, file in files for each in load([file], readers, zone).evidence}
    said = list(readers["nmap"].read(evidence.values(), SCOPE))
    spots = [each for each in said if isinstance(each, BlindSpot)]
    facts = [each for each in said if isinstance(each, Fact)]
    address = {key: fact.address for fact in facts if isinstance(fact, Host) for key in fact.ids}
    found = {}
    for each in judge(facts, spots, [load_checks().by_id[check]], SCOPE, AS_OF):
        for key in each.subjects or (each.subject,):
            found[address.get(key, "")] = each.outcome
    return {**{each: found[""] for each in address.values() if "" in found}, **found}


def everything(scans: dict[str, list[Path]]) -> list[tuple[str, Path]]:
    return [(zone, file) for zone, files in scans.items() for file in files]


@pytest.mark.parametrize(
    ("check", "holed", "shut"),
    [
        ("database-crosses-zones", FAIL, PASS),
        ("interface-engine-console-exposed", FAIL, PASS),
        ("rdp-crosses-zones", PASS, PASS),
        ("winrm-crosses-zones", PASS, PASS),
        ("smb-crosses-zones", PASS, PASS),
        ("segmentation-not-enforced", FAIL, PASS),
    ],
)
def test_servers_as_users_and_imaging_reach_them(scans, check, holed, shut):
    found = outcomes(check, everything(scans))

    assert (found[HOLED], found[SHUT]) == (holed, shut)


def test_an_archive_that_was_sent_nothing_is_known_by_its_port(scans):
    assert outcomes("dicom-crosses-zones", everything(scans))[ARCHIVE] is FAIL


def test_a_canary_that_users_hear_shows_the_hole_in_the_firewall(scans):
    assert outcomes("segmentation-not-enforced", everything(scans))[CANARY] is FAIL


def test_without_an_answer_that_somebody_may_have_silence_proves_nothing(scans):
    unheard = [(zone, file) for zone, file in everything(scans) if zone != "management"]

    assert outcomes("rdp-crosses-zones", unheard)[SHUT] is UNKNOWN


def test_what_the_firewall_refuses_with_a_reset_needs_no_canary(scans):
    alone = [("users", file) for file in scans["users"]]

    assert outcomes("winrm-crosses-zones", alone)[SHUT] is PASS
    assert outcomes("rdp-crosses-zones", alone)[SHUT] is UNKNOWN


def test_a_scanner_that_had_no_answer_anywhere_proves_nothing(scans):
    deaf = [(zone, file) for zone, file in everything(scans) if file.name != "imaging-imaging.xml"]

    assert outcomes("smb-crosses-zones", deaf)[SHUT] is UNKNOWN


def test_a_scan_from_nowhere_in_particular_says_nothing_of_zones(scans):
    [(_, file)] = [(zone, file) for zone, file in everything(scans) if file.name == "users-servers.xml"]

    assert set(outcomes("database-crosses-zones", [("", file)]).values()) == {UNKNOWN}


CROSSINGS = [check.id for check in load_checks().by_id.values() if check.over_all and check.kind == "Host"]


@pytest.mark.parametrize("check", CROSSINGS)
def test_without_any_one_of_the_files_nothing_is_better(scans, check):
    files = everything(scans)
    good = {PASS, NOT_APPLICABLE}
    before = {subject for subject, outcome in outcomes(check, files).items() if outcome in good}

    for gone in files:
        after = outcomes(check, [each for each in files if each != gone])
        assert {subject for subject, outcome in after.items() if outcome in good} <= before, gone
