"""The files of a pack and their index: HTML to read, CSV for programs, and sums that `sha256sum -c` takes."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from posture import presentation
from posture.assessment import Assessment
from posture.model import Record
from posture.packs.answers import Answer
from posture.packs.definition import Pack
from posture.presentation import safe_cell, visible
from posture.registry import content

__all__ = ["File", "index_csv", "index_html", "internal_html", "listed", "sums"]


class File(Record, frozen=True, kw_only=True):
    """A file of the folder that is sent."""

    path: str
    what: str
    size: int
    sha256: str


def listed(folder: Path, told: dict[str, str]) -> list[File]:
    """The files below a folder, by their paths; `told` says what each is."""
    found = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found.append(File(path=name, what=told.get(name, ""), size=path.stat().st_size, sha256=digest))
    return found


def sums(files: Sequence[File]) -> bytes:
    """As `sha256sum` writes it; names are plain, so none is escaped."""
    return "".join(f"{each.sha256}  {each.path}\n" for each in files).encode()


def index_csv(a: Assessment, files: Sequence[File], answers: Sequence[Answer]) -> bytes:
    """A row a file, with the requests that it answers."""
    into = io.StringIO(newline="")
    writer = csv.writer(into)
    writer.writerow(("file", "what", "bytes", "sha256", "requests", "marking", "limits"))
    pack = a.run.pack
    for each in files:
        requests = "; ".join(
            answer.request.id
            for answer in answers
            if not each.path.startswith("documents/") or any(one.path == each.path for one in answer.enclosed)
        )
        row = (
            each.path,
            each.what,
            each.size,
            each.sha256,
            requests,
            *((pack.marking, pack.limits) if pack else ("", "")),
        )
        writer.writerow([safe_cell(" ".join(str(value).split())) for value in row])
    return into.getvalue().encode("utf-8-sig")


def index_html(a: Assessment, pack: Pack, files: Sequence[File], answers: Sequence[Answer]) -> bytes:
    """What is enclosed, request by request, and every file."""
    return _page("index.html.j2", a=a, pack=pack, files=files, answers=answers)


def internal_html(  # noqa: PLR0913  # all that the page tells
    a: Assessment, pack: Pack, answers: Sequence[Answer], general: Sequence[str], *, reviewer: str, made: date
) -> bytes:
    """What is missing: for the hospital and its counsel alone."""
    return _page("internal.html.j2", a=a, pack=pack, answers=answers, general=general, reviewer=reviewer, made=made)


def _page(template: str, **values: object) -> bytes:
    folder = content("templates") / "pack"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = presentation.number
    style = Markup((folder / "style.css").read_text("utf-8"))  # noqa: S704  # ours
    return environment.get_template(template).render(words=presentation, style=style, **values).encode()
