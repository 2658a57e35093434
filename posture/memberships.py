"""Who is in the groups of Active Directory, through groups within groups. Pure.

An account is *in* a group where a chain of members leads to it, or its primary group is one of the chain. It is *not*
in it only where the whole chain was read: every group on the way showed its members, and every member is an entry that
was read. Else it is not known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TypeAlias

import msgspec

from posture.collectors.ldap.decode import dn_key, domain_of
from posture.facts import Account, BlindSpot, Computer, DomainPolicy, Facts, Group, Known, Missing

__all__ = ["EVERYBODY", "Doubt", "Memberships", "Roll", "foreign_sid", "in_domain"]

EVERYBODY = {
    "S-1-1-0": "Everyone",
    "S-1-5-2": "Network",
    "S-1-5-4": "Interactive",
    "S-1-5-7": "Anonymous Logon",
    "S-1-5-11": "Authenticated Users",
    "S-1-5-15": "This Organization",
}
"""Well-known identities that stand for people without number (MS-DTYP 2.4.2.4)."""

_BUILTIN = {
    544: "Administrators",
    548: "Account Operators",
    549: "Server Operators",
    550: "Print Operators",
    551: "Backup Operators",
    552: "Replicator",
}
_OF_EVERY_DOMAIN = {512: "Domain Admins"}
_OF_THE_FOREST = {518: "Schema Admins", 519: "Enterprise Admins"}
_WHERE_THERE_ARE = {516, 521, 526, 527}
_PRIVILEGED = frozenset({*_OF_EVERY_DOMAIN, *_OF_THE_FOREST, *_WHERE_THERE_ARE})
"""What AdminSDHolder protects (Microsoft, Appendix C: Protected Accounts and Groups in Active Directory)."""

_FOREIGN = re.compile(r"cn=(s-1(?:-\d{1,15}){1,17}),cn=foreignsecurityprincipals,")

_Domain: TypeAlias = tuple[str | None, str]
_Key: TypeAlias = tuple[str | None, str]


def foreign_sid(dn: str) -> str | None:
    """The SID that a foreign security principal stands for: its name says it."""
    found = _FOREIGN.match(dn_key(dn))
    return found[1].upper() if found else None


class Roll(msgspec.Struct, frozen=True, kw_only=True):
    """All members of a group, those of the groups within it among them.

    `groups` are the groups within it, `everybody` the well-known identities among the members that let anyone in;
    `doubts` say why there may be more.
    """

    people: tuple[Account, ...]
    groups: tuple[Group, ...]
    everybody: tuple[str, ...]
    doubts: tuple[str, ...]


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """Why not all privileged accounts are known; `group` is the one that it is about, if it is about one."""

    why: str
    group: Group | None = None


class Memberships:
    """The groups with everyone in them. `principals` are all the accounts and computers that were read."""

    def __init__(self, groups: Facts[Group], *principals: Facts[Account] | Facts[Computer]) -> None:
        self._groups = groups
        self._people: list[Account] = [fact for facts in principals for fact in facts]
        everyone: list[Group | Account] = [*groups, *self._people]
        self._entries = {_key(fact): fact for fact in everyone}
        self._by_sid = {fact.sid: fact for fact in everyone if not isinstance(fact.sid, Missing)}
        self._domains = sorted({_domain(fact) for fact in everyone}, key=str)
        self._spots = [*groups.blind_spots, *(spot for facts in principals for spot in facts.blind_spots)]
        self._rolls: dict[_Key, Roll] = {}

    # ── one group ────────────────────────────────────────────────────────────────────────────────────────────────

    def find(self, place: str | None, dn: str) -> Group | Account | None:
        """The entry of a member: its own name, one of another domain of the forest, or whom a foreign principal is."""
        key = dn_key(dn)
        found = self._entries.get((place, key))
        if found is None and (place, domain_of(key)) not in self._domains:
            found = self._abroad.get(key)
        sid = foreign_sid(dn)
        return self._by_sid.get(sid) if found is None and sid else found

    def by_sid(self, sid: str) -> Group | Account | None:
        """The entry with this security identifier."""
        return self._by_sid.get(sid)

    def groups_by_sid(self, sid: str) -> tuple[Group, ...]:
        """All groups with this security identifier: those of the built-in groups are the same in every domain."""
        return tuple(self._groups_by_sid.get(sid, ()))

    def without(self, sid: str) -> tuple[str, ...]:
        """The domains of which accounts or groups were read, and no group with this SID that all domains have."""
        there = {_domain(group) for group in self._groups if group.sid == sid}
        return tuple(domain[1] or domain[0] or "" for domain in self._domains if domain not in there)

    def roll(self, group: Group) -> Roll:
        """Everyone in a group, as far as it is known."""
        if _key(group) not in self._rolls:
            self._rolls[_key(group)] = self._call(group)
        return self._rolls[_key(group)]

    def _call(self, group: Group) -> Roll:
        people: dict[_Key, Account] = {}
        everybody: set[str] = set()
        doubts = {spot.why for spot in self._spots_of(group)}
        seen, queue = {_key(group): group}, [group]
        while queue:
            each = queue.pop()
            if isinstance(each.members, Missing):
                doubts.add(f"the members of {each.name} are not known: {each.members}")
            for dn in _known_members(each):
                member = self.find(each.place, dn)
                sid = foreign_sid(dn) or ""
                if isinstance(member, Group):
                    if _key(member) not in seen:
                        seen[_key(member)] = member
                        queue.append(member)
                elif member is not None:
                    people[_key(member)] = member
                elif sid in EVERYBODY:
                    everybody.add(EVERYBODY[sid])
                    doubts.add(f"it lets in {EVERYBODY[sid]}")
                else:
                    doubts.add(f"no entry was read of its member {dn}")
            for member in self._primary.get((*_domain(each), _rid(each)), ()):
                people[_key(member)] = member
        return Roll(
            people=tuple(people[key] for key in sorted(people, key=str)),
            groups=tuple(seen[key] for key in sorted(seen, key=str) if key != _key(group)),
            everybody=tuple(sorted(everybody)),
            doubts=tuple(sorted(doubts | self._hidden_primaries(group))),
        )

    def _hidden_primaries(self, group: Group) -> set[str]:
        """Only groups of a domain can be a primary group, but those may stand within the built-in ones."""
        empty = group.members == ()
        count = self._unsure[group.place]
        if not count or (empty and _is_builtin(group)):
            return set()
        return {f"the primary group (primaryGroupID) of {count} account{'s' * (count != 1)} is not known"}

    # ── privileged accounts ──────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def privileged(self) -> tuple[Group, ...]:
        """The groups that AdminSDHolder protects, in every domain that was read."""
        return tuple(group for group in self._groups if _is_privileged(group))

    @cached_property
    def administrators(self) -> tuple[tuple[Account, tuple[Group, ...]], ...]:
        """Every user account that is in a privileged group, with those groups; computers are not among them."""
        return tuple(
            (account, groups)
            for account, groups in ((self._entries[key], groups) for key, groups in self._within.items())
            if isinstance(account, Account) and not isinstance(account, Computer)
        )

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """All that may hide a privileged account; without any, those that are known are all."""
        of_groups = (Doubt(why=why, group=group) for group in self.privileged for why in self.roll(group).doubts)
        return (*of_groups, *(Doubt(why=why) for domain in self._domains for why in self._unseen(domain)))

    def privileges(self, account: Account) -> Known[tuple[str, ...]]:
        """The privileged groups that an account is in; empty where it is in none, Missing where it may be in one."""
        within = self._within.get(_key(account), ())
        if within:
            return tuple(sorted({group.name for group in within}))
        if isinstance(account.primary_group, Missing):
            return Missing("not-readable", f"its primary group (primaryGroupID) is not known: {account.primary_group}")
        doubts = [*self._unseen(_domain(account)), *self._chains(account.place)]
        return Missing("not-readable", doubts[0]) if doubts else ()

    def _chains(self, place: str | None) -> tuple[str, ...]:
        """Where the chains of members break off, but for the primary groups of others."""
        if place not in self._broken:
            self._broken[place] = tuple(
                sorted(
                    {
                        f"{group.name}: {why}"
                        for group in self.privileged
                        if group.place == place
                        for why in set(self.roll(group).doubts) - self._hidden_primaries(group)
                    }
                )
            )
        return self._broken[place]

    @cached_property
    def _broken(self) -> dict[str | None, tuple[str, ...]]:
        return {}

    @cached_property
    def _within(self) -> dict[_Key, tuple[Group, ...]]:
        within: dict[_Key, tuple[Group, ...]] = {}
        for group in self.privileged:
            for account in self.roll(group).people:
                within[_key(account)] = (*within.get(_key(account), ()), group)
        return dict(sorted(within.items(), key=str))

    def _unseen(self, domain: _Domain) -> Iterator[str]:
        """The privileged groups that have to be there and were not seen."""
        where = f" of {domain[1]}" if domain[1] else ""
        for rid, name in _BUILTIN.items():
            if ("builtin", rid) not in self._there.get(domain, ()):
                yield f"the group {name}{where} was not seen (S-1-5-32-{rid})"
        for rid, name in _OF_EVERY_DOMAIN.items():
            if ("domain", rid) not in self._there.get(domain, ()):
                yield f"the group {name}{where} was not seen (RID {rid})"
        above = [other for other in self._there if domain == other or domain[1].endswith(f",{other[1]}")]
        for rid, name in _OF_THE_FOREST.items():
            if not any(("domain", rid) in self._there[other] for other in above):
                yield f"the group {name} of the forest of {domain[1]} was not seen (RID {rid})"

    @cached_property
    def _there(self) -> dict[_Domain, set[tuple[str, int]]]:
        there: dict[_Domain, set[tuple[str, int]]] = {}
        for group in self.privileged:
            kind = "builtin" if _is_builtin(group) else "domain"
            there.setdefault(_domain(group), set()).add((kind, _rid(group)))
        return there

    # ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _abroad(self) -> dict[str, Group | Account]:
        """Entries by name alone, where just one directory has that name."""
        found: dict[str, list[Group | Account]] = {}
        for (_, key), fact in self._entries.items():
            found.setdefault(key, []).append(fact)
        return {key: facts[0] for key, facts in found.items() if len(facts) == 1}

    @cached_property
    def _primary(self) -> dict[tuple[str | None, str, int], list[Account]]:
        found: dict[tuple[str | None, str, int], list[Account]] = {}
        for account in self._people:
            if not isinstance(account.primary_group, Missing):
                found.setdefault((*_domain(account), account.primary_group), []).append(account)
        return found

    @cached_property
    def _groups_by_sid(self) -> dict[str, list[Group]]:
        found: dict[str, list[Group]] = {}
        for group in self._groups:
            if isinstance(group.sid, str):
                found.setdefault(group.sid, []).append(group)
        return found

    @cached_property
    def _unsure(self) -> Counter[str | None]:
        return Counter(each.place for each in self._people if isinstance(each.primary_group, Missing))

    def _spots_of(self, group: Group) -> Iterable[BlindSpot]:
        return (spot for spot in self._spots if spot.place == group.place)


def _known_members(group: Group) -> tuple[str, ...]:
    """The direct members that are known, as distinguished names."""
    return () if isinstance(group.members, Missing) else group.members


def _key(fact: Group | Account) -> _Key:
    return fact.place, dn_key(fact.dn)


def _domain(fact: Group | Account) -> _Domain:
    return fact.place, domain_of(dn_key(fact.dn))


def _rid(group: Group) -> int:
    """The last part of the SID; 0, which no group has, where it is not known."""
    return 0 if isinstance(group.sid, Missing) else int(group.sid.rpartition("-")[2])


def _is_builtin(group: Group) -> bool:
    return not isinstance(group.sid, Missing) and group.sid.startswith("S-1-5-32-")


def _is_privileged(group: Group) -> bool:
    if isinstance(group.sid, Missing):
        return False
    return _rid(group) in (_BUILTIN if _is_builtin(group) else _PRIVILEGED)


def in_domain(account: Account, domain: DomainPolicy) -> bool:
    """Whether an account stands in this domain, by its distinguished name."""
    own = domain_of(dn_key(account.dn)).replace("dc=", "").replace(",", ".")
    return account.place == domain.place and own == domain.name.casefold()
