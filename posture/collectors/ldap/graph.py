"""Objects of BloodHound exports as the facts that LDIF gives, and where both tell of one object, as one fact. Pure.

An export writes what it could not read as if it were not set: no userAccountControl makes an account enabled, with no
flag set. So what an object lacks counts as absent only where it shows `whencreated`, which nobody sees who was not let
read all properties (see `attributes`); without it, silence is `not-readable`. A flag that is set was read, and then all
flags were. Flags that an export does not tell are not known, nor is what only newer collectors export.

An export does not say which part of the domain it was told to read, so it never shows that it holds all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec

from posture.collectors.ldap.bloodhound import METHOD_GROUP, Export, Meta, Object
from posture.collectors.ldap.decode import dn_key, domain_of, text
from posture.collectors.ldap.merge import filled, merged
from posture.facts import Account, BlindSpot, Computer, DomainPolicy, Fact, Flags, Group, Known, Missing
from posture.model import Evidence
from posture.subjects import name_key

__all__ = ["Graph"]

T = TypeVar("T")

_SID = re.compile(r"(?:^|-)(S-1(?:-\d{1,15}){1,17})$")
_BUILTIN = "S-1-5-32-"
_INTEGER = re.compile(r"-?\d{1,15}")
_DURATION = re.compile(r"(\d{1,9}) (day|hour|minute|second)s?")
_LAST_INSTANT = 253_402_300_799  # the end of the year 9999

_BITS: Final = {
    "passwordnotreqd": 0x20,
    "encryptedtextpwdallowed": 0x80,
    "isdc": 0x2000,
    "pwdneverexpires": 0x10000,
    "smartcardrequired": 0x40000,
    "unconstraineddelegation": 0x80000,
    "sensitive": 0x100000,
    "usedeskeyonly": 0x200000,
    "dontreqpreauth": 0x400000,
    "trustedtoauth": 0x1000000,
}
"""Bits of userAccountControl (MS-ADTS 2.2.16) by the names that SharpHound gives them; `enabled` is its 0x2 unset."""
_DISABLED: Final = 0x2
_COMPLEX, _REVERSIBLE = 0x1, 0x10  # pwdProperties (MS-SAMR 2.2.3.5)


class _Node:
    """One object, and why it does not tell what it does not tell."""

    def __init__(self, said: Object, meta: Meta) -> None:
        self.said = said
        self.meta = meta
        found = _SID.search(said.identifier)
        self.sid = found[1] if found else ""
        dn = said.properties.get("distinguishedname")
        self.dn = text(dn.encode()) if isinstance(dn, str) and "=" in dn else ""
        self.witnessed = _positive(said.properties.get("whencreated"))

    @property
    def key(self) -> str:
        """What it is joined by. The SIDs of the built-in groups are the same in every domain."""
        return dn_key(self.dn) if self.sid.startswith(_BUILTIN) else self.sid

    def silence(self, name: str) -> Missing:
        """Why there is no value where the export has a place for one."""
        if self.witnessed:
            return Missing("absent", f"{name} is not set")
        return Missing("not-readable", f"the export does not show whether {name} could be read")

    def one(self, name: str, decode: Callable[[Any], Known[T]]) -> Known[T]:
        """A property decoded, or why there is none."""
        value = self.said.properties.get(name, msgspec.UNSET)
        if value is msgspec.UNSET:
            return Missing("not-asked", f"the export does not tell {name}")
        if value is None:
            return self.silence(name)
        try:
            return decode(value)
        except (ValueError, TypeError, OverflowError):
            return Missing("not-readable", f"{name} holds a value that can't be read")

    def time(self, name: str) -> Known[datetime]:
        """Seconds since 1970. 0 and -1 stand for never, and for nothing that could be read."""
        return self.one(name, lambda value: _instant(value) if _number(value) > 0 else self.silence(name))

    def yes(self, name: str) -> Known[bool]:
        """True, or that it is not set: exports make no difference between no and nothing."""
        return self.one(name, lambda value: True if _boolean(value) else self.silence(name))

    def texts(self, name: str) -> Known[tuple[str, ...]]:
        """A list of texts, sorted. An empty one is no value."""
        return self.one(
            name,
            lambda value: (
                tuple(sorted(text(each.encode()) for each in _list(value))) if value != [] else self.silence(name)
            ),
        )

    def words(self, name: str) -> Known[str]:
        """A text. A description that is not set is left out by newer collectors, not written as null."""
        if name == "description" and name not in self.said.properties and self.witnessed:
            return self.silence(name)
        return self.one(name, lambda value: text(_string(value).encode()))

    def number(self, name: str) -> Known[int]:
        """An integer, written as such or as text."""
        return self.one(name, _integer)


class Graph:
    """All objects of a run's exports."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, str], Fact] = {}
        self._groups: dict[str, list[tuple[_Node, str]]] = {}
        self._primary: dict[str, set[str]] = {}
        self._names: dict[str, str] = {}
        self._unreadable: set[str] = set()
        self._problems: set[tuple[str, str]] = set()
        self.evidence: set[str] = set()

    def add(self, record: Evidence) -> None:
        """Take one piece of evidence."""
        self.evidence.add(record.id)
        if record.envelope.outcome != "complete":
            self._problems.add((record.envelope.problem, record.id))
        try:
            export = msgspec.json.decode(record.payload, type=Export)
            objects = [msgspec.json.decode(raw, type=Object) for raw in export.data]
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            self._unreadable.add(f"evidence {record.id[:12]} can't be read: {error}")
            return
        for said in objects:
            node = _Node(said, export.meta)
            # Without a name it is no entry: collectors add well-known identities by themselves.
            if node.sid and node.dn and not said.deleted:
                self._take(node, record.id)

    def _take(self, node: _Node, evidence: str) -> None:
        fact = _fact(node, evidence)
        if fact is None:
            return
        key = type(fact).__name__, node.key
        self._facts[key] = merged(self._facts[key], fact) if key in self._facts else fact
        if not isinstance(fact, DomainPolicy):
            self._name(node.said.identifier, node.dn)
        if isinstance(fact, Group):
            self._groups.setdefault(node.key, []).append((node, evidence))
        elif isinstance(node.said.primary, str):
            self._primary.setdefault(node.said.primary.upper(), set()).add(node.dn)

    def _name(self, identifier: str, dn: str) -> None:
        self._names[identifier.upper()] = min(dn, self._names.get(identifier.upper(), dn))

    def joined(self, facts: Iterable[Fact]) -> Iterator[Fact]:
        """Facts of other evidence, each with what it lacks and an export tells; then the export's own."""
        others = list(facts)
        if not self.evidence:
            yield from others
            return
        known = {
            fact.sid: fact.dn for fact in others if isinstance(fact, Account | Group) and isinstance(fact.sid, str)
        }
        for sid, dn in sorted(known.items()):
            if not sid.startswith(_BUILTIN):
                self._names.setdefault(sid.upper(), dn)
        self._list_members()
        taken: set[str] = set()
        for fact in others:
            key = _key_of(fact)
            taken.add(key)
            mine = self._facts.get((type(fact).__name__, key))
            yield filled(fact, mine) if mine is not None else fact
        self._facts = {(kind, key): fact for (kind, key), fact in self._facts.items() if key not in taken}
        yield from (fact for _, fact in sorted(self._facts.items()))

    def blind_spots(self) -> Iterator[BlindSpot]:
        """What the exports leave open; to be asked for after `joined`."""
        kinds = tuple(sorted({kind for kind, _ in self._facts} - {"DomainPolicy"}))
        if kinds:
            yield self._spot(
                kinds,
                "an export for BloodHound does not show that it holds the whole domain",
                "ask the directory live, or import ldapsearch's output with its comments, of the whole domain",
            )
        named = {_domain(fact) for (kind, _), fact in self._facts.items() if kind != "DomainPolicy"}
        policies = {_domain(fact) for fact in self._facts.values() if isinstance(fact, DomainPolicy)}
        if missing := sorted(named - policies - {""}):
            yield self._spot(
                ("DomainPolicy",),
                f"the exports for BloodHound don't hold the policy of {', '.join(missing)}",
                "ask the directory live, or import the entry of the domain itself",
            )
        for why in sorted({why for why, _ in self._problems} | self._unreadable):
            yield self._spot(("Account", "Computer", "Group"), why, "collect the domain again")

    def _spot(self, kinds: tuple[str, ...], why: str, answer: str) -> BlindSpot:
        return BlindSpot(
            kinds=kinds,
            subject=name_key("directory", "import"),
            name="imported exports for BloodHound",
            why=why,
            answer=answer,
            evidence=tuple(sorted(self.evidence)),
        )

    # ── members ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _list_members(self) -> None:
        for key, nodes in self._groups.items():
            found: set[str] = set()
            silences: list[Missing] = []
            for node, _ in nodes:
                members = self._members(node)
                if isinstance(members, Missing):
                    silences.append(members)
                else:
                    found |= members
            known: Known[tuple[str, ...]] = tuple(sorted(found))
            if len(silences) == len(nodes):
                known = min(silences, key=str)
            group = self._facts["Group", key]
            self._facts["Group", key] = msgspec.structs.replace(group, members=known)

    def _members(self, node: _Node) -> Known[set[str]]:
        said, collected = node.said.members, node.meta.methods & METHOD_GROUP
        if said is None or not (collected or said):
            return Missing("not-asked", "the export does not show that members of groups were collected")
        if not said and not node.witnessed:
            return Missing("not-readable", "the export does not show whether its members could be read")
        names = {self._member(each.identifier, node) for each in said}
        return names | self._primary.get(node.said.identifier.upper(), set())

    def _member(self, identifier: str, group: _Node) -> str:
        """A member's distinguished name; who is of another domain has a principal here that is named after the SID."""
        named = self._names.get(identifier.upper())
        if named is not None:
            return named
        found = _SID.search(identifier)
        if found is None:
            return text(identifier.encode())
        domain = domain_of(dn_key(group.dn))
        own = group.said.properties.get("domainsid")
        if not domain or (isinstance(own, str) and found[1].startswith(f"{own}-")) or found[1].startswith(_BUILTIN):
            return f"<SID={found[1]}>"
        return f"CN={found[1]},CN=ForeignSecurityPrincipals,{domain}"


