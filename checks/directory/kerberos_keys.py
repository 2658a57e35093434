"""Kerberos in Active Directory: weak keys, and accounts that may act as others on the domain's own controllers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from posture import Missing, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Account, Computer, Directory, Facts, Known

DISABLED = 0x2
CONTROLLER = 0x2000 | 0x4000000
TRUST = 0x800
DES_ONLY = 0x200000
PROTOCOL_TRANSITION = 0x1000000
DES, RC4, AES = 0x1 | 0x2, 0x4, 0x8 | 0x10
FIRST_WITH_AES = 3
KEY_SERVICE = "krbtgt"

READ_FLAGS = "Let the audit account read userAccountControl of every user and computer, and audit again."
IS_DISABLED = "The account is disabled (ACCOUNTDISABLE)"
SET_AES = "Set msDS-SupportedEncryptionTypes to 24 (AES) on the account, so that the directory itself tells."


def _flags_unknown(why: Missing) -> Verdict:
    return unknown(f"The account's settings (userAccountControl) are not known: {why}", answer=READ_FLAGS)


@check("ad-weak-kerberos-encryption", title="Weak encryption of log-in tickets (Kerberos)", severity=Severity.MEDIUM)
def weak_kerberos_encryption(account: Account | Computer, directories: Facts[Directory]) -> Verdict:
    """No account in use is limited to DES or RC4, or allows DES.

    Why it matters:
        A ticket that is encrypted with DES or RC4 lets its password be found in a short time, on a machine of the
        attacker's own.

    How to fix:
        Clear "Use only Kerberos DES encryption types", set msDS-SupportedEncryptionTypes to 24 (AES), and change the
        password so that AES keys are made. See first that old devices which log in with the account can do AES.

    Sources:
        MS-KILE 2.2.7, 3.3.5.7 (encryption types; what is not set is the controllers' default, which the directory
        does not show); RFC 8429 (RC4 and DES are not to be used); Microsoft KB5021131.
    """
    control, types = account.user_account_control, account.encryption_types
    if isinstance(control, Missing):
        return _flags_unknown(control)
    if control & DISABLED:
        return not_applicable(IS_DISABLED)
    if control & TRUST:
        return not_applicable("The account is that of a trust (INTERDOMAIN_TRUST_ACCOUNT), and judged with it")
    if control & DES_ONLY:
        return failed("The account is limited to DES (USE_DES_KEY_ONLY)")
    match types:
        case Missing(why="absent") | 0:
            return _by_default(account, directories)
        case Missing() as why:
            return unknown(
                f"The encryption types (msDS-SupportedEncryptionTypes) are not known: {why}",
                answer="Let the audit account read msDS-SupportedEncryptionTypes of every account, and audit again.",
            )
        case allowed if allowed & DES:
            return failed(f"DES is allowed (msDS-SupportedEncryptionTypes {allowed:#x})")
        case allowed if allowed & AES:
            return passed(f"AES is set (msDS-SupportedEncryptionTypes {allowed:#x})")
        case allowed if allowed & RC4:
            return failed(f"The account is limited to RC4 (msDS-SupportedEncryptionTypes {allowed:#x})")
        case odd:
            return unknown(f"The account names no encryption that is known here ({odd:#x})", answer=SET_AES)


def _by_default(account: Account, directories: Facts[Directory]) -> Verdict:
    """Nothing is set on the account: the domain's functional level says whether there are AES keys at all.

    Which of its keys then encrypts the tickets *for* an account is a setting of each controller, outside the directory.
    """
    levels = {
        directory.functional_level
        for directory in directories
        if directory.kind == "active-directory" and directory.place == account.place
    }
    level = levels.pop() if len(levels) == 1 else Missing("not-answered", "the root DSE was not read")
    if isinstance(level, Missing):
        return unknown(f"The account has the domain's default, and its functional level is not known: {level}")
    if level < FIRST_WITH_AES:
        return failed(f"The account has the domain's default, and the domain knows no AES (functional level {level})")
    match account.service_principals:
        case Missing(why="absent"):
            return passed(
                f"It has the domain's default, which knows AES (functional level {level}), and is no service's account"
            )
        case Missing() as why:
            return unknown(f"The account has the domain's default; whether a service uses it is not known: {why}")
        case _:
            return unknown(
                "A service uses the account, and nothing is set on it: tickets for it are encrypted with the default"
                f" of the domain controllers, AES or RC4 (functional level {level})",
                answer=SET_AES,
            )


@check(
    "ad-protocol-transition-to-dc", title="An account may act as anybody on a controller", severity=Severity.CRITICAL
)
def protocol_transition_to_dc(account: Account | Computer, computers: Facts[Computer]) -> Verdict:
    """No account may act as any user, without that user's log-in, towards a domain controller.

    Why it matters:
        Who gets that account's password is administrator of the domain: it asks for a ticket in an administrator's
        name, for a service of the controller, and needs no administrator for it.

    How to fix:
        Remove the domain controller from the services that the account may delegate to, or let it "use Kerberos only".
        Mark administrators as "Account is sensitive and cannot be delegated".

    Sources:
        MS-SFU 3.2.5.1 (S4U2self, S4U2proxy); MS-ADTS 2.2.16 (TRUSTED_TO_AUTHENTICATE_FOR_DELEGATION).
    """
    control, targets = account.control(DISABLED | PROTOCOL_TRANSITION), account.delegates_to
    if isinstance(control, Missing):
        return _flags_unknown(control)
    if control & DISABLED:
        return not_applicable(IS_DISABLED)
    if not control & PROTOCOL_TRANSITION:
        return passed("It may not act as a user who did not log in to it")
    if isinstance(targets, Missing):
        if targets.why == "absent":
            return passed("It may act as others towards no service (msDS-AllowedToDelegateTo)")
        return unknown(
            f"Towards which services it may act as others is not known: {targets}",
            answer="Let the audit account read msDS-AllowedToDelegateTo of every account, and audit again.",
        )
    controllers = [each for each in computers if each.flag(CONTROLLER) is True]
    reached = sorted({KEY_SERVICE, *chain.from_iterable(map(_names, controllers))} & set(map(_host, targets)))
    if reached:
        return failed(
            f"It may act as any user on the domain controller {', '.join(reached)} (msDS-AllowedToDelegateTo)"
        )
    if not controllers or not computers.complete or not all(map(_told, computers)):
        return unknown(
            "It may act as others towards services, and not all domain controllers are known by their names",
            answer="Let the audit account read all computers, their settings and service principals, and audit again.",
        )
    return passed("It may act as others, but towards no service of a domain controller (msDS-AllowedToDelegateTo)")


def _host(principal: str) -> str:
    """The host of a service principal, service/host[:port][/name]; of the service of tickets itself, its name."""
    if principal.casefold().startswith(KEY_SERVICE):
        return KEY_SERVICE
    return principal.partition("/")[2].partition("/")[0].partition(":")[0].casefold()


def _names(controller: Computer) -> set[str]:
    names = {controller.login.removesuffix("$").casefold()}
    if not isinstance(controller.dns_name, Missing):
        names.add(controller.dns_name.casefold())
    if not isinstance(controller.service_principals, Missing):
        names |= set(map(_host, controller.service_principals))
    return names - {""}


def _told(computer: Computer) -> bool:
    """Whether it is known to be no controller, or known by all its names."""
    is_controller: Known[bool] = computer.flag(CONTROLLER)
    if isinstance(is_controller, Missing):
        return False
    named: Iterable[object] = (computer.dns_name, computer.service_principals)
    return not is_controller or not any(isinstance(each, Missing) for each in named)


@check(
    "ad-resource-delegation-on-tier0", title="Others may act as anybody on a key account", severity=Severity.CRITICAL
)
def resource_delegation_on_tier0(account: Account | Computer) -> Verdict:
    """Nobody may act as other users towards a domain controller or a privileged account.

    Why it matters:
        Whoever is named there can log in to the controller as any administrator. Writing that one attribute is a quiet
        way to take the domain, and to come back later.

    How to fix:
        Clear msDS-AllowedToActOnBehalfOfOtherIdentity on the account, find out who wrote it, and see who else may
        write attributes of domain controllers.

    Sources:
        MS-ADA2 msDS-AllowedToActOnBehalfOfOtherIdentity; MS-SFU 3.2.5.2.
    """
    control, admin = account.user_account_control, account.admin_count
    if isinstance(control, Missing):
        return _flags_unknown(control)
    ordinary = not control & CONTROLLER and (admin is False or (isinstance(admin, Missing) and admin.why == "absent"))
    if ordinary:
        return not_applicable("It is no domain controller, and not marked as privileged (adminCount)")
    match account.resource_delegation:
        case False:
            return passed("Nobody may act as others towards it (msDS-AllowedToActOnBehalfOfOtherIdentity)")
        case True if control & CONTROLLER or admin is True:
            return failed("Others may act as any user towards it (msDS-AllowedToActOnBehalfOfOtherIdentity)")
        case True:
            return unknown(
                f"Whether it is privileged (adminCount) is not known: {admin}",
                answer="Let the audit account read adminCount of every account, and audit again.",
            )
        case why:
            return unknown(
                f"Whether others may act towards it is not known: {why}",
                answer="Let the audit account read msDS-AllowedToActOnBehalfOfOtherIdentity, and audit again.",
            )
