"""Observations and a catalog in, findings out. Pure.

A scan alone satisfies nothing: policy as well as implementation is wanted, so EXAMINE or INTERVIEW is always missing
until somebody attests. A fail counts against a control only where the catalog says that it contradicts it, and only
on a subject that holds or reaches ePHI (unknown counts as yes).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from posture.assessment import (
    Asset,
    CheckResult,
    ControlCheck,
    ControlResult,
    FamilyCount,
    Gap,
    Observation,
)
from posture.catalog import Catalog, Control
from posture.check import Check
from posture.inventory import Inventory
from posture.model import Method, Outcome, Status
from posture.presentation import plural
from posture.scope import Scope

__all__ = ["assets", "check_results", "control_results", "family_counts", "gaps"]


def _number(observations: Iterable[Observation], outcome: Outcome) -> int:
    return sum(each.count or 1 for each in observations if each.outcome is outcome)


def check_results(
    checks: Mapping[str, Check], observations: Sequence[Observation], catalog: Catalog
) -> tuple[CheckResult, ...]:
    """Each check with its text and how many subjects each outcome has."""
    by_check = _by_check(observations)
    results = []
    for check in checks.values():
        own = by_check.get(check.id, [])
        contradicts, supports = catalog.bearing(check.id)
        results.append(
            CheckResult(
                id=check.id,
                title=check.title,
                severity=check.severity,
                kind=check.kind,
                summary=check.summary,
                why=check.why,
                fix=check.fix,
                sources=check.sources,
                passed=_number(own, Outcome.PASS),
                failed=_number(own, Outcome.FAIL),
                unknown=_number(own, Outcome.UNKNOWN),
                not_applicable=_number(own, Outcome.NOT_APPLICABLE),
                errors=_number(own, Outcome.ERROR),
                controls=(*contradicts, *supports),
            )
        )
    return tuple(results)


def _by_check(observations: Iterable[Observation]) -> dict[str, list[Observation]]:
    grouped: dict[str, list[Observation]] = {}
    for each in observations:
        grouped.setdefault(each.check, []).append(each)
    return grouped


def gaps(checks: Mapping[str, Check], observations: Sequence[Observation], catalog: Catalog) -> tuple[Gap, ...]:
    """One gap a failed check, the worst first: by severity, then by subjects with ePHI, then by subjects."""
    found = []
    for check, own in _by_check(observations).items():
        fails = [each for each in own if each.outcome is Outcome.FAIL]
        if not fails:
            continue
        contradicts, supports = catalog.bearing(check)
        described = checks[check]
        found.append(
            Gap(
                check=check,
                title=described.title,
                severity=min((each.severity for each in fails), key=lambda severity: severity.rank),
                kind=described.kind,
                failed=len(fails),
                judged=len(fails) + _number(own, Outcome.PASS),
                unknown=_number(own, Outcome.UNKNOWN) + _number(own, Outcome.ERROR),
                without_ephi=sum(each.ephi == "no" for each in fails),
                why=described.why,
                fix=described.fix,
                contradicts=contradicts,
                supports=supports,
                places=tuple(sorted({each.place for each in fails if each.place})),
                observations=tuple(
                    each.id for each in sorted(fails, key=lambda each: (each.severity.rank, each.subject))
                ),
            )
        )
    return tuple(
        sorted(found, key=lambda gap: (gap.severity.rank, gap.without_ephi - gap.failed, -gap.failed, gap.check))
    )


def control_results(catalog: Catalog, observations: Sequence[Observation]) -> tuple[ControlResult, ...]:
    """The finding about each control; a standard is no better than its worst specification."""
    by_check = _by_check(observations)
    own = {control.id: _own_result(catalog, control, by_check) for control in catalog.control}
    children: dict[str, list[str]] = {}
    for control in catalog.control:
        if control.parent is not None and control.counted:
            children.setdefault(control.parent, []).append(control.id)
    return tuple(_with_specifications(own[control.id], own, children) for control in catalog.control)


def _own_result(catalog: Catalog, control: Control, by_check: Mapping[str, list[Observation]]) -> ControlResult:
    against = [
        each
        for check in control.contradicted_by
        for each in by_check.get(check, ())
        if each.outcome is Outcome.FAIL and each.ephi != "no"
    ]
    bearing = [each for check in (*control.contradicted_by, *control.supported_by) for each in by_check.get(check, ())]
    tested = any(each.outcome in {Outcome.PASS, Outcome.FAIL} for each in bearing)
    missing = tuple(method for method in control.methods if not (method is Method.TEST and tested))
    return ControlResult(
        catalog=catalog.catalog.id,
        id=control.id,
        title=control.title,
        kind=control.kind,
        family=control.family,
        requirement=control.requirement,
        parent=control.parent,
        text=control.text,
        note=control.note,
        status=Status.NOT_SATISFIED if against else Status.NOT_ASSESSED,
        reason=_contradicted(control, against) if against else _not_assessed(control, bearing, missing),
        methods=control.methods,
        missing_methods=missing,
        checks=tuple(
            ControlCheck(check=check, bearing=word)
            for word, checks in (("contradicts", control.contradicted_by), ("supports", control.supported_by))
            for check in checks
        ),
        observations=tuple(each.id for each in against),
        counted=control.counted,
    )


def _contradicted(control: Control, against: Sequence[Observation]) -> str:
    checks = len({each.check for each in against})
    subjects = len({each.subject for each in against})
    unknown = len({each.subject for each in against if each.ephi == "unknown"})
    said = f"Contradicted by {plural(checks, 'failed check')} on {plural(subjects, 'subject')}."
    if unknown:
        which = "it" if subjects == 1 else f"all {unknown:,}" if unknown == subjects else f"{unknown:,} of them"
        reach = "it holds or reaches ePHI, so it counts" if unknown == 1 else "they hold or reach ePHI, so they count"
        said += f" For {which} the scope does not say whether {reach}."
    if control.requirement == "A":
        said += " It is addressable, and no documented decision under 45 CFR 164.306(d)(3) is on file, so it is a gap."
    return said


_WANTED = {Method.EXAMINE: "documents to be examined", Method.INTERVIEW: "people to be interviewed"}


def _not_assessed(control: Control, bearing: Sequence[Observation], missing: Sequence[Method]) -> str:
    if not control.counted:
        return "A general rule: it is met through the standards, and is in no count."
    wanted = " and ".join(_WANTED[method] for method in missing if method is not Method.TEST)
    if not bearing:
        if Method.TEST in control.methods:
            return f"This version has no check for it. It also needs {wanted}."
        return f"No scan can show this. It needs {wanted}."
    if Method.TEST in missing:
        return f"The checks that bear on it got no answer. It also needs {wanted}."
    return f"Tests were made, but tests alone can't satisfy it. It also needs {wanted}."


def _with_specifications(
    result: ControlResult, own: Mapping[str, ControlResult], children: Mapping[str, list[str]]
) -> ControlResult:
    below = _descendants(result.id, children)
    worse = [each for each in below if own[each].status.rank > result.status.rank]
    if not worse:
        return result
    worst = max((own[each].status for each in worse), key=lambda status: status.rank)
    names = ", ".join(each for each in worse if own[each].status is worst)
    said = f"A standard is no better than its worst specification, here {names}. By itself: {result.reason}"
    replaced = {field: getattr(result, field) for field in result.__struct_fields__}
    return ControlResult(**{**replaced, "status": worst, "reason": said})


def _descendants(control: str, children: Mapping[str, list[str]]) -> list[str]:
    below: list[str] = []
    for child in children.get(control, ()):
        below += [child, *_descendants(child, children)]
    return below


_COUNTERS = {
    Status.SATISFIED: "satisfied",
    Status.SATISFIED_BY_ALTERNATIVE: "satisfied_by_alternative",
    Status.NOT_SATISFIED: "not_satisfied",
    Status.RISK_ACCEPTED: "risk_accepted",
    Status.NOT_ASSESSED: "not_assessed",
    Status.NOT_APPLICABLE: "not_applicable",
}


def family_counts(controls: Sequence[ControlResult]) -> tuple[FamilyCount, ...]:
    """How the counted controls of each family stand, in the catalog's order."""
    families: dict[str, dict[str, int]] = {}
    for control in controls:
        if control.counted:
            row = families.setdefault(control.family, dict.fromkeys(_COUNTERS.values(), 0))
            row[_COUNTERS[control.status]] += 1
    return tuple(FamilyCount(family=family, of=sum(row.values()), **row) for family, row in families.items())


def assets(inventory: Inventory, observations: Sequence[Observation], scope: Scope) -> tuple[Asset, ...]:
    """The machines that were seen, with how many checks they failed and how many got no answer."""
    failed: dict[str, int] = {}
    unknown: dict[str, int] = {}
    for each in observations:
        if each.outcome is Outcome.FAIL:
            failed[each.subject] = failed.get(each.subject, 0) + 1
        elif each.outcome in {Outcome.UNKNOWN, Outcome.ERROR}:
            unknown[each.subject] = unknown.get(each.subject, 0) + 1
    return tuple(
        Asset(
            key=thing.key,
            name=thing.name,
            kind=thing.kind,
            ids=thing.ids,
            addresses=thing.addresses,
            mac=thing.mac,
            vendor=thing.vendor,
            description=thing.description,
            place=thing.place,
            ephi=scope.ephi(*(thing.places or ("",))),
            open_ports=thing.open_ports,
            failed=failed.get(thing.key, 0),
            unknown=unknown.get(thing.key, 0),
            evidence=thing.evidence,
        )
        for thing in inventory.things
    )
