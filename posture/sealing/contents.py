"""What lies in a run's bag, and the statement about it that is signed. Pure.

A bag (BagIt, RFC 8493) is settled when its run is sealed, to the last byte: exporting it later only writes it down.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from posture.assessment import Assessment
from posture.model import Evidence
from posture.sealing import verifier
from posture.sealing.inputs import Inputs
from posture.sealing.readme import readme
from posture.store import RunRecord

__all__ = [
    "ASSESSMENT",
    "BAGIT",
    "INPUTS",
    "Contents",
    "Draft",
    "Head",
    "assessment_document",
    "draft",
    "payload_path",
    "settled",
    "statement",
]

ASSESSMENT = verifier.ASSESSMENT
INPUTS = "data/inputs.json"
_EXTENSIONS = {"nmap-xml": "xml", "nessus-v2": "nessus", "bloodhound": "json"}
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
"""The text of `bagit.txt`."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chain stood: the number of its last entry, and the SHA-256 of that entry's line."""

    position: int
    head: str

    @classmethod
    def of(cls, lines: Sequence[bytes]) -> Head:
        """The head of a chain of these lines."""
        return cls(position=len(lines), head=verifier.sha256(lines[-1]) if lines else verifier.NO_DIGEST)


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a bag by name: `digests` of all that are signed, and the bytes of those that are `made` for it.

    The others are in the store under their digests. `evidence` is what the statement says of each piece.
    """

    digests: dict[str, str]
    made: dict[str, bytes]
    evidence: tuple[dict[str, str], ...]
    size: int


def payload_path(record: Evidence) -> str:
    """The name of a piece of evidence's payload, by its format."""
    form = record.envelope.format
    return f"data/evidence/{record.id}.payload.{_EXTENSIONS.get(form, form)}"


