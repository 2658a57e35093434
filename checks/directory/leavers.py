"""People who have left, by the list of human resources, and their accounts in Active Directory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from posture import AsOf, Missing, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Account, Facts, Known, Leaver

DISABLED = 0x2

NAME_THEM = (
    "Look whether the account was removed, or is under another name; give the list the logins as Active Directory has "
    "them, and let the audit account read userPrincipalName, mail, employeeID and employeeNumber."
)
READ = "Let the audit account read userAccountControl and accountExpires of every user, and audit again."


@check("ad-leaver-still-enabled", title="Accounts of people who have left still work", severity=Severity.CRITICAL)
def leaver_still_enabled(leavers: Facts[Leaver], accounts: Facts[Account], as_of: AsOf) -> Iterator[Verdict]:
    """The account of everybody who has left, by the list of human resources, is disabled or has expired.

    A person is found by login, by e-mail address (userPrincipalName or mail), or by employee number (employeeID or
    employeeNumber). Who is on the list twice has the later of the two days. An account that is not found is not known
    to be gone: it may have another name.

    Why it matters:
        Somebody who has left, perhaps in anger, still gets at records from outside, and nobody notices what is done
        with an account that nobody uses any more.

    How to fix:
        Disable the account on the last day, as a step of leaving that human resources start, and compare the lists
        every month. If somebody came back, correct the list.

    Sources:
        45 CFR 164.308(a)(3)(ii)(C).
    """
    index = _Index(accounts)
    for leaver in leavers:
        yield _judged(leaver, index, as_of)


class _Index:
    """Accounts by what a list may call them, in lower case."""

    def __init__(self, accounts: Facts[Account]) -> None:
        self._logins = accounts.by(lambda account: account.login.casefold())
        self._mails: dict[str, list[Account]] = {}
        self._numbers: dict[str, list[Account]] = {}
        for account in accounts:
            for mail in _texts(account.principal, account.mail):
                self._mails.setdefault(mail, []).append(account)
            for number in _texts(account.employee_id, account.employee_number):
                self._numbers.setdefault(number.lstrip("0"), []).append(account)

    def find(self, leaver: Leaver) -> list[Account]:
        """All accounts that the list may mean. Excel takes zeros off the front of a number, so they don't count."""
        wanted = leaver.identifier.casefold()
        if leaver.identified_by == "employee number":
            return self._numbers.get(wanted.lstrip("0"), []) if wanted.strip("0") else []
        if "@" in wanted:
            return self._mails.get(wanted, [])
        return self._logins.get(wanted.rpartition("\\")[2], [])


def _texts(*values: Known[str]) -> set[str]:
    return {value.casefold() for value in values if isinstance(value, str) and value}


def _judged(leaver: Leaver, index: _Index, as_of: AsOf) -> Verdict:
    match leaver.ended:
        case Missing() as why:
            return unknown(f"The last day is not known: {why}", about=leaver)
        case day if day >= as_of.at.date():
            return not_applicable("The last day is not over yet", leaver, about=leaver)
        case day:
            pass
    found = index.find(leaver)
    if not found:
        told = f"The list says that this person left on {day}, and no account goes by this {leaver.identified_by}"
        return unknown(told, leaver, answer=NAME_THEM, about=leaver)
    working = [(account, _works(account, as_of)) for account in found]
    names = ", ".join(sorted(account.login for account in found))
    about = found[0] if len(found) == 1 else leaver
    if all(works is False for _, works in working):
        return passed(f"Left on {day}; {names}: disabled or expired", leaver, *found, about=about)
    if all(works is True for _, works in working):
        return failed(_told(day, f"{names} can still log in", as_of), leaver, *found, about=about)
    doubts = [str(works) for _, works in working if isinstance(works, Missing)]
    if doubts:
        return unknown(f"Left on {day}; {names}: {doubts[0]}", leaver, *found, answer=READ, about=about)
    told = f"Left on {day}; several accounts go by this {leaver.identified_by}, and not all are disabled: {names}"
    return unknown(told, leaver, *found, answer=NAME_THEM, about=about)


def _told(day: date, what: str, as_of: AsOf) -> str:
    days = (as_of.at.date() - day).days
    return f"The list says that this person left on {day}, {days} day{'s' * (days != 1)} ago; {what}"


def _works(account: Account, as_of: AsOf) -> Known[bool]:
    """Whether one can log in with the account, or why that is not known."""
    match account.flag(DISABLED), account.expires:
        case (True, _):
            return False
        case (_, datetime() as moment) if moment <= as_of.at:
            return False
        case (Missing() as why, _):
            return Missing(why.why, f"whether it is disabled (userAccountControl) is not known: {why}")
        case (_, Missing() as why) if why.why != "absent":
            return Missing(why.why, f"whether it has expired (accountExpires) is not known: {why}")
        case _:
            return True
