"""`posture exceptions` as an officer meets it: every mistake at once, two people, an end, and nothing waived."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from lab import command

from posture.governance.ledger import Revocation, RiskAcceptance
from posture.store import Store

CONFIGURATION = """
[organisation]
name = "H"
time_zone = "UTC"

[[zone]]
id = "devices"
kind = "medical-device"
networks = ["10.9.0.0/16"]
"""
DAY = timedelta(days=1)
NEXT_YEAR = (date.today() + 300 * DAY).isoformat()  # noqa: DTZ011  # any day well ahead
WHOLE = {
    "--check": "telnet-offered",
    "--requester": "R. Quest",
    "--approver": "A. Patel",
    "--owner": "M. Lee",
    "--rationale": "The pumps can't do otherwise",
    "--expires": NEXT_YEAR,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "posture.toml").write_text(CONFIGURATION)
    return tmp_path


def posture(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return command.posture("exceptions", *arguments, cwd=cwd)


def add(cwd: Path, *more: str, **changed: str | None) -> subprocess.CompletedProcess[str]:
    options = {**WHOLE, **{f"--{name.replace('_', '-')}": value for name, value in changed.items()}}
    typed = [part for name, value in options.items() if value is not None for part in (name, value)]
    return posture("add", *typed, *more, cwd=cwd)


def recorded(folder: Path) -> list[object]:
    with Store(folder / "posture.db") as store:
        return [entry.statement for entry in store.ledger().entries]


def listed(folder: Path, *more: str) -> list[dict]:
    return json.loads(posture("list", "--format", "json", *more, cwd=folder).stdout)["exceptions"]


def test_an_exception_is_recorded_and_its_id_printed(folder: Path):
    done = add(folder, "--subject", "zone:devices", compensating_control="They stand alone")

    assert (done.returncode, done.stdout) == (0, "E-0001\n"), done.stderr
    (said,) = recorded(folder)
    assert isinstance(said, RiskAcceptance)
    assert (said.checks, said.subjects, said.controls) == (("telnet-offered",), ("zone:devices",), ())
    assert (said.requester, said.approver, said.owner) == ("R. Quest", "A. Patel", "M. Lee")
    assert (said.compensating_control, said.expires.isoformat()) == ("They stand alone", NEXT_YEAR)
    assert add(folder, check="hl7-cleartext").stdout == "E-0002\n"


def test_a_dry_run_checks_everything_and_records_nothing(folder: Path):
    done = add(folder, "--dry-run")

    assert (done.returncode, done.stdout) == (0, "E-0001\n")
    assert "not recorded" in done.stderr
    assert recorded(folder) == []


def test_all_mistakes_are_said_at_once_and_nothing_is_recorded(folder: Path):
    done = add(
        folder,
        *("--control", "164.312(d", "--subject", "10.0.0.300", "--subject", "10.0.0.5/24", "--subject", "*"),
        *("--subject", "zone:device"),
        check="telnet-offred",
        approver=" r.  quest ",
        owner=None,
        rationale=" ",
        expires="2031-02-30",
        granted="soon",
    )

    assert (done.returncode, done.stdout) == (2, "")
    for words in (
        "--control: there is no control '164.312(d'; did you mean 164.312(d)?",
        "--check: there is no check 'telnet-offred'; did you mean telnet-offered?",
        "--subject: '10.0.0.300' is not an address or network",
        "--subject: '10.0.0.5/24' is not a network: write 10.0.0.0/24, or the address alone",
        "--subject: '*' names everything, or nothing",
        "--subject: there is no zone 'device'; did you mean devices?",
        "--approver: requester and approver have to be two people",
        "--owner: name who answers for it",
        "--rationale: say why the risk is accepted",
        "--expires: '2031-02-30' is not a day such as",
        "--granted: 'soon' is not a day such as",
    ):
        assert words in done.stderr
    assert recorded(folder) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"check": None}, "--control: name what is accepted: a control, a check or a subject"),
        ({"expires": None}, "no exception is for ever"),
        ({"granted": "2026-01-31", "expires": "2026-01-31"}, "is not after the day it is granted"),
        ({"granted": "2026-01-01", "expires": "2029-01-04"}, "more than three years after 2026-01-01; 2029-01-03 at"),
        ({"granted": "2025-01-01", "expires": "2026-01-01"}, "has come already"),
        ({"owner": "x" * 201}, "--owner: it has more than 200 characters"),
        ({"rationale": "x" * 4001}, "--rationale: it has more than 4,000 characters"),
        ({"control": "164.306(a)"}, "there is no control '164.306(a)'"),
        ({"check": "\x1b[2J"}, "there is no check"),
    ],
)
def test_each_mistake_is_one_clear_sentence(folder: Path, changed, words):
    done = add(folder, **changed)

    assert done.returncode == 2
    assert words in done.stderr
    assert "\x1b" not in done.stderr
    assert recorded(folder) == []


def test_a_required_specification_is_said_to_stay_not_satisfied(folder: Path):
    done = add(folder, "--control", "164.312(a)(2)(i)", "--control", "164.312(e)(2)(ii)", check=None)

    assert done.returncode == 0
    assert "164.312(a)(2)(i) is required, and can't be waived (45 CFR 164.306(d)(2))" in done.stderr
    assert "164.312(e)(2)(ii) is" not in done.stderr


def test_a_control_and_a_check_that_have_nothing_to_do_with_each_other_are_pointed_out(folder: Path):
    done = add(folder, "--control", "164.312(a)(2)(i)", check="hl7-cleartext")

    assert "No check named contradicts a control named, so this covers nothing." in done.stderr


def test_a_control_of_another_catalog_is_recorded_with_its_catalog(folder: Path):
    assert add(folder, "--control", "RR-05", check=None).returncode == 0

    assert recorded(folder)[0].controls == ("ransomware-readiness/RR-05",)


def test_overlap_with_one_that_holds_is_pointed_out(folder: Path):
    add(folder)
    done = add(folder, "--subject", "10.9.0.0/24")

    assert "It may overlap with E-0001, which ends on" in done.stderr
    posture("revoke", "E-0001", "--reason", "Done", cwd=folder)
    assert "E-0001" not in add(folder, "--subject", "10.9.0.0/24").stderr


def test_it_is_listed_with_its_state_on_a_day(folder: Path):
    add(folder, granted="2026-01-31")

    (row,) = listed(folder)
    assert (row["id"], row["state"], row["faults"], row["entry"]) == ("E-0001", "in-force", [], 1)
    states = [listed(folder, "--as-of", day)[0]["state"] for day in ("2026-01-30T23:59:59", "2026-01-31", NEXT_YEAR)]
    assert states == ["not-yet", "in-force", "expired"]
    assert "checks: telnet-offered" in posture("list", cwd=folder).stdout


def test_it_is_taken_back_with_a_reason_once(folder: Path):
    add(folder)

    done = posture("revoke", "e-0001", "--reason", " Telnet is gone ", cwd=folder)

    assert (done.returncode, done.stdout) == (0, "E-0001\n"), done.stderr
    assert isinstance(recorded(folder)[1], Revocation)
    (row,) = listed(folder)
    assert (row["state"], row["revoked_why"]) == ("revoked", "Telnet is gone")
    again = posture("revoke", "E-0001", cwd=folder)
    assert again.returncode == 2
    assert "was taken back on" in again.stderr
    assert "--reason: say why it is taken back" in again.stderr
    assert len(recorded(folder)) == 2


def test_what_is_not_there_is_not_taken_back(folder: Path):
    add(folder)

    done = posture("revoke", "E-0011", "--reason", "Done", cwd=folder)

    assert (done.returncode, "did you mean E-0001?" in done.stderr) == (2, True)
    assert len(recorded(folder)) == 1


@pytest.mark.parametrize("name", ["R.\u200b Quest", "R\u00ad. Quest", "\u202eR. Quest", "R. Quest\u2060"])
def test_two_names_that_only_look_different_to_a_machine_are_not_two_people(folder: Path, name: str):
    done = add(folder, approver=name)

    assert done.returncode == 2
    assert "it has a character that can't be seen" in done.stderr
    assert name not in done.stderr
    assert recorded(folder) == []


def test_text_that_is_no_unicode_is_one_clear_error(folder: Path):
    done = add(folder, rationale="half \udcff")

    assert done.returncode == 1
    assert "is no character that can be stored" in done.stderr
    assert recorded(folder) == []


def test_those_that_are_recorded_at_the_same_instant_never_have_one_id(folder: Path):
    posture("list", cwd=folder)  # so that the store is there
    with ThreadPoolExecutor(5) as together:
        every = list(together.map(lambda _: add(folder), range(5)))

    ids = [done.stdout.strip() for done in every if not done.returncode]
    refused = [done.stderr for done in every if done.returncode]
    assert all("the ledger changed meanwhile" in each and "run it again" in each for each in refused)
    assert sorted(ids) == sorted(each.id for each in recorded(folder)) == [f"E-{n:04}" for n in range(1, len(ids) + 1)]
