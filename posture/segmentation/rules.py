"""What is not to be reached from other zones: one rule a check. Data, and nothing but data.

A product named here is nmap's name for what answered, or a word of its page's title or its certificate; a port's
number alone names none.
"""

from __future__ import annotations

from typing import Final, get_args

from posture.facts import Host
from posture.model import Severity
from posture.patterns import Named, matches
from posture.scope import Scope, ZoneKind
from posture.segmentation.crossing import Crossing
from posture.services import DICOM as DICOM_KIND
from posture.services import Kind

__all__ = ["SPECIFIC", "WEB", "backups_declared", "holds_backups"]

_GUESTS: Final[frozenset[ZoneKind]] = frozenset({"guest", "external"})
_NOT_BUILDING: Final[frozenset[ZoneKind]] = frozenset(get_args(ZoneKind)) - {"building"}
_UNCONTROLLED: Final[frozenset[ZoneKind]] = frozenset({"user", "guest", "clinical", "external"})

WEB: Final = ("http", "https", "http-alt", "https-alt", "http-proxy", "ipp", "upnp", "soap", "websocket", "ssl")
"""nmap's names of what answers in HTTP: by itself it says nothing of the product behind it."""


def _page(label: str, words: str, ports: tuple[int, ...], **more: object) -> Kind:
    """A product with a page: known by its title, its certificate or what the server calls itself."""
    pattern = rf"(?i){words}"
    signs = (("http-title", pattern), ("ssl-cert", pattern), ("vmware-version", pattern))
    given: dict[str, object] = {"products": pattern, "hidden_as": WEB, "signs": signs, **more}
    return Kind(label=label, ports=ports, **given)  # type: ignore[arg-type]  # keywords of Kind


