import hashlib
import sqlite3
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
import zstandard
from alembic import command
from alembic.config import Config

import posture
from posture.errors import PostureError
from posture.governance.ledger import Ledger, Treatment
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


@pytest.fixture
def either(anywhere: str):
    """A store in a file, and one in PostgreSQL."""
    with Store(anywhere) as opened:
        opened.begin(RUN)
        yield opened


TREATMENT = Treatment(risk="R-ABCDEF", owner="A")


@pytest.mark.usefixtures("store")
def test_the_store_is_readable_by_its_owner_only(tmp_path: Path):
    assert stat.S_IMODE((tmp_path / "posture.db").stat().st_mode) == 0o600


def test_evidence_comes_back_as_it_went_in_and_is_stored_once(either: Store):
    record = evidence()

    either.keep(RUN.id, record)
    either.keep(RUN.id, record)

    assert list(either.evidence(RUN.id)) == [record]


def test_a_run_is_told_by_its_events(either: Store):
    either.happened(RUN.id, Event(at=AT, kind="planned", detail={"probes": []}))
    either.happened(RUN.id, Event(at=AT, kind="finished"))

    assert [event.kind for event in either.events(RUN.id)] == ["planned", "finished"]
    assert either.run(None) == RUN
    assert either.run("20260601") == RUN


@pytest.mark.parametrize("table", ["runs", "events", "evidence", "run_evidence", "ledger", "attachments"])
@pytest.mark.parametrize("statement", ["DELETE FROM {0}", "UPDATE {0} SET {1} = {1}"])
def test_nothing_can_be_changed_or_deleted(either: Store, table: str, statement: str):
    either.keep(RUN.id, evidence())
    either.happened(RUN.id, Event(at=AT, kind="finished"))
    either.record([TREATMENT], "officer", AT, [b"a document"])
    column = sa.inspect(either._engine).get_columns(table)[0]["name"]

    with either._engine.begin() as connection, pytest.raises(sa.exc.DatabaseError, match="append-only"):
        connection.exec_driver_sql(statement.format(table, column))


def test_the_ledger_keeps_every_statement_in_its_order_with_who_recorded_it_when(either: Store):
    assert either.ledger() == Ledger()

    either.record([TREATMENT], "officer", AT)
    later = msgspec.structs.replace(TREATMENT, owner="B")
    ledger = either.record([later, TREATMENT], "analyst", AT)

    assert ledger == either.ledger()
    assert ledger.position == 3
    assert [(each.number, each.by, each.at, each.statement) for each in ledger.entries] == [
        (1, "officer", AT, TREATMENT),
        (2, "analyst", AT, later),
        (3, "analyst", AT, TREATMENT),
    ]


def test_a_document_comes_back_by_its_hash_and_one_that_was_changed_does_not(tmp_path: Path, store: Store):
    digest = hashlib.sha256(b"a document").hexdigest()
    store.record([], "officer", AT, [b"a document", b"a document"])
    assert store.attachment(digest) == store.attachment(digest[:9]) == b"a document"

    with sqlite3.connect(tmp_path / "posture.db") as raw:
        raw.execute("DROP TRIGGER attachments_no_update")
        raw.execute("UPDATE attachments SET content = ?", [zstandard.compress(b"another")])

    with pytest.raises(PostureError, match="was changed"):
        store.attachment(digest)
    with pytest.raises(PostureError, match="there is no document"):
        store.attachment("0" * 64)


def test_a_statement_that_can_not_be_stored_leaves_the_ledger_as_it_was(tmp_path: Path, store: Store):
    store.record([TREATMENT], "officer", AT)
    with sqlite3.connect(tmp_path / "posture.db") as raw:
        raw.execute(
            "CREATE TRIGGER full BEFORE INSERT ON ledger WHEN NEW.number = 3 BEGIN SELECT RAISE(ABORT, 'full'); END"
        )

    with pytest.raises(PostureError, match="full"):
        store.record([TREATMENT, TREATMENT], "officer", AT, [b"a document"])

    assert store.ledger().position == 1
    with pytest.raises(PostureError, match="there is no document"):
        store.attachment(hashlib.sha256(b"a document").hexdigest())


