"""Who is audited: the shape of posture.toml. `posture.configuration` reads it; its JSON Schema is made from here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from posture.model import Policy
from posture.ports import PortSet
from posture.thresholds import Thresholds

__all__ = [
    "LATERAL_PORTS",
    "Address",
    "Approval",
    "AssetScope",
    "Bind",
    "CanaryScope",
    "Catalogs",
    "Checks",
    "CustodyScope",
    "DirectoryScope",
    "Firmware",
    "Flow",
    "InventoryScope",
    "Network",
    "OrganisationScope",
    "Scope",
    "SealScope",
    "SecretReference",
    "Service",
    "Site",
    "SnmpCredential",
    "SnmpScope",
    "SoftwareScope",
    "TimestampScope",
    "Window",
    "Zone",
    "ZoneKind",
]

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

Identifier = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]*$(?!\n)", max_length=64, description="lower-case letters, digits, . _ -")
]
NonEmpty = Annotated[str, Meta(min_length=1, max_length=500)]
Ephi = Literal["yes", "no", "unknown"]
ZoneKind = Literal[
    "server",
    "clinical",
    "user",
    "guest",
    "medical-device",
    "imaging",
    "integration",
    "management",
    "backup",
    "building",
    "external",
    "other",
]
AuthProtocol = Literal["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]
PrivacyProtocol = Literal["DES", "3DES", "AES-128", "AES-192", "AES-256", "AES-192-C", "AES-256-C"]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """Base of the tables of posture.toml: an unknown key is an error."""


class SecretReference(_Table, frozen=True, kw_only=True):
    """Where a secret is to be had, never the secret itself: exactly one of the four."""

    env: Annotated[NonEmpty, Meta(description="name of an environment variable")] | None = None
    file: Annotated[NonEmpty, Meta(description="path of a file that only its owner can read")] | None = None
    keyring: Annotated[NonEmpty, Meta(description="service/user in the system's keyring")] | None = None
    command: (
        Annotated[tuple[str, ...], Meta(min_length=1, description="program and arguments that print the secret")] | None
    ) = None


class OrganisationScope(_Table, frozen=True, kw_only=True):
    """The covered entity."""

    name: NonEmpty
    time_zone: Annotated[str, Meta(description="IANA time zone, such as America/Chicago")] = "UTC"
    legal_entities: tuple[NonEmpty, ...] = ()
    contact: str = ""


class Site(_Table, frozen=True, kw_only=True):
    """A hospital, clinic or telehealth site."""

    id: Identifier
    name: NonEmpty
    legal_entity: str = ""


class Window(_Table, frozen=True, kw_only=True):
    """When packets may be sent, in the organisation's time zone. An end before its start is on the next day."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = (
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
    )
    start: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$(?!\n)", description="HH:MM")]
    end: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$(?!\n)", description="HH:MM")]


class Approval(_Table, frozen=True, kw_only=True):
    """Who agreed that devices here are probed: clinical engineering's approver, ticket and telephone."""

    approver: NonEmpty
    ticket: NonEmpty
    telephone: NonEmpty


