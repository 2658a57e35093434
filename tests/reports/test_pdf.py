"""The PDF: read back by poppler's tools and by a parser of PDF's own objects."""

import contextlib
import re
import socket
import subprocess
import sys
import zlib

import msgspec
import pytest
import weasyprint
from reports.sample import BIDI, sample_assessment

from posture.errors import PostureError
from posture.htmlparts.paper import for_paper
from posture.registry import content, renderers

SAMPLE = sample_assessment(hostile_organisation=True)
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
