"""What comes back: answers, or all mistakes with their cells; the same answer counts once."""

import random
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from time import process_time

import msgspec
import pytest
from lab.hospital import CATALOG, NOW, SCOPE, TODAY
from lab.workbook import Edited

from posture.catalog import SCORED, built_in
from posture.errors import PostureError
from posture.governance.ledger import (
    Attestation,
    DataFlow,
    Decision,
    Entry,
    InformationSystem,
    Ledger,
    Practice,
    Practices,
    RecordedRiskAnalysis,
    Register,
    Statement,
)
from posture.model import Method
from posture.questionnaire import grid
from posture.questionnaire.answered import Desk
from posture.questionnaire.export import export
from posture.questionnaire.files import Folder
from posture.questionnaire.grid import Cell
from posture.questionnaire.shape import FORMAT, SHEETS, Shape
from posture.questionnaire.take import Taken, WorkbookError, take

SYSTEM = InformationSystem(id="ehr", name="a\u200bb", hosting="cloud", ephi="yes", note="two\nlines _x0041_")
REGISTER = Register(systems=(SYSTEM,), flows=(DataFlow(source="ehr", destination="outside: HIE", what="=1+1"),))
PRACTICES = Practices(practices=(Practice(framework="other", practice="X", since=date(2025, 1, 1), controls=("1",)),))


def ledger(*statements: Statement) -> Ledger:
    return Ledger(
        entries=tuple(Entry(number=at, at=NOW, by="test", statement=said) for at, said in enumerate(statements, 1))
    )


def exported(tmp_path: Path, *statements: Statement) -> Edited:
    out = tmp_path / "questions.xlsx"
    export(out, catalogs=[CATALOG], scope=SCOPE, ledger=ledger(*statements), as_of=NOW)
    return Edited(out)


def taken(book: Edited, *statements: Statement, today: date = TODAY) -> Taken:
    path = book.save()
    desk = Desk(
        catalogs=[CATALOG],
        scope=SCOPE,
        ledger=ledger(*statements),
        today=today,
        attach=Folder(path.parent).attach,
    )
    return take(grid.load(path), desk, path)


def mistakes(book: Edited, *statements: Statement) -> list[str]:
    with pytest.raises(WorkbookError) as caught:
        taken(book, *statements)
    return [str(mistake) for mistake in caught.value.mistakes]


GOOD = {
    "answer": "yes",
    "how_it_was_checked": "documents examined",
    "owner": "Ann Lee",
    "date": datetime(2026, 11, 20),  # noqa: DTZ001  # as a workbook holds a day
}


def test_an_answer_is_taken_with_its_files_and_holds_as_long_as_the_question_allows(tmp_path: Path):
    book = exported(tmp_path)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "policy.pdf").write_bytes(b"policy")
    fields = {**GOOD, "how_it_was_checked": "Documents, and  tested by hand", "what_was_found": " All of it. "}
    book.fill("Questions", book.row("Questions", "2"), **fields, files="policies/policy.pdf\n")

    (said,) = taken(book).statements

    assert isinstance(said, Attestation)
    assert (said.control, said.party, said.answer, said.statement) == ("2", "", "yes", "All of it.")
    assert said.methods == (Method.TEST, Method.EXAMINE)
    assert (said.attested_on, said.expires) == (date(2026, 11, 20), date(2027, 5, 20))
    assert [(file.name, file.size) for file in said.attachments] == [("policy.pdf", 6)]


def test_each_party_answers_for_itself(tmp_path: Path):
    book = exported(tmp_path)
    book.fill("Questions", book.row("Questions", "3", "North clinic (north)"), **GOOD)
    book.fill("Questions", book.row("Questions", "4", "Riverside Clinics, LLC"), **{**GOOD, "answer": "no"})

    said = [(each.control, each.party, each.answer) for each in taken(book).statements]

    assert said == [("3", "north", "yes"), ("4", "Riverside Clinics, LLC", "no")]