class Zone(_Table, frozen=True, kw_only=True):
    """Networks of one kind, and what may be sent into them."""

    id: Identifier
    kind: ZoneKind
    networks: Annotated[tuple[str, ...], Meta(min_length=1, description="CIDR networks or single addresses")]
    site: str = ""
    policy: Policy | None = None
    ephi: Annotated[Ephi, Meta(description="whether its systems hold or reach ePHI; unknown counts as yes")] = "unknown"
    exclude: tuple[str, ...] = ()
    window: tuple[Window, ...] = ()
    approval: Approval | None = None
    reachable_from: Annotated[
        tuple[str, ...] | None,
        Meta(
            description="ids of the zones whose machines may open connections into this one; "
            "left out, it is not known, and counted as all"
        ),
    ] = None
    identified_as_it: Annotated[
        tuple[str, ...], Meta(description="networks or addresses known to be IT: these get version and script probes")
    ] = ()
    approved_devices: Annotated[
        tuple[str, ...], Meta(description="addresses whose DICOM and HL7 ports may be probed; needs an approval")
    ] = ()
    scripts: Annotated[
        tuple[str, ...], Meta(description="intrusive NSE scripts that may run here, by name, such as ssl-enum-ciphers")
    ] = ()
    ports: Annotated[str, Meta(description="TCP ports to ask beside the policy's list, such as 8080,9000-9010")] = ""
    max_rate: (
        Annotated[int, Meta(ge=1, le=10_000, description="packets a second, for all collectors together")] | None
    ) = None

    @property
    def effective_policy(self) -> Policy:
        """The policy, or the default of its kind: import-only where medical devices are, gentle elsewhere."""
        if self.policy is not None:
            return self.policy
        return Policy.IMPORT_ONLY if self.kind in {"medical-device", "imaging"} else Policy.GENTLE

    @cached_property
    def nets(self) -> tuple[Network, ...]:
        """The networks, parsed."""
        return tuple(ip_network(text, strict=False) for text in self.networks)

    @cached_property
    def excluded(self) -> tuple[Network, ...]:
        """The exclusions, parsed."""
        return tuple(ip_network(text, strict=False) for text in self.exclude)

    @cached_property
    def it(self) -> tuple[Network, ...]:
        """What is positively known to be IT, parsed."""
        return tuple(ip_network(text, strict=False) for text in self.identified_as_it)

    @cached_property
    def approved(self) -> tuple[Network, ...]:
        """The devices whose clinical ports may be probed, parsed."""
        return tuple(ip_network(text, strict=False) for text in self.approved_devices)

    def __contains__(self, address: object) -> bool:
        return isinstance(address, (IPv4Address, IPv6Address)) and any(address in net for net in self.nets)


class Flow(_Table, frozen=True, kw_only=True):
    """Connections that are allowed from one zone into another, beside what `reachable_from` allows altogether."""

    source: Annotated[Identifier, Meta(description="id of the zone that opens the connections")]
    target: Annotated[Identifier, Meta(description="id of the zone that they lead into")]
    tcp: Annotated[str, Meta(description="TCP ports, such as 443,8000-8010")] = ""
    udp: Annotated[str, Meta(description="UDP ports, such as 161")] = ""
    reason: Annotated[str, Meta(max_length=500, description="what it is for")] = ""

    def ports(self, protocol: str) -> PortSet:
        """The ports of this protocol, parsed."""
        return PortSet.parse(self.tcp if protocol == "tcp" else self.udp)


LATERAL_PORTS = "22,23,104,135,139,445,1433,1521,2575,3306,3389,5432,5900,5985,5986,6379,8443,11112"
"""What attackers and ransomware move over, and what holds records: the ports a canary listens on unless told."""


class CanaryScope(_Table, frozen=True, kw_only=True):
    """A listener of our own (`posture canary`) in a zone, that segmentation is proved against.

    It is no device, so it is asked in an import-only zone too; `off` and exclusions still win.
    """

    zone: Annotated[Identifier, Meta(description="id of the zone that it stands in")]
    address: Annotated[NonEmpty, Meta(description="its address, in that zone")]
    nonce: Annotated[
        str, Meta(pattern=r"^[0-9a-f]{16,64}$(?!\n)", description="what it says of itself, as posture canary prints it")
    ]
    tcp: Annotated[str, Meta(description="the TCP ports that it listens on")] = LATERAL_PORTS


