"""The system security plan's stub and the assessment plan: what the results refer to.

The stub says nothing for the hospital: it has one component, the hospital as it was audited, and no claim of what is
implemented but where people have answered so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from posture.assessment import Assessment, ControlResult
from posture.model import Method, Status
from posture.oscal.words import Node, Uuids, control_id, document, filled, line, metadata, moment, prose, words

__all__ = ["PLAN", "PROFILE", "SYSTEM", "actors", "assessment_plan", "assets", "selected", "system"]

PROFILE, SYSTEM, PLAN = "profile.json", "system-security-plan.json", "assessment-plan.json"

_IMPLEMENTED = {Status.NOT_APPLICABLE: "not-applicable", Status.SATISFIED_BY_ALTERNATIVE: "alternative"}

_ACTIVITIES = {
    Method.TEST: "Machines, directories and devices are asked, or files of scans are read, and checks judge it.",
    Method.EXAMINE: "People hand in the documents that show a control, and attest it.",
    Method.INTERVIEW: "People are asked for a control, and attest it.",
}


def system(a: Assessment, controls: Sequence[ControlResult]) -> Node:
    """The system security plan's stub."""
    uuids = Uuids(a)
    here = uuids.of("component", "this-system")
    zones = "; ".join(
        f"{each.id} ({each.kind}): {', '.join(each.networks) or 'no network'}" for each in a.organisation.zones
    )
    return {
        "system-security-plan": {
            "uuid": document(a, "ssp"),
            "metadata": metadata(a, "System security plan, stub"),
            "import-profile": {"href": PROFILE},
            "system-characteristics": {
                "system-ids": [{"identifier-type": "https://ietf.org/rfc/rfc4122", "id": uuids.of("system")}],
                "system-name": words(a.organisation.name),
                "description": "A stub for the assessment to refer to: it was made by Posture from the audit’s scope, "
                "and is not the hospital’s own system security plan.",
                "system-information": {
                    "information-types": [
                        {
                            "uuid": uuids.of("information-type", "ephi"),
                            "title": "Electronic protected health information",
                            "description": "As 45 CFR 160.103 defines it.",
                        }
                    ]
                },
                "status": {"state": "other", "remarks": "The hospital’s own plan says it; a scan does not."},
                "authorization-boundary": {
                    "description": prose(f"The scope of the audit. Zones: {zones}." if zones else "The files judged.")
                },
            },
            "system-implementation": {
                "users": [{"uuid": uuids.of("user", "all"), "title": "All who use the system"}],
                "components": [
                    {
                        "uuid": here,
                        "type": "this-system",
                        "title": line(a.organisation.name),
                        "description": "The hospital as it was audited.",
                        "status": {"state": "other", "remarks": "Not judged."},
                    }
                ],
            },
            "control-implementation": {
                "description": "How controls are implemented, the hospital’s own plan says. Here is only what people "
                "attested or decided: that a control does not apply, or is met by an alternative.",
                "implemented-requirements": [_requirement(each, uuids, here) for each in controls],
            },
        }
    }


def _requirement(control: ControlResult, uuids: Uuids, here: str) -> Node:
    said = _IMPLEMENTED.get(control.status)
    return filled(
        {
            "uuid": uuids.of("requirement", control.catalog, control.id),
            "control-id": control_id(control.catalog, control.id),
            "by-components": [
                {
                    "component-uuid": here,
                    "uuid": uuids.of("by-component", control.catalog, control.id),
                    "description": prose(control.reason),
                    "implementation-status": {"state": said},
                }
            ]
            if said
            else [],
        }
    )


def selected(controls: Sequence[ControlResult]) -> list[Node]:
    """Controls as OSCAL selects them."""
    return [{"control-id": control_id(each.catalog, each.id)} for each in controls]


def actors(a: Assessment) -> list[Node]:
    """Who observed by test: the tool."""
    return [{"type": "tool", "actor-uuid": Uuids(a).of("component", "posture")}]


def assets(a: Assessment) -> Node:
    """What the assessment was made with: Posture, and the programs that collected."""
    uuids = Uuids(a)
    tools = {(each.tool.name, each.tool.version) for each in a.evidence if each.tool}
    components = [
        _software(uuids.of("component", "posture"), "Posture", a.method.version),
        *(_software(uuids.of("component", "tool", *each), *each) for each in sorted(tools)),
    ]
    return {
        "components": components,
        "assessment-platforms": [
            {
                "uuid": uuids.of("platform", a.run.host),
                "title": line(a.run.host or "not stated"),
                "uses-components": [{"component-uuid": each["uuid"]} for each in components],
            }
        ],
    }


def _software(uuid: str, name: str, version: str) -> Node:
    return {
        "uuid": uuid,
        "type": "software",
        "title": line(name),
        "description": prose(f"{name} {version}"),
        "props": [{"name": "version", "value": words(version)}],
        "status": {"state": "operational"},
    }


def assessment_plan(a: Assessment, controls: Sequence[ControlResult]) -> Node:
    """What was to be assessed, and how."""
    uuids = Uuids(a)
    activities = [
        {
            "uuid": uuids.of("activity", method.value),
            "title": method.value.capitalize(),
            "description": told,
            "props": [{"name": "method", "value": method.value}],
        }
        for method, told in _ACTIVITIES.items()
    ]
    subjects: list[Node] = [{"type": kind, "include-all": {}} for kind in ("component", "inventory-item")]
    return {
        "assessment-plan": filled(
            {
                "uuid": document(a, "assessment-plan"),
                "metadata": metadata(a, "Assessment plan"),
                "import-ssp": {"href": SYSTEM},
                "local-definitions": {"activities": activities},
                "terms-and-conditions": {"parts": list(_terms(a))},
                "reviewed-controls": {"control-selections": [{"include-controls": selected(controls)}]},
                "assessment-subjects": subjects,
                "assessment-assets": assets(a),
                "tasks": [
                    {
                        "uuid": uuids.of("task", a.run.id),
                        "type": "action",
                        "title": line(f"Audit {a.run.id}"),
                        "timing": {
                            "within-date-range": {
                                "start": moment(a.run.started),
                                "end": moment(a.run.ended or a.run.started),
                            }
                        },
                        "associated-activities": [
                            {"activity-uuid": each["uuid"], "subjects": subjects} for each in activities
                        ],
                    }
                ],
            }
        )
    }


def _terms(a: Assessment) -> Iterator[Node]:
    yield {"name": "methodology", "prose": prose(a.method.statement or "Posture’s checks, and what people attest.")}
    for each in a.method.limits:
        yield {"name": "assumptions", "prose": prose(each)}
    for zone in a.organisation.zones:
        if zone.excluded:
            yield {"name": "assessment-exclusions", "prose": prose(f"{zone.id}: {', '.join(zone.excluded)}")}
    for probe in a.coverage.probes:
        if probe.outcome == "refused":
            yield {"name": "assessment-exclusions", "prose": prose(f"{probe.id}: {probe.problem}")}
