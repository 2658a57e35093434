"""What directories say, and what the hospital says of the people in them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from posture.facts.base import Fact, Known, Missing
from posture.model import Attempt

__all__ = [
    "AccessEntry",
    "Account",
    "Certificate",
    "CertificateTemplate",
    "Computer",
    "Directory",
    "DomainPolicy",
    "FineGrainedPolicy",
    "Flags",
    "Group",
    "GroupPolicy",
    "Leaver",
    "PasswordPolicy",
    "Person",
    "PreferenceFile",
    "Trust",
]


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A server certificate as it was presented, and what the client's verification said (`""` if it held)."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    key_type: str
    key_bits: int
    signature: str
    problem: str = ""


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """A trust of an Active Directory domain with another (MS-ADTS 6.1.6.7): its bits and numbers as they stand."""

    name: str
    direction: Known[int] = Missing("not-asked")
    type: Known[int] = Missing("not-asked")
    attributes: Known[int] = Missing("not-asked")
    encryption_types: Known[int] = Missing("not-asked")


class FineGrainedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A password settings object (MS-ADTS 3.1.1.4.5.36); `applies` is whether it names anybody at all."""

    name: str
    min_length: Known[int] = Missing("not-asked")
    lockout_threshold: Known[int] = Missing("not-asked")
    applies: Known[bool] = Missing("not-asked")


class AccessEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of an object's access list (MS-DTYP 2.4.4): it allows or denies a SID these rights on that object.

    `object_type` is the one extended right, property or class that they are about, as a GUID; empty means all.
    `conditional`: it holds only where a condition is met, which is not looked at. `posture.access` weighs a whole list.
    """

    allows: bool
    sid: str
    rights: int
    object_type: str = ""
    conditional: bool = False


class Directory(Fact, frozen=True, kw_only=True):
    """A directory server and how it lets clients in.

    `attempts` are the ways in that were tried. Methods: `ldaps`, `starttls` (TLS handshakes), `anonymous-read` (a
    search below the base without a bind), `cleartext-bind` (a simple bind without TLS as a user that does not
    exist), `account-read` (as `anonymous-read`, but as the audit account), `config-read` (cn=config, as the audit
    account), `bind` (the audit account's own). Outcomes: `accepted`, `refused`, `closed` (no listener), `unreachable`,
    `timeout`, `failed`; for `cleartext-bind` see `posture.collectors.ldap`.

    `heuristics` (dSHeuristics), `tombstone_days` and `recycle_bin` hold for the whole forest. An empty
    `fine_grained_policies` says little: Active Directory hides them from ordinary accounts. `authorities` are the
    certification authorities of the forest (Active Directory Certificate Services) by name; they are known only where
    all that they publish was asked to the end (see `CertificateTemplate`). `people` is how many entries of persons a
    server other than Active Directory showed, where it was asked for them to the end (see `Person`). `group_policies`
    are the GUIDs of the group policy objects of an Active Directory domain, as they are shown.
    """

    address: str
    kind: Literal["active-directory", "openldap", "other", "unknown"]
    base: str = ""
    vendor: str = ""
    functional_level: Known[int] = Missing("not-asked")
    controls: Known[tuple[str, ...]] = Missing("not-asked")
    extensions: Known[tuple[str, ...]] = Missing("not-asked")
    certificate: Known[Certificate] = Missing("not-asked")
    attempts: tuple[Attempt, ...] = ()
    secrets_readable: Known[tuple[str, ...]] = Missing("not-asked")
    password_policies: Known[int] = Missing("not-asked")
    heuristics: Known[str] = Missing("not-asked")
    tombstone_days: Known[int] = Missing("not-asked")
    recycle_bin: Known[bool] = Missing("not-asked")
    trusts: Known[tuple[Trust, ...]] = Missing("not-asked")
    fine_grained_policies: Known[tuple[FineGrainedPolicy, ...]] = Missing("not-asked")
    authorities: Known[tuple[str, ...]] = Missing("not-asked")
    people: Known[int] = Missing("not-asked")
    group_policies: Known[tuple[str, ...]] = Missing("not-asked")

    @property
    def answered(self) -> bool:
        """Whether a directory service answered at all. Closed ports and silence are no answer; a file is one."""
        spoke = any(attempt.outcome in {"accepted", "refused", "password-taken"} for attempt in self.attempts)
        return spoke or not self.attempts

    def attempt(self, method: str) -> Known[Attempt]:
        """The attempt by this method, or why there is none."""
        for attempt in self.attempts:
            if attempt.method == method:
                return attempt
        return Missing("not-asked", f"{method.replace('-', ' ')} was not tried")


class DomainPolicy(Fact, frozen=True, kw_only=True):
    """The default password and lockout policy of an Active Directory domain (MS-ADTS 3.1.1.3.2.3, domain head).

    `backed_up` is when a backup last marked the domain (the originating time of dSASignature). `access` and `owner` are
    those of the domain's own object.
    """

    min_length: Known[int] = Missing("not-asked")
    history: Known[int] = Missing("not-asked")
    complexity: Known[bool] = Missing("not-asked")
    reversible_encryption: Known[bool] = Missing("not-asked")
    lockout_threshold: Known[int] = Missing("not-asked")
    lockout_duration: Known[timedelta] = Missing("not-asked")
    max_password_age: Known[timedelta] = Missing("not-asked")
    machine_account_quota: Known[int] = Missing("not-asked")
    backed_up: Known[datetime] = Missing("not-asked")
    sid: Known[str] = Missing("not-asked")
    owner: Known[str] = Missing("not-asked")
    access: Known[tuple[AccessEntry, ...]] = Missing("not-asked")


class PreferenceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of Group Policy Preferences (MS-GPPREF), and how many passwords (cpassword) stand in it."""

    path: str
    passwords: Known[int] = Missing("not-asked")


class GroupPolicy(Fact, frozen=True, kw_only=True):
    """The files of a group policy object, from a copy of SYSVOL: `guid` is empty for a file that was given alone.

    `domain` is the folder above, if it is in the copy. `whole`: the copy has the object's GPT.INI, so its folder.
    """

    guid: str
    domain: str = ""
    whole: Known[bool] = Missing("not-asked")
    preferences: Known[tuple[PreferenceFile, ...]] = Missing("not-asked")


class CertificateTemplate(Fact, frozen=True, kw_only=True):
    """A certificate template that at least one certification authority of the forest publishes (MS-CRTD).

    The flags are msPKI-Certificate-Name-Flag and msPKI-Enrollment-Flag, `signatures` is msPKI-RA-Signature.
    `key_usages` are pKIExtendedKeyUsage and msPKI-Certificate-Application-Policy together, as OIDs; absent where a
    certificate may be used for anything. Every field is Missing where a template is published and not shown.
    """

    published_by: tuple[str, ...]
    name_flags: Known[int] = Missing("not-asked")
    enrollment_flags: Known[int] = Missing("not-asked")
    signatures: Known[int] = Missing("not-asked")
    key_usages: Known[tuple[str, ...]] = Missing("not-asked")
    access: Known[tuple[AccessEntry, ...]] = Missing("not-asked")


class PasswordPolicy(Fact, frozen=True, kw_only=True):
    """A password policy entry of OpenLDAP's ppolicy overlay (draft-behera-ldap-password-policy)."""

    min_length: Known[int] = Missing("not-asked")
    lockout: Known[bool] = Missing("not-asked")
    max_failures: Known[int] = Missing("not-asked")


class Person(Fact, frozen=True, kw_only=True):
    """A person's entry of OpenLDAP, or another server that keeps these operational attributes.

    `last_success` is pwdLastSuccess, `authenticated` authTimestamp (slapo-lastbind), `password_changed`
    pwdChangedTime, `locked` pwdAccountLockedTime as it stands; "000001010000Z" locks until somebody unlocks.
    """

    dn: str
    created: Known[datetime] = Missing("not-asked")
    last_success: Known[datetime] = Missing("not-asked")
    authenticated: Known[datetime] = Missing("not-asked")
    password_changed: Known[datetime] = Missing("not-asked")
    locked: Known[str] = Missing("not-asked")


class Flags(msgspec.Struct, frozen=True, kw_only=True):
    """Bits of userAccountControl that were told one by one: those that are set (`on`), and those that are not."""

    on: int
    off: int


class Account(Fact, frozen=True, kw_only=True):
    """A user account of Active Directory. Timestamps of 0 and `never` are `Missing("absent")`.

    `primary_group` is the relative identifier of the group that the account is in without being listed by it.
    What follows a word such as "password:" in `description`, `info` and `comment` was replaced by
    `{masked;type=password}`, or one with `;digest=…`, when it was read. `resource_delegation` is whether others may act
    here as its users (msDS-AllowedToActOnBehalfOfOtherIdentity). `principal` is userPrincipalName. `flags` stands in
    for `user_account_control` where a source tells only some of its bits: `flag` and `control` look at both.
    """

    login: str
    dn: str
    sid: Known[str] = Missing("not-asked")
    user_account_control: Known[int] = Missing("not-asked")
    flags: Known[Flags] = Missing("not-asked")
    password_last_set: Known[datetime] = Missing("not-asked")
    last_logon: Known[datetime] = Missing("not-asked")
    created: Known[datetime] = Missing("not-asked")
    admin_count: Known[bool] = Missing("not-asked")
    service_principals: Known[tuple[str, ...]] = Missing("not-asked")
    info: Known[str] = Missing("not-asked")
    comment: Known[str] = Missing("not-asked")
    encryption_types: Known[int] = Missing("not-asked")
    delegates_to: Known[tuple[str, ...]] = Missing("not-asked")
    resource_delegation: Known[bool] = Missing("not-asked")
    sid_history: Known[tuple[str, ...]] = Missing("not-asked")
    description: Known[str] = Missing("not-asked")
    primary_group: Known[int] = Missing("not-asked")
    expires: Known[datetime] = Missing("not-asked")
    principal: Known[str] = Missing("not-asked")
    mail: Known[str] = Missing("not-asked")
    employee_id: Known[str] = Missing("not-asked")
    employee_number: Known[str] = Missing("not-asked")

    @property
    def rid(self) -> Known[int]:
        """The relative identifier: the last part of the SID."""
        return self.sid if isinstance(self.sid, Missing) else int(self.sid.rpartition("-")[2])

    def flag(self, bit: int) -> Known[bool]:
        """Whether a bit of userAccountControl is set; of several bits, whether one is."""
        control = self.control(bit)
        if isinstance(control, Missing) and isinstance(self.flags, Flags) and self.flags.on & bit:
            return True
        return control if isinstance(control, Missing) else bool(control & bit)

    def control(self, bits: int) -> Known[int]:
        """The number in userAccountControl as far as these bits go: one of which nothing else may be read."""
        control, flags = self.user_account_control, self.flags
        if isinstance(control, Missing) and isinstance(flags, Flags) and not bits & ~(flags.on | flags.off):
            return flags.on & bits
        return control


class Computer(Account, frozen=True, kw_only=True):
    """A computer account of Active Directory.

    `laps_expiry` is when its managed local password is due (Microsoft LAPS), `windows_laps_expiry` that of Windows
    LAPS.
    """

    operating_system: Known[str] = Missing("not-asked")
    operating_system_version: Known[str] = Missing("not-asked")
    dns_name: Known[str] = Missing("not-asked")
    laps_expiry: Known[datetime] = Missing("not-asked")
    windows_laps_expiry: Known[datetime] = Missing("not-asked")


class Group(Fact, frozen=True, kw_only=True):
    """A group of Active Directory with its direct members' distinguished names; `members` is Missing if cut short.

    Those whose primary group it is are among the members. Asked are the privileged groups, and the groups within them.
    """

    dn: str
    sid: Known[str] = Missing("not-asked")
    members: Known[tuple[str, ...]] = Missing("not-asked")
    sid_history: Known[tuple[str, ...]] = Missing("not-asked")


class Leaver(Fact, frozen=True, kw_only=True):
    """A person who leaves or has left, as human resources list it: by one identifier, with the last day of work."""

    identifier: str
    identified_by: Literal["login", "e-mail", "employee number"]
    ended: Known[date] = Missing("not-asked")
