"""Seals in the store: each names the one before, whichever run it is of, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa
import zstandard

from posture.errors import PostureError
from posture.model import Record
from posture.sealing import verifier
from posture.store import Store

__all__ = ["Seal", "Timestamp", "add", "add_timestamp", "blob", "every", "last", "latest"]

_MAX_BYTES = 4 * 1024**3

_meta = sa.MetaData()
_seals = sa.Table(
    "seals",
    _meta,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.String) for name in ("run", "at", "state", "fingerprint")),
    *(sa.Column(name, sa.LargeBinary) for name in ("statement", "signature", "public_key")),
)
_timestamps = sa.Table(
    "timestamps",
    _meta,
    sa.Column("seal", sa.Integer, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.LargeBinary) for name in ("response", "authorities", "signature")),
    sa.Column("stamped", sa.String),
)
_files = sa.Table(
    "sealed_files", _meta, sa.Column("sha256", sa.String, primary_key=True), sa.Column("content", sa.LargeBinary)
)
_joined = sa.outerjoin(_seals, _timestamps, _seals.c.number == _timestamps.c.seal)
_query = sa.select(
    _seals,
    _timestamps.c.response,
    _timestamps.c.authorities,
    _timestamps.c.signature.label("own"),
    _timestamps.c.stamped,
).select_from(_joined)


class Timestamp(Record, frozen=True, kw_only=True):
    """A third party's word for when a seal's signature was there, and the hospital's signature over it."""

    response: bytes
    authorities: bytes
    signature: bytes
    stamped: datetime


class Seal(Record, frozen=True, kw_only=True):
    """A run's seal. `state` is how the run stood: judged, interrupted or failed; `fingerprint` its assessment's."""

    number: int
    run: str
    at: datetime
    state: str
    fingerprint: str
    statement: bytes
    signature: bytes
    public_key: bytes
    timestamp: Timestamp | None = None

    @property
    def statement_sha256(self) -> str:
        """What the next seal names this one by."""
        return verifier.sha256(self.statement)

    @property
    def signer(self) -> str:
        """The fingerprint of the key. Raises PostureError where it is none."""
        try:
            return verifier.fingerprint_of(self.public_key)
        except (ValueError, UnicodeError):
            raise PostureError(f"the key of seal {self.number} was changed", mend="restore the store") from None


def add(connection: sa.Connection, seal: Seal, files: Mapping[str, bytes]) -> None:
    """Store a seal and the files that were made for it, in a transaction that nobody else writes beside."""
    compress = zstandard.ZstdCompressor(level=3)
    for content in files.values():
        digest = verifier.sha256(content)
        if connection.execute(sa.select(_files.c.sha256).where(_files.c.sha256 == digest)).first() is None:
            connection.execute(_files.insert(), {"sha256": digest, "content": compress.compress(content)})
    row = {
        "number": seal.number,
        "run": seal.run,
        "at": seal.at.isoformat(),
        "state": seal.state,
        "fingerprint": seal.fingerprint,
        "statement": compress.compress(seal.statement),
        "signature": seal.signature,
        "public_key": seal.public_key,
    }
    connection.execute(_seals.insert(), row)


def add_timestamp(connection: sa.Connection, number: int, timestamp: Timestamp) -> None:
    """Store what a third party says of a seal."""
    row = {**msgspec.structs.asdict(timestamp), "seal": number, "stamped": timestamp.stamped.isoformat()}
    connection.execute(_timestamps.insert(), row)


def last(connection: sa.Connection) -> Seal | None:
    """The newest seal, of whichever run."""
    row = connection.execute(_query.order_by(_seals.c.number.desc()).limit(1)).first()
    return _seal(row) if row else None


def latest(store: Store, run: str, fingerprint: str = "") -> Seal | None:
    """The newest seal of a run, or of this assessment of it; None where there is none."""
    query = _query.where(_seals.c.run == run).order_by(_seals.c.number.desc()).limit(1)
    with store.reading() as connection:
        row = connection.execute(query.where(_seals.c.fingerprint == fingerprint) if fingerprint else query).first()
    return _seal(row) if row else None


def every(store: Store) -> Iterator[Seal]:
    """All seals, the oldest first."""
    with store.reading() as connection:
        numbers = [row.number for row in connection.execute(sa.select(_seals.c.number).order_by(_seals.c.number))]
    for number in numbers:
        with store.reading() as connection:
            row = connection.execute(_query.where(_seals.c.number == number)).first()
        if row:
            yield _seal(row)


def blob(store: Store, digest: str) -> bytes:
    """A file that was made for a seal. Raises PostureError where it is gone."""
    with store.reading() as connection:
        row = connection.execute(sa.select(_files).where(_files.c.sha256 == digest)).first()
        if row is None:
            raise PostureError(f"a file of the seal is not in the store: {digest[:12]}", where=store.name)
        return zstandard.ZstdDecompressor().decompress(row.content, max_output_size=_MAX_BYTES)


def _seal(row: sa.Row[tuple[object, ...]]) -> Seal:
    fields = {str(name): value for name, value in row._asdict().items()}
    try:
        stamp = None
        if fields["response"] is not None:
            stamp = Timestamp(
                response=fields["response"],
                authorities=fields["authorities"],
                signature=fields["own"],
                stamped=datetime.fromisoformat(fields["stamped"]),
            )
        return Seal(
            number=fields["number"],
            run=fields["run"],
            at=datetime.fromisoformat(fields["at"]),
            state=fields["state"],
            fingerprint=fields["fingerprint"],
            statement=zstandard.ZstdDecompressor().decompress(fields["statement"], max_output_size=_MAX_BYTES),
            signature=fields["signature"],
            public_key=fields["public_key"],
            timestamp=stamp,
        )
    except (zstandard.ZstdError, ValueError, TypeError) as error:
        raise PostureError(
            f"seal {fields['number']} can't be read: it was changed", mend="restore the store"
        ) from error
