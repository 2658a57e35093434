"""A run is judged again where people have answered since, and never loses a check on the way."""

import json
import subprocess
from pathlib import Path

import pytest
from lab import command

from posture.demo import recorded

SCOPE = """
[organisation]
name = "Test"
time_zone = "America/Chicago"
"""
CHECK = '''
from posture import Severity, Verdict, check, passed
from posture.facts import Account


@check("own-check", title="Ours", severity=Severity.LOW)
def own(account: Account) -> Verdict:
    """Ours.

    Why it matters:
        It does.

    How to fix:
        Do.
    """
    return passed("fine")
'''


def posture(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    ran = command.posture(*arguments, cwd=folder)
    assert ran.returncode == code, ran.stderr
    return ran


def assessment(folder: Path, *arguments: str) -> dict:
    posture(folder, "report", "-f", "json", "-o", "out", *arguments)
    return json.loads((folder / "out" / "assessment.json").read_text())


@pytest.fixture
def audited(tmp_path: Path) -> Path:
    (tmp_path / "posture.toml").write_text(SCOPE)
    (tmp_path / "checks").mkdir(mode=0o700)
    (tmp_path / "checks" / "own.py").write_text(CHECK)
    posture(
        tmp_path,
        *(
            "audit",
            "--from",
            str(recorded.ACTIVE_DIRECTORY),
            "--as-of",
            "2026-10-01T12:00:00Z",
            "--checks-dir",
            "checks",
        ),
    )
    return tmp_path


def accept(folder: Path) -> None:
    posture(
        folder,
        *(
            "exceptions",
            "add",
            "--check",
            "ad-krbtgt-password-age",
            "--requester",
            "A",
            "--approver",
            "B",
            "--owner",
            "C",
        ),
        *("--rationale", "It is planned.", "--compensating-control", "Watched.", "--expires", "2027-06-30"),
    )


def test_a_report_is_of_the_run_as_it_was_judged_until_somebody_answers(audited: Path):
    before = assessment(audited)
    assert before["method"]["as_of"].startswith("2026-10-01")
    accept(audited)

    told = posture(audited, "report", "-f", "json", "-o", "out", "--checks-dir", "checks").stderr
    after = json.loads((audited / "out" / "assessment.json").read_text())
    again = assessment(audited, "--checks-dir", "checks")

    assert "people have answered since it was judged before" in told
    assert (before["method"]["ledger_position"], after["method"]["ledger_position"]) == (0, 1)
    assert after["method"]["as_of"] > before["method"]["as_of"]
    assert [each["state"] for each in after["exceptions"]] == ["in-force"]
    assert again == after
    assert after["run"]["id"] == before["run"]["id"]
    assert [each["id"] for each in after["evidence"]] == [each["id"] for each in before["evidence"]]


def test_as_of_and_as_judged_say_which_day_it_speaks_of(audited: Path):
    accept(audited)

    judged = assessment(audited, "--as-judged")
    later = assessment(audited, "--as-of", "2028-02-29T12:00:00-06:00", "--checks-dir", "checks")

    assert judged["exceptions"] == []
    assert later["method"]["as_of"].startswith("2028-02-29")
    assert [each["state"] for each in later["exceptions"]] == ["expired"]
    assert "exclude each other" in posture(audited, "report", "--as-judged", "--as-of", "2028-01-01", code=2).stderr


def test_a_check_that_judged_before_and_is_gone_is_an_error_and_nothing_is_judged(audited: Path):
    accept(audited)

    refused = posture(audited, "report", "-f", "json", "-o", "out", code=1).stderr

    assert "own-check" in refused
    assert "--checks-dir" in refused
    assert assessment(audited, "--as-judged")["method"]["ledger_position"] == 0
