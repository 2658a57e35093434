"""Sealing a run: everything of it that a bag will hold, under one signature, after the seal before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from pathlib import Path

import msgspec

from posture import __version__
from posture.assessment import Assessment
from posture.errors import PostureError
from posture.governance.ledger import Ledger
from posture.model import Evidence
from posture.scope import Scope, TimestampScope
from posture.sealing import custody, keys, seals, timestamp, verifier
from posture.sealing.contents import Head, draft, settled, statement
from posture.sealing.inputs import Inputs
from posture.sealing.seals import Seal, Timestamp
from posture.store import RunRecord, Store, now

__all__ = ["Authority", "Sealer", "built_in_catalogs", "signing_key", "state_of", "verify_script"]


class Sealer:
    """What seals the runs of a store, with the hospital's key. `tell` is told what an operator should know."""

    def __init__(
        self, store: Store, signer: keys.Signer, authority: Authority | None, tell: Callable[[str], None]
    ) -> None:
        self._store, self._signer, self._authority, self._tell = store, signer, authority, tell

    @classmethod
    def of(cls, store: Store, scope: Scope | None, base: Path, tell: Callable[[str], None]) -> Sealer:
        """By posture.toml, with the key that is there, or a new one where there is none.

        Raises PostureError for a key or certificates that can't be used: before anything is asked of anybody.
        """
        signer = signing_key(store, scope, base, tell)
        named = scope.timestamp if scope else None
        return cls(store, signer, Authority.of(named, base) if named else None, tell)

    @property
    def fingerprint(self) -> str:
        """The key's fingerprint."""
        return self._signer.fingerprint

    def seal(
        self,
        run: RunRecord,
        state: str,
        evidence: Iterable[Evidence] | None = None,
        judged: tuple[Assessment, Inputs] | None = None,
    ) -> Seal:
        """Seal a run as it stands: judged, with what it was judged from, or interrupted or failed, with what it has."""
        store, (assessment, inputs) = self._store, judged or (None, None)
        lines = store.ledger_lines()
        if assessment is not None:
            lines = lines[: assessment.method.ledger_position]
        there = {file.sha256: file.content for file in store.reference_files()}
        reference = {each.path: there[each.sha256] for each in inputs.reference} if inputs else {}
        documents = {digest: len(store.attachment(digest)) for digest in _handed_in(store.ledger(), len(lines))}
        records = store.evidence(run.id) if evidence is None else evidence
        runs = [
            {"id": each.id, "started": each.started.isoformat(), "state": state_of(store, each.id)}
            for each in reversed(store.runs())
        ]
        happened = Head(position=len(store.events(run.id)), head="")
        happened = msgspec.structs.replace(happened, head=store.events_head(run.id, happened.position))
        catalogs = built_in_catalogs()
        begun = draft(
            run=run,
            evidence=records,
            assessment=assessment,
            inputs=inputs,
            ledger=lines,
            reference=reference,
            documents=documents,
            catalogs=catalogs,
        )
        with store.writing() as connection:
            at = now()
            said = custody.lines(connection)
            files = settled(
                begun, run=run, at=at, custody=said, public_pem=self._signer.public_pem, script=verify_script()
            )
            before = seals.last(connection)
            number = before.number + 1 if before else 1
            payload = statement(
                run=run,
                state=state,
                at=at,
                number=number,
                previous=before.statement_sha256 if before else verifier.NO_DIGEST,
                files=files,
                assessment=assessment,
                inputs=inputs,
                ledger=Head.of(lines),
                custody=Head.of(said),
                events=happened,
                catalogs=catalogs,
                runs=runs,
                signer=self._signer.fingerprint,
                timestamp_server=self._authority.url if self._authority else "",
                version=__version__,
            )
            made = Seal(
                number=number,
                run=run.id,
                at=at,
                state=state,
                fingerprint=assessment.fingerprint if assessment else "",
                statement=payload,
                signature=self._signer.sign(verifier.pae(payload)),
                public_key=self._signer.public_pem,
            )
            seals.add(connection, made, files.made)
            detail = {"seal": number, "statement_sha256": made.statement_sha256, "signer": self._signer.fingerprint}
            custody.append(connection, store.actor, "sealed", at, run=run.id, detail=detail)
        return self._stamped(made)

    def _stamped(self, seal: Seal) -> Seal:
        """The seal with a third party's timestamp, where there is one to be had; without it the seal stands as well."""
        if self._authority is None:
            return seal
        try:
            response, at = self._authority.ask(seal.signature)
        except PostureError as error:
            why = str(error).replace("\n", " ")
            self._store.did("not timestamped", seal.run, {"seal": seal.number, "problem": why})
            self._tell(f"The run is sealed, and has no timestamp: {why}")
            return seal
        own = self._signer.sign(verifier.timestamp_message(response, self._authority.certificates))
        stamp = Timestamp(response=response, authorities=self._authority.certificates, signature=own, stamped=at)
        with self._store.writing() as connection:
            seals.add_timestamp(connection, seal.number, stamp)
            detail = {"seal": seal.number, "stamped": at, "by": self._authority.url}
            custody.append(connection, self._store.actor, "timestamped", now(), run=seal.run, detail=detail)
        return msgspec.structs.replace(seal, timestamp=stamp)


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """A timestamping authority: where it answers, and the certificates that its timestamps are verified by."""

    url: str
    certificates: bytes

    @classmethod
    def of(cls, named: TimestampScope, base: Path) -> Authority:
        """By posture.toml. Raises PostureError where it can't be used: no library, or no certificates."""
        timestamp.needed()
        path = base / named.ca_file
        try:
            certificates = path.read_bytes()
        except OSError as error:
            raise PostureError(
                f"it can't be read: {error.strerror}", where=str(path), mend="timestamp.ca_file"
            ) from None
        return cls(url=named.url, certificates=timestamp.readable(certificates, str(path)))

    def ask(self, message: bytes) -> tuple[bytes, datetime]:
        """Its response, verified, and the time that it says. Raises PostureError where there is none that holds."""
        response = timestamp.request(self.url, message)
        try:
            return response, timestamp.verify(response, self.certificates, message)
        except ValueError as error:
            raise PostureError(f"what the timestamp server answers is not used: {error}", where=self.url) from None