class Service(_Table, frozen=True, kw_only=True):
    """A clinical service, such as EHR or PACS, what it depends on, and how the hospital works without it."""

    id: Identifier
    name: NonEmpty
    sites: Annotated[tuple[str, ...], Meta(description="ids of the sites that use it; empty means all")] = ()
    depends_on: Annotated[
        tuple[str, ...],
        Meta(description="addresses, networks, `zone:ID`, `directory:ID`, or ids of other services"),
    ] = ()
    backups: Annotated[
        tuple[str, ...], Meta(description="where its backups lie: addresses, networks or `zone:ID`")
    ] = ()
    rto_hours: Annotated[float, Meta(ge=0)] | None = None
    rpo_hours: Annotated[float, Meta(ge=0)] | None = None
    downtime_procedure: Annotated[str, Meta(description="where the written procedure is to be found")] = ""
    last_drill: Annotated[date | None, Meta(description="day of the last downtime drill")] = None
    last_restore_test: Annotated[date | None, Meta(description="day of the last restore test that succeeded")] = None
    fallback_communication: Annotated[str, Meta(description="how staff talk when it is down")] = ""


class AssetScope(_Table, frozen=True, kw_only=True):
    """What the hospital declares of machines that a zone's line does not fit: whether they hold or reach ePHI."""

    match: Annotated[NonEmpty, Meta(description="an address, a network, or a name or key with *")]
    ephi: Ephi
    note: str = ""


class Catalogs(_Table, frozen=True, kw_only=True):
    """Which catalogs are reported beside the Security Rule."""

    overlays: Annotated[
        tuple[str, ...], Meta(description="proposed rules to show as a part of their own, such as hipaa-nprm-2025")
    ] = ()
    own: Annotated[tuple[str, ...], Meta(description="files of your own catalogs, TOML or OSCAL JSON")] = ()


class Bind(_Table, frozen=True, kw_only=True):
    """How to log in to a directory."""

    method: Literal["anonymous", "simple", "sasl-external", "sasl-plain", "sasl-digest-md5", "sasl-gssapi"] = "simple"
    user: str = ""
    password: SecretReference | None = None


class DirectoryScope(_Table, frozen=True, kw_only=True):
    """A directory server to read. Named here, it is in scope; exclusions and its zone's policy still hold."""

    id: Identifier
    host: Annotated[NonEmpty, Meta(description="address or name of the server")]
    port: Annotated[int, Meta(ge=1, le=65535)] | None = None
    transport: Literal["ldaps", "starttls", "plain"] = "ldaps"
    kind: Literal["active-directory", "openldap", "other"] | None = None
    base: Annotated[str, Meta(description="search base; empty takes the server's default naming context")] = ""
    bind: Bind = Bind(method="anonymous")
    ca_file: str = ""
    verify_certificate: bool = True
    server_name: Annotated[str, Meta(description="name expected in the certificate, where it is not `host`")] = ""
    ephi: Ephi = "unknown"
    site: str = ""
    backup_operators: Annotated[
        tuple[NonEmpty, ...], Meta(description="log-in names of those who are to be in Backup Operators")
    ] = ()
    vendor_accounts: Annotated[
        tuple[NonEmpty, ...],
        Meta(description="accounts of vendors and contractors: log-in or distinguished names, with *"),
    ] = ()
    test_cleartext_bind: Annotated[
        bool, Meta(description="ask, as a user that does not exist, whether a password would be taken in the clear")
    ] = True


class SnmpCredential(_Table, frozen=True, kw_only=True):
    """A community (v1, v2c) or a user (v3). v3 has a privacy protocol only with an authentication protocol."""

    id: Identifier
    version: Literal["1", "2c", "3"] = "3"
    community: SecretReference | None = None
    user: str = ""
    auth: AuthProtocol | None = None
    auth_secret: SecretReference | None = None
    privacy: PrivacyProtocol | None = None
    privacy_secret: SecretReference | None = None
    context: str = ""
    zones: Annotated[tuple[str, ...], Meta(description="ids of the zones it is for; empty means all")] = ()


