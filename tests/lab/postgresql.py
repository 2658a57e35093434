"""A real PostgreSQL server on loopback, in a folder of its own; each test gets a database of its own."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from lab.directories import loopback

__all__ = ["PASSWORD", "Server", "server"]

PASSWORD = "pg-Planted+7Q9"  # noqa: S105  # of a server that lives for the tests
_USER = "postgres"
_numbers = itertools.count(1)


class Server:
    """Where it answers. `url` makes an empty database and gives its URL for the store."""

    def __init__(self, address: str, port: int) -> None:
        self.address, self.port = address, port

    def _at(self, database: str) -> sa.URL:
        return sa.URL.create("postgresql+psycopg", _USER, PASSWORD, self.address, self.port, database)

    def url(self) -> str:
        name = f"posture{next(_numbers)}"
        engine = sa.create_engine(self._at("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self._at(name).render_as_string(hide_password=False)


@contextmanager
def server() -> Iterator[Server]:
    """Start it, and stop it. It refuses root, so root starts it as the user that its package made."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    address, port = loopback(), 5432
    folder = Path(tempfile.mkdtemp(prefix="posture-postgresql-"))
    as_root = os.geteuid() == 0
    before = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"] if as_root else []
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    if as_root:
        account = pwd.getpwnam(_USER)
        for path in (folder, secret):
            os.chown(path, account.pw_uid, account.pw_gid)
    data = folder / "data"
    options = f"-c listen_addresses={address} -c port={port} -c unix_socket_directories={folder} -c fsync=off"
    try:
        for command in (
            [programs / "initdb", "-D", data, "-U", _USER, "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8"],
            [programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "-t", "30", "start"],
        ):
            done = subprocess.run([*before, *command], cwd=folder, stdout=subprocess.DEVNULL, check=False)
            assert done.returncode == 0, (folder / "log").read_text() if (folder / "log").exists() else "initdb failed"
        yield Server(address, port)
    finally:
        stop = [programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"]
        subprocess.run([*before, *stop], cwd=folder, stdout=subprocess.DEVNULL, check=False)
        shutil.rmtree(folder)
