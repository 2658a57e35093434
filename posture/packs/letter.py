"""The letter that goes with a pack, as a draft that counsel edits: Office Open XML (.docx), by python-docx.

It says what is enclosed, and claims nothing else. Where nothing is enclosed for a request it has a marked blank.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from posture.assessment import Assessment
from posture.errors import PostureError
from posture.model import Record
from posture.packs.answers import Answer, Enclosed
from posture.packs.definition import Pack
from posture.presentation import day, plural, visible
from posture.zipped import archive

__all__ = ["Sending", "needed", "write"]

_MEND = "pip install 'posture[pack]'"
_NOTHING = "[Nothing is enclosed for this request. Counsel: answer it here, or strike it out.]"


class Sending(Record, frozen=True, kw_only=True):
    """What people say of the pack: who reviewed it, to whom it goes, in which matter, and the day it was made."""

    reviewer: str
    made: date
    recipient: str = ""
    matter: str = ""


def needed() -> Any:  # noqa: ANN401  # a module that need not be there
    """python-docx. Raises PostureError where it is not installed."""
    try:
        import docx  # noqa: PLC0415  # an extra
    except ModuleNotFoundError as error:
        raise PostureError(
            "the letter needs python-docx, which is not installed", where="--pack", mend=_MEND
        ) from error
    return docx


def write(  # noqa: PLR0913, PLR0917  # all that it says
    a: Assessment, pack: Pack, answers: Sequence[Answer], said: Sending, sent: Collection[str], out: Path
) -> None:
    """Write the draft to `out`, all of it or nothing; the same content gives the same bytes.

    `sent` are the paths of the files that go with it.
    """
    made = io.BytesIO()
    _Letter(a, pack, said, sent).written(answers).save(made)
    with zipfile.ZipFile(made) as source, archive(out) as into:
        for name in source.namelist():
            with into.entry(name) as entry:
                entry.write(source.read(name))


class _Letter:
    def __init__(self, a: Assessment, pack: Pack, said: Sending, sent: Collection[str]) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX  # noqa: PLC0415  # an extra
        from docx.shared import Pt  # noqa: PLC0415  # an extra

        self.a, self.pack, self.said, self.sent = a, pack, said, sent
        self._yellow, self._points = WD_COLOR_INDEX.YELLOW, Pt
        self.document = needed().Document()
        self.marking = a.run.pack.marking if a.run.pack else ""
        described = self.document.core_properties
        described.title = _plain(f"Draft letter: {pack.pack.title}, {a.organisation.name}")[:255]
        described.author = described.last_modified_by = "Posture"
        described.comments = described.keywords = ""
        described.subject = _plain(self.marking)
        described.created = described.modified = datetime.combine(said.made, time(), UTC).replace(tzinfo=None)
        normal = self.document.styles["Normal"]
        normal.font.name, normal.font.size = "Georgia", Pt(11)
        normal.paragraph_format.space_after = Pt(6)
        for part in (section := self.document.sections[0]).header, section.footer:
            part.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        if self.marking:
            self.document.sections[0].header.paragraphs[0].add_run(_plain(self.marking)).bold = True
        footer = self.document.sections[0].footer.paragraphs[0]
        footer.add_run(f"DRAFT for counsel · extract {a.fingerprint_words}").font.size = Pt(8)

    def written(self, answers: Sequence[Answer]) -> Any:  # noqa: ANN401  # a document of python-docx
        """The whole letter."""
        a, said = self.a, self.said
        self.blank("[DRAFT. Counsel: finish each blank in brackets, and strike this line, before it is sent.]")
        self.blank("[Letterhead]")
        self.blank("[Date]")
        for line in (said.recipient or "").splitlines() or [""]:
            self.text(line) if line.strip() else self.blank("[Recipient and address]")
        re_line = f"Re: {a.organisation.name}, "
        paragraph = self.text(re_line + (f"matter {said.matter}" if said.matter else ""), bold=True)
        if not said.matter:
            self._marked(paragraph, " [number of the matter]")
        self.blank("[Salutation]")
        self._opening()
        for at, answer in enumerate(answers, 1):
            self.heading(f"{at}. {answer.request.title}")
            self.text(f"The request, in our words: {answer.request.asks}", italic=True)
            if answer.enclosed:
                for each in answer.enclosed:
                    self.bullet(_where(each))
            else:
                self.blank(_NOTHING)
        self._closing()
        return self.document

    def _opening(self) -> None:
        a = self.a
        self.text(
            f"Below are the requests, each with what {a.organisation.name} encloses for it. The report, in its several "
            f"forms, is an extract of a security assessment as of {day(a.method.as_of)} (run {a.run.id}). The extract "
            "is limited to these requests: the rest of the assessment is not enclosed."
        )
        self.text(
            "The assessment says what was found, by what evidence, and what was not assessed. It is evidence, and no "
            "finding of compliance. index.html lists every file with its SHA-256; SHA256SUMS serves to check them."
        )

    def _closing(self) -> None:
        a, said = self.a, self.said
        self.heading("How the enclosures can be checked")
        if a.run.pack:
            self.text(
                f"The fingerprint of the extract is {a.fingerprint_words} ({a.fingerprint}), and stands on each page "
                f"of report.pdf. {a.run.pack.origin}"
            )
        if a.evidence:
            where = "is enclosed as evidence.zip" if "evidence.zip" in self.sent else "is not enclosed"
            self.text(
                f"The raw evidence behind the tests, {plural(len(a.evidence), 'piece')}, {where}. The report’s "
                "evidence index names each by its SHA-256."
            )
        self.text(f"Reviewer named when this pack was made, on {day(said.made)}: {said.reviewer}.")
        self.blank("[Closing, signature, name and title]")

    def heading(self, text: str) -> None:
        paragraph = self.text(text, bold=True)
        paragraph.paragraph_format.space_before = self._points(10)
        paragraph.paragraph_format.keep_with_next = True

    def text(self, text: str, *, bold: bool = False, italic: bool = False) -> Any:  # noqa: ANN401  # a paragraph
        paragraph = self.document.add_paragraph()
        run = paragraph.add_run(_plain(text))
        run.bold, run.italic = bold, italic
        return paragraph

    def bullet(self, text: str) -> None:
        self.document.add_paragraph(style="List Bullet").add_run(_plain(text))

    def blank(self, text: str) -> None:
        self._marked(self.document.add_paragraph(), text)

    def _marked(self, paragraph: Any, text: str) -> None:  # noqa: ANN401  # a paragraph of python-docx
        paragraph.add_run(text).font.highlight_color = self._yellow


def _where(each: Enclosed) -> str:
    if each.path:
        return f"{each.what}: {each.path}"
    sheet = f"; report.xlsx, sheet “{each.sheet}”" if each.sheet else ""
    return f"{each.what}: report.html and report.pdf, part “{each.part}”{sheet}"


def _plain(text: str) -> str:
    """Text that XML can hold, on one line, with nothing in it that hides or reorders it."""
    return " ".join(visible(text).split())
