"""Groups of Active Directory that give more than their name says, and are best empty."""

from __future__ import annotations

from collections.abc import Iterator

from posture import Missing, Scope, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Account, Computer, Facts, Group
from posture.memberships import EVERYBODY, Memberships

BACKUP_OPERATORS = "S-1-5-32-551"
PRE_WINDOWS_2000 = "S-1-5-32-554"
OPERATORS = {"S-1-5-32-548", "S-1-5-32-549", "S-1-5-32-550"}
DNS_ADMINS = "dnsadmins"
"""It has no well-known SID, and the same name in every language."""

READ_MEMBERS = "Let the audit account read objectSid and member of every group, and audit again."
_SHOWN = 5


def _wanted(groups: Facts[Group], sids: set[str]) -> Iterator[Group]:
    return (group for group in groups if group.sid in sids)


def _not_seen(found: Memberships, sids: set[str]) -> Iterator[Verdict]:
    """An unknown for each domain that did not show one of these groups, which every domain has."""
    for sid in sorted(sids):
        for domain in found.without(sid):
            yield unknown(f"The group {sid}{f' of {domain}' if domain else ''} was not seen", answer=READ_MEMBERS)


def _members_unknown(group: Group, why: Missing) -> Verdict:
    return unknown(f"The members of {group.name} are not known: {why}", answer=READ_MEMBERS, about=group)


def _names(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _called(found: Memberships, group: Group, dn: str) -> str:
    member = found.find(group.place, dn)
    return member.name if member else dn


@check("ad-operator-groups-not-empty", title="Old operator groups are in use", severity=Severity.MEDIUM)
def operator_groups_not_empty(
    groups: Facts[Group], accounts: Facts[Account], computers: Facts[Computer]
) -> Iterator[Verdict]:
    """Account Operators, Server Operators, Print Operators and DnsAdmins have no members.

    A domain without DnsAdmins has no DNS of its own to administer, and nothing is said of it.

    Why it matters:
        These groups can take over a domain controller, by way of a service, a driver or an account, though they are
        given to people for small tasks.

    How to fix:
        Take everybody out. Delegate the task itself, such as resetting the passwords of one department.

    Sources:
        Microsoft, Active Directory security groups; MS-DTYP 2.4.2.4.
    """
    found = Memberships(groups, accounts, computers)
    dns = (group for group in groups if group.name.casefold() == DNS_ADMINS)
    for group in (*_wanted(groups, OPERATORS), *dns):
        match group.members:
            case Missing() as why:
                yield _members_unknown(group, why)
            case ():
                yield passed(f"{group.name} has no members", group, about=group)
            case members:
                told = f"{group.name} has members: {_names([_called(found, group, dn) for dn in members])}"
                yield failed(told, group, severity=Severity.LOW, about=group)
    yield from _not_seen(found, OPERATORS)


@check("backup-operators-not-empty", title="Backup Operators has unexpected members", severity=Severity.HIGH)
def backup_operators_not_empty(
    groups: Facts[Group], accounts: Facts[Account], computers: Facts[Computer], scope: Scope
) -> Iterator[Verdict]:
    """Only those that you have declared (`backup_operators` of the directory in posture.toml) are Backup Operators.

    Why it matters:
        Members may read every file of a domain controller, the database of passwords among them, past all permissions,
        and write it back.

    How to fix:
        Take out whoever does not run backups, and declare the others. Give the backup program an account of its own
        that logs on to the backup server alone.

    Sources:
        Microsoft, Active Directory security groups; MS-DTYP 2.4.2.4 (S-1-5-32-551).
    """
    found = Memberships(groups, accounts, computers)
    for group in _wanted(groups, {BACKUP_OPERATORS}):
        directory = scope.directories.get(group.place or "")
        declared = directory.backup_operators if directory else ()
        yield _backup_operators(found, group, {name.casefold() for name in declared})
    yield from _not_seen(found, {BACKUP_OPERATORS})


def _backup_operators(found: Memberships, group: Group, declared: set[str]) -> Verdict:
    if isinstance(group.members, Missing):
        return _members_unknown(group, group.members)
    beyond, strangers = [], []
    for dn in group.members:
        member = found.find(group.place, dn)
        if member is None and declared:
            strangers.append(dn)
        elif member is None or member.name.casefold() not in declared:
            beyond.append(member.name if member else dn)
    if beyond:
        return failed(f"{group.name} has members that are not declared: {_names(beyond)}", group, about=group)
    if strangers:
        told = f"Whether these members of {group.name} are declared is not known, their entries were not read"
        return unknown(f"{told}: {_names(strangers)}", answer="Audit the domain that they are from too.", about=group)
    if group.members:
        return passed(f"{group.name} has declared members only", group, about=group)
    return passed(f"{group.name} has no members", group, about=group)


@check("ad-pre-windows-2000-access", title="The directory is open to too many", severity=Severity.HIGH)
def pre_windows_2000_access(
    groups: Facts[Group], accounts: Facts[Account], computers: Facts[Computer]
) -> Iterator[Verdict]:
    """Pre-Windows 2000 Compatible Access lets in neither everyone nor those who are not logged in.

    With Authenticated Users in it, as it comes, every account reads nearly all of every account: that fails at medium.

    Why it matters:
        The group opens the settings of all accounts and groups. With Everyone or Anonymous Logon in it, a list of all
        staff and administrators can be had without logging in.

    How to fix:
        Take out Everyone and Anonymous Logon. Then, after a test of old programs, take out Authenticated Users.

    Sources:
        Microsoft, Active Directory security groups; MS-DTYP 2.4.2.4 (S-1-5-32-554).
    """
    found = Memberships(groups, accounts, computers)
    for group in _wanted(groups, {PRE_WINDOWS_2000}):
        yield _open_to(found, group)
    yield from _not_seen(found, {PRE_WINDOWS_2000})


def _open_to(found: Memberships, group: Group) -> Verdict:
    roll = found.roll(group)
    nobody_known = {EVERYBODY["S-1-1-0"], EVERYBODY["S-1-5-7"]} & set(roll.everybody)
    if nobody_known:
        return failed(f"{group.name} lets in {' and '.join(sorted(nobody_known))}", group, about=group)
    if roll.everybody:
        told = f"{group.name} lets in {' and '.join(roll.everybody)}"
        return failed(told, group, severity=Severity.MEDIUM, about=group)
    match group.members:
        case Missing() as why:
            return _members_unknown(group, why)
        case ():
            return passed(f"{group.name} has no members", group, about=group)
        case _:
            pass
    if roll.doubts:
        told = f"Whom {group.name} lets in is not wholly known: {'; '.join(roll.doubts[:3])}"
        return unknown(told, answer=READ_MEMBERS, about=group)
    return passed(f"{group.name} lets in named accounts only", group, about=group)
