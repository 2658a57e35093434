"""Seals, the chain of custody, and the chain of the ledger; an older ledger is chained as it is found."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import sqlalchemy as sa
import zstandard
from alembic import op

from posture.migrations.append_only import append_only
from posture.sealing import custody
from posture.sealing.verifier import NO_DIGEST

revision = "0004"
down_revision = "0003"

_MAX_STATEMENT = 64 * 1024**2


def upgrade() -> None:
    """Create the tables and what keeps them append-only, and chain what the ledger holds."""
    op.create_table(
        "custody",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run", sa.String(40), nullable=False, index=True),
        sa.Column("entry", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ledger_chain",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_table(
        "seals",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run", sa.String(40), sa.ForeignKey("runs.id"), nullable=False, index=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("statement", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "timestamps",
        sa.Column("seal", sa.Integer, sa.ForeignKey("seals.number"), primary_key=True, autoincrement=False),
        sa.Column("response", sa.LargeBinary, nullable=False),
        sa.Column("authorities", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("stamped", sa.String(40), nullable=False),
    )
    op.create_table(
        "sealed_files",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    connection = op.get_bind()
    before = _chain(connection)
    runs = connection.execute(sa.text("SELECT count(*) FROM runs")).scalar() or 0
    if before or runs:
        detail = {"runs": runs, "ledger": before, "from": down_revision}
        custody.append(connection, custody.Actor.here(), "migrated", datetime.now(UTC), detail=detail)
    for table in ("custody", "ledger_chain", "seals", "timestamps", "sealed_files"):
        append_only(table)


def _chain(connection: sa.Connection) -> int:
    """Chain the entries that are there, and give their number. What can't be read is chained as its bytes are."""
    previous, count = NO_DIGEST, 0
    chained = sa.table("ledger_chain", sa.column("number"), sa.column("sha256"))
    for row in connection.execute(sa.text('SELECT number, at, "by", statement FROM ledger ORDER BY number')).all():
        try:
            statement = zstandard.ZstdDecompressor().decompress(row.statement, max_output_size=_MAX_STATEMENT)
        except (zstandard.ZstdError, TypeError):
            continue
        previous = hashlib.sha256(custody.ledger_line(row.number, previous, row.at, row.by, statement)).hexdigest()
        connection.execute(chained.insert(), {"number": row.number, "sha256": previous})
        count += 1
    return count
