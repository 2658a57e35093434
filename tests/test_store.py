import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from posture.errors import PostureError
from posture.model import Envelope, Evidence
from posture.scope import Scope
from posture.store import Event, RunRecord, Store

AT = datetime(2026, 6, 1, tzinfo=UTC)
RUN = RunRecord(
    id="20260601-000000-abcd", started=AT, operator="o", host="h", version="0", as_of=AT, scope=Scope.of_files()
)


def evidence(payload: bytes = b"dn: dc=example\n") -> Evidence:
    return Evidence.of(Envelope(collector="ldap", format="ldif", outcome="complete"), payload)


@pytest.fixture
def store(tmp_path: Path):
    with Store(tmp_path / "posture.db") as opened:
        opened.begin(RUN)
        yield opened


@pytest.mark.usefixtures("store")
def test_the_store_is_readable_by_its_owner_only(tmp_path: Path):
    assert stat.S_IMODE((tmp_path / "posture.db").stat().st_mode) == 0o600


def test_evidence_comes_back_as_it_went_in_and_is_stored_once(store: Store):
    record = evidence()

    store.keep(RUN.id, record)
    store.keep(RUN.id, record)

    assert list(store.evidence(RUN.id)) == [record]


def test_a_run_is_told_by_its_events(store: Store):
    store.happened(RUN.id, Event(at=AT, kind="planned", detail={"probes": []}))
    store.happened(RUN.id, Event(at=AT, kind="finished"))

    assert [event.kind for event in store.events(RUN.id)] == ["planned", "finished"]
    assert store.run(None) == RUN
    assert store.run("20260601") == RUN


@pytest.mark.parametrize("table", ["runs", "events", "evidence", "run_evidence"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET rowid = rowid"])
def test_nothing_can_be_changed_or_deleted(tmp_path: Path, store: Store, table: str, statement: str):
    store.keep(RUN.id, evidence())
    store.happened(RUN.id, Event(at=AT, kind="finished"))

    with sqlite3.connect(tmp_path / "posture.db") as raw, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(statement.format(table))


def test_evidence_that_was_changed_is_not_given_out(tmp_path: Path, store: Store):
    record = evidence()
    store.keep(RUN.id, record)
    with sqlite3.connect(tmp_path / "posture.db") as raw:
        raw.execute("DROP TRIGGER evidence_no_update")
        raw.execute("UPDATE evidence SET envelope = replace(envelope, 'complete', 'failed')")

    with pytest.raises(PostureError, match="was changed"):
        list(store.evidence(RUN.id))


def test_a_corrupt_store_gives_one_clear_error_and_stays_as_it_is(tmp_path: Path):
    path = tmp_path / "posture.db"
    path.write_bytes(b"this is not a database, but somebody's notes " * 100)
    path.chmod(0o644)
    before = path.read_bytes()

    with pytest.raises(PostureError, match=r"posture\.db: the store can't be used: .*\n.*nothing in it was changed"):
        Store(path)

    assert path.read_bytes() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_folder_that_can_not_be_written_gives_one_clear_error():
    with pytest.raises(PostureError, match="the store can't be opened"):
        Store("/proc/nowhere/posture.db")


@pytest.mark.parametrize("where", ["nonsense://x", "postgresql+nonsense://u:hunter2@h/x", "sqlite:///a\0b", "://"])
def test_a_store_that_can_not_be_is_one_clear_error_without_its_password(where: str):
    with pytest.raises(PostureError) as caught:
        Store(where)
    assert "hunter2" not in str(caught.value)
