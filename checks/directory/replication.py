"""Who may copy every password out of an Active Directory domain, or give themselves the right to."""

from __future__ import annotations

from posture import Missing, Severity, Verdict, check, failed, passed, unknown
from posture.access import ALL_RIGHTS, CONTROL_ACCESS, WRITE_DAC, WRITE_OWNER, holders
from posture.facts import AccessEntry, Account, Computer, DomainPolicy, Facts, Group, Known
from posture.memberships import EVERYBODY, Memberships

CHANGES_ALL = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
"""DS-Replication-Get-Changes-All (MS-ADTS 5.1.3.2.1)."""

RIGHTS = (
    ("may do everything (GenericAll)", ALL_RIGHTS, ""),
    ("may replicate all secrets (DS-Replication-Get-Changes-All)", CONTROL_ACCESS, CHANGES_ALL),
    ("may change its permissions (WriteDACL)", WRITE_DAC, ""),
    ("may take it over (WriteOwner)", WRITE_OWNER, ""),
)
SYSTEM, ADMINISTRATORS, ENTERPRISE_CONTROLLERS = "S-1-5-18", "S-1-5-32-544", "S-1-5-9"
DOMAIN_ADMINS, CONTROLLERS, ENTERPRISE_ADMINS = 512, 516, 519
NOBODY = {"S-1-3-0", "S-1-3-1", "S-1-3-4", "S-1-5-10"}
"""Stand-ins for a creator, an owner, the object itself: nobody logs in as one, and the owner is looked at by itself."""

READ = (
    "Let the audit account read the permissions (Read Control) and objectSid of the domain's own object, and audit "
    "again."
)


@check("ad-replication-rights", title="Others than administrators can copy all passwords", severity=Severity.CRITICAL)
def replication_rights(
    domain: DomainPolicy, groups: Facts[Group], accounts: Facts[Account], computers: Facts[Computer]
) -> Verdict:
    """Only domain controllers and administrators may replicate a domain's secrets, or grant themselves the right to.

    Looked at are the permissions on the domain's own object: replicating all changes, full control, all extended
    rights, and changing permissions or owner. Domain Controllers, Enterprise Domain Controllers, Administrators,
    Domain and Enterprise Admins, and SYSTEM are expected; read-only domain controllers need no right to all secrets.

    Why it matters:
        Whoever holds one of these rights asks a domain controller for the password hashes of everybody, krbtgt's among
        them, from any machine and without logging on to a server ("DCSync"). The whole domain is then theirs.

    How to fix:
        Take the right away from whoever doesn't need it. A service that synchronizes passwords (Microsoft Entra
        Connect) does need it: record an exception for its account, and guard that account and its server as you guard
        a domain controller.

    Sources:
        MS-ADTS 5.1.3.2.1; MS-DTYP 2.4.4; MITRE ATT&CK T1003.006.
    """
    match domain.access, domain.sid:
        case (Missing() as why, _):
            return unknown(f"The permissions on the domain's object are not known: {why}", answer=READ)
        case (_, Missing() as why):
            return unknown(f"The domain's SID, by which its administrators are known, is not known: {why}", answer=READ)
        case (entries, str(sid)):
            pass
    found = Memberships(groups, accounts, computers)
    surely, perhaps = _unexpected(entries, domain.owner, sid)
    if surely:
        return failed(f"On the domain's object: {_said(surely, found)}")
    if perhaps:
        return unknown(
            f"On the domain's object, under a condition or by a group of another domain: {_said(perhaps, found)}",
            answer="Look at who these are, and record what you find.",
        )
    if isinstance(domain.owner, Missing):
        return unknown(f"Who owns the domain's object is not known: {domain.owner}", answer=READ)
    return passed("Only domain controllers and administrators may replicate its secrets or change its permissions")


def _unexpected(
    entries: tuple[AccessEntry, ...], owner: Known[str], domain: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The others that hold such a right, with the widest of them; and those of which that is not sure."""
    surely: dict[str, str] = {}
    perhaps: dict[str, str] = {}
    for words, rights, object_type in RIGHTS:
        for holder, sure in holders(entries, rights, object_type).items():
            if not _expected(holder, domain):
                (surely if sure and not _forest_root(holder) else perhaps).setdefault(holder, words)
    if isinstance(owner, str) and not _expected(owner, domain):
        (perhaps if _forest_root(owner) else surely).setdefault(owner, "owns it, so may change its permissions")
    return surely, perhaps


def _expected(holder: str, domain: str) -> bool:
    own = {f"{domain}-{rid}" for rid in (DOMAIN_ADMINS, CONTROLLERS, ENTERPRISE_ADMINS)}
    return holder in {SYSTEM, ADMINISTRATORS, ENTERPRISE_CONTROLLERS, *NOBODY, *own}


def _forest_root(holder: str) -> bool:
    """Whether it may be the Enterprise Admins of the domain at the root of the forest; its SID is not known here."""
    return holder.startswith("S-1-5-21-") and holder.endswith(f"-{ENTERPRISE_ADMINS}")


def _said(held: dict[str, str], found: Memberships) -> str:
    told = sorted(f"{_named(holder, found)} {words}" for holder, words in held.items())
    return "; ".join(told[:5]) + (f"; and {len(told) - 5} more" if len(told) > 5 else "")


def _named(holder: str, found: Memberships) -> str:
    who = found.by_sid(holder)
    named = f"{who.name} ({holder})" if who else f"{holder} (no entry with this SID was read)"
    return EVERYBODY.get(holder, named)