def _key_of(fact: Fact) -> str:
    sid = getattr(fact, "sid", None)
    if isinstance(sid, str) and not sid.startswith(_BUILTIN):
        return sid
    if isinstance(fact, Account | Group):
        return dn_key(fact.dn)
    return next((key.partition(":")[2].upper() for key in fact.ids if key.startswith("sid:")), "")


def _domain(fact: Fact) -> str:
    if isinstance(fact, DomainPolicy):
        return fact.name.casefold()
    return domain_of(dn_key(getattr(fact, "dn", ""))).replace("dc=", "").replace(",", ".")


# ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _fact(node: _Node, evidence: str) -> Fact | None:
    match node.meta.type:
        case "users":
            return Account(**_account(node, evidence))
        case "computers":
            return Computer(
                operating_system=node.words("operatingsystem"),
                laps_expiry=node.one("haslaps", lambda value: _due(node, value)),
                **_account(node, evidence),
            )
        case "groups":
            return Group(dn=node.dn, sid=node.sid, **_common(node, evidence, "group"))
        case "domains" if "minpwdlength" in node.said.properties:
            return _policy(node, evidence)
        case _:
            return None


def _common(node: _Node, evidence: str, kind: str) -> dict[str, Any]:
    login = _or_empty(node.words("samaccountname"))
    name = _or_empty(node.words("name")).partition("@")[0]
    sids = () if node.sid.startswith(_BUILTIN) else (name_key("sid", node.sid),)
    ids = (*sids, name_key(kind, "import", dn_key(node.dn)))
    return {"ids": ids, "name": login or name or node.sid, "evidence": (evidence,)}


