"""The plan of action and milestones: a weakness an item, as on the workbook's sheet. Nothing where there is none."""

from __future__ import annotations

from collections.abc import Iterator

from posture.assessment import Assessment, Gap
from posture.oscal.plan import SYSTEM, assets
from posture.oscal.results import observation
from posture.oscal.risks import Register
from posture.oscal.subjects import Subjects, resources
from posture.oscal.words import Node, Uuids, document, filled, line, metadata, prop, prose
from posture.workbook.places import Weakness, weaknesses

__all__ = ["poam"]


def poam(a: Assessment) -> Node | None:
    """The plan of action, or None where no check failed and no risk stands."""
    rows = list(weaknesses(a))
    if not rows:
        return None
    subjects, register, uuids = Subjects(a), Register(a), Uuids(a)
    wanted = {key for row in rows for key in _behind(row, register)}
    behind = [each for each in a.observations if each.id in wanted]
    risks = [row.risk for row in rows if row.risk]
    granted = {id_ for risk in risks for id_ in risk.exceptions}
    digests = sorted({digest for each in behind for digest in each.evidence})
    back = resources(a, digests, (), [each for each in a.exceptions if each.id in granted])
    return {
        "plan-of-action-and-milestones": filled(
            {
                "uuid": document(a, "poam"),
                "metadata": metadata(a, "Plan of action and milestones"),
                "import-ssp": {"href": SYSTEM},
                "system-id": {"identifier-type": "https://ietf.org/rfc/rfc4122", "id": uuids.of("system")},
                "local-definitions": filled(
                    {
                        "components": subjects.components(behind),
                        "inventory-items": subjects.items(subjects.about(behind, a.assets)),
                        "assessment-assets": assets(a),
                    }
                ),
                "observations": [observation(a, each, subjects) for each in behind],
                "risks": [register.risk(each) for each in risks],
                "poam-items": [_item(row, uuids, set(_behind(row, register))) for row in rows],
                "back-matter": {"resources": back} if back else {},
            }
        )
    }


def _behind(row: Weakness, register: Register) -> Iterator[str]:
    if row.gap:
        yield from row.gap.observations
    if row.risk:
        yield from (each.id for each in register.behind(row.risk))


def _item(row: Weakness, uuids: Uuids, behind: set[str]) -> Node:
    gap, risk = row.gap, row.risk
    title = gap.title if gap else risk.title if risk else row.id
    told = (gap.why if gap else "") or (risk.why if risk else "") or title
    return filled(
        {
            "uuid": uuids.of("poam-item", row.id),
            "title": line(title),
            "description": prose(told),
            "props": [
                prop("weakness-id", row.id),
                *(_counted(gap) if gap else []),
            ],
            "related-observations": [{"observation-uuid": uuids.of("observation", key)} for key in sorted(behind)],
            "related-risks": [{"risk-uuid": uuids.of("risk", risk.id)}] if risk else [],
        }
    )


def _counted(gap: Gap) -> list[Node]:
    return [
        prop("check", gap.check),
        prop("severity", gap.severity.value),
        prop("failed", gap.failed),
        prop("judged", gap.judged),
    ]
