"""The command line as a user meets it: exit codes, one clear error each, no traceback."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from lab.command import POSTURE, posture

from posture.catalog import Control
from posture.store import Store

DATA = Path(__file__).parent / "data"
SCAN = DATA / "nmap" / "recorded" / "smb-hardened.xml"


def test_a_file_is_audited_and_reported_without_a_posture_toml(tmp_path: Path):
    run = posture("audit", "--from", SCAN, cwd=tmp_path)
    reports = posture("report", "-f", "html,xlsx,json", "-o", "out", cwd=tmp_path)

    assert (run.returncode, reports.returncode) == (0, 0), run.stderr + reports.stderr
    assert "A scan alone satisfies none" in run.stderr
    html, xlsx, document = (tmp_path / line for line in reports.stdout.split())
    assert run.stdout.strip() in html.name
    assert openpyxl.load_workbook(xlsx).sheetnames[0] == "Summary"
    assert json.loads(document.read_bytes())["schema"] == "posture/assessment/1"


def test_folders_and_compressed_files_are_read_and_what_nothing_reads_is_said(tmp_path: Path):
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "scan.xml.gz").write_bytes(gzip.compress(SCAN.read_bytes()))
    (folder / "notes.txt").write_text("not evidence")

    run = posture("audit", "--from", folder, cwd=tmp_path)
    listed = json.loads(posture("evidence", "list", "--format", "json", cwd=tmp_path).stdout)

    assert run.returncode == 0
    assert "notes.txt was skipped" in run.stderr
    assert [each["envelope"]["source"]["name"] for each in listed["evidence"]] == ["scan.xml"]


def test_evidence_can_be_verified_with_sha256sum_alone(tmp_path: Path):
    posture("audit", "--from", SCAN, cwd=tmp_path)
    (record,) = json.loads(posture("evidence", "list", "--format", "json", cwd=tmp_path).stdout)["evidence"]

    envelope = posture("evidence", "show", record["id"], cwd=tmp_path).stdout
    payload = posture("evidence", "show", record["id"], "--payload", cwd=tmp_path).stdout

    for text, digest in ((envelope, record["id"]), (payload, record["envelope"]["payload_sha256"])):
        told = subprocess.run(["sha256sum"], input=text, capture_output=True, text=True, check=True).stdout
        assert told.split()[0] == digest
    assert payload == SCAN.read_text()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "it is none of: nmap XML, LDIF"),
        (b"<?xml version='1.0'?>\n<inventory><host/></inventory>", "its outermost element is inventory"),
        (
            b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><nmaprun>&b;</nmaprun>",
            "scan.xml",
        ),
        (b"version: 1\n\ndn: dc=example\nobjectClass: top\nthis is no line\n", "scan.xml:5: "),
        (b"1.3.6.1.2.1.1.1.0|4|hello\n1.3.6.1.2.1.1.2.0|99\n", "scan.xml:2: expected OID|TAG|VALUE"),
        (b"\x1f\x8b\x08broken", "it can't be decompressed"),
    ],
    ids=["text", "other-xml", "entities", "ldif", "snmprec", "gzip"],
)
def test_a_bad_file_gives_one_error_that_names_it_and_nothing_is_stored(tmp_path: Path, content: bytes, words: str):
    (tmp_path / "scan.xml").write_bytes(content)

    run = posture("audit", "--from", "scan.xml", cwd=tmp_path)

    assert run.returncode == 1
    assert "scan.xml" in run.stderr
    assert words in run.stderr
    assert json.loads(posture("runs", "list", "--format", "json", cwd=tmp_path).stdout) == {"runs": []}


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")

    named = posture("audit", "--from", "pipe", cwd=tmp_path)
    device = posture("audit", "--from", "/dev/zero", cwd=tmp_path)

    assert (named.returncode, device.returncode) == (1, 1)
    assert "pipe: it is no file" in named.stderr
    assert "/dev/zero: it is no file" in device.stderr


def test_a_truncated_scan_gives_its_finished_hosts_and_says_where_it_broke_off(tmp_path: Path):
    whole = (DATA / "nmap" / "public" / "nmap-5.51-two-hosts.xml").read_bytes()
    (tmp_path / "cut.xml").write_bytes(whole[: whole.index(b"</host>") + 60])

    run = posture("audit", "--from", "cut.xml", "--fail-on", "incomplete", cwd=tmp_path)
    shown = posture("evidence", "list", "--format", "json", cwd=tmp_path).stdout

    assert run.returncode == 3
    assert "Not collected: import/cut.xml" in run.stderr
    assert json.loads(shown)["evidence"][0]["envelope"]["outcome"] == "partial"


def test_a_missing_nmap_is_one_error_and_exit_1(tmp_path: Path):
    (tmp_path / "posture.toml").write_text(
        '[organisation]\nname="H"\n[[zone]]\nid="a"\nkind="server"\nnetworks=["127.88.0.1"]\npolicy="gentle"\n'
    )

    hidden = 'mount --bind /dev/null "$(command -v nmap)" && exec "$@"'

    run = posture("audit", "--only", "nmap", cwd=tmp_path, before=("unshare", "--mount", "sh", "-c", hidden, "sh"))

    assert run.returncode == 1
    assert "nmap" in run.stderr
    assert "apt-get install nmap" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["plan"], 1, "posture init"),
        (["report"], 1, "there is no run yet"),
        (["report", "nope"], 1, "there is no run"),
        (["audit", "--as-of", "yesterday", "--from", "x"], 2, "not a date"),
        (["audit", "--resume", "x", "--live"], 2, "no other choice"),
        (["audit", "--nonsense"], 2, "No such option"),
        (["nonsense"], 2, "No such command"),
        (["checks", "show", "nope"], 1, "posture checks list"),
        (["controls", "list", "--catalog", "nope"], 1, "there is no such catalog"),
        (["controls", "list", "--catalog", "nope"], 1, "there are: hicp-2023, "),
        (["controls", "list", "--catalog", "x" * 5000], 1, "there is no such catalog"),
        (["controls", "list", "--catalog", "/dev/zero"], 1, "/dev/zero: it is no file"),
        (["controls", "show", "nope", "--catalog", "hph-cpg"], 1, "posture controls list --catalog hph-cpg"),
        (["audit", "--from", "nowhere.xml"], 1, "nowhere.xml: it can't be read"),
        (["-c", "nowhere.toml", "plan"], 1, "nowhere.toml"),
    ],
)
def test_wrong_usage_is_told_in_words(tmp_path: Path, arguments: list[str], code: int, words: str):
    done = posture(*arguments, cwd=tmp_path)

    assert done.returncode == code, done.stderr
    assert words in done.stderr


def test_init_writes_a_configuration_that_plans_and_never_writes_over_one(tmp_path: Path):
    first, again = posture("init", cwd=tmp_path), posture("init", cwd=tmp_path)
    plan = posture("plan", cwd=tmp_path)

    assert (first.returncode, again.returncode, plan.returncode) == (0, 1, 0), plan.stderr
    assert "left as it is" in again.stderr
    assert "import-only" in plan.stdout
    assert "192.0.2.1" in plan.stdout
    assert json.loads((tmp_path / "posture.schema.json").read_text())["$defs"]


def test_wrong_configuration_exits_2_with_all_mistakes(tmp_path: Path):
    (tmp_path / "posture.toml").write_text('[organisation]\nnam = "H"\n[[zone]]\nid = "x"\n')

    done = posture("plan", cwd=tmp_path)

    assert done.returncode == 2
    assert "posture.toml:2: organisation.nam: unknown key; did you mean 'name'?" in done.stderr
    assert done.stderr.count("posture.toml:") >= 4


@pytest.mark.parametrize(
    ("noun", "arguments"),
    [
        ("checks", ["checks", "list"]),
        ("controls", ["controls", "list"]),
        ("plugins", ["plugins", "list"]),
        ("runs", ["runs", "list"]),
    ],
)
def test_every_listing_gives_one_object_with_the_plural_noun(tmp_path: Path, noun: str, arguments: list[str]):
    text = posture(*arguments, cwd=tmp_path)
    document = json.loads(posture(*arguments, "--format", "json", cwd=tmp_path).stdout)

    assert text.returncode == 0
    assert list(document) == [noun]


CATALOGS = {
    "hph-cpg": 20,
    "ransomware-readiness": 44,
    "hipaa-nprm-2025": 53,
    "nist-csf-2.0": 57,
    "hicp-2023": 10,
    str(DATA / "oscal" / "hospital_catalog.json"): 4,
}


@pytest.mark.parametrize("name", CATALOGS)
def test_controls_are_listed_of_each_catalog_view_and_own_file_with_every_field(tmp_path: Path, name: str):
    text = posture("controls", "list", "--catalog", name, cwd=tmp_path)
    rows = json.loads(posture("controls", "list", "--catalog", name, "--format", "json", cwd=tmp_path).stdout)

    assert text.returncode == 0, text.stderr
    assert len(rows["controls"]) == CATALOGS[name]
    for row in rows["controls"]:
        assert set(row) == set(Control.__struct_fields__)
        assert row["methods"] or row["anchors"]
        assert row["id"] in text.stdout


def test_a_proposed_rule_that_is_switched_on_changes_no_control_of_the_rule_in_force(tmp_path: Path):
    without = posture("controls", "list", "--format", "json", cwd=tmp_path).stdout
    (tmp_path / "posture.toml").write_text('[organisation]\nname = "H"\n[catalogs]\noverlays = ["hipaa-nprm-2025"]\n')

    switched_on = posture("controls", "list", "--format", "json", cwd=tmp_path).stdout

    assert switched_on == without


def test_a_control_is_shown_with_its_question_what_to_hand_in_and_what_bears_on_it(tmp_path: Path):
    rule = posture("controls", "show", "164.312(d)", cwd=tmp_path).stdout
    item = posture("controls", "show", "RR-15", "--catalog", "ransomware-readiness", cwd=tmp_path).stdout

    assert "HICP-3 Identity and access management" in rule
    assert "PR.AA-03 Identity Management, Authentication, and Access Control (equivalent)" in rule
    assert "Is SMB version 1 turned off on all servers, workstations and devices?" in item
    assert "The policy that turns it off" in item
    assert "smb1-offered" in item
    assert "164.308(a)(1)(ii)(B)" in item


def test_plugins_lists_catalogs_with_their_status_and_crosswalks(tmp_path: Path):
    rows = json.loads(posture("plugins", "list", "--format", "json", cwd=tmp_path).stdout)["plugins"]
    catalogs = {row["name"]: row["status"] for row in rows if row["kind"] == "catalog"}

    assert catalogs["hipaa-security-rule"] == "in force"
    assert catalogs["hipaa-nprm-2025"] == "proposed"
    assert {row["name"] for row in rows if row["kind"] == "crosswalk"} == {
        "hicp-2023",
        "hph-cpg",
        "nist-800-53r5",
        "nist-csf-2.0",
    }


def test_an_own_catalog_that_names_a_check_that_is_not_there_is_one_error(tmp_path: Path):
    (tmp_path / "own.toml").write_text(
        '[catalog]\nid="own"\ntitle="t"\ncitation="c"\nstatus="own"\nas_of="a"\nsource="s"\n'
        '[[control]]\nid="A-1"\nkind="control"\ntitle="t"\nfamily="f"\ntext="t"\nsupported_by=["nope"]\n'
    )

    done = posture("controls", "list", "--catalog", "own.toml", cwd=tmp_path)

    assert done.returncode == 1
    assert "own.toml: A-1 names the check nope, which is not there" in done.stderr


def test_a_document_that_was_handed_in_comes_out_by_its_hash(tmp_path: Path):
    content = b"policy\x00\xff"
    with Store(tmp_path / "s.db") as store:
        store.record([], "officer", datetime(2026, 11, 24, tzinfo=UTC), [content])
    digest = hashlib.sha256(content).hexdigest()

    shown = subprocess.run(
        [*POSTURE, "--store", "s.db", "evidence", "document", digest[:10]],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )

    assert shown.stdout == content
    assert "no document" in posture("--store", "s.db", "evidence", "document", "ffff", cwd=tmp_path).stderr


def test_an_own_catalog_writes_nothing_of_its_own_to_the_terminal(tmp_path: Path):
    document = json.loads((DATA / "oscal" / "hospital_catalog.json").read_text())
    document["catalog"]["groups"][0]["controls"][0]["title"] = "\x1b]0;owned\x07\u202egnol\x9b"
    (tmp_path / "own.json").write_text(json.dumps(document))

    listed = posture("controls", "list", "--catalog", "own.json", cwd=tmp_path).stdout
    shown = posture("controls", "show", "ac-1", "--catalog", "own.json", cwd=tmp_path).stdout

    as_json = posture("controls", "list", "--catalog", "own.json", "--format", "json", cwd=tmp_path).stdout

    for text in (listed, shown, as_json):
        assert "owned" in text
        assert not set("\x1b\x07\x9b\u202e") & set(text)
    assert json.loads(as_json)["controls"][0]["title"] == "AC-1 \x1b]0;owned\x07\u202egnol\x9b"


@pytest.mark.parametrize("instant", ["0001-01-01", "9999-12-31T23:59:00-12:00"])
def test_an_instant_of_another_age_is_refused(tmp_path: Path, instant: str):
    done = posture("audit", "--from", SCAN, "--as-of", instant, cwd=tmp_path)

    assert done.returncode == 2
    assert "is not of the years 1970 to 2999" in done.stderr


def test_a_corrupt_store_is_one_error_and_is_left_as_it_is(tmp_path: Path):
    (tmp_path / "s.db").write_bytes(b"not a database" * 100)

    done = posture("--store", "s.db", "runs", "list", cwd=tmp_path)

    assert done.returncode == 1
    assert "s.db: the store can't be used" in done.stderr
    assert (tmp_path / "s.db").read_bytes() == b"not a database" * 100


def test_fail_on_a_severity_exits_3_only_for_gaps_at_or_above_it(tmp_path: Path):
    weak = DATA / "nmap" / "recorded" / "redis-open.xml"

    assert posture("audit", "--from", weak, "--fail-on", "critical", cwd=tmp_path).returncode == 3
    assert posture("audit", "--from", SCAN, "--fail-on", "critical", cwd=tmp_path).returncode == 0


def test_help_is_quick_since_nothing_is_imported_that_is_not_used(tmp_path: Path):
    code = (
        "import sys; import posture.cli; "
        "print([name for name in ('ldap3', 'pysnmp', 'sqlalchemy', 'rich') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_check_that_can_not_be_loaded_is_told_before_anything_is_asked_or_stored(tmp_path: Path):
    folder = tmp_path / "own"
    folder.mkdir(mode=0o755)
    (folder / "broken.py").write_text("def (:")

    run = posture("audit", "--from", SCAN, "--checks-dir", folder, cwd=tmp_path)

    assert run.returncode == 1
    assert "broken.py: it can't be loaded" in run.stderr
    assert json.loads(posture("runs", "list", "--format", "json", cwd=tmp_path).stdout) == {"runs": []}


def test_the_doctor_says_what_is_missing_and_how_to_mend_it(tmp_path: Path):
    (tmp_path / "posture.toml").write_text(
        '[organisation]\nname="H"\n[snmp]\ncredentials=[{id="c", version="2c", community={env="NOT_SET"}}]\n'
    )

    done = posture("doctor", "--format", "json", cwd=tmp_path)

    findings = {each["what"]: each for each in json.loads(done.stdout)["findings"]}
    assert done.returncode == 1
    assert findings["the environment variable NOT_SET"]["mend"] == "export NOT_SET=…"
    assert findings["nmap"]["state"].startswith("Nmap version")


def test_the_recorded_demo_has_real_findings_over_all_collectors_and_reports_that_agree(tmp_path: Path):
    done = posture("demo", "--recorded", "-o", "out", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "out" / "assessment.json").read_bytes())
    fails = [each for each in document["observations"] if each["outcome"] == "fail"]
    index = {each["id"]: each["collector"] for each in document["evidence"]}
    assert len(document["observations"]) >= 25
    assert len(fails) >= 8
    assert all(each["evidence"] and set(each["evidence"]) <= set(index) for each in fails)
    extents = document["coverage"]["extents"]
    assert all(each["of"] is None or each["looked_at"] <= each["of"] for each in extents)
    spoke = {index[digest] for each in fails for digest in each["evidence"]}
    assert spoke == {"nmap", "ldap", "snmp", "inventory", "people"}
    assert {path.suffix for path in (tmp_path / "out").iterdir()} >= {".html", ".xlsx", ".json"}


def test_a_report_says_times_as_the_clocks_of_the_organisation_do(tmp_path: Path):
    (tmp_path / "posture.toml").write_text('[organisation]\nname = "Lake Hospital"\ntime_zone = "America/Chicago"\n')
    posture("audit", "--from", SCAN, "--as-of", "2026-11-24T16:05:00Z", cwd=tmp_path)

    written = posture("report", "-f", "html,xlsx,json", "-o", "out", cwd=tmp_path)
    html, xlsx, document = (tmp_path / line for line in written.stdout.split())

    assert "As of 24 November 2026, 10:05 UTC−06:00" in html.read_text("utf-8")
    rows = dict(row[:2] for row in openpyxl.load_workbook(xlsx)["Summary"].iter_rows(max_row=9, values_only=True))
    assert rows["As of (UTC)"].isoformat() == "2026-11-24T16:05:00"
    assert json.loads(document.read_bytes())["method"]["as_of"] == "2026-11-24T10:05:00-06:00"
