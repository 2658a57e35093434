"""What the answer rests on, and what it could not look at. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from posture.assessment import ClinicalService, Observation
from posture.model import Outcome
from posture.presentation import plural
from posture.resilience.dependence import Dependence
from posture.resilience.machines import UNZONED, shortened
from posture.resilience.spread import Terrain, zone_label
from posture.resilience.ways import DELEGATION, DOMAIN_WEAKNESSES, FAMILIES, WEAKNESS, WEAKNESSES
from posture.scope import Scope

__all__ = ["assumptions", "unknowns"]

_ALWAYS = (
    (
        "The attack starts on any one machine of a zone. A service counts as lost where that first machine can be one "
        "that it depends on, or where the attack can reach one from there."
    ),
    (
        "A service stops when any machine or directory that it depends on is lost: no standby is counted. A store of "
        "backups is lost with any of its machines."
    ),
    "A port that answered the scan answers an attacker in every zone that may open connections to it.",
)
_SILENT = {Outcome.UNKNOWN, Outcome.ERROR}
_MOST_PORTS = 12
_MOST_LINES = 30


def assumptions(terrain: Terrain) -> tuple[str, ...]:
    """What is taken for granted beside the evidence; each only where the map uses it."""
    if not terrain.groups:
        return ()
    said = list(_ALWAYS)
    undeclared = [zone for zone, sources in terrain.zones.items() if sources is None and zone != UNZONED]
    if undeclared and len(terrain.zones) > 1:
        said.append(
            f"Who may open connections into {', '.join(undeclared)} is not declared (reachable_from in posture.toml): "
            "every zone counts as able to."
        )
    if UNZONED in terrain.zones:
        said.append(
            "Machines that are in no zone of the scope can reach each other and every zone that does not "
            "declare who may reach it, and be reached from all zones."
        )
    ways = {way for each in terrain.groups.values() for _, own in each.legs for way in own}
    said += sorted({way.grants for way in ways if way.grants})
    realms = [realm for realm in terrain.landscape.realms.values() if realm.domain]
    said += sorted({way.grants for realm in realms for way in realm.ways})
    if any(realm.joined for realm in realms):
        said.append(
            "Who stands on a server of an Active Directory domain holds the domain, and runs programs on every "
            "machine that is joined to it (Group Policy, MITRE ATT&CK T1484.001)."
        )
    return tuple(said)


def unknowns(
    terrain: Terrain,
    scope: Scope,
    observations: Sequence[Observation],
    services: Sequence[ClinicalService],
    stands: Dependence,
) -> tuple[str, ...]:
    """What could not be judged: each may make the reach larger than it is shown."""
    seen = terrain.landscape
    said: list[str] = []
    if not seen.machines:
        said.append("No machine is in the evidence, so nothing can be said of what ransomware would reach.")
    by_zone: dict[str, list[str]] = {}
    for key, machine in seen.machines.items():
        for zone, _ in machine.legs:
            by_zone.setdefault(zone, []).append(key)
    said += [
        f"{zone.id}: no machine of this zone is in the evidence, so what could be taken there is not known."
        for zone in scope.zone
        if zone.id not in by_zone
    ]
    said += _ports(terrain, by_zone)
    unscanned = [machine for machine in seen.machines.values() if not machine.scanned]
    if unscanned:
        said.append(
            f"The ports of {plural(len(unscanned), 'machine')} are not known: no scan shows "
            f"{'it' if len(unscanned) == 1 else 'them'} (such as {min(machine.label for machine in unscanned)})."
        )
    said += _undecided(terrain, observations)
    said += _unplaced(terrain, observations)
    said += [f"{realm.label}: {line}" for realm in seen.realms.values() for line in realm.undecided]
    for service in services:
        if service.unresolved:
            named = ", ".join(shortened(each) for each in service.unresolved)
            said.append(f"{service.name}: no evidence shows {named}, so it may stop for reasons that are not seen.")
        elif not service.hosts and not any(service.id in own for own in stands.services_of_realm.values()):
            said.append(f"{service.name}: what it depends on is not declared, so whether it stops is not known.")
    said += [f"Backups at {label}: no machine there is in the evidence." for label in stands.unseen_backups]
    said += [
        f"{realm.label}: no server of this directory is among the machines in evidence, so from where it can be "
        "reached is not known."
        for realm in seen.realms.values()
        if not any(seen.machines[key].legs for key in realm.servers)
    ]
    return tuple(dict.fromkeys(shortened(line, 400) for line in said))


def _ports(terrain: Terrain, by_zone: dict[str, list[str]]) -> list[str]:
    said = []
    for zone, keys in sorted(by_zone.items()):
        silent = [terrain.landscape.machines[key] for key in keys if terrain.landscape.machines[key].unanswered]
        numbers = sorted({number for machine in silent for number in machine.unanswered})
        if silent:
            shown = ", ".join(map(str, numbers[:_MOST_PORTS])) + (" and others" if len(numbers) > _MOST_PORTS else "")
            said.append(
                f"{zone_label(zone)}: on {len(silent):,} of {plural(len(keys), 'machine')}, ports by which ransomware "
                f"spreads were not asked or gave no answer ({shown})."
            )
    return said


def _undecided(terrain: Terrain, observations: Sequence[Observation]) -> list[str]:
    """Checks without an answer where they would bear on the reach: on an open port, or over a whole zone."""
    seen = terrain.landscape
    wanted = {weakness.check: weakness for weakness in WEAKNESSES if not weakness.grants}
    machines: dict[str, set[str]] = {}
    whole: set[str] = set()
    for each in observations:
        if each.outcome not in _SILENT:
            continue
        own = seen.machine_of.get(each.subject, ())
        if each.check in wanted and own:
            machines.setdefault(each.check, set()).update(
                key for key in own if wanted[each.check].family in seen.machines[key].families
            )
        elif each.check in WEAKNESS and not own:
            where = each.place or each.subject_name
            whole.add(f"{where}: {each.message}")
        elif each.check in DOMAIN_WEAKNESSES or each.check == DELEGATION:
            machines.setdefault(each.check, set()).add(each.subject)
    labels = {family.id: family.label for family in FAMILIES}
    said = [f"{each.rstrip('.')}. What that leaves unseen is not on this map." for each in sorted(whole)[:_MOST_LINES]]
    if len(whole) > _MOST_LINES:
        said.append(f"{len(whole) - _MOST_LINES:,} more places gave no answer: see what was not looked at.")
    for check, keys in sorted(machines.items()):
        if keys and check in wanted:
            said.append(
                f"{labels[wanted[check].family]} answers on {plural(len(keys), 'machine')} of which {check} got no "
                "answer: they may fall without a password."
            )
        elif keys:
            who = plural(len(keys), "account or directory", "accounts or directories")
            said.append(f"{check} got no answer for {who}: the domain may fall for reasons that are not seen.")
    return said


def _unplaced(terrain: Terrain, observations: Sequence[Observation]) -> list[str]:
    """Failed checks of the map on machines where no open port shows by which way they would be used."""
    seen = terrain.landscape
    machines: dict[str, set[str]] = {}
    for each in observations:
        if each.outcome is Outcome.FAIL and each.check in WEAKNESS:
            for key in seen.machine_of.get(each.subject, ()):
                if WEAKNESS[each.check].family not in seen.machines[key].families:
                    machines.setdefault(each.check, set()).add(key)
    return [
        f"{check} failed on {plural(len(keys), 'machine')} on which no open port of it is in the evidence: no way is "
        "drawn from it."
        for check, keys in sorted(machines.items())
    ]
