"""The sample hospital's recorded run, and a pack of it made by the command."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import zipfile
from pathlib import Path

import msgspec
import pytest
from docx import Document
from lab import command
from lxml import html
from openpyxl import load_workbook

from posture.history.runs import with_changes
from posture.sealing.standing import with_standing
from posture.store import Store

REQUESTS = ("access", "incidents", "training")
MARKING = """=1+1 {{7*7}} </style><script>alert(1)</script> & "Lakeshore" 'FOIA' &amp; 45 CFR 160.310"""
REVIEWER = "<b>A. Counsel</b>, =General & {{Counsel}}"


class Made(msgspec.Struct):
    """A pack, where it is, and what the command said."""

    folder: Path
    said: subprocess.CompletedProcess

    @property
    def send(self) -> Path:
        return self.folder / "send"

    def text(self, name: str) -> str:
        """All that a file says, hidden or not."""
        path = self.folder / name
        if path.suffix in {".zip", ".xlsx", ".docx"}:
            with zipfile.ZipFile(path) as archive:
                return "\n".join(archive.read(each).decode("utf-8", "replace") for each in archive.namelist())
        if path.suffix == ".pdf":
            return subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True, text=True).stdout
        return path.read_text("utf-8-sig")

    def page(self, name: str):
        return html.fromstring((self.folder / name).read_bytes())

    def index(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.text("send/index.csv"))))

    def letter(self) -> str:
        return "\n".join(each.text for each in Document(self.folder / "letter-DRAFT.docx").paragraphs)

    def json(self) -> dict:
        return json.loads(self.text("send/assessment.json"))

    def book(self):
        return load_workbook(self.send / "report.xlsx")


@pytest.fixture(scope="session")
def store(tmp_path_factory) -> Path:
    """The store of the sample hospital, with its key beside it."""
    folder = tmp_path_factory.mktemp("packed")
    ran = command.posture("demo", "--recorded", "-o", folder / "demo", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return folder / "demo" / "posture-demo.db"


@pytest.fixture(scope="session")
def whole(store):
    """The whole assessment, as a report has it."""
    with Store(store) as opened:
        return with_changes(opened, with_standing(opened, opened.assessment(opened.run(None).id)), None)


@pytest.fixture(scope="session")
def made(store) -> Made:
    """A pack of three requests, of which one has nothing, with a marking and a reviewer that would do harm."""
    asked = [part for each in REQUESTS for part in ("--request", each)]
    out = store.parent / "pack"
    ran = command.posture(
        *("--store", store, "report", "--pack", "hipaa", *asked),
        *("--reviewer", REVIEWER, "--marking", MARKING, "--as-judged", "-o", out),
        cwd=store.parent,
    )
    assert ran.returncode == 0, ran.stderr
    return Made(out, ran)
