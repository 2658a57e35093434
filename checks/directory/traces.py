"""What is left on accounts of Active Directory of rights that they once had."""

from __future__ import annotations

from collections.abc import Iterator

from posture import Missing, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Account, Computer, Facts, Group
from posture.memberships import Memberships

ADMINISTRATOR, KRBTGT = 500, 502

READ_GROUPS = (
    "Let the audit account read member of the privileged groups, and objectSid and primaryGroupID of every account, "
    "in each domain of the forest, and audit again."
)


@check("ad-orphaned-admincount", title="Marks of former administrators were left", severity=Severity.LOW)
def orphaned_admincount(
    accounts: Facts[Account], groups: Facts[Group], computers: Facts[Computer]
) -> Iterator[Verdict]:
    """Every account that bears the mark of an administrator (adminCount 1) is in a privileged group.

    Why it matters:
        The mark stays when the rights end. Such an account does not take part in the permissions of its department, so
        that the help desk can't manage it, and odd rights on it go unnoticed.

    How to fix:
        Clear adminCount, let the account inherit permissions again, and look at those it has.

    Sources:
        Microsoft, Appendix C: Protected Accounts and Groups in Active Directory.
    """
    found = Memberships(groups, accounts, computers)
    for account in accounts:
        yield _mark(account, found)


def _mark(account: Account, found: Memberships) -> Verdict:
    match account.admin_count:
        case False | Missing(why="absent"):
            return passed("It does not bear the mark (adminCount)", account, about=account)
        case Missing() as why:
            return unknown(f"Whether it bears the mark (adminCount) is not known: {why}", about=account)
        case _ if account.rid in {ADMINISTRATOR, KRBTGT}:
            return not_applicable("The directory protects this account whatever groups it is in", about=account)
    match found.privileges(account):
        case () if isinstance(account.rid, Missing):
            return unknown(f"Which account it is (objectSid) is not known: {account.rid}", about=account)
        case ():
            return failed("It bears the mark (adminCount 1), and is in no privileged group", account, about=account)
        case tuple(names):
            return passed(f"It is in {', '.join(names)}", account, about=account)
        case why:
            return unknown(
                f"Whether it is in a privileged group is not known: {why}", answer=READ_GROUPS, about=account
            )
