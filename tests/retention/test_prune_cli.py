"""`posture runs prune` and `posture runs hold`, as a user runs them."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lab import command

from posture.scope import Scope
from posture.store import RunRecord, Store

OLD, NEW = "20100101-000000-aaaa", "20260101-000000-bbbb"


def posture(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    ran = command.posture("--store", "posture.db", *arguments, cwd=folder)
    assert ran.returncode == code, ran.stderr
    return ran


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with a run of 2010 that was stopped, and one of this year."""
    with Store(tmp_path / "posture.db") as store:
        for name, began in ((OLD, datetime(2010, 1, 1, tzinfo=UTC)), (NEW, datetime.now(UTC))):
            scope = Scope.of_files()
            store.begin(
                RunRecord(id=name, started=began, operator="o", host="h", version="0", as_of=began, scope=scope)
            )
    return tmp_path


def states(folder: Path) -> dict[str, str]:
    listed = json.loads(posture(folder, "runs", "list", "--format", "json").stdout)["runs"]
    return {each["id"]: each["state"] for each in listed}


def test_a_dry_run_says_what_would_go_and_removes_nothing(folder: Path):
    ran = posture(folder, "runs", "prune", "--dry-run", "--format", "json")

    told = {each["run"]: each for each in json.loads(ran.stdout)["runs"]}
    assert told[OLD]["state"] == "would be removed"
    assert told[OLD]["keep_until"] == "2016-01-01"
    assert told[NEW]["state"] == "kept"
    assert "164.316(b)(2)(i)" in told[NEW]["why"]
    assert states(folder) == {OLD: "unfinished", NEW: "unfinished"}


def test_what_is_removed_stays_in_the_list_as_pruned(folder: Path):
    assert "1 run removed, 1 run kept." in posture(folder, "runs", "prune").stderr

    assert states(folder) == {OLD: "pruned", NEW: "unfinished"}
    assert "was pruned" in posture(folder, "report", OLD, code=1).stderr
    assert "was pruned" in posture(folder, "audit", "--resume", OLD, code=1).stderr
    assert "was pruned" in posture(folder, "runs", "diff", OLD, NEW, code=1).stderr
    assert "was pruned" in posture(folder, "evidence", "verify", OLD, code=1).stderr
    assert "0 runs removed, 1 run kept." in posture(folder, "runs", "prune").stderr


@pytest.mark.parametrize("target", ["all", OLD[:10]])
def test_a_hold_stops_it_until_it_is_released(folder: Path, target: str):
    posture(folder, "runs", "hold", "add", target, "--reason", "Matter 7")

    assert "0 runs removed" in posture(folder, "runs", "prune").stderr
    [held] = json.loads(posture(folder, "runs", "hold", "list", "--format", "json").stdout)["holds"]
    assert (held["target"], held["reason"]) == (OLD if target != "all" else "all", "Matter 7")
    assert "Matter 7" in posture(folder, "runs", "prune", "--dry-run").stdout

    posture(folder, "runs", "hold", "release", target, "--reason", "Settled")
    assert json.loads(posture(folder, "runs", "hold", "list", "--format", "json").stdout) == {"holds": []}
    assert "1 run removed" in posture(folder, "runs", "prune").stderr


def test_before_can_only_keep_more(folder: Path):
    assert "0 runs removed" in posture(folder, "runs", "prune", "--before", "2009-01-01").stderr
    assert "1 run removed" in posture(folder, "runs", "prune", "--before", "2999-01-01").stderr
    assert states(folder)[NEW] == "unfinished"


def test_wrong_input_is_one_clear_error(folder: Path):
    for arguments, code, why in (
        (("runs", "prune", "--before", "soon"), 2, "is not a date"),
        (("runs", "hold", "add", "nosuch", "--reason", "m"), 1, "there is no run 'nosuch'"),
        (("runs", "hold", "add", "all"), 2, "--reason"),
        (("runs", "hold", "add", "all", "--reason", " "), 2, "say what it is for"),
        (("runs", "hold", "release", "all", "--reason", "m"), 1, "no legal hold is on 'all'"),
        (("runs", "hold", "release", OLD, "--reason", "m"), 1, "no legal hold is on"),
    ):
        ran = posture(folder, *arguments, code=code)
        assert why in ran.stderr
    assert states(folder) == {OLD: "unfinished", NEW: "unfinished"}


def test_a_hold_on_what_is_gone_says_so(folder: Path):
    posture(folder, "runs", "prune")

    ran = posture(folder, "runs", "hold", "add", OLD, "--reason", "Matter 7", code=1)

    assert "it was pruned on" in ran.stderr
    assert json.loads(posture(folder, "runs", "hold", "list", "--format", "json").stdout) == {"holds": []}
