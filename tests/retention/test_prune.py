"""Pruning a real store: only what may go, a tombstone for it, and chains that hold."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from posture import catalog, registry
from posture.assessment import Assessment, Run
from posture.errors import PostureError
from posture.evaluate import evaluate
from posture.governance.ledger import Attachment, Hold, RecordedRiskAnalysis
from posture.model import Envelope, Evidence
from posture.request import Request
from posture.retention.prune import decisions, prune, tombstone
from posture.scope import OrganisationScope, Scope, SealScope
from posture.sealing import custody, keys, seals, verifier
from posture.sealing.bags import verify_run
from posture.sealing.inputs import Inputs
from posture.sealing.sealer import Sealer
from posture.store import Event, RunRecord, Store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LDIF = b"version: 1\n\ndn: \nobjectClass: top\n\n"


def evidence(text: str) -> Evidence:
    return Evidence.of(Envelope(collector="ldap", format="ldif", outcome="complete"), LDIF + f"# {text}\n".encode())


def assessed(run: RunRecord, records: list[Evidence]) -> Assessment:
    request = Request(run=Run(id=run.id, started=run.started), scope=run.scope, as_of=run.as_of, version="0")
    return evaluate(request, records, registry.load_checks(), registry.collectors(), catalog.built_in())


def audited(store: Store, name: str, at: datetime, *records: Evidence, organisation: str = "H") -> RunRecord:
    scope = Scope(organisation=OrganisationScope(name=organisation))
    run = RunRecord(id=name, started=at, operator="o", host="h", version="0", as_of=at, scope=scope)
    store.begin(run)
    for record in records:
        store.keep(run.id, record)
    store.judged(run.id, assessed(run, list(records)), at)
    store.happened(run.id, Event(at=at, kind="finished"))
    return run


OWN, SHARED, LATER = evidence("own"), evidence("shared"), evidence("later")


@pytest.fixture
def store(anywhere: str):
    with Store(anywhere) as opened:
        audited(opened, "20100101-000000-aaaa", datetime(2010, 1, 1, tzinfo=UTC), OWN, SHARED)
        audited(opened, "20260101-000000-bbbb", datetime(2019, 1, 1, tzinfo=UTC), SHARED, LATER)
        yield opened


OLD, NEW = "20100101-000000-aaaa", "20260101-000000-bbbb"


def rows(store: Store, table: str) -> int:
    with store.reading() as connection:
        return connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar()  # noqa: S608  # a name of ours


def directly(store: Store, *statements: str) -> None:
    """Run them in the database, as another program would."""
    with store._engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_what_need_not_be_kept_goes_and_what_a_kept_run_has_too_stays(store: Store):
    before = store.assessment(NEW)

    assert [each.run for each in prune(store, NOW)] == [OLD]

    assert [each.id for each in store.evidence(NEW)] == sorted([SHARED.id, LATER.id])
    assert store.assessment(NEW) == before
    assert rows(store, "evidence") == 2
    with pytest.raises(PostureError, match="no evidence begins"):
        store.evidence_by_id(OWN.id)
    with pytest.raises(PostureError, match="was pruned on 2026-11-24"):
        store.assessment(OLD)


def test_a_tombstone_names_what_went_by_its_hash(store: Store):
    prune(store, NOW)

    stone = tombstone(store, OLD)

    assert {each.sha256 for each in stone.removed if each.kind == "evidence"} == {OWN.id, SHARED.id}
    assert stone.evidence_root == verifier.merkle_root(sorted([OWN.id, SHARED.id]))
    assert tombstone(store, NEW) is None
    with store.reading() as connection:
        said = custody.lines(connection)[-1]
    document = msgspec.json.encode(stone, order="sorted")
    assert b'"action":"pruned"' in said
    assert hashlib.sha256(document).hexdigest().encode() in said


def test_pruning_again_finds_nothing_more(store: Store):
    prune(store, NOW)

    assert prune(store, NOW) == ()
    assert [each.run for each in decisions(store, NOW)] == [NEW]


@pytest.mark.parametrize("target", [OLD, "all"])
def test_a_legal_hold_stops_it(store: Store, target: str):
    store.record([Hold(target=target, reason="Matter 7")], "officer", NOW)

    assert prune(store, NOW) == ()
    assert [each.id for each in store.evidence(OLD)] == sorted([OWN.id, SHARED.id])


def test_a_hold_that_is_placed_while_it_prunes_counts(store: Store, monkeypatch: pytest.MonkeyPatch):
    audited(store, "20110101-000000-cccc", datetime(2011, 1, 1, tzinfo=UTC))
    begin = store.writing

    def held():
        monkeypatch.setattr(store, "writing", begin)
        store.record([Hold(target="all", reason="now")], "officer", NOW)
        return begin()

    monkeypatch.setattr(store, "writing", held)

    assert prune(store, NOW) == ()


def test_documents_and_the_ledger_stay_whatever_their_age(store: Store):
    document = b"the risk analysis"
    file = Attachment(name="a.pdf", sha256=hashlib.sha256(document).hexdigest(), size=len(document))
    day = datetime(2010, 1, 2, tzinfo=UTC).date()
    statement = RecordedRiskAnalysis(
        title="RA", performed_on=day, scope="all", approver="A", next_review=day, attachments=(file,)
    )
    store.record([statement], "officer", datetime(2010, 1, 2, tzinfo=UTC), [document])

    prune(store, NOW)

    assert store.attachment(file.sha256) == document
    assert store.ledger().position == 1


# ── nobody else can ──────────────────────────────────────────────────────────────────────────────────────────────

TABLES = ("events", "run_evidence", "evidence", "observations", "judgements")


@pytest.mark.parametrize("table", [*TABLES, "runs", "tombstones", "removed", "custody", "ledger", "attachments"])
def test_nobody_else_deletes_or_changes_anything_after_a_run_was_pruned(store: Store, table: str):
    store.record([Hold(target=NEW, reason="m")], "officer", NOW, [b"document"])
    prune(store, NOW)
    assert rows(store, table)

    column = sa.inspect(store._engine).get_columns(table)[0]["name"]
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):  # noqa: S608  # ours
        with pytest.raises(sa.exc.DatabaseError, match="append-only"):
            directly(store, statement)


def test_the_database_itself_refuses_a_tombstone_for_a_run_of_less_than_six_years(anywhere: str):
    with Store(anywhere) as store:
        began = datetime.now(UTC) - timedelta(days=6 * 365 - 1)
        audited(store, "20250101-000000-aaaa", began)
        audited(store, "20260101-000000-bbbb", datetime.now(UTC))

        with pytest.raises(PostureError, match="kept for six years"):
            prune(store, datetime(2099, 1, 1, tzinfo=UTC))

        assert store.assessment("20250101-000000-aaaa")


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.keep(OLD, evidence("late")),
        lambda store: store.happened(OLD, Event(at=NOW, kind="planned")),
    ],
)
def test_nothing_is_added_to_a_run_that_was_pruned(store: Store, write: Callable[[Store], None]):
    prune(store, NOW)

    with pytest.raises(PostureError, match="was pruned"):
        write(store)


def test_a_removal_that_fails_half_way_removes_nothing(store: Store):
    if store.url.get_backend_name() == "sqlite":
        directly(store, "CREATE TRIGGER refused BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'full'); END")
    else:
        directly(
            store,
            "CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$",
            "CREATE TRIGGER refused BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION refused()",
        )

    with pytest.raises(PostureError, match="full"):
        prune(store, NOW)

    assert tombstone(store, OLD) is None
    assert [each.id for each in store.evidence(OLD)] == sorted([OWN.id, SHARED.id])
    assert store.assessment(OLD)


# ── the chains ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_seals_custody_and_ledger_hold_after_a_sealed_run_was_pruned(
    anywhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    clock = [datetime(2010, 1, 1, tzinfo=UTC)]
    monkeypatch.setattr("posture.sealing.sealer.now", lambda: clock[0])
    with Store(anywhere) as store:
        sealer = Sealer(
            store, keys.make(keys.place(SealScope(key_file="posture.key"), tmp_path, store)), None, [].append
        )
        for name, year, records in ((OLD, 2010, [OWN, SHARED]), (NEW, 2012, [SHARED, LATER])):
            clock[0] = datetime(year, 1, 1, tzinfo=UTC)
            run = audited(store, name, clock[0], *records)
            request = Request(run=Run(id=name, started=run.started), scope=run.scope, as_of=run.as_of, version="0")
            sealer.seal(run, "judged", records, (assessed(run, records), Inputs.of(request, ())))
        statements = [seal.statement for seal in seals.every(store)]
        assert verify_run(store, OLD).problems == ()

        assert [each.run for each in prune(store, NOW)] == [OLD]

        assert verify_run(store, NEW).problems == ()
        assert [seal.statement for seal in seals.every(store)] == statements
        assert tombstone(store, OLD).seals == (hashlib.sha256(statements[0]).hexdigest(),)


def test_nothing_is_removed_by_a_clock_that_custody_contradicts(store: Store):
    with store.writing() as connection:
        custody.append(connection, store.actor, "exported", datetime(2050, 1, 1, tzinfo=UTC))

    with pytest.raises(PostureError, match="clock"):
        prune(store, NOW)

    assert store.assessment(OLD)