RDP: Final = Crossing(
    kind=Kind(
        label="Remote Desktop",
        names=("ms-wbt-server", "ms-wbt-server-proxy"),
        ports=(3389,),
        signs=(("rdp-enum-encryption", "Security layer"), ("rdp-ntlm-info", "Product_Version")),
    )
)
SMB: Final = Crossing(
    kind=Kind(label="SMB", names=("microsoft-ds", "netbios-ssn"), ports=(139, 445)),
    sources=None,
)
WINRM: Final = Crossing(
    kind=Kind(label="WinRM", names=("wsman", "wsmans"), ports=(5985, 5986), hidden_as=WEB),
    at_home=r"Microsoft HTTPAPI|Openwsman",
    milder=frozenset({5986}),
    mild=Severity.LOW,
)
DATABASE: Final = Crossing(
    kind=Kind(
        label="a database",
        names=(
            "ms-sql-s",
            "ms-sql-m",
            "oracle-tns",
            "mysql",
            "postgresql",
            "mongodb",
            "mongod",
            "redis",
            "elasticsearch",
        ),
        products=r"Elasticsearch|OpenSearch",
        hidden_as=WEB,
        ports=(1433, 1521, 3306, 5432, 6379, 9200, 27017),
        signs=(("redis-info", "Version: "), ("mongodb-info", "Server status"), ("ms-sql-info", "Version")),
    )
)
INTERSYSTEMS: Final = Crossing(
    kind=_page(
        "an InterSystems database",
        r"InterSystems|\bCach[eé] .*Portal|\bIRIS .*Portal|HealthShare",
        (1972, 51773, 52773, 57772),
        names=("intersys-cache",),
    ),
    by_number=frozenset({1972, 51773}),
    doubted=Severity.MEDIUM,
)
DICOM: Final = Crossing(kind=DICOM_KIND, sources=None, by_number=frozenset({104, 2761, 2762, 11112}))
HL7: Final = Crossing(
    kind=Kind(
        label="HL7",
        names=("hl7", "hl7-mlp"),
        ports=(2575, 6661),
        signs=(("banner", r"MSH\|\^~\\+&"), ("fingerprint-strings", r"MSH\|\^~\\+&")),
    ),
    sources=None,
    by_number=frozenset({2575, 6661}),
)
SNMP: Final = Crossing(
    kind=Kind(
        label="SNMP",
        names=("snmp",),
        ports=(161,),
        protocol="udp",
        signs=(("snmp-sysdescr", "."), ("snmp-info", "enterprise")),
    )
)
HYPERVISOR: Final = Crossing(
    kind=_page(
        "management of virtual machines",
        r"ID_(?:E?ESX|VC)\w*_Welcome|VMware (?:ESX|vCenter|vSphere|VirtualCenter|hostd|Authentication)|\bESXi?\b"
        r"|vSphere|vCenter|Proxmox|XenServer|XCP-ng|Nutanix Prism",
        (443, 902),
        names=("vmware-auth",),
    )
)
IPMI: Final = Crossing(
    kind=Kind(
        label="IPMI",
        names=("asf-rmcp",),
        ports=(623,),
        protocol="udp",
        signs=(("ipmi-version", r"IPMI-\d"), ("ipmi-cipher-zero", "VULNERABLE")),
    )
)
BMC: Final = Crossing(
    kind=_page(
        "a server's management processor",
        r"\biDRAC|\biLO\b|Integrated Lights-Out|Remote Access Controller|XClarity Controller|Integrated Management Mod"
        r"|Cisco Integrated Management|\biRMC|MegaRAC|Huawei BMC|Super ?Micro IPMI|\bIPMI\b|OpenBMC|\biBMC\b",
        (80, 443),
        names=("ilo-vm", "ilo-console", "drac-console", "ilo"),
    )
)
MODBUS: Final = Crossing(
    kind=Kind(label="Modbus", names=("modbus",), ports=(502,), signs=(("modbus-discover", r"sid 0x"),)),
    sources=_NOT_BUILDING,
    by_number=frozenset({502}),
)
BACNET: Final = Crossing(
    kind=Kind(
        label="BACnet",
        names=("bacnet",),
        ports=(47808,),
        protocol="udp",
        signs=(("bacnet-info", r"Vendor (?:ID|Name)|Object-identifier|Instance Number"),),
    ),
    sources=_UNCONTROLLED,
)
CONTROLLER: Final = Crossing(
    kind=Kind(
        label="a building controller",
        names=("niagara-fox", "EtherNetIP-2", "EtherNet-IP-2", "iso-tsap"),
        ports=(102, 1911, 4911, 44818),
        signs=(
            ("fox-info", r"fox\.version|hostName"),
            ("enip-info", r"(?:productName|vendor):"),
            ("s7-info", r"Module|Basic Hardware|System Name"),
        ),
    ),
    sources=_NOT_BUILDING,
    by_number=frozenset({102, 1911, 4911, 44818}),
    doubted=Severity.MEDIUM,
)
CITRIX: Final = Crossing(
    kind=Kind(label="Citrix", names=("citrix-ica", "citriximaclient"), products=r"Citrix.*ICA", ports=(1494, 2598)),
    sources=_GUESTS,
)
VEEAM: Final = Crossing(
    kind=_page("Veeam", r"\bVeeam", (6160, 6162, 9392, 9393, 9401, 9419)),
    by_number=frozenset({6160, 6162, 9392, 9393, 9401, 9419}),
    doubted=Severity.MEDIUM,
)
COMMVAULT: Final = Crossing(
    kind=_page("Commvault", r"\bCommvault", (8400, 8403), names=("commvault",)),
    by_number=frozenset({8400, 8403}),
    doubted=Severity.MEDIUM,
)
NETBACKUP: Final = Crossing(
    kind=_page("NetBackup", r"NetBackup|Veritas.*Backup", (1556, 13724), names=("netbackup", "netbackup-bpdbm")),
    by_number=frozenset({1556, 13720, 13724}),
    doubted=Severity.MEDIUM,
)
PRINTER: Final = Crossing(
    kind=Kind(label="raw printing or LPD", names=("printer", "jetdirect", "hp-pjl"), ports=(515, 9100)),
    sources=_GUESTS,
    by_number=frozenset({515, 9100}),
)
PRINTER_PAGE: Final = Crossing(
    kind=_page(
        "a printer's administration page",
        r"LaserJet|OfficeJet|PageWide|\bprinter\b|JetDirect|\bLexmark|Kyocera|ECOSYS|TASKalfa|\bRICOH\b"
        r"|Web Image Monitor|Xerox|CentreWare|Konica|bizhub|PageScope|imageRUNNER|Remote UI|Brother (?:HL|MFC|DCP)"
        r"|\bEPSON\b|SyncThru|TopAccess|Sharp MX",
        (80, 443, 631),
    ),
    sources=_GUESTS,
)
ENGINE: Final = Crossing(
    kind=_page("the console of an interface engine", r"(?:Mirth|NextGen) Connect", (8080, 8443)),
)
DEVICE_PAGE: Final = Crossing(
    kind=_page(
        "the page of a device as it was delivered",
        r"RouterOS|MikroTik|NETGEAR|D-LINK|TP-LINK|Linksys|DrayTek|Zyxel|UniFi|EdgeOS|Hikvision|\bDahua|AXIS [A-Z]\d{3}"
        r"|Network Camera|IP ?Camera|NetSurveillance|Grandstream|Polycom|Yealink|\bSnom\b|APC \| Log On"
        r"|Network Management Card|Eaton.*(?:UPS|Network)|\bMoxa\b|Lantronix|Digi (?:Connect|One)|Router Login",
        (80, 443, 8080),
    )
)


