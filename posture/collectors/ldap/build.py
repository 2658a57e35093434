"""One entry as a fact. Pure."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, TypeVar

from posture.collectors.ldap.attributes import DESCRIPTOR, why_missing
from posture.collectors.ldap.decode import (
    boolean,
    decoded,
    dn_key,
    filetime,
    generalized_time,
    integer,
    interval,
    iso_time,
    text,
)
from posture.collectors.ldap.decode import sid as binary_sid
from posture.collectors.ldap.descriptor import access, owner
from posture.collectors.ldap.ldif import Entry
from posture.collectors.ldap.members import member_range
from posture.facts import (
    Account,
    Computer,
    DomainPolicy,
    Fact,
    Group,
    Known,
    Missing,
    PasswordPolicy,
    Person,
)
from posture.subjects import guid_key, name_key

__all__ = ["Fields", "Members", "fact_of"]

T = TypeVar("T")

_CLASSES: tuple[tuple[set[str], type[Fact]], ...] = (
    ({"pwdpolicy"}, PasswordPolicy),
    ({"msds-managedserviceaccount", "msds-groupmanagedserviceaccount", "msds-delegatedmanagedserviceaccount"}, Account),
    ({"computer"}, Computer),
    ({"user"}, Account),
    ({"group"}, Group),
    ({"person", "organizationalperson", "inetorgperson", "account", "posixaccount"}, Person),
)
"""Object classes and what they make of an entry; the first that fits decides, since a computer is a user as well."""
_NORMAL, _MACHINE, _TRUST = 0x30000000, 0x30000001, 0x30000002  # sAMAccountType (MS-SAMR 2.2.1.9)
_GROUPS = {0x10000000, 0x10000001, 0x20000000, 0x20000001}
_WORKSTATION_OR_SERVER = 0x1000 | 0x2000  # userAccountControl (MS-ADTS 2.2.16)
_ORIGINATED = re.compile(rb"<ftimeLastOriginatingChange>([^<]{1,40})</ftimeLastOriginatingChange>")
_COMPLEX, _REVERSIBLE = 0x1, 0x10  # pwdProperties (MS-SAMR 2.2.3.5)


class Fields:
    """An entry's values by attribute, and what was asked of it.

    `asked` are the attributes that were asked, in lower case without options; None where that is not known.
    """

    def __init__(self, entry: Entry, asked: Collection[str] | None) -> None:
        self.entry = entry
        self.dn = text(entry.dn)
        self.asked = asked
        self._values: dict[str, list[bytes]] = {}
        for description, value in entry.attributes:
            self._values.setdefault(description.partition(";")[0].lower(), []).append(value)

    def has(self, attribute: str) -> bool:
        """Whether the entry shows this attribute."""
        return attribute.lower() in self._values

    def missing(self, attribute: str) -> Missing:
        """Why the entry does not show it."""
        return why_missing(attribute, self.asked, self._values)

    def first(self, attribute: str) -> bytes | None:
        """The first value."""
        values = self._values.get(attribute.lower())
        return values[0] if values else None

    def all(self, attribute: str) -> list[bytes]:
        """All values."""
        return self._values.get(attribute.lower(), [])

    def one(self, attribute: str, decode: Callable[[bytes], Known[T]]) -> Known[T]:
        """The first value decoded, or why there is none."""
        value = self.first(attribute)
        return self.missing(attribute) if value is None else decoded(value, attribute, decode)

    def number(self, attribute: str) -> int | None:
        """An integer, or None where there is none that can be read."""
        found = self.one(attribute, integer)
        return None if isinstance(found, Missing) else found

    def texts(self, attribute: str) -> Known[tuple[str, ...]]:
        """All values as texts, sorted, or why there is none."""
        return tuple(sorted(map(text, self.all(attribute)))) if self.has(attribute) else self.missing(attribute)

    def sids(self, attribute: str) -> Known[tuple[str, ...]]:
        """All values as security identifiers, sorted, or why there are none."""
        if not self.has(attribute):
            return self.missing(attribute)
        return decoded(b"", attribute, lambda _: tuple(sorted(map(binary_sid, self.all(attribute)))))

    def present(self, attribute: str) -> Known[bool]:
        """Whether it is set, or why that is not known."""
        missing = self.missing(attribute)
        return True if self.has(attribute) else False if missing.why == "absent" else missing

    @property
    def classes(self) -> set[str]:
        """The object classes, in lower case."""
        return {value.decode(errors="replace").lower() for value in self.all("objectClass")}


def fact_of(fields: Fields, place: str | None, evidence: str) -> Fact | None:
    """The fact that an entry states, if it states one that is known here."""
    kind = _kind(fields)
    if kind is None:
        return None
    known: dict[str, Any] = {"place": place, "evidence": (evidence,)}
    if maker := _MAKERS.get(kind):
        return maker(fields, known)
    login = text(fields.first("sAMAccountName") or b"")
    known |= {
        "ids": _ids(fields, place, "group" if kind is Group else "account"),
        "name": login or _leaf(fields.dn),
        "dn": fields.dn,
        "sid": fields.one("objectSid", binary_sid),
    }
    if kind is Group:
        return Group(
            members=Missing("not-asked", "its members were not asked"), sid_history=fields.sids("sIDHistory"), **known
        )
    known |= {
        "login": login,
        "user_account_control": fields.one("userAccountControl", integer),
        "password_last_set": fields.one("pwdLastSet", filetime),
        "last_logon": fields.one("lastLogonTimestamp", filetime),
        "created": fields.one("whenCreated", generalized_time),
        "admin_count": fields.one("adminCount", lambda value: integer(value) > 0),
        "service_principals": fields.texts("servicePrincipalName"),
        "description": fields.one("description", text),
        "info": fields.one("info", text),
        "comment": fields.one("comment", text),
        "encryption_types": fields.one("msDS-SupportedEncryptionTypes", integer),
        "delegates_to": fields.texts("msDS-AllowedToDelegateTo"),
        "resource_delegation": fields.present("msDS-AllowedToActOnBehalfOfOtherIdentity"),
        "sid_history": fields.sids("sIDHistory"),
        "primary_group": fields.one("primaryGroupID", integer),
        "expires": fields.one("accountExpires", filetime),
        "principal": fields.one("userPrincipalName", text),
        "mail": fields.one("mail", text),
        "employee_id": fields.one("employeeID", text),
        "employee_number": fields.one("employeeNumber", text),
    }
    if kind is Computer:
        return Computer(
            operating_system=fields.one("operatingSystem", text),
            operating_system_version=fields.one("operatingSystemVersion", text),
            dns_name=fields.one("dNSHostName", text),
            laps_expiry=fields.one("ms-Mcs-AdmPwdExpirationTime", filetime),
            windows_laps_expiry=fields.one("msLAPS-PasswordExpirationTime", filetime),
            **known,
        )
    return Account(**known)


def _domain(fields: Fields, known: dict[str, Any]) -> DomainPolicy:
    properties = fields.one("pwdProperties", integer)
    return DomainPolicy(
        ids=_ids(fields, known["place"], "domain"),
        name=".".join(part.strip()[3:] for part in fields.dn.split(",") if part.strip().lower().startswith("dc=")),
        min_length=fields.one("minPwdLength", integer),
        history=fields.one("pwdHistoryLength", integer),
        complexity=properties if isinstance(properties, Missing) else bool(properties & _COMPLEX),
        reversible_encryption=properties if isinstance(properties, Missing) else bool(properties & _REVERSIBLE),
        lockout_threshold=fields.one("lockoutThreshold", integer),
        lockout_duration=fields.one("lockoutDuration", interval),
        max_password_age=fields.one("maxPwdAge", interval),
        machine_account_quota=fields.one("ms-DS-MachineAccountQuota", integer),
        backed_up=_backed_up(fields),
        sid=fields.one("objectSid", binary_sid),
        owner=fields.one(DESCRIPTOR, owner),
        access=fields.one(DESCRIPTOR, access),
        **known,
    )


def _password_policy(fields: Fields, known: dict[str, Any]) -> PasswordPolicy:
    return PasswordPolicy(
        ids=_ids(fields, known["place"], "password-policy"),
        name=fields.dn,
        min_length=fields.one("pwdMinLength", integer),
        lockout=fields.one("pwdLockout", boolean),
        max_failures=fields.one("pwdMaxFailure", integer),
        **known,
    )


def _person(fields: Fields, known: dict[str, Any]) -> Person:
    return Person(
        ids=_ids(fields, known["place"], "person"),
        name=text(fields.first("uid") or fields.first("cn") or b"") or _leaf(fields.dn),
        dn=fields.dn,
        created=fields.one("createTimestamp", generalized_time),
        last_success=fields.one("pwdLastSuccess", generalized_time),
        authenticated=fields.one("authTimestamp", generalized_time),
        password_changed=fields.one("pwdChangedTime", generalized_time),
        locked=fields.one("pwdAccountLockedTime", text),
        **known,
    )


_MAKERS: dict[type[Fact], Callable[[Fields, dict[str, Any]], Fact]] = {
    DomainPolicy: _domain,
    PasswordPolicy: _password_policy,
    Person: _person,
}


def _backed_up(fields: Fields) -> Known[datetime]:
    """When dSASignature was last written. It is computed, so that its absence shows only that it may not be read."""
    for value in fields.all("msDS-ReplAttributeMetaData"):
        if b"<pszAttributeName>dSASignature</pszAttributeName>" in value:
            found = _ORIGINATED.search(value)
            return decoded(found[1] if found else b"", "dSASignature's metadata", iso_time)
    if fields.has("msDS-ReplAttributeMetaData"):
        return Missing("not-readable", "no backup has marked the domain (dSASignature), or the mark may not be read")
    missing = fields.missing("msDS-ReplAttributeMetaData")
    return missing if missing.why == "not-asked" else Missing("not-readable", "msDS-ReplAttributeMetaData is not shown")


def _kind(fields: Fields) -> type[Fact] | None:
    """What an entry is: by its classes, else by what only such an object has."""
    classes = fields.classes
    if "domaindns" in classes:
        asked = fields.asked is not None and "minpwdlength" in fields.asked
        return DomainPolicy if asked or fields.has("minPwdLength") else None
    if classes:
        # Who was asked for as a person is one, by whatever class derived from those.
        sought = fields.asked is not None and "pwdaccountlockedtime" in fields.asked
        kind = next((kind for names, kind in _CLASSES if classes & names), Person if sought else None)
        return None if kind is Person and "contact" in classes else kind  # Active Directory's, which nobody logs in as
    return _kind_by_type(fields.number("sAMAccountType"), fields.number("userAccountControl"))


def _kind_by_type(kind: int | None, control: int | None) -> type[Fact] | None:
    if kind in _GROUPS:
        return Group
    if kind == _MACHINE or (kind is None and control is not None and control & _WORKSTATION_OR_SERVER):
        return Computer
    return Account if kind in {_NORMAL, _TRUST} or control is not None else None


def _ids(fields: Fields, place: str | None, kind: str) -> tuple[str, ...]:
    ids = []
    guid, uuid = fields.first("objectGUID"), fields.first("entryUUID")
    with contextlib.suppress(ValueError):  # not a GUID: the next identifier is the strongest
        ids += [guid_key(guid)] if guid else [guid_key(uuid.decode())] if uuid else []
    identifier = fields.one("objectSid", binary_sid)
    if not isinstance(identifier, Missing):
        ids.append(name_key("sid", identifier))
    return (*ids, name_key(kind, place or "import", dn_key(fields.dn)))


def _leaf(dn: str) -> str:
    return dn.partition(",")[0].partition("=")[2] or dn


# ── group members ────────────────────────────────────────────────────────────────────────────────────────────────


class Members:
    """The members of one group, put together from their parts, which may come in any order."""

    def __init__(self) -> None:
        self._parts: set[tuple[int, int | None]] = set()
        self._dns: dict[str, str] = {}
        self._missing: Missing | None = None
        self.evidence: set[str] = set()

    def learn(self, fields: Fields, evidence: str) -> None:
        """What one entry says of them."""
        ranged = {description for description, _ in fields.entry.attributes if member_range(description)}
        names = [text(value) for value in fields.all("member") if value]
        if names or ranged:
            self._parts |= {part for part in map(member_range, ranged) if part} or {(0, None)}
            for name in names:
                self._dns[dn_key(name)] = min(name, self._dns.get(dn_key(name), name))
        else:
            missing = fields.missing("member")
            if missing.why == "absent":
                self._parts.add((0, None))
            elif self._missing is None or missing.why != "not-asked":
                self._missing = missing
        if fields.asked is None or "member" in fields.asked or fields.has("member"):
            self.evidence.add(evidence)

    def list(self, primary: Collection[str]) -> Known[tuple[str, ...]]:
        """All members with those whose primary group it is, or why they are not known."""
        reached = 0
        for first, last in sorted(self._parts, key=lambda part: (part[0], part[1] is None, part[1] or 0)):
            if first > reached:
                break
            if last is None:
                return tuple(sorted({**{dn_key(dn): dn for dn in primary}, **self._dns}.values()))
            reached = max(reached, last + 1)
        if self._parts:
            return Missing("not-answered", "the list of its members was cut short")
        return self._missing or Missing("not-asked", "its members were not asked")