def _account(node: _Node, evidence: str) -> dict[str, Any]:
    control = node.one("useraccountcontrol", lambda value: _control(_integer(value)))
    common = _common(node, evidence, "account")
    trusted = node.said.properties.get("trustedtoauth") is True
    return common | {
        "login": _or_empty(node.words("samaccountname")),
        "dn": node.dn,
        "sid": node.sid,
        "user_account_control": control,
        "flags": Missing("not-asked", "userAccountControl is known") if isinstance(control, int) else _flags(node),
        "password_last_set": node.time("pwdlastset"),
        "last_logon": node.time("lastlogontimestamp"),
        "created": node.time("whencreated"),
        "admin_count": node.yes("admincount"),
        "service_principals": node.texts("serviceprincipalnames"),
        "description": node.words("description"),
        "info": node.words("info"),
        "comment": node.words("comment"),
        # It is told only of those that are trusted to authenticate for delegation, whoever else may delegate.
        "delegates_to": node.texts("allowedtodelegate") if trusted else Missing("not-asked"),
        # Whom an export could not name it leaves out, so that an empty list says nothing.
        "resource_delegation": True if node.said.may_act else Missing("not-asked"),
        "sid_history": node.texts("sidhistory"),
        "primary_group": _primary_group(node),
    }


def _control(value: int) -> Known[int]:
    """userAccountControl, which is never 0: an export writes that where it could not read it."""
    return value or Missing("not-readable", "userAccountControl was asked and is not readable")


