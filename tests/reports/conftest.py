from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from reports.browsing import chromium
from reports.hospital import Hospital, posture

from posture import registry
from posture.assessment import Assessment
from posture.audit import Audit
from posture.scope import Scope
from posture.store import Store
from posture.testing import Quiet


@pytest.fixture(scope="session")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def hospital(tmp_path_factory) -> Hospital:
    """The sample hospital's recorded evidence, audited as a user would, in every format."""
    folder = tmp_path_factory.mktemp("hospital")
    posture("demo", "--recorded", "-o", folder / "demo")
    store = folder / "demo" / "posture-demo.db"
    formats = "html,pdf,xlsx,csv,json,oscal"
    said = posture("--store", store, "report", "-f", formats, "--as-judged", "-o", folder / "reports")
    paths = [Path(line) for line in said.splitlines()]
    return Hospital(files=dict(zip(formats.split(","), paths, strict=True)))


@pytest.fixture(scope="session")
def empty_run(tmp_path_factory) -> Assessment:
    """A run that looked at nothing and found nothing."""
    folder = tmp_path_factory.mktemp("empty")
    with Store(folder / "posture.db") as store:
        running = Audit(store, registry.collectors(), Quiet(), base=folder)
        return running.judge(running.begin(Scope.of_files(), datetime(2026, 12, 1, tzinfo=UTC)))
