"""The PDF: read back by poppler's tools and by a parser of PDF's own objects."""

import contextlib
import re
import socket
import subprocess
import sys
import zlib
from collections import Counter

import msgspec
import pikepdf
import pytest
import weasyprint
from reports.sample import BIDI, sample_assessment

from posture.errors import PostureError
from posture.htmlparts.paper import for_paper
from posture.registry import content, renderers

SAMPLE = sample_assessment(hostile_organisation=True)
LONG = sample_assessment(extra_subjects=300)
# A run of which every section has something, and no list is long: what is tested here does not go with the length.
SHORT = msgspec.structs.replace(
    SAMPLE,
    assets=SAMPLE.assets[-8:],
    evidence=SAMPLE.evidence[:5],
    frameworks=(),
)


def render(assessment, out):
    renderers()["pdf"].render(assessment, out)
    return out


def told(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return render(SHORT, tmp_path_factory.mktemp("pdf") / "report.pdf")


@pytest.fixture(scope="module")
def text(file):
    return told("pdftotext", "-layout", file, "-")


@pytest.fixture(scope="module")
def objects(file):
    """The file with what is compressed in it unpacked."""
    raw = file.read_bytes()
    parts = [raw]
    for stream in re.finditer(rb"stream\r?\n(.*?)endstream", raw, re.DOTALL):
        with contextlib.suppress(zlib.error):
            parts.append(zlib.decompress(stream[1]))
    assert len(parts) > 50
    return b"\n".join(parts)


def test_it_is_tagged_and_says_so_and_its_language_and_title(file, objects):
    info = told("pdfinfo", file)
    assert re.search(r"Tagged: +yes", info)
    assert re.search(r"JavaScript: +no", info)
    assert re.search(r"Encrypted: +no", info)
    assert "Title:" in info
    assert 'pdfuaid:part="1"' in told("pdfinfo", "-meta", file)
    assert b"/Lang (en)" in objects


def test_its_structure_has_headings_tables_and_figures_with_a_text_instead(file):
    structure = told("pdfinfo", "-struct", file)
    for kind in ("H1", "H2", "Table", "TR", "TH", "TD", "L", "Figure", "Link"):
        assert re.search(rf"^ *{kind}\b", structure, re.MULTILINE), kind


def test_every_section_of_the_report_is_a_bookmark(objects):
    titles = re.findall(rb"/Title ?(\((?:[^()\\]|\\.)*\)|<[0-9a-fA-F]*>)", objects)
    listed = [
        bytes.fromhex(raw[1:-1].decode()).decode("utf-16") if raw.startswith(b"<") else raw[1:-1].decode("latin-1")
        for raw in titles
    ]
    for wanted in ("In one page", "Gaps, by severity", "Controls", "Risk register", "Not assessed", "Evidence index"):
        assert wanted in listed


@pytest.fixture(scope="module")
def document(file):
    with pikepdf.open(file) as opened:
        yield opened


def kids(element):
    inner = element.get("/K", pikepdf.Array())
    every = list(inner) if isinstance(inner, pikepdf.Array) else [inner]
    return [each for each in every if isinstance(each, pikepdf.Dictionary) and "/S" in each]


def elements(root):
    """Every element of the structure, with the one it is in, in the order in which they are read."""
    stack = [(each, None) for each in reversed(kids(root))]
    while stack:
        element, parent = stack.pop()
        yield element, parent
        stack += [(each, element) for each in reversed(kids(element))]


def wrong_structure(document):  # noqa: C901, PLR0912  # one branch a rule
    """What breaks a rule of PDF/UA-1 (ISO 14289-1) that can be read from the structure alone."""
    root, found, level = document.Root, [], 0
    if not (root.MarkInfo.Marked and root.ViewerPreferences.DisplayDocTitle and str(root.Lang) == "en"):
        found.append("the document")
    for element, parent in elements(root.StructTreeRoot):
        kind = str(element.S)
        if kind == "/Figure" and not str(element.get("/Alt", "")).strip():
            found.append("a figure without a text instead")
        if kind == "/TH":
            scope = str(element.get("/A", {}).get("/Scope", ""))
            in_head = str(parent.P.S) == "/THead"
            if scope != ("/Column" if in_head else "/Row"):
                found.append("a header that says not of what")
        if kind == "/Table" and not any(str(each.S) == "/TR" for each, _ in elements(element)):
            found.append("a table without rows")
        if kind in {"/TH", "/TD"} and str(parent.S) != "/TR":
            found.append("a cell outside a row")
        if re.fullmatch("/H[1-6]", kind):
            if int(kind[2]) > level + 1:
                found.append("a level of headings left out")
            level = int(kind[2])
    for page in document.pages:
        if not all(str(each.get("/Contents", "")).strip() for each in page.get("/Annots", ())):
            found.append("a link without a text")
        if "/Annots" in page and str(page.get("/Tabs", "")) != "/S":
            found.append("links in another order than the text's")
        if not all("/ToUnicode" in each for each in page.Resources.get("/Font", {}).values()):
            found.append("a font whose text cannot be read")
    return found


def test_its_structure_keeps_the_rules_of_pdf_ua(document):
    assert wrong_structure(document) == []
    kinds = Counter(str(element.S) for element, _ in elements(document.Root.StructTreeRoot))
    assert kinds["/TH"] > 100
    assert kinds["/Figure"] > 5


def broken(kind, key):
    def at(document):
        element = next(each for each, _ in elements(document.Root.StructTreeRoot) if str(each.S) == kind)
        del element[key]

    return at


def skip_a_level(document):
    heading = next(each for each, _ in elements(document.Root.StructTreeRoot) if str(each.S) == "/H2")
    heading.S = pikepdf.Name("/H3")


def unmarked(document):
    document.Root.MarkInfo.Marked = False


def untitled(document):
    document.Root.ViewerPreferences.DisplayDocTitle = False


@pytest.mark.parametrize("change", [broken("/Figure", "/Alt"), broken("/TH", "/A"), skip_a_level, unmarked, untitled])
def test_each_of_these_rules_is_seen_when_it_is_broken(file, change):
    with pikepdf.open(file) as opened:
        change(opened)
        assert wrong_structure(opened)


def test_bookmarks_are_the_headings_in_their_order_and_lead_to_their_pages(document, text):
    pages = text.split("\f")[:-1]
    numbers = {page.objgen: at for at, page in enumerate(document.pages)}
    titles = []
    with document.open_outline() as outline:
        stack = list(reversed(outline.root))
        while stack:
            item = stack.pop()
            titles.append(item.title)
            where = numbers[item.destination[0].objgen]
            words_ = "".join(item.title.split())
            assert words_ in "".join(pages[where].split()), item.title
            stack += reversed(item.children)
    headings = sum(bool(re.fullmatch("/H[1-6]", str(each.S))) for each, _ in elements(document.Root.StructTreeRoot))
    assert len(titles) == headings


def test_every_page_has_its_number_the_fingerprint_and_who_it_is_of(text):
    pages = text.split("\f")[:-1]
    assert len(pages) > 20
    for number, page in enumerate(pages, 1):
        assert f"{SHORT.fingerprint_words} · page {number} of {len(pages)}" in page
        assert "St. Mary’s Regional Hospital" in page


def test_whether_it_is_sealed_is_on_every_page_after_the_first(text):
    status = re.search(r"^ +(\S.*)$", text.split("\f")[1].lstrip("\n"), re.MULTILINE)[1].strip()
    assert "seal" in status.lower()
    assert all(status in page for page in text.split("\f")[1:-1])


def test_pages_are_letter_and_no_page_is_empty(file, text):
    assert "612 x 792" in told("pdfinfo", file)
    for page in text.split("\f")[:-1]:
        assert len(page.split()) > 25, page


def test_the_contents_have_page_numbers_that_are_right(text):
    pages = text.split("\f")[:-1]
    for title, number in re.findall(
        r"\d+\. (Gaps, by severity|Controls|Risk register|Method and limits) · (\d+)", text
    ):
        assert title in pages[int(number) - 1]


def test_hostile_text_is_text_and_what_hides_is_shown(text, objects):
    assert "<script>alert('owned')" in "".join(text.split())
    assert BIDI not in text
    assert "⟨U+202E⟩" in text
    for word in (b"/JavaScript", b"/JS", b"/Launch", b"/SubmitForm", b"/EmbeddedFile", b"/RichMedia", b"/AcroForm"):
        assert not re.search(re.escape(word) + rb"\b", objects), word


def test_links_lead_within_the_document_only(objects):
    assert b"/Annot" in objects
    assert b"/URI" not in objects


def test_a_picture_or_a_style_from_elsewhere_is_left_out(tmp_path, monkeypatch):
    (tmp_path / "x.css").write_text("body { display: none }")
    page = f"<style></style><link rel=stylesheet href='{(tmp_path / 'x.css').as_uri()}'><img src=http://127.0.0.1:9/><p>Text"
    monkeypatch.setattr(renderers()["html"], "page", lambda _: [page])
    assert "Text" in told("pdftotext", render(SHORT, tmp_path / "report.pdf"), "-")


def test_the_same_assessment_gives_the_same_bytes_and_no_socket_is_opened(file, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("it opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert render(SHORT, tmp_path / "again.pdf").read_bytes() == file.read_bytes()


def test_without_weasyprint_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(PostureError, match="not installed") as error:
        render(SHORT, tmp_path / "report.pdf")
    assert "pip install 'posture[pdf]'" in str(error.value)
    assert not list(tmp_path.iterdir())


def test_without_pango_there_is_one_error_and_nothing_else(tmp_path):
    program = """
import cffi, pathlib, sys
def missing(self, *names, **more):
    raise OSError("cannot load library")
cffi.FFI.dlopen = missing
from posture.errors import PostureError
from posture.registry import renderers
try:
    renderers()["pdf"].render(None, pathlib.Path("report.pdf"))
except PostureError as error:
    print(error)
"""
    told_ = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told_.stdout.startswith("-f pdf: a PDF needs Pango, which is not installed")
    assert "apt-get install libpango" in told_.stdout
    assert len(told_.stdout.splitlines()) == 2
    assert told_.stderr == ""
    assert not list(tmp_path.iterdir())


def paper(html):
    page = weasyprint.HTML(
        string=f"<style>.fill-disc {{ fill: var(--green); }} :root {{ --green: #1b6b3a; }}</style>{html}"
    )
    for_paper(page.etree_element, (content("templates") / "pdf" / "paper.css").read_text("utf-8"))
    return page.etree_element


def test_what_is_not_printed_keeps_its_first_line_and_the_text_around_it():
    page = paper(
        "<p>a<script>x</script>b<details class='unprinted'><summary>12 passed</summary><p>m</p></details>c</p>"
    )
    assert "".join(page.find("body").itertext()) == "ab12 passedc"


def test_of_a_long_list_the_first_are_printed_and_how_many_more_there_are():
    gap = next(each for each in LONG.gaps if each.check == "smb-signing-not-required")
    html = "".join(renderers()["html"].page(LONG))
    page = weasyprint.HTML(string=html).etree_element
    for_paper(page, "")
    table = next(each for each in page.iter("table") if each.get("id") == f"failed-{gap.check}")
    assert len(table.findall("tbody/tr")) == 25
    assert f"{gap.failed - 25:,} more of them are not printed." in "".join(page.itertext())
    assert "not printed here" not in "".join(page.itertext())


def test_what_has_no_answer_for_one_reason_is_printed_once_and_nothing_is_lost():
    page = weasyprint.HTML(string="".join(renderers()["html"].page(SAMPLE))).etree_element
    for_paper(page, "")
    section = next(each for each in page.iter("section") if each.get("id") == "not-assessed")
    (table,) = (each for each in section.iter("table") if each.get("class") == "on-paper")
    counts = [int("".join(row[2].itertext()).replace(",", "")) for row in table.findall("tbody/tr")]
    without = [each for each in SAMPLE.coverage.unanswered if each.what != "control"]
    assert sum(counts) == len(without)
    assert len(counts) == len({(each.why, each.answer) for each in without})


def test_a_shape_becomes_its_letter_and_the_word_stays():
    page = paper("<span class='mark'><svg class='shape'><use href='#shape-triangle'/></svg>Not satisfied</span>")
    assert "".join(page.find("body").itertext()) == "▲\N{NO-BREAK SPACE}Not satisfied"


def test_a_text_of_any_length_takes_a_bounded_time_and_says_what_was_cut():
    for long, more in (("A" * 50_000, "49,840"), ("word " * 10_000, "48,000"), ("f" * 128, None)):
        shown = "".join(paper(f"<p>{long}</p>").find("body").itertext())
        assert len(shown) < 2_200
        assert (f"{more} more characters are in the HTML report" in shown) if more else shown == long


def test_a_table_has_widths_that_fill_it_and_none_without_room():
    rows = "".join(f"<tr><td>{at}</td><td>{'long text ' * at}</td></tr>" for at in range(30))
    page = paper(f"<table><thead><tr><th>No.</th><th>What</th></tr></thead><tbody>{rows}</tbody></table>")
    widths = [float(each.get("style").removeprefix("width: ").removesuffix("%")) for each in page.iter("col")]
    assert sum(widths) == pytest.approx(100, abs=0.1)
    assert 3 < widths[0] < widths[1]