def test_a_store_of_the_first_version_gets_a_ledger_and_keeps_its_runs(tmp_path: Path):
    path = tmp_path / "old.db"
    config = Config()
    config.set_main_option("script_location", str(Path(posture.__file__).parent / "migrations"))
    with sa.create_engine(f"sqlite:///{path}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        row = {**msgspec.to_builtins(RUN), "scope": msgspec.json.encode(RUN.scope)}
        connection.execute(
            sa.text("INSERT INTO runs VALUES (:id, :started, :operator, :host, :version, :as_of, :scope)"), row
        )

    with Store(path) as store:
        assert store.runs() == [RUN]
        assert store.record([TREATMENT], "officer", AT).position == 1


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


def overwritten(path: Path, entry: dict[str, object]) -> None:
    """A ledger of one entry that is not what it should be, as a broken disk or somebody's hands would leave it."""
    sound = {"number": 1, "at": AT.isoformat(), "by": "x", "statement": zstandard.compress(b'{"kind":"treatment"}')}
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO ledger VALUES (:number, :at, :by, :statement)", sound | entry)


WHOLE = zstandard.compress(msgspec.json.encode(TREATMENT))


@pytest.mark.parametrize(
    "entry",
    [
        {"statement": b"abc"},
        {"statement": "text"},
        {"statement": zstandard.compress(b"\xff\xfe")},
        {"statement": zstandard.compress(b'{"kind":"what a later Posture knows"}')},
        {"statement": WHOLE, "at": "yesterday"},
        {"statement": WHOLE, "at": "2026-11-24T00:00:00"},
        {"statement": WHOLE, "by": b"\xff"},
    ],
)
def test_an_entry_that_is_not_what_was_recorded_is_one_clear_error(
    tmp_path: Path, store: Store, entry: dict[str, object]
):
    overwritten(tmp_path / "posture.db", entry)

    with pytest.raises(PostureError, match=r"entry 1 of the ledger can't be read") as caught:
        store.ledger()

    assert caught.value.where == str(tmp_path / "posture.db")


@pytest.mark.parametrize(
    ("rows", "read"),
    [
        ("INSERT INTO runs VALUES ('r', '2027', 'o', 'h', '0', '2027', x'00')", lambda store: store.runs()),
        (
            "INSERT INTO judgements (run, at, document) SELECT id, '2027', x'00' FROM runs",
            lambda store: store.outline(RUN.id),
        ),
        ("INSERT INTO attachments VALUES ('aa', x'00')", lambda store: store.attachment("aa")),
        ("INSERT INTO evidence VALUES ('aa', x'00', x'00')", lambda store: store.evidence_by_id("aa")),
    ],
    ids=["run", "judgement", "document", "evidence"],
)
def test_a_row_that_can_not_be_read_is_one_clear_error(
    tmp_path: Path, store: Store, rows: str, read: Callable[[Store], object]
):
    with sqlite3.connect(tmp_path / "posture.db") as raw:
        raw.execute(rows)

    with pytest.raises(PostureError, match="something in the store can't be read") as caught:
        read(store)

    assert caught.value.where == str(tmp_path / "posture.db")


def test_a_store_of_a_newer_posture_is_refused(tmp_path: Path):
    Store(tmp_path / "posture.db").close()
    with sqlite3.connect(tmp_path / "posture.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0099'")

    with pytest.raises(PostureError, match="it has the version '0099'") as caught:
        Store(tmp_path / "posture.db")

    assert "update Posture" in caught.value.mend


def test_what_was_made_against_an_older_ledger_is_refused(anywhere: str, either: Store):
    store = either
    seen = store.ledger().position
    with Store(anywhere) as other:
        other.record([TREATMENT], "officer", AT, after=seen)

    with pytest.raises(PostureError, match="the ledger changed meanwhile"):
        store.record([TREATMENT], "analyst", AT, [b"a document"], after=seen)

    assert store.ledger().position == 1
    with pytest.raises(PostureError, match="there is no document"):
        store.attachment(hashlib.sha256(b"a document").hexdigest())


def test_of_two_that_write_at_the_same_instant_one_is_refused(anywhere: str, either: Store):
    store = either

    def while_another_records() -> Iterator[bytes]:
        with Store(anywhere) as other:
            other.record([TREATMENT], "officer", AT)
        yield b"a document"

    with pytest.raises(PostureError, match="the ledger changed meanwhile"):
        store.record([TREATMENT], "analyst", AT, while_another_records())

    assert [each.by for each in store.ledger().entries] == ["officer"]


@pytest.mark.parametrize("by", ["officer", "\udcff"])
def test_a_text_that_is_no_unicode_is_one_clear_error(store: Store, by: str):
    half = msgspec.structs.replace(TREATMENT, note="a\ud83d")

    with pytest.raises(PostureError, match="is no character that can be stored"):
        store.record([half if by == "officer" else TREATMENT], by, AT)

    assert store.ledger() == Ledger()
