"""What Active Directory's own settings say: its features, its trusts, its fine-grained policies. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from posture.collectors.ldap.build import Fields
from posture.collectors.ldap.decode import integer, text
from posture.facts import FineGrainedPolicy, Known, Missing, Trust

__all__ = ["fine_grained_policies", "group_policies", "heuristics", "recycle_bin", "tombstone_days", "trusts"]

T = TypeVar("T")

_RECYCLE_BIN = b"recycle bin feature"
_NOT_SHOWN = Missing("not-readable", "the entry that holds it is not shown to the audit account")
_CONTRADICTION = Missing("not-readable", "it was read twice, with different values")


def heuristics(entries: Sequence[Fields]) -> Known[str]:
    """dSHeuristics, a text in which each place is a setting (MS-ADTS 6.1.1.2.4.1.2)."""
    return _one(entries, lambda fields: fields.one("dSHeuristics", text))


def tombstone_days(entries: Sequence[Fields]) -> Known[int]:
    """The days for which deleted objects are kept; absent stands for 60 (MS-ADTS 6.1.1.2.4.1.1)."""
    return _one(entries, lambda fields: fields.one("tombstoneLifetime", integer))


def recycle_bin(entries: Sequence[Fields]) -> Known[bool]:
    """Whether the Recycle Bin is enabled, by what says so of itself (msDS-EnabledFeatureBL; MS-ADTS 3.1.1.9.1).

    The feature's own entry is read, since the list of enabled features is shown without a witness.
    """
    feature = [fields for fields in entries if (fields.first("cn") or b"").lower() == _RECYCLE_BIN]
    return _one(feature, lambda fields: fields.present("msDS-EnabledFeatureBL"))


def trusts(entries: Sequence[Fields]) -> tuple[Trust, ...]:
    """The trusts, sorted by name."""
    found = {
        Trust(
            name=text(fields.first("trustPartner") or b"") or fields.dn,
            direction=fields.one("trustDirection", integer),
            type=fields.one("trustType", integer),
            attributes=fields.one("trustAttributes", integer),
            encryption_types=fields.one("msDS-SupportedEncryptionTypes", integer),
        )
        for fields in entries
    }
    return tuple(sorted(found, key=repr))


def fine_grained_policies(entries: Sequence[Fields]) -> tuple[FineGrainedPolicy, ...]:
    """The fine-grained password policies that are shown, sorted by name."""
    found = {
        FineGrainedPolicy(
            name=text(fields.first("cn") or b"") or fields.dn,
            min_length=fields.one("msDS-MinimumPasswordLength", integer),
            lockout_threshold=fields.one("msDS-LockoutThreshold", integer),
            applies=fields.present("msDS-PSOAppliesTo"),
        )
        for fields in entries
    }
    return tuple(sorted(found, key=repr))


def group_policies(entries: Sequence[Fields]) -> tuple[str, ...]:
    """The GUIDs of the group policy objects that are shown: each is named by its own."""
    return tuple(sorted({text(fields.first("cn") or b"").upper() for fields in entries}))


def _one(entries: Sequence[Fields], read: Callable[[Fields], Known[T]]) -> Known[T]:
    """What all entries agree on."""
    found = {read(fields) for fields in entries}
    return found.pop() if len(found) == 1 else _CONTRADICTION if found else _NOT_SHOWN
