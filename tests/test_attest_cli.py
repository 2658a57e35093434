"""`posture attest` as a user meets it, with real LibreOffice in between."""

import hashlib
import json
import os
import sqlite3
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from lab import command, office
from lab.hospital import TOML
from lab.workbook import Edited

from posture import catalog
from posture.catalog import SCORED, built_in
from posture.governance.ledger import Attestation, Decision, Register
from posture.store import Store

DAY = datetime.now(ZoneInfo("America/Chicago")).date()
RULE = {control.id: control for control in built_in()[SCORED].control if control.question and control.counted}
PLAIN = [each for each in RULE.values() if not each.not_applicable_when and each.per == "organisation"]
APPLICABLE_OR_NOT = next(each for each in RULE.values() if each.not_applicable_when)
ADDRESSABLE = next(each for each in RULE.values() if each.requirement == "A")


def posture(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return command.posture("attest", *arguments, cwd=cwd)


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    (tmp_path / "posture.toml").write_text(TOML)
    done = posture("export", "-o", "questions.xlsx", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "questions.xlsx\n"), done.stderr
    return tmp_path


def ledger_rows(hospital: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(hospital / "posture.db") as store:
        ledger = store.execute("SELECT * FROM ledger ORDER BY number").fetchall()
        return [*ledger, *store.execute("SELECT * FROM attachments ORDER BY sha256").fetchall()]


def test_a_workbook_filled_in_with_libreoffice_comes_back(hospital: Path, tmp_path_factory: pytest.TempPathFactory):
    workbook = hospital / "questions.xlsx"
    (hospital / "proof").mkdir()
    (hospital / "proof" / "test.txt").write_text("tested")
    book = Edited(workbook)
    at, last = book.columns("Questions"), book.book["Questions"].max_row
    yes, no = book.row("Questions", PLAIN[0].id), book.row("Questions", PLAIN[1].id)
    asked = book.columns("Addressable decisions")
    decided = book.row("Addressable decisions", ADDRESSABLE.id)
    typed = {
        at["ANSWER"]: "yes",
        at["HOW IT WAS CHECKED"]: "documents and people, and tested by hand",
        at["WHAT WAS FOUND"]: "All in place.\nSeen by two of us.",
        at["OWNER"]: "José Núñez",
        at["DATE"]: DAY.isoformat(),
        at["FILES"]: "test.txt",
    }
    wrong = {at["ANSWER"]: "no", at["OWNER"]: "Ann", at["DATE"]: DAY.isoformat(), at["EXPIRY"]: str(DAY + timedelta(9))}
    steps = [office.put("Questions", f"{letter}{yes}", text) for letter, text in typed.items()]
    steps += [office.put("Questions", f"{letter}{no}", text) for letter, text in wrong.items()]
    steps += [
        office.put("Addressable decisions", f"{asked[heading]}{decided}", text)
        for heading, text in {
            "DECISION": "implemented",
            "APPROVER": "Bea",
            "DATE": DAY.isoformat(),
            "REVIEW DATE": str(DAY + timedelta(365)),
        }.items()
    ]
    steps += [
        office.put("Systems", f"{cell}3", text)
        for cell, text in zip("ABCD", ("ehr", "EHR", "cloud", "yes"), strict=True)
    ]
    steps.append(office.sort("Questions", f"A3:{max(at.values())}{last}", 1))
    office.edit(workbook, steps, tmp_path_factory.mktemp("office"))
    assert Edited(workbook).row("Questions", PLAIN[0].id) != yes, "the rows were not sorted"

    dry = posture("import", "questions.xlsx", "--files", "proof", "--dry-run", cwd=hospital)
    assert dry.stdout.startswith("would record 2 answers, 1 decision, 1 register\n"), dry.stderr
    assert ledger_rows(hospital) == []
    done = posture("import", "questions.xlsx", "--files", "proof", cwd=hospital)
    again = posture("import", "questions.xlsx", "--files", "proof", cwd=hospital)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("recorded 2 answers, 1 decision, 1 register\n")
    assert again.stdout == "recorded nothing: all of it is on record already\n"
    with Store(hospital / "posture.db") as store:
        ledger = store.ledger()
        said = {each.statement.control: each.statement for each in ledger.of(Attestation)}
        answer = said[PLAIN[0].id]
        (proof,) = answer.attachments
        assert store.attachment(proof.sha256) == b"tested"
    assert (answer.answer, answer.owner, answer.attested_on) == ("yes", "José Núñez", DAY)
    assert answer.statement == "All in place.\nSeen by two of us."
    assert proof.sha256 == hashlib.sha256(b"tested").hexdigest()
    assert said[PLAIN[1].id].expires == DAY + timedelta(9)
    assert [each.statement.control for each in ledger.of(Decision)] == [ADDRESSABLE.id]
    assert [each.statement.systems[0].id for each in ledger.of(Register)] == ["ehr"]

    listed = json.loads(posture("status", "--format", "json", cwd=hospital).stdout)["attestations"]
    state = {(each["control"], each["party"]): (each["state"], each["expiring"]) for each in listed}
    assert state[PLAIN[0].id, ""] == ("in-force", False)
    assert state[PLAIN[1].id, ""] == ("in-force", True)
    assert state[PLAIN[2].id, ""] == ("missing", False)


def test_a_workbook_that_libreoffice_saved_untouched_records_nothing(
    hospital: Path, tmp_path_factory: pytest.TempPathFactory
):
    office.edit(hospital / "questions.xlsx", [], tmp_path_factory.mktemp("office"))

    done = posture("import", "questions.xlsx", cwd=hospital)

    assert (done.returncode, done.stdout) == (0, "recorded nothing: all of it is on record already\n"), done.stderr


GOOD = {"answer": "yes", "how_it_was_checked": "documents examined", "owner": "Ann", "date": DAY.isoformat()}
LATER = (DAY + timedelta(days=2)).isoformat()
WRONG: list[tuple[str, object, str]] = [
    ("answer", "maybe", '"maybe" is not one of yes, partly, no, not applicable'),
    ("answer", "not applicable", '"not applicable" is no answer about'),
    ("owner", None, "name who answers for it"),
    ("owner", "=1+1", "a formula; write the value"),
    ("date", None, "give the day of the answer"),
    ("date", LATER, f"{LATER} is in the future"),
    ("expiry", DAY.isoformat(), f"{DAY} is not after the date"),
    ("expiry", (DAY + timedelta(days=4000)).isoformat(), "months after the date"),
    ("expiry", "next week", '"next week" is no date'),
    ("expiry", "#REF!", 'the cell holds the error "#REF!"'),
    ("control", "164.999", 'has no control "164.999"'),
    ("asked_of", "Mars", '"Mars" is not asked about'),
    ("files", "none.pdf", "there is no such file"),
    ("files", "../posture.toml", "it is outside the folder"),
    ("files", "/etc/hostname", "it is outside the folder"),
    ("files", "link.pdf", "it is a link"),
    ("how_it_was_checked", None, "say how it was checked"),
    ("what_was_found", "x" * 10_001, "characters: write 10,000 at most"),
]


def spoil(book: Edited) -> dict[str, str]:
    """Fill a workbook in wrongly in many ways: the address of each wrong cell, and words of its mistake."""
    expected = {}
    for at, (key, value, words) in enumerate(WRONG, 1):
        expected[book.fill("Questions", book.row("Questions", PLAIN[at].id), **{**GOOD, key: value})[key]] = words
    tested = {**GOOD, "how_it_was_checked": "tested by hand", "files": None}
    row = book.row("Questions", PLAIN[len(WRONG) + 1].id)
    expected[book.fill("Questions", row, **tested)["files"]] = "tested by hand needs a file"
    row = book.row("Questions", APPLICABLE_OR_NOT.id)
    unsaid = book.fill("Questions", row, **{**GOOD, "answer": "not applicable"}, what_was_found=None)
    expected[unsaid["what_was_found"]] = "say why this is so"
    row = book.row("Addressable decisions", ADDRESSABLE.id)
    decided = book.fill("Addressable decisions", row, decision="equivalent alternative", approver=None, date=DAY)
    expected[decided["approver"]] = "name who approved it"
    book.fill("Systems", 3, id="ehr", system="EHR", where_it_runs="cloud", ephi="yes")
    expected[book.fill("Systems", 4, id="ehr", system="E", where_it_runs="cloud", ephi="yes")["id"]] = "row 3 too"
    moon = book.fill("Systems", 5, id="pacs", system="P", where_it_runs="moon", ephi="yes")
    expected[moon["where_it_runs"]] = '"moon" is not one of'
    expected[book.fill("Data flows", 3, **{"from": "ehr"}, to="lab", what_moves="Results")["to"]] = '"lab" is no system'
    practice = {"framework": "other", "practice": "X", "since": LATER, "controls_one_a_line": "164.999"}
    cells = book.fill("Recognized practices", 3, **practice)
    return expected | {cells["since"]: "in the future", cells["controls_one_a_line"]: "there is no control"}


def test_many_kinds_of_wrong_cells_are_reported_in_one_pass_and_the_store_stays_as_it_was(hospital: Path):
    book = Edited(hospital / "questions.xlsx")
    book.fill("Questions", book.row("Questions", PLAIN[0].id), **GOOD)
    book.save()
    assert posture("import", "questions.xlsx", cwd=hospital).returncode == 0
    before = ledger_rows(hospital)
    (hospital / "link.pdf").symlink_to("/etc/hostname")
    expected = spoil(book)
    book.save()

    done = posture("import", "questions.xlsx", cwd=hospital)

    assert (done.returncode, done.stdout) == (1, "")
    for address, words in expected.items():
        assert any(f"  {address}: " in line and words in line for line in done.stderr.splitlines()), (address, words)
    assert len(expected) == len(WRONG) + 8
    unsaid_too = 4  # the decision's rationales, its place in the risk analysis and its review date
    assert f": {len(expected) + unsaid_too} mistakes, and nothing was recorded" in done.stderr
    assert len(before) == 1
    assert ledger_rows(hospital) == before


def test_an_export_does_not_replace_a_file_unless_told_to(hospital: Path):
    refused = posture("export", "-o", "questions.xlsx", cwd=hospital)
    forced = posture("export", "-o", "questions.xlsx", "--force", cwd=hospital)
    nowhere = posture("export", "-o", "none/questions.xlsx", cwd=hospital)

    assert refused.returncode == 1
    assert "the file is there already" in refused.stderr
    assert forced.returncode == 0
    assert (nowhere.returncode, nowhere.stderr.count("\n")) == (1, 1)


def test_an_export_never_takes_the_place_of_a_pipe_or_a_device(hospital: Path):
    os.mkfifo(hospital / "pipe")

    done = posture("export", "-o", "pipe", "--force", cwd=hospital)

    assert (done.returncode, done.stdout) == (1, "")
    assert "pipe: it is no file" in done.stderr
    assert (hospital / "pipe").is_fifo()


def test_an_own_catalog_in_the_name_of_the_rule_is_asked_nobody(hospital: Path):
    rule = Path(catalog.__file__).parent / "catalogs" / f"{SCORED}.toml"
    (hospital / "own.toml").write_bytes(rule.read_bytes())
    (hospital / "posture.toml").write_text(TOML + '[catalogs]\nown = ["own.toml"]\n')

    done = posture("export", "-o", "other.xlsx", cwd=hospital)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"the id '{SCORED}' is taken" in done.stderr


def test_catalogs_are_chosen_by_name(hospital: Path):
    done = posture("export", "-o", "r.xlsx", "--catalog", "ransomware-readiness", cwd=hospital)
    unknown = posture("status", "--catalog", "none", cwd=hospital)
    listed = json.loads(posture("status", "--catalog", "hph-cpg", "--format", "json", cwd=hospital).stdout)

    assert done.returncode == 0
    asked = openpyxl.load_workbook(hospital / "r.xlsx")["Questions"]
    letter = next(cell.column_letter for cell in asked[2] if cell.value == "CATALOG")
    assert {cell.value for cell in asked[letter][2:]} == {"ransomware-readiness"}
    assert unknown.returncode == 1
    assert "there is no catalog 'none'" in unknown.stderr
    assert {each["catalog"] for each in listed["attestations"]} == {"hph-cpg"}


def test_the_usual_catalogs_are_the_rule_and_breach_notification(hospital: Path):
    listed = json.loads(posture("status", "--format", "json", cwd=hospital).stdout)["attestations"]

    usual = {SCORED, "hipaa-breach-notification"} & built_in().keys()
    assert {each["catalog"] for each in listed} == usual
    assert {each["party"] for each in listed} >= {"", "main", "north", "Riverside Hospital, Inc."}


def test_what_has_expired_is_exported_alone(hospital: Path):
    book = Edited(hospital / "questions.xlsx")
    old = DAY - timedelta(days=100)
    row = book.row("Questions", PLAIN[0].id)
    fields = {"answer": "no", "owner": "Ann", "date": old.isoformat(), "expiry": (DAY - timedelta(days=1)).isoformat()}
    book.fill("Questions", row, **fields)
    book.save()
    done = posture("import", "questions.xlsx", cwd=hospital)

    posture("export", "-o", "again.xlsx", "--only", "expired", cwd=hospital)
    then = posture("status", "--as-of", (DAY - timedelta(days=3)).isoformat(), cwd=hospital)
    wrong = posture("export", "-o", "x.xlsx", "--only", "late", cwd=hospital)

    assert "1 answer or decision ended already" in done.stderr
    asked = Edited(hospital / "again.xlsx")
    assert asked.book["Questions"].max_row == 3
    assert asked.row("Questions", PLAIN[0].id) == 3
    assert "1 in force, ends soon" in then.stderr
    assert wrong.returncode == 2
    assert "'late' is not one of missing, expiring, expired" in wrong.stderr


def test_a_store_that_is_read_as_json_lists_what_was_recorded(hospital: Path):
    book = Edited(hospital / "questions.xlsx")
    fields = {"answer": "no", "owner": "Ann", "date": DAY.isoformat()}
    book.fill("Questions", book.row("Questions", PLAIN[0].id), **fields)
    book.save()

    done = posture("import", "questions.xlsx", "--format", "json", cwd=hospital)

    (recorded,) = json.loads(done.stdout)["statements"]
    assert (recorded["entry"], recorded["kind"]) == (1, "attestation")
    assert (recorded["control"], recorded["said"]) == (PLAIN[0].id, "no")
    assert "recorded 1 answer" in done.stderr


@pytest.mark.parametrize(
    "content", [b"hello", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)], ids=["text", "encrypted"]
)
def test_what_is_no_workbook_is_one_error(hospital: Path, content: bytes):
    (hospital / "bad.xlsx").write_bytes(content)

    done = posture("import", "bad.xlsx", cwd=hospital)

    assert done.returncode == 1
    assert done.stderr.startswith("posture: bad.xlsx: it is ")
    assert ledger_rows(hospital) == []


def test_attest_needs_a_posture_toml(tmp_path: Path):
    done = posture("export", cwd=tmp_path)

    assert done.returncode == 1
    assert "there is no posture.toml here" in done.stderr
