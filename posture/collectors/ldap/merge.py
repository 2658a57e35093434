"""Two facts about one subject as one. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import msgspec

from posture.facts import AccessEntry, Fact, Flags, Missing

__all__ = ["filled", "merged"]

F = TypeVar("F", bound=Fact)

_CONTROLLER = 0x2000  # userAccountControl (MS-ADTS 2.2.16)
_CONTRADICTION = Missing("not-readable", "it was read twice, with different values")
_EITHER_OR = frozenset(
    {
        *("expires", "locked", "owner", "operating_system", "operating_system_version"),
        *("enrollment_flags", "signatures", "key_usages"),
    }
)
"""Fields of which an old value, or that there was none, may say the opposite of what holds today."""
_SILENCE = {"absent": 1, "not-readable": 2, "not-answered": 3, "not-asked": 4}


def merged(one: F, other: F) -> F:
    """Two facts about one subject as one, whichever comes first: what is known wins over what is missing.

    Flags, numbers, access lists and what `_EITHER_OR` names are not known where they differ: one of the two files is
    old, and which one it is can't be seen. Of times, the later stands: whatever happened then did happen.
    """
    fields: dict[str, Any] = {
        name: _either(getattr(one, name), getattr(other, name))
        if name in _EITHER_OR
        else _one_of(getattr(one, name), getattr(other, name))
        for name in one.__struct_fields__
    }
    fields["ids"] = tuple(sorted({*one.ids, *other.ids}, key=_strength))
    fields["evidence"] = tuple(sorted({*one.evidence, *other.evidence}))
    if _contradict(fields.get("user_account_control"), fields.get("flags")):
        fields |= {"user_account_control": _CONTRADICTION, "flags": _CONTRADICTION}
    return type(one)(**fields)


def filled(fact: F, other: F) -> F:
    """The fact with what it does not know and another source tells of the same subject; what it knows stands.

    That it has no such value is known too; and where its own files contradict each other, no third one decides. Only
    userAccountControl is not known where the bits that the other tells differ: it decides who can log in.
    """
    fields = {
        name: value
        for name in fact.__struct_fields__
        if _is_silent(getattr(fact, name)) and not _is_silent(value := getattr(other, name))
    }
    control = getattr(fact, "user_account_control", None)
    if control == _CONTRADICTION:
        fields.pop("flags", None)
    elif _contradict(control, fields.get("flags")) or _differ(control, getattr(other, "user_account_control", None)):
        fields |= {"user_account_control": _CONTRADICTION, "flags": _CONTRADICTION}
    if not fields:
        return fact
    return msgspec.structs.replace(
        fact,
        **fields,
        ids=tuple(sorted({*fact.ids, *other.ids}, key=_strength)),
        evidence=tuple(sorted({*fact.evidence, *other.evidence})),
    )


def _contradict(control: object, flags: object) -> bool:
    """Whether bits that were told one by one are not those of the number. Exports tell `isdc` by another attribute."""
    if not isinstance(control, int) or not isinstance(flags, Flags):
        return False
    return bool((flags.on & ~control | flags.off & control) & ~_CONTROLLER)


def _differ(one: object, other: object) -> bool:
    return isinstance(one, int) and isinstance(other, int) and one != other


def _is_silent(value: object) -> bool:
    return isinstance(value, Missing) and value.why != "absent" and value != _CONTRADICTION


def _either(one: object, other: object) -> object:
    """One of two values that can't both hold; that there is none is a value too."""
    if one == other or _is_silent(one) or _is_silent(other) or (_is_absent(one) and _is_absent(other)):
        return _one_of(one, other)
    return _CONTRADICTION


def _is_absent(value: object) -> bool:
    return isinstance(value, Missing) and value.why == "absent"


def _one_of(one: object, other: object) -> object:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return max(one, other)
    if isinstance(one, Flags) and isinstance(other, Flags):
        differ = (one.on & other.off) | (one.off & other.on)
        return Flags(on=(one.on | other.on) & ~differ, off=(one.off | other.off) & ~differ)
    if one != other and ((isinstance(one, int) and isinstance(other, int)) or _are_access_lists(one, other)):
        return _CONTRADICTION
    return min(one, other, key=_order)


def _are_access_lists(*values: object) -> bool:
    return all(isinstance(value, tuple) for value in values) and any(
        isinstance(entry, AccessEntry) for value in values if isinstance(value, tuple) for entry in value
    )


def _order(value: object) -> tuple[int, bytes]:
    if value == _CONTRADICTION:
        return -1, b""
    rank = _SILENCE[value.why] if isinstance(value, Missing) else 5 if value in {"", None} else 0
    return rank, msgspec.json.encode(value)


def _strength(key: str) -> tuple[int, str]:
    return {"guid": 0, "sid": 1}.get(key.partition(":")[0], 2), key
