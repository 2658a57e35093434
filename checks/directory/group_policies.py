"""Passwords that Group Policy Preferences give to everybody."""

from __future__ import annotations

from collections.abc import Iterator

from posture import Missing, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Directory, Facts, GroupPolicy

COPY = "Import a zip or tar archive of SYSVOL's whole Policies folder: posture audit --from policies.zip"


@check("ad-gpp-password", title="Passwords stand in group policies for all to read", severity=Severity.CRITICAL)
def gpp_password(policies: Facts[GroupPolicy], directories: Facts[Directory]) -> Iterator[Verdict]:
    """No file of Group Policy Preferences in SYSVOL holds a password (cpassword).

    LDAP does not show these files: import a zip or tar archive of the Policies folder (the share SYSVOL), or single
    files such as Groups.xml. The domain passes only where the archive has the folder of every group policy object that
    the directory lists. The passwords themselves are never kept.

    Why it matters:
        Every account of the domain reads SYSVOL, and Microsoft published the key of these passwords. They are often
        that of the local administrator of all computers.

    How to fix:
        Delete the preference, not only its password, and change the password wherever it was used. Let Windows LAPS
        manage local administrators' passwords. Microsoft's update MS14-025 keeps new ones out, and removes none.

    Sources:
        45 CFR 164.308(a)(5)(ii)(D); MS-GPPREF 2.2.1.1.4; Microsoft, MS14-025.
    """
    for policy in policies:
        yield _of_policy(policy)
    domains = [each for each in directories if each.kind == "active-directory"]
    if not domains:
        yield unknown("Which group policies there are is not known: no Active Directory was read", answer=COPY)
    for directory in domains:
        yield _of_directory(directory, policies, alone=len({each.base.casefold() for each in domains}) == 1)


def _of_policy(policy: GroupPolicy) -> Verdict:
    if isinstance(policy.preferences, Missing):
        return unknown(f"What it holds is not known: {policy.preferences}", answer=COPY, about=policy)
    found = [(each.path, each.passwords) for each in policy.preferences]
    holding = [path for path, count in found if isinstance(count, int) and count]
    if holding:
        more = f" and {len(holding) - 3} more" if len(holding) > 3 else ""
        return failed(f"A password (cpassword) stands in {', '.join(holding[:3])}{more}", policy, about=policy)
    unread = [f"{path}: {count}" for path, count in found if isinstance(count, Missing)]
    if unread:
        return unknown(f"Not all of its files could be read: {unread[0]}", policy, answer=COPY, about=policy)
    match policy.whole:
        case True:
            return passed(f"No password in its {len(found)} XML files", policy, about=policy)
        case False:
            return unknown("No password in the files given, but GPT.INI is not with them", answer=COPY, about=policy)
        case why:
            return unknown(
                f"No password in this file; of the others nothing is known: {why}", answer=COPY, about=policy
            )


def _of_directory(directory: Directory, policies: Facts[GroupPolicy], *, alone: bool) -> Verdict:
    """Whether the copy has all policies that the directory lists. Two policies have the same GUID in every domain."""
    listed = directory.group_policies
    if isinstance(listed, Missing) or not listed:
        why = listed or "it shows none, not even those that every domain has"
        return unknown(f"Which group policies the directory has is not known: {why}", about=directory)
    parts = (part.strip() for part in directory.base.casefold().split(","))
    domain = ".".join(part.removeprefix("dc=") for part in parts if part.startswith("dc="))
    copied = {
        each.guid for each in policies if each.whole is True and each.domain in {domain, *([""] if alone else [])}
    }
    lacking = sorted(set(listed) - copied)
    if lacking:
        told = f"Of {len(listed)} group policies, {len(lacking)} are not in the copy: {', '.join(lacking[:3])}"
        return unknown(told, *policies, answer=COPY, about=directory)
    return passed(
        f"All {len(listed)} group policies that the directory lists are in the copy", *policies, about=directory
    )
