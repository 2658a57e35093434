"""How runs stand, for their reports: beside the assessment that was sealed, never in it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from posture.assessment import Assessment, RunEntry, SealInfo, Standing
from posture.sealing import keys, seals, timestamp, verifier
from posture.sealing.sealer import state_of
from posture.sealing.seals import Seal
from posture.store import Store

__all__ = ["seal_info", "with_standing"]


class _Judged(msgspec.Struct, frozen=True):
    fingerprint: str


class _Predicate(msgspec.Struct, frozen=True):
    assessment: _Judged | None = None


class _Statement(msgspec.Struct, frozen=True):
    predicate: _Predicate


def with_standing(store: Store, assessment: Assessment) -> Assessment:
    """The assessment with how it stands and the list of all runs, both under `run`."""
    zone = ZoneInfo(assessment.organisation.time_zone)
    entries = tuple(
        RunEntry(
            id=each.id,
            started=each.started.astimezone(zone),
            state=state_of(store, each.id),
            standing=_standing(seals.latest(store, each.id)),
            organisation=each.scope.organisation.name,
            operator=each.operator,
        )
        for each in store.runs()
    )
    run = msgspec.structs.replace(assessment.run, seal=seal_info(store, assessment), runs=entries)
    return msgspec.structs.replace(assessment, run=run)


def seal_info(store: Store, assessment: Assessment) -> SealInfo:
    """The seal of just this assessment; *unsealed* where there is none, or where it does not hold."""
    seal = seals.latest(store, assessment.run.id, assessment.fingerprint)
    if seal is None:
        came = next((event.detail for event in store.events(assessment.run.id) if event.kind == "replayed"), None)
        if came is None:
            other = seals.latest(store, assessment.run.id)
            verify = f"posture evidence verify {assessment.run.id}"
            return SealInfo(note=f"The run has a seal, and it is not of what this says: {verify}" if other else "")
        return SealInfo(note=f"Judged from the bag of run {came['of']}, which was sealed by the key {came['signer']}")
    standing = _standing(seal)
    if standing == "unsealed" or _fingerprint(seal) != assessment.fingerprint:
        return SealInfo(note=f"It has a seal that does not hold: posture evidence verify {assessment.run.id}")
    zone = ZoneInfo(assessment.organisation.time_zone)
    return SealInfo(
        standing=standing,
        number=seal.number,
        signer=seal.signer,
        sealed_at=seal.at.astimezone(zone),
        statement_sha256=seal.statement_sha256,
        stamped=seal.timestamp.stamped.astimezone(zone) if seal.timestamp and standing == "timestamped" else None,
    )


def _standing(seal: Seal | None) -> Standing:
    if seal is None or not keys.signature_holds(seal.public_key, verifier.pae(seal.statement), seal.signature):
        return "unsealed"
    if (stamp := seal.timestamp) is None:
        return "sealed"
    message = verifier.timestamp_message(stamp.response, stamp.authorities)
    if not keys.signature_holds(seal.public_key, message, stamp.signature):
        return "unsealed"
    try:
        said = timestamp.checked(stamp.response, stamp.authorities, seal.signature)
    except ValueError:
        return "sealed"
    same = said.replace(microsecond=0) == stamp.stamped.replace(microsecond=0)
    return "timestamped" if same else "sealed"


def _fingerprint(seal: Seal) -> str:
    try:
        judged = msgspec.json.decode(seal.statement, type=_Statement).predicate.assessment
    except msgspec.DecodeError:
        return ""
    return judged.fingerprint if judged else ""
