"""Facts in, observations out: find what each check reads, call it, link its evidence, catch its errors. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from posture.assessment import Observation
from posture.check import AsOf, Check, CheckDefinitionError, Verdict, unknown
from posture.facts import BlindSpot, Fact, Facts
from posture.inventory import Inventory, Thing
from posture.model import Outcome, Severity
from posture.patterns import Named, ephi
from posture.reference import Reference, shipped
from posture.scope import Ephi, Scope

__all__ = ["judge"]

_SETS = (Outcome.PASS, Outcome.NOT_APPLICABLE)

ANSWERS = {
    "Host": "Scan a zone, or import an nmap XML file.",
    "Directory": "Name a directory in posture.toml, or import an LDIF file.",
    "Device": "Give an SNMP credential in posture.toml, or import an snmprec file or a walk.",
    "GroupPolicy": "Import a zip or tar archive of SYSVOL's Policies folder: posture audit --from policies.zip",
    "Leaver": "Import the list of leavers of human resources (CSV or .xlsx): posture audit --from leavers.csv",
}
NOUNS = {
    "DeclaredAsset": "inventory",
    "Host": "host",
    "Directory": "directory server",
    "DomainPolicy": "Active Directory domain",
    "PasswordPolicy": "OpenLDAP password policy",
    "Account": "Active Directory account",
    "Computer": "Active Directory computer",
    "Group": "Active Directory group",
    "Device": "SNMP device",
    "Leaver": "list of leavers",
    "GroupPolicy": "copy of group policies",
}


_About = tuple[str, tuple[str, ...], frozenset[str]]


class _Setting(msgspec.Struct, frozen=True):
    """What every check is judged in: the facts by kind, and what else a check may ask for.

    `ephi` remembers what was found of a subject, which many checks ask.
    """

    sets: dict[str, Facts[Fact]]
    scope: Scope
    as_of: AsOf
    inventory: Inventory
    reference: Reference
    ephi: dict[_About, Ephi] = msgspec.field(default_factory=dict)


class _Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """One verdict with the subject it is about."""

    kind: str
    key: str
    name: str
    place: str
    verdict: Verdict


def judge(  # noqa: PLR0913, PLR0917  # what an assessment depends on
    facts: Sequence[Fact],
    blind_spots: Sequence[BlindSpot],
    checks: Iterable[Check],
    scope: Scope,
    as_of: AsOf,
    reference: Reference | None = None,
    inventory: Inventory | None = None,
) -> tuple[Observation, ...]:
    """Run every check over the facts it asks for. Without `reference`, what comes with Posture is known.

    `inventory` is that of these facts, where the caller has made it.

    A check over facts of which there are none, and of which no blind spot tells, is *unknown*: silence is an answer
    that has to be seen. A check that raises is an *error* observation.
    """
    by_kind: dict[str, list[Fact]] = {}
    for fact in facts:
        by_kind.setdefault(type(fact).__name__, []).append(fact)
    spots: dict[str, list[BlindSpot]] = {}
    for spot in blind_spots:
        for kind in spot.kinds:
            spots.setdefault(kind, []).append(spot)
    sets: dict[str, Facts[Fact]] = {
        kind: Facts(by_kind.get(kind, ()), spots.get(kind, ())) for kind in {*by_kind, *spots}
    }
    setting = _Setting(sets, scope, as_of, inventory or Inventory(facts, scope.inventory.zones), reference or shipped())
    found: list[Observation] = []
    for check in sorted(checks, key=lambda each: each.id):
        found.extend(_observations(check, list(_rulings(check, setting)), setting))
    return tuple(found)


def _rulings(check: Check, setting: _Setting) -> Iterator[_Ruling]:
    rest = [_injected(wanted, setting) for _, wanted in check.wants]
    for kind in check.kinds:
        facts = setting.sets.get(kind, Facts())
        if not facts and not facts.blind_spots:
            nothing = f"No {NOUNS.get(kind, kind)} was looked at."
            yield _whole_scope(unknown(nothing, answer=ANSWERS.get(kind, ANSWERS["Directory"])), kind)
        for spot in facts.blind_spots:
            silent = Verdict(outcome=Outcome.UNKNOWN, message=spot.why, answer=spot.answer, evidence=spot.evidence)
            for key in setting.inventory.keys_of(spot.subject):
                thing = setting.inventory.thing(key)
                yield _Ruling(
                    kind=thing.kind if thing else kind.lower(),
                    key=key,
                    name=spot.name,
                    place=spot.place or "",
                    verdict=silent,
                )
        if check.over_all and facts:
            for verdict in _verdicts(check, facts, rest):
                yield _ruling(verdict, verdict.about, kind, setting.inventory)
        elif facts:
            for fact in facts:
                yield _ruling(_call(check, fact, rest), fact, kind, setting.inventory)


def _injected(wanted: str, setting: _Setting) -> object:
    if wanted.startswith("Facts["):
        return setting.sets.get(wanted[6:-1], Facts())
    scope = setting.scope
    given: dict[str, object] = {
        "Scope": scope,
        "AsOf": setting.as_of,
        "Inventory": setting.inventory,
        "Thresholds": scope.thresholds,
        "Reference": setting.reference,
    }
    if wanted not in given:
        raise CheckDefinitionError(f"nothing of the type {wanted} can be given to a check")
    return given[wanted]


def _call(check: Check, judged: object, rest: list[object]) -> Verdict:
    try:
        verdict = check.function(judged, *rest)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a check that raises is an observation, not a lost run
        return _error(check, error)
    return verdict if isinstance(verdict, Verdict) else _error(check, TypeError("it gave no verdict"))


def _verdicts(check: Check, facts: Facts[Fact], rest: list[object]) -> Iterator[Verdict]:
    """All verdicts of a check over a whole set: what it said before it raised still stands."""
    silent = True
    try:
        given = check.function(facts, *rest)
        for verdict in [given] if isinstance(given, Verdict) else given:
            silent = False
            yield verdict if isinstance(verdict, Verdict) else _error(check, TypeError("that is no verdict"))
        if silent:
            yield _error(check, TypeError("it gave no verdict"))
    except (Exception, SystemExit) as error:  # noqa: BLE001  # as above
        yield _error(check, error)


def _error(check: Check, error: BaseException) -> Verdict:
    return Verdict(
        outcome=Outcome.ERROR,
        message=f"The check {check.id} could not be completed ({type(error).__name__}).",
        answer="Report it to the check's authors, with the evidence.",
    )


def _whole_scope(verdict: Verdict, kind: str) -> _Ruling:
    return _Ruling(kind=kind.lower(), key=f"scope:{kind.lower()}", name="the whole scope", place="", verdict=verdict)


def _ruling(verdict: Verdict, fact: Fact | None, kind: str, inventory: Inventory) -> _Ruling:
    if fact is None:
        return _whole_scope(verdict, kind)
    evidence = verdict.evidence or fact.evidence
    key = inventory.key(fact)
    thing = inventory.thing(key)
    return _Ruling(
        kind=thing.kind if thing else type(fact).__name__.lower(),
        key=key,
        name=thing.name if thing else fact.name,
        place=fact.place or "",
        verdict=msgspec.structs.replace(verdict, evidence=evidence),
    )


def _observations(check: Check, rulings: list[_Ruling], setting: _Setting) -> Iterator[Observation]:
    """One observation a subject for what needs a reader, one counted set for the rest."""
    by_subject: dict[str, list[_Ruling]] = {}
    for ruling in rulings:
        by_subject.setdefault(ruling.key, []).append(ruling)
    counted: dict[Outcome, dict[str, set[str]]] = {}
    for key in sorted(by_subject):
        group = by_subject[key]
        outcome = min((ruling.verdict.outcome for ruling in group), key=lambda outcome: outcome.rank)
        telling = [ruling for ruling in group if ruling.verdict.outcome is outcome]
        if outcome in _SETS:
            counted.setdefault(outcome, {})[key] = {digest for ruling in telling for digest in ruling.verdict.evidence}
        else:
            yield _single(check, key, outcome, telling, setting)
    for outcome in sorted(counted):
        members = counted[outcome]
        yield Observation(
            id=_id(check.id, outcome),
            check=check.id,
            severity=check.severity,
            outcome=outcome,
            ephi=_none_with_ephi(by_subject, members, setting),
            count=len(members),
            subjects=tuple(members),
            evidence=tuple(sorted(set().union(*members.values()))),
        )


def _single(check: Check, key: str, outcome: Outcome, telling: list[_Ruling], setting: _Setting) -> Observation:
    first = min(telling, key=lambda ruling: (ruling.verdict.message, ruling.place, ruling.name, ruling.kind))
    messages = sorted({ruling.verdict.message for ruling in telling})
    answers = sorted({ruling.verdict.answer for ruling in telling if ruling.verdict.answer})
    places = sorted({ruling.place for ruling in telling if ruling.place}) or [""]
    severities: list[Severity] = [ruling.verdict.severity or check.severity for ruling in telling]
    return Observation(
        id=_id(check.id, key),
        check=check.id,
        severity=min(severities, key=lambda severity: severity.rank),
        outcome=outcome,
        subject=key,
        subject_name=first.name,
        subject_kind=first.kind,
        place=places[0],
        ephi=_of_subject(key, telling, setting),
        message="; ".join(messages),
        answer=" ".join(answers),
        evidence=tuple(sorted({digest for ruling in telling for digest in ruling.verdict.evidence})),
    )


def _none_with_ephi(
    by_subject: Mapping[str, Sequence[_Ruling]], members: Iterable[str], setting: _Setting
) -> Ephi | Literal[""]:
    """No where every member of a set is declared to hold and reach no ePHI; else nothing is said of the set."""
    return "no" if all(_of_subject(key, by_subject[key], setting) == "no" for key in members) else ""


def _of_subject(key: str, rulings: Sequence[_Ruling], setting: _Setting) -> Ephi:
    thing = setting.inventory.thing(key)
    places = sorted({ruling.place for ruling in rulings if ruling.place}) or [""]
    feet = thing.feet(setting.scope) if thing else ()
    about = (key, (*places, *feet), frozenset(ruling.name for ruling in rulings))
    if about not in setting.ephi:
        setting.ephi[about] = _worst_ephi(_ephi(*about, setting.scope, thing), key, setting)
    return setting.ephi[about]


def _worst_ephi(own: Ephi, key: str, setting: _Setting) -> Ephi:
    """What is said of the subject, or worse of what a name joins to it: a name may make it worse, and never better."""
    machine = setting.inventory.machine(key)
    others = [part for part in (machine.parts if machine else ()) if part.key != key]
    feet = ((part, part.feet(setting.scope) or ("",)) for part in others)
    said = {own, *(_ephi(part.key, places, frozenset(), setting.scope, part) for part, places in feet)}
    return "yes" if "yes" in said else "unknown" if "unknown" in said else "no"


def _ephi(key: str, places: tuple[str, ...], names: frozenset[str], scope: Scope, thing: Thing | None) -> Ephi:
    named = Named(
        keys=thing.ids if thing else (key,),
        names=names | {fact.name for fact in (thing.facts if thing else ())},
        addresses=thing.addresses if thing else (),
        zones=set(places),
    )
    return ephi(scope, named, places)


def _id(check: str, about: str) -> str:
    return hashlib.sha256(f"{check}\n{about}".encode()).hexdigest()[:16]
