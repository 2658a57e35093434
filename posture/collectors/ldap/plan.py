"""Which directories are asked, and which may not be. Pure."""

from __future__ import annotations

from ipaddress import ip_address

from posture.model import Policy, Probe
from posture.scope import DirectoryScope, Scope, Zone
from posture.targets import refusal

__all__ = ["SECONDS", "address_of", "forbidden", "guessed", "plan", "ports", "refused"]

SECONDS = 1800.0
"""A directory that takes longer is left; what it answered until then is kept."""

_CONNECTIONS = 7
"""ldaps and starttls, each twice where the certificate does not hold; cleartext bind; a plain session; one spare."""


def refused(directory: DirectoryScope, scope: Scope) -> str:
    """Why this directory may not be asked, as far as its address is known; empty where it may."""
    address = address_of(directory)
    return forbidden(address, scope.zone_of(address), scope) if address else ""


def plan(scope: Scope) -> list[Probe]:
    """One probe for each directory. A directory under a host name is looked up, and judged, only when it is asked."""
    return [_probe(directory, scope) for directory in scope.directory]


def _probe(directory: DirectoryScope, scope: Scope) -> Probe:
    address = address_of(directory)
    zone = scope.zone_of(address) if address else None
    return Probe(
        id=f"ldap/{directory.id}",
        collector="ldap",
        step="directory",
        zone=zone.id if zone else None,
        site=directory.site or (zone.site if zone else "") or None,
        policy=zone.effective_policy if zone else Policy.GENTLE,
        targets=(directory.host,),
        tcp=",".join(str(port) for port in sorted(set(ports(directory).values()))),
        credentials=(directory.id,) if directory.bind.method != "anonymous" else (),
        max_rate=(zone.max_rate or 0) if zone else 0,
        addresses=1,
        ports=len(set(ports(directory).values())),
        packets=_CONNECTIONS,
        seconds=SECONDS,
        refused=refused(directory, scope),
    )


def address_of(directory: DirectoryScope) -> str:
    """The address, where the scope names the directory by one; else empty."""
    try:
        return str(ip_address(directory.host))
    except ValueError:
        return ""


def ports(directory: DirectoryScope) -> dict[str, int]:
    """The port of each transport: `port` is that of the directory's own, the other keeps its standard number."""
    secure, clear = 636, 389
    if directory.port is not None:
        secure, clear = (directory.port, clear) if directory.transport == "ldaps" else (secure, directory.port)
    return {"ldaps": secure, "starttls": clear, "plain": clear}


def guessed(directory: DirectoryScope, transport: str) -> bool:
    """Whether the port of this transport is only supposed: a directory with an unusual port may have another there.

    That nothing listens on a supposed port says nothing of the directory.
    """
    own = ports(directory)
    usual = {"ldaps": 636, "starttls": 389, "plain": 389}
    return own[transport] != own[directory.transport] and own[directory.transport] != usual[directory.transport]


def forbidden(address: str, zone: Zone | None, scope: Scope) -> str:
    """Why nothing may be sent to this address; empty where something may. An exclusion of any zone wins."""
    if scope.excluded(address):
        return f"{address} is excluded by the scope"
    reason = refusal(zone) if zone else ""
    return f"{address} is in zone {zone.id}: {reason}" if zone and reason else ""
