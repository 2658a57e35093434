"""The accounts in the privileged groups of Active Directory: how many there are, and how well they are kept.

Privileged are the groups that AdminSDHolder protects. Who is in them is computed, through groups within groups and
primary groups; adminCount is a trace of it, which stays when the membership has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from posture import Missing, Severity, Thresholds, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Account, Computer, Facts, Group
from posture.memberships import Memberships

DISABLED = 0x2
MANAGED = 0x1000
SMART_CARD = 0x40000
NOT_DELEGATED = 0x100000
ADMINISTRATOR, PROTECTED_USERS = 500, 525
LARGE = {512, 518, 519}
BUILTIN_ADMINISTRATORS = "S-1-5-32-544"

READ_FLAGS = "Let the audit account read userAccountControl of every user, and audit again."
READ_GROUPS = (
    "Let the audit account read member of the privileged groups, and objectSid and primaryGroupID of every account, "
    "in each domain of the forest, and audit again."
)
IS_DISABLED = "The account is disabled (ACCOUNTDISABLE)"

_Judge: TypeAlias = Callable[[Account, tuple[Group, ...]], Verdict]


def _each_administrator(found: Memberships, judge: _Judge) -> Iterator[Verdict]:
    """A verdict about each account in a privileged group, and an unknown for whatever may hide another."""
    for account, groups in found.administrators:
        yield judge(account, groups)
    for doubt in found.doubts:
        yield unknown(
            f"Not all privileged accounts are known: {doubt.why}",
            answer=READ_GROUPS,
            about=doubt.group,
        )
    if not found.administrators and not found.doubts:
        yield not_applicable("No user account is in a privileged group")


def _in(groups: tuple[Group, ...]) -> str:
    return ", ".join(sorted({group.name for group in groups}))


def _flags_unknown(account: Account, why: Missing) -> Verdict:
    return unknown(
        f"The account's settings (userAccountControl) are not known: {why}", answer=READ_FLAGS, about=account
    )


@check(
    "ad-disabled-still-privileged", title="Disabled accounts are still in privileged groups", severity=Severity.MEDIUM
)
def disabled_still_privileged(
    groups: Facts[Group], accounts: Facts[Account], computers: Facts[Computer]
) -> Iterator[Verdict]:
    """A disabled account is in no privileged group.

    The built-in Administrator (RID 500) is left out: it can't be taken out of Administrators, and is best disabled.

    Why it matters:
        Whoever enables the account again, by mistake or on purpose, hands out an administrator's rights with it. It
        also shows that rights are not taken back when people leave.

    How to fix:
        Take the account out of these groups, and out of the groups within them. Make it a step of what is done when
        somebody leaves.

    Sources:
        45 CFR 164.308(a)(4)(ii)(C); MS-ADTS 2.2.16 (ACCOUNTDISABLE); Microsoft, Appendix C: Protected Accounts and
        Groups in Active Directory.
    """

    def judge(account: Account, within: tuple[Group, ...]) -> Verdict:
        match account.control(DISABLED):
            case Missing() as why:
                return _flags_unknown(account, why)
            case control if not control & DISABLED:
                return passed("The account is not disabled", account, about=account)
            case _ if account.rid == ADMINISTRATOR:
                return not_applicable("It is the built-in Administrator (RID 500), best kept disabled", about=account)
            case _ if isinstance(account.rid, Missing):
                return unknown(
                    f"Whether it is the built-in Administrator (objectSid) is not known: {account.rid}", about=account
                )
            case _:
                told = f"The account is disabled (ACCOUNTDISABLE) and still in {_in(within)}"
                return failed(told, account, *within, severity=Severity.LOW, about=account)

    yield from _each_administrator(Memberships(groups, accounts, computers), judge)


@check("ad-too-many-privileged", title="Too many accounts are administrators", severity=Severity.HIGH)
def too_many_privileged(
    groups: Facts[Group], accounts: Facts[Account], computers: Facts[Computer], thresholds: Thresholds
) -> Iterator[Verdict]:
    """Domain, Enterprise and Schema Admins, and Administrators, have no more enabled accounts than your policy allows.

    Why it matters:
        Each of these accounts can do everything in the domain. The more there are, the sooner one is stolen, and the
        less anybody notices what is done with it.

    How to fix:
        Delegate the single rights that people need in place of membership. Keep these groups for a few named accounts
        that are used for nothing else, and review them.

    Sources:
        45 CFR 164.308(a)(4)(ii)(C); Microsoft, Appendix D to H: Securing built-in administrator accounts and groups in
        Active Directory.
    """
    found = Memberships(groups, accounts, computers)
    large = [group for group in found.privileged if _is_large(group)]
    for group in large:
        yield _counted(found, group, thresholds.privileged_accounts)
    for doubt in found.doubts:
        if doubt.group is None:
            yield unknown(f"Not all privileged groups are known: {doubt.why}", answer=READ_GROUPS)


def _is_large(group: Group) -> bool:
    sid = group.sid
    return not isinstance(sid, Missing) and (sid == BUILTIN_ADMINISTRATORS or int(sid.rpartition("-")[2]) in LARGE)


def _counted(found: Memberships, group: Group, allowed: int) -> Verdict:
    roll = found.roll(group)
    if roll.everybody:
        return failed(f"{group.name} lets in {', '.join(roll.everybody)}", group, about=group)
    enabled = [each for each in roll.people if each.flag(DISABLED) is False]
    unclear = [each for each in roll.people if isinstance(each.flag(DISABLED), Missing)]
    count = len(enabled)
    told = f"{group.name} has {count} enabled account{'s' * (count != 1)}, those of groups within it among them"
    told += f"; your policy allows {allowed}"
    if count > allowed:
        return failed(told, group, *enabled, severity=Severity.MEDIUM, about=group)
    if roll.doubts:
        return unknown(f"{told}; there may be more: {'; '.join(roll.doubts[:3])}", answer=READ_GROUPS, about=group)
    if count + len(unclear) > allowed:
        return unknown(f"{told}; of {len(unclear)} more it is not known", answer=READ_FLAGS, about=group)
    return passed(told, group, *roll.people, about=group)


@check(
    "ad-privileged-not-protected", title="Administrators' log-ins can be misused by servers", severity=Severity.MEDIUM
)
def privileged_not_protected(
    groups: Facts[Group], accounts: Facts[Account], computers: Facts[Computer]
) -> Iterator[Verdict]:
    """Every administrator is one of the Protected Users, or is marked as sensitive and not to be delegated.

    Accounts of services, which have service principal names or are managed service accounts, are left out: what
    protects people would stop them.

    Why it matters:
        Without it, an administrator who logs on to a server leaves behind what lets that server act in his or her
        name, and old, weak ways of logging in stay open.

    How to fix:
        Add administrators to Protected Users, a few at a time and after a test, since it ends NTLM and old encryption
        for them. At least mark the account as "sensitive and cannot be delegated".

    Sources:
        Microsoft, Protected Users Security Group; MS-ADTS 2.2.16 (NOT_DELEGATED).
    """
    found = Memberships(groups, accounts, computers)

    def judge(account: Account, within: tuple[Group, ...]) -> Verdict:
        match account.user_account_control, account.service_principals:
            case (Missing() as why, _):
                return _flags_unknown(account, why)
            case (int(control), _) if control & DISABLED:
                return not_applicable(IS_DISABLED, about=account)
            case (int(control), names) if control & MANAGED or isinstance(names, tuple):
                return not_applicable("It is the account of a service", about=account)
            case (int(control), _) if control & NOT_DELEGATED:
                return passed("It is marked as not to be delegated (NOT_DELEGATED)", account, about=account)
        protected, doubts = _protected(found, account)
        if protected:
            return passed(f"It is in {protected.name}", account, protected, about=account)
        if doubts:
            return unknown(f"Whether it is in Protected Users is not known: {doubts[0]}", about=account)
        if isinstance(account.service_principals, Missing) and account.service_principals.why != "absent":
            return unknown(
                f"Whether it is a service's (servicePrincipalName) is not known: {account.service_principals}",
                about=account,
            )
        told = f"It is in {_in(within)}, and neither in Protected Users nor marked as not to be delegated"
        return failed(told, account, *within, severity=Severity.LOW, about=account)

    yield from _each_administrator(found, judge)


def _protected(found: Memberships, account: Account) -> tuple[Group | None, tuple[str, ...]]:
    """(Protected Users of its domain, where it is in there; why that is not known)."""
    if isinstance(account.sid, Missing):
        return None, (f"its SID is not known: {account.sid}",)
    wanted = f"{account.sid.rpartition('-')[0]}-{PROTECTED_USERS}"
    group = found.by_sid(wanted)
    if not isinstance(group, Group):
        return None, (f"the group was not seen (RID {PROTECTED_USERS})",)
    roll = found.roll(group)
    return (group, ()) if any(each.sid == account.sid for each in roll.people) else (None, roll.doubts)


@check(
    "ad-privileged-without-smartcard", title="Administrators may log in with a password alone", severity=Severity.LOW
)
def privileged_without_smartcard(
    groups: Facts[Group], accounts: Facts[Account], computers: Facts[Computer]
) -> Iterator[Verdict]:
    """Every administrator has to log in with a smart card, or a second factor is shown in another way.

    The directory shows smart cards only. A second factor of an identity provider is not to be seen in it, so that an
    account without the setting is not known to lack one: this check never fails.

    Why it matters:
        A password that is guessed, read or given away in good faith is enough to take over the domain, where nothing
        else is asked for.

    How to fix:
        Ask administrators for a smart card or security key ("Smart card is required for interactive logon"). Where the
        second factor is the identity provider's, keep its report as evidence.

    Sources:
        45 CFR 164.312(d); MS-ADTS 2.2.16 (SMARTCARD_REQUIRED).
    """

    def judge(account: Account, _: tuple[Group, ...]) -> Verdict:
        match account.user_account_control:
            case Missing() as why:
                return _flags_unknown(account, why)
            case control if control & DISABLED:
                return not_applicable(IS_DISABLED, about=account)
            case control if control & MANAGED:
                return not_applicable("It is a managed service account, which nobody logs in with", about=account)
            case control if control & SMART_CARD:
                return passed("A smart card has to be used (SMARTCARD_REQUIRED)", account, about=account)
            case _:
                return unknown(
                    "No smart card is asked for (SMARTCARD_REQUIRED); another second factor would not be seen here",
                    account,
                    answer="Attest the second factor of administrators, with the identity provider's report.",
                    about=account,
                )

    yield from _each_administrator(Memberships(groups, accounts, computers), judge)
