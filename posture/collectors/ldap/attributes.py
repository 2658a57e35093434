"""What is asked of a directory, what is never asked, and what the absence of an attribute means.

A directory leaves out what the reader may not see, without a word, so an absent attribute is either not there or
hidden. Active Directory grants reading by property set (MS-ADTS 5.1.3.2.1, MS-ADA; `attributeSecurityGUID` in the
schema), or of all properties at once. So an attribute counts as `absent` only where the same entry shows, by another
attribute that every such object has, that the reader was let see it:

- `whenCreated` and `instanceType` are in no property set: who sees them was let read all properties;
- else an attribute of the same property set that the schema or the account manager puts on every object.

Without such a witness the answer is `not-readable`, and so it is for an attribute that every object has. Two grants
would mislead this rule, and neither exists by default: an access entry that denies a single attribute, and one that
allows `whenCreated` alone. For OpenLDAP's policies, whose access rules have no such sets, the witness is
`pwdAttribute`, which every policy has; for what locks a person's account, the times of log-ins and passwords. Those
times themselves are never absent: a server that doesn't keep them leaves them out just as one that hides them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

from posture.facts import Missing

__all__ = [
    "DESCRIPTOR",
    "KINDS",
    "KINDS_OF",
    "ROOT_DSE",
    "SEARCHES",
    "SECRETS",
    "SETTINGS",
    "Search",
    "is_privileged",
    "is_secret",
    "searches",
    "why_missing",
]

KINDS = (
    "Directory",
    "DomainPolicy",
    "PasswordPolicy",
    "Account",
    "Computer",
    "Group",
    "CertificateTemplate",
    "Person",
)
"""All kinds of facts that a directory may give."""

KINDS_OF = {
    "active-directory": ("Directory", "DomainPolicy", "Account", "Computer", "Group"),
    "openldap": ("Directory", "PasswordPolicy"),
    "other": ("Directory", "PasswordPolicy"),
    "unknown": KINDS,
}
"""The kinds that each kind of directory should give; certificate templates and people are looked for beside them."""

ROOT_DSE = (
    "objectClass",
    "namingContexts",
    "defaultNamingContext",
    "configurationNamingContext",
    "configContext",
    "monitorContext",
    "dnsHostName",
    "domainFunctionality",
    "forestFunctionality",
    "domainControllerFunctionality",
    "supportedCapabilities",
    "supportedControl",
    "supportedExtension",
    "supportedFeatures",
    "supportedLDAPVersion",
    "supportedSASLMechanisms",
    "vendorName",
    "vendorVersion",
)

_PRINCIPAL = (
    "objectClass",
    "objectGUID",
    "objectSid",
    "sAMAccountName",
    "sAMAccountType",
    "whenCreated",
    "adminCount",
    "sIDHistory",
)
_ACCOUNT = (
    *_PRINCIPAL,
    "userAccountControl",
    "primaryGroupID",
    "pwdLastSet",
    "lastLogonTimestamp",
    "accountExpires",
    "servicePrincipalName",
    "description",
    "info",
    "comment",
    "msDS-SupportedEncryptionTypes",
    "msDS-AllowedToDelegateTo",
    "msDS-AllowedToActOnBehalfOfOtherIdentity",
    "userPrincipalName",
    "mail",
    "employeeID",
    "employeeNumber",
)

DESCRIPTOR = "nTSecurityDescriptor"
"""Asked for with the SD flags control (MS-ADTS 3.1.1.3.4.1.11): owner and access list, never the audit list."""

SECRETS = (
    "userPassword",
    "unixUserPassword",
    "authPassword",
    "ms-Mcs-AdmPwd",
    "msLAPS-Password",
    "msLAPS-EncryptedPassword",
    "sambaNTPassword",
    "sambaLMPassword",
    "krbPrincipalKey",
)
"""Attributes that hold a password or what serves as one, whose presence is asked, and their value never."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """One search of a kind of directory; its filter is what evidence is recognised by.

    It is made at each base that is audited, or `below` one naming context of Active Directory. Such a base that the
    reader may not see is no such object to it, so that an empty answer from there is an answer.
    """

    name: str
    kinds: tuple[str, ...]
    scope: Literal["base", "subtree"]
    filter: str
    attributes: tuple[str, ...]
    types_only: bool = False
    context: Literal["", "defaultNamingContext", "configurationNamingContext"] = ""
    below: str = ""


_SECRETS = Search(
    name="secrets",
    kinds=(),
    scope="subtree",
    filter=f"(|{''.join(f'({name}=*)' for name in SECRETS)})",
    attributes=SECRETS,
    types_only=True,
)

_ACTIVE_DIRECTORY = (
    Search(
        name="domain policy",
        kinds=("DomainPolicy",),
        scope="base",
        filter="(objectClass=domainDNS)",
        attributes=(
            "objectClass",
            "objectGUID",
            "objectSid",
            "whenCreated",
            "minPwdLength",
            "pwdHistoryLength",
            "pwdProperties",
            "lockoutThreshold",
            "lockoutDuration",
            "maxPwdAge",
            "ms-DS-MachineAccountQuota",
            "msDS-ReplAttributeMetaData",
            DESCRIPTOR,
        ),
    ),
    Search(
        name="users",
        kinds=("Account", "Group"),
        scope="subtree",
        filter="(&(objectClass=user)(!(objectClass=computer)))",
        attributes=_ACCOUNT,
    ),
    # Managed service accounts are computers by their class and accounts by their use, hence Account; and whose primary
    # group it is belongs to a group without being listed by it, hence Group.
    Search(
        name="computers",
        kinds=("Computer", "Account", "Group"),
        scope="subtree",
        filter="(objectClass=computer)",
        attributes=(
            *_ACCOUNT,
            "operatingSystem",
            "operatingSystemVersion",
            "dNSHostName",
            "ms-Mcs-AdmPwdExpirationTime",
            "msLAPS-PasswordExpirationTime",
        ),
    ),
    Search(
        name="groups",
        kinds=("Group",),
        scope="subtree",
        filter="(objectClass=group)",
        attributes=_PRINCIPAL,
    ),
    Search(
        name="directory service settings",
        kinds=(),
        scope="base",
        filter="(objectClass=nTDSService)",
        attributes=("objectClass", "whenCreated", "dSHeuristics", "tombstoneLifetime"),
        context="configurationNamingContext",
        below="CN=Directory Service,CN=Windows NT,CN=Services",
    ),
    Search(
        name="optional features",
        kinds=(),
        scope="subtree",
        filter="(objectClass=msDS-OptionalFeature)",
        attributes=("objectClass", "whenCreated", "cn", "msDS-EnabledFeatureBL"),
        context="configurationNamingContext",
        below="CN=Optional Features,CN=Directory Service,CN=Windows NT,CN=Services",
    ),
    Search(
        name="trusts",
        kinds=(),
        scope="subtree",
        filter="(objectClass=trustedDomain)",
        attributes=(
            "objectClass",
            "whenCreated",
            "trustPartner",
            "trustDirection",
            "trustType",
            "trustAttributes",
            "msDS-SupportedEncryptionTypes",
        ),
        context="defaultNamingContext",
        below="CN=System",
    ),
    Search(
        name="fine-grained password policies",
        kinds=(),
        scope="subtree",
        filter="(objectClass=msDS-PasswordSettings)",
        attributes=(
            "objectClass",
            "whenCreated",
            "cn",
            "msDS-MinimumPasswordLength",
            "msDS-LockoutThreshold",
            "msDS-PSOAppliesTo",
        ),
        context="defaultNamingContext",
    ),
    Search(
        name="group policies",
        kinds=(),
        scope="subtree",
        filter="(objectClass=groupPolicyContainer)",
        attributes=("objectClass", "whenCreated", "cn"),
        context="defaultNamingContext",
        below="CN=Policies,CN=System",
    ),
    Search(
        name="certification authorities",
        kinds=(),
        scope="subtree",
        filter="(objectClass=pKIEnrollmentService)",
        attributes=("objectClass", "whenCreated", "objectGUID", "cn", "certificateTemplates"),
        context="configurationNamingContext",
        below="CN=Public Key Services,CN=Services",
    ),
    Search(
        name="certificate templates",
        kinds=(),
        scope="subtree",
        filter="(objectClass=pKICertificateTemplate)",
        attributes=(
            "objectClass",
            "whenCreated",
            "objectGUID",
            "cn",
            "displayName",
            "msPKI-Certificate-Name-Flag",
            "msPKI-Enrollment-Flag",
            "msPKI-RA-Signature",
            "pKIExtendedKeyUsage",
            "msPKI-Certificate-Application-Policy",
            DESCRIPTOR,
        ),
        context="configurationNamingContext",
        below="CN=Public Key Services,CN=Services",
    ),
    _SECRETS,
)

_OTHERS = (
    Search(
        name="password policies",
        kinds=("PasswordPolicy",),
        scope="subtree",
        filter="(objectClass=pwdPolicy)",
        attributes=("objectClass", "cn", "entryUUID", "pwdAttribute", "pwdMinLength", "pwdLockout", "pwdMaxFailure"),
    ),
    _SECRETS,
    Search(
        name="people",
        kinds=(),
        scope="subtree",
        filter="(|(objectClass=person)(objectClass=account)(objectClass=posixAccount))",
        attributes=(
            "objectClass",
            "uid",
            "cn",
            "entryUUID",
            "createTimestamp",
            "pwdLastSuccess",
            "authTimestamp",
            "pwdChangedTime",
            "pwdAccountLockedTime",
        ),
    ),
)

SEARCHES = {search.filter: search for search in (*_ACTIVE_DIRECTORY, *_OTHERS)}
"""All searches by their filter."""

SETTINGS = {search.filter: search.name for search in _ACTIVE_DIRECTORY if search.context}
"""The searches whose entries tell of the directory itself: filter and name."""


def searches(kind: str) -> tuple[Search, ...]:
    """The searches for a kind of directory, in their order."""
    return _ACTIVE_DIRECTORY if kind == "active-directory" else _OTHERS


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────────────────────

_SECRET_NAMES = frozenset(name.lower() for name in SECRETS) | {
    "unicodepwd",
    "dbcspwd",
    "ntpwdhistory",
    "lmpwdhistory",
    "pwdhistory",
    "supplementalcredentials",
    "msds-managedpassword",
    "msds-keymaterial",
    "mslaps-passwordhistory",
    "mslaps-encryptedpasswordhistory",
    "mslaps-encrypteddsrmpassword",
    "mslaps-encrypteddsrmpasswordhistory",
    "mspki-accountcredentials",
    "mspkidpapimasterkeys",
    "msfve-keypackage",
    "msfve-recoverypassword",
    "trustauthincoming",
    "trustauthoutgoing",
    "initialauthincoming",
    "initialauthoutgoing",
    "currentvalue",
    "priorvalue",
    "sambapasswordhistory",
    "krbmkey",
    "krbprincipalkeyhistory",
    "userpkcs12",
    "usersmimecertificatekey",
    "nsds5replicacredentials",
    "nsslapd-rootpw",
    "olcrootpw",
    "olcsyncrepl",
    "olcdbaclbind",
    "olcdbidassertbind",
    "olcdbcryptkey",
    "olcdbcryptfile",
    "oathsecret",
    "privatekey",
}
_SECRET_ENDINGS = ("password", "passwd", "passphrase", "secret", "privatekey", "credentials", "sharedkey")


def is_secret(description: str) -> bool:
    """Whether an attribute description (with or without options) names a secret: a known one, or one by its name."""
    name = description.partition(";")[0].lower()
    return name in _SECRET_NAMES or name.endswith(_SECRET_ENDINGS)


# ── absence ──────────────────────────────────────────────────────────────────────────────────────────────────────

_READS_ALL = ("whencreated", "instancetype")
_ALWAYS = {
    "public": ("objectguid", "objectclass", "objectcategory"),
    "general": ("objectsid", "samaccountname", "samaccounttype", "primarygroupid"),
    "account restrictions": ("useraccountcontrol", "pwdlastset"),
    "domain password": (
        "minpwdlength",
        "pwdhistorylength",
        "pwdproperties",
        "lockoutthreshold",
        "lockoutduration",
        "maxpwdage",
    ),
    "all": _READS_ALL,
    "policy": ("pwdattribute",),
    "log-ins": ("pwdlastsuccess", "authtimestamp", "pwdchangedtime"),
}
_EVERY_OBJECT_HAS = frozenset(name for names in _ALWAYS.values() for name in names) | {DESCRIPTOR.lower()}
_SET_OF = {
    "serviceprincipalname": "public",
    "description": "public",
    "accountexpires": "account restrictions",
    "pwdminlength": "policy",
    "pwdlockout": "policy",
    "pwdmaxfailure": "policy",
    "pwdaccountlockedtime": "log-ins",
}


def why_missing(attribute: str, asked: Collection[str] | None, shown: Collection[str]) -> Missing:
    """Why an entry has no such attribute.

    `asked` are the attributes that were asked, in lower case (None where that is unknown; `*` stands for all user
    attributes), `shown` those that the entry has, in lower case.
    """
    name = attribute.lower()
    if asked is None or not (name in asked or "*" in asked):
        return Missing("not-asked", f"{attribute} was not asked")
    if name not in _EVERY_OBJECT_HAS:
        witnesses = (*_READS_ALL, *_ALWAYS.get(_SET_OF.get(name, ""), ()))
        if any(witness in shown for witness in witnesses):
            return Missing("absent", f"{attribute} is not set")
    return Missing("not-readable", f"{attribute} was asked and is not readable")


# ── privileged groups ────────────────────────────────────────────────────────────────────────────────────────────

_PRIVILEGED_RIDS = frozenset({498, 512, 516, 517, 518, 519, 520, 521, 525, 526, 527})
_BUILTIN = "S-1-5-32-"
_BUILTIN_UNPRIVILEGED = frozenset({545, 546})
_PRIVILEGED_NAMES = frozenset({"dnsadmins"})


def is_privileged(sid: str, name: str, admin_count: bool) -> bool:
    """Whether the members of this group are asked, and those of the groups within it.

    The well-known groups of MS-DTYP 2.4.2.4 (all but Users and Guests of the built-in ones), DnsAdmins, which has no
    well-known SID, and every group that AdminSDHolder protects.
    """
    rid = int(sid.rpartition("-")[2]) if sid else 0
    if sid.startswith(_BUILTIN):
        return rid not in _BUILTIN_UNPRIVILEGED
    return rid in _PRIVILEGED_RIDS or name.casefold() in _PRIVILEGED_NAMES or admin_count
