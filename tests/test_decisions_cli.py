"""`posture decisions`: what was decided about addressable specifications, with the rationales that the rule wants."""

import hashlib
import json
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest
from lab import command

from posture.governance.ledger import Attachment, Decision
from posture.store import Store

CONFIGURATION = """
[organisation]
name = "H"
time_zone = "UTC"

[[site]]
id = "north"
name = "North campus"

[[site]]
id = "south"
name = "South campus"
"""
CONTROL = "164.312(e)(2)(ii)"
NEXT_YEAR = (date.today() + timedelta(days=300)).isoformat()  # noqa: DTZ011  # any day well ahead
WHOLE = {
    "--choice": "alternative",
    "--why-not": "The devices can't encrypt",
    "--measure": "They stand alone in a network",
    "--risk-analysis": "Section 4.2",
    "--approver": "A. Patel",
    "--review-by": NEXT_YEAR,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "posture.toml").write_text(CONFIGURATION)
    return tmp_path


def posture(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return command.posture("decisions", *arguments, cwd=cwd)


def add(cwd: Path, *more: str, control: str = CONTROL, **changed: str | None) -> subprocess.CompletedProcess[str]:
    options = {**WHOLE, **{f"--{name.replace('_', '-')}": value for name, value in changed.items()}}
    typed = [part for name, value in options.items() if value is not None for part in (name, value)]
    return posture("add", control, *typed, *more, cwd=cwd)


def recorded(folder: Path) -> list[Decision]:
    with Store(folder / "posture.db") as store:
        return [entry.statement for entry in store.ledger().entries]


def listed(folder: Path, *more: str) -> list[dict]:
    return json.loads(posture("list", "--format", "json", *more, cwd=folder).stdout)["decisions"]


def test_a_decision_is_recorded_with_its_documents(folder: Path):
    (folder / "minutes.pdf").write_bytes(b"minutes")

    done = add(folder, "--file", "minutes.pdf")

    assert (done.returncode, done.stdout) == (0, f"{CONTROL}\n"), done.stderr
    digest = hashlib.sha256(b"minutes").hexdigest()
    (said,) = recorded(folder)
    assert (said.choice, said.why_not, said.measure) == ("alternative", WHOLE["--why-not"], WHOLE["--measure"])
    assert said.attachments == (Attachment(name="minutes.pdf", sha256=digest, size=7),)
    with Store(folder / "posture.db") as store:
        assert store.attachment(digest) == b"minutes"


def test_every_addressable_specification_is_listed_decided_or_not(folder: Path):
    add(folder)

    rows = listed(folder)

    assert len({row["control"] for row in rows}) == 22
    (decided,) = (row for row in rows if row["state"] != "missing")
    assert (decided["control"], decided["state"], decided["approver"]) == (CONTROL, "in-force", "A. Patel")
    (then,) = (row for row in listed(folder, "--as-of", NEXT_YEAR) if row["control"] == CONTROL)
    assert then["state"] == "expired"
    assert CONTROL in posture("list", cwd=folder).stdout


def test_a_dry_run_records_nothing(folder: Path):
    assert add(folder, "--dry-run").returncode == 0
    assert recorded(folder) == []


def test_all_mistakes_are_said_at_once_and_nothing_is_recorded(folder: Path):
    done = add(
        folder,
        *("--file", "gone.pdf", "--party", "East"),
        why_not=None,
        measure=" ",
        risk_analysis=None,
        approver=None,
        decided="2099-01-01",
        review_by="2098-01-01",
    )

    assert (done.returncode, done.stdout) == (2, "")
    for words in (
        "--why-not: say why it is not reasonable and appropriate here: 45 CFR 164.306(d)(3)(ii)(B)(1)",
        "--measure: name the equivalent alternative measure",
        "--risk-analysis: say where in the risk analysis this was weighed",
        "--approver: name who approved it",
        "--decided: 2099-01-01 is in the future",
        "--review-by: 2098-01-01 is not after the decision",
        "--file: 'gone.pdf': there is no such file",
        "--party: 164.312(e)(2)(ii) is decided for the organisation alone",
    ):
        assert words in done.stderr
    assert recorded(folder) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"control": "164.312(e)(2)(i"}, "did you mean 164.312(e)(2)(i"),
        ({"control": "164.312(a)(2)(i)"}, "is not addressable: there is nothing to decide"),
        ({"choice": "never"}, "--choice: 'never' is not one of: implemented, alternative, not-reasonable"),
        ({"choice": "not-reasonable", "measure": None}, "--measure: say why no alternative is reasonable"),
        ({"review_by": None}, "--review-by: give the day by which it is reviewed"),
    ],
)
def test_each_mistake_is_one_clear_sentence(folder: Path, changed, words):
    done = add(folder, **changed)

    assert done.returncode == 2
    assert words in done.stderr
    assert recorded(folder) == []


def test_implemented_needs_no_rationale(folder: Path):
    done = add(folder, choice="implemented", why_not=None, measure=None, risk_analysis=None)

    assert done.returncode == 0, done.stderr


def test_each_site_decides_for_itself(folder: Path):
    control = min(row["control"] for row in listed(folder) if row["party"] == "north")

    refused = add(folder, control=control)
    assert (refused.returncode, "is decided for one of: north, south" in refused.stderr) == (2, True)
    assert add(folder, "--party", "North", control=control).returncode == 0
    assert recorded(folder)[0].party == "north"


def test_one_that_is_older_than_what_is_on_record_is_refused(folder: Path):
    assert add(folder, decided="2026-03-01").returncode == 0

    done = add(folder, decided="2026-02-28")

    assert (done.returncode, "there is a newer one on record, of 2026-03-01" in done.stderr) == (2, True)
