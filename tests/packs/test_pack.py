import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from docx import Document
from lab import command
from packs.conftest import MARKING, REQUESTS, REVIEWER
from reports.test_formats_agree import READERS

from posture import configuration
from posture.audit import Audit
from posture.errors import PostureError
from posture.packs import definition, letter
from posture.packs.answers import documents
from posture.packs.limit import limited
from posture.sealing import bags, custody
from posture.store import Store
from posture.testing import Quiet

PACK = definition.find("hipaa")
FILES = {"html": "report.html", "pdf": "report.pdf", "xlsx": "report.xlsx", "oscal": "oscal.zip"}
EVERY = ["report.html", "report.pdf", "report.xlsx", "oscal.zip", "assessment.json", "index.html", "index.csv"]


@pytest.fixture(scope="module")
def extract(whole):
    return limited(whole, PACK, definition.chosen(PACK, REQUESTS, "x"), " ".join(MARKING.split()))


def squeezed(text):
    return "".join(text.split())


def test_the_sums_are_right_and_hold_every_file_that_is_sent(made):
    ran = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=made.send, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    there = {each.relative_to(made.send).as_posix() for each in made.send.rglob("*") if each.is_file()} - {"SHA256SUMS"}
    assert {line.split("  ")[1] for line in made.text("send/SHA256SUMS").splitlines()} == there


def test_the_index_has_every_file_with_its_digest_and_size(made):
    rows = {row["file"]: row for row in made.index()}
    there = {each.relative_to(made.send).as_posix(): each for each in made.send.rglob("*") if each.is_file()}
    assert rows.keys() == there.keys() - {"SHA256SUMS", "index.html", "index.csv"}
    page = made.text("send/index.html")
    for name, row in rows.items():
        assert row["sha256"] == hashlib.sha256(there[name].read_bytes()).hexdigest()
        assert int(row["bytes"]) == there[name].stat().st_size
        assert row["sha256"] in page
        assert row["what"]
    for link in made.page("send/index.html").xpath("//a/@href"):
        path, _, anchor = link.partition("#")
        assert (made.send / path).is_file()
        assert not anchor or made.page(f"send/{path}").xpath("//*[@id=$id]", id=anchor), link


