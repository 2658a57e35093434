"""The assessment results: observations, findings and risks.

OSCAL knows two states of a finding, *satisfied* and *not-satisfied* (the objective "has not been completely
satisfied"). A control that was not assessed is neither, so it has no finding: the results' reviewed controls, which are
"the actual controls, and reflect any changes from the plan", exclude it, and a property beside that says why. The same
goes for one that does not apply. The method UNKNOWN "is only for use when converting historic content", so none of our
observations has it: what gave no answer was a TEST all the same, and its outcome is in a property.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from posture.assessment import Assessment, AttestationResult, CatalogInfo, ControlResult, Observation
from posture.model import Outcome, Status
from posture.oscal.controls import judged
from posture.oscal.plan import PLAN, actors, assets, selected
from posture.oscal.risks import Register
from posture.oscal.subjects import Subjects, resources
from posture.oscal.words import Node, Uuids, begins, control_id, document, filled, line, metadata, moment, prop, prose
from posture.presentation import OUTCOMES, noun, number

__all__ = ["STATES", "attestation", "evidence", "observation", "results"]

STATES = {
    Status.SATISFIED: ("satisfied", "pass"),
    Status.SATISFIED_BY_ALTERNATIVE: ("satisfied", "pass"),
    Status.RISK_ACCEPTED: ("not-satisfied", "fail"),
    Status.NOT_SATISFIED: ("not-satisfied", "fail"),
}
"""State and reason of a finding; a status that is not here has no finding."""

_TYPES = {Outcome.FAIL: "finding", Outcome.UNKNOWN: "discovery", Outcome.ERROR: "discovery"}


def results(a: Assessment) -> Node:
    """One set of results a catalog; observations and risks stand in the first."""
    subjects, register = Subjects(a), Register(a)
    given = [each for each in a.attestations if each.state != "missing" and each.attested_on]
    sets = list(judged(a))
    found = []
    for at, (head, controls) in enumerate(sets):
        node = _set(a, head, controls, register, given)
        if at == 0:
            node |= _seen(a, subjects, register, given)
        found.append(filled(node))
    digests = sorted({digest for each in a.observations for digest in each.evidence} | {each.id for each in a.evidence})
    back = resources(a, digests, (file for each in given for file in each.attachments), a.exceptions)
    return {
        "assessment-results": filled(
            {
                "uuid": document(a, "assessment-results"),
                "metadata": metadata(a, "Assessment results"),
                "import-ap": {"href": PLAN},
                "results": found,
                "back-matter": {"resources": back} if back else {},
            }
        )
    }


def _set(
    a: Assessment,
    head: CatalogInfo,
    controls: Sequence[ControlResult],
    register: Register,
    given: Sequence[AttestationResult],
) -> Node:
    uuids = Uuids(a)
    concluded = [each for each in controls if each.status in STATES]
    others = [each for each in controls if each.status not in STATES]
    return {
        "uuid": uuids.of("result", a.run.id, a.fingerprint, head.id),
        "title": line(head.title),
        "description": prose(f"What stands of the controls of {head.title} as of {a.method.as_of:%Y-%m-%d}."),
        "start": moment(a.run.started),
        "end": moment(a.run.ended) if a.run.ended else None,
        "props": [prop("catalog", head.id), *([prop("catalog-status", head.status)] if head.status else [])],
        "reviewed-controls": {
            "control-selections": [
                filled(
                    {
                        "description": "Those that are excluded have no conclusion: a property says of each why."
                        if others
                        else "",
                        "props": [
                            prop(each.status.value, each.id, prose(each.reason), **{"class": _counted(each)})
                            for each in others
                        ],
                        "include-controls": selected(controls),
                        "exclude-controls": selected(others),
                    }
                )
            ]
        },
        "findings": _findings(a, concluded, register, given),
        "remarks": prose(a.method.statement) if a.method.statement else "",
    }


def _counted(control: ControlResult) -> str:
    return "counted" if control.counted else "not-counted"


def _seen(a: Assessment, subjects: Subjects, register: Register, given: Sequence[AttestationResult]) -> Node:
    return {
        "local-definitions": filled(
            {
                "components": subjects.components(a.observations),
                "inventory-items": subjects.items(a.assets),
                "assessment-assets": assets(a),
            }
        ),
        "observations": [
            *(observation(a, each, subjects) for each in a.observations),
            *(attestation(a, each) for each in given),
        ],
        "risks": [register.risk(each) for each in a.risks],
    }


def observation(a: Assessment, each: Observation, subjects: Subjects) -> Node:
    """A verdict of a check. Of a counted set its number is told, and not its members: they are in assessment.json."""
    counted = f"{number(each.count)} {noun(each.subject_kind, each.count)}: {OUTCOMES[each.outcome].word.lower()}"
    key = (each.id,) if each.id else (each.check, each.outcome.value)
    return filled(
        {
            "uuid": subjects.uuids.of("observation", *key),
            "title": line(f"{each.check}: {each.subject_name or each.subject or counted}"),
            "description": prose(each.message or counted),
            "props": list(_told(each)),
            "methods": ["TEST"],
            "types": [_TYPES.get(each.outcome, "control-objective")],
            "origins": [{"actors": actors(a)}],
            "subjects": [subjects.reference(each)] if each.subject else [],
            "relevant-evidence": evidence(subjects.uuids, each.evidence),
            "collected": moment(subjects.collected(each)),
            "remarks": prose(f"What would answer it: {each.answer}") if each.answer else "",
        }
    )


def _told(each: Observation) -> Iterator[Node]:
    yield prop("check", each.check)
    yield prop("outcome", each.outcome.value)
    yield prop("severity", each.severity.value)
    if each.id:
        yield prop("observation-id", each.id)
    if each.subject:
        yield prop("subject", each.subject)
    else:
        yield prop("count", each.count)
    if each.ephi:
        yield prop("ephi", each.ephi)


def evidence(uuids: Uuids, digests: Iterable[str]) -> list[Node]:
    """References to pieces of evidence in the back matter."""
    return [{"href": f"#{uuids.of('evidence', digest)}", "description": f"SHA-256 {digest}"} for digest in digests]


def _key(each: AttestationResult) -> tuple[str, str, str]:
    return each.catalog, each.control, each.party


def attestation(a: Assessment, each: AttestationResult) -> Node:
    """What somebody answered for, as an observation by the methods that they say they used."""
    uuids = Uuids(a)
    return filled(
        {
            "uuid": uuids.of("observation", "attestation", *_key(each)),
            "title": line(f"Attestation of {each.control}" + (f" for {each.party}" if each.party else "")),
            "description": prose(each.statement or each.question),
            "props": [
                prop("attestation", each.control),
                prop("catalog", each.catalog),
                prop("state", each.state),
                *([prop("party", each.party)] if each.party else []),
                *([prop("answer", each.answer)] if each.answer else []),
                *([prop("owner", each.owner)] if each.owner else []),
            ],
            "methods": [method.value for method in each.methods] or ["INTERVIEW"],
            "types": ["control-objective"],
            "relevant-evidence": [
                {"href": f"#{uuids.of('attachment', file.sha256)}", "description": prose(file.name)}
                for file in each.attachments
            ],
            "collected": begins(each.attested_on, a.method.as_of) if each.attested_on else moment(a.method.as_of),
            "expires": begins(each.expires, a.method.as_of) if each.expires else None,
        }
    )


def _findings(
    a: Assessment, controls: Sequence[ControlResult], register: Register, given: Sequence[AttestationResult]
) -> list[Node]:
    uuids = Uuids(a)
    by_id = {each.id: each for each in a.observations if each.id}
    answers: defaultdict[tuple[str, str], list[AttestationResult]] = defaultdict(list)
    for each in given:
        answers[each.catalog, each.control].append(each)
    scored = a.controls[0].catalog if a.controls else ""
    risks: defaultdict[str, list[str]] = defaultdict(list)
    for risk in a.risks:
        for identifier in risk.controls:
            risks[identifier].append(uuids.of("risk", risk.id))
    return [
        filled(
            {
                "uuid": uuids.of("finding", each.catalog, each.id),
                "title": line(f"{each.id} {each.title}"),
                "description": prose(each.reason),
                "props": [
                    prop("control", each.id),
                    prop("status", each.status.value, **{"class": _counted(each)}),
                    prop("answered", each.answered),
                    *(prop("party-status", f"{part.party}: {part.status.value}") for part in each.parts),
                ],
                "links": [{"href": f"#{uuids.of('exception', id_)}", "rel": "exception"} for id_ in _granted(a, each)],
                "origins": [{"actors": actors(a)}],
                "target": filled(
                    {
                        "type": "objective-id",
                        "target-id": f"{control_id(each.catalog, each.id)}_obj",
                        "status": _state(each),
                        "implementation-status": {"state": "alternative"}
                        if each.status is Status.SATISFIED_BY_ALTERNATIVE
                        else {},
                    }
                ),
                "related-observations": [
                    *register.related([by_id[key] for key in each.observations if key in by_id]),
                    *(
                        {"observation-uuid": uuids.of("observation", "attestation", *_key(one))}
                        for one in answers[each.catalog, each.id]
                    ),
                ],
                "related-risks": [{"risk-uuid": uuid} for uuid in risks[each.id]] if each.catalog == scored else [],
            }
        )
        for each in controls
    ]


def _granted(a: Assessment, control: ControlResult) -> list[str]:
    known = {each.id for each in a.exceptions}
    return [each for each in control.exceptions if each in known]


def _state(control: ControlResult) -> Node:
    state, reason = STATES[control.status]
    accepted = "The risk is accepted; that does not make the control satisfied."
    return filled(
        {"state": state, "reason": reason, "remarks": accepted if control.status is Status.RISK_ACCEPTED else ""}
    )
