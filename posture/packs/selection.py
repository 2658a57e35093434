"""What requests need of an assessment: controls, answers, checks and tables, by name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from posture.assessment import Assessment, ControlResult
from posture.governance.exceptions import control_name
from posture.model import Record
from posture.packs.definition import Request

__all__ = ["Selection", "selection"]


class Selection(Record, frozen=True, kw_only=True):
    """What requests need of one assessment: names of controls (see `control_name`), ids of checks, names of tables."""

    controls: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()
    checks: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()


def selection(a: Assessment, requests: Iterable[Request]) -> Selection:
    """What these requests need: a standard brings its specifications, a control its tests."""
    controls: set[str] = set()
    answers: set[str] = set()
    checks: set[str] = set()
    tables: set[str] = set()
    every = {control_name(each.catalog, each.id): each for each in _every_control(a)}
    below = _below(every)
    for request in requests:
        named = _with_specifications(request.controls, below)
        controls |= named
        answers |= {*request.answers}
        checks |= {*request.checks}
        tables |= {*request.tables}
        for name in named & every.keys():
            checks |= {
                each.check for each in every[name].checks if request.tests == "all" or each.bearing == "contradicts"
            }
    return Selection(
        controls=frozenset(controls),
        answers=frozenset(answers | controls),
        checks=frozenset(checks),
        tables=frozenset(tables),
    )


def _every_control(a: Assessment) -> Iterable[ControlResult]:
    yield from a.controls
    for part in a.frameworks:
        yield from part.controls


def _below(every: Mapping[str, ControlResult]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, each in every.items():
        if each.parent:
            found.setdefault(control_name(each.catalog, each.parent), []).append(name)
    return found


def _with_specifications(names: Iterable[str], below: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += below.get(name, ())
    return found
