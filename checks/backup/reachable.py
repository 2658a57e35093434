"""Backups within reach of the machines that ransomware starts from."""

from __future__ import annotations

from collections.abc import Iterator

from posture import Scope, Severity, Verdict, check
from posture.facts import Facts, Host
from posture.segmentation.crossing import crossing
from posture.segmentation.rules import COMMVAULT, NETBACKUP, STORAGE, VEEAM


@check("veeam-reachable-from-users", title="Veeam can be reached by users", severity=Severity.CRITICAL)
def veeam_reachable_from_users(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No Veeam service answers users, guests or outsiders whom your policy denies it.

    A port that said it is Veeam's fails. One of its ports that is open to a denied zone, while others are not, and did
    not say what it is, fails at medium.

    Why it matters:
        Gangs go for the backups first. Veeam's flaws CVE-2023-27532 and CVE-2024-40711 gave out its passwords, and with
        them every copy, to whoever reached the port.

    How to fix:
        Put the backup servers into a zone of their own, reached only from a jump host with a second factor.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B), 164.312(a)(1); Veeam, "Ports" of Backup & Replication; CVE-2023-27532.
    """
    yield from crossing(hosts, scope, VEEAM)


@check("commvault-reachable-from-users", title="Commvault can be reached by users", severity=Severity.CRITICAL)
def commvault_reachable_from_users(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No Commvault service answers users, guests or outsiders whom your policy denies it.

    A port that said it is Commvault's fails. 8400 or 8403/tcp that is open to a denied zone, while others are not, and
    did not say what it is, fails at medium.

    Why it matters:
        Whoever takes the backup server deletes every copy before the encryption starts, and the hospital is left to
        pay or to start from nothing.

    How to fix:
        Put the backup servers into a zone of their own, reached only from a jump host with a second factor.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B), 164.312(a)(1); CISA, "StopRansomware Guide", part 1; Commvault,
        "Port requirements".
    """
    yield from crossing(hosts, scope, COMMVAULT)


@check("netbackup-reachable-from-users", title="NetBackup can be reached by users", severity=Severity.CRITICAL)
def netbackup_reachable_from_users(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No NetBackup service answers users, guests or outsiders whom your policy denies it.

    A port that said it is NetBackup's fails. 1556 or 13724/tcp (and 13720/tcp of old versions) that is open to a denied
    zone, while others are not, and did not say what it is, fails at medium.

    Why it matters:
        Whoever takes the backup server deletes every copy before the encryption starts, and the hospital is left to
        pay or to start from nothing.

    How to fix:
        Put the backup servers into a zone of their own, reached only from a jump host with a second factor. Clients
        need 1556/tcp: declare their flow.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B), 164.312(a)(1); Veritas, "NetBackup Network Ports Reference Guide".
    """
    yield from crossing(hosts, scope, NETBACKUP)


@check(
    "backup-storage-reachable-from-users",
    title="Where backups lie can be reached by users",
    severity=Severity.CRITICAL,
)
def backup_storage_reachable_from_users(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No storage of backups answers users, guests or outsiders whom your policy denies it.

    It is known by what its page, certificate or service calls itself (Data Domain, ExaGrid, StoreOnce, Synology, QNAP,
    Rubrik, Cohesity). In a zone of the kind backup, and where a service's `backups` in posture.toml name it, an NFS
    server is one as well; elsewhere NFS that answers a denied zone is unknown.

    Why it matters:
        Backups that a user's machine can reach are encrypted with everything else, and there is nothing left to restore
        from.

    How to fix:
        Let only the backup servers reach the storage, keep one copy that can't be changed, and one offline.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B), 164.312(a)(1); CISA, "StopRansomware Guide", part 1.
    """
    yield from crossing(hosts, scope, STORAGE)
