"""Hosts as scanners in several zones saw them, in a scope that says who may reach whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from posture.facts import Collapsed, Device, Fact, Host, Port, Script, Service, View
from posture.scope import CanaryScope, Flow, OrganisationScope, Scope, Zone
from posture.scope import Service as ClinicalService
from posture.segmentation.vantage import CANARY, greeting
from posture.testing import AS_OF, device, host, port, script

EVERY = "1-65535"
NONCE = "0123456789abcdef"


def zones() -> tuple[Zone, ...]:
    """Users and guests who may reach little, administrators who may reach all, and what is kept from them."""
    admins = ("admins",)
    return (
        Zone(id="servers", kind="server", networks=("10.77.1.0/24",), reachable_from=admins),
        Zone(id="imaging", kind="imaging", networks=("10.77.2.0/24",), reachable_from=admins),
        Zone(id="plant", kind="building", networks=("10.77.3.0/24",), reachable_from=admins),
        Zone(id="store", kind="backup", networks=("10.77.4.0/24",), reachable_from=admins),
        Zone(id="users", kind="user", networks=("10.77.5.0/24",), reachable_from=admins),
        Zone(id="guests", kind="guest", networks=("10.77.6.0/24",), reachable_from=()),
        Zone(id="admins", kind="management", networks=("10.77.7.0/24",), reachable_from=()),
        Zone(id="open", kind="other", networks=("10.77.8.0/24",), reachable_from=None),
    )


FLOWS = (Flow(source="users", target="servers", tcp="25,110", reason="mail"),)
CANARIES = (CanaryScope(zone="servers", address="10.77.1.250", nonce=NONCE),)
SCOPE = Scope(
    organisation=OrganisationScope(name="Test"),
    zone=zones(),
    flow=FLOWS,
    canary=CANARIES,
    service=(ClinicalService(id="ehr", name="EHR", backups=("10.77.1.9",)),),
)

ELSEWHERE = (*(zone.id for zone in zones()), "pumps", "mixed", "visitors")
"""Every zone that a scanner may stand in."""


def closed(ports: str = EVERY, protocol: str = "tcp") -> Collapsed:
    return Collapsed(protocol=protocol, state="closed", ports=ports)  # type: ignore[arg-type]  # a protocol


def filtered(ports: str = EVERY, protocol: str = "tcp") -> Collapsed:
    return Collapsed(protocol=protocol, state="filtered", ports=ports)  # type: ignore[arg-type]  # a protocol


def view(zone: str, *ports: Port, rest: Iterable[Collapsed] | None = None, hours: int = 0) -> View:
    """What a scan from this zone showed: these ports open, and all others closed unless told otherwise."""
    given = (closed(), closed(protocol="udp")) if rest is None else tuple(rest)
    return View(
        vantage=zone,
        ended=(("e" * 64, AS_OF.at - timedelta(hours=hours)),),
        ports=ports,
        collapsed=given,
        evidence=("e" * 64,),
    )


def seen(
    *views: View, address: str = "10.77.1.10", place: str | None = "servers", scripts: tuple[Script, ...] = ()
) -> Host:
    """A host of this zone, as these views showed it. Whatever any of them found open, it offers."""
    kind = next((zone.kind for zone in zones() if zone.id == place), "")
    ports = {(each.protocol, each.number): each for one in views for each in one.ports}
    return host(
        *ports.values(),
        ids=(f"address:{place or 'unzoned'}/{address}",),
        name=address,
        address=address,
        place=place,
        zone_kind=kind,
        views=views,
        scripts=scripts,
        collapsed=(closed(), closed(protocol="udp")),
    )


def from_everywhere(*ports: Port, place: str = "servers", **more: object) -> Host:
    """A host on which every zone sees these ports open, and all others closed."""
    views = [view(zone, *ports) for zone in ELSEWHERE if zone != place]
    return seen(*views, place=place, **more)  # type: ignore[arg-type]  # keywords of seen


def canary(*views: View, address: str = "10.77.1.250", place: str = "servers") -> Host:
    """A canary as these views saw it."""
    return seen(*views, address=address, place=place)


def greeted(number: int) -> Port:
    """A port on which the canary gave its nonce."""
    return port(number, CANARY, scripts=[script("banner", greeting(NONCE))])


def answering() -> list[Port]:
    """Of each service one port that says what it is."""
    return [
        port(3389, "ms-wbt-server"),
        port(445, "microsoft-ds"),
        port(5985, "http", product="Microsoft HTTPAPI httpd"),
        port(5432, "postgresql"),
        port(1972, "intersys-cache"),
        port(2575, "hl7"),
        port(11112, "dicom"),
        port(443, "http", tunnel="ssl", product="VMware ESXi SOAP API"),
        port(17990, "ilo-console"),
        port(1494, "citrix-ica"),
        port(9392, "http", scripts=[script("ssl-cert", "Subject: commonName=Veeam Backup Server")]),
        port(8400, "commvault"),
        port(13720, "netbackup"),
        port(3009, "http", product="EMC Data Domain"),
        port(515, "printer"),
        port(631, "ipp", product="HP LaserJet"),
        port(8443, "http", tunnel="ssl", scripts=[script("http-title", MIRTH, title=MIRTH)]),
        port(8081, "http", scripts=[script("http-title", "NETGEAR Router", title="NETGEAR Router")]),
        port(502, "modbus"),
        port(1911, "niagara-fox"),
        port(23, "telnet"),
        Port(
            number=623,
            protocol="udp",
            state="open",
            service=Service(name="asf-rmcp", method="probed"),
            scripts=(
                script("ipmi-version", "Version: IPMI-2.0"),
                script("ipmi-cipher-zero", "\n  VULNERABLE:\n    State: VULNERABLE\n"),
            ),
            scripts_asked=("ipmi-version", "ipmi-cipher-zero"),
            evidence=("e" * 64,),
        ),
        port(47808, "bacnet", protocol="udp"),
        port(161, "snmp", protocol="udp"),
    ]


MIRTH = "Mirth Connect Administrator 4.3.0"


def samples() -> list[Fact]:
    """Hosts that everybody reaches, that nobody does, and that one zone was not asked about."""
    return [
        seen(view("users", *answering()), view("guests", *answering())),
        from_everywhere(address="10.77.1.11"),
        from_everywhere(
            port(111, "rpcbind", scripts=[script("nfs-showmount", "\n  /images *")]),
            port(2049, "nfs"),
            place="store",
            address="10.77.4.10",
        ),
        from_everywhere(place="store", address="10.77.4.11"),
        seen(view("users"), address="10.77.1.12"),
        seen(view("users", *answering()[:6]), view("guests"), address="10.77.1.13"),
        *devices(),
    ]


def devices() -> list[Device]:
    """SNMP agents that answered users, administrators, and somebody of whom nobody knows where he stood."""
    return [
        device(
            ids=(f"address:servers/10.77.1.{number}",),
            name=f"10.77.1.{number}",
            address=f"10.77.1.{number}",
            place="servers",
            heard_from=heard,
        )
        for number, heard in ((10, ("users",)), (11, ("admins",)), (14, ()))
    ]
