"""A sealed run as a bag: read from the store, written into a zip, and verified there or in the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from posture.atomic import replacing
from posture.errors import PostureError
from posture.sealing import consistency, custody, keys, seals, timestamp, verifier
from posture.sealing.seals import Seal
from posture.store import Store

__all__ = ["StoredBag", "digest_of", "export", "sealed", "verify_file", "verify_run"]


class _Subject(msgspec.Struct, frozen=True):
    name: str
    digest: dict[str, str]


class _Statement(msgspec.Struct, frozen=True):
    subject: tuple[_Subject, ...]


class StoredBag:
    """The bag of a seal, as the store has it. What is gone or changed comes out when it is read."""

    def __init__(self, store: Store, seal: Seal) -> None:
        self.faults: list[str] = []
        self._store, self._seal = store, seal
        try:
            said = msgspec.json.decode(seal.statement, type=_Statement)
            self._subjects = {each.name: each.digest["sha256"] for each in said.subject}
        except (msgspec.DecodeError, KeyError) as error:
            raise verifier.NotABag(f"{verifier.STATEMENT}: changed: {verifier.shown(error)}") from error
        signature = seal.signature
        signed = {
            verifier.STATEMENT: seal.statement,
            verifier.SIGNATURE: signature,
            verifier.ENVELOPE: verifier.envelope(seal.statement, signature, seal.signer),
        }
        if seal.timestamp is not None:
            signed[verifier.TIMESTAMP] = seal.timestamp.response
            signed[verifier.TIMESTAMP_CA] = seal.timestamp.authorities
            signed[verifier.TIMESTAMP_SIGNATURE] = seal.timestamp.signature
        tags = {name: digest for name, digest in self._subjects.items() if not name.startswith("data/")}
        tags |= {name: verifier.sha256(data) for name, data in signed.items()}
        self._signed = {**signed, verifier.TAG_MANIFEST: verifier.bag_manifest(tags.items())}

    def names(self) -> Iterable[str]:
        """All files, and evidence that came to the run since, but for a run that was taken up again."""
        names = {*self._subjects, *self._signed}
        if not _resumed(self._store, self._seal):
            names |= {f"data/evidence/{each}.json" for each in self._store.evidence_ids(self._seal.run)}
        return sorted(names)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """All files of the bag, in their order. Raises PostureError for one that the store has no more as it was."""
        for name in sorted({*self._subjects, *self._signed}):
            yield name, self.read(name)

    def stream(self, name: str) -> Iterator[bytes]:
        """A file's bytes. Raises NotABag where they are gone or changed."""
        try:
            yield self.read(name)
        except PostureError as error:
            raise verifier.NotABag(f"{name}: changed: {verifier.shown(error.what)}") from error

    def read(self, name: str) -> bytes:
        """A file whole. Raises PostureError where the store has it no more as it was."""
        if name in self._signed:
            return self._signed[name]
        folder, _, rest = name.rpartition("/")
        if folder == "data/evidence":
            record = self._store.evidence_by_id(rest.partition(".")[0])
            return record.envelope_bytes if rest == f"{record.id}.json" else record.payload
        if folder == "data/documents":
            return self._store.attachment(rest)
        return seals.blob(self._store, self._subjects.get(name, ""))


def export(store: Store, run: str, out: Path) -> str:
    """Write the bag of a run's newest seal, and give the zip's SHA-256: the same seal makes the same bytes.

    Raises PostureError where the run has no seal, or the store has not everything as it was sealed.
    """
    seal = sealed(store, run)
    try:
        bag = StoredBag(store, seal)
        with replacing(out) as temporary:
            with temporary.open("w+b") as file:
                verifier.write_zip(file, ((name, len(data), [data]) for name, data in bag.files()))
            found = verify_file(temporary).problems
            if found:
                more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
                raise PostureError(f"{found[0]}{more}", where=run, mend=_RESTORE)
            digest = digest_of(temporary)
    except verifier.NotABag as error:
        raise PostureError(str(error), where=run, mend=_RESTORE) from error
    except OSError as error:
        raise PostureError(f"the bag can't be written: {error.strerror}", where=str(out)) from error
    store.did("exported", run, {"seal": seal.number, "sha256": digest, "name": verifier.shown(out.name)})
    return digest


_RESTORE = "restore the store from a backup: a bag is made only of what is as it was sealed"


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _resumed(store: Store, seal: Seal) -> bool:
    """Whether the run was taken up again after this seal: custody says so before any evidence comes."""
    told = f'"statement_sha256":"{seal.statement_sha256}"'.encode()
    with store.reading() as connection:
        lines = custody.lines(connection)
    since = next((at for at, line in enumerate(lines) if told in line), len(lines))
    return any(b'"action":"resumed"' in line and seal.run.encode() in line for line in lines[since:])


def sealed(store: Store, run: str) -> Seal:
    """The newest seal of a run. Raises PostureError where it has none, saying why."""
    if (pruned := store.pruned().get(run)) is not None:
        raise PostureError(
            f"it was pruned on {pruned:%Y-%m-%d}: its seals and a tombstone are left",
            where=run,
            mend="verify a bag of it that was exported before; the chain is verified with any run that is kept",
        )
    seal = seals.latest(store, run)
    if seal is None and any(event.kind == "replayed" for event in store.events(run)):
        raise PostureError("it was judged from a bag, which has its own seal", where=run, mend="verify the bag itself")
    if seal is None:
        raise PostureError(
            "it was never sealed: it was stopped before its end, or made by an older Posture",
            where=run,
            mend=f"judging it seals it: posture audit --resume {run}, or posture report {run} --as-of INSTANT",
        )
    return seal


def verify_file(path: Path, wanted: str = "", authorities: bytes | None = None) -> verifier.Verdict:
    """Verify an exported bag, a zip or the folder it was unpacked into. Raises NotABag for what is none."""
    with closing(verifier.opened(path)) as bag:
        return verifier.verify(
            bag,
            keys.signature_holds,
            lambda response, own, message: timestamp.stamp(response, authorities or own, message),
            wanted,
        )


def verify_run(store: Store, run: str, wanted: str = "", authorities: bytes | None = None) -> verifier.Verdict:
    """Verify a run in the store: its newest seal as its bag would be, and the whole store by its seals and custody."""
    seal = sealed(store, run)
    verdict = verifier.verify(
        StoredBag(store, seal),
        keys.signature_holds,
        lambda response, own, message: timestamp.stamp(response, authorities or own, message),
        wanted,
    )
    checked, problems = list(verdict.checked), list(verdict.problems)
    for what, found in consistency.faults(store, run):
        checked.append(f"{'not so' if found else 'ok'}: {what}")
        problems += found
    return verifier.Verdict(
        checked=tuple(checked),
        problems=tuple(problems),
        signer=verdict.signer,
        established=verdict.established,
        stamped=verdict.stamped,
        predicate=verdict.predicate,
    )
