"""Settings of an Active Directory domain and its forest: who may look in, what can be got back, and how old it is."""

from __future__ import annotations

from collections.abc import Iterator

from posture import AsOf, Missing, Severity, Thresholds, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Directory, DomainPolicy, Facts, FineGrainedPolicy, Known

SERVER_2012_R2, SERVER_2016 = 6, 7
DEFAULT_TOMBSTONE_DAYS = 60
ANONYMOUS_PLACE, ANONYMOUS_ALLOWED = 7, "2"

READ_SETTINGS = (
    "Let the audit account read CN=Directory Service and CN=Optional Features in the configuration, and audit again."
)
READ_POLICIES = (
    "Let the audit account read the Password Settings Container and what is in it, or have an administrator show the"
    " policies (Get-ADFineGrainedPasswordPolicy -Filter *)."
)


def _not_active_directory(directory: Directory) -> Verdict | None:
    match directory.kind:
        case "active-directory":
            return None
        case "unknown":
            return unknown(
                "The kind of directory is not known",
                answer="Let the audit account, or anyone, read the root DSE, so that the kind of directory is known.",
            )
        case _:
            return not_applicable("It is not Active Directory")


@check("ad-functional-level", title="The domain works at an outdated level", severity=Severity.MEDIUM)
def functional_level(directory: Directory) -> Verdict:
    """The domain works at the level of Windows Server 2016 or later.

    Why it matters:
        At an older level the domain goes without protections that came later, such as those of Protected Users and
        authentication policies, and old domain controllers may still be part of it.

    How to fix:
        Replace domain controllers that run an older Windows Server, then raise the functional level of the domain and
        of the forest. It can't be lowered again: check old devices and software first.

    Sources:
        MS-ADTS 6.1.4.2 (domainFunctionality: 6 is Windows Server 2012 R2, 7 is 2016, 10 is 2025).
    """
    if verdict := _not_active_directory(directory):
        return verdict
    match directory.functional_level:
        case Missing() as why:
            return unknown(f"The domain's functional level is not known: {why}", answer="Let anyone read the root DSE.")
        case level if level >= SERVER_2016:
            return passed(f"The domain works at the level of Windows Server 2016 or later (level {level})")
        case level:
            return failed(
                f"The domain works at a level before Windows Server 2016 (level {level}, wanted is {SERVER_2016})",
                severity=Severity.LOW if level == SERVER_2012_R2 else None,
            )


@check("ad-recycle-bin", title="Deleted accounts can't be brought back whole", severity=Severity.MEDIUM)
def recycle_bin(directory: Directory, thresholds: Thresholds) -> Verdict:
    """The directory has its Recycle Bin on, and keeps what was deleted long enough.

    Why it matters:
        An account or a whole department that is deleted by mistake or malice then comes back with its groups and
        rights in minutes. Without it, that is a restore of the directory from a backup, with log-ins at a standstill.

    How to fix:
        Enable the Active Directory Recycle Bin, which can't be turned off again, and set tombstoneLifetime to 180 days
        or more. A backup that is older than that number of days can't be restored.

    Sources:
        45 CFR 164.308(a)(7)(ii)(B); MS-ADTS 3.1.1.9.1, 6.1.1.2.4.1.1 (tombstoneLifetime, 60 where it is not set).
    """
    if verdict := _not_active_directory(directory):
        return verdict
    wanted, days = thresholds.tombstone_days, directory.tombstone_days
    if isinstance(days, Missing) and days.why == "absent":
        days = DEFAULT_TOMBSTONE_DAYS
    problems = []
    if directory.recycle_bin is False:
        problems.append("The Recycle Bin is not enabled")
    if not isinstance(days, Missing) and days < wanted:
        problems.append(f"What is deleted is kept for {days} days; your policy asks for {wanted} (tombstoneLifetime)")
    if problems:
        return failed("; ".join(problems), severity=Severity.LOW)
    if isinstance(directory.recycle_bin, Missing):
        return unknown(
            f"Whether the Recycle Bin is enabled is not known: {directory.recycle_bin}", answer=READ_SETTINGS
        )
    if isinstance(days, Missing):
        return unknown(f"How long deleted objects are kept is not known: {days}", answer=READ_SETTINGS)
    return passed(f"The Recycle Bin is enabled, and what is deleted is kept for {days} days; you ask for {wanted}")


@check("ad-anonymous-operations", title="The domain can be read without logging in", severity=Severity.CRITICAL)
def anonymous_operations(directory: Directory) -> Verdict:
    """Nobody reads the domain without logging in, and the forest does not allow it.

    Why it matters:
        Anyone on the network gets the names and log-ins of staff, the list that guessing passwords and fraud by mail
        start from, without leaving a log-in that could be noticed.

    How to fix:
        Set the seventh character of dSHeuristics to 0, and remove rights of ANONYMOUS LOGON and Everyone from the
        domain's access list and from the group Pre-Windows 2000 Compatible Access.

    Sources:
        45 CFR 164.312(a)(1), 164.312(d); MS-ADTS 6.1.1.2.4.1.2 (fLDAPBlockAnonOps).
    """
    if verdict := _not_active_directory(directory):
        return verdict
    attempt = directory.attempt("anonymous-read")
    if not isinstance(attempt, Missing) and attempt.outcome == "accepted":
        return failed("Entries of the domain can be read without logging in")
    allowed = _anonymous_allowed(directory.heuristics)
    if allowed is True:
        return failed("The forest lets in who did not log in (seventh character of dSHeuristics is 2)")
    if isinstance(attempt, Missing):
        return unknown("Reading without logging in was not tried", answer="Audit the directory live.")
    if attempt.outcome != "refused":
        return unknown(
            f"Reading without logging in has no answer: {attempt.detail or attempt.outcome}",
            answer="Audit from a place that reaches the directory server.",
        )
    if isinstance(allowed, Missing):
        return unknown(f"Whether the forest allows it (dSHeuristics) is not known: {allowed}", answer=READ_SETTINGS)
    return passed("No entry can be read without logging in, and the forest does not allow it (dSHeuristics)")


