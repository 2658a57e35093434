"""Lists of leavers: known by their header, and no more of persons is kept than is compared."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from posture.collectors.people import PeopleCollector
from posture.errors import PostureError
from posture.facts import BlindSpot, Leaver, Missing
from posture.scope import OrganisationScope, Scope

COLLECTOR = PeopleCollector()
SCOPE = Scope(organisation=OrganisationScope(name="Test"))
LIST = (
    b"Name,Date of birth,Login,E-Mail,Employee No.,End date\n"
    b"Anna Smith,1980-02-03,HOSP\\asmith,anna@hosp.example,4711,2026-04-30\n"
    b"Ben Jones,1979-01-02,,ben@hosp.example,4712,2026-05-31\n"
    b"Cleo Brown,1978-01-02,,,004713,2026-05-31\n"
    b"Dora Stays,1977-01-02,dstays,dora@hosp.example,4714,\n"
)


def loaded(payload, name="leavers.csv"):
    (record,) = COLLECTOR.load(payload, name, "a" * 64)
    return record


def read(*payloads):
    return list(COLLECTOR.read([loaded(payload) for payload in payloads], SCOPE))


def days(*payloads):
    return {said.identifier: said.ended for said in read(*payloads) if isinstance(said, Leaver)}


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "header",
    [
        b"Login,End date\n",
        b"User name;Termination Date\n",
        b"Employee ID\tLast working day\n",
        b"E-Mail,Name,Left date\n",
        b"Benutzername;Austritt\n",
    ],
)
def test_a_list_is_known_by_its_header(header):
    assert COLLECTOR.sniff(header, "x.csv")


@pytest.mark.parametrize(
    "head",
    [
        b"Login,Name\n",
        b"Name,End date\n",
        b"Hostname,User name,End date\n",
        b"Login,End date,Last day\n",
        b"dn: cn=x\n",
        b"<nmaprun>",
        b"",
        b"PK\x03\x04",
    ],
)
def test_any_other_file_is_none(head):
    assert not COLLECTOR.sniff(head, "x.csv")


def test_one_identifier_and_the_last_day_are_kept_and_nothing_else():
    record = loaded(LIST)
    assert record.payload == (
        b"login,e-mail,employee number,end date\n"
        b",ben@hosp.example,,2026-05-31\n"
        b",,004713,2026-05-31\n"
        b"HOSP\\asmith,,,2026-04-30\n"
    )
    assert record.envelope.masked == ("Date of birth", "Name")
    assert record.envelope.outcome == "complete"
    assert record.intact()


def test_a_workbook_says_the_same_as_the_csv():
    rows = [line.split(",") for line in LIST.decode().splitlines()]
    assert loaded(workbook(*rows)).payload == loaded(LIST).payload
    assert COLLECTOR.sniff(workbook(*rows), "leavers.xlsx")
    assert days(workbook(["Login", "End date"], ["anna", date(2026, 4, 30)])) == {"anna": date(2026, 4, 30)}


def test_who_came_back_and_is_listed_twice_has_the_later_day():
    assert days(b"Login,End date\nanna,2024-01-31\nAnna,2027-01-31\n", b"Login,End date\nANNA,2025-01-31\n") == {
        "Anna": date(2027, 1, 31)
    }


def test_who_is_in_one_table_with_a_day_and_without_may_have_come_back():
    back = b"Login,End date\nanna,2024-01-31\nANNA,\nben,2024-01-31\n"
    assert isinstance(days(back)["anna"], Missing)
    assert days(back)["ben"] == date(2024, 1, 31)
    assert loaded(back).payload == b"login,e-mail,employee number,end date\nanna,,,\nben,,,2024-01-31\n"


def test_a_later_list_with_a_day_says_when_somebody_left():
    stays, leaves = b"Login,End date\nanna,2024-01-31\nanna,\n", b"Login,End date\nanna,2026-04-30\n"
    assert days(stays, leaves) == days(leaves, stays) == {"anna": date(2026, 4, 30)}
    assert days(b"Login,End date\nanna,\n", leaves) == {"anna": date(2026, 4, 30)}


def test_rows_that_identify_nobody_are_a_blind_spot():
    said = read(b"Name,Login,End date\nAnna,anna,2026-04-30\nBen,,2026-04-30\n")
    (spot,) = [each for each in said if isinstance(each, BlindSpot)]
    assert spot.why == "rows with an end date that identify nobody: line 3"
    assert "Ben" not in str(said)


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["2026-04-03"], [date(2026, 4, 3)]),
        (["2026-04-03T00:00:00", "2026-4-3 12:00"], [date(2026, 4, 3)] * 2),
        (["03.04.2026", "3. 4. 2026"], [date(2026, 4, 3)] * 2),
        (["04/03/2026", "12/31/2026"], [date(2026, 4, 3), date(2026, 12, 31)]),
        (["03/04/2026", "31/12/2026"], [date(2026, 4, 3), date(2026, 12, 31)]),
        (["05/05/2026"], [date(2026, 5, 5)]),
    ],
)
def test_days_are_read_as_the_whole_column_shows_them(texts, wanted):
    payload = "Login,End date\n" + "".join(f"p{at},{text}\n" for at, text in enumerate(texts))
    assert days(payload.encode()) == {f"p{at}": day for at, day in enumerate(wanted)}


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ("a,03/04/2026\n", "can't be seen"),
        ("a,13/04/2026\nb,04/13/2026\n", "in some rows"),
        ("a,31.02.2026\n", "expected a day"),
        ("a,soon\n", "expected a day"),
        ("a,=TODAY()\n", "expected a day"),
    ],
)
def test_a_day_that_is_none_or_one_of_two_is_an_error_with_its_place(rows, what):
    with pytest.raises(PostureError, match=what) as caught:
        loaded(b"Login,End date\n" + rows.encode())
    assert caught.value.where == "leavers.csv, line 2, column B"
    assert "2026-01-31" in caught.value.mend


def test_a_table_without_such_a_header_is_an_error():
    with pytest.raises(PostureError, match="no sheet of it"):
        loaded(b"a,b\n1,2\n")


def test_evidence_that_is_no_list_is_a_blind_spot():
    record = loaded(LIST)
    broken = type(record).of(record.envelope, b"login\n\xff")
    assert [type(said) for said in COLLECTOR.read([broken], SCOPE)] == [BlindSpot]
