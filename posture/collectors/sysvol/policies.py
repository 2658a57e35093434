"""Copies of group policies: known by what is in them, reduced to a table, read back as facts."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Final
from xml.parsers import expat

import msgspec

from posture.collectors.ldap.decode import text
from posture.collectors.sysvol.archive import MAX_FILE, is_tar, is_zip, members
from posture.errors import PostureError
from posture.facts import BlindSpot, Fact, GroupPolicy, Known, Missing, PreferenceFile
from posture.model import Envelope, Evidence, Source
from posture.subjects import name_key

__all__ = ["load", "read", "sniff"]

_GUID: Final = r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}"
_POLICY: Final = re.compile(rf"(?:^|.*?/)(?:(?P<above>[^/]+)/policies/)?(?P<guid>{_GUID})/(?P<file>.+)", re.IGNORECASE)
_SINGLE: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?"
    rb"<(?:Groups|NTServices|ScheduledTasks|DataSources|Drives|Printers)\s[^>]{0,500}\bclsid=",
    re.IGNORECASE,
)
_SETTINGS: Final = "gpt.ini"
_HEADER: Final = ("domain", "policy", "file", "passwords")
_UNREADABLE: Final = "unreadable"
_LONGEST: Final = 300
_LONGEST_PATH: Final = 4096


class _Row(msgspec.Struct, frozen=True, order=True):
    """A file of a policy: how many passwords it holds ("" for GPT.INI)."""

    domain: str
    policy: str
    file: str
    passwords: str


def sniff(head: bytes) -> bool:
    """Whether the file is a copy of group policies (a zip archive whole), or a file of their preferences."""
    if is_zip(head):
        try:
            with zipfile.ZipFile(io.BytesIO(head)) as archive:
                return any(_wanted(name.replace("\\", "/")) for name in archive.namelist())
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            return False
    if is_tar(head):
        return re.search(_GUID.encode(), head) is not None
    return _SINGLE.match(head) is not None


def load(payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
    """The table of the files. Raises PostureError for an archive that can't be read, or holds no policy."""
    if is_zip(payload) or is_tar(payload):
        rows = [_row(path, content) for path, content in members(payload, name, _wanted)]
        if not rows:
            mend = "make it of SYSVOL's Policies folder, with the folders in it, which are named by GUIDs"
            raise PostureError("no group policy in it", where=name, mend=mend)
    else:
        passwords = _passwords(payload) if len(payload) <= MAX_FILE else None
        if passwords is None:
            told = f"it is no XML that can be read, or larger than {MAX_FILE:,} bytes"
            raise PostureError(told, where=name, mend="copy it again")
        rows = [_Row("", "", text(name.encode(errors="replace"))[:_LONGEST], str(passwords))]
    masked = any(row.passwords.strip("0") and row.passwords != _UNREADABLE for row in rows)
    yield Evidence.of(
        Envelope(
            collector="sysvol",
            format="group-policy-csv",
            outcome="complete",
            masked=("cpassword",) if masked else (),
            source=Source(name=name, sha256=source_sha256),
        ),
        _written(rows),
    )


def _wanted(path: str) -> bool:
    found = _POLICY.fullmatch(path) if len(path) <= _LONGEST_PATH else None
    return found is not None and (found["file"].lower() == _SETTINGS or found["file"].lower().endswith(".xml"))


def _row(path: str, content: bytes | None) -> _Row:
    found = _POLICY.fullmatch(path)
    if found is None:
        raise ValueError("no file of a policy")
    above = found["above"] or ""
    domain = above.lower() if "." in above else ""
    file = text(found["file"].encode(errors="replace"))[:_LONGEST]
    if file.lower() == _SETTINGS:
        return _Row(text(domain.encode(errors="replace")), found["guid"].upper(), "GPT.INI", "")
    passwords = None if content is None else _passwords(content)
    count = _UNREADABLE if passwords is None else str(passwords)
    return _Row(text(domain.encode(errors="replace")), found["guid"].upper(), file, count)


class _DocumentType(Exception):  # noqa: N818  # it says why a file is refused
    """A file of preferences has none: entities are declared nowhere else."""


def _refuse(*_: object) -> None:
    raise _DocumentType


def _passwords(content: bytes) -> int | None:
    """How many passwords stand in the file: cpassword attributes that are not empty. None where it can't be read."""
    count = 0

    def begun(_: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += sum(1 for name, value in attributes.items() if name.lower() == "cpassword" and value.strip())

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = begun
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, _DocumentType, ValueError, LookupError):
        return None
    return count


def _written(rows: Iterable[_Row]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(msgspec.structs.astuple(row) for row in sorted(set(rows)))
    return out.getvalue().encode()


# ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(records: Iterable[Evidence]) -> Iterator[Fact | BlindSpot]:
    """Each policy once, with the files of all copies; of the passwords that two copies hold, the more count."""
    found: dict[tuple[str, str], tuple[set[_Row], set[str]]] = {}
    for record in sorted((each for each in records if each.envelope.collector == "sysvol"), key=lambda each: each.id):
        try:
            rows = list(_rows(record))
        except (ValueError, TypeError, csv.Error):
            yield BlindSpot(
                kinds=("GroupPolicy",),
                subject=name_key("group-policies", record.id),
                name="the copy of group policies",
                why="the table of the copy can't be read",
                answer="import the copy again",
                evidence=(record.id,),
            )
            continue
        for row in rows:
            known, evidence = found.setdefault((row.domain, row.policy or f"file {row.file}"), (set(), set()))
            known.add(row)
            evidence.add(record.id)
    for key in sorted(found):
        yield _policy(*found[key])


def _rows(record: Evidence) -> Iterator[_Row]:
    lines = csv.reader(io.StringIO(record.payload.decode(), newline=""), strict=True)
    if tuple(next(lines, ())) != _HEADER:
        raise ValueError("another header")
    for line in lines:
        row = _Row(*line)
        if not re.fullmatch(rf"|\d{{1,9}}|{_UNREADABLE}", row.passwords):
            raise ValueError("no number of passwords")
        yield row


def _policy(rows: set[_Row], evidence: set[str]) -> GroupPolicy:
    any_row = min(rows)
    files: dict[str, Known[int]] = {}
    for row in sorted(rows):
        if row.passwords:
            files[row.file] = _more(files.get(row.file, 0), _number(row.passwords))
    alone = not any_row.policy
    return GroupPolicy(
        ids=(name_key("group-policy", any_row.domain or "import", any_row.policy or any_row.file),),
        name=any_row.policy or any_row.file,
        evidence=tuple(sorted(evidence)),
        guid=any_row.policy,
        domain=any_row.domain,
        whole=Missing("not-asked", "the file was given alone") if alone else any(not row.passwords for row in rows),
        preferences=tuple(PreferenceFile(path=path, passwords=files[path]) for path in sorted(files)),
    )


def _number(passwords: str) -> Known[int]:
    return Missing("not-readable", "it is no XML that can be read") if passwords == _UNREADABLE else int(passwords)


def _more(one: Known[int], other: Known[int]) -> Known[int]:
    """What tells of more passwords: a number above none, else that one could not be read."""
    if isinstance(one, Missing):
        return other if isinstance(other, int) and other else one
    if isinstance(other, Missing):
        return one or other
    return max(one, other)
