"""Accounts of Active Directory whose name says that they are shared, or a vendor's. A name is a guess."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from posture import AsOf, Missing, Scope, Severity, Thresholds, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Account
from posture.patterns import Named, matches

DISABLED = 0x2
MANAGED = 0x1000

READ_FLAGS = "Let the audit account read userAccountControl of every user, and audit again."
IS_DISABLED = "The account is disabled (ACCOUNTDISABLE)"
IS_MANAGED = "It is a managed service account"

_WORDS = re.compile(r"[a-z]{2,}")
_SHARED = frozenset(
    _WORDS.findall(
        "nurse nurses nursing ward wards kiosk scan scanner scanners test testuser shared generic reception frontdesk "
        "training trainee triage"
    )
)
_BESIDE = frozenset(
    _WORDS.findall(
        "account bed cart clinic desk ed emergency er first floor front icu lab mail night north pc pharmacy public "
        "radiology room second shift south staff station team unit user west east workstation ws xray"
    )
)
"""Words that a shared account's name has beside one of the others; any other word may be a person's name."""
_SAYS_SHARED = re.compile(
    r"\bkiosk\b|\b(?:shared|generic|common|test|training|scan(?:ner)?|ward|group)\s+(?:account|user|log-?in|logon|id)\b",
    re.IGNORECASE,
)
_VENDOR_LOGIN = re.compile(
    r"^(?:vendor|contractor|consultant|external|ext|ctr)[-_.]|[-_.](?:vendor|contractor|external|ext|ctr)$",
    re.IGNORECASE,
)
_VENDOR_UNIT = re.compile(r",\s*ou=[^,]*(?:vendor|contractor|external|third[- ]?part|supplier)", re.IGNORECASE)


@check("ad-shared-accounts", title="Accounts that seem to be shared are in use", severity=Severity.MEDIUM)
def shared_accounts(account: Account, thresholds: Thresholds, as_of: AsOf) -> Verdict:
    """No account is in use whose name or description is that of a ward, a kiosk or a test, and not of a person.

    It goes by English words, and is for a person to review: it fails at low, and an account by another name is not
    found.

    Why it matters:
        What is done with a shared account can be traced to nobody, and its password is known to all who ever worked
        there.

    How to fix:
        Give each person an account. Where speed matters, use log-in by badge. Where a kiosk needs an account, let it
        log in there alone, and reach nothing with patients' names.

    Sources:
        45 CFR 164.312(a)(2)(i).
    """
    match account.user_account_control:
        case Missing() as why:
            told = f"The account's settings (userAccountControl) are not known: {why}"
            return unknown(told, answer=READ_FLAGS)
        case control if control & DISABLED:
            return not_applicable(IS_DISABLED)
        case control if control & MANAGED:
            return not_applicable(IS_MANAGED)
        case _:
            pass
    named, described = _named_shared(account.login), account.description
    if named or (isinstance(described, str) and _SAYS_SHARED.search(described)):
        told = f"Its {'name' if named else 'description'} is that of a shared account"
        return _in_use(account, told, thresholds, as_of)
    if isinstance(described, Missing) and described.why != "absent":
        return unknown(f"Its name is not that of a shared account; its description is not known: {described}")
    if not account.login:
        return unknown("Its description is not that of a shared account; its name (sAMAccountName) is not known")
    return not_applicable("Neither its name nor its description is that of a shared account")


def _named_shared(login: str) -> bool:
    words = set(_WORDS.findall(login.casefold()))
    return bool(words & _SHARED) and words <= _SHARED | _BESIDE


def _in_use(account: Account, told: str, thresholds: Thresholds, as_of: AsOf) -> Verdict:
    match account.last_logon:
        case datetime() as moment:
            age = as_of.age(moment)
        case Missing(why="absent"):
            return passed(f"{told}, and nobody ever logged in with it (lastLogonTimestamp)")
        case why:
            return unknown(f"{told}; whether it is in use (lastLogonTimestamp) is not known: {why}")
    if age < timedelta(days=-1):
        return unknown(f"{told}; its last log-in is after the time of this assessment: a clock was wrong")
    days = -(-age // timedelta(days=1))
    told += f"; last log-in {days} day{'s' * (days != 1)} ago (lastLogonTimestamp)"
    told += f"; by your policy it is in use until {thresholds.inactive_days} days after one"
    if days <= thresholds.inactive_days:
        return failed(told, severity=Severity.LOW)
    if days <= thresholds.inactive_days + thresholds.logon_lag_days:
        return unknown(f"{told}, and a later one may not have been written yet")
    return passed(f"{told}: it is not in use")


@check("ad-vendor-without-expiry", title="Vendors' accounts never expire", severity=Severity.MEDIUM)
def vendor_without_expiry(account: Account, scope: Scope) -> Verdict:
    """Every vendor's or contractor's account has a day on which it ends.

    Which accounts these are, you say by `vendor_accounts` of the directory in posture.toml. Where you don't, an account
    counts that starts or ends with such a word (vendor, contractor, ext…), or stands in an organisational unit of that
    name; others are not found.

    Why it matters:
        Nobody tells the hospital when a vendor's technician leaves. The account lives on, often with wide rights and
        a way in from outside.

    How to fix:
        Set an expiry (accountExpires) to the end of the contract, or a year at most, and renew it by request of
        whoever is responsible for the vendor.

    Sources:
        45 CFR 164.308(a)(3)(ii)(C); MS-ADA1 accountExpires.
    """
    match account.control(DISABLED):
        case Missing() as why:
            told = f"The account's settings (userAccountControl) are not known: {why}"
            return unknown(told, answer=READ_FLAGS)
        case control if control & DISABLED:
            return not_applicable(IS_DISABLED)
        case _ if not _is_vendor(account, scope) and not account.login:
            return unknown("Its place is not that of a vendor's account; its name (sAMAccountName) is not known")
        case _ if not _is_vendor(account, scope):
            return not_applicable("Neither its name nor its place is that of a vendor's account")
        case _:
            pass
    match account.expires:
        case Missing(why="absent"):
            told = "It is a vendor's by its name or place, and never expires (accountExpires)"
            return failed(told, severity=Severity.LOW)
        case datetime() as moment:
            return passed(f"It expires on {moment:%Y-%m-%d} (accountExpires)")
        case why:
            return unknown(
                f"When it expires (accountExpires) is not known: {why}",
                answer="Let the audit account read accountExpires of every user, and audit again.",
            )


def _is_vendor(account: Account, scope: Scope) -> bool:
    directory = scope.directories.get(account.place or "")
    if directory and directory.vendor_accounts:
        named = Named(names=(account.login, account.dn))
        return any(matches(pattern, named) for pattern in directory.vendor_accounts)
    return bool(_VENDOR_LOGIN.search(account.login) or _VENDOR_UNIT.search(account.dn))
