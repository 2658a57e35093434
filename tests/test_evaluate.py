"""What an assessment says of what was, and was not, looked at."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from posture import catalog, configuration, registry
from posture.assessment import Assessment, Run
from posture.audit import Audit
from posture.catalog import Catalog, Control, Head
from posture.coverage import unlooked
from posture.demo import recorded
from posture.evaluate import evaluate
from posture.governance.ledger import Attestation, Entry, Ledger
from posture.imports import load
from posture.model import Method, Probe, Status
from posture.plan import plan
from posture.request import PlannedProbe, Request
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


OWN = Catalog(
    catalog=Head(id="own", title="T", citation="C", status="own", as_of="2026-01-01", source="S"),
    control=(
        Control(
            id="T",
            kind="control",
            title="No telnet",
            family="F",
            text="None.",
            question="Is there none?",
            methods=(Method.EXAMINE, Method.TEST),
            contradicted_by=("telnet-offered",),
        ),
    ),
)
GUEST = """
[[zone]]
id = "guest"
kind = "guest"
networks = ["198.51.100.0/28"]
"""


def discovers(zone: str) -> PlannedProbe:
    return PlannedProbe(
        probe=Probe(id=f"nmap/discover/{zone}/1", collector="nmap", zone=zone, step="discover"), outcome="complete"
    )


def answered_yes(folder: Path, scope: str, *zones: str) -> Status:
    """Of a control with a test, where the scan of the imaging zone was imported, and these zones were asked."""
    (folder / "scan.xml").write_text(SCAN)
    said = Attestation(
        catalog="own",
        control="T",
        answer="yes",
        methods=(Method.EXAMINE,),
        owner="O",
        attested_on=AT.date(),
        expires=AT.date() + timedelta(days=9),
    )
    request = Request(
        run=Run(id="r", started=AT),
        scope=configuration.parse(scope, "posture.toml"),
        as_of=AT,
        version="0",
        probes=tuple(map(discovers, zones)),
        ledger=Ledger(entries=(Entry(number=1, at=AT, by="x", statement=said),)),
        own_catalogs=(OWN,),
    )
    records = load([folder / "scan.xml"], registry.collectors()).evidence
    found = evaluate(request, records, registry.load_checks(), registry.collectors(), catalog.built_in())
    return next(each for each in found.frameworks if each.catalog.id == "own").controls[0].status


def test_a_test_counts_only_where_every_zone_that_may_hold_ephi_was_asked(tmp_path: Path):
    assert answered_yes(tmp_path, SCOPE, "imaging") is Status.SATISFIED
    assert answered_yes(tmp_path, SCOPE) is Status.NOT_ASSESSED  # a file of one machine of the zone
    assert answered_yes(tmp_path, SCOPE + GUEST, "imaging") is Status.NOT_ASSESSED
    assert answered_yes(tmp_path, SCOPE + GUEST, "imaging", "guest") is Status.SATISFIED
    assert answered_yes(tmp_path, SCOPE + GUEST + 'ephi = "no"', "imaging") is Status.SATISFIED


@pytest.mark.parametrize(("files", "said"), [(0, ["ldap"]), (1, [])])
def test_a_directory_that_nobody_asked_and_no_file_tells_of_is_not_looked_at(files, said):
    scope = configuration.parse(SCOPE.replace("[[zone]]", '[[zone]]\nephi = "no"'), "posture.toml")
    imported = load([recorded.ACTIVE_DIRECTORY], registry.collectors()).evidence
    request = Request(run=Run(id="r", started=AT), scope=scope, as_of=AT, version="0")

    assert list(unlooked(request, list(imported)[:files])) == said


def test_a_test_where_no_ephi_is_shows_nothing(tmp_path: Path):
    scope = SCOPE.replace('kind = "imaging"', 'kind = "imaging"\nephi = "no"')

    assert answered_yes(tmp_path, scope, "imaging") is Status.NOT_ASSESSED


def test_a_zone_that_only_files_may_tell_of_says_how_much_they_told(tmp_path: Path):
    (tmp_path / "scan.xml").write_text(SCAN)
    assert all(probe.refused for probe in plan(configuration.parse(SCOPE, "x"), registry.collectors(), ("nmap",)))

    assessment = audited(tmp_path, [tmp_path / "scan.xml"], ("nmap",))

    assert "imaging (1 host known from imported files)" in extent(assessment, "Addresses")[2]
    spots = [each for each in assessment.coverage.unanswered if each.what == "subject" and each.name == "imaging"]
    telnet = next(each for each in spots if "telnet-offered" in each.why)
    assert telnet.why.startswith("1 machine of it known from imported files; whether these are all is not")
    assert "imported files hold the whole zone" in telnet.answer
