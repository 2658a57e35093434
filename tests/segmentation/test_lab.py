"""Segmentation as an engineer proves it: real zones, a real firewall, a real canary, and scans from both sides."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lab.command import POSTURE
from lab.truth.network import Hospital, Machine, Rule

NONCE = "00112233445566778899aabbccddeeff"
PORTS = "22,443,445,3389,5432"
TOML = f"""[organisation]
name = "H"
[[zone]]
id = "users"
kind = "user"
networks = ["10.5.0.10", "10.5.0.11"]
policy = "standard"
[[zone]]
id = "servers"
kind = "medical-device"
networks = ["10.10.0.0/24"]
reachable_from = []
[[flow]]
source = "users"
target = "servers"
tcp = "443"
[[canary]]
zone = "servers"
address = "10.10.0.9"
nonce = "{NONCE}"
tcp = "{PORTS}"
"""


@dataclass(frozen=True)
class Refused:
    """Ports that the firewall refuses aloud, in nft's words."""

    source: str
    target: str
    tcp: str
    how: str

    def lines(self) -> Iterator[str]:
        yield f'iifname "{self.source}" oifname "{self.target}" tcp dport {self.tcp} {self.how}'


RULES = (
    # Where the kernel shows the firewall what a bridge passes on: within a zone nothing stands between.
    Rule("users", "users", everything=True),
    Rule("servers", "servers", everything=True),
    Rule("users", "servers", tcp="443, 445"),  # 445 is the rule that nobody took out
    Refused("users", "servers", "3389", "reject"),
    Refused("users", "servers", "5432", "reject with tcp reset"),
)  # and 22 is dropped


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    with Hospital({"users": "10.5.0", "servers": "10.10.0"}, RULES) as made:
        for number in (10, 11):
            made.machine("users", number, alone=False)
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("audit")
    (made / "posture.toml").write_text(TOML)
    return made


@pytest.fixture(scope="module")
def before(hospital: Hospital, folder: Path) -> Iterator[Path]:
    """The canary runs from here on, and a scan from within its zone has had its answer."""
    standing = hospital.machine("servers", 9, alone=False)
    command = standing.command(*POSTURE, "canary", "--zone", "servers")
    environment = {**os.environ, "HOME": str(folder)}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as canary:
        assert canary.stdout is not None
        assert "[[canary]]" in canary.stdout.readline()
        yield scan_by_hand(hospital.zone("servers"), folder / "before.xml")
        canary.terminate()
    assert canary.returncode == 0


@pytest.fixture(scope="module")
def live(hospital: Hospital, folder: Path, before: Path) -> dict:
    """The audit from the users' zone, with the scan from within brought along."""
    audit(
        hospital.zone("users"),
        folder,
        "--live",
        "--vantage",
        "users",
        "--only",
        "nmap",
        "--from-vantage",
        "servers",
        before,
    )
    return users_to_servers(folder)


def scan_by_hand(machine: Machine, file: Path) -> Path:
    command = machine.command("nmap", "-n", "-Pn", "-p", PORTS, "--script", "banner", "-oX", str(file), "10.10.0.9")
    subprocess.run(command, check=True, capture_output=True)
    return file


def audit(machine: Machine, folder: Path, *arguments: str | Path) -> str:
    done = subprocess.run(
        machine.command(*POSTURE, "audit", *map(str, arguments)),
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if "--live" in arguments:  # the scanner's own address is none of the zone's, and that is told
        assert "asks 10.10.0.9 from 10.5.0.250, which posture.toml has in no zone" in done.stderr
    return done.stdout.strip()


def posture(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "posture", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def users_to_servers(folder: Path) -> dict:
    [path] = posture(folder, "report", "-f", "json", "-o", "out").split()
    pairs = json.loads((folder / path).read_bytes())["segmentation"]["pairs"]
    return next(each for each in pairs if (each["source"], each["target"]) == ("users", "servers"))


def why(found: dict, port: int) -> str:
    [told] = [each["why"] for each in found["unproven"] if str(port) in each["ports"].split(",")]
    return told


def test_what_the_firewall_drops_and_what_it_refuses_is_proved_denied(live):
    assert live["denied"] == "22,3389"


def test_the_rule_that_nobody_took_out_is_shown_open_by_the_canarys_own_answer(live):
    [flow] = live["open"]

    assert (live["state"], flow["port"], flow["hosts"], flow["of"], flow["canary"]) == ("open", 445, 1, 1, True)


def test_a_declared_flow_that_is_open_is_no_finding(live):
    [flow] = live["answering"]

    assert (live["tcp"], flow["port"], flow["canary"]) == ("443", 443, True)


def test_a_refusal_that_a_canary_that_was_ended_would_give_too_waits_for_a_scan_after_it(live):
    assert "both before and after" in why(live, 5432)
    assert (live["wanted"], live["denied_count"], len(live["open"])) == (4, 2, 1)


def test_with_a_scan_from_within_before_and_after_that_refusal_is_proved_too(hospital, folder, before, live):
    assert live
    listed = json.loads(posture(folder, "evidence", "list", "--format", "json"))["evidence"]
    [asked] = [each["id"] for each in listed if each["envelope"]["probe"] == "nmap/canary/servers/10.10.0.9"]
    outside = folder / "outside.xml"
    outside.write_text(posture(folder, "evidence", "show", asked, "--payload"))
    desk = folder / "desk.xml"
    at_desk = hospital.zone("users").command("nmap", "-n", "-Pn", "-p", "22", "-oX", str(desk), "10.5.0.10-11")
    subprocess.run(at_desk, check=True, capture_output=True)
    after = scan_by_hand(hospital.zone("servers"), folder / "after.xml")

    files = [("servers", before), ("users", outside), ("users", desk), ("servers", after)]
    audit(hospital.zone("users"), folder, *(part for zone, file in files for part in ("--from-vantage", zone, file)))

    found = users_to_servers(folder)
    assert (found["denied"], found["unproven"]) == ("22,3389,5432", [])


def test_without_an_answer_from_within_the_same_silence_proves_nothing(hospital, folder, live):
    assert live
    audit(hospital.zone("users"), folder, "--live", "--vantage", "users", "--only", "nmap")

    found = users_to_servers(folder)
    assert (found["denied"], found["denied_count"]) == ("", 0)
    assert "was it running?" in why(found, 22)


def test_a_machine_that_stands_in_another_zone_than_it_says_is_told_and_sends_nothing(hospital, folder, live):
    assert live
    text = TOML.replace('"10.5.0.11"', '"10.5.0.250"')
    (folder / "other.toml").write_text(text)
    command = (*POSTURE, "-c", "other.toml", "--store", "other.db", "audit", "--vantage", "servers")

    done = subprocess.run(
        hospital.zone("users").command(*command), cwd=folder, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2, done.stderr
    assert "from 10.5.0.250, which is in the zone 'users': it does not stand in 'servers'" in " ".join(
        done.stderr.split()
    )


def test_nothing_but_the_canary_was_sent_a_packet_in_the_import_only_zone(folder, live):
    assert live
    listed = json.loads(posture(folder, "evidence", "list", "--format", "json"))["evidence"]
    asked = {target for each in listed for target in each["envelope"]["targets"] if target.startswith("10.10.")}
    assert asked <= {"10.10.0.9"}
