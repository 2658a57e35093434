"""Runs with their events, evidence, and judgements with their observations; nothing is ever changed or deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from posture.migrations.append_only import append_only

revision = "0001"
down_revision = None

TABLES = ("runs", "events", "evidence", "run_evidence", "judgements", "observations")


def upgrade() -> None:
    """Create the tables and what keeps them append-only."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("started", sa.String(40), nullable=False),
        sa.Column("operator", sa.String(200), nullable=False),
        sa.Column("host", sa.String(200), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("as_of", sa.String(40), nullable=False),
        sa.Column("scope", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run", sa.String(40), sa.ForeignKey("runs.id"), nullable=False, index=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("detail", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "run_evidence",
        sa.Column("run", sa.String(40), sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("evidence", sa.String(64), sa.ForeignKey("evidence.id"), primary_key=True),
    )
    op.create_table(
        "judgements",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run", sa.String(40), sa.ForeignKey("runs.id"), nullable=False, index=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "observations",
        sa.Column("judgement", sa.Integer, sa.ForeignKey("judgements.number"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("check_id", sa.String(100), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    for table in TABLES:
        append_only(table)
