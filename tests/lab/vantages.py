"""Scans from several zones, as nmap writes them, over a small hospital with a canary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from lab.scans import document, facts, host_xml, loaded, port_xml
from posture.facts import Host
from posture.model import Evidence
from posture.scope import CanaryScope, Flow, OrganisationScope, Scope, Zone
from posture.segmentation.vantage import greeting, vantage

NONCE = "00112233445566778899aabbccddeeff"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CANARY, SERVER, DESK = "10.10.0.9", "10.10.0.10", "10.5.0.10"
ASKED = "22,443,445"


NEAR = "".join(host_xml(address, port_xml(22, "closed")) for address in (DESK, "10.5.0.11"))
"""Two machines of the users' zone that answer there: one of them may be the scanner itself."""


def hospital(
    reachable_from: Sequence[str] | None = (), flows: Iterable[Flow] = (), canaries: Iterable[CanaryScope] | None = None
) -> Scope:
    """Users, servers and management; `reachable_from` is what may reach the servers altogether."""
    standing = (CanaryScope(zone="servers", address=CANARY, nonce=NONCE, tcp=ASKED),)
    return Scope(
        organisation=OrganisationScope(name="Test Hospital"),
        zone=(
            Zone(id="users", kind="user", networks=("10.5.0.0/24",)),
            Zone(
                id="servers",
                kind="server",
                networks=("10.10.0.0/24",),
                reachable_from=None if reachable_from is None else tuple(reachable_from),
            ),
            Zone(id="management", kind="management", networks=("10.70.0.0/24",)),
        ),
        flow=tuple(flows),
        canary=standing if canaries is None else tuple(canaries),
    )


def banner(text: str) -> str:
    """The banner script's result inside a port."""
    return f'<script id="banner" output="{text}"/>'


def greeted(number: int, nonce: str = NONCE) -> str:
    """A port where a canary gave this nonce."""
    return port_xml(number, "open", inside=banner(greeting(nonce)))


def canary(*numbers: int, address: str = CANARY, nonce: str = NONCE) -> str:
    """A canary as a scanner sees it that is let through."""
    return host_xml(address, *(greeted(number, nonce) for number in numbers))


def silent(address: str = CANARY, state: str = "filtered", count: int = 3) -> str:
    """A host whose ports are all in one state, as a scanner sees it that asks without a ping (-Pn)."""
    return host_xml(address, extra=f'<extraports state="{state}" count="{count}"/>', reason="user-set")


def scanned_from(zone: str | None, *hosts: str, tcp: str = ASKED, hours: float = 0) -> Evidence:
    """A file of a scan from this zone that ended so many hours after noon."""
    record = loaded(document(*hosts, tcp=tcp))
    ended = NOON + timedelta(hours=hours)
    envelope = msgspec.structs.replace(
        record.envelope, vantage=vantage("", zone) or None, started=ended - timedelta(minutes=5), ended=ended
    )
    return Evidence.of(envelope, record.payload)


def hosts(*evidence: Evidence, where: Scope) -> list[Host]:
    """The hosts of these files."""
    return facts(*evidence, where=where)[0]


def host_at(address: str, *evidence: Evidence, where: Scope) -> Host:
    """One host of these files."""
    [found] = [host for host in hosts(*evidence, where=where) if host.address == address]
    return found
