"""Accounts of OpenLDAP that nobody has used for long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from posture import AsOf, Missing, Severity, Thresholds, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Directory, Facts, PasswordPolicy, Person

LOCKED_FOR_GOOD = "000001010000Z"
"""draft-behera-ldap-password-policy 5.3.3: locked until an administrator unlocks."""

READ = "Give an audit account for this directory in posture.toml, and let it read all entries of people."
RECORD = (
    "Let the server record log-ins (lastbind in slapd.conf, or olcLastBind: TRUE; slapo-lastbind before OpenLDAP 2.5), "
    "and let the audit account read pwdLastSuccess, or authTimestamp, of everybody."
)

HEEDED = "where a password policy with pwdLockout TRUE is in force, and not every policy that was read is one"
HEED = "Set pwdLockout: TRUE in every password policy, and let the audit account read them all (slapo-ppolicy)."


@check("openldap-stale-accounts", title="Accounts that nobody uses are not locked", severity=Severity.MEDIUM)
def stale_accounts(
    directories: Facts[Directory],
    people: Facts[Person],
    policies: Facts[PasswordPolicy],
    thresholds: Thresholds,
    as_of: AsOf,
) -> Iterator[Verdict]:
    """Nobody's account has gone without a log-in for longer than your policy allows, unless it is locked.

    A lock counts where all password policies of the directory have pwdLockout TRUE; elsewhere the server ignores it.
    The last log-in is pwdLastSuccess, or authTimestamp (slapo-lastbind). Where the server records neither, the age of
    the password (pwdChangedTime) is said, and decides nothing: who never changes it may log in every day.

    Why it matters:
        Nobody notices when an account that nobody uses is misused. Many belong to people who have left.

    How to fix:
        Ask who the accounts belong to; lock those that nobody needs (pwdAccountLockedTime: 000001010000Z), and remove
        them later. Have the server record log-ins where it doesn't.

    Sources:
        45 CFR 164.308(a)(3)(ii)(C); slapo-lastbind(5); draft-behera-ldap-password-policy.
    """
    for directory in directories:
        if verdict := _of_directory(directory):
            yield verdict
    for spot in people.blind_spots:
        yield unknown(spot.why, answer=spot.answer)
    for person in people:
        lockouts = [each.lockout for each in policies if each.place == person.place]
        locks = bool(lockouts) and all(each is True for each in lockouts)
        yield _of_person(person, thresholds, as_of, locks=locks)


def _of_directory(directory: Directory) -> Verdict | None:
    """What is to be said of the directory itself; nothing where the people in it say it."""
    match directory.kind, directory.people:
        case "active-directory", _:
            return not_applicable("It is Active Directory", about=directory)
        case "unknown", _:
            return unknown("The kind of directory is not known", about=directory)
        case _, Missing() as why:
            told = f"Whose accounts the directory holds is not known: {why}"
            return unknown(told, answer=READ, about=directory)
        case _, 0:
            return unknown("The directory shows no entry of a person: all may be hidden", answer=READ, about=directory)
        case _:
            return None


def _of_person(person: Person, thresholds: Thresholds, as_of: AsOf, *, locks: bool) -> Verdict:
    """`locks` says whether the server heeds a lock: slapo-ppolicy(5) does so only under a policy with pwdLockout."""
    times = [moment for moment in (person.last_success, person.authenticated) if isinstance(moment, datetime)]
    if person.locked == LOCKED_FOR_GOOD and locks:
        return passed("It is locked until somebody unlocks it (pwdAccountLockedTime)", person, about=person)
    if not times:
        told = "When it was last used (pwdLastSuccess, authTimestamp) is not known"
        if isinstance(person.password_changed, datetime):
            told += f"; its password is from {person.password_changed:%Y-%m-%d} (pwdChangedTime)"
        return unknown(told, person, answer=RECORD, about=person)
    age = as_of.age(max(times))
    if age < timedelta(days=-1):
        return unknown("Its last log-in is after the time of this assessment: a clock was wrong", person, about=person)
    days = -(-age // timedelta(days=1))
    told = f"Last log-in {days} day{'s' * (days != 1)} ago; your policy: {thresholds.inactive_days} days"
    if days <= thresholds.inactive_days:
        return passed(told, person, about=person)
    match person.locked:
        case since if since == LOCKED_FOR_GOOD:
            told = f"{told}; it is marked as locked (pwdAccountLockedTime), which counts only {HEEDED}"
            return unknown(told, person, answer=HEED, about=person)
        case Missing(why="absent"):
            return failed(f"{told}; it is not locked", person, severity=Severity.LOW, about=person)
        case Missing() as why:
            return unknown(f"{told}; whether it is locked is not known: {why}", person, answer=RECORD, about=person)
        case since:
            told = f"{told}; it was locked (pwdAccountLockedTime {since}), and whether that still holds is not known"
            return unknown(told, person, about=person)
