"""Accounts of services in Active Directory: whose passwords can be cracked, and which of them may do everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from posture import AsOf, Missing, Severity, Thresholds, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Account, Computer, Facts, Group
from posture.memberships import Memberships

DISABLED = 0x2
MANAGED = 0x1000
DOMAIN_ADMINS = 512

READ_FLAGS = "Let the audit account read userAccountControl of every user, and audit again."
READ_NAMES = "Let the audit account read servicePrincipalName of every user, and audit again."
READ_GROUPS = "Let the audit account read member of the privileged groups, and audit again."
IS_DISABLED = "The account is disabled (ACCOUNTDISABLE)"
IS_MANAGED = "It is a managed service account, with a long random password that changes by itself"

_SERVICE = re.compile(r"(?:^|[-_.])(?:svc|service|srv)(?:$|[-_.\d])", re.IGNORECASE)


@check(
    "ad-kerberoastable-privileged",
    title="Passwords of powerful service accounts can be cracked",
    severity=Severity.HIGH,
)
def kerberoastable_privileged(
    accounts: Facts[Account],
    groups: Facts[Group],
    computers: Facts[Computer],
    thresholds: Thresholds,
    as_of: AsOf,
) -> Iterator[Verdict]:
    """No administrator's account has service names, and the passwords of others that have them are not old.

    Which encryption such tickets have is not judged here.

    Why it matters:
        Every user may ask for a ticket for a service, and guess the password of the service's account from it at
        leisure. If the account is an administrator's, the domain is lost with it.

    How to fix:
        Use group managed service accounts. Else take the account out of the privileged groups, give it a random
        password of 25 characters or more, and change that every year.

    Sources:
        MITRE ATT&CK T1558.003; MS-ADA3 servicePrincipalName.
    """
    found = Memberships(groups, accounts, computers)
    for account in accounts:
        yield _roastable(account, found, thresholds, as_of)


def _roastable(account: Account, found: Memberships, thresholds: Thresholds, as_of: AsOf) -> Verdict:
    match account.user_account_control, account.service_principals:
        case (_, Missing(why="absent")):
            return passed("It has no service names (servicePrincipalName)", account, about=account)
        case (Missing() as why, _):
            told = f"The account's settings (userAccountControl) are not known: {why}"
            return unknown(told, answer=READ_FLAGS, about=account)
        case (int(control), _) if control & DISABLED:
            return not_applicable(IS_DISABLED, about=account)
        case (int(control), _) if control & MANAGED:
            return not_applicable(IS_MANAGED, about=account)
        case (_, Missing() as why):
            told = f"Whether it has service names (servicePrincipalName) is not known: {why}"
            return unknown(told, answer=READ_NAMES, about=account)
    match found.privileges(account):
        case tuple(names) if names:
            told = f"It has service names, and is in {', '.join(names)}: its password can be guessed from a ticket"
            return failed(told, account, about=account)
        case () if account.admin_count is True:
            told = "It has service names, and bears the mark of an administrator (adminCount 1) without being one now"
            return failed(told, account, severity=Severity.MEDIUM, about=account)
        case Missing() if account.admin_count is True:
            told = "It has service names, and bears the mark of an administrator (adminCount 1)"
            return failed(told, account, about=account)
        case Missing() as why:
            told = f"It has service names; whether it is in a privileged group is not known: {why}"
            return unknown(told, answer=READ_GROUPS, about=account)
        case _:
            return _ordinary(account, thresholds, as_of)


def _ordinary(account: Account, thresholds: Thresholds, as_of: AsOf) -> Verdict:
    if not isinstance(account.password_last_set, datetime):
        why = account.password_last_set
        return unknown(f"It has service names; the age of its password (pwdLastSet) is not known: {why}", about=account)
    age = as_of.age(account.password_last_set)
    if age < timedelta(days=-1):
        return unknown("Its password was set after the time of this assessment (pwdLastSet)", about=account)
    days = -(-age // timedelta(days=1))
    told = f"It has service names, and a password {days} day{'s' * (days != 1)} old (pwdLastSet)"
    told += f"; your policy allows {thresholds.password_days}"
    if age > timedelta(days=thresholds.password_days):
        return failed(told, account, severity=Severity.MEDIUM, about=account)
    if isinstance(account.admin_count, Missing) and account.admin_count.why != "absent":
        return unknown(f"It has service names; its adminCount is not known: {account.admin_count}", about=account)
    return passed(told, account, about=account)


@check("ad-service-account-domain-admin", title="Services run as domain administrators", severity=Severity.HIGH)
def service_account_domain_admin(
    groups: Facts[Group], accounts: Facts[Account], computers: Facts[Computer]
) -> Iterator[Verdict]:
    """No account of a service is in Domain Admins, by its service names or, at medium, by its own name.

    Why it matters:
        The password of a service lies on every server that it runs on, and seldom changes. Who breaks into one of
        them has the domain.

    How to fix:
        Give the service the rights that it needs on the machines that it needs, best as a group managed service
        account, and take it out of Domain Admins.

    Sources:
        45 CFR 164.308(a)(4)(ii)(B); Microsoft, Appendix F: Securing Domain Admins Groups in Active Directory.
    """
    found = Memberships(groups, accounts, computers)
    for group in found.privileged:
        if str(group.sid).endswith(f"-{DOMAIN_ADMINS}"):
            yield from _services_in(found, group)
    for doubt in found.doubts:
        if doubt.group is None:
            yield unknown(f"Domain Admins may be hidden: {doubt.why}", answer=READ_GROUPS)


def _services_in(found: Memberships, group: Group) -> Iterator[Verdict]:
    roll = found.roll(group)
    people = [each for each in roll.people if not isinstance(each, Computer)]
    for account in people:
        yield _service(account, group)
    if roll.doubts:
        told = f"Not all in {group.name} are known: {'; '.join(roll.doubts[:3])}"
        yield unknown(told, answer=READ_GROUPS, about=group)
    elif not people:
        yield passed(f"{group.name} has no user accounts", group, about=group)


def _service(account: Account, group: Group) -> Verdict:
    match account.user_account_control, account.service_principals:
        case (Missing() as why, _):
            told = f"The account's settings (userAccountControl) are not known: {why}"
            return unknown(told, answer=READ_FLAGS, about=account)
        case (int(control), _) if control & DISABLED:
            return not_applicable(IS_DISABLED, about=account)
        case (int(control), _) if control & MANAGED:
            return failed(f"It is a managed service account in {group.name}", account, group, about=account)
        case (_, tuple()):
            return failed(f"It has service names, and is in {group.name}", account, group, about=account)
        case _ if _SERVICE.search(account.login):
            told = f"Its name is that of a service, and it is in {group.name}"
            return failed(told, account, group, severity=Severity.MEDIUM, about=account)
        case (_, Missing(why="absent")):
            return passed(f"It is in {group.name}, and no service's account", account, about=account)
        case (_, why):
            told = f"Whether it has service names (servicePrincipalName) is not known: {why}"
            return unknown(told, answer=READ_NAMES, about=account)
