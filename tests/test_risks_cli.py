"""`posture risks` as an officer meets it: the register that was judged, and who deals with what until when."""

import json
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from lab import command

from posture.assessment import Assessment, Coverage, Factor, MethodNotes, Organisation, Risk, Run
from posture.governance.ledger import Treatment
from posture.scope import OrganisationScope, Scope
from posture.store import RunRecord, Store

AS_OF = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def risk(name: str, place: int, **more: object) -> Risk:
    given = {
        "title": f"Risk {place}",
        "source": "gap",
        "about": f"check-{place}",
        "state": "open",
        "level": "high",
        "likelihood": "moderate",
        "impact": "very-high",
        "factors": (Factor(of="impact", name="Data", level="high", why="Why."),),
        "first_seen": TODAY,
        "last_seen": TODAY,
    }
    return Risk(id=name, place=place, **{**given, **more})


RISKS = (
    risk("R-AAAAAA", 1, owner="M. Lee", due=date(2026, 11, 1), overdue=True),
    risk("R-BBBBBB", 2, state="not-seen", title="Old \x1b[31m\u202eprotocol"),
    risk("R-CCCCCC", 3, state="closed"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Store(tmp_path / "posture.db") as store:
        for number, risks in enumerate(((risk("R-OLDOLD", 1),), RISKS)):
            when = AS_OF.replace(hour=number)
            run = RunRecord(
                id=f"run-{number}",
                started=when,
                operator="o",
                host="h",
                version="1",
                as_of=when,
                scope=Scope(organisation=OrganisationScope(name="H")),
            )
            store.begin(run)
            assessment = Assessment(
                run=Run(id=run.id, started=when),
                organisation=Organisation(name="H"),
                method=MethodNotes(as_of=when, version="1", statement=""),
                coverage=Coverage(),
                risks=risks,
            )
            store.judged(run.id, assessment, when)
    return tmp_path


def posture(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return command.posture("--store", "posture.db", "risks", *arguments, cwd=cwd)


def recorded(folder: Path) -> list[Treatment]:
    with Store(folder / "posture.db") as store:
        return [entry.statement for entry in store.ledger().entries]


def test_the_register_of_the_latest_run_is_listed_the_worst_first(folder: Path):
    done = posture("list", "--format", "json", cwd=folder)

    listed = json.loads(done.stdout)["risks"]
    assert [each["id"] for each in listed] == ["R-AAAAAA", "R-BBBBBB", "R-CCCCCC"]
    assert listed[0]["factors"] == [{"of": "impact", "name": "Data", "level": "high", "why": "Why."}]


def test_the_register_of_another_run_is_listed_by_its_id(folder: Path):
    done = posture("list", "run-0", "--format", "json", cwd=folder)

    assert [each["id"] for each in json.loads(done.stdout)["risks"]] == ["R-OLDOLD"]


def test_states_can_be_chosen(folder: Path):
    done = posture("list", "--state", "open", "--state", "closed", "--format", "json", cwd=folder)

    assert [each["id"] for each in json.loads(done.stdout)["risks"]] == ["R-AAAAAA", "R-CCCCCC"]
    assert posture("list", "--state", "gone", cwd=folder).returncode == 2


def test_the_table_says_what_is_overdue_and_nothing_in_it_moves_the_terminal(folder: Path):
    done = posture("list", cwd=folder)

    assert "2026-11-01 (overdue)" in done.stdout
    assert "⟨U+001B⟩[31m⟨U+202E⟩protocol" in done.stdout
    assert not {"\x1b", "\u202e"} & {*done.stdout}


def test_a_risk_is_assigned_in_the_ledger_and_its_id_printed(folder: Path):
    options = ("--owner", " A. Patel ", "--response", "transfer", "--due", "2027-01-31", "--note", "ask the insurer")

    done = posture("assign", "r-bbbbbb", *options, cwd=folder)

    assert (done.returncode, done.stdout) == (0, "R-BBBBBB\n"), done.stderr
    assert recorded(folder) == [
        Treatment(risk="R-BBBBBB", owner="A. Patel", response="transfer", due=date(2027, 1, 31), note="ask the insurer")
    ]


def test_a_later_assignment_is_added_and_the_earlier_one_stays(folder: Path):
    posture("assign", "R-AAAAAA", "--owner", "One", cwd=folder)
    posture("assign", "R-AAAAAA", "--owner", "Two", cwd=folder)

    assert [each.owner for each in recorded(folder)] == ["One", "Two"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("R-AAAAAB", "--owner", "O"), 1, "did you mean R-AAAAAA?"),
        (("R-OLDOLD", "--owner", "O"), 1, "no risk 'R-OLDOLD' in the register of run-1"),
        (("\x1b[2J", "--owner", "O"), 1, "posture risks list"),
        (("R-CCCCCC", "--owner", "O"), 1, "R-CCCCCC is closed"),
        (("R-AAAAAA", "--owner", " "), 2, "--owner needs a name"),
        (("R-AAAAAA", "--owner", "x" * 201), 2, "--owner needs a name"),
        (("R-AAAAAA", "--owner", "O", "--note", "x" * 4001), 2, "--note can have 4,000"),
        (("R-AAAAAA",), 2, "--owner"),
        (("R-AAAAAA", "--owner", "O", "--due", "2026-02-30"), 2, "is not a day such as"),
        (("R-AAAAAA", "--owner", "O", "--due", "soon"), 2, "is not a day such as"),
        (("R-AAAAAA", "--owner", "O", "--response", "ignore"), 2, "mitigate"),
    ],
)
def test_a_wrong_assignment_is_one_clear_error_and_nothing_is_recorded(folder: Path, arguments, code, words):
    done = posture("assign", *arguments, cwd=folder)

    assert done.returncode == code
    assert words in done.stderr
    assert "\x1b" not in done.stderr
    assert recorded(folder) == []


def test_without_a_run_there_is_no_register(tmp_path: Path):
    for arguments in (("list",), ("assign", "R-AAAAAA", "--owner", "O")):
        done = posture(*arguments, cwd=tmp_path)

        assert (done.returncode, "there is no run yet" in done.stderr) == (1, True)