def test_rows_may_be_sorted_and_columns_moved(tmp_path: Path):
    book = exported(tmp_path)
    book.fill("Questions", book.row("Questions", "2"), **GOOD)
    sheet = book.book["Questions"]
    rows = [[cell.value for cell in reversed(row)] for row in sheet.iter_rows(min_row=2)]
    for number, row in enumerate([rows[0], *reversed(rows[1:])], 2):
        for at, value in enumerate(row, 1):
            sheet.cell(number, at).value = value

    assert [each.control for each in taken(book).statements] == ["2"]


def test_not_applicable_needs_a_question_that_allows_it_and_words(tmp_path: Path):
    book = exported(tmp_path)
    fields = {**GOOD, "answer": "not applicable", "what_was_found": "We have none; counsel confirmed it."}
    book.fill("Questions", book.row("Questions", "4"), **fields)

    (said,) = taken(book).statements

    assert said.answer == "not-applicable"


def test_what_is_on_record_already_is_not_recorded_again(tmp_path: Path):
    book = exported(tmp_path)
    book.fill("Questions", book.row("Questions", "1"), **GOOD)
    first = taken(book).statements
    assert taken(book, *first).statements == ()

    book.fill("Questions", book.row("Questions", "1"), date="2026-11-21")

    assert [each.attested_on for each in taken(book, *first).statements] == [date(2026, 11, 21)]


def test_an_older_answer_never_speaks_over_a_newer_one(tmp_path: Path):
    book = exported(tmp_path)
    book.fill("Questions", book.row("Questions", "1"), **GOOD)
    old = taken(book).statements
    newer = msgspec.structs.replace(old[0], answer="no", attested_on=TODAY)

    assert taken(book, *old, newer).statements == ()
    assert "there is a newer one on record, of 2026-11-24" in mistakes(book, newer)[0]


def test_a_decision_is_taken_with_both_rationales(tmp_path: Path):
    book = exported(tmp_path)
    book.fill(
        "Addressable decisions",
        book.row("Addressable decisions", "3", "Main campus (main)"),
        decision="equivalent alternative",
        why_not_reasonable_and_appropriate_here="The doors are listed.",
        alternative_measure_or_why_none="A guard.",
        where_in_the_risk_analysis="RA 4.2",
        approver="Bea Cruz",
        date="2026-11-01",
        review_date="2027-11-01",
    )

    (said,) = taken(book).statements

    assert isinstance(said, Decision)
    assert (said.party, said.choice, said.measure) == ("main", "alternative", "A guard.")


def test_a_risk_analysis_is_taken_with_its_document_once(tmp_path: Path):
    book = exported(tmp_path)
    (tmp_path / "ra.pdf").write_bytes(b"analysis")
    book.fill(
        "Risk analysis",
        3,
        title="Risk analysis 2026",
        date="2026-03-01",
        what_it_covers="Everything",
        approver="Bea",
        next_review="2027-03-01",
        files="ra.pdf",
    )

    (said,) = taken(book).statements

    assert isinstance(said, RecordedRiskAnalysis)
    assert taken(book, said).statements == ()


def test_a_register_that_nobody_touched_is_not_recorded_whatever_its_characters(tmp_path: Path):
    assert taken(exported(tmp_path, REGISTER, PRACTICES), REGISTER, PRACTICES).statements == ()


def test_a_changed_register_replaces_the_whole(tmp_path: Path):
    book = exported(tmp_path, REGISTER, PRACTICES)
    book.fill("Systems", 4, id="pacs", system="PACS", where_it_runs="On Premises", ephi="yes")
    book.fill("Data flows", 4, **{"from": "EHR"}, to="pacs", what_moves="Orders")

    (said,) = taken(book, REGISTER, PRACTICES).statements

    assert isinstance(said, Register)
    assert [system.id for system in said.systems] == ["ehr", "pacs"]
    assert [flow.source for flow in said.flows] == ["ehr", "EHR"]
    assert taken(book, REGISTER, PRACTICES, said).statements == ()


