"""Folders that are given to whoever asks."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network

from posture import Missing, Scope, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Host, Port, Script
from posture.services import Kind, each, result, survey, worst

RPCBIND = Kind(label="The directory of RPC services", names=("rpcbind",), ports=(111,))
NFS = Kind(label="NFS", names=("nfs", "nfs_acl"), ports=(2049,))

SHOWMOUNT = "nfs-showmount"
EVERYBODY = frozenset({"*", "(everyone)", "everyone"})
PEOPLE = frozenset({"user", "guest", "external"})
"""Kinds of zones in which anybody's machine may stand."""

_NAMED = 5
"""How many exports one message names; a list may hold thousands."""

_PROGRAM = re.compile(r"^\s*\d+\s+[\d,]+\s+\d+/(?:tcp|udp)6?\s+(\S+)", re.MULTILINE)
_FILES = frozenset({"nfs", "nfs_acl", "mountd"})


@check("nfs-open-export", title="A folder is shared with every machine (NFS)", severity=Severity.HIGH)
def nfs_open_export(host: Host, scope: Scope) -> Verdict:
    """No NFS server exports a folder to everybody, or to a network of users.

    The list is what the server's mount service says (nmap's nfs-showmount). An export to everybody fails, and one to a
    network in a zone that posture.toml declares as user, guest or external. One to single addresses, or to a network
    in another zone, passes. Whom a host name or a netgroup stands for does not show.
    Some servers list to each client only what it may mount: a pass is of the list that was shown.

    Why it matters:
        NFS as a rule believes the user number that the client sends. Whose machine may mount the folder reads and
        changes anybody's files in it: images, backups, exports of databases.

    How to fix:
        Export to the addresses of the machines that need it, and ask for Kerberos (sec=krb5p). Where Kerberos already
        guards an export to all, record an exception: the list of exports does not tell.

    Sources:
        45 CFR 164.312(a)(1); RFC 1813 Appendix I (MOUNTPROC3_EXPORT); RFC 7530 19; exports(5).
    """
    told = [
        _exports(script, port, host, scope)
        for port in host.ports
        for script in port.scripts
        if script.id == SHOWMOUNT and not script.output.lstrip().startswith("ERROR:")
    ]
    return worst(told) if told else worst([each(host, kind, _unlisted) for kind in (RPCBIND, NFS)])


def _unlisted(port: Port) -> Verdict:
    programs = result(port, "rpcinfo")
    listed = [] if isinstance(programs, Missing) else _PROGRAM.findall(programs.output)
    if "rpcbind" in listed and not _FILES & set(listed):
        return not_applicable(f"NFS is not among the RPC services that {port} lists", port)
    return unknown(
        f"{port} is open; what NFS exports there did not show",
        port,
        answer="Scan 111/tcp with the script nfs-showmount, or look at the server's exports.",
    )


def _exports(script: Script, port: Port, host: Host, scope: Scope) -> Verdict:
    lines = [line.split() for line in script.output.splitlines() if line.strip()]
    if script.output.strip() == "No NFS mounts available":
        nfs = survey(host, NFS)
        if nfs.offered or nfs.unidentified or nfs.unanswered:
            return unknown("NFS lists no exports, and may yet have some", port, answer="Look at the server's exports.")
        return passed("NFS exports nothing", port)
    verdicts = [_export(line[0][:80], line[1:], port, scope) for line in lines if line[0].startswith("/")]
    if len(verdicts) < len(lines) or not verdicts:
        verdicts.append(unknown("Not all of the list of exports can be read", port, answer="Look at the server."))
    return worst(sorted(verdicts, key=lambda verdict: verdict.outcome.rank)[:_NAMED])


def _export(folder: str, clients: list[str], port: Port, scope: Scope) -> Verdict:
    if not clients:
        return failed(f"{folder} is exported to everybody", port)
    return worst([_client(folder, client, port, scope) for client in clients])


def _client(folder: str, client: str, port: Port, scope: Scope) -> Verdict:
    network = _network(client)
    if client in EVERYBODY or (network is not None and network.prefixlen == 0):
        return failed(f"{folder} is exported to everybody", port)
    if network is None:
        return unknown(f"{folder} is exported to {client[:80]}: whom that stands for did not show", port, answer=_LOOK)
    if network.num_addresses == 1:
        return passed(f"{folder} is exported to single machines", port)
    kinds = _kinds(network, scope)
    if kinds & PEOPLE:
        return failed(f"{folder} is exported to {client}, where users' or guests' machines stand", port)
    if not kinds:
        return unknown(f"{folder} is exported to {client}: who stands there is not declared", port, answer=_DECLARE)
    return passed(f"{folder} is exported to {client}, where no users' machines stand", port)


_LOOK = "Look at the server's exports."
_DECLARE = "Declare the zone of that network in posture.toml."


def _network(client: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(client, strict=False)
    except ValueError:
        return None


def _kinds(network: IPv4Network | IPv6Network, scope: Scope) -> set[str]:
    """The kinds of the zones in it; none where a part of it is in no zone that is declared."""
    inside: set[str] = {zone.kind for zone in scope.zone for net in zone.nets if _within(net, network)}
    around = [(net.prefixlen, zone.kind) for zone in scope.zone for net in zone.nets if _within(network, net)]
    if around:
        return {*inside, max(around)[1]}
    return inside & PEOPLE


def _within(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)
