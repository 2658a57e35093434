"""What every test stands on: a skipped test is a failed run, since a server that is missing proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.postgresql import Server, server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new store can be: in a file, and in a database of a real PostgreSQL server."""
    if request.param == "sqlite":
        return str(tmp_path / "posture.db")
    return request.getfixturevalue("postgresql").url()


def pytest_collection_modifyitems(items):
    """On all cores (pytest-xdist), tests that share servers stay together: a folder with fixtures, or a file."""
    root = Path(__file__).parent
    for item in items:
        folder = item.path.parent
        together = folder if folder != root and (folder / "conftest.py").exists() else item.path
        item.add_marker(pytest.mark.xdist_group(together.relative_to(root).as_posix()))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped") and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} skipped: a run with skipped tests fails", red=True)