def holds_backups(host: Host, scope: Scope) -> bool:
    """Whether posture.toml says that backups lie on the host: by its zone's kind, or a service's `backups`."""
    named = Named(addresses=(host.address,), zones=(host.place,) if host.place else ())
    return host.zone_kind == "backup" or any(
        matches(pattern, named) for service in scope.service for pattern in service.backups
    )


def backups_declared(scope: Scope) -> bool:
    """Whether posture.toml says anywhere where backups lie."""
    return any(zone.kind == "backup" for zone in scope.zone) or any(service.backups for service in scope.service)


_APPLIANCE = r"Data ?Domain|ExaGrid|StoreOnce|Synology|DiskStation|\bQNAP\b|Rubrik|Cohesity|Quantum DXi|NetBackup Appl"
_FILES = ("nfs", "nfs_acl")
_STORAGE = _page(
    "storage of backups", _APPLIANCE, (2049, 2051, 2052, 3009), names=("emc-datadomain",), hidden_as=(*_FILES, *WEB)
)
_REPOSITORY = _page(
    "storage of backups", _APPLIANCE, (2049, 2051, 2052, 3009), names=("emc-datadomain", *_FILES), hidden_as=WEB
)


def _storage(host: Host, scope: Scope) -> Kind:
    """Where backups are declared to lie, NFS itself is a way to them; elsewhere only a product shows it."""
    return _REPOSITORY if holds_backups(host, scope) else _STORAGE


STORAGE: Final = Crossing(kind=_STORAGE, of=_storage)

SPECIFIC: Final = (
    RDP,
    SMB,
    WINRM,
    DATABASE,
    INTERSYSTEMS,
    DICOM,
    HL7,
    SNMP,
    HYPERVISOR,
    IPMI,
    BMC,
    MODBUS,
    BACNET,
    CONTROLLER,
    CITRIX,
    VEEAM,
    COMMVAULT,
    NETBACKUP,
    STORAGE,
    PRINTER,
    PRINTER_PAGE,
    ENGINE,
    DEVICE_PAGE,
)
"""Each has a check of its own, that counts what crosses; segmentation-not-enforced counts the rest."""
