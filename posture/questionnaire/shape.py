"""What the workbook is made of: its sheets, their columns, and the words that can be chosen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from posture.model import Method
from posture.presentation import ANSWERS, CHOICES

__all__ = [
    "ANALYSES",
    "ANSWER",
    "CHECKED",
    "CHOICE",
    "DECISIONS",
    "EPHI",
    "FLOWS",
    "FORMAT",
    "FRAMEWORK",
    "HOSTING",
    "LISTS",
    "MOST_LETTERS",
    "ORGANISATION",
    "PRACTICES",
    "QUESTIONS",
    "READ_ME",
    "SHEETS",
    "SYSTEMS",
    "Column",
    "Shape",
]

FORMAT: Final = "posture/questionnaire/1"
"""What the hidden sheet says; another version is refused."""

READ_ME: Final = "Read me"
LISTS: Final = "Lists"
"""The hidden sheet: the format, what was prefilled, and what can be chosen."""

ORGANISATION: Final = "The organisation"
"""How the workbook names the party that is the organisation itself."""

MOST_LETTERS: Final = 10_000

ANSWER: Final[Mapping[str, str]] = {word: shown.lower() for word, shown in ANSWERS.items()}
CHOICE: Final[Mapping[str, str]] = {word: shown.lower() for word, shown in CHOICES.items()}
CHECKED: Final[Mapping[frozenset[Method], str]] = {
    frozenset({Method.EXAMINE}): "documents examined",
    frozenset({Method.INTERVIEW}): "people interviewed",
    frozenset({Method.EXAMINE, Method.INTERVIEW}): "documents and people",
    frozenset({Method.TEST}): "tested by hand",
    frozenset({Method.EXAMINE, Method.TEST}): "documents, and tested by hand",
    frozenset({Method.INTERVIEW, Method.TEST}): "people, and tested by hand",
    frozenset(Method): "documents and people, and tested by hand",
}
HOSTING: Final[Mapping[str, str]] = {
    "on-premises": "on premises",
    "cloud": "cloud",
    "business-associate": "business associate",
    "device": "device",
    "paper-and-media": "paper and media",
}
EPHI: Final[Mapping[str, str]] = {"yes": "yes", "no": "no", "unknown": "unknown"}
FRAMEWORK: Final[Mapping[str, str]] = {name: name for name in ("NIST CSF 2.0", "405(d) HICP", "other")}


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column. `group` says whose it is: the question's, the officer's to fill in, or what was recorded last."""

    key: str
    heading: str
    width: float
    group: Literal["question", "entry", "last"] = "entry"
    day: bool = False
    choices: str = ""
    identity: bool = False

    @property
    def read(self) -> bool:
        """Whether the import reads it."""
        return self.group == "entry" or self.identity


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet that is a table. `bands` stand above its groups of columns; `spare` rows are left to fill in."""

    title: str
    columns: tuple[Column, ...]
    bands: Mapping[str, str]
    frozen: int = 1
    spare: int = 0

    def at(self, key: str) -> int:
        """Which column has this key, from 1."""
        return [column.key for column in self.columns].index(key) + 1


def _about(*columns: Column) -> tuple[Column, ...]:
    return (
        Column(key="control", heading="CONTROL", width=18, group="question", identity=True),
        Column(key="title", heading="TITLE", width=20, group="question"),
        Column(key="party", heading="ASKED OF", width=16, group="question", identity=True),
        *columns,
        Column(key="catalog", heading="CATALOG", width=20, group="last", identity=True),
    )


QUESTIONS: Final = Shape(
    title="Questions",
    frozen=3,
    bands={
        "question": "The question",
        "entry": "Your answer: fill in the yellow columns. A row that you leave empty stays as it was.",
        "last": "What was recorded last: for your information",
    },
    columns=_about(
        Column(key="requirement", heading="R/A", width=5, group="question"),
        Column(key="question", heading="QUESTION", width=42, group="question"),
        Column(key="attach", heading="WHAT TO ATTACH", width=26, group="question"),
        Column(key="decided", heading="DECIDED BY", width=15, group="question"),
        Column(key="not_applicable", heading="NOT APPLICABLE ONLY WHEN", width=18, group="question"),
        Column(key="answer", heading="ANSWER", width=12, choices="answer"),
        Column(key="methods", heading="HOW IT WAS CHECKED", width=18, choices="methods"),
        Column(key="statement", heading="WHAT WAS FOUND", width=34),
        Column(key="owner", heading="OWNER", width=15),
        Column(key="attested_on", heading="DATE", width=11.5, day=True),
        Column(key="expires", heading="EXPIRY", width=11.5, day=True),
        Column(key="files", heading="FILES", width=20),
        Column(key="last_answer", heading="LAST ANSWER", width=12, group="last"),
        Column(key="last_owner", heading="BY WHOM", width=15, group="last"),
        Column(key="last_on", heading="WHEN", width=11.5, group="last", day=True),
        Column(key="last_until", heading="ENDS ON", width=11.5, group="last", day=True),
        Column(key="state", heading="STATE", width=13, group="last"),
    ),
)

DECISIONS: Final = Shape(
    title="Addressable decisions",
    frozen=3,
    bands={
        "question": "The addressable specification",
        "entry": "Your decision under 45 CFR 164.306(d)(3): fill in the yellow columns",
        "last": "What was decided last: for your information",
    },
    columns=_about(
        Column(key="text", heading="WHAT IT ASKS FOR", width=40, group="question"),
        Column(key="choice", heading="DECISION", width=20, choices="choice"),
        Column(key="why_not", heading="WHY NOT REASONABLE AND APPROPRIATE HERE", width=34),
        Column(key="measure", heading="ALTERNATIVE MEASURE, OR WHY NONE", width=34),
        Column(key="risk_analysis", heading="WHERE IN THE RISK ANALYSIS", width=20),
        Column(key="approver", heading="APPROVER", width=15),
        Column(key="decided_on", heading="DATE", width=11.5, day=True),
        Column(key="review_by", heading="REVIEW DATE", width=11.5, day=True),
        Column(key="files", heading="FILES", width=20),
        Column(key="last_choice", heading="LAST DECISION", width=20, group="last"),
        Column(key="last_approver", heading="BY WHOM", width=15, group="last"),
        Column(key="last_on", heading="WHEN", width=11.5, group="last", day=True),
        Column(key="last_until", heading="REVIEW DUE", width=11.5, group="last", day=True),
        Column(key="state", heading="STATE", width=13, group="last"),
    ),
)

ANALYSES: Final = Shape(
    title="Risk analysis",
    spare=10,
    bands={
        "entry": "Your own risk analysis, 45 CFR 164.308(a)(1)(ii)(A): one row a document, with the document itself "
        "in FILES. What is on record already stays; write new ones only."
    },
    columns=(
        Column(key="title", heading="TITLE", width=40),
        Column(key="performed_on", heading="DATE", width=12, day=True),
        Column(key="scope", heading="WHAT IT COVERS", width=44),
        Column(key="approver", heading="APPROVER", width=22),
        Column(key="next_review", heading="NEXT REVIEW", width=14, day=True),
        Column(key="files", heading="FILES", width=30),
    ),
)

SYSTEMS: Final = Shape(
    title="Systems",
    spare=40,
    bands={
        "entry": "All systems that hold or move ePHI, also in the cloud, at business associates and on paper. This is "
        "the register on record: change it, and the whole of Systems and Data flows replaces it."
    },
    columns=(
        Column(key="id", heading="ID", width=16),
        Column(key="name", heading="SYSTEM", width=28),
        Column(key="hosting", heading="WHERE IT RUNS", width=18, choices="hosting"),
        Column(key="ephi", heading="EPHI", width=10, choices="ephi"),
        Column(key="owner", heading="OWNER", width=20),
        Column(key="business_associate", heading="BUSINESS ASSOCIATE", width=24),
        Column(key="agreement_on", heading="AGREEMENT SINCE", width=14, day=True),
        Column(key="agreement_ends", heading="AGREEMENT ENDS", width=14, day=True),
        Column(key="note", heading="NOTE", width=34),
    ),
)

FLOWS: Final = Shape(
    title="Data flows",
    spare=40,
    bands={
        "entry": "How ePHI moves: from an ID of Systems to an ID of Systems. Somebody outside is written as "
        "outside: NAME. Part of the same register as Systems."
    },
    columns=(
        Column(key="source", heading="FROM", width=28),
        Column(key="destination", heading="TO", width=28),
        Column(key="what", heading="WHAT MOVES", width=44),
        Column(key="protection", heading="HOW IT IS PROTECTED", width=44),
    ),
)

PRACTICES: Final = Shape(
    title="Recognized practices",
    spare=30,
    bands={
        "entry": "Recognized security practices in place (Public Law 116-321). This is the declaration on record: "
        "change it, and the whole of it is replaced."
    },
    columns=(
        Column(key="framework", heading="FRAMEWORK", width=18, choices="framework"),
        Column(key="practice", heading="PRACTICE", width=18),
        Column(key="title", heading="TITLE", width=30),
        Column(key="since", heading="SINCE", width=12, day=True),
        Column(key="where", heading="WHERE", width=24),
        Column(key="controls", heading="CONTROLS, ONE A LINE", width=24),
        Column(key="evidence", heading="EVIDENCE", width=36),
    ),
)

SHEETS: Final = (QUESTIONS, DECISIONS, ANALYSES, SYSTEMS, FLOWS, PRACTICES)
"""The sheets that are read back, in their order."""
