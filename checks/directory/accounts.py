"""User accounts of Active Directory: passwords that protect little, and accounts that nobody uses.

The bits are those of userAccountControl (MS-ADTS 2.2.16).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from posture import AsOf, Missing, Severity, Thresholds, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Account, DomainPolicy, Known

DISABLED = 0x2
NOT_REQUIRED = 0x20
REVERSIBLE = 0x80
TRUST = 0x800
NEVER_EXPIRES = 0x10000
DOMAIN_REVERSIBLE = "pwdProperties, DOMAIN_PASSWORD_STORE_CLEARTEXT"

GUEST = 501

READ_FLAGS = "Let the audit account read userAccountControl of every user, and audit again."
IS_DISABLED = "The account is disabled (ACCOUNTDISABLE)"
IS_A_TRUST = "The account is that of a trust, not of a user (INTERDOMAIN_TRUST_ACCOUNT)"


def _flags_unknown(why: Missing) -> Verdict:
    return unknown(f"The account's settings (userAccountControl) are not known: {why}", answer=READ_FLAGS)


@check("ad-reversible-encryption", title="Passwords are stored so that they can be read", severity=Severity.HIGH)
def reversible_encryption(judged: Account | DomainPolicy) -> Verdict:
    """No password is stored with reversible encryption, by the domain's policy or for one account.

    Why it matters:
        Whoever gets the directory's database then reads the passwords themselves, as if they were written down. They
        work in every other place where the same password is used.

    How to fix:
        Turn off "Store passwords using reversible encryption" in the Default Domain Policy and on the account. Then
        change the password: the readable copy stays until the next change.

    Sources:
        MS-ADTS 2.2.16 (ENCRYPTED_TEXT_PWD_ALLOWED); MS-SAMR 2.2.1.5.
    """
    match judged:
        case DomainPolicy(reversible_encryption=Missing() as why):
            return unknown(f"How the domain stores passwords ({DOMAIN_REVERSIBLE}) is not known: {why}")
        case DomainPolicy(reversible_encryption=True):
            return failed(f"The domain stores all passwords so that they can be read ({DOMAIN_REVERSIBLE})")
        case DomainPolicy():
            return passed("The domain does not store passwords so that they can be read")
        case Account(user_account_control=Missing() as why):
            return _flags_unknown(why)
        case Account(user_account_control=int(control)) if control & REVERSIBLE:
            return failed("The password is stored so that it can be read (ENCRYPTED_TEXT_PWD_ALLOWED)")
        case _:
            return passed("The password is not stored so that it can be read")


@check("ad-password-not-required", title="Accounts that need no password", severity=Severity.HIGH)
def password_not_required(account: Account) -> Verdict:
    """Every account in use has to have a password.

    Why it matters:
        The account may have an empty password, whatever the domain's policy says, and then anybody can log in as this
        person.

    How to fix:
        Clear the flag (Set-ADUser -PasswordNotRequired $false), then set a new password: clearing it does not show
        whether the present one is empty.

    Sources:
        MS-ADTS 2.2.16 (PASSWD_NOTREQD).
    """
    match account.user_account_control:
        case Missing() as why:
            return _flags_unknown(why)
        case control if control & DISABLED:
            return not_applicable(IS_DISABLED)
        case control if control & TRUST:
            return not_applicable(IS_A_TRUST)
        case control if control & NOT_REQUIRED:
            return failed("The account may have an empty password (PASSWD_NOTREQD)")
        case _:
            return passed("The account has to have a password")


@check("ad-password-never-expires", title="Passwords never expire", severity=Severity.MEDIUM)
def password_never_expires(account: Account) -> Verdict:
    """No account's password is exempt from expiry.

    Why it matters:
        A stolen password works for as long as it is not changed. On an administrator's account, or on one that staff
        share, that can be years.

    How to fix:
        Remove the flag, first from administrators. Move services to group managed service accounts, whose passwords
        change by themselves. Where your policy gives up expiry for long passwords and multi-factor log-in, record that
        as the alternative.

    Sources:
        45 CFR 164.308(a)(5)(ii)(D); MS-ADTS 2.2.16 (DONT_EXPIRE_PASSWORD).
    """
    match account.user_account_control:
        case Missing() as why:
            return _flags_unknown(why)
        case control if control & DISABLED:
            return not_applicable(IS_DISABLED)
        case control if control & TRUST:
            return not_applicable(IS_A_TRUST)
        case _ if account.rid == GUEST:
            return not_applicable("It is the built-in Guest account (RID 501), which has a check of its own")
        case control if not control & NEVER_EXPIRES:
            return passed("The password expires")
        case _:
            return _never_expires(account.admin_count)


def _never_expires(admin_count: Known[bool]) -> Verdict:
    """Only an account known to be ordinary fails at less than full severity."""
    match admin_count:
        case True:
            return failed("The password of an administrator never expires (DONT_EXPIRE_PASSWORD, adminCount 1)")
        case False | Missing(why="absent"):
            return failed("The password never expires (DONT_EXPIRE_PASSWORD)", severity=Severity.LOW)
        case why:
            return failed(
                "The password never expires (DONT_EXPIRE_PASSWORD); whether the account is an administrator's"
                f" (adminCount) is not known: {why}"
            )


@check("ad-inactive-users", title="Accounts that nobody uses are enabled", severity=Severity.HIGH)
def inactive_users(account: Account, thresholds: Thresholds, as_of: AsOf) -> Verdict:
    """Every enabled account was used within the days that your policy allows.

    The time of the last log-in reaches all domain controllers with a lag (by default up to 14 days), so that between
    the limit and the limit plus the lag there is no answer. An account that never logged on counts from its creation.

    Why it matters:
        Accounts of people who have left are the ones whose misuse nobody notices. They are what an attacker, or a
        former employee, tries first.

    How to fix:
        Disable these accounts, and review them with their departments. Tie leaving and changes of role in the
        personnel system to the directory, so that it happens by itself.

    Sources:
        45 CFR 164.308(a)(3)(ii)(C); Microsoft, lastLogonTimestamp attribute.
    """
    match account.user_account_control:
        case Missing() as why:
            return _flags_unknown(why)
        case control if control & DISABLED:
            return not_applicable(IS_DISABLED)
        case control if control & TRUST:
            return not_applicable(IS_A_TRUST)
        case _:
            pass
    limit = timedelta(days=thresholds.inactive_days)
    lag = timedelta(days=thresholds.logon_lag_days)
    match account.last_logon, account.created:
        case (datetime() as moment, _):
            return _used("Last log-in", as_of.age(moment), limit, lag, "lastLogonTimestamp")
        case (Missing(why="absent"), datetime() as moment):
            return _used("It never logged on; created", as_of.age(moment), limit, timedelta(0), "whenCreated")
        case (Missing(why="absent"), age):
            return unknown(f"It never logged on, and its age (whenCreated) is not known: {age}")
        case (why, _):
            return unknown(f"The last log-in (lastLogonTimestamp) is not known: {why}")


def _used(what: str, age: timedelta, limit: timedelta, lag: timedelta, attribute: str) -> Verdict:
    if age < timedelta(days=-1):
        return unknown(f"{what} after the time of this assessment ({attribute}): a clock was wrong")
    days = -(-age // timedelta(days=1))
    told = f"{what} {days} day{'s' * (days != 1)} ago ({attribute}); your policy allows {limit.days}"
    if age <= limit:
        return passed(told)
    if age > limit + lag:
        return failed(told)
    return unknown(
        f"{told}, and a later log-in may not have reached this domain controller yet",
        answer=f"Audit again when the lag of {lag.days} days is over.",
    )
