"""Seals in the store: one chain over all runs, whatever became of them, and what shows that it was broken."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
import zstandard
from alembic import command
from alembic.config import Config
from lab import command as posture_command
from lab.sealed import Exported, Hospital
from rich.console import Console

import posture
from posture import registry
from posture.audit import Audit, Interrupted
from posture.cli.progress import LineListener
from posture.configuration import parse
from posture.errors import PostureError
from posture.governance.ledger import Treatment
from posture.scope import Scope
from posture.sealing import bags, custody, seals, verifier
from posture.sealing.sealer import Sealer
from posture.sealing.standing import seal_info
from posture.store import Store

AT = datetime(2026, 6, 1, tzinfo=UTC)


def statements(folder: Path) -> list[dict]:
    with Store(folder / "posture.db") as store:
        return [json.loads(each.statement) for each in seals.every(store)]


def report(hospital: Hospital, *arguments: str) -> dict:
    hospital.posture("-q", "report", "-f", "json", "-o", "out", *arguments)
    return json.loads((hospital.folder / "out" / "assessment.json").read_text())


def test_a_report_says_how_it_stands_by_which_key_and_lists_all_runs(ours: Hospital):
    first = ours.audited()
    ours.clock.down = True
    second = ours.audited()

    stamped, sealed = report(ours, first)["run"], report(ours, second)["run"]

    fingerprint = ours.posture("keys", "init").strip()
    assert (stamped["seal"]["standing"], sealed["seal"]["standing"]) == ("timestamped", "sealed")
    assert stamped["seal"]["signer"] == sealed["seal"]["signer"] == fingerprint
    assert stamped["seal"]["stamped"]
    assert sealed["seal"]["stamped"] is None
    assert [(each["id"], each["standing"]) for each in sealed["runs"]] == [(second, "sealed"), (first, "timestamped")]


def test_the_cover_shows_the_seal_and_the_keys_fingerprint(ours: Hospital):
    run = ours.audited()
    ours.posture("-q", "report", "-f", "html", "-o", "out")

    text = (ours.folder / "out" / f"posture-{run}.html").read_text()

    assert "Sealed and timestamped by a third party" in text
    assert ours.posture("keys", "init").strip() in text


def test_a_seal_changes_nothing_but_the_run(ours: Hospital):
    run = ours.audited()
    with Store(ours.folder / "posture.db") as store:
        assessment = store.assessment(run)
        seal = seals.latest(store, run)

    shown = report(ours)

    assert seal.fingerprint == assessment.fingerprint
    plain = json.loads(msgspec.json.encode(assessment))
    assert {**shown, "run": None} == {**plain, "run": None}


def test_a_clock_that_does_not_answer_leaves_the_run_sealed_and_says_so(ours: Hospital):
    ours.clock.down = True

    run = ours.audited()

    told = ours.posture("evidence", "verify", run)
    assert "Intact" in told
    assert "did not answer then, or its timestamp was taken out" in told
    with Store(ours.folder / "posture.db") as store, store.reading() as connection:
        problems = [json.loads(line) for line in custody.lines(connection) if b'"not timestamped"' in line]
    assert "did not answer" in problems[0]["detail"]["problem"]


def test_seals_are_one_chain_over_all_runs_of_two_at_once_too(ours: Hospital):
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: ours.audited(), range(3)))

    said = statements(ours.folder)

    assert {each["predicate"]["run"]["id"] for each in said} == set(runs)
    assert [each["predicate"]["seal"] for each in said] == [1, 2, 3]
    assert len({each["predicate"]["signer"] for each in said}) == 1
    with Store(ours.folder / "posture.db") as store:
        assert all(not bags.verify_run(store, run).problems for run in runs)


def test_a_run_that_was_killed_is_in_the_chain_and_in_the_list(ours: Hospital):
    with Store(ours.folder / "posture.db") as store:
        killed = Audit(store, {}, LineListener(Console(quiet=True)), base=ours.folder).begin(Scope.of_files()).id
    run = ours.audited()

    said = statements(ours.folder)[0]["predicate"]

    first, listed = said["runs"][0], report(ours, run)["run"]["runs"][1]
    assert (first["id"], first["state"]) == (killed, "unfinished")
    assert (listed["id"], listed["standing"]) == (killed, "unsealed")


def test_a_run_that_was_stopped_is_sealed_as_it_is_and_again_when_it_was_judged(ours: Hospital):
    scope = parse((ours.folder / "posture.toml").read_text().replace('"import-only"', '"gentle"'), "test")
    told = LineListener(Console(quiet=True))
    stop = threading.Event()
    stop.set()
    with Store(ours.folder / "posture.db") as store:
        sealer = Sealer.of(store, scope, ours.folder, print)
        audit = Audit(store, registry.collectors(), told, base=ours.folder, stop=stop, sealer=sealer)
        run = audit.begin(scope)
        with pytest.raises(Interrupted):
            audit.collect(run)
    assert "Intact" in ours.posture("evidence", "verify", run.id)
    assert "never judged (interrupted)" in _replay_of(ours, run.id)

    ours.posture("-q", "audit", "--resume", run.id)

    stopped, judged = (each["predicate"] for each in statements(ours.folder))
    assert (stopped["run"]["state"], judged["run"]["state"]) == ("interrupted", "judged")
    assert stopped["assessment"] is None
    assert judged["assessment"]
    assert "Intact" in ours.posture("evidence", "verify", run.id)


def _replay_of(ours: Hospital, run: str) -> str:
    ours.posture("evidence", "export", run, "-o", "stopped.zip")
    done = posture_command.posture("audit", "--from", "stopped.zip", cwd=ours.folder)
    assert done.returncode == 1
    return done.stderr


TAMPERING = {
    "evidence": "UPDATE evidence SET payload = x'28b52ffd2000010000'",
    "evidence taken away": "DELETE FROM evidence",
    "ledger": """UPDATE ledger SET "by" = 'nobody'""",
    "ledger taken away": "DELETE FROM ledger",
    "ledger's chain": "UPDATE ledger_chain SET sha256 = replace(sha256, 'a', 'b')",
    "custody": "UPDATE custody SET entry = CAST(replace(CAST(entry AS TEXT), 'root', 'toor') AS BLOB) WHERE number = 4",
    "custody taken away": "DELETE FROM custody WHERE number = 3",
    "the last of custody taken away": "DELETE FROM custody WHERE number >= (SELECT max(number) FROM custody "
    """WHERE CAST(entry AS TEXT) LIKE '%"action":"sealed"%')""",
    "the seal before": "DELETE FROM seals WHERE number = 1",
    "signature": "UPDATE seals SET signature = zeroblob(64)",
    "key": "UPDATE seals SET public_key = x'00'",
    "statement": "UPDATE seals SET statement = x'28b52ffd2000010000' WHERE number = 2",
    "sealed files": "DELETE FROM sealed_files",
    "timestamp": "UPDATE timestamps SET response = x'00'",
    "timestamp taken away": "DELETE FROM timestamps WHERE seal = 2",
    "an observation": "UPDATE observations SET document = replace(CAST(document AS TEXT), '\"fail\"', '\"pass\"')",
    "where an observation is filed": "UPDATE observations SET check_id = 'other' WHERE outcome = 'fail'",
    "a judgement taken away": "DELETE FROM observations; DELETE FROM judgements WHERE number = 2",
    "an event": "DELETE FROM events WHERE kind = 'imported'",
    "evidence that is not the run's any more": "DELETE FROM run_evidence WHERE rowid IN "
    "(SELECT max(rowid) FROM run_evidence)",
    "a run taken away": "UPDATE runs SET id = 'other' WHERE id = (SELECT min(id) FROM runs)",
    "who ran it": "UPDATE runs SET operator = 'nobody'",
    "a scope": "UPDATE runs SET scope = replace(CAST(scope AS TEXT), 'import-only', 'gentle')",
    "reference data": "DELETE FROM reference_data WHERE number = 1",
    "a tombstone put in": "INSERT INTO tombstones SELECT min(id), '2026-01-01', 'x', x'00' FROM runs",
}


def rechained_ledger(raw: sqlite3.Connection) -> None:
    """By somebody who knows the format: another name, and all digests made anew."""
    raw.execute("""UPDATE ledger SET "by" = 'nobody'""")
    previous = verifier.NO_DIGEST
    for number, at, by, said in raw.execute(
        'SELECT number, at, "by", statement FROM ledger ORDER BY number'
    ).fetchall():
        line = custody.ledger_line(number, previous, at, by, zstandard.ZstdDecompressor().decompress(said))
        previous = hashlib.sha256(line).hexdigest()
        raw.execute("UPDATE ledger_chain SET sha256 = ? WHERE number = ?", (previous, number))


def rechained_custody(raw: sqlite3.Connection) -> None:
    """One entry less, the others numbered and chained anew."""
    entries = [json.loads(entry) for (entry,) in raw.execute("SELECT entry FROM custody ORDER BY number").fetchall()]
    raw.execute("DELETE FROM custody")
    previous = verifier.NO_DIGEST
    for number, entry in enumerate((each for each in entries if each["action"] != "imported"), 1):
        line = msgspec.json.encode({**entry, "number": number, "previous": previous}, order="sorted")
        previous = hashlib.sha256(line).hexdigest()
        raw.execute("INSERT INTO custody VALUES (?, ?, ?)", (number, entry["run"], line))


def cut_ledger(raw: sqlite3.Connection) -> None:
    """An answer that came after the last seal, taken out with its link."""
    for table in ("ledger_chain", "ledger"):
        raw.execute(f"DELETE FROM {table} WHERE number = (SELECT max(number) FROM {table})")  # noqa: S608  # ours


@pytest.mark.parametrize("change", [rechained_ledger, rechained_custody, cut_ledger])
def test_a_chain_that_was_made_anew_is_not_the_one_that_was_sealed(exported: Exported, tmp_path: Path, change):
    copy = copied(exported, tmp_path)
    with Store(copy) as store:
        store.record([Treatment(risk="R-ABCDEF", owner="A")], "officer", datetime.now(UTC))
        assert not bags.verify_run(store, exported.run).problems
    with unguarded(copy) as raw:
        change(raw)

    with Store(copy) as store:
        assert bags.verify_run(store, exported.run).problems


def test_a_report_of_a_judgement_that_was_changed_says_that_its_seal_is_of_another(exported: Exported, tmp_path: Path):
    copy = copied(exported, tmp_path)
    with unguarded(copy) as raw:
        raw.execute(TAMPERING["an observation"])

    with Store(copy) as store:
        info = seal_info(store, store.assessment(exported.run))

    assert info.standing == "unsealed"
    assert "evidence verify" in info.note


def copied(exported: Exported, folder: Path) -> Path:
    copy = folder / "posture.db"
    with sqlite3.connect(exported.hospital.folder / "posture.db") as source, sqlite3.connect(copy) as target:
        source.backup(target)
    return copy


def unguarded(path: Path) -> sqlite3.Connection:
    raw = sqlite3.connect(path)
    for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {name}")
    return raw


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING)
def test_what_was_changed_in_the_store_by_other_means_is_found(exported: Exported, tmp_path: Path, statement: str):
    copy = copied(exported, tmp_path)
    with Store(copy) as store:
        assert not bags.verify_run(store, exported.run).problems
    with unguarded(copy) as raw:
        raw.executescript(statement)

    with Store(copy) as store:
        try:
            found = bags.verify_run(store, exported.run).problems
        except (PostureError, verifier.NotABag) as error:
            found = (str(error),)
    assert found


def test_an_older_store_is_chained_as_it_is_found_and_its_evidence_keeps_its_ids(tmp_path: Path):
    path = tmp_path / "old.db"
    config = Config()
    config.set_main_option("script_location", str(Path(posture.__file__).parent / "migrations"))
    statement = msgspec.json.encode(Treatment(risk="R-ABCDEF", owner="A"))
    with sa.create_engine(f"sqlite:///{path}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        row = {"at": AT.isoformat(), "by": "officer", "statement": zstandard.compress(statement)}
        for number in (1, 2):
            connection.execute(
                sa.text("INSERT INTO ledger VALUES (:number, :at, :by, :statement)"), {"number": number, **row}
            )

    with Store(path) as store:
        assert store.ledger().position == 2
        store.record([Treatment(risk="R-ABCDEF", owner="B")], "analyst", AT)
        lines = store.ledger_lines()
        with store.reading() as connection:
            said = [json.loads(line) for line in custody.lines(connection)]

    assert verifier.chain_fault(lines, 3, hashlib.sha256(lines[-1]).hexdigest()) == ""
    assert [each["action"] for each in said] == ["migrated", "recorded"]
    assert said[0]["detail"]["ledger"] == 2


def test_the_key_is_made_once_for_its_owner_and_never_shown(ours: Hospital):
    first, second = ours.posture("keys", "init"), ours.posture("keys", "init")
    key = ours.folder / "posture.key"

    assert first == second
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret = "".join(key.read_text().splitlines()[1:-1])
    shown = (
        ours.posture("keys", "show")
        + ours.posture("keys", "show", "--public")
        + ours.posture("keys", "show", "--format", "json")
    )
    assert first.strip() in shown
    assert secret not in shown.replace("\n", "")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda key: key.chmod(0o644), "others can read the sealing key"),
        (lambda key: key.write_text("no key"), "it is not an Ed25519 private key"),
        (lambda key: key.write_bytes(b"\xff" * 100), "it is not an Ed25519 private key"),
    ],
)
def test_a_key_that_can_not_be_used_stops_an_audit_before_it_begins(ours: Hospital, spoil, said: str):
    ours.posture("keys", "init")
    spoil(ours.folder / "posture.key")

    refused = posture_command.posture("audit", "--from", "people.ldif", cwd=ours.folder)

    assert refused.returncode == 1
    assert said in refused.stderr

    with Store(ours.folder / "posture.db") as store:
        assert store.runs() == []


def test_a_key_lies_where_the_configuration_says(ours: Hospital):
    toml = ours.folder / "posture.toml"
    toml.write_text(toml.read_text() + '\n[seal]\nkey_file = "keys/own.key"\n')

    fingerprint = ours.posture("keys", "init").strip()

    assert (ours.folder / "keys" / "own.key").exists()
    assert not (ours.folder / "posture.key").exists()
    assert fingerprint in ours.posture("keys", "show")
