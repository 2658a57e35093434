"""Which write views the agent grants to communities (SNMP-VIEW-BASED-ACM-MIB, RFC 3415)."""

from __future__ import annotations

from posture.collectors.snmp.mibs import (
    ACCESS_STATUS,
    ACCESS_WRITE,
    GROUP_NAME,
    GROUP_STATUS,
    VIEW_STATUS,
    VIEW_TYPE,
    Oid,
)
from posture.collectors.snmp.said import Said, shown
from posture.facts import Known, Missing

__all__ = ["writable_views"]

_ANY_MODEL, _COMMUNITY_MODELS = 0, {1, 2}
_NO_AUTH = 1
_ACTIVE, _INCLUDED = 1, 1


def writable_views(said: Said) -> Known[tuple[str, ...]]:
    """The write views, by name, through which some community can change something.

    A view counts if an active access row grants it to a v1 or v2c group that has a member, and if its tree family has
    an included subtree: a view without one, such as Net-SNMP's `none`, lets nobody write. `()` is an answer only where
    all three tables were read to their ends. An agent without these tables is Missing: it may still take writes.
    """
    writes = said.column(ACCESS_WRITE)
    if not writes:
        return said.silence(ACCESS_WRITE)
    groups = _community_groups(said)
    views = {
        view
        for index, view in writes.items()
        if isinstance(view, bytes) and view and _active(said, ACCESS_STATUS, index) and _granted(index, groups)
    }
    included = {
        _sized(index)[0]
        for index, kind in said.column(VIEW_TYPE).items()
        if kind == _INCLUDED and _active(said, VIEW_STATUS, index)
    }
    found = tuple(sorted(shown(view) for view in views if view in included))
    if found:
        return found
    cut = said.silence(ACCESS_WRITE, GROUP_NAME, VIEW_TYPE)
    if cut.why != "absent":
        return cut
    if not said.column(GROUP_NAME) or (views and not said.column(VIEW_TYPE)):
        return Missing("not-readable", "the agent shows its access rows, but not the groups or views they name")
    return ()


def _community_groups(said: Said) -> dict[bytes, set[int]]:
    """Groups with a community in them, and the security models (1 for v1, 2 for v2c) of their members."""
    groups: dict[bytes, set[int]] = {}
    for index, name in said.column(GROUP_NAME).items():
        if isinstance(name, bytes) and index and index[0] in _COMMUNITY_MODELS and _active(said, GROUP_STATUS, index):
            groups.setdefault(name, set()).add(index[0])
    return groups


def _granted(index: Oid, groups: dict[bytes, set[int]]) -> bool:
    """Whether an access row (group, context prefix, security model, security level) holds for a community's group."""
    group, rest = _sized(index)
    _, rest = _sized(rest)
    if len(rest) != 2 or group not in groups:  # noqa: PLR2004  # model and level
        return False
    model, level = rest
    return level == _NO_AUTH and (model == _ANY_MODEL or model in groups[group])


def _active(said: Said, status: Oid, index: Oid) -> bool:
    """Whether the row's status is active; where no status was sent, it is taken to be."""
    return said.column(status).get(index, _ACTIVE) == _ACTIVE


def _sized(index: Oid) -> tuple[bytes, Oid]:
    """A string that follows its length in an index, and the rest of the index."""
    size = index[0] if index else 0
    name = index[1 : 1 + size]
    return bytes(number & 0xFF for number in name), index[1 + size :]
