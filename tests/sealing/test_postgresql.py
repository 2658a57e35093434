"""Runs kept in a real PostgreSQL server: sealed, chained, exported and pruned as in a file, by several at once."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from lab.command import POSTURE
from lab.planted import leaks
from lab.postgresql import PASSWORD, Server
from lab.sealed import LDIF, TOML

from posture.errors import PostureError
from posture.governance.ledger import Treatment
from posture.sealing import custody, verifier
from posture.sealing.bags import verify_run
from posture.store import Store

AT = datetime(2026, 6, 1, tzinfo=UTC)
WRITERS = 4
EACH = 8


class Hospital:
    """A folder whose runs are kept in the server; the URL is told by the environment, so that no process shows it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        (folder / "posture.toml").write_text(f'{TOML}\n[seal]\nkey_file = "posture.key"\n')
        (folder / "people.ldif").write_text(LDIF)

    def posture(self, *arguments: str, code: int = 0) -> str:
        environment = {**os.environ, "HOME": str(self.folder), "POSTURE_STORE": self.url}
        done = subprocess.run(
            [*POSTURE, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def ours(tmp_path: Path, postgresql: Server) -> Hospital:
    return Hospital(tmp_path, postgresql.url())


def test_two_audits_at_once_make_the_store_and_are_in_one_chain(ours: Hospital):
    ours.posture("keys", "init")
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _: ours.posture("-q", "audit", "--from", "people.ldif").strip(), range(2)))

    with Store(ours.url) as store:
        assert {run.id for run in store.runs()} == set(runs)
        for run in runs:
            assert verify_run(store, run).problems == ()
    for name in ("one", "two"):
        ours.posture("evidence", "export", runs[0], "-o", f"{name}.zip")
    assert (ours.folder / "one.zip").read_bytes() == (ours.folder / "two.zip").read_bytes()
    assert "ok" in ours.posture("evidence", "verify", "one.zip")
    ours.posture("report", runs[1], "-f", "json", "-o", "out")
    said = json.loads((ours.folder / "out" / "assessment.json").read_bytes())
    assert said["run"]["seal"]["standing"] == "sealed"
    assert f"{runs[0]}" in ours.posture("runs", "list")
    assert leaks(ours.folder, [PASSWORD.encode()]) == []


def test_many_who_open_a_new_store_at_once_make_it_once(postgresql: Server):
    url = postgresql.url()

    def opened(_: int) -> int:
        with Store(url) as store:
            return len(store.runs())

    with ThreadPoolExecutor(WRITERS) as pool:
        assert list(pool.map(opened, range(WRITERS))) == [0] * WRITERS


def test_chains_stay_whole_whoever_writes_at_once(anywhere: str):
    Store(anywhere).close()

    def writes(writer: int) -> int:
        lost = 0
        with Store(anywhere) as store:
            for number in range(EACH):
                store.did("exported", f"run-{writer}", {"number": number})
                try:
                    store.record([Treatment(risk=f"R-{writer}-{number}", owner="A")], "officer", AT)
                except PostureError as error:
                    assert "the ledger changed meanwhile" in error.what  # noqa: PT017  # of many
                    lost += 1
        return lost

    with ThreadPoolExecutor(WRITERS) as pool:
        lost = sum(pool.map(writes, range(WRITERS)))

    with Store(anywhere) as store:
        with store.reading() as connection:
            lines = custody.lines(connection)
        assert not verifier.chain_fault(lines, len(lines), verifier.sha256(lines[-1]))
        assert len(store.ledger_lines()) == WRITERS * EACH - lost
        told = [json.loads(line) for line in lines]
    for writer in range(WRITERS):
        mine = [each["detail"]["number"] for each in told if each["run"] == f"run-{writer}"]
        assert mine == list(range(EACH)), "nothing is lost, nothing is there twice"


@pytest.mark.parametrize("table", ["custody", "seals", "evidence", "ledger", "tombstones", "runs"])
def test_a_table_can_not_be_emptied(postgresql: Server, table: str):
    with Store(postgresql.url()) as store, pytest.raises(sa.exc.DatabaseError, match="append-only"):  # noqa: SIM117
        with store._engine.begin() as connection:
            connection.exec_driver_sql(f"TRUNCATE {table} CASCADE")


def test_a_wrong_password_and_a_server_that_is_gone_are_one_clear_error_without_the_password(postgresql: Server):
    good = postgresql.url()

    for url in (good.replace(PASSWORD, "hunter2-wrong"), good.replace(":5432/", ":9/")):
        assert url != good
        with pytest.raises(PostureError, match="the store can't be used") as caught:
            Store(url)
        for secret in (PASSWORD, "hunter2-wrong"):
            assert secret not in str(caught.value) + repr(caught.value.__cause__)