class SnmpScope(_Table, frozen=True, kw_only=True):
    """How devices are asked over SNMP."""

    credentials: tuple[SnmpCredential, ...] = ()
    try_default_communities: Annotated[
        bool, Meta(description="ask for sysDescr with the communities public and private, and nothing else")
    ] = False
    port: Annotated[int, Meta(ge=1, le=65535)] = 161


class Firmware(_Table, frozen=True, kw_only=True):
    """Which firmware of a vendor's devices is supported still, and which no more, by the hospital's own list.

    Patterns with * are compared with the firmware that a device names, and with its description (sysDescr).
    """

    vendor: Annotated[NonEmpty, Meta(description="the vendor as the report names it, such as Cisco, or with *")]
    model: Annotated[NonEmpty, Meta(description="the model, or with *")] = "*"
    unsupported: Annotated[tuple[NonEmpty, ...], Meta(description="firmware that the vendor no longer mends")] = ()
    supported: Annotated[tuple[NonEmpty, ...], Meta(description="firmware that the vendor still mends")] = ()


class SoftwareScope(_Table, frozen=True, kw_only=True):
    """What the hospital says of software, to compare with what machines say over SNMP. Patterns may hold *."""

    endpoint_protection: Annotated[
        tuple[NonEmpty, ...],
        Meta(description="processes of your endpoint protection, such as MsMpEng.exe; one of them has to run"),
    ] = ()
    unapproved: Annotated[
        tuple[NonEmpty, ...], Meta(description="software that must not be installed, such as TeamViewer*")
    ] = ()
    firmware: tuple[Firmware, ...] = ()


class InventoryScope(_Table, frozen=True, kw_only=True):
    """What the inventories that are imported (CSV, .xlsx) are meant to hold."""

    zones: Annotated[
        tuple[str, ...],
        Meta(description="ids of the zones that they cover; empty means all: nothing elsewhere is missed in them"),
    ] = ()


class Checks(_Table, frozen=True, kw_only=True):
    """Which checks run beside the built-in ones."""

    packs: Annotated[
        tuple[str, ...],
        Meta(description="installed packs whose checks and readers run; of no other is anything loaded"),
    ] = ()
    skip: tuple[str, ...] = ()


class SealScope(_Table, frozen=True, kw_only=True):
    """Where the key is that runs are sealed with; left out, it lies beside the store, and the first audit makes it."""

    key_file: Annotated[str, Meta(description="a file that only its owner can read, beside posture.toml")] = ""
    keyring: Annotated[
        str, Meta(pattern=r"^([^/\s]+/[^/\s]+)?$(?!\n)", description="service/user in the system's keyring")
    ] = ""


class TimestampScope(_Table, frozen=True, kw_only=True):
    """A timestamping authority (RFC 3161) that says when a run was sealed. It is sent a digest, and nothing else."""

    url: Annotated[str, Meta(pattern=r"^https?://[^\s/]\S*$(?!\n)", description="where it answers, over http or https")]
    ca_file: Annotated[NonEmpty, Meta(description="its certificate authority's certificates, PEM")]


class CustodyScope(_Table, frozen=True, kw_only=True):
    """Who people are, for the chain of custody."""

    roles: Annotated[dict[str, NonEmpty], Meta(description="the role of each user of the operating system")] = {}


class PackScope(_Table, frozen=True, kw_only=True):
    """What counsel wants of a pack for a regulator: docs/pack.md. It is of no audit, and kept with none."""

    requests: Annotated[
        tuple[NonEmpty, ...], Meta(description="ids of the requests that it is limited to; --requests lists them")
    ] = ()
    marking: Annotated[
        str, Meta(max_length=120, description="the text that stands on every page, as counsel wants it")
    ] = ""
    reviewer: Annotated[
        str, Meta(max_length=200, description="who reviewed what is sent, with role; without one no pack is made")
    ] = ""
    recipient: Annotated[str, Meta(max_length=400, description="to whom the letter goes")] = ""
    matter: Annotated[str, Meta(max_length=120, description="the regulator's number of the case or audit")] = ""


