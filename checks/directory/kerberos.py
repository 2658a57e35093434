"""Kerberos settings of Active Directory accounts that give away passwords, tickets or the whole domain."""

from __future__ import annotations

from posture import Missing, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Account, Computer

DISABLED = 0x2
DOMAIN_CONTROLLER = 0x2000 | 0x4000000
UNCONSTRAINED = 0x80000
NO_PREAUTH = 0x400000

READ_FLAGS = "Let the audit account read userAccountControl of every user and computer, and audit again."
IS_DISABLED = "The account is disabled (ACCOUNTDISABLE)"


@check("ad-asrep-roastable", title="Passwords can be cracked without logging in", severity=Severity.HIGH)
def asrep_roastable(account: Account) -> Verdict:
    """Every account in use has to prove that it knows the password before it gets a ticket.

    Why it matters:
        Anybody on the network can ask for a ticket of such an account and guess its password at leisure on a machine
        of their own. Nothing of that shows in the log-in failures.

    How to fix:
        Clear "Do not require Kerberos preauthentication" on the account, then change its password. Where an old system
        needs the setting, give that account a random password of 25 characters or more.

    Sources:
        RFC 4120 5.2.7.2; MITRE ATT&CK T1558.004; MS-ADTS 2.2.16 (DONT_REQ_PREAUTH).
    """
    match account.control(DISABLED | NO_PREAUTH):
        case Missing() as why:
            return unknown(f"The account's settings (userAccountControl) are not known: {why}", answer=READ_FLAGS)
        case control if control & DISABLED:
            return not_applicable(IS_DISABLED)
        case control if not control & NO_PREAUTH:
            return passed("A ticket is given only to who proves to know the password")
        case _ if account.admin_count is True:
            return failed(
                "An administrator's password can be guessed from a ticket that anybody gets"
                " (DONT_REQ_PREAUTH, adminCount 1)",
                severity=Severity.CRITICAL,
            )
        case _:
            return failed("The password can be guessed from a ticket that anybody gets (DONT_REQ_PREAUTH)")


@check("ad-unconstrained-delegation", title="Servers may act as any user, anywhere", severity=Severity.CRITICAL)
def unconstrained_delegation(account: Account | Computer) -> Verdict:
    """No account but a domain controller's may act for its users towards every other service.

    Why it matters:
        Who logs on to such a machine leaves a ticket there that works everywhere. One break-in, and an administrator or
        a domain controller that can be made to connect, give the attacker the whole domain.

    How to fix:
        Replace it by constrained delegation to the services that are needed, or remove it. Mark administrators as
        "Account is sensitive and cannot be delegated", or make them Protected Users.

    Sources:
        MITRE ATT&CK T1558; MS-ADTS 2.2.16 (TRUSTED_FOR_DELEGATION).
    """
    match account.user_account_control:
        case Missing() as why:
            return unknown(f"The account's settings (userAccountControl) are not known: {why}", answer=READ_FLAGS)
        case control if control & DISABLED:
            return not_applicable(IS_DISABLED)
        case control if control & DOMAIN_CONTROLLER:
            return not_applicable("It is a domain controller, which delegates by design")
        case control if control & UNCONSTRAINED:
            return failed("It may act as any user who logs on to it, towards every service (TRUSTED_FOR_DELEGATION)")
        case _:
            return passed("It may not act for its users without limits")
