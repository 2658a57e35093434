"""What the other documents refer to: the catalogs that were judged against, and the profile of all their controls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from posture.assessment import Assessment, CatalogInfo, ControlResult
from posture.model import Method
from posture.oscal.words import Node, control_id, document, filled, line, metadata, prop, prose
from posture.presentation import family

__all__ = ["catalog", "judged", "profile"]


def judged(a: Assessment) -> Iterator[tuple[CatalogInfo, Sequence[ControlResult]]]:
    """The catalogs with their controls, the rule first. A proposed rule is none: its controls are no findings."""
    heads = {each.id: each for each in a.method.catalogs}
    if a.controls:
        first = a.controls[0].catalog
        unknown = CatalogInfo(id=first, title=first, status="", as_of="", source="")
        yield heads.get(first, unknown), a.controls
    for part in a.frameworks:
        if part.controls and not part.proposed:
            yield part.catalog, part.controls


def catalog(a: Assessment, head: CatalogInfo, controls: Sequence[ControlResult]) -> Node:
    """A catalog as it was judged: groups are the families, and specifications stand in their standards."""
    children: defaultdict[str | None, list[ControlResult]] = defaultdict(list)
    known = {each.id for each in controls}
    for each in controls:
        children[each.parent if each.parent in known else None].append(each)
    families: defaultdict[str, list[ControlResult]] = defaultdict(list)
    for each in children[None]:
        families[each.family].append(each)
    more = [prop("catalog", head.id), *([prop("status", head.status)] if head.status else [])]
    return {
        "catalog": {
            "uuid": document(a, f"catalog {head.id}"),
            "metadata": metadata(a, head.title, more) | {"title": line(head.title)},
            "groups": [
                {"title": line(family(name)), "controls": [_control(each, children) for each in members]}
                for name, members in families.items()
            ],
        }
    }


def _control(control: ControlResult, children: defaultdict[str | None, list[ControlResult]]) -> Node:
    token = control_id(control.catalog, control.id)
    return filled(
        {
            "id": token,
            "class": control.kind.replace("_", "-"),
            "title": line(control.title),
            "props": [
                {"name": "label", "value": control.id},
                *([prop("requirement", control.requirement)] if control.requirement else []),
            ],
            "parts": [
                {"id": f"{token}_smt", "name": "statement", "prose": prose(control.text or control.title)},
                *([{"id": f"{token}_gdn", "name": "guidance", "prose": prose(control.note)}] if control.note else []),
                {
                    "id": f"{token}_obj",
                    "name": "assessment-objective",
                    "prose": prose(f"Determine if this is in place: {control.title}."),
                },
                *(_method(token, method) for method in control.methods),
            ],
            "controls": [_control(each, children) for each in children[control.id]],
        }
    )


def _method(token: str, method: Method) -> Node:
    return {
        "id": f"{token}_asm-{method.value.lower()}",
        "name": "assessment-method",
        "props": [{"name": "method", "value": method.value.upper()}],
    }


def profile(a: Assessment, files: Sequence[str]) -> Node:
    """All controls of the catalogs in these files."""
    return {
        "profile": {
            "uuid": document(a, "profile"),
            "metadata": metadata(a, "Controls that are assessed"),
            "imports": [{"href": file, "include-all": {}} for file in files],
            "merge": {"as-is": True},
        }
    }
