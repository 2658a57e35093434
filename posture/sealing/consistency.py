"""Whether a store is still what its seals and its chain of custody say of it: nothing taken out, put in or changed.

Chains that only hash themselves can be made anew by whoever can write the file. So each is compared with the heads
that were signed, and what custody tells of with what is there. What is younger than the last seal is bound by custody
alone, which nobody signed: an insider who rewrites all of it can't be told from the store.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from posture import __version__
from posture.assessment import Assessment
from posture.errors import PostureError
from posture.scope import Scope
from posture.sealing import custody, keys, seals, verifier
from posture.sealing.contents import ASSESSMENT
from posture.store import Store

__all__ = ["faults"]

_SCOPE = "data/scope.json"
_RETRIES = 3
_COLUMNS = ("check_id", "severity", "outcome", "subject")
_meta = sa.MetaData()
_tombstones = sa.Table(
    "tombstones", _meta, sa.Column("run", sa.String), sa.Column("document", sa.LargeBinary), sa.Column("at", sa.String)
)
_judgements = sa.Table("judgements", _meta, sa.Column("number", sa.Integer), sa.Column("run", sa.String))
_observations = sa.Table(
    "observations",
    _meta,
    *(sa.Column(name, sa.Integer) for name in ("judgement", "position")),
    *(sa.Column(name, sa.String) for name in _COLUMNS),
)


class _Told(msgspec.Struct, frozen=True):
    action: str
    run: str = ""
    version: str = ""
    detail: dict[str, Any] = {}


class _Head(msgspec.Struct, frozen=True):
    position: int
    head: str


class _Piece(msgspec.Struct, frozen=True):
    id: str


class _Run(msgspec.Struct, frozen=True):
    id: str
    started: str
    operator: str
    host: str
    version: str


class _Subject(msgspec.Struct, frozen=True):
    name: str
    digest: dict[str, str]


class _Predicate(msgspec.Struct, frozen=True):
    run: _Run
    seal: int
    previous_seal_sha256: str
    ledger: _Head
    custody: _Head
    evidence: tuple[_Piece, ...] = ()
    runs: tuple[_Piece, ...] = ()
    events: _Head | None = None


class _Statement(msgspec.Struct, frozen=True):
    predicate: _Predicate
    subject: tuple[_Subject, ...]


class _Sealed(msgspec.Struct, frozen=True):
    """A seal with what it says."""

    seal: seals.Seal
    said: _Predicate
    files: dict[str, str]


def faults(store: Store, run: str = "") -> list[tuple[str, list[str]]]:
    """What was checked of the whole store, and of this run, if one is named, with what is wrong.

    It is looked at again where somebody wrote to the store meanwhile.
    """
    found: list[tuple[str, list[str]]] = []
    for _ in range(_RETRIES):
        with store.reading() as connection:
            before = custody.head(connection)
        found = _Consistency(store).all(run)
        with store.reading() as connection:
            if not any(wrong for _, wrong in found) or custody.head(connection) == before:
                break
    return found


class _Consistency:
    def __init__(self, store: Store) -> None:
        self._store = store
        with store.reading() as connection:
            self._lines = custody.lines(connection)
        self._told = [said for line in self._lines if (said := _told(line))]
        self._runs = {each.id: each for each in store.runs()}
        self._pruned = store.pruned()
        self._seals: list[_Sealed] = []

    def all(self, run: str) -> list[tuple[str, list[str]]]:
        """Each check in words, with what it found."""
        wanted: list[tuple[str, Callable[[], Iterator[str]]]] = [
            ("the chain of seals, over all runs", self._chain),
            ("the chain of custody up to now, and that it is the one that was sealed", self._custody),
            ("the ledger up to now, and that it is the one that was sealed", self._ledger),
            ("all runs that custody and seals tell of, with their evidence and events", self._of_runs),
            ("what was pruned, and the reference data, by what custody tells", self._kept),
        ]
        if run:
            wanted.append(("the judgement that reports are made from, by the sealed one", lambda: self._judgement(run)))
        return [(what, list(check())) for what, check in wanted]

    def _chain(self) -> Iterator[str]:
        previous = verifier.NO_DIGEST
        for number, seal in enumerate(seals.every(self._store), 1):
            try:
                statement = msgspec.json.decode(seal.statement, type=_Statement)
            except msgspec.DecodeError:
                yield f"seal {seal.number}: changed"
                return
            said = statement.predicate
            if (seal.number, said.seal, said.previous_seal_sha256) != (number, number, previous):
                yield f"seal {number}: it does not follow the seal before: one was changed, put in or taken out"
                return
            if not keys.signature_holds(seal.public_key, verifier.pae(seal.statement), seal.signature):
                yield f"seal {number}, of run {seal.run}: its signature does not hold"
            elif said.run.id != seal.run:
                yield f"seal {number}: it is of run {verifier.shown(said.run.id)}, and not of {seal.run}"
            previous = seal.statement_sha256
            files = {each.name: each.digest.get("sha256", "") for each in statement.subject}
            self._seals.append(_Sealed(seal, said, files))

    def _custody(self) -> Iterator[str]:
        lines = self._lines
        if fault := verifier.chain_fault(lines, len(lines), verifier.sha256(lines[-1]) if lines else _NONE.head):
            yield f"custody: {fault}"
        yield from self._heads("custody", lines, lambda said: said.custody)
        sealed = [said.detail.get("statement_sha256") for said in self._told if said.action == "sealed"]
        if sealed != [each.statement_sha256 for each in seals.every(self._store)]:
            yield "custody: the seals that it tells of are not those that are there"
        stamped = {int(said.detail.get("seal") or 0) for said in self._told if said.action == "timestamped"}
        for number in sorted(stamped - {each.seal.number for each in self._seals if each.seal.timestamp}):
            yield f"seal {number}: its timestamp, of which custody tells, was taken out"

    def _ledger(self) -> Iterator[str]:
        try:
            lines = self._store.ledger_lines()
        except PostureError as error:
            yield f"ledger: {error.what}"
            return
        yield from self._heads("ledger", lines, lambda said: said.ledger)
        told = [said for said in self._told if said.action in {"recorded", "migrated"}]
        length = told[-1].detail.get("ledger") if told else 0
        if length != len(lines):
            yield f"ledger: custody tells of {length} entries, and {len(lines)} are there"
        for said in told:
            position, head = said.detail.get("ledger"), said.detail.get("ledger_sha256")
            if head and isinstance(position, int) and _head(lines, position) != head:
                yield f"ledger: entry {position} is not the one that custody tells of"
                return
        for entry in self._store.ledger().entries:
            for attachment in getattr(entry.statement, "attachments", ()):
                try:
                    self._store.attachment(attachment.sha256)
                except PostureError as error:
                    yield f"ledger: a document of entry {entry.number}: {error.what}"

    def _heads(self, what: str, lines: list[bytes], of: Callable[[_Predicate], _Head]) -> Iterator[str]:
        for each in self._seals:
            said = of(each.said)
            if _head(lines, said.position) != said.head:
                yield f"{what}: it is not the one that seal {each.said.seal} was made of: it was written anew, or cut"
                return

    def _of_runs(self) -> Iterator[str]:
        begun = {said.run: said for said in self._told if said.action == "begun"}
        older = max((said.detail.get("runs", 0) for said in self._told if said.action == "migrated"), default=0)
        named = {piece.id for each in self._seals for piece in each.said.runs}
        for gone in sorted((begun.keys() | named) - self._runs.keys()):
            yield f"run {verifier.shown(gone)}: taken out: custody or a seal tells of it"
        unknown = sorted(self._runs.keys() - begun.keys())
        if len(unknown) > older:
            yield f"run {unknown[-1]}: put in: custody does not tell that it began"
        for name in sorted(begun.keys() & self._runs.keys()):
            said, scope = begun[name], self._runs[name].scope
            digest = hashlib.sha256(msgspec.json.encode(scope, order="sorted")).hexdigest()
            if said.version == __version__ and said.detail.get("scope_sha256") != digest:
                yield f"run {name}: changed: its scope is not the one that it began with"
        judged = Counter(said.run for said in self._told if said.action == "judged")
        with self._store.reading() as connection:
            query = sa.select(_judgements.c.run, sa.func.count()).group_by(_judgements.c.run)
            there = {row[0]: row[1] for row in connection.execute(query)}
        for name, count in sorted(judged.items()):
            if name not in self._pruned and there.get(name, 0) < count:
                yield f"run {verifier.shown(name)}: a judgement was taken out: custody tells of {count}"
        for each in self._seals:
            if each.seal.run in self._runs and each.seal.run not in self._pruned:
                yield from self._sealed_run(each)

    def _sealed_run(self, each: _Sealed) -> Iterator[str]:
        run, said = self._runs[each.seal.run], each.said
        lost = {piece.id for piece in said.evidence} - set(self._store.evidence_ids(run.id))
        if lost:
            yield f"run {run.id}: {len(lost)} of the pieces of evidence of seal {said.seal} are no more its own"
        if said.events and self._store.events_head(run.id, said.events.position) != said.events.head:
            yield f"run {run.id}: what happened in it (its events) is not what seal {said.seal} was made of"
        known = (run.operator, run.host, run.version, _instant(run.started))
        if known != (said.run.operator, said.run.host, said.run.version, _instant(said.run.started)):
            yield f"run {run.id}: changed: who ran it, when, or with what is not what seal {said.seal} says"
        try:
            scope = msgspec.json.decode(seals.blob(self._store, each.files.get(_SCOPE, "")), type=Scope)
        except (PostureError, msgspec.DecodeError):
            return  # the bag's own check says it, or a later version does not know this form
        if scope != run.scope:
            yield f"run {run.id}: changed: its scope is not the one of seal {said.seal}"

    def _kept(self) -> Iterator[str]:
        told = {said.run: said.detail.get("tombstone_sha256") for said in self._told if said.action == "pruned"}
        with self._store.reading() as connection:
            stones = {row.run: verifier.sha256(row.document) for row in connection.execute(sa.select(_tombstones))}
        for run in sorted({*told, *stones}):
            if told.get(run) != stones.get(run):
                what = "a tombstone is gone or changed" if run in told else "a tombstone that custody does not tell of"
                yield f"run {verifier.shown(run)}: {what}"
        try:
            there = Counter(file.sha256 for file in self._store.reference_files())
        except PostureError as error:
            yield error.what
            return
        kept = Counter(str(said.detail.get("sha256")) for said in self._told if said.action == "reference data kept")
        for digest in sorted(kept - there):
            yield f"reference data {verifier.shown(digest[:12])}: taken out, or changed"

    def _judgement(self, run: str) -> Iterator[str]:
        """The rows that reports and comparisons read, against the assessment that was sealed last."""
        of_run = [each for each in self._seals if each.seal.run == run and ASSESSMENT in each.files]
        if not of_run:
            return
        newest = of_run[-1]
        at = next(
            place
            for place, said in enumerate(self._told)
            if said.detail.get("statement_sha256") == newest.seal.statement_sha256 or place == len(self._told) - 1
        )
        if any(said.action == "judged" and said.run == run for said in self._told[at:]):
            yield f"run {run}: it was judged again after its last seal, and what reports say of it now is not sealed"
            return
        try:
            sealed = msgspec.json.decode(seals.blob(self._store, newest.files[ASSESSMENT]), type=Assessment)
            stored = self._store.assessment(run)
        except (PostureError, msgspec.DecodeError) as error:
            yield f"run {run}: its judgement can't be compared: {verifier.shown(error)}"
            return
        if stored != sealed:
            parts = [name for name in Assessment.__struct_fields__ if getattr(stored, name) != getattr(sealed, name)]
            yield f"run {run}: changed: reports would say other things than were sealed: {', '.join(parts)}"
        elif self._labels(run) != [
            (each.check, each.severity.value, each.outcome.value, each.subject) for each in sealed.observations
        ]:
            yield f"run {run}: changed: observations are filed under other checks or outcomes than their own"

    def _labels(self, run: str) -> list[tuple[str, ...]]:
        latest = sa.select(sa.func.max(_judgements.c.number)).where(_judgements.c.run == run).scalar_subquery()
        query = sa.select(*(_observations.c[name] for name in _COLUMNS)).where(_observations.c.judgement == latest)
        with self._store.reading() as connection:
            return [tuple(row) for row in connection.execute(query.order_by(_observations.c.position))]


_NONE = _Head(position=0, head=verifier.NO_DIGEST)


def _head(lines: list[bytes], position: int) -> str:
    """The head of a chain where it had so many lines; empty where it never had."""
    if position == 0:
        return _NONE.head
    return verifier.sha256(lines[position - 1]) if 0 < position <= len(lines) else ""


def _instant(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))


def _told(line: bytes) -> _Told | None:
    try:
        return msgspec.json.decode(line, type=_Told)
    except msgspec.DecodeError:
        return None
