"""Observations, answers and a catalog in, findings out. Pure.

A scan alone satisfies nothing: policy as well as implementation is wanted, so EXAMINE or INTERVIEW is always missing
until somebody attests. A fail counts against a control only where the catalog says that it contradicts it, and only
on a subject that holds or reaches ePHI (unknown counts as yes).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from posture.assessment import AnsweredCount, Asset, CheckResult, ControlResult, FamilyCount, Gap, Observation
from posture.catalog import Catalog
from posture.check import Check
from posture.governance.answers import Answers
from posture.governance.exceptions import Exceptions
from posture.governance.findings import Findings
from posture.inventory import Inventory, Thing
from posture.model import Outcome, Status
from posture.patterns import Named, ephi
from posture.scope import Ephi, Scope

__all__ = ["answered_counts", "assets", "check_results", "control_results", "family_counts", "gaps", "subjects"]


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
                file=_file(check),
                wants=tuple(sorted({wanted for _, wanted in check.wants})),
            )
        )
    return tuple(results)


def _file(check: Check) -> str:
    """The file that it is in, below the folder or the pack that it came from."""
    package, _, module = getattr(check.function, "__module__", "").partition(".")
    return f"{(module or package).replace('.', '/')}.py"


def _by_check(observations: Iterable[Observation]) -> dict[str, list[Observation]]:
    grouped: dict[str, list[Observation]] = {}
    for each in observations:
        grouped.setdefault(each.check, []).append(each)
    return grouped


def gaps(
    checks: Mapping[str, Check],
    observations: Sequence[Observation],
    catalog: Catalog,
    exceptions: Exceptions | None = None,
) -> tuple[Gap, ...]:
    """One gap a failed check, the worst first: by severity, then by subjects with ePHI, then by subjects.

    Exceptions take nothing away: a fail is counted as accepted where one covers it, whatever control is asked about,
    or where one does for each control that it contradicts.
    """
    exceptions = exceptions or Exceptions()
    found = []
    for check, own in _by_check(observations).items():
        fails = [each for each in own if each.outcome is Outcome.FAIL]
        if not fails:
            continue
        contradicts, supports = catalog.bearing(check)
        described = checks[check]
        accepting = [accepted for each in fails if (accepted := _accepting(each, contradicts, exceptions))]
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
                accepted=len(accepting),
                exceptions=tuple(sorted({each for accepted in accepting for each in accepted})),
            )
        )
    return tuple(
        sorted(found, key=lambda gap: (gap.severity.rank, gap.without_ephi - gap.failed, -gap.failed, gap.check))
    )


def _accepting(fail: Observation, contradicts: Sequence[str], exceptions: Exceptions) -> set[str]:
    """The exceptions that together accept a fail altogether; empty where a part of it stays open."""
    outright = {*exceptions.covering(fail)}
    by_control = [{*exceptions.covering(fail, control)} for control in contradicts if fail.ephi != "no"]
    return outright or (set().union(*by_control) if all(by_control) else set())


def control_results(  # noqa: PLR0913  # all that a finding is made of
    catalog: Catalog,
    observations: Sequence[Observation],
    *,
    answers: Answers | None = None,
    exceptions: Exceptions | None = None,
    scope: Scope | None = None,
    partial: Collection[str] = frozenset(),
) -> tuple[ControlResult, ...]:
    """The finding about each control; a standard is no better than its worst specification.

    `partial` are the checks that were not made everywhere in scope: what they passed is no test of the whole.
    """
    by_check = _by_check(observations)
    findings = Findings(answers or Answers(), exceptions or Exceptions(), scope or Scope.of_files(), partial)
    own = {control.id: findings.of(catalog, control, by_check) for control in catalog.control}
    children: dict[str, list[str]] = {}
    for control in catalog.control:
        if control.parent is not None:
            children.setdefault(control.parent, []).append(control.id)
    return tuple(_final(_with_specifications(own[control.id], own, children)) for control in catalog.control)


def _final(result: ControlResult) -> ControlResult:
    return msgspec.structs.replace(result, answered="accepted") if result.status is Status.RISK_ACCEPTED else result


def _with_specifications(
    result: ControlResult, own: Mapping[str, ControlResult], children: Mapping[str, list[str]]
) -> ControlResult:
    below = _descendants(result.id, children)
    worse = [each for each in below if own[each].counted and own[each].status.rank > result.status.rank]
    if not worse:
        return result
    worst = max((own[each].status for each in worse), key=lambda status: status.rank)
    names = ", ".join(each for each in worse if own[each].status is worst)
    said = f"A standard is no better than its worst specification, here {names}. By itself: {result.reason}"
    return msgspec.structs.replace(result, status=worst, reason=said)


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


def answered_counts(controls: Sequence[ControlResult]) -> tuple[AnsweredCount, ...]:
    """By what the counted controls of each family are answered, in the catalog's order."""
    families: dict[str, dict[str, int]] = {}
    columns = [field for field in AnsweredCount.__struct_fields__ if field not in {"family", "of"}]
    for control in controls:
        if control.counted:
            row = families.setdefault(control.family, dict.fromkeys(columns, 0))
            row[control.answered.replace("-", "_")] += 1
    return tuple(AnsweredCount(family=family, of=sum(row.values()), **row) for family, row in families.items())


def subjects(inventory: Inventory, observations: Sequence[Observation], scope: Scope) -> tuple[Asset, ...]:
    """The machines as they were judged: one that only a name joins to another stands by itself."""
    return _assets(inventory.things, inventory, observations, scope)


def assets(inventory: Inventory, observations: Sequence[Observation], scope: Scope) -> tuple[Asset, ...]:
    """The machines that were seen, with how many checks they failed and how many got no answer."""
    return _assets(inventory.machines, inventory, observations, scope)


def _assets(
    machines: Iterable[Thing], inventory: Inventory, observations: Sequence[Observation], scope: Scope
) -> tuple[Asset, ...]:
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
            ephi=_ephi(thing, scope),
            open_ports=thing.open_ports,
            failed=sum(failed.get(part.key, 0) for part in thing.subjects),
            unknown=sum(unknown.get(part.key, 0) for part in thing.subjects),
            evidence=thing.evidence,
            device_class=(what := inventory.class_of(thing)).name,
            class_reason=what.reason,
            joins=thing.joins,
        )
        for thing in machines
    )


def _ephi(thing: Thing, scope: Scope) -> Ephi:
    """The worst that is declared of any of its parts: a name that it shares makes it no better."""
    said = {_ephi_of_subject(part, scope) for part in thing.subjects}
    return "yes" if "yes" in said else "unknown" if "unknown" in said else "no"


def _ephi_of_subject(thing: Thing, scope: Scope) -> Ephi:
    names = [fact.name for fact in thing.facts]
    places = thing.feet(scope) or ("",)
    named = Named(keys=thing.ids, names=names, addresses=thing.addresses, zones=places)
    return ephi(scope, named, places)
