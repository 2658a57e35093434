"""Runs, evidence, judgements and the ledger: append-only, compressed, mode 0600.

What happens to a run is told by its events, never by a changed row. Evidence is stored once under its digest, however
many runs have it. A judgement is an assessment; judging again adds another, and the latest is the run's.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
import sqlalchemy as sa
import zstandard
from sqlalchemy import event as sa_event
from sqlalchemy.dialects import postgresql, sqlite

from posture.assessment import Assessment, Observation
from posture.errors import PostureError
from posture.governance.ledger import Entry, Ledger, Statement
from posture.model import Envelope, Evidence
from posture.scope import Scope
from posture.sealing import custody
from posture.sealing.verifier import NO_DIGEST

__all__ = ["Event", "ReferenceFile", "RunRecord", "Store"]

HEAD = "0006"
_SQLITE = b"SQLite format 3\0"
_MAX_PAYLOAD = 4 * 1024**3
_BATCH = 5_000
_MIGRATING = 0x706F7374757265
"""PostgreSQL's advisory lock of whoever brings a store up to date: the word posture."""

_meta = sa.MetaData()
_runs = sa.Table(
    "runs",
    _meta,
    *(sa.Column(name, sa.String) for name in ("id", "started", "operator", "host", "version", "as_of")),
    sa.Column("scope", sa.LargeBinary),
)
_events = sa.Table(
    "events",
    _meta,
    sa.Column("number", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.String) for name in ("run", "at", "kind")),
    sa.Column("detail", sa.LargeBinary),
)
_evidence = sa.Table(
    "evidence",
    _meta,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("envelope", sa.LargeBinary),
    sa.Column("payload", sa.LargeBinary),
)
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
    *(sa.Column(name, sa.String) for name in ("check_id", "severity", "outcome", "subject")),
    sa.Column("document", sa.LargeBinary),
)
_ledger = sa.Table(
    "ledger",
    _meta,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.String) for name in ("at", "by")),
    sa.Column("statement", sa.LargeBinary),
)
_ledger_chain = sa.Table(
    "ledger_chain",
    _meta,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sha256", sa.String),
)
_reference = sa.Table(
    "reference_data",
    _meta,
    sa.Column("number", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.String) for name in ("sha256", "kind", "dated", "origin", "name", "product", "at", "by")),
    sa.Column("content", sa.LargeBinary),
)
_tombstones = sa.Table("tombstones", _meta, sa.Column("run", sa.String), sa.Column("at", sa.String))
_attachments = sa.Table(
    "attachments", _meta, sa.Column("sha256", sa.String, primary_key=True), sa.Column("content", sa.LargeBinary)
)


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it began; what became of it is in its events."""

    id: str
    started: datetime
    operator: str
    host: str
    version: str
    as_of: datetime
    scope: Scope


class ReferenceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of reference data as it was imported, or as it came with a Posture that judged with it.

    `origin` is `forced` where it was imported although newer data was there. `product` and `dated` are what was said of
    a file that does not say them itself.
    """

    sha256: str
    kind: str
    dated: date
    origin: Literal["shipped", "imported", "forced"]
    name: str
    product: str
    at: datetime
    by: str
    content: bytes


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a run. `detail` is JSON of what the kind needs."""

    at: datetime
    kind: Literal[
        "planned", "probe", "imported", "interrupted", "resumed", "judged", "finished", "reference", "replayed"
    ]
    detail: dict[str, Any] = {}


class Store:
    """The store at a URL or path; opened, it has the newest schema. Raises PostureError if it can't be used.

    What is written is written by `actor`: custody says so.
    """

    def __init__(self, where: str | Path, actor: custody.Actor | None = None) -> None:
        self.actor = actor or custody.Actor.here()
        self.url = _url(where)
        self.name = self.url.database or self.url.render_as_string(hide_password=True)
        if self.url.get_backend_name() == "sqlite":
            _private(Path(self.name))
        self._engine = _engine(self.url)
        if self.url.get_backend_name() == "sqlite":
            sa_event.listen(self._engine, "connect", _pragmas)
        self._insert = sqlite.insert if self._engine.dialect.name == "sqlite" else postgresql.insert
        self._compress = zstandard.ZstdCompressor(level=6)
        with self._errors():
            self._migrate()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, run: RunRecord) -> None:
        """Record a new run."""
        row = {**msgspec.to_builtins(run, builtin_types=(bytes,)), "scope": msgspec.json.encode(run.scope)}
        scope = hashlib.sha256(msgspec.json.encode(run.scope, order="sorted")).hexdigest()
        with self.writing() as connection:
            connection.execute(_runs.insert(), row)
            custody.append(connection, self.actor, "begun", run.started, run=run.id, detail={"scope_sha256": scope})

    def happened(self, run: str, event: Event) -> None:
        """Add an event to a run."""
        row = {
            "run": run,
            "at": event.at.isoformat(),
            "kind": event.kind,
            "detail": self._compress.compress(msgspec.json.encode(event.detail)),
        }
        with self._errors(), self._engine.begin() as connection:
            connection.execute(_events.insert(), row)

    def runs(self) -> list[RunRecord]:
        """All runs, the newest first."""
        with self._errors(), self._engine.connect() as connection:
            rows = connection.execute(sa.select(_runs).order_by(_runs.c.started.desc(), _runs.c.id.desc()))
            return [_run(row) for row in rows]

    def run(self, wanted: str | None) -> RunRecord:
        """The run whose id begins like this, or the latest. Raises PostureError if there is none, or several."""
        every = self.runs()
        found = [run for run in every if wanted is None or run.id.startswith(wanted)]
        if not found:
            what = f"there is no run {wanted!r}" if wanted else "there is no run yet"
            raise PostureError(what, where=self.name, mend="posture runs list" if every else "posture audit")
        exact = [run for run in found if run.id == wanted]
        if wanted and not exact and len(found) > 1:
            raise PostureError(f"{len(found)} runs begin with {wanted!r}", where=self.name, mend="posture runs list")
        return (exact or found)[0]

    def replayed_runs(self) -> frozenset[str]:
        """The runs whose evidence came out of a bag."""
        query = sa.select(_events.c.run).where(_events.c.kind == "replayed")
        with self.reading() as connection:
            return frozenset(row.run for row in connection.execute(query))

    def events(self, run: str) -> list[Event]:
        """What happened to a run, in order."""
        query = sa.select(_events).where(_events.c.run == run).order_by(_events.c.number)
        with self._errors(), self._engine.connect() as connection:
            return [
                msgspec.convert(
                    {"at": row.at, "kind": row.kind, "detail": msgspec.json.decode(_expand(row.detail))}, Event
                )
                for row in connection.execute(query)
            ]

    def events_head(self, run: str, count: int | None = None) -> str:
        """The SHA-256 of the first so many events of a run (all, if not said); empty where there are not so many."""
        query = sa.select(_events).where(_events.c.run == run).order_by(_events.c.number)
        with self.reading() as connection:
            rows = connection.execute(query).all()
        state = hashlib.sha256()
        for row in rows[:count]:
            with self._errors():
                detail = _expand(row.detail)
            state.update(hashlib.sha256(f"{row.at} {row.kind}\n".encode() + detail).digest())
        return state.hexdigest() if count is None or len(rows) >= count else ""

    def pruned(self) -> dict[str, datetime]:
        """The runs that were pruned, and when."""
        with self.reading() as connection:
            return {row.run: datetime.fromisoformat(row.at) for row in connection.execute(sa.select(_tombstones))}

    # ── evidence ─────────────────────────────────────────────────────────────────────────────────────────────────

    def keep(self, run: str, record: Evidence) -> None:
        """Store evidence for a run; what is there already is not stored twice."""
        row = {
            "id": record.id,
            "envelope": record.envelope_bytes,
            "payload": self._compress.compress(record.payload),
        }
        link = {"run": run, "evidence": record.id}
        with self._errors(), self._engine.begin() as connection:
            connection.execute(self._insert(_evidence).on_conflict_do_nothing(), row)
            connection.execute(self._insert(_run_evidence).on_conflict_do_nothing(), link)

    def evidence_count(self, run: str) -> int:
        """How many pieces of evidence a run has."""
        query = sa.select(sa.func.count()).select_from(_run_evidence).where(_run_evidence.c.run == run)
        with self._errors(), self._engine.connect() as connection:
            return int(connection.execute(query).scalar() or 0)

    def evidence_ids(self, run: str) -> list[str]:
        """The digests of a run's evidence, in their order."""
        query = sa.select(_run_evidence.c.evidence).where(_run_evidence.c.run == run)
        with self.reading() as connection:
            return sorted(row.evidence for row in connection.execute(query))

    def evidence(self, run: str) -> Iterator[Evidence]:
        """The evidence of a run, in the order of its digests. Raises PostureError if a digest does not hold."""
        for digest in self.evidence_ids(run):
            yield self.evidence_by_id(digest)

    def evidence_by_id(self, wanted: str) -> Evidence:
        """The evidence whose digest begins like this. Raises PostureError if there is none, several, or it changed."""
        query = sa.select(_evidence).where(_evidence.c.id.startswith(wanted, autoescape=True)).limit(2)
        with self._errors(), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        if len(rows) != 1:
            what = "several pieces of evidence begin" if rows else "no evidence begins"
            raise PostureError(f"{what} with {wanted!r}", where=self.name, mend="posture evidence list")
        row = rows[0]
        with self._errors():
            envelope = msgspec.json.decode(row.envelope, type=Envelope)
            record = Evidence(id=row.id, envelope=envelope, payload=_expand(row.payload))
        if not record.intact():
            raise PostureError(
                f"evidence {row.id[:12]} does not have its digest any more: it was changed",
                where=self.name,
                mend="restore the store from a backup; don't rely on this run",
            )
        return record

    # ── judgements ───────────────────────────────────────────────────────────────────────────────────────────────

    def judged(self, run: str, assessment: Assessment, at: datetime) -> None:
        """Store an assessment: its observations as rows, the rest as one document."""
        rest = msgspec.structs.replace(assessment, observations=())
        document = self._compress.compress(msgspec.json.encode(rest))
        detail = {
            "fingerprint": assessment.fingerprint,
            "as_of": assessment.method.as_of,
            "scope_sha256": assessment.method.scope_sha256,
            "ledger": assessment.method.ledger_position,
        }
        with self.writing() as connection:
            stored = connection.execute(_judgements.insert(), {"run": run, "at": at.isoformat(), "document": document})
            (number,) = stored.inserted_primary_key or (None,)
            rows = ({"judgement": number, **row} for row in _observation_rows(assessment.observations))
            for batch in _batches(rows, _BATCH):
                connection.execute(_observations.insert(), batch)
            custody.append(connection, self.actor, "judged", at, run=run, detail=detail)

    def assessment(self, run: str) -> Assessment:
        """The run's latest assessment. Raises PostureError if it was never judged."""
        latest = self._latest_judgement(run)
        if latest is None:
            if (pruned := self.pruned().get(run)) is not None:
                raise PostureError(f"run {run} was pruned on {pruned:%Y-%m-%d}, and only its seals are left")
            raise PostureError(f"run {run} was not judged", mend=f"posture audit --resume {run}")
        number, rest = latest
        query = (
            sa.select(_observations.c.document)
            .where(_observations.c.judgement == number)
            .order_by(_observations.c.position)
        )
        with self._errors(), self._engine.connect() as connection:
            rows = connection.execute(query)
            observations = tuple(msgspec.json.decode(row.document, type=Observation) for row in rows)
        return msgspec.structs.replace(rest, observations=observations)

    def observations_of(self, run: str, check: str) -> Iterator[Observation]:
        """What the run's latest assessment says of one check: a large run is read a check at a time."""
        latest = sa.select(sa.func.max(_judgements.c.number)).where(_judgements.c.run == run).scalar_subquery()
        query = (
            sa.select(_observations.c.document)
            .where(_observations.c.judgement == latest, _observations.c.check_id == check)
            .order_by(_observations.c.position)
        )
        with self.reading() as connection:
            rows = connection.execution_options(stream_results=True).execute(query)
            for row in rows:
                yield msgspec.json.decode(row.document, type=Observation)

    def outline(self, run: str) -> Assessment | None:
        """The run's latest assessment without its observations, which may be many; None if it was never judged."""
        latest = self._latest_judgement(run)
        return latest[1] if latest else None

    def _latest_judgement(self, run: str) -> tuple[int, Assessment] | None:
        query = sa.select(_judgements).where(_judgements.c.run == run).order_by(_judgements.c.number.desc()).limit(1)
        with self._errors(), self._engine.connect() as connection:
            judgement = connection.execute(query).first()
            if judgement is None:
                return None
            return judgement.number, msgspec.json.decode(_expand(judgement.document), type=Assessment)

    # ── the ledger ───────────────────────────────────────────────────────────────────────────────────────────────

    def record(
        self,
        statements: Sequence[Statement],
        by: str,
        at: datetime,
        attachments: Iterable[bytes] = (),
        *,
        after: int | None = None,
    ) -> Ledger:
        """Add statements and the documents they name to the ledger: all of them or none. The ledger as it is then.

        `after` is the position of the ledger that they were made against. Raises PostureError if it has grown since:
        what was true of it then, such as which number is free, may not be any more.
        """
        with self._errors():
            last = self._position()
            if after not in {None, last}:
                raise self._grown()
            try:
                with self._engine.begin() as connection:
                    for content in attachments:
                        digest = hashlib.sha256(content).hexdigest()
                        row = {"sha256": digest, "content": self._compress.compress(content)}
                        connection.execute(self._insert(_attachments).on_conflict_do_nothing(), row)
                    previous = self._ledger_head(connection)
                    for number, statement in enumerate(statements, last + 1):
                        document = msgspec.json.encode(statement)
                        entry: dict[str, object] = {"number": number, "at": at.isoformat(), "by": by}
                        entry["statement"] = self._compress.compress(document)
                        connection.execute(_ledger.insert(), entry)
                        line = custody.ledger_line(number, previous, at.isoformat(), by, document)
                        previous = hashlib.sha256(line).hexdigest()
                        connection.execute(_ledger_chain.insert(), {"number": number, "sha256": previous})
                    if statements:
                        said = Counter(str(statement.__struct_config__.tag) for statement in statements)
                        detail = {
                            "ledger": last + len(statements),
                            "ledger_sha256": previous,
                            "recorded": dict(said),
                        }
                        custody.append(connection, self.actor, "recorded", at, detail=detail)
            except sa.exc.IntegrityError:
                if self._position() != last:  # somebody else wrote this number while we did
                    raise self._grown() from None
                raise
        return self.ledger()

    def _position(self) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.max(_ledger.c.number))).scalar() or 0)

    @staticmethod
    def _ledger_head(connection: sa.Connection) -> str:
        query = sa.select(_ledger_chain.c.sha256).order_by(_ledger_chain.c.number.desc()).limit(1)
        return connection.execute(query).scalar() or NO_DIGEST

    def _grown(self) -> PostureError:
        return PostureError(
            "the ledger changed meanwhile, and nothing was recorded", where=self.name, mend="run it again"
        )

    def ledger(self) -> Ledger:
        """The whole ledger. Raises PostureError for an entry that is not what was recorded."""
        with self._errors(), self._engine.connect() as connection:
            rows = connection.execute(sa.select(_ledger).order_by(_ledger.c.number)).all()
        ledger = Ledger(entries=tuple(map(self._entry, rows)))
        self.ledger_lines()
        return ledger

    def ledger_lines(self) -> list[bytes]:
        """The entries of the ledger as the lines of its chain. Raises PostureError where the chain does not hold."""
        chained = sa.outerjoin(_ledger, _ledger_chain, _ledger.c.number == _ledger_chain.c.number)
        query = sa.select(_ledger, _ledger_chain.c.sha256).select_from(chained).order_by(_ledger.c.number)
        alone = sa.select(sa.func.min(_ledger_chain.c.number)).where(
            _ledger_chain.c.number.not_in(sa.select(_ledger.c.number))
        )
        previous, lines = NO_DIGEST, []
        with self.reading() as connection:
            gone = connection.execute(alone).scalar()
            for number, row in enumerate(connection.execute(query), 1):
                line = custody.ledger_line(row.number, previous, row.at, row.by, _expand(row.statement))
                previous = hashlib.sha256(line).hexdigest()
                if gone or row.number != number or row.sha256 != previous:
                    break
                lines.append(line)
            else:
                number = 0
        if gone or number:
            raise PostureError(
                f"entry {gone or number} of the ledger was changed, put in or taken out by other means than Posture",
                where=self.name,
                mend="restore the store from a backup; don't rely on what was judged since",
            )
        return lines

    def _entry(self, row: sa.Row[Any]) -> Entry:
        try:
            statement = msgspec.json.decode(_expand(row.statement))
            at = msgspec.convert(row.at, Annotated[datetime, msgspec.Meta(tz=True)])
            fields = {"number": row.number, "at": at, "by": row.by, "statement": statement}
            return msgspec.convert(fields, Entry)
        except (zstandard.ZstdError, ValueError, TypeError) as error:  # msgspec's errors are ValueErrors
            raise PostureError(
                f"entry {row.number} of the ledger can't be read: {error}",
                where=self.name,
                mend="update Posture if a newer one wrote it; else restore the store from a backup",
            ) from error

    def attachment(self, wanted: str) -> bytes:
        """The document that was handed in whose SHA-256 begins like this.

        Raises PostureError if there is none, several, or it is not what was handed in.
        """
        query = sa.select(_attachments).where(_attachments.c.sha256.startswith(wanted, autoescape=True)).limit(2)
        with self._errors(), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        if len(rows) != 1:
            what = "several documents begin" if rows else "there is no document that begins"
            raise PostureError(
                f"{what} with {wanted[:12]!r}", where=self.name, mend="posture attest status --format json"
            )
        with self._errors():
            content = _expand(rows[0].content)
        if hashlib.sha256(content).hexdigest() != rows[0].sha256:
            raise PostureError(f"the document {rows[0].sha256[:12]} was changed", where=self.name)
        return content

    # ── reference data ───────────────────────────────────────────────────────────────────────────────────────────

    def keep_reference(self, file: ReferenceFile) -> None:
        """Add a file of reference data; nothing is ever replaced."""
        row = {**msgspec.to_builtins(file, builtin_types=(bytes,)), "content": self._compress.compress(file.content)}
        detail = {"sha256": file.sha256, "kind": file.kind, "origin": file.origin}
        with self.writing() as connection:
            connection.execute(_reference.insert(), row)
            custody.append(connection, self.actor, "reference data kept", file.at, detail=detail)

    def reference_files(self) -> list[ReferenceFile]:
        """All of them, in the order in which they came. Raises PostureError for one that was changed."""
        with self._errors(), self._engine.connect() as connection:
            rows = connection.execute(sa.select(_reference).order_by(_reference.c.number)).all()
            files = [_reference_file(row) for row in rows]
        for file in files:
            if hashlib.sha256(file.content).hexdigest() != file.sha256:
                raise PostureError(f"the reference data {file.sha256[:12]} was changed", where=self.name)
        return files

    # ── custody, and what is built beside the store ──────────────────────────────────────────────────────────────

    def did(self, action: str, run: str = "", detail: Mapping[str, object] | None = None) -> None:
        """Add to the chain of custody what was done just now."""
        with self.writing() as connection:
            custody.append(connection, self.actor, action, now(), run=run, detail=detail)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read with; what goes wrong is a PostureError."""
        with self._errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that nobody else writes beside: what it reads of the chains stays so until it ends."""
        with self._errors(), self._engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            custody.lock(connection)
            yield connection

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _migrate(self) -> None:
        with self._engine.connect() as connection:
            version = (
                connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
                if sa.inspect(connection).has_table("alembic_version")
                else None
            )
        if version == HEAD:
            return
        from alembic import command  # noqa: PLC0415  # 100 ms, and only a new or an old store needs it
        from alembic.config import Config  # noqa: PLC0415
        from alembic.util import CommandError  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        try:
            with self._engine.begin() as connection:
                if connection.dialect.name == "sqlite":  # of two that open a new store at once, one waits
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                else:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))
                config.attributes["connection"] = connection
                command.upgrade(config, HEAD)
        except CommandError as error:
            raise PostureError(
                f"it has the version {str(version)[:20]!r}, and this Posture knows those up to {HEAD}",
                where=self.name,
                mend="update Posture, or name another store with --store",
            ) from error

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DatabaseError, sqlite3.DatabaseError) as error:
            cause = getattr(error, "orig", None) or error
            raise PostureError(
                f"the store can't be used: {cause}",
                where=self.name,
                mend="make room on the disk, and run it again: what was being written is not there, the rest is"
                if "is full" in str(cause)
                else "nothing in it was changed; restore it from a backup, or name another with --store",
            ) from error
        except (zstandard.ZstdError, msgspec.DecodeError) as error:  # a ValidationError is a DecodeError
            raise PostureError(
                f"something in the store can't be read: {error}",
                where=self.name,
                mend="update Posture if a newer one wrote it; else restore the store from a backup",
            ) from error
        except UnicodeEncodeError as error:
            raise PostureError(
                f"{error.object[error.start]!a} is no character that can be stored",
                where=self.name,
                mend="write the text again, as UTF-8",
            ) from error


