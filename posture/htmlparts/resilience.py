"""Clinical services and what ransomware would take of them, as the templates walk through it."""

from __future__ import annotations

from functools import cached_property

from markupsafe import Markup

from posture.assessment import Assessment, ClinicalService, Scenario
from posture.figures.reach import reach_map

__all__ = ["Resilience"]

_BRIEF = 80


class Resilience:
    """The services and the reach of one assessment."""

    def __init__(self, assessment: Assessment) -> None:
        self._a = assessment
        self._nodes = {node.id: node.name for node in assessment.blast_radius.nodes}

    @cached_property
    def map(self) -> Markup:
        """The map, as SVG whose texts `posture.figures.reach` has escaped."""
        return Markup(reach_map(self._a.blast_radius))  # noqa: S704  # ours: every text in it is escaped there

    @property
    def worst(self) -> Scenario | None:
        """The scenario that takes most."""
        return next(iter(self._a.blast_radius.scenarios), None)

    def unseen(self, scenario: Scenario) -> int:
        """How many services are not known to withstand it: not all that they stand on is declared and seen."""
        lost = {loss.service for loss in scenario.losses}
        return sum(
            service.id not in lost and (not service.depends_on or bool(service.unresolved))
            for service in self._a.services
        )

    def stopped_by(self, service: ClinicalService) -> list[Scenario]:
        """The scenarios that stop a service."""
        return [
            each for each in self._a.blast_radius.scenarios if any(loss.service == service.id for loss in each.losses)
        ]

    def lacking(self, service: ClinicalService) -> int:
        """How many things for downtime are missing or too old."""
        return sum(item.state != "present" for item in service.readiness)

    def service_name(self, service_id: str) -> str:
        """What a service is called."""
        return self.brief(next((each.name for each in self._a.services if each.id == service_id), service_id))

    def brief(self, text: str) -> str:
        """A name on the first page, where a very long one would push the rest off; it stands whole further down."""
        return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…"

    def node(self, key: str) -> str:
        """What to call an end of a way: a node's name, or the id without its kind."""
        return self._nodes.get(key, key.partition(":")[2] or key)

    def is_node(self, key: str) -> bool:
        """Whether it is a node of the map, such as a directory, and no machine."""
        return key in self._nodes
