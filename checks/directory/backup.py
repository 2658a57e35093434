"""Backup servers that stand or fall with the domain that they are to restore."""

from __future__ import annotations

import re

from posture import Missing, Severity, Verdict, check, failed, not_applicable, unknown
from posture.facts import Computer

DISABLED, CONTROLLER = 0x2, 0x2000

_ANYWHERE = re.compile(
    r"backup|veeam|commvault|commserve|rubrik|cohesity|netbackup|avamar|arcserve|acronis|bacula", re.IGNORECASE
)
"""Words, and names of products, that mean nothing else wherever they stand in a computer's name."""
_WHOLE = frozenset({"bkp", "bkup", "bkups", "bck", "bckp", "vbr", "nbu", "cvlt", "dpm", "tsm"})
"""Short forms, which count only where they stand by themselves: between hyphens, digits, or the ends."""
_LETTERS = re.compile(r"[a-z]+")
_SERVICE = re.compile(
    r"(?:veeambackup|backupexecmanagement|commvault|commserve|netbackup|rubrik|cohesity|msdpm)\w*/", re.IGNORECASE
)
"""Classes of service principal names that backup products register for their servers, and not for what they protect."""


@check("backup-server-domain-joined", title="Backup servers are in the production domain", severity=Severity.HIGH)
def backup_server_domain_joined(computer: Computer) -> Verdict:
    """No backup server is a member of the production domain.

    It goes by service principal names of backup products, and by computers' names (backup, bkp, veeam, commvault,
    rubrik, cohesity, netbackup, avamar, arcserve, acronis, bacula, vbr, nbu, dpm, tsm…). A name is a guess: it fails at
    medium, and a backup server by another name is not found. Who administers the server is not to be seen in a
    directory.

    Why it matters:
        Ransomware that takes the domain takes everything that trusts its administrators. A backup server in the
        domain is then encrypted, or its copies are deleted, with all the rest.

    How to fix:
        Put backup servers into a workgroup, or into a domain of their own that trusts nobody, with accounts and
        passwords that exist nowhere else. Keep one copy that nobody can change or delete.

    Sources:
        CISA, StopRansomware Guide; 45 CFR 164.308(a)(7)(ii)(A).
    """
    match computer.control(DISABLED | CONTROLLER):
        case Missing() as why:
            return unknown(
                f"The account's settings (userAccountControl) are not known: {why}",
                answer="Let the audit account read userAccountControl of every computer, and audit again.",
            )
        case control if control & DISABLED:
            return not_applicable("The account is disabled (ACCOUNTDISABLE)")
        case control if control & CONTROLLER:
            return not_applicable("It is a domain controller")
        case _:
            pass
    services = computer.service_principals
    if isinstance(services, tuple) and (named := [each for each in services if _SERVICE.match(each)]):
        return failed(f"It is a member of the domain, and offers a backup product's service ({named[0]})")
    if _is_named(computer.login):
        told = "It is a member of the domain, and its name is that of a backup server; a name is a guess"
        return failed(told, severity=Severity.MEDIUM)
    if not computer.login:
        return unknown("Its name (sAMAccountName) is not known")
    if isinstance(services, Missing) and services.why != "absent":
        return unknown(
            f"Its name is not that of a backup server; its services (servicePrincipalName) are not known: {services}",
            answer="Let the audit account read servicePrincipalName of every computer, and audit again.",
        )
    return not_applicable("Neither its name nor its services are those of a backup server")


def _is_named(login: str) -> bool:
    return bool(_ANYWHERE.search(login) or _WHOLE & set(_LETTERS.findall(login.casefold())))