class Scope(_Table, frozen=True, kw_only=True):
    """The whole of posture.toml."""

    organisation: OrganisationScope
    site: tuple[Site, ...] = ()
    zone: tuple[Zone, ...] = ()
    flow: tuple[Flow, ...] = ()
    canary: tuple[CanaryScope, ...] = ()
    asset: tuple[AssetScope, ...] = ()
    service: tuple[Service, ...] = ()
    catalogs: Catalogs = Catalogs()
    directory: tuple[DirectoryScope, ...] = ()
    snmp: SnmpScope = SnmpScope()
    software: SoftwareScope = SoftwareScope()
    inventory: InventoryScope = InventoryScope()
    thresholds: Thresholds = Thresholds()
    checks: Checks = Checks()
    seal: SealScope = SealScope()
    timestamp: TimestampScope | None = None
    custody: CustodyScope = CustodyScope()
    pack: Annotated[dict[str, PackScope], Meta(description="packs for regulators, by id, such as hipaa")] = {}

    @cached_property
    def zones(self) -> dict[str, Zone]:
        """Zones by id."""
        return {zone.id: zone for zone in self.zone}

    @cached_property
    def directories(self) -> dict[str, DirectoryScope]:
        """Directories by id."""
        return {directory.id: directory for directory in self.directory}

    @cached_property
    def canaries(self) -> dict[str, CanaryScope]:
        """Canaries by address."""
        return {canary.address: canary for canary in self.canary}

    def reaching(self, zone: Zone) -> tuple[str, ...] | None:
        """The zones whose machines may open some connection into this one; None where nobody said.

        Those of `reachable_from` may open all, those of flows their ports.
        """
        if zone.reachable_from is None:
            return None
        flows = (flow.source for flow in self.flow if flow.target == zone.id)
        return tuple(dict.fromkeys((*zone.reachable_from, *flows)))

    def zone_of(self, address: str | Address) -> Zone | None:
        """The zone with the narrowest network that holds the address."""
        parsed = _reached(address)
        holding = [(net.prefixlen, zone) for zone in self.zone for net in zone.nets if parsed in net]
        return max(holding, key=lambda pair: pair[0])[1] if holding else None

    def excluded(self, address: str | Address) -> bool:
        """Whether any zone excludes the address: exclusions win over everything."""
        parsed = _reached(address)
        return any(parsed in net for zone in self.zone for net in zone.excluded)

    def ephi(self, *places: str | None) -> Ephi:
        """Whether any of these places (zones or directories) holds or reaches ePHI, as declared."""
        declared = {place: self.zones.get(place or "") or self.directories.get(place or "") for place in places}
        said: set[Ephi] = {found.ephi if found else "unknown" for found in declared.values()}
        return "yes" if "yes" in said else "no" if said == {"no"} else "unknown"

    def snmp_credentials(self, place: str | None, *versions: str) -> tuple[SnmpCredential, ...]:
        """The SNMP credentials of these versions that are for a zone."""
        return tuple(
            credential
            for credential in self.snmp.credentials
            if credential.version in versions and (not credential.zones or place in credential.zones)
        )

    def secrets(self) -> Iterator[SecretReference]:
        """Every reference to a secret."""
        for directory in self.directory:
            if directory.bind.password:
                yield directory.bind.password
        for credential in self.snmp.credentials:
            yield from filter(None, (credential.community, credential.auth_secret, credential.privacy_secret))

    @classmethod
    def of_files(cls) -> Scope:
        """The scope of an import without a posture.toml: whatever the files hold."""
        return cls(organisation=OrganisationScope(name="Unnamed organisation"))


def _reached(address: str | Address) -> Address:
    """The address that a packet would go to: an IPv4 address written as IPv6 is the IPv4 one (RFC 4291, 2.5.5.2)."""
    parsed = ip_address(str(address))
    return getattr(parsed, "ipv4_mapped", None) or parsed
