"""The files of a sealed run, redacted: from their bytes to others, and never from anything else. Pure but for reading.

Everything is gone over twice: names are learnt, then replaced. Evidence comes first, so that its new ids are known
where the assessment and custody name the old ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from posture.pseudonyms import Pseudonyms
from posture.redaction.documents import ASSESSMENT, CUSTODY, ENVELOPE, LEDGER, SCOPE, Rules, json_document, redacted
from posture.redaction.names import Names
from posture.redaction.own import own_words
from posture.redaction.payloads import payload
from posture.sealing import verifier

__all__ = ["Listed", "Redacted", "commitment", "learnt", "nonce", "redact"]

_DOCUMENTS: dict[str, Rules] = {
    "data/scope.json": SCOPE,
    verifier.LEDGER: LEDGER,
    verifier.CUSTODY: CUSTODY,
    verifier.ASSESSMENT: ASSESSMENT,
}
_SELECTED = (verifier.CUSTODY,)

Read = Callable[[str], bytes]


class Listed(msgspec.Struct, frozen=True):
    """A piece of evidence as a statement lists it."""

    id: str
    payload: str
    payload_sha256: str


class Redacted(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a run's files. `origins` are the names of the originals, by that of the file made of each.

    `left_out` are the names of originals that have no redacted form.
    """

    files: dict[str, bytes]
    evidence: tuple[Listed, ...]
    origins: dict[str, str]
    left_out: tuple[str, ...]
    names: Names


def nonce(pseudonyms: Pseudonyms, run: str, name: str) -> str:
    """What is hashed before an original: only the hospital can make it, and only for this file of this run."""
    return pseudonyms.digest("nonce", f"{run}/{name}".encode()).hex()


def commitment(salt: str, original: bytes) -> str:
    """SHA-256 of the nonce as a line, and the original: `(echo NONCE; cat FILE) | sha256sum`."""
    return hashlib.sha256(salt.encode() + b"\n" + original).hexdigest()


def redact(pseudonyms: Pseudonyms, read: Read, evidence: Sequence[Listed], others: Iterable[str]) -> Redacted:
    """The evidence, and of the other files those that have a redacted form. `read` gives a file by its name."""
    others = list(others)
    names = learnt(pseudonyms, read, evidence, others)
    files: dict[str, bytes] = {}
    origins: dict[str, str] = {}
    left_out: list[str] = []
    listed = []
    for each in evidence:
        made = _evidence(each, read, names)
        originals = (f"data/evidence/{each.id}.json", each.payload)
        if made is None:
            left_out += originals
            continue
        entry, envelope, content = made
        names.digests[each.id] = entry.id
        listed.append(entry)
        files |= {f"data/evidence/{entry.id}.json": envelope, entry.payload: content}
        origins |= dict(zip((f"data/evidence/{entry.id}.json", entry.payload), originals, strict=True))
    names.learned()
    for name in others:
        document = _document(name, read, names)
        if document is None:
            left_out.append(name)
        else:
            files[name], origins[name] = document, name
    return Redacted(
        files=files,
        evidence=tuple(sorted(listed, key=lambda each: each.id)),
        origins=origins,
        left_out=tuple(sorted(left_out)),
        names=names,
    )


def learnt(pseudonyms: Pseudonyms, read: Read, evidence: Sequence[Listed], others: Iterable[str]) -> Names:
    """All names in these files."""
    names = Names(pseudonyms, own_words())
    for name in others:
        _document(name, read, names, indented=False)
    for each in evidence:
        _evidence(each, read, names)
    names.learned()
    return names


def _evidence(each: Listed, read: Read, names: Names) -> tuple[Listed, bytes, bytes] | None:
    said: dict[str, Any] = json.loads(read(f"data/evidence/{each.id}.json"))
    content = payload(str(said.get("format")), read(each.payload), names)
    if content is None:
        return None
    digest = verifier.sha256(content)
    made = redacted({key: value for key, value in said.items() if not key.startswith("payload_")}, names, ENVELOPE)
    envelope = msgspec.json.encode({**made, "payload_sha256": digest, "payload_size": len(content)}, order="sorted")
    new = verifier.sha256(envelope)
    ending = each.payload.partition(".payload.")[2]
    return Listed(new, f"data/evidence/{new}.payload.{ending}", digest), envelope, content


def _document(name: str, read: Read, names: Names, *, indented: bool = True) -> bytes | None:
    rules = _DOCUMENTS.get(name)
    if rules is None:
        return None
    if name.endswith(".jsonl"):
        return b"".join(_chained(read(name).splitlines(), names, rules))
    made = json_document(read(name), names, rules)
    return made if made is None or not indented else msgspec.json.format(made, indent=1) + b"\n"


def _chained(lines: Iterable[bytes], names: Names, rules: Rules) -> Iterator[bytes]:
    """A chain made anew over its redacted entries: their number and order are what they were."""
    previous = verifier.NO_DIGEST
    for line in lines:
        entry = json.loads(line)
        made = redacted({key: value for key, value in entry.items() if key != "previous"}, names, rules)
        again = msgspec.json.encode({**made, "previous": previous}, order="sorted")
        previous = verifier.sha256(again)
        yield again + b"\n"
