"""Which answer to a question speaks on a day. Pure."""

from __future__ import annotations

from datetime import date

from posture.governance.ledger import Attestation, Ledger
from posture.governance.period import state

__all__ = ["speaking"]


def speaking(ledger: Ledger, on: date) -> dict[tuple[str, str, str], Attestation]:
    """The answers in force on a day, by catalog, control and party.

    The newest entry that was attested by that day is the one that speaks. Once it has expired there is no answer,
    even where an older one would still hold.
    """
    newest: dict[tuple[str, str, str], Attestation] = {}
    for entry in ledger.of(Attestation):
        said = entry.statement
        if isinstance(said, Attestation) and said.attested_on <= on:
            newest[said.catalog, said.control, said.party] = said
    return {about: said for about, said in newest.items() if state(said.attested_on, said.expires, on) == "in-force"}
