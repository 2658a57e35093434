"""What stands behind a pseudonym or a commitment, for the hospital that has the key and the store.

Nothing is kept for it: the runs of the store are redacted again, and the pseudonyms that come out are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from posture.errors import PostureError
from posture.pseudonyms import DIGITS, TOKEN, Pseudonyms
from posture.redaction.files import Redacted, commitment, nonce, redact
from posture.sealing import seals, verifier
from posture.sealing.derived import Sealed
from posture.store import Store

__all__ = ["Opened", "open_commitment", "reveal"]


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A commitment opened: the original's name in the run's whole bag, and what shows that it is the one."""

    run: str
    original: str
    nonce: str
    sha256: str
    commitment: str


def reveal(store: Store, key: bytes, tokens: Iterable[str], run: str = "") -> dict[str, str]:
    """The values behind these pseudonyms, as far as the runs of the store (the newest first) have them.

    What was revealed is recorded in custody, the values are not. Raises PostureError where no run is sealed.
    """
    wanted = list(dict.fromkeys(tokens))
    found: dict[str, str] = {}
    for sealed, made in _redacted(store, key, run):
        by_digits = {token[-DIGITS:]: value for token, value in made.names.values.items() if TOKEN.fullmatch(token)}
        for token in wanted:
            if token not in found and (value := _value(token, made.names.values, by_digits)) is not None:
                found[token] = value
                store.did("revealed", sealed.seal.run, {"pseudonym": verifier.shown(token)})
        if len(found) == len(wanted):
            break
    return {token: found[token] for token in wanted if token in found}


def _value(token: str, values: dict[str, str], by_digits: dict[str, str]) -> str | None:
    """Of a pseudonym, or of what is put together of some, as account-…@domain-…."""
    if token in values:
        return values[token]
    parts = list(TOKEN.finditer(token))
    if not parts or any(each[0][-DIGITS:] not in by_digits for each in parts):
        return None
    return TOKEN.sub(lambda each: by_digits[each[0][-DIGITS:]], token)


def open_commitment(store: Store, key: bytes, what: str, run: str = "") -> Opened:
    """Open a commitment, by the name of its file in the redacted bag or by itself. Raises PostureError for another."""
    pseudonyms = Pseudonyms(key)
    for sealed, made in _redacted(store, key, run):
        for name, original in [*made.origins.items(), *(("", each) for each in made.left_out)]:
            content = sealed.bag.read(original)
            salt = nonce(pseudonyms, sealed.seal.run, original)
            committed = commitment(salt, content)
            if what in {name or committed, committed}:
                store.did("opened", sealed.seal.run, {"commitment": committed, "original": original})
                return Opened(
                    run=sealed.seal.run,
                    original=original,
                    nonce=salt,
                    sha256=verifier.sha256(content),
                    commitment=committed,
                )
    raise PostureError(
        "no sealed run of this store has a file or a commitment of this name, by this key of pseudonyms",
        where=verifier.shown(what)[:200],
        mend="give the name of a file in the redacted bag (data/evidence/….json), or a commitment of its statement",
    )


def _redacted(store: Store, key: bytes, run: str) -> Iterator[tuple[Sealed, Redacted]]:
    runs = [run] if run else [each.id for each in store.runs() if seals.latest(store, each.id) is not None]
    pruned = store.pruned()
    for each in runs:
        if not run and each in pruned:
            continue
        sealed = Sealed(store, each)
        yield sealed, redact(Pseudonyms(key), sealed.bag.read, sealed.chosen(None), sealed.others())