def test_an_old_workbook_does_not_bring_an_old_register_back(tmp_path: Path):
    book = exported(tmp_path, REGISTER)
    newer = Register(systems=(*REGISTER.systems, msgspec.structs.replace(SYSTEM, id="pacs")), flows=REGISTER.flows)

    untouched = taken(book, REGISTER, newer)
    book.fill("Systems", 3, system="Renamed")
    touched = taken(book, REGISTER, newer)

    assert untouched.statements == ()
    assert len(touched.statements) == 1
    assert "The register on record had changed" in touched.notes[0]


def test_a_flow_names_a_system_by_id_or_name_or_what_is_on_record(tmp_path: Path):
    recorded = Register(systems=(SYSTEM,), flows=(DataFlow(source="ehr", destination="State registry", what="Cases"),))
    book = exported(tmp_path, recorded)
    book.fill("Systems", 4, id="pacs", system="Image archive", where_it_runs="on premises", ephi="yes")
    book.fill("Data flows", 4, **{"from": "image archive"}, to="State registry", what_moves="Images")

    (said,) = taken(book, recorded).statements

    assert isinstance(said, Register)
    assert len(said.flows) == 2


def test_a_practice_is_taken(tmp_path: Path):
    book = exported(tmp_path)
    fields = {"framework": "405(d) HICP", "practice": "1.M.A", "since": "2025-06-01", "controls_one_a_line": "1\n2"}
    book.fill("Recognized practices", 3, **fields)

    (said,) = taken(book).statements

    assert isinstance(said, Practices)
    assert said.practices[0].controls == ("1", "2")


def test_an_answer_that_has_ended_is_taken_and_said(tmp_path: Path):
    book = exported(tmp_path)
    book.fill("Questions", book.row("Questions", "1"), **GOOD, expiry="2026-11-24")

    assert taken(book).notes == ("1 answer or decision ended already: not in force.",)


def test_today_is_the_organisations_day(tmp_path: Path):
    book = exported(tmp_path)
    book.fill("Questions", book.row("Questions", "1"), **{**GOOD, "date": "2026-11-25"})

    assert "2026-11-25 is in the future; today is 2026-11-24" in mistakes(book)[0]
    assert len(taken(book, today=TODAY + timedelta(days=1)).statements) == 1


def _wrong(heading: str, value: object, words: str, *, control: str = "1", sheet: str = "Questions"):
    def edit(book: Edited) -> tuple[str, str]:
        row = book.row(sheet, control)
        if sheet == "Questions":
            book.fill(sheet, row, **GOOD)
        return book.put(sheet, row, heading, value), words

    return pytest.param(edit, id=words)


