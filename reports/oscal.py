"""`posture-RUN-oscal.zip`: the assessment in NIST's OSCAL 1.1.2, JSON, one document a file.

Catalogs and a profile of all their controls, a system security plan's stub that imports the profile, the assessment
plan that imports the stub, the results that import the plan, and a plan of action and milestones where there is
something to put in it. They name each other by their files' names: unpack them into one folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from posture.assessment import Assessment
from posture.errors import PostureError
from posture.oscal import controls, plan
from posture.oscal.poam import poam
from posture.oscal.results import results
from posture.oscal.words import Node, control_id
from posture.zipped import archive

name = "oscal"
suffix = "-oscal.zip"


def render(assessment: Assessment, out: Path) -> None:
    """Write the archive to `out`, all of it or nothing; the same assessment and run give the same bytes.

    Raises PostureError where no catalog was judged: OSCAL has no assessment of no control.
    """
    if not any(members for _, members in controls.judged(assessment)):
        raise PostureError("no control was judged, and OSCAL has no assessment without one", where="-f oscal")
    with archive(out) as into:
        for file, node in documents(assessment):
            with into.entry(file) as entry:
                entry.write(msgspec.json.format(msgspec.json.encode(node), indent=2) + b"\n")


def documents(a: Assessment) -> Iterator[tuple[str, Node]]:
    """The documents by the names of their files, those that others refer to first."""
    judged = list(controls.judged(a))
    every = [control for _, members in judged for control in members]
    files = [f"catalog-{control_id('', head.id)[3:]}.json" for head, _ in judged]
    for file, (head, members) in zip(files, judged, strict=True):
        yield file, controls.catalog(a, head, members)
    yield plan.PROFILE, controls.profile(a, files)
    yield plan.SYSTEM, plan.system(a, every)
    yield plan.PLAN, plan.assessment_plan(a, every)
    yield "assessment-results.json", results(a)
    if (todo := poam(a)) is not None:
        yield "plan-of-action-and-milestones.json", todo
