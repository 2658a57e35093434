"""The risk register as OSCAL has it.

An accepted risk is *deviation-approved*, which OSCAL counts as open; one that this run did not look at again is *open*,
since nothing shows that it is gone, and says so in a property.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from posture.assessment import Assessment, ExceptionResult, Observation, Risk
from posture.model import Outcome
from posture.oscal.plan import actors
from posture.oscal.words import NAMESPACE, Node, Uuids, begins, filled, line, prop, prose, words

__all__ = ["STATUSES", "Register"]

STATUSES = {"open": "open", "accepted": "deviation-approved", "not-seen": "open", "closed": "closed"}

_OSCAL: Final = "http://csrc.nist.gov/ns/oscal"  # its own general ratings of risk, likelihood and impact


class Register:
    """The risks of an assessment, with what they stand on."""

    def __init__(self, a: Assessment) -> None:
        self._a, self._uuids = a, Uuids(a)
        self._exceptions = {each.id: each for each in a.exceptions}
        self._fails: dict[str, list[Observation]] = {}
        for each in a.observations:
            if each.outcome is Outcome.FAIL and each.id:
                self._fails.setdefault(each.check, []).append(each)

    def behind(self, risk: Risk) -> Sequence[Observation]:
        """The fails of the check that a risk is about."""
        return self._fails.get(risk.about, ()) if risk.source == "gap" else ()

    def related(self, observations: Sequence[Observation]) -> list[Node]:
        """References to observations."""
        return [{"observation-uuid": self._uuids.of("observation", each.id)} for each in observations]

    def risk(self, risk: Risk) -> Node:
        """One risk."""
        granted = [self._exceptions[each] for each in risk.exceptions if each in self._exceptions]
        why = risk.why or risk.title
        return filled(
            {
                "uuid": self._uuids.of("risk", risk.id),
                "title": line(risk.title),
                "description": prose(why),
                "statement": prose(why),
                "props": list(_told(risk)),
                "links": [{"href": f"#{self._uuids.of('exception', each.id)}", "rel": "exception"} for each in granted],
                "status": STATUSES[risk.state],
                "origins": [{"actors": actors(self._a)}],
                "characterizations": [{"origin": {"actors": actors(self._a)}, "facets": list(_facets(risk))}],
                "mitigating-factors": [
                    {
                        "uuid": self._uuids.of("mitigating-factor", risk.id, each.id),
                        "description": prose(each.compensating_control),
                    }
                    for each in granted
                    if each.compensating_control
                ],
                "deadline": begins(risk.due, self._a.method.as_of) if risk.due else None,
                "remediations": [self._response(risk)] if risk.fix or risk.response else [],
                "risk-log": {"entries": [self._accepted(risk, each) for each in granted]} if granted else {},
                "related-observations": self.related(self.behind(risk)),
            }
        )

    def _response(self, risk: Risk) -> Node:
        return filled(
            {
                "uuid": self._uuids.of("response", risk.id),
                "lifecycle": "planned" if risk.owner or risk.due else "recommendation",
                "title": line(risk.response or "What to do"),
                "description": prose(risk.fix or risk.note or risk.response),
                "props": [prop("owner", risk.owner)] if risk.owner else [],
                "tasks": [
                    {
                        "uuid": self._uuids.of("milestone", risk.id),
                        "type": "milestone",
                        "title": "To be done",
                        "timing": {"on-date": {"date": begins(risk.due, self._a.method.as_of)}},
                    }
                ]
                if risk.due
                else [],
            }
        )

    def _accepted(self, risk: Risk, exception: ExceptionResult) -> Node:
        return filled(
            {
                "uuid": self._uuids.of("risk-log", risk.id, exception.id),
                "title": line(f"Exception {exception.id} was granted by {exception.approver}"),
                "description": prose(exception.rationale),
                "start": begins(exception.granted_on, self._a.method.as_of),
                "status-change": "deviation-approved" if risk.state == "accepted" else "",
            }
        )


def _told(risk: Risk) -> Iterator[Node]:
    yield prop("risk-id", risk.id)
    yield prop("state", risk.state)
    yield prop("source", risk.source)
    yield prop("about", risk.about)
    yield prop("subjects", risk.subjects)
    yield prop("first-seen", risk.first_seen.isoformat())
    yield prop("last-seen", risk.last_seen.isoformat())
    for name, values in (("control", risk.controls), ("service", risk.services), ("exception", risk.exceptions)):
        for each in values:
            yield prop(name, each)


def _facets(risk: Risk) -> Iterator[Node]:
    """Levels after NIST SP 800-30, and what each was made of."""
    for name, level in (("risk", risk.level), ("likelihood", risk.likelihood), ("impact", risk.impact)):
        yield {"name": name, "system": _OSCAL, "value": level}
    for at, factor in enumerate(risk.factors, 1):
        yield filled(
            {
                "name": f"{factor.of}-factor-{at}",
                "system": NAMESPACE,
                "value": factor.level,
                "remarks": prose(f"{words(factor.name)}: {factor.why}"),
            }
        )
