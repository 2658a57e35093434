"""In PostgreSQL, tables are not emptied either: TRUNCATE fires no trigger of rows. SQLite has no such statement."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = (
    *("runs", "events", "evidence", "run_evidence", "judgements", "observations", "ledger", "attachments"),
    *("reference_data", "custody", "ledger_chain", "seals", "timestamps", "sealed_files", "tombstones", "removed"),
)


def upgrade() -> None:
    """Refuse it, in every table that is append-only."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in TABLES:
        op.execute(
            f"CREATE FUNCTION {table}_no_truncate() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_no_truncate()"
        )
