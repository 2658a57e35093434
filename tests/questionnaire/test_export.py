"""The workbook that goes out: what it asks, of whom, what it shows of earlier answers, and what it never prefills."""

from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from lab.hospital import CATALOG, NOW, SCOPE, TODAY
from lab.workbook import Edited

from posture.catalog import SCORED
from posture.governance.ledger import (
    Attestation,
    DataFlow,
    Decision,
    Entry,
    InformationSystem,
    Ledger,
    Practice,
    Practices,
    Register,
    Statement,
)
from posture.questionnaire.export import export
from posture.questionnaire.shape import QUESTIONS, SHEETS


def ledger(*statements: Statement) -> Ledger:
    return Ledger(
        entries=tuple(Entry(number=at, at=NOW, by="test", statement=said) for at, said in enumerate(statements, 1))
    )


def answer(control: str, party: str = "", *, until: date, statement: str = "", owner: str = "Ann") -> Attestation:
    return Attestation(
        catalog=SCORED,
        control=control,
        party=party,
        answer="yes",
        owner=owner,
        statement=statement,
        attested_on=TODAY - timedelta(days=200),
        expires=until,
    )


def written(tmp_path: Path, *statements: Statement, only: tuple[str, ...] = ()) -> Edited:
    out = tmp_path / "questions.xlsx"
    export(out, catalogs=[CATALOG], scope=SCOPE, ledger=ledger(*statements), as_of=NOW, only=only)
    return Edited(out)


def column(book: Edited, sheet: str, heading: str) -> list[object]:
    letter = book.columns(sheet)[heading]
    return [cell.value for cell in book.book[sheet][letter][2:]]


def test_each_question_has_a_row_a_party_and_no_answer(tmp_path: Path):
    book = written(tmp_path)

    asked = list(zip(column(book, "Questions", "CONTROL"), column(book, "Questions", "ASKED OF"), strict=True))

    assert asked == [
        ("1", "The organisation"),
        ("2", "The organisation"),
        ("3", "Main campus (main)"),
        ("3", "North clinic (north)"),
        ("4", "Riverside Hospital, Inc."),
        ("4", "Riverside Clinics, LLC"),
    ]
    for each in QUESTIONS.columns:
        if each.group == "entry":
            assert set(column(book, "Questions", each.heading)) == {None}, each.heading


def test_only_addressable_specifications_are_to_be_decided(tmp_path: Path):
    assert column(written(tmp_path), "Addressable decisions", "CONTROL") == ["2", "3", "3"]


def test_the_last_answer_stands_beside_the_question_with_its_state(tmp_path: Path):
    book = written(
        tmp_path,
        answer("1", until=TODAY),
        answer("2", until=TODAY + timedelta(days=20)),
        answer("3", "north", until=TODAY + timedelta(days=100)),
    )

    assert column(book, "Questions", "STATE") == ["Expired", "Ends soon", "Missing", "In force", "Missing", "Missing"]
    assert column(book, "Questions", "LAST ANSWER") == ["yes", "yes", None, "yes", None, None]
    assert column(book, "Questions", "ANSWER") == [None] * 6


@pytest.mark.parametrize(
    ("only", "asked", "decided"),
    [
        (("expired",), ["1"], []),
        (("expiring",), ["2"], ["2"]),
        (("missing",), ["3", "3", "4", "4"], ["3", "3"]),
        (("expired", "expiring"), ["1", "2"], ["2"]),
    ],
)
def test_only_what_is_missing_or_ends_can_be_asked(tmp_path: Path, only: tuple[str, ...], asked: list, decided: list):
    decision = Decision(
        catalog=SCORED,
        control="2",
        choice="implemented",
        approver="Bea",
        decided_on=TODAY,
        review_by=TODAY + timedelta(days=30),
    )
    said = (answer("1", until=TODAY), answer("2", until=TODAY + timedelta(days=30)), decision)

    book = written(tmp_path, *said, only=only)

    assert column(book, "Questions", "CONTROL") == asked
    assert column(book, "Addressable decisions", "CONTROL") == decided


def test_text_of_the_ledger_is_never_a_formula_and_never_hidden(tmp_path: Path):
    hostile = '=HYPERLINK("http://x")'
    system = InformationSystem(id="ehr", name=hostile, hosting="cloud", ephi="yes", note="a\x07b\u202ec _x0041_")

    book = written(tmp_path, answer("1", until=TODAY, owner=hostile), Register(systems=(system,)))

    assert book.book["Questions"][f"{book.columns('Questions')['BY WHOM']}3"].data_type == "s"
    assert book.book["Systems"]["B3"].value == hostile
    assert book.book["Systems"]["B3"].data_type == "s"
    assert book.book["Systems"]["I3"].value == "a⟨U+0007⟩b⟨U+202E⟩c _x005F_x0041_"
    assert not any(cell.data_type == "f" for sheet in book.book for row in sheet for cell in row)


def test_registers_are_prefilled_and_have_room(tmp_path: Path):
    system = InformationSystem(
        id="ehr", name="Records", hosting="on-premises", ephi="yes", agreement_on=date(2026, 1, 2)
    )
    flow = DataFlow(source="ehr", destination="outside: HIE", what="Summaries")
    practice = Practice(framework="other", practice="X", since=date(2025, 1, 1), controls=("1", "2"))

    book = written(tmp_path, Register(systems=(system,), flows=(flow,)), Practices(practices=(practice,)))

    assert [cell.value for cell in book.book["Systems"][3]][:4] == ["ehr", "Records", "on premises", "yes"]
    assert book.book["Systems"]["G3"].value.date() == date(2026, 1, 2)
    assert book.book["Data flows"]["B3"].value == "outside: HIE"
    assert book.book["Recognized practices"]["F3"].value == "1\n2"
    assert book.book["Systems"].max_row > 40


def test_sheets_have_frozen_headings_filters_lists_and_landscape_pages(tmp_path: Path):
    book = written(tmp_path)

    for shape in SHEETS:
        sheet = book.book[shape.title]
        assert sheet.freeze_panes == f"{'BD'[shape.frozen > 1]}3", shape.title
        assert sheet.auto_filter.ref.startswith("A2:")
        assert sheet.page_setup.orientation == "landscape"
    rules = {rule.type for rule in book.book["Questions"].data_validations.dataValidation}
    assert rules == {"list", "date"}
    answers = book.book["Questions"].data_validations.dataValidation[0]
    assert answers.formula1 == 'IF($H3="",Lists!$D$2:$D$4,Lists!$D$2:$D$5)'
    assert [book.book["Lists"][f"D{row}"].value for row in range(2, 6)] == ["yes", "partly", "no", "not applicable"]
    assert book.book["Lists"].sheet_state == "hidden"


def test_the_first_sheet_says_what_happens_and_claims_nothing(tmp_path: Path):
    sheet = written(tmp_path).book["Read me"]
    text = " ".join(str(cell.value) for row in sheet for cell in row if cell.value)

    assert "Riverside Health" in text
    assert "24 November 2026" in text
    assert "no finding of compliance" in text
    assert "compliant" not in text


def test_the_same_content_gives_the_same_bytes_for_its_owner_only(tmp_path: Path):
    first = written(tmp_path).path.read_bytes()
    again = written(tmp_path).path

    assert again.read_bytes() == first
    assert again.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["questions.xlsx"]
    assert openpyxl.load_workbook(again).sheetnames[0] == "Read me"