def _anonymous_allowed(heuristics: Known[str]) -> Known[bool]:
    if isinstance(heuristics, Missing):
        return False if heuristics.why == "absent" else heuristics
    return heuristics[ANONYMOUS_PLACE - 1 : ANONYMOUS_PLACE] == ANONYMOUS_ALLOWED


@check("ad-fine-grained-policy-weaker", title="A special policy allows weaker passwords", severity=Severity.MEDIUM)
def fine_grained_policy_weaker(directory: Directory, domains: Facts[DomainPolicy]) -> Verdict:
    """No fine-grained password policy asks for less than the domain's own, or never locks an account.

    Why it matters:
        Such a policy overrides the domain's for the accounts it names, often those of services and administrators, and
        nobody who reads the domain's policy sees it.

    How to fix:
        Raise the minimum length and the lockout of the password settings object to at least the domain's, or delete it
        if it is for nobody. See first that no service or clinical device depends on it.

    Sources:
        45 CFR 164.308(a)(5)(ii)(D); MS-ADTS 3.1.1.4.5.36 (msDS-ResultantPSO).
    """
    if verdict := _not_active_directory(directory):
        return verdict
    policies = directory.fine_grained_policies
    if isinstance(policies, Missing):
        return unknown(f"The fine-grained policies are not known: {policies}", answer=READ_POLICIES)
    lengths = [domain.min_length for domain in domains if domain.place == directory.place]
    wanted = lengths[0] if len(lengths) == 1 else Missing("not-answered", "the domain's own policy was not read")
    if problems := [problem for policy in policies for problem in _weaker(policy, wanted)]:
        return failed("; ".join(problems))
    if not policies:
        hidden = "No fine-grained policy is shown, and Active Directory hides them from ordinary accounts"
        return unknown(hidden, answer=READ_POLICIES)
    if isinstance(wanted, Missing) or any(_unclear(policy) for policy in policies):
        return unknown(f"Not all of the {len(policies)} fine-grained policies can be compared", answer=READ_POLICIES)
    return passed("The fine-grained policies that are shown ask for at least as much as the domain, and lock accounts")


def _weaker(policy: FineGrainedPolicy, wanted: Known[int]) -> Iterator[str]:
    if policy.applies is not True:
        return
    length, lockout = policy.min_length, policy.lockout_threshold
    if not isinstance(length, Missing) and not isinstance(wanted, Missing) and length < wanted:
        yield f"The policy {policy.name} allows passwords of {length} characters; the domain asks for {wanted}"
    if lockout == 0:
        yield f"The policy {policy.name} never locks an account, however many passwords are tried"


def _unclear(policy: FineGrainedPolicy) -> bool:
    if policy.applies is False:
        return False
    return any(isinstance(value, Missing) for value in (policy.applies, policy.min_length, policy.lockout_threshold))


@check("directory-backup-stale", title="The directory has no recent backup", severity=Severity.HIGH)
def backup_stale(domain: DomainPolicy, thresholds: Thresholds, as_of: AsOf) -> Verdict:
    """A backup of Active Directory was made within the days that your policy says.

    Why it matters:
        After an attack on the domain controllers every log-in waits for the directory to come back. Without a recent
        backup it comes back old or not at all, and with it nearly every clinical system.

    How to fix:
        Back up the system state of two domain controllers every day, keep a copy that the domain's administrators
        can't delete, and rehearse the recovery of the forest. A product that copies whole machines may leave no mark
        in the directory: show its records, and record an exception.

    Sources:
        45 CFR 164.308(a)(7)(ii)(A); PingCastle A-BackupMetadata; MS-ADTS 3.1.1.4.5.16 (replication metadata).
    """
    allowed = thresholds.directory_backup_days
    match domain.backed_up:
        case Missing() as why:
            return unknown(
                f"When the directory was last backed up is not known: {why}",
                answer="Let the audit account read msDS-ReplAttributeMetaData of the domain, or show a record of it.",
            )
        case moment if as_of.age(moment).days < 0:
            return unknown("The mark of the last backup (dSASignature) is in the future")
        case moment if as_of.age(moment).days <= allowed:
            return passed(
                f"The last backup was marked {as_of.age(moment).days} days ago; your policy allows {allowed}"
                " (dSASignature)"
            )
        case moment:
            return failed(
                f"The last backup that left a mark is {as_of.age(moment).days} days old; your policy allows {allowed}"
                " (dSASignature). Some products leave no mark"
            )
