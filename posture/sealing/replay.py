"""A bag as what a run is judged from again, years later and elsewhere. Nothing out of a bag is ever run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from posture.assessment import Run
from posture.errors import PostureError
from posture.governance.ledger import Entry, Ledger
from posture.model import Envelope, Evidence
from posture.reference import Reference, assemble
from posture.reference.files import parse
from posture.request import Request
from posture.sealing import bags, verifier
from posture.sealing.changes import Judged
from posture.sealing.contents import ASSESSMENT, INPUTS
from posture.sealing.inputs import Inputs, ReferenceName

__all__ = ["ReplayedBag", "is_bag"]

_MAX_BYTES = 1024**3


def is_bag(path: Path) -> bool:
    """Whether this is a bag of ours, whole or not: a zip or a folder that holds a statement."""
    try:
        with closing(verifier.opened(path)) as bag:
            return verifier.STATEMENT in bag.names()
    except (verifier.NotABag, OSError, ValueError):
        return False


class _Subject(msgspec.Struct, frozen=True):
    name: str
    digest: dict[str, str]


class _Entry(msgspec.Struct, frozen=True):
    id: str
    payload: str


class _Run(msgspec.Struct, frozen=True):
    id: str
    state: str


class _Predicate(msgspec.Struct, frozen=True):
    run: _Run
    evidence: tuple[_Entry, ...]


class _Statement(msgspec.Struct, frozen=True):
    subject: tuple[_Subject, ...]
    predicate: _Predicate


class ReplayedBag:
    """A bag that was verified. Raises PostureError for one that is not intact, or that holds no judgement."""

    def __init__(self, path: Path, wanted: str = "") -> None:
        self.where = verifier.shown(path)
        try:
            verdict = bags.verify_file(path, wanted)
            self._bag = verifier.opened(path)
            statement = b"".join(self._bag.stream(verifier.STATEMENT))
        except (verifier.NotABag, OSError) as error:
            raise PostureError(str(error), where=self.where, mend=_VERIFY) from error
        if verdict.problems:
            more = f" (and {len(verdict.problems) - 1} more)" if len(verdict.problems) > 1 else ""
            raise PostureError(f"it is not intact: {verdict.problems[0]}{more}", where=self.where, mend=_VERIFY)
        if verdict.derived:
            self._bag.close()
            raise PostureError(
                "it is a redacted or selected bag: names in it are pseudonyms, or it has not all that was judged",
                where=self.where,
                mend="judge the whole bag: posture evidence export RUN -o FILE.zip, at the hospital",
            )
        self.verdict = verdict
        self.signer = verdict.signer
        self.statement_sha256 = verifier.sha256(statement)
        try:
            self._begin(statement)
        except BaseException:
            self._bag.close()
            raise

    def _begin(self, statement: bytes) -> None:
        try:
            said = msgspec.json.decode(statement, type=_Statement)
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._unknown(verifier.STATEMENT, error) from error
        self._digests = {each.name: each.digest["sha256"] for each in said.subject}
        self._evidence = said.predicate.evidence
        self.run = said.predicate.run.id
        if INPUTS not in self._digests or ASSESSMENT not in self._digests:
            what = f"its run was never judged ({said.predicate.run.state}): there is no judgement to repeat"
            raise PostureError(what, where=self.where)
        self.inputs: Inputs = self._decoded(INPUTS, Inputs)

    def close(self) -> None:
        """Let go of the file."""
        self._bag.close()

    def request(self, version: str, checks_folders: tuple[str, ...]) -> Request:
        """What the run is judged from, as it was then, but for the evidence and the code."""
        inputs = self.inputs
        return Request(
            run=Run(id=self.run, started=inputs.made or inputs.as_of),
            scope=inputs.scope,
            as_of=inputs.as_of,
            version=version,
            probes=inputs.probes,
            checks_folders=checks_folders,
            ledger=self._ledger(),
            history=inputs.history,
            earlier_risks=inputs.earlier_risks,
            own_catalogs=inputs.own_catalogs,
            made=inputs.made,
            reference=self._reference(),
        )

    def evidence(self) -> Iterator[Evidence]:
        """The evidence. Raises PostureError where it is not what the statement says."""
        for each in self._evidence:
            envelope = self._decoded(f"data/evidence/{each.id}.json", Envelope)
            record = Evidence.of(envelope, self._read(each.payload))
            if record.id != each.id:
                raise PostureError(
                    f"evidence {each.id[:12]} has a form that this Posture does not know",
                    where=self.where,
                    mend="replay it with the version that made it, or update Posture",
                )
            yield record

    def document(self) -> bytes:
        """The assessment as it was sealed, to the byte."""
        return self._read(ASSESSMENT)

    def assessment(self) -> Judged:
        """The assessment as it was sealed; another version may have made it."""
        try:
            return Judged(self._read(ASSESSMENT))
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._unknown(ASSESSMENT, error) from error

    def _ledger(self) -> Ledger:
        lines = self._read(verifier.LEDGER).splitlines()
        try:
            return Ledger(entries=tuple(msgspec.json.decode(line, type=Entry) for line in lines))
        except msgspec.DecodeError as error:
            raise self._unknown(verifier.LEDGER, error) from error

    def _reference(self) -> Reference:
        return assemble(self._document(name) for name in self.inputs.reference)

    def _document(self, name: ReferenceName) -> Any:  # noqa: ANN401  # a Document, as parse gives it
        return parse(
            self._read(name.path),
            name.name,
            product=name.product,
            dated=name.dated,
            imported=name.origin != "shipped",
            forced=name.origin == "forced",
        )

    def _decoded(self, name: str, kind: Any) -> Any:  # noqa: ANN401  # whatever the kind is
        try:
            return msgspec.json.decode(self._read(name), type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._unknown(name, error) from error

    def _read(self, name: str) -> bytes:
        data = bytearray()
        try:
            for piece in self._bag.stream(name):
                data += piece
                if len(data) > _MAX_BYTES:
                    raise PostureError(f"{name} is larger than {_MAX_BYTES:,} bytes", where=self.where)
        except (verifier.NotABag, KeyError, OSError) as error:
            raise PostureError(f"{name} can't be read", where=self.where, mend=_VERIFY) from error
        if verifier.sha256(bytes(data)) != self._digests.get(name):
            raise PostureError(f"{name} was changed while it was read", where=self.where)
        return bytes(data)

    def _unknown(self, name: str, error: Exception) -> PostureError:
        return PostureError(
            f"{name} has a form that this Posture does not know: {error}",
            where=self.where,
            mend="update Posture, or replay it with the version that made it",
        )


_VERIFY = "posture evidence verify says all that is wrong with it"
