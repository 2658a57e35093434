"""`posture runs diff` and `posture report --since`, as a user runs them."""

import json
import subprocess
from pathlib import Path

import pytest
from lab import command

from posture.demo import recorded

SCOPE = """
[organisation]
name = "Test"
"""


def posture(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    ran = command.posture(*arguments, cwd=folder)
    assert ran.returncode == code, ran.stderr
    return ran


def audit(folder: Path, as_of: str, *files: Path) -> str:
    chosen = (part for file in files for part in ("--from", str(file)))
    return posture(folder, "-q", "audit", *chosen, "--as-of", as_of).stdout.strip()


@pytest.fixture(scope="module")
def audited(tmp_path_factory) -> tuple[Path, str, str]:
    """A run of scans and a directory, and a later one of the directory alone."""
    folder = tmp_path_factory.mktemp("diff")
    (folder / "posture.toml").write_text(SCOPE)
    scan = next(file for file in sorted(recorded.FOLDER.glob("*.xml")) if b'state="open"' in file.read_bytes())
    first = audit(folder, "2026-10-01T12:00:00Z", scan, recorded.ACTIVE_DIRECTORY)
    return folder, first, audit(folder, "2026-11-01T12:00:00Z", recorded.ACTIVE_DIRECTORY)


def test_what_was_not_looked_at_again_is_never_fixed(audited):
    folder, first, later = audited

    told = json.loads(posture(folder, "runs", "diff", first, later, "--format", "json").stdout)

    assert told["run"] == later
    assert told["since"]["id"] == first
    assert {"no-longer-assessed", "still-open"} <= {each["kind"] for each in told["changes"]}
    assert not [each for each in told["changes"] if each["kind"] in {"fixed", "reopened"}]
    assert all(each["reasons"] for each in told["changes"] if each["kind"] == "no-longer-assessed")
    for check in told["checks"]:
        own = [each for each in told["changes"] if each["check"] == check["check"]]
        assert check["still_open"] == sum(each["kind"] == "still-open" for each in own)


def test_in_words_it_names_runs_numbers_and_reasons(audited):
    folder, first, later = audited

    said = posture(folder, "runs", "diff", first, later).stdout

    assert f"From {first}" in said
    assert "No longer assessed" in said
    assert "evidence: it was not seen in this run" in said
    assert " 0 fixed" in said.splitlines()[-1]
    assert "Still open " not in said
    assert "Still open " in posture(folder, "-v", "runs", "diff", first, later).stdout


def test_wrong_input_is_one_clear_error(audited):
    folder, first, later = audited

    for arguments, why in (
        (("runs", "diff", first, "nosuch"), "there is no run 'nosuch'"),
        (("runs", "diff", first, first), "it is one run"),
        (("runs", "diff", later, first), f"posture runs diff {first} {later}"),
        (("report", "--since", "nosuch"), "there is no run 'nosuch'"),
        (("report", "--since", later), "it is the run itself"),
    ):
        ran = posture(folder, *arguments, code=1)
        assert why in ran.stderr
        assert not ran.stdout
    assert "Missing argument" in posture(folder, "runs", "diff", first, code=2).stderr


def test_a_report_names_the_run_it_is_compared_with_or_says_that_there_is_none(audited):
    folder, first, later = audited

    def changes(*more: str) -> dict | None:
        posture(folder, "report", *more, "-f", "json,html,xlsx", "-o", "out")
        return json.loads((folder / "out" / "assessment.json").read_text())["run"]["changes"]

    told = changes()
    assert told["since"]["id"] == first
    assert [each["run"] for each in told["trend"]] == [first, later]
    page = (folder / "out" / f"posture-{later}.html").read_text()
    assert f'Compared with run <span class="mono">{first}</span>' in page
    assert changes("--since", first[:20])["since"]["chosen"] == "chosen with --since"
    assert changes("--since", "none") is None
    assert "compared with no other" in (folder / "out" / f"posture-{later}.html").read_text()
    assert changes(first) is None
