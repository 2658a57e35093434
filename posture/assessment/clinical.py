"""Clinical services: are they ready for downtime, and what would ransomware take?"""

from __future__ import annotations

from datetime import date
from typing import Literal

from posture.assessment.part import Part

__all__ = [
    "BlastRadius",
    "Change",
    "ClinicalService",
    "Hop",
    "Loss",
    "MapEdge",
    "MapNode",
    "ReadinessItem",
    "Scenario",
]


class ReadinessItem(Part, frozen=True, kw_only=True):
    """One thing that a service needs for downtime, and the part of 164.308(a)(7) that asks for it.

    `stale` (a drill or restore test that is too old) counts as missing.
    """

    name: str
    control: str
    state: Literal["present", "stale", "missing"]
    said: str


class ClinicalService(Part, frozen=True, kw_only=True):
    """A service such as the EHR: what it stands on, and how ready it is to be without it.

    `sites` are the names of those that use it, `hosts` the keys of assets that it depends on, directly or through
    other services; `unresolved` are the dependencies that no evidence shows.
    """

    id: str
    name: str
    sites: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    rto_hours: float | None = None
    rpo_hours: float | None = None
    downtime_procedure: str = ""
    last_drill: date | None = None
    last_restore_test: date | None = None
    fallback_communication: str = ""
    readiness: tuple[ReadinessItem, ...] = ()


class MapNode(Part, frozen=True, kw_only=True):
    """A node of the map: a zone, a directory, a service or a store of backups, with how many machines it stands for."""

    id: str
    name: str
    kind: Literal["zone", "directory", "service", "backup"]
    machines: int = 0
    sites: tuple[str, ...] = ()


class MapEdge(Part, frozen=True, kw_only=True):
    """A way from one node to another. `shown` ways are seen in evidence; the others follow from an assumption."""

    source: str
    target: str
    how: str
    shown: bool
    evidence: tuple[str, ...] = ()
    check: str = ""


class Hop(Part, frozen=True, kw_only=True):
    """One step of a path: from a machine (or a directory) to the next, how, and by what evidence or assumption."""

    source: str
    target: str
    how: str
    shown: bool
    evidence: tuple[str, ...] = ()


class Loss(Part, frozen=True, kw_only=True):
    """A service that stops: at which sites, and the shortest chain of steps that takes it."""

    service: str
    name: str
    sites: tuple[str, ...] = ()
    because: str
    path: tuple[Hop, ...] = ()


class Scenario(Part, frozen=True, kw_only=True):
    """If ransomware starts in this zone: what stops, which backups go with it, how many machines are reached."""

    start: str
    name: str
    machines: int
    of: int
    losses: tuple[Loss, ...] = ()
    backups: tuple[str, ...] = ()
    domain: bool = False


class Change(Part, frozen=True, kw_only=True):
    """A change that would shrink the reach: what to do, and what it saves over all scenarios together."""

    what: str
    saves_services: int
    saves_machines: int
    saves_backups: int
    check: str = ""


class BlastRadius(Part, frozen=True, kw_only=True):
    """The map, the scenarios (the worst first), the changes that shrink them most, and what was assumed."""

    nodes: tuple[MapNode, ...] = ()
    edges: tuple[MapEdge, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    changes: tuple[Change, ...] = ()
    assumptions: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
