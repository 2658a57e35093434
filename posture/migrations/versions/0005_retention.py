"""Tombstones of runs that were pruned, and the one way in which anything is ever deleted.

Rows of a run can go only once it has a tombstone, and none can be written for a run that began less than six years
ago (45 CFR 164.316(b)(2)(i)): the database itself sees to both. Rows can be changed never. What a tombstone names by
its hash stays named: tombstones are append-only themselves.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from posture.migrations.append_only import append_only

revision = "0005"
down_revision = "0004"

_GONE = "EXISTS (SELECT 1 FROM tombstones WHERE tombstones.run = {})"
_REMOVED = "EXISTS (SELECT 1 FROM removed WHERE removed.kind = '{}' AND removed.sha256 = {})"
_USED = "EXISTS (SELECT 1 FROM run_evidence WHERE run_evidence.evidence = OLD.id)"
# When a row of each table may go.
DELETIONS = {
    "events": _GONE.format("OLD.run"),
    "run_evidence": _GONE.format("OLD.run"),
    "judgements": _GONE.format("OLD.run"),
    "observations": _GONE.format("(SELECT run FROM judgements WHERE judgements.number = OLD.judgement)"),
    "evidence": f"{_REMOVED.format('evidence', 'OLD.id')} AND NOT {_USED}",
    "sealed_files": _REMOVED.format("sealed file", "OLD.sha256"),
}
CLOSED = ("events", "run_evidence", "judgements")
"""Tables that nothing of a pruned run is added to."""
_YOUNG = {
    "sqlite": "EXISTS (SELECT 1 FROM runs WHERE runs.id = NEW.run AND date(runs.started, '+6 years') >= date('now'))",
    "postgresql": (
        "EXISTS (SELECT 1 FROM runs WHERE runs.id = NEW.run "
        "AND (runs.started::timestamptz + interval '6 years')::date >= current_date)"
    ),
}


def upgrade() -> None:
    """Create tombstones, and let rows go where there is one."""
    op.create_table(
        "tombstones",
        sa.Column("run", sa.String(40), sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "removed",
        sa.Column("run", sa.String(40), sa.ForeignKey("tombstones.run"), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
    )
    op.create_index("removed_by_sha256", "removed", ["sha256"])
    op.create_index("observations_by_check", "observations", ["judgement", "check_id", "position"])
    for table in ("tombstones", "removed"):
        append_only(table)
    dialect = op.get_bind().dialect.name
    (_sqlite if dialect == "sqlite" else _postgresql)(_YOUNG["sqlite" if dialect == "sqlite" else "postgresql"])


def _sqlite(young: str) -> None:
    for table, allowed in DELETIONS.items():
        op.execute(f"DROP TRIGGER {table}_no_delete")
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT ({allowed}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    for table in CLOSED:
        op.execute(
            f"CREATE TRIGGER {table}_closed BEFORE INSERT ON {table} WHEN {_GONE.format('NEW.run')} "
            f"BEGIN SELECT RAISE(ABORT, 'this run was pruned'); END"
        )
    op.execute(
        f"CREATE TRIGGER tombstones_too_early BEFORE INSERT ON tombstones WHEN {young} "
        "BEGIN SELECT RAISE(ABORT, 'a run is kept for six years'); END"
    )


def _postgresql(young: str) -> None:
    for table, allowed in DELETIONS.items():
        op.execute(
            f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF TG_OP = 'DELETE' THEN IF {allowed} THEN RETURN OLD; END IF; END IF; "
            f"RAISE EXCEPTION '{table} is append-only'; END $$"
        )
    for name, table, refused, why in (
        *((f"{table}_closed", table, _GONE.format("NEW.run"), "this run was pruned") for table in CLOSED),
        ("tombstones_too_early", "tombstones", young, "a run is kept for six years"),
    ):
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {refused} THEN RAISE EXCEPTION '{why}'; END IF; RETURN NEW; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
