"""What an assessment says of what was, and was not, looked at."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from posture import configuration, registry
from posture.assessment import Assessment
from posture.audit import Audit
from posture.imports import load
from posture.plan import plan
from posture.store import Store
from posture.testing import Quiet

AT = datetime(2026, 12, 1, tzinfo=UTC)
SCOPE = """
[organisation]
name = "Test"

[[zone]]
id = "imaging"
kind = "imaging"
networks = ["192.0.2.0/28"]

[[directory]]
id = "nowhere"
host = "127.0.0.1"
port = 1
transport = "starttls"
"""
SCAN = """<?xml version="1.0"?>
<nmaprun scanner="nmap" args="nmap -oX - 192.0.2.5" start="1790000000" version="7.93" xmloutputversion="1.05">
<scaninfo type="syn" protocol="tcp" numservices="1" services="23"/>
<host starttime="1790000000" endtime="1790000001"><status state="up" reason="syn-ack" reason_ttl="64"/>
<address addr="192.0.2.5" addrtype="ipv4"/>
<ports><port protocol="tcp" portid="23"><state state="closed" reason="reset" reason_ttl="64"/></port></ports></host>
<runstats><finished time="1790000001" exit="success"/><hosts up="1" down="0" total="1"/></runstats>
</nmaprun>
"""


def audited(folder: Path, files: list[Path], only: tuple[str, ...]) -> Assessment:
    collectors = registry.collectors()
    with Store(folder / "posture.db") as store:
        running = Audit(store, collectors, Quiet(), base=folder)
        run = running.begin(configuration.parse(SCOPE, "posture.toml"), AT)
        running.keep(run, load(files, collectors).evidence)
        running.collect(run, only)
        return running.judge(run)


def extent(assessment: Assessment, name: str) -> tuple[int, int | None, str]:
    found = next(each for each in assessment.coverage.extents if each.name == name)
    return found.looked_at, found.of, found.note


@pytest.fixture
def asked(tmp_path: Path) -> Assessment:
    return audited(tmp_path, [], ("ldap",))


def test_a_directory_whose_ports_are_closed_did_not_answer_and_its_probe_failed(asked: Assessment):
    (probe,) = [each for each in asked.coverage.probes if each.collector == "ldap"]

    assert probe.outcome == "failed"
    assert "no directory service answers there" in probe.problem
    assert extent(asked, "Directories that answered")[:2] == (0, 1)
    assert any(each.what == "probe" and each.id == probe.id for each in asked.coverage.unanswered)


def test_addresses_that_no_scan_was_asked_about_are_not_looked_at(asked: Assessment):
    assert extent(asked, "Addresses") == (0, 14, "No scan was asked for in this run.")


def test_a_zone_that_only_files_may_tell_of_says_how_much_they_told(tmp_path: Path):
    (tmp_path / "scan.xml").write_text(SCAN)
    assert all(probe.refused for probe in plan(configuration.parse(SCOPE, "x"), registry.collectors(), ("nmap",)))

    assessment = audited(tmp_path, [tmp_path / "scan.xml"], ("nmap",))

    assert "imaging (1 host known from imported files)" in extent(assessment, "Addresses")[2]
    spots = [each for each in assessment.coverage.unanswered if each.what == "subject" and each.name == "imaging"]
    telnet = next(each for each in spots if "telnet-offered" in each.why)
    assert telnet.why.startswith("1 machine of it known from imported files; whether these are all is not")
    assert "imported files hold the whole zone" in telnet.answer
