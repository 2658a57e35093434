"""A list of leavers: known by its header, reduced to identifier and last day, read back as facts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Final, Literal

import msgspec

from posture import tables
from posture.collectors.people.days import Days
from posture.errors import PostureError
from posture.facts import BlindSpot, Fact, Leaver, Missing
from posture.model import Envelope, Evidence, Source
from posture.scope import Scope
from posture.subjects import name_key

__all__ = ["load", "read", "sniff"]

Kind = Literal["login", "e-mail", "employee number"]
KINDS: Final[tuple[Kind, ...]] = ("login", "e-mail", "employee number")
"""What a person is identified by, in the order of preference."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAMES: Final[dict[Kind, frozenset[str]]] = {
    "login": _words(
        "login loginname logon logonname username userid samaccountname networklogin networkid windowslogin adlogin "
        "aduser adaccount benutzername anmeldename"
    ),
    "e-mail": _words("email emailaddress mail workemail companyemail upn userprincipalname"),
    "employee number": _words(
        "employeeid employeenumber employeeno empid empno staffid staffnumber personnelnumber personnelid "
        "workerid associateid personalnummer"
    ),
}
_ENDS: Final = _words(
    "enddate terminationdate termdate leavedate leavingdate dateofleaving leftdate lastday lastdayofwork lastworkday "
    "lastworkingday exitdate separationdate separatedon contractend contractenddate employmentend employmentenddate "
    "austritt austrittsdatum"
)
_OF_MACHINES: Final = _words("hostname ip ipaddress mac macaddress serial serialnumber assettag asset model")
_HEADER: Final = (*KINDS, "end date")
_MEND: Final = "one column for a login, an e-mail address or an employee number, and one for the end date"
_SHOWN: Final = 5
_STAYS: Final = Missing("absent", "the same list has another row of this person, without a day")


class _Columns(msgspec.Struct, frozen=True):
    """Where the columns that count are, from 0: those of identifiers by kind, and that of the last day."""

    identifiers: dict[Kind, int]
    end: int

    @classmethod
    def of(cls, header: Sequence[str]) -> _Columns | None:
        """From a header; None where it is not that of a list of leavers."""
        words = [re.sub(r"[^a-z0-9]", "", cell.casefold()) for cell in header]
        ends = [at for at, word in enumerate(words) if word in _ENDS]
        found = {kind: at for kind in KINDS for at, word in reversed(list(enumerate(words))) if word in _NAMES[kind]}
        if len(ends) != 1 or not found or _OF_MACHINES & set(words):
            return None
        return cls(found, ends[0])

    def person(self, cells: Sequence[str]) -> tuple[Kind, str] | None:
        """What a row's person is identified by, and that identifier."""
        for kind, at in self.identifiers.items():
            if at < len(cells) and cells[at]:
                return kind, cells[at]
        return None

    def dropped(self, header: Sequence[str]) -> tuple[str, ...]:
        """The columns that are not kept."""
        kept = {*self.identifiers.values(), self.end}
        return tuple(sorted({name for at, name in enumerate(header) if name and at not in kept}))


def sniff(head: bytes, name: str) -> bool:
    """Whether the file is a list of leavers."""
    return any(_Columns.of(header) for header in tables.headers(head, name))


def load(payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
    """The list as evidence. Raises PostureError, with sheet, row and column, for a day that can't be read.

    A row without a day is somebody who stays, and is dropped; whoever is in the same table with a day too has come back
    or has two posts, and is kept without a day. Rows that have a day and identify nobody are said.
    """
    kept: list[tuple[Kind, str, date | None]] = []
    nobody: list[str] = []
    dropped: set[str] = set()
    found = [(table, columns) for table in tables.read(payload, name) if (columns := _Columns.of(table.header))]
    if not found:
        raise PostureError("no sheet of it is a list of leavers", where=name, mend=_MEND)
    for table, columns in found:
        dropped.update(columns.dropped(table.header))
        rows = [row for row in table.rows[1:] if any(row.cells[columns.end : columns.end + 1])]
        others = [row for row in table.rows[1:] if not any(row.cells[columns.end : columns.end + 1])]
        staying = {_key(person) for row in others if (person := columns.person(row.cells))}
        days = Days(row.cells[columns.end] for row in rows)
        for row in rows:
            ended = days.read(row.cells[columns.end], table.place(row, columns.end))
            if person := columns.person(row.cells):
                kept.append((*person, None if _key(person) in staying else ended))
            else:
                nobody.append(table.place(row).removeprefix(f"{name}, "))
    yield Evidence.of(
        Envelope(
            collector="people",
            format="leavers-csv",
            outcome="partial" if nobody else "complete",
            problem=_nobody(nobody),
            masked=tuple(sorted(dropped)),
            source=Source(name=name, sha256=source_sha256),
        ),
        _written(kept),
    )


def _key(person: tuple[Kind, str]) -> tuple[Kind, str]:
    return person[0], person[1].casefold()


def _nobody(places: Sequence[str]) -> str:
    if not places:
        return ""
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return f"rows with an end date that identify nobody: {'; '.join(places[:_SHOWN])}{more}"


def _written(kept: Iterable[tuple[Kind, str, date | None]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    for kind, identifier, day in sorted({(kind, identifier, str(ended or "")) for kind, identifier, ended in kept}):
        writer.writerow([*(identifier if each == kind else "" for each in KINDS), day])
    return out.getvalue().encode()


# ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
    """Each person once. Somebody who left, came back and is listed twice has the latest of the days that are known."""
    del scope
    found: dict[tuple[Kind, str], Leaver] = {}
    for record in sorted((each for each in records if each.envelope.collector == "people"), key=lambda each: each.id):
        try:
            for leaver in _leavers(record):
                key = leaver.identified_by, leaver.identifier.casefold()
                found[key] = _joined(found[key], leaver) if key in found else leaver
        except (ValueError, csv.Error):
            yield _spot(record, "the list of leavers that was kept can't be read", "import it again")
        if record.envelope.problem:
            answer = "give each of them a login, an e-mail address or an employee number, and import it again"
            yield _spot(record, record.envelope.problem, answer)
    yield from (found[key] for key in sorted(found))


def _leavers(record: Evidence) -> Iterator[Leaver]:
    rows = csv.reader(io.StringIO(record.payload.decode(), newline=""), strict=True)
    if tuple(next(rows, ())) != _HEADER:
        raise ValueError("another header")
    for *identifiers, ended in rows:
        ((kind, identifier),) = [pair for pair in zip(KINDS, identifiers, strict=True) if pair[1]]
        yield Leaver(
            ids=(name_key("leaver", kind, identifier),),
            name=identifier,
            evidence=(record.id,),
            identifier=identifier,
            identified_by=kind,
            ended=datetime.strptime(ended, "%Y-%m-%d").date() if ended else _STAYS,  # noqa: DTZ007  # a day has no zone
        )


def _joined(one: Leaver, other: Leaver) -> Leaver:
    latest = max(one, other, key=lambda each: (isinstance(each.ended, date), str(each.ended), each.identifier))
    return msgspec.structs.replace(latest, evidence=tuple(sorted({*one.evidence, *other.evidence})))


def _spot(record: Evidence, why: str, answer: str) -> BlindSpot:
    return BlindSpot(
        kinds=("Leaver",),
        subject=name_key("leavers", record.envelope.source.name if record.envelope.source else record.id),
        name="the list of leavers",
        why=why,
        answer=answer,
        evidence=(record.id,),
    )
