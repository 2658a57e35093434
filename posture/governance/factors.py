"""The factors of a risk, each with its level and a plain sentence why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from posture.assessment import ClinicalService, Observation
from posture.assessment.risks import Factor, Level
from posture.governance import sp800_30
from posture.model import Severity
from posture.presentation import plural
from posture.resilience.services import dependents, directory_dependents, service_dependents
from posture.scope import Ephi, Scope, Zone

__all__ = ["Reach", "data", "exposure", "extent", "weakness", "worst_ephi"]

_MACHINES: Final = ("host", "device", "computer")
_NAMES: Final = 3


class Reach:
    """The services that would stop, by what they stand on."""

    def __init__(self, services: Sequence[ClinicalService], scope: Scope) -> None:
        self.by_id = {service.id: service for service in services}
        self.by_asset = dependents(services)
        self.by_service = service_dependents(scope)
        self.by_directory = directory_dependents(scope)
        self.unstated = not services or any(not service.depends_on or service.unresolved for service in services)

    def of(self, fail: Observation) -> tuple[str, ...]:
        """Those that depend on the subject, or on the directory that it is an entry of."""
        directory = () if fail.subject_kind in _MACHINES else self.by_directory.get(fail.place, ())
        return (*self.by_asset.get(fail.subject, ()), *directory)

    def factor(self, services: Iterable[str], *, placed: bool = True) -> Factor:
        """The factor of those that would stop; `placed` says that the scope knows where all of it stands."""
        stopped = sorted(
            (self.by_id[each] for each in services if each in self.by_id),
            key=lambda service: (service.rto_hours is not None, service.rto_hours, service.id),
        )
        if stopped:
            level = sp800_30.depending([service.rto_hours for service in stopped])
            named = [f"{service.name} ({_rto(service)})" for service in stopped[:_NAMES]]
            rest = f" and {len(stopped) - _NAMES:,} more" if len(stopped) > _NAMES else ""
            why = f"{plural(len(stopped), 'clinical service')} would be hit: {', '.join(named)}{rest}."
        elif self.unstated:
            level = sp800_30.UNKNOWN_DEPENDENCE
            why = "It is not known of every clinical service what it stands on, so neither what would stop."
        elif not placed:
            level = sp800_30.UNKNOWN_DEPENDENCE
            why = "It is not known where in the scope all of it stands, so neither what would stop."
        else:
            level = "low"
            why = "No clinical service of the scope is known to depend on it."
        return Factor(of="impact", name="Clinical services", level=level, why=why)


def _rto(service: ClinicalService) -> str:
    return "no RTO stated, counted as the shortest" if service.rto_hours is None else f"RTO {service.rto_hours:g} h"


def weakness(severity: Severity) -> Factor:
    """By the severity of the worst failure."""
    why = f"The worst failure is of {severity.value} severity (Table G-4)."
    return Factor(of="likelihood", name="Weakness", level=sp800_30.WEAKNESS[severity], why=why)


def exposure(fails: Sequence[Observation], scope: Scope) -> Factor:
    """The most exposed place that a subject stands in."""
    rated = [_place_exposure(place, scope) for place in sorted({fail.place for fail in fails} or {""})]
    level, why = max(rated, key=lambda each: sp800_30.rank(each[0]))
    return Factor(of="likelihood", name="Exposure", level=level, why=f"{why} (Table G-2).")


def _place_exposure(place: str, scope: Scope) -> tuple[Level, str]:
    if place in scope.directories:
        return sp800_30.DIRECTORY_EXPOSURE, f"Everybody who logs in reaches the directory {place}"
    zone = scope.zones.get(place)
    if zone is None:
        return (
            sp800_30.UNKNOWN_EXPOSURE,
            "It is not known in which zone it stands, so it counts as one that users reach",
        )
    own = sp800_30.EXPOSURE[zone.kind]
    outside = _reached_by(zone, scope)
    if outside is not None and sp800_30.rank(sp800_30.EXPOSURE[outside.kind]) > sp800_30.rank(own):
        return sp800_30.EXPOSURE[outside.kind], f"Zone {outside.id} ({outside.kind}) may reach zone {zone.id}"
    if own == "low" and not _kept_apart(zone, scope):
        why = f"Zone {zone.id} is of the kind {zone.kind}, and the scope does not state that others can't reach it"
        return "moderate", why
    return own, f"Zone {zone.id} is of the kind {zone.kind}"


def _reached_by(zone: Zone, scope: Scope) -> Zone | None:
    """The most exposed zone of outsiders that may reach this one, where the scope states it."""
    stated = [scope.zones[each] for each in scope.reaching(zone) or () if each in scope.zones]
    outside = [each for each in stated if each.kind in {"external", "guest"}]
    return max(outside, key=lambda each: sp800_30.rank(sp800_30.EXPOSURE[each.kind]), default=None)


def _kept_apart(zone: Zone, scope: Scope) -> bool:
    """Whether the scope states that nothing but zones of the same low exposure may reach this one."""
    stated = scope.reaching(zone)
    return stated is not None and all(
        each in scope.zones and sp800_30.EXPOSURE[scope.zones[each].kind] == "low" for each in stated
    )


def worst_ephi(fails: Sequence[Observation]) -> Ephi:
    """Yes where any subject holds or reaches ePHI, unknown where any may; no only where all are declared so."""
    said = {fail.ephi or "unknown" for fail in fails} or {"unknown"}
    return "yes" if "yes" in said else "unknown" if "unknown" in said else "no"


def data(fails: Sequence[Observation], ephi: Ephi) -> Factor:
    """By whether the subjects hold or reach ePHI."""
    reached = sum(fail.ephi == "yes" for fail in fails)
    they = f"{reached:,} of {plural(len(fails), 'subject')} {'holds or reaches' if reached == 1 else 'hold or reach'}"
    why = {
        "yes": f"{they} ePHI (Table H-2, harm to individuals).",
        "unknown": "The scope does not say whether ePHI is held or reached, so it counts as yes (Table H-2).",
        "no": "The scope declares that no ePHI is held or reached.",
    }[ephi]
    return Factor(of="impact", name="Data", level=sp800_30.EPHI[ephi], why=why)


def extent(count: int, why: str) -> Factor:
    """By how many have it."""
    return Factor(of="impact", name="Extent", level=sp800_30.subjects(count), why=f"{why} (Table H-3).")
