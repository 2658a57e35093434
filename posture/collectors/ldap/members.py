"""Which groups' members are asked: the privileged ones', and those of every group within them. Pure bookkeeping."""

from __future__ import annotations

import re

import msgspec

from posture.collectors.ldap.attributes import is_privileged
from posture.collectors.ldap.decode import dn_key, sid
from posture.collectors.ldap.ldif import Entry
from posture.model import AskedLdap

__all__ = ["BATCH", "Members", "member_range"]

BATCH = 50
"""Groups whose members are asked in one search."""

_RANGE = re.compile(r"member;range=(\d{1,9})-(\d{1,9}|\*)", re.IGNORECASE)


def member_range(description: str) -> tuple[int, int | None] | None:
    """The first and last index of a part of a group's members (MS-ADTS 3.1.1.3.1.3.3); None is the last member."""
    found = _RANGE.fullmatch(description)
    return (int(found[1]), None if found[2] == "*" else int(found[2])) if found else None


class _Continuation(msgspec.Struct, frozen=True):
    dn: str
    start: int


class Members:
    """Learns groups and members from entries, and says what to ask next until nothing is left.

    `whenCreated` is asked along with `member`, to tell an empty group from a hidden list (see `attributes`).
    """

    def __init__(self, base: str) -> None:
        self._base = base
        self._groups: dict[str, bytes] = {}
        self._queue: dict[str, bytes] = {}
        self._asked: set[str] = set()
        self._continue: list[_Continuation] = []

    def group(self, entry: Entry) -> None:
        """A group of the directory, as the search for groups gave it."""
        values = {description.lower(): value for description, value in entry.attributes}
        raw = values.get("objectsid", b"")
        try:
            identifier = sid(raw)
        except ValueError:
            return  # without a SID it can't be asked for, and its members stay not asked
        key = dn_key(entry.dn.decode(errors="replace"))
        self._groups[key] = raw
        name = values.get("samaccountname", b"").decode(errors="replace")
        if is_privileged(identifier, name, values.get("admincount", b"0") not in {b"0", b""}):
            self._want(key)

    def members(self, entry: Entry) -> None:
        """A group's members, or a part of them."""
        for description, value in entry.attributes:
            if description.partition(";")[0].lower() == "member":
                self._want(dn_key(value.decode(errors="replace")))
        for description in {description for description, _ in entry.attributes}:
            part = member_range(description)
            if part is not None and part[1] is not None and part[1] >= part[0]:
                self._continue.append(_Continuation(entry.dn.decode(errors="replace"), part[1] + 1))

    def next(self) -> AskedLdap | None:
        """The next search, or None where there is none left."""
        if self._continue:
            what = self._continue.pop()
            return AskedLdap(
                base=what.dn, scope="base", filter="(objectClass=group)", attributes=(f"member;range={what.start}-*",)
            )
        batch = sorted(self._queue)[:BATCH]
        if not batch:
            return None
        sids = "".join(f"(objectSid={_escaped(self._queue.pop(key))})" for key in batch)
        return AskedLdap(
            base=self._base,
            scope="subtree",
            filter=f"(&(objectClass=group)(|{sids}))",
            attributes=("member", "whenCreated"),
        )

    def _want(self, key: str) -> None:
        if key in self._groups and key not in self._asked:
            self._asked.add(key)
            self._queue[key] = self._groups[key]


def _escaped(value: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in value)
