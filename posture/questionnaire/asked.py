"""What is asked and of whom, and what was answered last. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

import msgspec

from posture.assessment import AttestationResult, DecisionResult
from posture.catalog import SCORED, Catalog, Control
from posture.errors import PostureError
from posture.governance.answers import attestations, decisions, parties
from posture.governance.ledger import Ledger
from posture.governance.period import today
from posture.model import Record
from posture.presentation import ANSWER_STATES, EXPIRING, visible
from posture.questionnaire.shape import ORGANISATION
from posture.scope import Scope

__all__ = [
    "USUAL",
    "Addressable",
    "Only",
    "Question",
    "addressables",
    "chosen",
    "labels",
    "questions",
    "shown",
    "state_word",
]

USUAL: Final = (SCORED, "hipaa-breach-notification")
"""The catalogs that are asked about where none is named."""

Only: TypeAlias = Literal["missing", "expiring", "expired"]


class Question(Record, frozen=True, kw_only=True):
    """One control's question to one party; `label` is how the workbook names the party."""

    control: Control
    label: str
    last: AttestationResult


class Addressable(Record, frozen=True, kw_only=True):
    """One addressable specification and party, with the decision that was recorded last, and whether it ends soon."""

    control: Control
    label: str
    expiring: bool
    last: DecisionResult


def chosen(catalogs: Iterable[Catalog], names: Sequence[str]) -> tuple[Catalog, ...]:
    """The catalogs with these ids, or the usual ones. Raises PostureError for one that is not there."""
    known = {each.catalog.id: each for each in catalogs}
    for name in names:
        if name not in known:
            raise PostureError(
                f"there is no catalog {name!r}", where="--catalog", mend=f"there are: {', '.join(known)}"
            )
    return tuple(known[name] for name in dict.fromkeys(names or USUAL) if name in known)


def labels(control: Control, scope: Scope) -> dict[str, str]:
    """How each party that a control's question is asked of is named in the workbook."""
    sites = {site.id: f"{site.name} ({site.id})" for site in scope.site}
    return {
        party: " ".join(visible(sites.get(party, party) if control.per == "site" else party).split()) or ORGANISATION
        for party in parties(control, scope)
    }


def questions(
    catalogs: Sequence[Catalog], scope: Scope, ledger: Ledger, as_of: datetime, only: Collection[Only] = ()
) -> tuple[Question, ...]:
    """Every question and party, in the order of the catalogs; with `only`, those in one of these states."""
    controls = {(each.catalog.id, control.id): control for each in catalogs for control in each.control}
    return tuple(
        Question(control=control, label=labels(control, scope).get(last.party, last.party), last=last)
        for last in attestations(ledger, catalogs, scope, as_of)
        if (control := controls.get((last.catalog, last.control)))
        and _wanted(only, missing=last.state == "missing", expiring=last.expiring, expired=last.state == "expired")
    )


def addressables(
    catalogs: Sequence[Catalog], scope: Scope, ledger: Ledger, as_of: datetime, only: Collection[Only] = ()
) -> tuple[Addressable, ...]:
    """Every addressable specification of the scored catalog and party, if it is asked about; `only` as above."""
    notice = timedelta(days=scope.thresholds.attestation_notice_days)
    on = today(as_of, scope.organisation.time_zone)
    found = []
    for each in catalogs:
        controls = {control.id: control for control in each.control}
        for last in decisions(ledger, each, scope, as_of) if each.catalog.id == SCORED else ():
            control = controls[last.control]
            ends = last.review_by if last.state == "in-force" else None
            expiring = ends is not None and ends - on <= notice
            if _wanted(only, missing=last.state == "missing", expiring=expiring, expired=last.state == "expired"):
                label = labels(control, scope).get(last.party, last.party)
                found.append(Addressable(control=control, label=label, expiring=expiring, last=last))
    return tuple(found)


def _wanted(only: Collection[Only], *, missing: bool, expiring: bool, expired: bool) -> bool:
    return not only or any(
        (missing and "missing" in only, expiring and "expiring" in only, expired and "expired" in only)
    )


def state_word(state: str, *, expiring: bool) -> str:
    """The state as people read it."""
    return EXPIRING.word if expiring else ANSWER_STATES[state].word


def shown(thing: msgspec.Struct) -> object:
    """A statement as plain data with its texts made visible: what a workbook can show of it, to compare."""
    return _visible(msgspec.to_builtins(thing))


def _visible(data: object) -> object:
    if isinstance(data, str):
        return visible(data).strip()
    if isinstance(data, dict):
        return {key: _visible(value) for key, value in data.items()}
    return [_visible(each) for each in data] if isinstance(data, (list, tuple)) else data
