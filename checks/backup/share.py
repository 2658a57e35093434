"""Backups that everybody may read or change."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from posture import Missing, Scope, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Facts, Host, Port, Script
from posture.segmentation.rules import backups_declared, holds_backups
from posture.services import Kind, each, host_result, host_results, result, worst

SMB = Kind(label="SMB", names=("microsoft-ds", "netbios-ssn"), ports=(139, 445))
RPCBIND = Kind(label="The directory of RPC services", names=("rpcbind",), ports=(111,))
NFS = Kind(label="NFS", names=("nfs", "nfs_acl"), ports=(2049,))

SHOWMOUNT, SHARES = "nfs-showmount", "smb-enum-shares"
EVERYBODY = frozenset({"*", "(everyone)", "everyone", "0.0.0.0/0", "0.0.0.0/0.0.0.0", "::/0"})

_PROGRAM = re.compile(r"^\s*\d+\s+[\d,]+\s+\d+/(?:tcp|udp)6?\s+(\S+)", re.MULTILINE)
_DECLARE = "Say where backups lie: zones of the kind backup, or `backups` of each service in posture.toml."


@check("backup-share-open", title="Backups can be read or changed by everybody", severity=Severity.CRITICAL)
def backup_share_open(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No host where backups lie shares a folder with everybody, over NFS or with guests over SMB.

    Where backups lie is what posture.toml says: zones of the kind backup, and the `backups` of each service. NFS is
    judged by the list of exports (nfs-showmount), SMB by smb-enum-shares in an imported scan, which logged in as nobody
    or as a guest; Posture does not run it.

    Why it matters:
        Ransomware looks for open shares first. Backups that anybody may change are encrypted with the rest, and those
        that anybody may read hold every patient's record.

    How to fix:
        Export only to the backup servers, ask for a log-in that no other machine has, and keep one copy that can't be
        changed.

    Sources:
        45 CFR 164.308(a)(7)(ii)(A), 164.312(a)(1), 164.312(c)(1); CISA, "StopRansomware Guide", part 1.
    """
    stores = [host for host in hosts if holds_backups(host, scope)]
    for host in stores:
        yield msgspec.structs.replace(worst([_nfs(host), _smb(host)]), about=host)
    if not stores and backups_declared(scope):
        yield unknown("No host was looked at where backups are declared to lie", answer="Scan where backups lie.")
    elif not stores:
        yield unknown("posture.toml does not say where backups lie", answer=_DECLARE)


def _nfs(host: Host) -> Verdict:
    told = [
        _exports(script, port)
        for port in host.ports
        for script in port.scripts
        if script.id == SHOWMOUNT and not script.output.lstrip().startswith("ERROR:")
    ]
    return worst(told) if told else worst([each(host, kind, _unlisted) for kind in (RPCBIND, NFS)])


def _unlisted(port: Port) -> Verdict:
    programs = result(port, "rpcinfo")
    listed = [] if isinstance(programs, Missing) else _PROGRAM.findall(programs.output)
    if "rpcbind" in listed and not {"nfs", "nfs_acl", "mountd"} & set(listed):
        return passed(f"NFS is not among the RPC services that {port} lists", port)
    return unknown(
        f"{port} is open; what NFS exports there did not show",
        port,
        answer="Scan 111/tcp with the script nfs-showmount, or look at the server's exports.",
    )


def _exports(script: Script, port: Port) -> Verdict:
    lines = [line.split() for line in script.output.splitlines() if line.strip()]
    if script.output.strip() == "No NFS mounts available":
        return passed(f"{port} lists no exports", port)
    exports = [line for line in lines if line[0].startswith("/")]
    to_all = [line[0][:80] for line in exports if len(line) == 1 or _everybody(line[1:])]
    if to_all:
        return failed(f"{to_all[0]} is exported to everybody", port)
    if not lines or exports != lines:
        return unknown("Not all of the list of exports can be read", port, answer="Look at the server's exports.")
    return passed(f"Each export on {port} is to named machines", port)


def _everybody(clients: list[str]) -> bool:
    words = [word.casefold() for word in clients]
    # Windows says "All Machines".
    return words == ["all", "machines"] or any(word in EVERYBODY or word.endswith("/0") for word in words)


def _smb(host: Host) -> Verdict:
    script = host_result(host, SHARES)
    if isinstance(script, Missing):
        return each(host, SMB, lambda port: unknown(f"{port} is open; {script}", port, answer=_SHARES_ANSWER))
    return worst([_shares(told) for told in host_results(host, SHARES)])


_SHARES_ANSWER = "Look at the server's shares, or import a scan with smb-enum-shares."


def _shares(script: Script) -> Verdict:
    """A share with files that nobody, or a guest, may read or write. What a named account may is no finding."""
    guest = (script.value("account_used") or "").lower() in {"guest", "<blank>"}
    ways = ("Anonymous access", "Current user access") if guest else ("Anonymous access",)
    disks = [path[: -len("/Type")] for path, text in script.values if path.endswith("/Type") and "DISKTREE" in text]
    known = [each for each in disks if script.value(f"{each}/Anonymous access")]
    given = {name: [script.value(f"{name}/{way}") or "" for way in ways] for name in disks}
    found = [name for name, rights in given.items() if any(right.startswith(("READ", "WRITE")) for right in rights)]
    if found:
        return failed(f"The share {found[0][:80]} is open to guests over SMB", script)
    if disks and known == disks:
        return passed("No share is open to guests over SMB", script)
    return unknown("smb-enum-shares does not say of every share who may use it", script, answer=_SHARES_ANSWER)