def _flags(node: _Node) -> Known[Flags]:
    told = {bit: node.said.properties[name] for name, bit in _BITS.items() if name in node.said.properties}
    if "enabled" in node.said.properties:
        enabled = node.said.properties["enabled"]
        told[_DISABLED] = not enabled if isinstance(enabled, bool) else None
    if not told:
        return Missing("not-asked", "the export does not tell userAccountControl")
    known = {bit: value for bit, value in told.items() if isinstance(value, bool)}
    on, off = (sum(bit for bit, value in known.items() if value is wanted) for wanted in (True, False))
    if not (on or node.witnessed or _positive(node.said.properties.get("pwdlastset"))):
        return Missing("not-readable", "the export does not show whether userAccountControl could be read")
    return Flags(on=on, off=off)


def _primary_group(node: _Node) -> Known[int]:
    if node.said.primary is None:
        return Missing("not-readable", "the export does not tell its primary group")
    found = _SID.search(node.said.primary)
    return int(found[1].rpartition("-")[2]) if found else Missing("not-readable", "its primary group is no SID")


def _due(node: _Node, value: object) -> Known[datetime]:
    """An export tells whether a managed local password has a date, and not which."""
    if _boolean(value):
        return Missing("not-asked", "the export says that it is managed, not when the password is due")
    return node.silence("ms-Mcs-AdmPwdExpirationTime")


def _policy(node: _Node, evidence: str) -> DomainPolicy:
    properties = node.number("pwdproperties")
    name = ".".join(part.strip()[3:] for part in node.dn.split(",") if part.strip().lower().startswith("dc="))
    return DomainPolicy(
        **(_common(node, evidence, "domain") | {"name": name}),
        sid=node.sid,
        min_length=_never_absent(node.number("minpwdlength")),
        history=_never_absent(node.number("pwdhistorylength")),
        complexity=_never_absent(properties if isinstance(properties, Missing) else bool(properties & _COMPLEX)),
        reversible_encryption=_never_absent(
            properties if isinstance(properties, Missing) else bool(properties & _REVERSIBLE)
        ),
        lockout_threshold=_never_absent(node.number("lockoutthreshold")),
        lockout_duration=node.one("lockoutduration", _duration),
        max_password_age=node.one("maxpwdage", _duration),
        machine_account_quota=node.number("machineaccountquota"),
    )


def _never_absent(value: Known[T]) -> Known[T]:
    """What every domain has: where it is not shown it was hidden."""
    if isinstance(value, Missing) and value.why == "absent":
        return Missing("not-readable", "it was asked and is not readable")
    return value


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("no number")
    return value


def _instant(value: float) -> datetime:
    if value > _LAST_INSTANT:
        raise ValueError("no time")
    return datetime.fromtimestamp(value, UTC)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("no boolean")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _list(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _integer(value: object) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("no integer")
    return value


def _duration(value: object) -> Known[timedelta]:
    """`42 days, 1 hour` as SharpHound writes it; `Forever`, and nothing at all for 0, are no limit."""
    said = _string(value)
    if said in {"Forever", ""}:
        return Missing("absent", "no limit is set")
    parts = [_DURATION.fullmatch(part) for part in said.split(", ")]
    if not all(parts):
        raise ValueError("no duration")
    return timedelta(**{f"{part[2]}s": int(part[1]) for part in parts if part})


def _or_empty(value: Known[str]) -> str:
    return "" if isinstance(value, Missing) else value