def _observation_rows(observations: Sequence[Observation]) -> Iterator[dict[str, object]]:
    for position, each in enumerate(observations):
        yield {
            "position": position,
            "check_id": each.check,
            "severity": each.severity.value,
            "outcome": each.outcome.value,
            "subject": each.subject,
            "document": msgspec.json.encode(each),
        }


def _batches(rows: Iterable[dict[str, object]], size: int) -> Iterator[list[dict[str, object]]]:
    batch: list[dict[str, object]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _run(row: sa.Row[Any]) -> RunRecord:
    fields = {str(name): value for name, value in row._asdict().items()}
    return msgspec.convert({**fields, "scope": msgspec.json.decode(row.scope)}, RunRecord)


def _reference_file(row: sa.Row[Any]) -> ReferenceFile:
    fields = {str(name): value for name, value in row._asdict().items() if name != "number"}
    return msgspec.convert({**fields, "content": _expand(row.content)}, ReferenceFile)


def _expand(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(data, max_output_size=_MAX_PAYLOAD)


def _url(where: str | Path) -> sa.URL:
    text = str(where)
    if "://" not in text:
        return sa.URL.create("sqlite", database=str(Path(text).expanduser().absolute()))
    try:
        url = sa.make_url(text)
        return url.set(drivername="postgresql+psycopg") if url.drivername in {"postgres", "postgresql"} else url
    except (sa.exc.ArgumentError, ValueError):
        raise PostureError("not a path or a database URL", where="--store") from None


def _engine(url: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(url)
    except (ImportError, sa.exc.ArgumentError) as error:
        raise PostureError(
            f"there is no driver for {url.drivername} ({error})",
            where="--store",
            mend="name a path, or a sqlite: or postgresql: URL, and for that: pip install 'posture[postgresql]'",
        ) from error


def _private(path: Path) -> None:
    """See that the file is there and only its owner can read it, before anything is in it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb") as file:
            if file.read(len(_SQLITE)) in {b"", _SQLITE}:  # anything else is somebody's file, and stays as it is
                os.fchmod(file.fileno(), 0o600)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", error)
        raise PostureError(
            f"the store can't be opened: {why}", where=str(path), mend="name another with --store"
        ) from error


def _pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401  # the driver's own connection
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def now() -> datetime:
    """This instant, in UTC: the one clock of runs and events."""
    return datetime.now(UTC)
