"""A small audit that was sealed, timestamped and exported, as a user does it; made once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lab.sealed import Exported, Hospital, hospital
from lab.timestamping import Authority, authority


@pytest.fixture(scope="session")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("clock")) as running:
        yield running


@pytest.fixture
def ours(tmp_path: Path, clock: Authority) -> Iterator[Hospital]:
    yield hospital(tmp_path / "hospital", clock)
    clock.down = False


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, clock: Authority) -> Exported:
    """Audited twice, with an exception in between: the second run's bag has a seal before it, and a ledger."""
    made = hospital(tmp_path_factory.mktemp("exported"), clock)
    made.audited()
    until = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    words = ("--requester", "A", "--approver", "B", "--owner", "C", "--rationale", "Planned.", "--expires", until)
    made.posture("exceptions", "add", "--check", "telnet-offered", *words, "--compensating-control", "Watched.")
    run = made.audited()
    made.posture("evidence", "export", run, "-o", "bag.zip")
    fingerprint = made.posture("keys", "init").strip()
    return Exported(made, run, made.folder / "bag.zip", fingerprint)
