"""Files of reference data: imported, or what came with a Posture that judged; nothing is ever changed or deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from posture.migrations.append_only import append_only

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table and what keeps it append-only."""
    op.create_table(
        "reference_data",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("sha256", sa.String(64), nullable=False, index=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("dated", sa.String(10), nullable=False),
        sa.Column("origin", sa.String(10), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("product", sa.String(100), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    append_only("reference_data")
