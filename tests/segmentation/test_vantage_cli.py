"""From where a scan was made, as it is told on the command line, and what becomes of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lab.command import posture
from lab.scans import document, host_xml, port_xml
from lab.vantages import ASKED, canary, silent

from posture import configuration, registry
from posture.audit import Audit, Interrupted
from posture.store import Store
from posture.testing import Quiet

TOML = """[organisation]
name = "H"
[[site]]
id = "main"
name = "Main"
[[site]]
id = "clinic"
name = "Clinic"
[[zone]]
id = "users"
site = "clinic"
kind = "user"
networks = ["127.79.5.0/24"]
policy = "import-only"
[[zone]]
id = "servers"
site = "main"
kind = "server"
networks = ["10.10.0.0/24"]
policy = "import-only"
reachable_from = []
[[canary]]
zone = "servers"
address = "10.10.0.9"
nonce = "00112233445566778899aabbccddeeff"
tcp = "22,443,445"
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "posture.toml").write_text(TOML)
    (tmp_path / "inside.xml").write_bytes(document(canary(22, 443, 445), tcp=ASKED))
    near = [host_xml(f"127.79.5.{number}", port_xml(22, "closed")) for number in (1, 2)]
    (tmp_path / "outside.xml").write_bytes(document(silent(), *near, tcp=ASKED))
    return tmp_path


def evidence(here: Path) -> list[dict]:
    return json.loads(posture("evidence", "list", "--format", "json", cwd=here).stdout)["evidence"]


def pair(here: Path, source: str, target: str) -> dict:
    assert posture("report", "-f", "json", "-o", "out", cwd=here).returncode == 0
    [path] = (here / "out").glob("*.json")
    pairs = json.loads(path.read_bytes())["segmentation"]["pairs"]
    return next(each for each in pairs if (each["source"], each["target"]) == (source, target))


def test_two_scans_by_hand_prove_a_denial(here: Path):
    run = posture(
        "audit", "--from-vantage", "servers", "inside.xml", "--from-vantage", "users", "outside.xml", cwd=here
    )

    assert run.returncode == 0, run.stderr
    found = pair(here, "users", "servers")
    assert (found["state"], found["denied"], found["denied_count"], found["wanted"]) == ("denied", "22,443,445", 3, 3)


def test_the_same_scans_without_a_vantage_prove_nothing(here: Path):
    assert posture("audit", "--from", "inside.xml", "--from", "outside.xml", cwd=here).returncode == 0

    found = pair(here, "users", "servers")
    assert (found["state"], found["denied_count"], found["wanted"]) == ("unknown", 0, 3)
    assert [each["why"] for each in found["unproven"]] == ["No scan was made from users."]


def test_a_file_from_a_vantage_is_other_evidence_than_the_file_alone_and_says_so(here: Path):
    posture("audit", "--from", "inside.xml", "--from-vantage", "servers", "inside.xml", cwd=here)

    envelopes = {each["id"]: each["envelope"] for each in evidence(here)}
    assert len(envelopes) == 2
    assert {each["vantage"] for each in envelopes.values()} == {None, "zone:servers"}
    assert len({each["payload_sha256"] for each in envelopes.values()}) == 1


def test_a_folder_of_scans_is_one_vantage(here: Path):
    folder = here / "scans"
    folder.mkdir()
    (here / "inside.xml").rename(folder / "a.xml")
    (here / "outside.xml").rename(folder / "b.xml")
    (folder / "notes.txt").write_text("by hand")

    run = posture("audit", "--from-vantage", "users", "scans", cwd=here)

    assert run.returncode == 0, run.stderr
    assert "notes.txt was skipped" in run.stderr
    assert {each["envelope"]["vantage"] for each in evidence(here)} == {"zone:users"}


def test_with_a_site_the_zones_of_other_sites_are_still_vantages(here: Path):
    run = posture(
        "audit",
        "--site",
        "main",
        "--from-vantage",
        "users",
        "outside.xml",
        "--from-vantage",
        "servers",
        "inside.xml",
        cwd=here,
    )

    assert run.returncode == 0, run.stderr
    assert {each["envelope"]["vantage"] for each in evidence(here)} == {"zone:users", "zone:servers"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from-vantage", "user", "outside.xml"], "there is no zone 'user' that a scanner could stand in"),
        (["--vantage", "user"], "there are: servers, users"),
        (["--from-vantage", "users", "outside.xml", "--from-vantage", "servers", "outside.xml"], "from servers and"),
        (["--from-vantage", "users"], "requires 2 arguments"),
        (["--from-vantage", "users", "outside.xml", "--resume", "x"], "--resume goes on with a run as it was begun"),
        (["--vantage", "users", "--resume", "x"], "--resume goes on with a run as it was begun"),
    ],
)
def test_wrong_usage_is_told_and_nothing_is_kept(here: Path, arguments: list[str], words: str):
    run = posture("audit", *arguments, cwd=here)

    assert run.returncode == 2, run.stderr
    assert words in run.stderr
    assert json.loads(posture("runs", "list", "--format", "json", cwd=here).stdout) == {"runs": []}


def test_without_a_posture_toml_there_are_no_zones_to_stand_in(here: Path):
    (here / "posture.toml").unlink()

    run = posture("audit", "--from-vantage", "users", "outside.xml", cwd=here)

    assert (run.returncode, "name them in posture.toml" in run.stderr) == (2, True)


def test_a_vantage_of_the_environment_holds_for_what_is_asked_and_not_for_files(here: Path):
    environment = {**os.environ, "HOME": str(here), "POSTURE_VANTAGE": "nowhere"}
    command = [sys.executable, "-m", "posture", "audit"]

    files = subprocess.run([*command, "--from", "inside.xml"], cwd=here, env=environment, check=False)
    live = subprocess.run(command, cwd=here, env=environment, check=False, capture_output=True, text=True)

    assert files.returncode == 0
    assert [each["envelope"]["vantage"] for each in evidence(here)] == [None]
    assert (live.returncode, "there is no zone 'nowhere'" in live.stderr) == (2, True)


def test_a_run_that_is_resumed_goes_on_from_the_zone_that_it_began_in(here: Path):
    text = TOML.replace('networks = ["127.79.5.0/24"]\npolicy = "import-only"', 'networks = ["127.79.5.1"]')
    (here / "posture.toml").write_text(text.replace('policy = "import-only"', 'policy = "off"'))
    with Store(here / "posture.db") as store:
        stopped = Audit(store, registry.collectors(), Quiet(), base=here)
        run = stopped.begin(configuration.load(here / "posture.toml"))
        stopped.stop.set()
        with pytest.raises(Interrupted):
            stopped.collect(run, ["nmap"], zone="users")
    assert not evidence(here)

    resumed = posture("audit", "--resume", run.id, cwd=here, before=("unshare", "-n", "--"))

    assert resumed.returncode == 0, resumed.stderr
    assert evidence(here)
    assert all(each["envelope"]["vantage"].startswith("zone:users@") for each in evidence(here))