@pytest.mark.parametrize(
    "edit",
    [
        _wrong("ANSWER", "maybe", '"maybe" is not one of yes, partly, no, not applicable'),
        _wrong("ANSWER", True, '"TRUE" is not one of yes'),
        _wrong("ANSWER", None, "answer with one of yes"),
        _wrong("ANSWER", "not applicable", '"not applicable" is no answer about 1'),
        _wrong("HOW IT WAS CHECKED", None, "say how it was checked"),
        _wrong("HOW IT WAS CHECKED", "guessed", '"guessed" is not one of documents examined'),
        _wrong("OWNER", None, "name who answers for it"),
        _wrong("OWNER", '=A1&"x"', "a formula; write the value"),
        _wrong("DATE", None, "give the day of the answer"),
        _wrong("DATE", "20.11.2026", '"20.11.2026" is no date'),
        _wrong("DATE", "2026-02-30", '"2026-02-30" is no date'),
        _wrong("DATE", 99_999_999_999, 'the cell holds the error "#VALUE!"'),
        _wrong("DATE", "2027-01-01", "2027-01-01 is in the future"),
        _wrong("EXPIRY", "2026-11-20", "2026-11-20 is not after the date"),
        _wrong("EXPIRY", "2027-11-21", "2027-11-21 is more than 12 months after the date; 2027-11-20 at the latest"),
        _wrong("EXPIRY", "#REF!", 'the cell holds the error "#REF!"'),
        _wrong("WHAT WAS FOUND", "x" * 10_001, "10,001 characters: write 10,000 at most"),
        _wrong("FILES", "none.pdf", '"none.pdf": there is no such file in'),
        _wrong("FILES", "../secret", '"../secret": it is outside the folder'),
        _wrong("CONTROL", "1x", f'{SCORED} has no control "1x"; did you mean 1?'),
        _wrong("CATALOG", "hipaa", 'there is no catalog "hipaa"'),
        _wrong("ASKED OF", "Elsewhere", '"Elsewhere" is not asked about 1; it is asked of: The organisation'),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, edit: Callable[[Edited], tuple[str, str]]):
    book = exported(tmp_path)
    address, words = edit(book)

    (found,) = mistakes(book)

    assert found.startswith(f"{address}: {words}")


def test_not_applicable_without_its_reason_and_a_test_without_its_file_are_mistakes(tmp_path: Path):
    book = exported(tmp_path)
    reason = book.fill(
        "Questions", book.row("Questions", "4"), **{**GOOD, "answer": "not applicable"}, what_was_found=""
    )
    test = book.fill(
        "Questions", book.row("Questions", "1"), **{**GOOD, "how_it_was_checked": "tested by hand"}, files=""
    )

    assert mistakes(book) == [
        f"{test['files']}: tested by hand needs a file that shows the test",
        f"{reason['what_was_found']}: say why this is so: no business associate handles ePHI",
    ]


def test_parties_whose_names_differ_by_case_alone_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    organisation = msgspec.structs.replace(SCOPE.organisation, legal_entities=("Acme", "ACME"))
    monkeypatch.setitem(globals(), "SCOPE", msgspec.structs.replace(SCOPE, organisation=organisation))
    book = exported(tmp_path)
    book.fill("Questions", book.row("Questions", "4", "ACME"), **GOOD)
    address = book.fill("Questions", book.row("Questions", "4", "Acme"), asked_of="acme", **GOOD)["asked_of"]

    assert [each.split(": ")[0] for each in mistakes(book)] == [address]
    book.put("Questions", book.row("Questions", "4"), "ASKED OF", "Acme")
    assert [each.party for each in taken(book).statements] == ["Acme", "ACME"]


def test_two_rows_about_the_same_are_a_mistake(tmp_path: Path):
    book = exported(tmp_path)
    row = book.row("Questions", "1")
    book.fill("Questions", row, **GOOD)
    address = book.fill("Questions", row + 1, control="1", asked_of="The organisation", **GOOD)["control"]

    assert mistakes(book) == [f"{address}: row {row} is about the same control and party; keep one of the two"]


def test_a_decision_wants_its_rationales_and_an_addressable_specification(tmp_path: Path):
    book = exported(tmp_path)
    sheet = "Addressable decisions"
    row = book.row(sheet, "2")
    book.fill(sheet, row, decision="not reasonable and appropriate", date="2026-11-01", review_date="2026-11-01")
    book.fill(sheet, row + 1, control="1", asked_of="The organisation", decision="implemented", approver="Bea")
    book.fill(sheet, row + 1, date="2026-11-01", review_date="2027-11-01")

    found = mistakes(book)

    assert [each.split(": ")[0].split("!")[1] for each in found] == ["F3", "G3", "H3", "I3", "K3", "A4"]
    assert found[-1].endswith("1 is not addressable: there is nothing to decide")


def test_the_registers_mistakes_are_named(tmp_path: Path):
    book = exported(tmp_path)
    book.fill("Systems", 3, id="ehr", system="EHR", where_it_runs="the moon", ephi="yes")
    book.fill("Systems", 4, id="EHR", system="EHR", where_it_runs="cloud", ephi="yes")
    book.fill("Systems", 5, system="No id", where_it_runs="cloud", ephi="no", agreement_since="2026-02-01")
    book.fill("Systems", 5, agreement_ends="2026-01-01")
    book.fill("Data flows", 3, **{"from": "ehr"}, to="ehx", what_moves="Orders")
    book.fill(
        "Recognized practices", 3, framework="other", practice="X", since="2027-01-01", controls_one_a_line="1, 9"
    )

    assert mistakes(book) == [
        'Systems!C3: "the moon" is not one of on premises, cloud, business associate, device, paper and media',
        'Systems!A4: "EHR" is the id of row 3 too',
        "Systems!A5: give the system an id, such as ehr",
        "Systems!H5: 2026-01-01 is not after the day since when there is an agreement, 2026-02-01",
        'Data flows!B3: "ehx" is no system of the sheet Systems; did you mean ehr?',
        "Recognized practices!D3: 2027-01-01 is in the future; today is 2026-11-24",
        'Recognized practices!F3: there is no control "9"',
    ]


def test_a_missing_sheet_and_a_renamed_heading_are_mistakes_beside_others(tmp_path: Path):
    book = exported(tmp_path)
    del book.book["Systems"]
    book.put("Addressable decisions", 2, "APPROVER", "Boss")
    address = book.fill("Questions", book.row("Questions", "1"), **{**GOOD, "answer": "maybe"})["answer"]

    found = mistakes(book)

    assert found[0].startswith(f"{address}: ")
    assert found[1:] == [
        "Addressable decisions!2: the heading APPROVER is not there; headings can't be renamed",
        "Systems: the sheet is not there",
    ]


def test_another_version_of_the_workbook_is_refused(tmp_path: Path):
    book = exported(tmp_path)
    book.book["Lists"]["B1"] = "posture/questionnaire/9"

    assert 'its format is "posture/questionnaire/9"' in mistakes(book)[0]


def test_somebody_elses_workbook_is_refused(tmp_path: Path):
    book = exported(tmp_path)
    for title in book.book.sheetnames[1:]:
        del book.book[title]

    with pytest.raises(PostureError, match="not a workbook that posture attest export wrote"):
        taken(book)


def test_a_hostile_cell_is_quoted_on_one_line_and_short(tmp_path: Path):
    book = exported(tmp_path)
    book.fill("Questions", book.row("Questions", "1"), **{**GOOD, "answer": "a\nb\u202e" + "x" * 500})

    (found,) = mistakes(book)

    assert '"a b⟨U+202E⟩x' in found
    assert "\n" not in found
    assert len(found) < 200


def filled(**sheets: Mapping[int, Mapping[str, str]]) -> grid.Grid:
    """A workbook as it is read, without the time that writing one of many rows takes: rows by key of the column."""
    book = {shape.title: {2: dict(enumerate(_headings(shape), 1))} for shape in SHEETS}
    book["Lists"] = {1: {1: Cell("text", "format"), 2: Cell("text", FORMAT)}}
    for shape in SHEETS:
        for number, values in sheets.get(shape.title.split()[0], {}).items():
            book[shape.title][number] = {shape.at(key): Cell("text", text) for key, text in values.items()}
    return book


def _headings(shape: Shape) -> list[Cell]:
    return [Cell("text", column.heading) for column in shape.columns]


def read(book: grid.Grid, folder: Path) -> Taken:
    controls = [*CATALOG.control, *built_in()[SCORED].control]
    catalogs = [msgspec.structs.replace(CATALOG, control=tuple(controls))]
    desk = Desk(catalogs=catalogs, scope=SCOPE, ledger=Ledger(), today=TODAY, attach=Folder(folder).attach)
    return take(book, desk, Path("questions.xlsx"))


WRONG = {"catalog": SCORED, "control": "164.308(a)(1)(i)(Z)", "party": "The organisation", "answer": "yes"}
MANY = " ".join(f"164.312(a){number}" for number in range(700))


@pytest.mark.parametrize(
    "sheets",
    [
        {"Questions": dict.fromkeys(range(3, 100_003), WRONG)},
        {"Recognized": {number: {"framework": "other", "controls": MANY} for number in range(3, 10_003)}},
        {
            "Systems": {number: {"id": f"system-{number}" * 90} for number in range(3, 5_003)},
            "Data": {number: {"source": f"sistem-{number}" * 90} for number in range(3, 5_003)},
        },
    ],
    ids=["questions", "practices", "flows"],
)
def test_mistakes_by_the_hundred_thousand_end_soon_and_say_that_there_are_more(
    tmp_path: Path, sheets: dict[str, Mapping[int, Mapping[str, str]]]
):
    begun = process_time()

    with pytest.raises(WorkbookError, match="10,000 mistakes and more, and nothing was recorded"):
        read(filled(**sheets), tmp_path)

    assert process_time() - begun < 15


def test_a_register_of_thousands_takes_seconds(tmp_path: Path):
    system = {"name": "EHR", "hosting": "cloud", "ephi": "yes"}
    systems = {number: {"id": f"s{number}", **system} for number in range(3, 10_003)}
    flows = {number: {"source": f"s{number}", "destination": "s3", "what": "all"} for number in range(3, 10_003)}
    begun = process_time()

    taken = read(filled(Systems=systems, Data=flows), tmp_path)

    assert process_time() - begun < 10
    assert taken.counts["register"] == 1


def test_half_a_character_is_a_mistake_with_its_cell(tmp_path: Path):
    book = exported(tmp_path)
    row = book.row("Questions", "1")
    book.fill("Questions", row, **GOOD)
    cell = book.put("Questions", row, "OWNER", "Ann _xD83D_")

    assert mistakes(book) == [f'{cell}: "Ann ⟨U+D83D⟩" has half a character; write it again']


def test_a_sheet_with_a_hostile_name_is_told_on_one_short_line(tmp_path: Path):
    book = filled()
    book["x\x1b[31m\n" * 9_000] = {}

    (note,) = read(book, tmp_path).notes

    assert len(note) < 100
    assert note.isprintable()


HOSTILE = (
    "1e400",
    "nan",
    "2958466",
    "-1",
    "9" * 5000,
    "_xD800_",
    "e",
    "d",
    "b",
    "s",
    "inlineStr",
    "A1048576",
    "ZZZZ9",
    "0",
)
PARTS = ("xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml", "xl/workbook.xml", "xl/styles.xml")


@pytest.mark.parametrize("part", PARTS)
def test_whatever_stands_in_a_part_it_is_taken_or_it_is_one_clear_error(tmp_path: Path, part: str):
    book = exported(tmp_path)
    book.fill("Questions", book.row("Questions", "1"), **GOOD)
    with zipfile.ZipFile(book.save()) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    values = [found.span(1) for found in re.finditer(rb'(?:="|<v>|<t>)([^"<]+)["<]', parts[part])]
    chance = random.Random(3)  # noqa: S311  # the same every time
    outcomes = set()
    for _ in range(60):
        begin, end = chance.choice(values)
        changed = parts[part][:begin] + chance.choice(HOSTILE).encode() + parts[part][end:]
        with zipfile.ZipFile(book.path, "w") as archive:
            for name, content in (parts | {part: changed}).items():
                archive.writestr(name, content)
        try:
            taken_or_not = read(grid.load(book.path), tmp_path).summary("took")
        except PostureError as error:
            taken_or_not = str(error)
        outcomes.add(taken_or_not)

    assert all(outcomes)
    assert len(outcomes) > 1