def test_the_command_prints_the_paths_of_all_files(made):
    assert {Path(line) for line in made.said.stdout.splitlines()} == {p for p in made.folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", FILES)
def test_all_formats_are_of_the_same_extract(made, extract, name):
    said = READERS[name](made.send / FILES[name], extract)
    assert said.controls() == {each.id: each.status.value for each in extract.controls}
    gaps = {each.check: (each.failed, each.judged, None if name == "oscal" else each.unknown) for each in extract.gaps}
    assert said.gaps() == gaps
    assert said.risks() == {each.id: each.state for each in extract.risks}
    assert said.evidence() == {each.id for each in extract.evidence}


def test_the_json_is_of_the_same_extract(made, extract):
    said = made.json()
    assert {each["id"]: each["status"] for each in said["controls"]} == {e.id: e.status.value for e in extract.controls}
    assert {each["id"] for each in said["observations"] if each.get("id")} == {
        e.id for e in extract.observations if e.id
    }
    assert said["run"]["pack"]["whole"] == extract.run.pack.whole


def test_figures_have_the_denominators_of_the_extract(made, extract):
    of = extract.coverage.controls.of
    assert 0 < of < 72
    assert f"It holds {of} of the 72 controls" in made.page("send/report.html").text_content()
    assert squeezed(f"of {of} controls") in squeezed(made.text("send/report.pdf"))
    assert f"of {of} controls" in made.text("send/report.xlsx")


def test_nothing_else_is_in_any_file_that_is_sent(made, whole, extract):
    """Whatever is hidden, folded, in a property or in back matter counts; only raw evidence is whole, and says so."""

    def names(a):
        found = {word for each in a.observations for word in (each.subject, each.subject_name, each.id, *each.subjects)}
        found |= {word for each in a.assets for word in (each.name, each.mac, *each.ids, *each.addresses)}
        found |= {word for each in a.services for word in (each.id + each.name, each.downtime_procedure)}
        found |= {
            word for each in a.attestations for word in (each.statement, *(one.sha256 for one in each.attachments))
        }
        found |= {word for each in a.decisions for word in (each.why_not, each.measure)}
        found |= {word for each in a.exceptions for word in (each.id, each.rationale)}
        found |= {word for each in a.checks for word in (each.id, each.title)}
        found |= {each.id for each in (*a.evidence, *a.risks)}
        return {word for word in found if len(word) > 5}

    # What a message that is enclosed names is enclosed, and whom the evidence that is cited was asked of.
    told = json.dumps([each.message for each in extract.observations])
    told += json.dumps([each.targets for each in (*extract.evidence, *extract.coverage.probes)])
    told += json.dumps([each.ids for each in extract.assets])
    secret = {
        word for word in names(whole) - names(extract) if word not in told and word not in {"Administrator", "auditor"}
    }
    assert len(secret) > 300
    pattern = re.compile(
        r"(?<![\w.-])(?:" + "|".join(map(re.escape, sorted(secret, key=len, reverse=True))) + r")(?![\w.-])"
    )
    for name in (*EVERY, "SHA256SUMS"):
        text = made.text(f"send/{name}")
        text = text.replace("&#39;", "'").replace("&amp;", "&")
        assert not {found[0] for found in pattern.finditer(text)}, name
    assert not pattern.search(made.text("letter-DRAFT.docx"))


def test_no_sheet_row_or_column_is_hidden(made):
    for sheet in made.book().worksheets:
        assert sheet.sheet_state == "visible"
        assert not any(each.hidden for each in (*sheet.row_dimensions.values(), *sheet.column_dimensions.values()))


def test_the_bag_has_the_evidence_that_is_cited_and_no_more(made, extract):
    verdict = bags.verify_file(made.send / "evidence.zip")
    assert not verdict.problems
    with zipfile.ZipFile(made.send / "evidence.zip") as bag:
        names = bag.namelist()
    there = {Path(each).stem for each in names if each.startswith("data/evidence/") and each.endswith(".json")}
    assert there >= {each.id for each in extract.evidence} > set()
    assert len([each for each in there if len(each) == 64]) == len(extract.evidence)
    assert not [each for each in names if "assessment" in each or "ledger" in each or "documents" in each]


def test_documents_are_enclosed_as_they_were_handed_in(made, extract):
    expected = documents(extract)
    assert [each.name for each in expected] == ["training-records.txt"]
    for each in expected:
        assert hashlib.sha256((made.send / each.path).read_bytes()).hexdigest() == each.sha256


# ── the marking ─────────────────────────────────────────────────────────────────


def test_the_marking_is_on_every_page_and_is_text_everywhere(made):
    line = " ".join(MARKING.split())
    pages = made.text("send/report.pdf").split("\f")[:-1]
    assert len(pages) > 10
    assert all(squeezed(line) in squeezed(page) for page in pages)
    for name in ("report.html", "index.html"):
        page = made.page(f"send/{name}")
        assert page.xpath("//p[@class='marking']")[0].text == line
        assert not [each for each in page.iter("script") if "alert(1)" in (each.text or "")]
    assert "alert\\28 1\\29" in made.text("send/report.html")  # in the margin of printed pages, as escapes
    with zipfile.ZipFile(made.send / "oscal.zip") as archive:
        for name in archive.namelist():
            (document,) = json.loads(archive.read(name)).values()
            props = {each["name"]: each["value"] for each in document["metadata"]["props"]}
            assert props["marking"] == line
            assert "The rest of the assessment is not enclosed." in document["metadata"]["remarks"]
    assert {row["marking"] for row in made.index()} == {f"'{line}"}


def test_the_marking_in_the_workbook_is_no_formula(made):
    line = " ".join(MARKING.split())
    book = made.book()
    for sheet in book.worksheets:
        header = sheet.oddHeader
        assert (header.left.text, header.center.text, header.right.text).count(
            line.replace("&", "&&")
        ) == 1 or line.replace("&", "&&") in "".join(
            each.text or "" for each in (header.left, header.center, header.right)
        )
    cells = [cell for row in book.worksheets[0].iter_rows(max_row=6) for cell in row if cell.value]
    (marked,) = [cell for cell in cells if line in str(cell.value)]
    assert marked.data_type == "s"
    assert not [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_the_letter_is_a_draft_that_claims_nothing(made):
    said = made.letter()
    document = Document(made.folder / "letter-DRAFT.docx")
    assert document.sections[0].header.paragraphs[0].text == " ".join(MARKING.split())
    assert "Reviewer named when this pack was made" in said
    assert REVIEWER in said
    assert re.search(r"(?m)^Re: .+, \[number of the matter\]$", said)
    assert "that answer the requests" not in said
    blanks = [run.text for each in document.paragraphs for run in each.runs if run.font.highlight_color]
    assert "[Nothing is enclosed for this request. Counsel: answer it here, or strike it out.]" in blanks
    after = said[said.index("1. Incidents and breach assessments") : said.index("2. Access reviews")]
    assert "report.html" not in after
    assert "documents/01-training-records.txt" in said
    assert not re.search(r"\b(complies|compliant|in compliance|satisfied|fully answered)\b", said)
    assert "internal" not in said.lower()


def test_what_is_missing_is_in_the_internal_file_alone(made):
    page = made.page("internal/INTERNAL-missing.html").text_content()
    assert "INTERNAL" in page
    assert "nobody has answered" in page
    assert "Records of training, unless they were handed in." in page
    assert "OCR has published no list of requests" in page
    assert "the sealed statement" in page  # what goes with the evidence, beside it
    assert "with which reviewer" in page
    assert "Documents that people handed in are enclosed" in page
    assert "Documents are enclosed as they were handed in" in made.page("send/index.html").text_content()
    for name in ("index.html", "index.csv", "SHA256SUMS"):
        text = made.text(f"send/{name}")
        assert "INTERNAL" not in text
        assert "letter" not in text.replace("a letter of request", "")
        assert "nobody has answered" not in text


def test_custody_tells_who_reviewed_it_and_of_what_it_was_made(made, store):
    with Store(store) as opened, opened.reading() as connection:
        told = [json.loads(line) for line in custody.lines(connection)]
    (entry,) = [each for each in told if each["action"] == "pack made"]
    assert entry["detail"]["reviewer"] == REVIEWER
    assert entry["detail"]["requests"] == [each.id for each in PACK.request if each.id in REQUESTS]
    assert entry["detail"]["sha256sums_sha256"] == hashlib.sha256((made.send / "SHA256SUMS").read_bytes()).hexdigest()


# ── what is refused ─────────────────────────────────────────────────────────────


def refused(store, tmp_path, *arguments, config="", code=2):
    if config:
        (tmp_path / "posture.toml").write_text(f'[organisation]\nname = "T"\n{config}')
    ran = command.posture(
        "--store", store, "report", "--pack", "hipaa", "-o", tmp_path / "out", *arguments, cwd=tmp_path
    )
    assert ran.returncode == code, ran.stderr
    assert not (tmp_path / "out").exists()
    assert "Traceback" not in ran.stderr
    return ran.stderr


def test_without_a_reviewer_nothing_is_made(store, tmp_path):
    for reviewer in ((), ("--reviewer", " "), ("--reviewer", "---"), ("--reviewer", "a\x1b[2Jb")):
        assert "until somebody has reviewed" in refused(store, tmp_path, "--request", "access", *reviewer)


def test_without_a_request_nothing_is_made_and_they_are_listed(store, tmp_path):
    said = refused(store, tmp_path, "--reviewer", "A. B")
    assert all(each.id in said for each in PACK.request)


def test_a_request_of_posture_toml_that_is_not_there_is_named_with_its_key(store, tmp_path):
    config = '[pack.hipaa]\nrequests = ["acess"]\nreviewer = "A. B"\n'
    said = refused(store, tmp_path, config=config)
    assert "[pack.hipaa] requests: there is no request 'acess'; did you mean 'access'" in said
    config = '[pack.hipaa]\nrequest = ["access"]\n'
    assert "pack.hipaa.request: unknown key; did you mean 'requests'?" in refused(store, tmp_path, config=config)


def test_a_marking_that_no_page_can_bear_is_refused(store, tmp_path):
    for marking in ("x" * 121, "a\u202eb", "a\u115fb", "a\x00b".replace("\x00", "\x07")):
        said = refused(store, tmp_path, "--request", "access", "--reviewer", "A. B", "--marking", marking)
        assert "a marking is one line" in said


def test_a_folder_that_is_not_empty_is_left_alone(store, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    ran = command.posture(
        *("--store", store, "report", "--pack", "hipaa", "--request", "164.308(a)(2)", "--reviewer", "A. B"),
        *("-o", tmp_path / "out"),
        cwd=tmp_path,
    )
    assert ran.returncode == 1
    assert "not empty" in ran.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "mine").read_text() == "x"


@pytest.mark.parametrize("target", ["empty", "nowhere"])
def test_a_link_is_no_folder_and_custody_tells_of_no_pack_that_was_not_made(store, tmp_path, target):
    (tmp_path / "empty").mkdir()
    (tmp_path / "out").symlink_to(target)
    with Store(store) as opened, opened.reading() as connection:
        before = custody.lines(connection)
    ran = command.posture(
        *("--store", store, "report", "--pack", "hipaa", "--request", "164.308(a)(2)", "--reviewer", "A. B"),
        *("--as-judged", "-o", tmp_path / "out"),
        cwd=tmp_path,
    )
    assert ran.returncode == 1
    assert "it is a link, and no folder" in ran.stderr
    with Store(store) as opened, opened.reading() as connection:
        assert custody.lines(connection) == before


def test_the_options_of_a_pack_need_one(store, tmp_path):
    ran = command.posture("--store", store, "report", "--request", "access", cwd=tmp_path)
    assert ran.returncode == 2
    assert "go with --pack" in ran.stderr


def test_requests_are_listed_with_what_is_there_before_anything_is_made(store, tmp_path):
    ran = command.posture("--store", store, "report", "--pack", "hipaa", "--requests", "-f", "json", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    rows = {each["id"]: each for each in json.loads(ran.stdout)["requests"]}
    assert list(rows) == [each.id for each in PACK.request]
    assert rows["incidents"]["enclosed"] == []
    assert rows["training"]["enclosed"]
    assert not list(tmp_path.iterdir())
    assert (
        command.posture("--store", store, "report", "--pack", "hipaa", "--requests", cwd=tmp_path).stdout.count("\n")
        > 40
    )


def test_the_same_pack_is_the_same_bytes_and_custody_keeps_no_matter(store, tmp_path):
    (tmp_path / "posture.toml").write_text(
        '[organisation]\nname = "T"\n[pack.hipaa]\nrequests = ["164.308(a)(2)"]\nreviewer = "A. B"\n'
        'marking = "PRIVILEGED"\nrecipient = "OCR\\nRegion V"\nmatter = "24-777777"\n'
    )
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        ran = command.posture(
            "--store", store, "report", "--pack", "hipaa", "--as-judged", "--no-evidence", "-o", folder, cwd=tmp_path
        )
        assert ran.returncode == 0, ran.stderr
    one, two = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders)
    assert one == two
    said = "\n".join(each.text for each in Document(folders[0] / "letter-DRAFT.docx").paragraphs)
    assert "matter 24-777777" in said
    assert "Region V" in said
    with Store(store) as opened, opened.reading() as connection:
        assert not [line for line in custody.lines(connection) if b"777777" in line or b"PRIVILEGED" in line]


def test_what_counsel_wants_is_kept_with_no_run(tmp_path):
    text = '[organisation]\nname = "T"\n[pack.hipaa]\nmatter = "24-777777"\n'
    scope = configuration.parse(text, "posture.toml")
    assert scope.pack["hipaa"].matter == "24-777777"
    with Store(tmp_path / "posture.db") as opened:
        run = Audit(opened, {}, Quiet(), base=tmp_path).begin(scope)
        assert run.scope.pack == opened.run(None).scope.pack == {}


def test_without_python_docx_one_clear_error_and_nothing_is_made(monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(PostureError, match="python-docx, which is not installed"):
        letter.needed()