def signing_key(store: Store, scope: Scope | None, base: Path, tell: Callable[[str], None]) -> keys.Signer:
    """The key that is there, or a new one, of which custody and the operator are told."""
    kept = keys.place((scope or Scope.of_files()).seal, base, store)
    signer = keys.load(kept)
    if signer is not None:
        return signer
    signer = keys.make(kept)
    store.did("key made", detail={"signer": signer.fingerprint})
    tell(f"A key to seal runs with was made: {kept.where}. Its fingerprint is {signer.fingerprint}")
    return signer


def state_of(store: Store, run: str) -> str:
    """How a run stands, by the last that happened to it: finished, interrupted or unfinished; or that it was pruned."""
    if run in store.pruned():
        return "pruned"
    kinds = [event.kind for event in store.events(run)]
    known = {"finished": "finished", "interrupted": "interrupted"}
    return known.get(kinds[-1], "unfinished") if kinds else "unfinished"


def _handed_in(ledger: Ledger, position: int) -> list[str]:
    """The documents that the ledger's entries up to a position name."""
    found = {
        attachment.sha256: None
        for entry in ledger.entries[:position]
        for attachment in getattr(entry.statement, "attachments", ())
    }
    return sorted(found)


@cache
def built_in_catalogs() -> dict[str, bytes]:
    """The files of the catalogs that come with Posture, by name."""
    folder = Path(__file__).parent.parent / "catalogs"
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.toml"))}


@cache
def verify_script() -> bytes:
    """The verifier, as it lies in every bag."""
    return Path(verifier.__file__).read_bytes()
