"""Bags for outsiders, derived from a sealed run's bag: with pseudonyms for names, of some of the evidence, or both.

The derived statement is signed by the hospital's key and names the seal that it was made from. A selected bag holds
the sealed statement itself, and each of its files can be seen to be one of the sealed ones. A redacted bag can't: of
each original it has a commitment, a SHA-256 over a nonce that only the hospital can make and the original, which the
hospital opens for whom it chooses. A plain SHA-256 would let anybody try names until one fits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import msgspec

from posture import __version__
from posture.atomic import replacing
from posture.errors import PostureError
from posture.pseudonyms import Pseudonyms
from posture.redaction.files import Listed, Redacted, commitment, nonce, redact
from posture.redaction.leaks import Leaks
from posture.sealing import bags, keys, verifier
from posture.sealing.contents import BAGIT, Head
from posture.sealing.derived_readme import derived_readme
from posture.sealing.sealer import verify_script
from posture.sealing.seals import Seal
from posture.store import Store

__all__ = ["Sealed", "export_derived"]

_RESTORE = "restore the store from a backup: a bag is made only of what is as it was sealed"


class _Predicate(msgspec.Struct, frozen=True):
    run: dict[str, Any]
    evidence: tuple[Listed, ...]
    version: str


class _Statement(msgspec.Struct, frozen=True):
    predicate: _Predicate


class Sealed:
    """A sealed run, to derive from. Raises PostureError where it has no seal, or was changed."""

    def __init__(self, store: Store, run: str) -> None:
        self.seal: Seal = bags.sealed(store, run)
        try:
            self.bag = bags.StoredBag(store, self.seal)
            self.said = msgspec.json.decode(self.seal.statement, type=_Statement).predicate
        except (verifier.NotABag, msgspec.DecodeError) as error:
            raise PostureError(f"its seal can't be read: {error}", where=run, mend=_RESTORE) from error
        self._names = frozenset(self.bag.names())
        self._documents: dict[str, bytes] = {}

    def others(self) -> list[str]:
        """The names of all files that are of the hospital, but for the evidence."""
        return sorted(
            name
            for name in self._names
            if name.startswith("data/") and not name.startswith(("data/evidence/", _CATALOGS))
        )

    def catalogs(self) -> dict[str, bytes]:
        """The catalogs: they came with Posture."""
        return {name: self.bag.read(name) for name in sorted(self._names) if name.startswith(_CATALOGS)}

    def chosen(self, wanted: Collection[str] | None) -> list[Listed]:
        """The evidence that is wanted; None: all. Raises PostureError for an id that the run does not have."""
        if wanted is None:
            return list(self.said.evidence)
        there = {each.id: each for each in self.said.evidence}
        for each in wanted:
            if each not in there:
                mend = f"posture evidence list {self.seal.run}"
                raise PostureError(
                    f"the sealed run has no evidence {verifier.shown(each)[:64]}", where=self.seal.run, mend=mend
                )
        return [there[each] for each in sorted(set(wanted))]


_CATALOGS = "data/catalogs/"


def export_derived(  # noqa: PLR0913  # keywords, one a thing that is chosen
    store: Store,
    run: str,
    out: Path,
    *,
    evidence: Collection[str] | None = None,
    redact: bool = False,
    signer: keys.Signer,
    pseudonym_key: bytes | None = None,
    about: str = "",
) -> str:
    """Write a bag derived from a run's newest seal, and give the zip's SHA-256: the same again gives the same bytes.

    `evidence` are the ids of what it is limited to; such a bag has no assessment, scope, ledger or documents. `redact`
    replaces names, by the key of pseudonyms given (else the one beside the key of the store). `about` is a sentence
    for its README and statement, such as what was asked for. Raises PostureError where the run has no seal, the store
    has not everything as it was sealed, or a name was found that is still in it.
    """
    if evidence is None and not redact:
        raise PostureError("nothing is left out or replaced", where=run, mend="posture evidence export RUN -o FILE.zip")
    sealed = Sealed(store, run)
    if redact and pseudonym_key is None:
        pseudonym_key = keys.pseudonym_key(keys.pseudonym_place(keys.default_place(store)))
    about = " ".join(about.split())
    try:
        files = _files(sealed, evidence, Pseudonyms(pseudonym_key) if redact and pseudonym_key else None, signer, about)
        with replacing(out) as temporary:
            with temporary.open("w+b") as file:
                verifier.write_zip(file, ((name, len(data), [data]) for name, data in sorted(files.items())))
            found = bags.verify_file(temporary).problems
            if found:
                raise PostureError(found[0], where=run, mend=_RESTORE)
            digest = bags.digest_of(temporary)
    except verifier.NotABag as error:
        raise PostureError(str(error), where=run, mend=_RESTORE) from error
    except OSError as error:
        raise PostureError(f"the bag can't be written: {error.strerror}", where=str(out)) from error
    detail = {
        "seal": sealed.seal.number,
        "sha256": digest,
        "name": verifier.shown(out.name),
        "redacted": redact,
        "evidence": "all" if evidence is None else len(set(evidence)),
        "about": about,
    }
    store.did("exported", run, detail)
    return digest


def _files(
    sealed: Sealed, wanted: Collection[str] | None, pseudonyms: Pseudonyms | None, signer: keys.Signer, about: str
) -> dict[str, bytes]:
    listed = sealed.chosen(wanted)
    others = sealed.others() if wanted is None else [verifier.CUSTODY]
    if pseudonyms is None:
        data = {
            name: sealed.bag.read(name) for each in listed for name in (f"data/evidence/{each.id}.json", each.payload)
        }
        data |= {name: sealed.bag.read(name) for name in others}
        return _bag(sealed, listed, data, signer, about, selected=True, names=None, commitments=[])
    # Names are learnt from the whole run, also for a bag of a part of it: whose name it is, another part may say.
    made = redact(pseudonyms, sealed.bag.read, sealed.chosen(None), sealed.others())
    if wanted is not None:
        made = _limited(made, listed, others)
    commitments = _commitments(sealed, pseudonyms, made)
    return _bag(
        sealed,
        list(made.evidence),
        made.files,
        signer,
        about,
        selected=wanted is not None,
        names=made,
        commitments=commitments,
    )


def _limited(made: Redacted, listed: Iterable[Listed], others: Iterable[str]) -> Redacted:
    originals = {name for each in listed for name in (f"data/evidence/{each.id}.json", each.payload)} | set(others)
    files = {name: data for name, data in made.files.items() if made.origins[name] in originals}
    return msgspec.structs.replace(
        made,
        files=files,
        evidence=tuple(each for each in made.evidence if each.payload in files),
        origins={name: made.origins[name] for name in files},
        left_out=tuple(name for name in made.left_out if name in originals),
    )


def _commitments(sealed: Sealed, pseudonyms: Pseudonyms, made: Redacted) -> list[dict[str, str]]:
    """One for each original: of the file that it became, or of a kind that was left out."""
    found = []
    pairs = [*made.origins.items(), *(("", name) for name in made.left_out)]
    for name, original in pairs:
        salt = nonce(pseudonyms, sealed.seal.run, original)
        kind = original.split("/")[1].partition(".")[0]
        found.append({"commitment": commitment(salt, sealed.bag.read(original)), "file": name, "kind": kind})
    return sorted(found, key=lambda each: (each["file"], each["commitment"]))


def _bag(  # noqa: PLR0913  # keywords, one a part of the bag
    sealed: Sealed,
    listed: list[Listed],
    data: dict[str, bytes],
    signer: keys.Signer,
    about: str,
    *,
    selected: bool,
    names: Redacted | None,
    commitments: list[dict[str, str]],
) -> dict[str, bytes]:
    seal = sealed.seal
    data = {**data, **sealed.catalogs()}
    organisation = str(sealed.said.run.get("organisation", ""))
    if names is not None:
        organisation = names.names.name("organisation", organisation)
    digests = {name: verifier.sha256(content) for name, content in data.items()}
    info = {
        "Bag-Software-Agent": f"Posture {__version__}",
        "Bagging-Date": f"{seal.at:%Y-%m-%d}",
        "External-Identifier": seal.run,
        "Payload-Oxum": f"{sum(map(len, data.values()))}.{len(data)}",
        "Source-Organization": " ".join(organisation.split()),
    }
    tags = {
        "bagit.txt": BAGIT,
        "bag-info.txt": "".join(f"{key}: {value}\n" for key, value in info.items()).encode(),
        verifier.BAG_MANIFEST: verifier.bag_manifest(digests.items()),
        "README.txt": derived_readme(seal.run, redacted=names is not None, selected=selected, about=about).encode(),
        "verify.py": verify_script(),
        verifier.PUBLIC_KEY: signer.public_pem,
        **({} if names is not None else _originals(seal)),
    }
    digests |= {name: verifier.sha256(content) for name, content in tags.items()}
    predicate: dict[str, Any] = {
        "derived": {"redacted": names is not None, "selected": selected},
        "about": about,
        "run": {
            "id": seal.run,
            "state": seal.state,
            "organisation": organisation,
            "version": sealed.said.version,
        },
        "seal": seal.number,
        "sealed_at": seal.at,
        "original": {"seal": seal.number, "statement_sha256": seal.statement_sha256, "signer": seal.signer},
        "signer": signer.fingerprint,
        "version": __version__,
        "evidence": listed,
        "evidence_root": verifier.merkle_root(each.id for each in listed),
        "assessment": ({"sha256": digests[verifier.ASSESSMENT]} if verifier.ASSESSMENT in digests else None),
        "counts": {"evidence": len(listed), "evidence_sealed": len(sealed.said.evidence), "files": len(digests)},
        "commitments": commitments,
    }
    for what, name in (("custody", verifier.CUSTODY), ("ledger", verifier.LEDGER)):
        if name in data:
            predicate[what] = Head.of(data[name].splitlines())
    said = {
        "_type": verifier.STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(digests.items())],
        "predicateType": verifier.DERIVED_TYPE,
        "predicate": predicate,
    }
    statement = msgspec.json.encode(said, order="sorted")
    signature = signer.sign(verifier.pae(statement))
    signed = {
        verifier.STATEMENT: statement,
        verifier.SIGNATURE: signature,
        verifier.ENVELOPE: verifier.envelope(statement, signature, signer.fingerprint),
    }
    tag_digests = {name: digest for name, digest in digests.items() if not name.startswith("data/")}
    tag_digests |= {name: verifier.sha256(content) for name, content in signed.items()}
    whole = {**data, **tags, **signed, verifier.TAG_MANIFEST: verifier.bag_manifest(tag_digests.items())}
    if names is not None:
        _refuse_leaks(whole, names, seal.run)
    return whole


def _originals(seal: Seal) -> dict[str, bytes]:
    """The sealed statement with what belongs to it."""
    found = {
        verifier.STATEMENT: seal.statement,
        verifier.SIGNATURE: seal.signature,
        verifier.PUBLIC_KEY: seal.public_key,
    }
    if seal.timestamp is not None:
        found[verifier.TIMESTAMP] = seal.timestamp.response
        found[verifier.TIMESTAMP_CA] = seal.timestamp.authorities
        found[verifier.TIMESTAMP_SIGNATURE] = seal.timestamp.signature
    return {verifier.ORIGINAL + name: content for name, content in found.items()}


def _refuse_leaks(files: dict[str, bytes], made: Redacted, run: str) -> None:
    leaks = Leaks(made.names)
    for name, content in sorted(files.items()):
        if name.startswith(_CATALOGS) or name == "verify.py":  # they came with Posture, and with every other hospital's
            continue
        if kind := leaks.found(name.encode()) or leaks.found(content):
            raise PostureError(
                f"a name of the kind '{kind}' would still be in {name}, so the bag is not written",
                where=run,
                mend="it is a flaw of Posture: tell its maintainers the name of the file and the kind",
            )