def assessment_document(assessment: Assessment) -> bytes:
    """`assessment.json`, as `posture report -f json` writes it."""
    return msgspec.json.format(msgspec.json.encode(assessment, order="sorted"), indent=2) + b"\n"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a bag before custody is settled: `held` in the store, by digest and size, or `made` for it."""

    held: dict[str, tuple[str, int]]
    made: dict[str, bytes]
    evidence: tuple[dict[str, str], ...]


def draft(  # noqa: PLR0913  # keywords, one a part of the bag
    *,
    run: RunRecord,
    evidence: Iterable[Evidence],
    assessment: Assessment | None,
    inputs: Inputs | None,
    ledger: Sequence[bytes],
    reference: Mapping[str, bytes],
    documents: Mapping[str, int],
    catalogs: Mapping[str, bytes],
) -> Draft:
    """The files that don't depend on when it is sealed. `documents` were handed in with answers: SHA-256 and size.

    `reference` is the reference data that it was judged with, by its name in the bag.
    """
    held = {f"data/documents/{digest}": (digest, size) for digest, size in documents.items()}
    listed = []
    for record in evidence:
        path = payload_path(record)
        held[f"data/evidence/{record.id}.json"] = record.id, len(record.envelope_bytes)
        held[path] = record.envelope.payload_sha256, record.envelope.payload_size
        listed.append({"id": record.id, "payload": path, "payload_sha256": record.envelope.payload_sha256})
    made = {
        verifier.LEDGER: _lines(ledger),
        "data/scope.json": msgspec.json.format(msgspec.json.encode(run.scope, order="sorted"), indent=1) + b"\n",
        **{f"data/catalogs/{name}": text for name, text in catalogs.items()},
        **reference,
    }
    if assessment is not None and inputs is not None:
        made |= {ASSESSMENT: assessment_document(assessment), INPUTS: inputs.document()}
    return Draft(held=held, made=made, evidence=tuple(sorted(listed, key=lambda each: each["id"])))


def settled(  # noqa: PLR0913  # keywords, one a part of the bag
    begun: Draft, *, run: RunRecord, at: datetime, custody: Sequence[bytes], public_pem: bytes, script: bytes
) -> Contents:
    """All files of the bag, sealed at this instant, with the chain of custody up to then."""
    made = {**begun.made, verifier.CUSTODY: _lines(custody)}
    digests = {name: digest for name, (digest, _) in begun.held.items()}
    digests |= {name: verifier.sha256(data) for name, data in made.items()}
    octets = sum(size for _, size in begun.held.values()) + sum(map(len, made.values()))
    tags = {
        "bagit.txt": BAGIT,
        "bag-info.txt": _bag_info(run, at, octets, len(digests)),
        verifier.BAG_MANIFEST: verifier.bag_manifest(digests.items()),
        "README.txt": readme(run.id).encode(),
        "verify.py": script,
        verifier.PUBLIC_KEY: public_pem,
    }
    digests |= {name: verifier.sha256(data) for name, data in tags.items()}
    return Contents(
        digests=dict(sorted(digests.items())),
        made={**made, **tags},
        evidence=begun.evidence,
        size=octets + sum(map(len, tags.values())),
    )


def _lines(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _bag_info(run: RunRecord, at: datetime, octets: int, files: int) -> bytes:
    organisation = " ".join(run.scope.organisation.name.split())
    fields = {
        "Bag-Software-Agent": f"Posture {run.version}",
        "Bagging-Date": f"{at:%Y-%m-%d}",
        "External-Identifier": run.id,
        "Payload-Oxum": f"{octets}.{files}",
        "Source-Organization": organisation,
    }
    return "".join(f"{key}: {value}\n" for key, value in fields.items()).encode()


def statement(  # noqa: PLR0913  # keywords, one a thing that is said
    *,
    run: RunRecord,
    state: str,
    at: datetime,
    number: int,
    previous: str,
    files: Contents,
    assessment: Assessment | None,
    inputs: Inputs | None,
    ledger: Head,
    custody: Head,
    events: Head,
    catalogs: Mapping[str, bytes],
    runs: Sequence[Mapping[str, str]],
    signer: str,
    timestamp_server: str,
    version: str,
) -> bytes:
    """The statement about a run that is signed (in-toto Statement v1): its subjects are all files of the bag."""
    method = assessment.method if assessment else None
    predicate: dict[str, Any] = {
        "run": {
            "id": run.id,
            "started": run.started,
            "as_of": method.as_of if method else run.as_of,
            "operator": run.operator,
            "host": run.host,
            "organisation": run.scope.organisation.name,
            "state": state,
            "version": run.version,
        },
        "sealed_at": at,
        "seal": number,
        "previous_seal_sha256": previous,
        "signer": signer,
        "timestamp_server": timestamp_server,
        "version": version,
        "scope_sha256": hashlib.sha256(msgspec.json.encode(run.scope, order="sorted")).hexdigest(),
        "evidence": files.evidence,
        "evidence_root": verifier.merkle_root(each["id"] for each in files.evidence),
        "counts": {
            "evidence": len(files.evidence),
            "files": len(files.digests),
            "bytes": files.size,
            "observations": len(assessment.observations) if assessment else 0,
            "controls": len(assessment.controls) if assessment else 0,
            "gaps": len(assessment.gaps) if assessment else 0,
        },
        "assessment": (
            {"fingerprint": assessment.fingerprint, "sha256": files.digests[ASSESSMENT]} if assessment else None
        ),
        "checks": method.check_files if method else (),
        "catalogs": [{"name": name, "sha256": verifier.sha256(text)} for name, text in sorted(catalogs.items())],
        "reference": inputs.reference if inputs else (),
        "ledger": ledger,
        "custody": custody,
        "events": events,
        "runs": runs,
    }
    said = {
        "_type": verifier.STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in files.digests.items()],
        "predicateType": verifier.PREDICATE_TYPE,
        "predicate": predicate,
    }
    return msgspec.json.encode(said, order="sorted")
