"""All that is said of a check, from one place: `posture checks show`, the listing and the reference page."""

from __future__ import annotations

from collections.abc import Mapping
from types import CodeType, FunctionType

import msgspec

from posture.catalog import Catalog
from posture.check import Check
from posture.thresholds import Thresholds

__all__ = ["CheckPage", "Limit", "page"]


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the hospital's own policy that a check compares with, and what its default rests on."""

    name: str
    default: int
    description: str


class CheckPage(msgspec.Struct, frozen=True, kw_only=True):
    """A check as people read it. `controls` are, by catalog, the controls that a fail contradicts or supports."""

    id: str
    title: str
    severity: str
    reads: str
    summary: str
    why: str
    fix: str
    sources: str
    contradicts: tuple[str, ...]
    supports: tuple[str, ...]
    elsewhere: dict[str, tuple[str, ...]]
    thresholds: tuple[Limit, ...]


def page(check: Check, catalogs: Mapping[str, Catalog], scored: str) -> CheckPage:
    """The page of a check; `scored` is the id of the catalog whose controls stand first."""
    contradicts, supports = catalogs[scored].bearing(check.id)
    others = {name: catalog.bearing(check.id) for name, catalog in catalogs.items() if name != scored}
    described = msgspec.json.schema(Thresholds)["$defs"]["Thresholds"]["properties"]
    return CheckPage(
        id=check.id,
        title=check.title,
        severity=check.severity.value,
        reads=", ".join([check.reads, *(wanted for _, wanted in check.wants if wanted.startswith("Facts["))]),
        summary=check.summary,
        why=check.why,
        fix=check.fix,
        sources=check.sources,
        contradicts=contradicts,
        supports=supports,
        elsewhere={name: both for name, (one, other) in sorted(others.items()) if (both := (*one, *other))},
        thresholds=tuple(
            Limit(name=name, default=described[name]["default"], description=described[name].get("description", ""))
            for name in _compared_with(check)
        ),
    )


def _compared_with(check: Check) -> tuple[str, ...]:
    """The thresholds that a check's code names, and those of the functions of Posture that it calls."""
    if "Thresholds" not in {wanted for _, wanted in check.wants}:
        return ()
    found: set[str] = set()
    seen: set[CodeType] = set()
    waiting = (
        [(check.function.__code__, check.function.__globals__)] if isinstance(check.function, FunctionType) else []
    )
    while waiting:
        code, here = waiting.pop()
        if code in seen:
            continue
        seen.add(code)
        found.update(code.co_names)
        waiting += [(each, here) for each in code.co_consts if isinstance(each, CodeType)]
        called = (here.get(name) for name in code.co_names)
        waiting += [
            (each.__code__, each.__globals__)
            for each in called
            if isinstance(each, FunctionType) and each.__module__.startswith("posture")
        ]
    return tuple(name for name in Thresholds.__struct_fields__ if name in found)
