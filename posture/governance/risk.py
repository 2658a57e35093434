"""The risk register: likelihood and impact after NIST SP 800-30 Rev. 1, each factor shown, carried from run to run.

It feeds the hospital's own risk analysis, 45 CFR 164.308(a)(1)(ii)(A), and never satisfies it: see `NOT_AN_ANALYSIS`.
Pure. The scales, and how a hospital is placed on them, are in `posture.governance.sp800_30`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, Literal

import msgspec

from posture.assessment import Asset, ClinicalService, ControlResult, ExceptionResult, Gap, Observation
from posture.assessment.risks import Factor, Level, Risk
from posture.catalog import SCORED
from posture.governance import factors, sp800_30
from posture.governance.answers import speaking
from posture.governance.factors import Reach
from posture.governance.ledger import Ledger, Treatment
from posture.governance.looked import Looked, about_control
from posture.governance.period import today
from posture.model import Record, Status
from posture.presentation import plural
from posture.resilience.services import lacking
from posture.scope import Scope

__all__ = ["NOT_AN_ANALYSIS", "register"]

NOT_AN_ANALYSIS: Final = (
    "This register feeds the risk analysis that 45 CFR 164.308(a)(1)(ii)(A) requires, and does not satisfy it: it "
    "knows only what was scanned, answered and declared. The hospital's own analysis has to cover all of its ePHI."
)


_RATED: Final = ("factors", "likelihood", "impact", "subjects", "ephi")
"""What a level is made of."""


class _Draft(Record, frozen=True, kw_only=True):
    """A risk as this run sees it, before it is set beside the earlier register and the ledger."""

    source: Literal["gap", "control", "service"]
    about: str
    title: str
    factors: tuple[Factor, ...]
    likelihood: Level
    impact: Level
    accepted: bool = False
    subjects: int
    ephi: str = ""
    services: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    why: str
    fix: str
    found_on: tuple[str, ...]
    seen: date | None = None


def register(  # noqa: PLR0913  # the register is made of all of these
    *,
    gaps: Sequence[Gap],
    controls: Sequence[ControlResult],
    observations: Sequence[Observation],
    services: Sequence[ClinicalService],
    scope: Scope,
    ledger: Ledger,
    exceptions: Sequence[ExceptionResult],
    earlier: Sequence[Risk],
    as_of: datetime,
    assets: Sequence[Asset] = (),
    collected: Mapping[str, date] | None = None,
) -> tuple[Risk, ...]:
    """The risks of this run and those carried from the earlier register, the worst first, closed ones last.

    There is one for each gap, each control that was answered *no* or *partly* and is not met otherwise, and each
    service that lacks something for downtime. `earlier` is the register of the run before. What it has and this run
    has not is `closed`, and dropped after that, only if this run looked: for a gap, its check judged something, has no
    fail, unknown or error, and each subject was judged again (a directory: was read again; `assets` show that).
    Otherwise it is `not-seen`, and stays. One that is seen in a part of where it was is rated no lower than it was, and
    accepted only if the rest was by the same exceptions. `collected` are the days of pieces of evidence: what is older
    than the day a gap was last seen does not close it. Exceptions make a risk `accepted` and never change its level.
    """
    day = today(as_of, scope.organisation.time_zone)
    in_force = {each.id for each in exceptions if each.state == "in-force"}
    looked = Looked(
        controls=controls,
        observations=observations,
        services=services,
        scope=scope,
        answers=speaking(ledger, day),
        assets=assets,
        collected=collected or {},
    )
    reach = Reach(services, scope)
    drafts = [
        *(_of_gap(gap, looked, scope, reach, in_force) for gap in gaps),
        *(draft for control in controls if (draft := _of_control(control, looked, in_force))),
        *(_of_service(service, reach) for service in services if lacking(service)),
    ]
    before: dict[tuple[str, str], Risk] = {(risk.source, risk.about): risk for risk in earlier}
    ids = _ids([(draft.source, draft.about) for draft in drafts], before)
    risks = [
        *(
            _seen(draft, ids[draft.source, draft.about], before.get((draft.source, draft.about)), looked, day)
            for draft in drafts
        ),
        *(_carried(risk, looked) for about, risk in before.items() if about not in ids and risk.state != "closed"),
    ]
    treatments = {
        entry.statement.risk: entry.statement
        for entry in ledger.of(Treatment)
        if isinstance(entry.statement, Treatment)
    }
    ordered = sorted((_treated(risk, treatments.get(risk.id), day) for risk in risks), key=_order)
    return tuple(msgspec.structs.replace(risk, place=place) for place, risk in enumerate(ordered, 1))


def _order(risk: Risk) -> tuple[object, ...]:
    worst = (-sp800_30.rank(level) for level in (risk.level, risk.impact, risk.likelihood))
    return (risk.state == "closed", *worst, -risk.subjects, risk.id)


# ── what this run sees ───────────────────────────────────────────────────────────────────────────────────────────


def _of_gap(gap: Gap, looked: Looked, scope: Scope, reach: Reach, in_force: Container[str]) -> _Draft:
    fails = looked.fails.get(gap.check, ())
    services = tuple(sorted({each for fail in fails for each in reach.of(fail)}))
    ephi = factors.worst_ephi(fails)
    exposure, weakness = factors.exposure(fails, scope), factors.weakness(gap.severity)
    placed = all(fail.place in scope.zones or fail.place in scope.directories for fail in fails)
    data, stopped = factors.data(fails, ephi), reach.factor(services, placed=placed)
    extent = factors.extent(gap.failed, f"{plural(gap.failed, 'subject')} {'has' if gap.failed == 1 else 'have'} it")
    exceptions = tuple(each for each in gap.exceptions if each in in_force)
    return _Draft(
        source="gap",
        about=gap.check,
        title=gap.title,
        factors=(exposure, weakness, data, stopped, extent),
        likelihood=sp800_30.overall_likelihood(exposure.level, weakness.level),
        impact=sp800_30.impact(data.level, stopped.level, extent.level),
        accepted=bool(exceptions) and gap.accepted == gap.failed,
        subjects=gap.failed,
        ephi=ephi,
        services=services,
        controls=gap.contradicts,
        exceptions=exceptions,
        why=gap.why,
        fix=gap.fix,
        found_on=tuple(sorted({_found_on(fail, scope) for fail in fails})),
        seen=looked.seen(fails),
    )


def _found_on(fail: Observation, scope: Scope) -> str:
    return f"directory:{fail.place}" if fail.place in scope.directories else fail.subject


def _of_control(control: ControlResult, looked: Looked, in_force: Container[str]) -> _Draft | None:
    wanting = looked.wanting(control)
    if not wanting:
        return None
    worst: Literal["no", "partly"] = "no" if any(said.answer == "no" for said in wanting.values()) else "partly"
    exposure = Factor(
        of="likelihood",
        name="Exposure",
        level=sp800_30.UNKNOWN_EXPOSURE,
        why="It concerns the whole organisation, so it is counted as for systems that users reach (Table G-2).",
    )
    weakness = Factor(
        of="likelihood", name="Weakness", level=sp800_30.ANSWER[worst], why=f"It was answered “{worst}” (Table G-4)."
    )
    ephi = "yes" if control.catalog == SCORED else "unknown"
    data = Factor(
        of="impact",
        name="Data",
        level=sp800_30.EPHI[ephi],
        why="The Security Rule asks for it to protect ePHI."
        if ephi == "yes"
        else "Whether it concerns ePHI is not stated, so it counts as yes.",
    )
    stopped = Factor(
        of="impact",
        name="Clinical services",
        level=sp800_30.UNKNOWN_DEPENDENCE,
        why="It concerns the whole organisation: which services would stop is not known.",
    )
    extent = factors.extent(len(wanting), f"{plural(len(wanting), 'answer')} of this kind")
    said = "; ".join(
        f"{f'{party}: ' if party else ''}{answer.answer}, by {answer.owner} on {answer.attested_on.isoformat()}"
        for party, answer in sorted(wanting.items())
    )
    return _Draft(
        source="control",
        about=about_control(control),
        title=f"{control.title}: answered {worst}",
        factors=(exposure, weakness, data, stopped, extent),
        likelihood=sp800_30.overall_likelihood(exposure.level, weakness.level),
        impact=sp800_30.impact(data.level, stopped.level, extent.level),
        accepted=all(looked.status(control, party) is Status.RISK_ACCEPTED for party in wanting),
        subjects=len(wanting),
        ephi=ephi,
        controls=(control.id,),
        exceptions=tuple(each for each in control.exceptions if each in in_force),
        why=f"{control.id} was answered: {said}.",
        fix=control.text or "Do what the control asks for, then answer its question again.",
        found_on=tuple(sorted(f"party:{party}" for party in wanting)),
    )


def _of_service(service: ClinicalService, reach: Reach) -> _Draft:
    lacks = lacking(service)
    services = tuple(sorted({service.id, *reach.by_service.get(service.id, ())}))
    downtime = Factor(
        of="likelihood",
        name="Downtime",
        level=sp800_30.DOWNTIME,
        why="Every service is down at times, planned or not: counted as one to ten times a year (Table G-3).",
    )
    readiness = Factor(
        of="likelihood",
        name="Readiness",
        level=sp800_30.lacking_items(len(lacks)),
        why=f"It lacks {len(lacks)} of {len(service.readiness)} things for downtime (Table G-4).",
    )
    stopped = reach.factor(services)
    return _Draft(
        source="service",
        about=service.id,
        title=f"{service.name} is not ready for downtime",
        factors=(downtime, readiness, stopped),
        likelihood=sp800_30.overall_likelihood(downtime.level, readiness.level),
        impact=stopped.level,
        subjects=1,
        services=services,
        controls=tuple(item.control for item in lacks),
        why=" ".join(f"{item.name}: {item.said}" for item in lacks),
        fix="Do what is lacking, and state it for the service in posture.toml.",
        found_on=(f"service:{service.id}",),
    )


# ── from run to run ──────────────────────────────────────────────────────────────────────────────────────────────


def _ids(found: Iterable[tuple[str, str]], earlier: Mapping[tuple[str, str], Risk]) -> dict[tuple[str, str], str]:
    """An id for each risk, by its source and what it is about: the earlier one, or 30 bits of a hash, or more."""
    taken = {risk.id for risk in earlier.values()}
    ids: dict[tuple[str, str], str] = {}
    for about in sorted(found):
        if about in earlier:
            ids[about] = earlier[about].id
            continue
        digits = base64.b32encode(hashlib.sha256("\n".join(about).encode()).digest()).decode().rstrip("=")
        ids[about] = next(name for length in range(6, len(digits) + 1) if (name := f"R-{digits[:length]}") not in taken)
        taken.add(ids[about])
    return ids


def _seen(draft: _Draft, name: str, before: Risk | None, looked: Looked, day: date) -> Risk:
    shared = {
        field: getattr(draft, field)
        for field in draft.__struct_fields__
        if field not in {"accepted", "found_on", "seen"}
    }
    seen = min(draft.seen or day, day)
    left = looked.left(before) if before and before.state != "closed" else ()
    level, accepted = sp800_30.risk_level(draft.likelihood, draft.impact), draft.accepted
    if before and {looked.key(each) for each in left} - {*draft.found_on}:  # where it did not look, it is as it was
        accepted &= before.state == "accepted" and {*before.exceptions} <= {*draft.exceptions}
        if sp800_30.rank(before.level) > sp800_30.rank(level):
            level = before.level
            shared |= {field: getattr(before, field) for field in _RATED}
            shared["services"] = tuple(sorted({*before.services, *draft.services}))
    return Risk(
        **shared,
        id=name,
        place=0,
        state="accepted" if accepted else "open",
        level=level,
        first_seen=min(before.first_seen, seen) if before else seen,
        last_seen=max(before.last_seen, seen) if before else seen,
        found_on=tuple(sorted({*draft.found_on, *left})),
    )


def _carried(risk: Risk, looked: Looked) -> Risk:
    if looked.closed(risk):
        return msgspec.structs.replace(risk, state="closed")
    return msgspec.structs.replace(risk, state="not-seen", found_on=looked.left(risk) or risk.found_on)


def _treated(risk: Risk, treatment: Treatment | None, day: date) -> Risk:
    if treatment is None:
        return msgspec.structs.replace(risk, owner="", response="", due=None, overdue=False, note="")
    return msgspec.structs.replace(
        risk,
        owner=treatment.owner,
        response=treatment.response,
        due=treatment.due,
        overdue=treatment.due is not None and treatment.due < day and risk.state != "closed",
        note=treatment.note,
    )
