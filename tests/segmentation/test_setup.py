"""What plan, doctor and init say of flows, canaries and vantages before anything is sent."""

import json
import os
import subprocess
import tomllib
from pathlib import Path

import pytest
from lab.command import POSTURE, posture

from posture import configuration

TOML = """[organisation]
name = "H"
[[zone]]
id = "users"
kind = "user"
networks = ["127.79.5.0/30"]
[[zone]]
id = "devices"
kind = "medical-device"
networks = ["127.79.6.0/24"]
reachable_from = []
[[zone]]
id = "vault"
kind = "backup"
networks = ["127.79.7.0/24"]
reachable_from = ["users"]
policy = "off"
[[flow]]
source = "users"
target = "devices"
tcp = "443"
[[canary]]
zone = "devices"
address = "127.79.6.9"
nonce = "00112233445566778899aabbccddeeff"
tcp = "22,445"
"""
OFF = """[[canary]]
zone = "vault"
address = "127.79.7.9"
nonce = "11112233445566778899aabbccddeeff"
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "posture.toml").write_text(TOML)
    return tmp_path


def doctor(here: Path, **environment: str) -> dict[str, dict]:
    done = subprocess.run(
        [*POSTURE, "doctor", "--format", "json"],
        cwd=here,
        env={**os.environ, "HOME": str(here), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return {each["what"]: each for each in json.loads(done.stdout)["findings"]} | {"code": done.returncode}


def test_the_plan_shows_what_a_canary_is_sent_in_an_import_only_zone_and_what_to_start_first(here):
    told = posture("plan", cwd=here).stdout
    listed = json.loads(posture("plan", "--format", "json", cwd=here).stdout)["probes"]

    [probe] = [each for each in listed if each["step"] == "canary"]
    assert (probe["targets"], probe["tcp"], probe["policy"], probe["refused"]) == (
        ["127.79.6.9"],
        "22,445",
        "gentle",
        "",
    )
    assert "nmap canary" in told
    assert "asked for their nonce in: devices." in told
    assert "posture audit --vantage ZONE" in told


def test_the_plan_says_why_a_canary_is_not_asked(here):
    (here / "posture.toml").write_text(TOML[: TOML.index("[[canary]]")] + OFF)

    told = " ".join(posture("plan", cwd=here).stdout.split())

    assert "asked for their nonce" not in told
    [probe] = [
        each
        for each in json.loads(posture("plan", "--format", "json", cwd=here).stdout)["probes"]
        if each["step"] == "canary"
    ]
    assert "the zone's policy is off" in probe["refused"]


def test_the_doctor_says_what_of_segmentation_can_be_judged_and_none_of_it_is_missing(here):
    found = doctor(here, POSTURE_VANTAGE="")

    assert found["who may reach whom"]["state"] == "2 zones of 3 with reachable_from, 1 flow; not judged: users"
    assert found["canaries"]["state"] == "1 canary; nothing proves vault denied (posture canary)"
    assert "not stated" in found["vantage"]["state"]
    assert found["code"] == 0


def test_the_doctor_knows_the_zone_of_the_environment_and_a_wrong_one_is_to_be_mended(here):
    assert doctor(here, POSTURE_VANTAGE="users")["vantage"]["state"] == "users, by POSTURE_VANTAGE"

    wrong = doctor(here, POSTURE_VANTAGE="user")

    assert (wrong["code"], wrong["vantage"]["mend"]) == (1, "there are: devices, users, vault")


def test_with_one_zone_nothing_lies_between_and_the_doctor_says_nothing_of_it(here):
    (here / "posture.toml").write_text(TOML[: TOML.index('[[zone]]\nid = "devices"')])

    assert "canaries" not in doctor(here)


def test_the_examples_of_the_template_hold_when_they_are_uncommented():
    text = configuration.TEMPLATE.read_text()
    start = text.index("# [[flow]]")
    wanted = ("[[", "source", "target", "tcp", "reason", "zone", "address", "nonce")
    lines = [line[2:] for line in text[start : text.index("# [[directory]]")].splitlines() if line[:2] == "# "]
    example = "\n".join(line for line in lines if line.startswith(wanted) and (" = " in line or line[:2] == "[["))

    tables = tomllib.loads(example)

    assert set(tables) == {"flow", "canary"}
    zone = '[[zone]]\nid = "clinic-pcs"\nkind = "user"\nnetworks = ["203.0.113.0/24"]\n'
    declared = text.replace('id = "servers"\n', 'id = "servers"\nreachable_from = []\n', 1)
    scope = configuration.parse(f"{declared}\n{zone}\n{example}".replace("…", "0" * 16), "posture.toml")
    assert (scope.flow[0].source, scope.canary[0].zone) == ("clinic-pcs", "devices")
