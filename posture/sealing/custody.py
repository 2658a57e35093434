"""Custody: who did what with runs, evidence and the ledger, when, and with which version and configuration.

Both chains, of custody and of the ledger, are lines of canonical JSON, and each line holds the SHA-256 of the line
before: who has the last digest can tell whether any line was changed, put in or left out.
"""

from __future__ import annotations

import getpass
import hashlib
import platform
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from posture import __version__
from posture.sealing.verifier import NO_DIGEST

__all__ = ["Actor", "append", "head", "ledger_line", "lines", "lock"]

_meta = sa.MetaData()
_custody = sa.Table(
    "custody",
    _meta,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("run", sa.String),
    sa.Column("entry", sa.LargeBinary),
)
_canonical = msgspec.json.Encoder(order="sorted")


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts: the operating-system user, the machine, the role that posture.toml gives that user, and the version."""

    by: str
    host: str
    role: str = ""
    version: str = __version__

    @classmethod
    def here(cls, roles: Mapping[str, str] | None = None) -> Actor:
        """Whoever runs this process."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):
            user = "unknown"
        return cls(by=user, host=platform.node(), role=(roles or {}).get(user, ""))


def lock(connection: sa.Connection) -> None:
    """Let nobody else add to the chains until this transaction ends. In SQLite every writer has the whole database."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE custody IN EXCLUSIVE MODE"))


def append(  # noqa: PLR0913  # one argument a thing that is recorded
    connection: sa.Connection,
    actor: Actor,
    action: str,
    at: datetime,
    *,
    run: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add what happened, in a transaction that holds the lock or, in SQLite, has written already."""
    lock(connection)
    number, previous = head(connection)
    entry = {
        "number": number + 1,
        "previous": previous,
        "at": at,
        "action": action,
        "run": run,
        **msgspec.to_builtins(actor),
        "detail": detail or {},
    }
    connection.execute(_custody.insert(), {"number": number + 1, "run": run, "entry": _canonical.encode(entry)})


def head(connection: sa.Connection) -> tuple[int, str]:
    """The number of the last entry and the SHA-256 of its line; 0 and zeros where there is none."""
    last = connection.execute(sa.select(_custody).order_by(_custody.c.number.desc()).limit(1)).first()
    return (last.number, hashlib.sha256(last.entry).hexdigest()) if last else (0, NO_DIGEST)


def lines(connection: sa.Connection) -> list[bytes]:
    """All entries, in their order."""
    return [row.entry for row in connection.execute(sa.select(_custody).order_by(_custody.c.number))]


def ledger_line(number: int, previous: str, at: str, by: str, statement: bytes) -> bytes:
    """An entry of the ledger as a line of its chain; `statement` is its JSON as it was recorded."""
    entry: dict[str, Any] = {
        "number": number,
        "previous": previous,
        "at": at,
        "by": by,
        "statement": msgspec.Raw(statement),
    }
    return _canonical.encode(entry)
