"""Pruning: what need not be kept any more goes, and a tombstone with the hash of each thing that went stays.

The run itself, its seals, the chain of custody, the ledger, the documents handed in with it and reference data stay:
every chain verifies as before, and whoever still has a bag of the run can show that it is what was sealed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import msgspec
import sqlalchemy as sa

from posture.errors import PostureError
from posture.model import Record
from posture.retention.rules import Keeping, Past, holds, keeping
from posture.sealing import custody, seals, verifier
from posture.store import RunRecord, Store, now

__all__ = ["Tombstone", "decisions", "prune", "tombstone"]

_meta = sa.MetaData()
_events = sa.Table("events", _meta, *(sa.Column(name, sa.String) for name in ("number", "run", "at", "kind")))
_events.append_column(sa.Column("detail", sa.LargeBinary))
_evidence = sa.Table("evidence", _meta, sa.Column("id", sa.String, primary_key=True))
_run_evidence = sa.Table("run_evidence", _meta, sa.Column("run", sa.String), sa.Column("evidence", sa.String))
_judgements = sa.Table(
    "judgements",
    _meta,
    sa.Column("number", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.String) for name in ("run", "at")),
    sa.Column("document", sa.LargeBinary),
)
_observations = sa.Table(
    "observations",
    _meta,
    *(sa.Column(name, sa.Integer) for name in ("judgement", "position")),
    sa.Column("document", sa.LargeBinary),
)
_files = sa.Table("sealed_files", _meta, sa.Column("sha256", sa.String, primary_key=True))
_tombstones = sa.Table(
    "tombstones",
    _meta,
    *(sa.Column(name, sa.String) for name in ("run", "at", "by")),
    sa.Column("document", sa.LargeBinary),
)
_removed = sa.Table("removed", _meta, *(sa.Column(name, sa.String) for name in ("run", "kind", "sha256")))
_BATCH = 500


class Removed(Record, frozen=True, kw_only=True):
    """A thing that a pruned run had, by its SHA-256. `evidence` is gone only where no kept run has it too."""

    kind: str
    sha256: str


class Tombstone(Record, frozen=True, kw_only=True):
    """What is left of a pruned run. `evidence_root` is the Merkle root over its evidence, as its seal says it too.

    `seals` are the SHA-256 of the statements of its seals, which stay. `removed` names every judgement, event and
    piece of evidence it had, and every file that was made for its seals; what a kept run has as well is still there.
    """

    run: str
    at: datetime
    by: str
    why: str
    evidence_root: str
    seals: tuple[str, ...]
    removed: tuple[Removed, ...]


def decisions(store: Store, at: datetime, before: date | None = None) -> tuple[Keeping, ...]:
    """What would become of each run that was not pruned yet, the oldest first."""
    gone, foreign = store.pruned(), store.replayed_runs()
    sealed: dict[str, datetime] = {}
    for seal in seals.every(store):
        sealed[seal.run] = max(seal.at, sealed.get(seal.run, seal.at))
    past = [
        _past(store, run, sealed.get(run.id, run.started), foreign=run.id in foreign)
        for run in store.runs()
        if run.id not in gone
    ]
    return keeping(past, holds(store.ledger()), at, before)


def _past(store: Store, run: RunRecord, sealed: datetime, *, foreign: bool) -> Past:
    with store.reading() as connection:
        judged = [
            datetime.fromisoformat(row.at)
            for row in connection.execute(sa.select(_judgements.c.at).where(_judgements.c.run == run.id))
        ]
        told = [
            datetime.fromisoformat(row.at)
            for row in connection.execute(sa.select(_events.c.at).where(_events.c.run == run.id))
        ]
    return Past(
        id=run.id,
        organisation=run.scope.organisation.name,
        time_zone=run.scope.organisation.time_zone,
        started=run.started,
        touched=max((run.started, *judged, *told, sealed)),
        judged=min(judged, default=None),
        foreign=foreign,
    )


def prune(store: Store, at: datetime, before: date | None = None) -> tuple[Keeping, ...]:
    """Prune what need not be kept, and give back what went. Each run goes altogether, or not at all.

    What is to go is decided again inside the transaction that removes it: a hold that was placed meanwhile counts.
    """
    planned = decisions(store, at, before)
    _clock(store, at)
    return tuple(each for each in planned if not each.kept and _pruned(store, each.run, at, before))


class _Told(msgspec.Struct, frozen=True):
    at: datetime


def _clock(store: Store, at: datetime) -> None:
    """Raises PostureError where the store holds what was written later than now: one of the two clocks was wrong."""
    with store.reading() as connection:
        lines = custody.lines(connection)
    try:
        latest = max((msgspec.json.decode(line, type=_Told).at for line in lines), default=at)
    except msgspec.DecodeError:
        raise PostureError("the chain of custody was changed", where=store.name, mend=_VERIFY) from None
    if latest > at + _TOLERANCE:
        raise PostureError(
            f"the clock says {at:%Y-%m-%d %H:%M} UTC, and custody has an entry of {latest:%Y-%m-%d %H:%M}: nothing is "
            "removed by a clock that can't be right",
            where=store.name,
            mend="set the clock; if it was wrong when that was written, keep the runs",
        )


_VERIFY = "posture evidence verify RUN says what is wrong; restore the store from a backup"
_TOLERANCE = timedelta(days=1)


def _pruned(store: Store, run: str, at: datetime, before: date | None) -> bool:
    with store.writing() as connection:
        still = next((each for each in decisions(store, at, before) if each.run == run), None)
        if still is None or still.kept:
            return False
        others = frozenset(_files_of(store, skip=run))
        removed = (*_belongings(connection, run), *_made(connection, store, run, others))
        stone = Tombstone(
            run=run,
            at=at,
            by=store.actor.by,
            why=still.why,
            evidence_root=verifier.merkle_root(each.sha256 for each in removed if each.kind == "evidence"),
            seals=tuple(seal.statement_sha256 for seal in seals.every(store) if seal.run == run),
            removed=removed,
        )
        document = msgspec.json.encode(stone, order="sorted")
        row = {"run": run, "at": at.isoformat(), "by": stone.by, "document": document}
        connection.execute(_tombstones.insert(), row)
        for start in range(0, len(removed), _BATCH):
            part = removed[start : start + _BATCH]
            connection.execute(_removed.insert(), [{"run": run, **msgspec.to_builtins(each)} for each in part])
        _delete(connection, run, removed)
        detail = {
            "tombstone_sha256": hashlib.sha256(document).hexdigest(),
            "evidence_root": stone.evidence_root,
            "removed": len(removed),
            "why": still.why,
        }
        custody.append(connection, store.actor, "pruned", now(), run=run, detail=detail)
    return True


def _belongings(connection: sa.Connection, run: str) -> Iterator[Removed]:
    for row in connection.execute(
        sa.select(_run_evidence.c.evidence).where(_run_evidence.c.run == run).order_by(_run_evidence.c.evidence)
    ):
        yield Removed(kind="evidence", sha256=row.evidence)
    events = hashlib.sha256()
    for row in connection.execute(sa.select(_events).where(_events.c.run == run).order_by(_events.c.number)):
        events.update(hashlib.sha256(f"{row.at} {row.kind}\n".encode() + row.detail).digest())
    yield Removed(kind="events", sha256=events.hexdigest())
    for row in connection.execute(
        sa.select(_judgements).where(_judgements.c.run == run).order_by(_judgements.c.number)
    ).all():
        judged = hashlib.sha256(row.document)
        for observation in connection.execute(
            sa.select(_observations.c.document)
            .where(_observations.c.judgement == row.number)
            .order_by(_observations.c.position)
        ):
            judged.update(hashlib.sha256(observation.document).digest())
        yield Removed(kind="judgement", sha256=judged.hexdigest())


def _made(connection: sa.Connection, store: Store, run: str, others: frozenset[str]) -> Iterator[Removed]:
    """The files that were made for the run's seals and for no other's."""
    own = {*_files_of(store, only=run)} - others
    for row in connection.execute(sa.select(_files.c.sha256).order_by(_files.c.sha256)).all():
        if row.sha256 in own:
            yield Removed(kind="sealed file", sha256=row.sha256)


class _Digest(msgspec.Struct, frozen=True):
    sha256: str


class _Subject(msgspec.Struct, frozen=True):
    digest: _Digest


class _Statement(msgspec.Struct, frozen=True):
    subject: tuple[_Subject, ...]


def _files_of(store: Store, only: str = "", skip: str = "") -> Iterator[str]:
    """The digests of all files that the seals of a run, or of all but one, name."""
    gone = store.pruned()
    for seal in seals.every(store):
        if seal.run != skip and (not only or seal.run == only) and (only or seal.run not in gone):
            said = msgspec.json.decode(seal.statement, type=_Statement)
            yield from (each.digest.sha256 for each in said.subject)


def _delete(connection: sa.Connection, run: str, removed: Sequence[Removed]) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # what goes is overwritten
    numbers = sa.select(_judgements.c.number).where(_judgements.c.run == run)
    connection.execute(_observations.delete().where(_observations.c.judgement.in_(numbers)))
    for table in (_judgements, _run_evidence, _events):
        connection.execute(table.delete().where(table.c.run == run))
    used = sa.select(_run_evidence.c.evidence)
    for kind, column in (("evidence", _evidence.c.id), ("sealed file", _files.c.sha256)):
        digests = [each.sha256 for each in removed if each.kind == kind]
        for start in range(0, len(digests), _BATCH):
            query = column.table.delete().where(column.in_(digests[start : start + _BATCH]))
            connection.execute(query.where(column.not_in(used)) if kind == "evidence" else query)


def tombstone(store: Store, run: str) -> Tombstone | None:
    """What is left of a pruned run; None where it was not pruned."""
    with store.reading() as connection:
        row = connection.execute(sa.select(_tombstones).where(_tombstones.c.run == run)).first()
    return msgspec.json.decode(row.document, type=Tombstone) if row else None
