"""The accounts that every Active Directory domain has from its first day (MS-DTYP 2.4.2.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from posture import AsOf, Missing, Severity, Thresholds, Verdict, check, failed, passed, unknown
from posture.facts import Account, Facts

DISABLED = 0x2
ADMINISTRATOR = 500
GUEST = 501
KRBTGT = 502

_SUFFIX = re.compile(r"(?:^|,)\s*(dc=[^,]+(?:,\s*dc=[^,]+)*)$", re.IGNORECASE)
"""The part of a distinguished name that names the domain."""


@check("ad-guest-enabled", title="The Guest account is enabled", severity=Severity.HIGH)
def guest_enabled(accounts: Facts[Account]) -> Iterator[Verdict]:
    """The built-in Guest account of every domain is disabled.

    Why it matters:
        Guest lets people in who have no account, usually without a password. What they do can be traced to nobody.

    How to fix:
        Disable the account (Disable-ADAccount, RID 501). Give visitors and vendors accounts of their own.

    Sources:
        45 CFR 164.312(a)(2)(i); MS-DTYP 2.4.2.4 (DOMAIN_USER_RID_GUEST).
    """
    for domain, found in _by_domain(accounts, GUEST):
        yield from map(_guest, found) if found else [_not_seen(f"The Guest account{domain}", GUEST)]


def _guest(guest: Account) -> Verdict:
    match guest.control(DISABLED):
        case Missing() as why:
            return unknown(
                f"Whether Guest is disabled (userAccountControl) is not known: {why}",
                answer="Let the audit account read userAccountControl of every user, and audit again.",
                about=guest,
            )
        case control if control & DISABLED:
            return passed("Guest is disabled (RID 501, ACCOUNTDISABLE)", about=guest)
        case _:
            return failed("Guest is enabled (RID 501)", about=guest)


@check("ad-krbtgt-password-age", title="The domain's master key is old (krbtgt)", severity=Severity.HIGH)
def krbtgt_password_age(accounts: Facts[Account], thresholds: Thresholds, as_of: AsOf) -> Iterator[Verdict]:
    """The password of krbtgt, the key of all Kerberos tickets, is changed within the time that your policy allows.

    Why it matters:
        Who once stole this key can make tickets for any account, "golden tickets", until it is changed twice. In many
        domains it is as old as the domain.

    How to fix:
        Reset the password of krbtgt twice, with at least the life of a ticket (10 hours) and a full replication
        between, and put it in the calendar. Microsoft has a script for it.

    Sources:
        Microsoft, "AD Forest Recovery - Resetting the krbtgt password"; PingCastle; MITRE ATT&CK T1558.001.
    """
    for domain, found in _by_domain(accounts, KRBTGT):
        if not found:
            yield _not_seen(f"The account krbtgt{domain}", KRBTGT)
        for krbtgt in found:
            yield _age(krbtgt, thresholds, as_of)


def _age(krbtgt: Account, thresholds: Thresholds, as_of: AsOf) -> Verdict:
    match krbtgt.password_last_set:
        case datetime() as moment:
            age = as_of.age(moment)
        case why:
            return unknown(f"The age of the password of krbtgt (pwdLastSet) is not known: {why}", about=krbtgt)
    if age < timedelta(days=-1):
        return unknown("The password of krbtgt was set after the time of this assessment (pwdLastSet)", about=krbtgt)
    days = -(-age // timedelta(days=1))
    told = f"The password of krbtgt is {days} day{'s' * (days != 1)} old (pwdLastSet); your policy allows"
    if age > timedelta(days=thresholds.krbtgt_days):
        return failed(f"{told} {thresholds.krbtgt_days}", about=krbtgt)
    if age > timedelta(days=thresholds.krbtgt_warn_days):
        return failed(f"{told} {thresholds.krbtgt_warn_days}", severity=Severity.MEDIUM, about=krbtgt)
    return passed(f"{told} {thresholds.krbtgt_warn_days}", about=krbtgt)


def _by_domain(accounts: Facts[Account], rid: int) -> Iterator[tuple[str, list[Account]]]:
    """The accounts of this RID in each domain that any account was seen of, with words that name the domain.

    A domain is a SID without its last part. One none of whose accounts shows a SID is known by the names of its
    entries alone.
    """
    domains: dict[str, list[Account]] = {}
    named, places = set(), set()
    for account in accounts:
        ending = _SUFFIX.search(account.dn)
        place = (account.place or "", ending[1].casefold() if ending else "")
        places.add(place)
        if isinstance(account.sid, Missing):
            continue
        named.add(place)
        found = domains.setdefault(account.sid.rpartition("-")[0], [])
        if account.rid == rid:
            found.append(account)
    for domain in sorted(domains):
        yield f" of the domain {domain}", domains[domain]
    for where, suffix in sorted(places - named):
        yield f" of {where or suffix}" if where or suffix else "", []


def _not_seen(what: str, rid: int) -> Verdict:
    return unknown(
        f"{what} was not seen (RID {rid})",
        answer="Let the audit account read objectSid of every user, and audit again.",
    )


@check("ad-builtin-administrator-used", title="The built-in Administrator is in use", severity=Severity.MEDIUM)
def builtin_administrator_used(accounts: Facts[Account], thresholds: Thresholds, as_of: AsOf) -> Iterator[Verdict]:
    """Nobody logged in as the built-in Administrator within the days that your policy says.

    The time of the last log-in is written anew only after some days (by default up to 14), so that between the limit
    and the limit plus the lag there is no answer.

    Why it matters:
        What is done as Administrator can be traced to no person, and the account can't be locked out. It is what
        attackers try first.

    How to fix:
        Give every administrator an account of his or her own. Keep the password of this one in a safe, for
        emergencies, and have an alarm for its use.

    Sources:
        45 CFR 164.312(a)(2)(i); Microsoft, Appendix D: Securing Built-In Administrator Accounts in Active Directory;
        Microsoft, lastLogonTimestamp attribute.
    """
    for domain, found in _by_domain(accounts, ADMINISTRATOR):
        if not found:
            yield _not_seen(f"The account Administrator{domain}", ADMINISTRATOR)
        for administrator in found:
            yield _last_use(administrator, thresholds, as_of)


def _last_use(administrator: Account, thresholds: Thresholds, as_of: AsOf) -> Verdict:
    match administrator.last_logon, administrator.flag(DISABLED):
        case (_, True):
            return passed("The built-in Administrator is disabled (RID 500, ACCOUNTDISABLE)", about=administrator)
        case (datetime() as moment, _):
            age = as_of.age(moment)
        case (Missing(why="absent"), _):
            return passed("Nobody ever logged in as the built-in Administrator (RID 500)", about=administrator)
        case (why, _):
            return unknown(f"The last log-in (lastLogonTimestamp) is not known: {why}", about=administrator)
    if age < timedelta(days=-1):
        return unknown("The last log-in is after the time of this assessment (lastLogonTimestamp)", about=administrator)
    days = -(-age // timedelta(days=1))
    limit = thresholds.administrator_days
    told = f"Last log-in {days} day{'s' * (days != 1)} ago (RID 500, lastLogonTimestamp); your policy says {limit}"
    if age <= timedelta(days=limit):
        return failed(told, severity=Severity.LOW, about=administrator)
    if age <= timedelta(days=limit + thresholds.logon_lag_days):
        return unknown(f"{told}, and a later log-in may not have been written yet", about=administrator)
    return passed(told, about=administrator)
