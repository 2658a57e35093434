"""Computers and passwords of Active Directory that have been left alone for too long, and lone domain controllers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from posture import AsOf, Missing, Severity, Thresholds, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Account, Computer, DomainPolicy, Facts, Group, Known
from posture.memberships import Memberships, in_domain

DISABLED, TRUST = 0x2, 0x800
CONTROLLER = 0x2000
GUEST = 501

READ_FLAGS = "Let the audit account read userAccountControl of every user and computer, and audit again."
IS_DISABLED = "The account is disabled (ACCOUNTDISABLE)"
DAY = timedelta(days=1)


def _flags_unknown(why: Missing, about: Account) -> Verdict:
    told = f"The account's settings (userAccountControl) are not known: {why}"
    return unknown(told, answer=READ_FLAGS, about=about)


def _days(age: timedelta) -> str:
    days = -(-age // DAY)
    return f"{days} day{'s' * (days != 1)}"


@check("ad-inactive-computers", title="Computers that nobody uses are enabled", severity=Severity.LOW)
def inactive_computers(computer: Computer, thresholds: Thresholds, as_of: AsOf) -> Verdict:
    """Every enabled computer logged in, or changed its password, within the days that your policy allows.

    A computer changes its password by itself, by default every 30 days. The time of its last log-in reaches all domain
    controllers with a lag.

    Why it matters:
        The account of a machine that is gone, or that nobody looks after, still opens what the machine could reach.
        It also makes the list of what there is to protect wrong.

    How to fix:
        Disable the account, wait for a month, and remove it. Correct the inventory by it.

    Sources:
        CIS Controls 1.1; Microsoft, lastLogonTimestamp attribute; Microsoft, Domain member: Maximum machine account
        password age.
    """
    match computer.control(DISABLED):
        case Missing() as why:
            return _flags_unknown(why, computer)
        case control if control & DISABLED:
            return not_applicable(IS_DISABLED)
        case _:
            return _seen(computer, thresholds, as_of)


def _seen(computer: Computer, thresholds: Thresholds, as_of: AsOf) -> Verdict:
    """The youngest sign of life decides; that there is none is known only where both could be read."""
    limit, lag = timedelta(days=thresholds.inactive_days), timedelta(days=thresholds.logon_lag_days)
    signs = {"pwdLastSet": computer.password_last_set, "lastLogonTimestamp": computer.last_logon}
    ages = {name: as_of.age(moment) for name, moment in signs.items() if isinstance(moment, datetime)}
    for name, age in ages.items():
        if age < -DAY:
            return unknown(f"{name} is after the time of this assessment: a clock was wrong")
        if age <= limit:
            return passed(f"It was active {_days(age)} ago ({name}); your policy allows {limit.days}")
    for name, moment in signs.items():
        if isinstance(moment, Missing) and moment.why != "absent":
            return unknown(f"When it was last active ({name}) is not known: {moment}")
    if not ages:
        return _never_seen(computer, limit, as_of)
    if ages.get("lastLogonTimestamp", limit + lag + DAY) <= limit + lag:
        return unknown(
            f"It was active {_days(min(ages.values()))} ago, and a later log-in may not have reached this domain"
            " controller yet (lastLogonTimestamp)",
            answer=f"Audit again when the lag of {lag.days} days is over.",
        )
    told = f"It was last active {_days(min(ages.values()))} ago ({', '.join(ages)})"
    return failed(f"{told}; your policy allows {limit.days}")


def _never_seen(computer: Computer, limit: timedelta, as_of: AsOf) -> Verdict:
    if not isinstance(computer.created, datetime):
        return unknown(f"It was never active, and its age (whenCreated) is not known: {computer.created}")
    age = as_of.age(computer.created)
    if age < -DAY:
        return unknown("It was made after the time of this assessment (whenCreated): a clock was wrong")
    told = f"It was never active, and was made {_days(age)} ago (whenCreated); your policy allows {limit.days}"
    return failed(told) if age > limit else passed(told)


@check("ad-old-passwords", title="Passwords are old", severity=Severity.MEDIUM)
def old_passwords(
    accounts: Facts[Account],
    groups: Facts[Group],
    computers: Facts[Computer],
    thresholds: Thresholds,
    as_of: AsOf,
) -> Iterator[Verdict]:
    """No enabled account has a password older than your policy allows; it fails at low where it is no administrator's.

    Why it matters:
        A password that was stolen, or told to a colleague who left since, works until it is changed.

    How to fix:
        Have the password changed, first of administrators and services. Retire accounts that nobody speaks for. Where
        your policy gives up expiry for long passwords and multi-factor log-in, set the number to fit it.

    Sources:
        45 CFR 164.308(a)(5)(ii)(D), which sets no number; CIS Password Policy Guide.
    """
    found = Memberships(groups, accounts, computers)
    for account in accounts:
        yield _old(account, found, timedelta(days=thresholds.password_days), as_of)


def _old(account: Account, found: Memberships, limit: timedelta, as_of: AsOf) -> Verdict:
    match account.user_account_control:
        case Missing() as why:
            return _flags_unknown(why, account)
        case control if control & DISABLED:
            return not_applicable(IS_DISABLED, about=account)
        case control if control & TRUST:
            return not_applicable("The account is that of a trust (INTERDOMAIN_TRUST_ACCOUNT)", about=account)
        case _ if account.rid == GUEST:
            return not_applicable("It is the built-in Guest account, which has a check of its own", about=account)
        case _:
            return _age_of_password(account, found, limit, as_of)


def _age_of_password(account: Account, found: Memberships, limit: timedelta, as_of: AsOf) -> Verdict:
    match account.password_last_set:
        case datetime() as moment:
            age = as_of.age(moment)
        case Missing(why="absent"):
            told = "The password has to be changed at the next log-in, or was never set (pwdLastSet 0): its age is gone"
            return unknown(told, answer="Look at the account: if nobody uses it, disable it.", about=account)
        case why:
            return unknown(f"The age of the password (pwdLastSet) is not known: {why}", about=account)
    if age < -DAY:
        return unknown("The password was set after the time of this assessment (pwdLastSet)", about=account)
    told = f"The password is {_days(age)} old (pwdLastSet); your policy allows {limit.days}"
    if age <= limit:
        return passed(told, account, about=account)
    match found.privileges(account):
        case ():
            return failed(told, account, severity=Severity.LOW, about=account)
        case tuple(names):
            return failed(f"{told}. It is in {', '.join(names)}", account, about=account)
        case why:
            return failed(f"{told}. Whether it is an administrator's is not known: {why}", account, about=account)


@check("ad-single-domain-controller", title="A domain hangs on one domain controller", severity=Severity.MEDIUM)
def single_domain_controller(
    domains: Facts[DomainPolicy], computers: Facts[Computer], thresholds: Thresholds, as_of: AsOf
) -> Iterator[Verdict]:
    """Every domain has two domain controllers or more that are in use; read-only ones are not counted.

    One is in use that is enabled, and logged in or changed its password within the days for computers.

    Why it matters:
        When the only one fails, nobody logs in to anything, and the directory itself may be lost.

    How to fix:
        Add a domain controller, at another site if there is one, and try what happens when the first is off.

    Sources:
        45 CFR 164.308(a)(7)(ii)(B); MS-ADTS 2.2.16 (SERVER_TRUST_ACCOUNT).
    """
    limit = timedelta(days=thresholds.inactive_days + thresholds.logon_lag_days)
    for domain in domains:
        own = [computer for computer in computers if in_domain(computer, domain)]
        spots = [spot.why for spot in computers.blind_spots if spot.place == domain.place]
        yield _controllers(domain, own, spots, limit, as_of)


def _controllers(
    domain: DomainPolicy, computers: list[Computer], spots: list[str], limit: timedelta, as_of: AsOf
) -> Verdict:
    alive = [each for each in computers if _serves(each, limit, as_of) is True]
    unclear = [each for each in computers if isinstance(_serves(each, limit, as_of), Missing)]
    count = len(alive)
    told = f"The domain has {count} domain controller{'s' * (count != 1)} in use ({limit.days} days, by your policy)"
    if count > 1:
        return passed(told, domain, *alive, about=domain)
    if spots or unclear or not count:
        why = spots or [f"{len(unclear)} computers may be one more"] * bool(unclear) or ["none was seen"]
        answer = "Let the audit account read userAccountControl and pwdLastSet of every computer, and audit again."
        return unknown(f"{told}, as far as is known: {'; '.join(why)}", answer=answer, about=domain)
    return failed(f"{told}: {alive[0].name}", domain, *alive, about=domain)


def _serves(computer: Computer, limit: timedelta, as_of: AsOf) -> Known[bool]:
    """Whether it is a domain controller that is in use."""
    control = computer.user_account_control
    if isinstance(control, Missing):
        return control
    if not control & CONTROLLER or control & DISABLED:
        return False
    signs = (computer.password_last_set, computer.last_logon)
    if any(isinstance(sign, datetime) and -DAY <= as_of.age(sign) <= limit for sign in signs):
        return True
    return next((sign for sign in signs if isinstance(sign, Missing) and sign.why != "absent"), False)
