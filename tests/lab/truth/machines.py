"""Which machines stand in the hospital's zones, each weak one with its hardened twin at the same address.

The servers are those that nmap's recordings were made of (`record_nmap.py`), SNMP agents and OpenLDAP.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lab import record_nmap as servers
from lab.directories import AUDITOR, HOSPITAL, PASSWORD, POLICY, SUFFIX
from lab.truth import agents
from lab.truth.network import STANDING, ZONES, Hospital, Machine
from posture.demo.certificates import Pem, make_ca, make_certificate
from posture.demo.slapd import Slapd, SlapdOptions

FORGOTTEN = f"""
dn: uid=forgotten,{SUFFIX}
objectClass: inetOrgPerson
uid: forgotten
cn: forgotten
sn: forgotten
userPassword: of-the-forgotten
pwdLastSuccess: 20230101000000Z
"""
Start = Callable[[Machine], None]

STRONG_POLICY = f"""
dn: cn=staff policy,{SUFFIX}
objectClass: device
objectClass: pwdPolicy
cn: staff policy
pwdAttribute: userPassword
pwdMinLength: 14
pwdCheckQuality: 2
pwdInHistory: 10
pwdLockout: TRUE
pwdMaxFailure: 5
"""


def smtp_good(machine: Machine) -> None:
    """Postfix with STARTTLS, and no TLS before 1.2: its own default would take older ones."""
    certificate, key = machine.certificate("mail.hospital.example", ca=True)
    servers._postfix(
        machine,
        "smtpd_tls_security_level = may",
        "smtpd_tls_protocols = >=TLSv1.2",
        f"smtpd_tls_cert_file = {certificate}",
        f"smtpd_tls_key_file = {key}",
    )


@dataclass(frozen=True)
class Post:
    """One machine: its place, and what it runs when weak and when hardened (nothing, where it is better gone).

    Machines of one `share` are audited together, all shares at the same time: nmap needs up to a minute for some.
    """

    share: str
    zone: str
    number: int
    weak: Start
    hardened: Start | None


POSTS = (
    Post("rdp", "users", 12, servers.rdp_native, servers.rdp_nla),
    Post("hl7", "integration", 10, servers.hl7_clear, servers.hl7_tls),
    Post("screens", "users", 10, servers.vnc_none, servers.vnc_password),
    Post("screens", "users", 11, servers.x11_open, servers.x11_authorised),
    Post("screens", "servers", 13, servers.telnet_unprobed, servers.ssh_modern),
    Post("imaging", "imaging", 10, servers.dicom_any, servers.dicom_tls),
    Post("imaging", "imaging", 11, servers.orthanc, servers.dicom_tls),
    Post("imaging", "servers", 10, servers.smb_weak, servers.smb_hardened),
    Post("imaging", "servers", 11, servers.tls_weak, servers.tls_hardened),
    Post("pages", "servers", 18, servers.tls_certificates, servers.tls_hardened),
    Post("pages", "servers", 21, servers.http_pages, servers.tls_hardened),
    Post("pages", "servers", 22, servers.portals, servers.tls_hardened),
    Post("stores", "servers", 12, servers.redis_open, servers.redis_password),
    Post("stores", "servers", 14, servers.smtp_clear, smtp_good),
    Post("stores", "servers", 15, servers.ssh_weak, servers.ssh_modern),
    Post("stores", "servers", 16, servers.nfs_everybody, servers.nfs_single),
    Post("docker", "servers", 17, servers.docker_open, None),
    Post("stores", "servers", 19, servers.ftp_anonymous, servers.ftp_tls_forced),
    Post("stores", "servers", 20, servers.ftp_clear_login, servers.ftp_tls_forced),
    Post("crossing", "servers", 40, servers.rdp_native, servers.rdp_native),
    Post("crossing", "servers", 41, servers.smb_weak, servers.smb_weak),
    Post("crossing", "servers", 42, servers.redis_open, servers.redis_open),
    Post("crossing", "imaging", 40, servers.dicom_any, servers.dicom_any),
    Post("crossing", "integration", 40, servers.hl7_clear, servers.hl7_clear),
    Post("crossing", "management", 40, agents.REACHED, agents.REACHED),
    Post("agents", "devices", 10, servers.telnet_unprobed, servers.ssh_modern),
    Post("agents", "management", 10, agents.WEAK_UPS, agents.GOOD_UPS),
    Post("agents", "management", 11, agents.WEAK_PRINTER, agents.GOOD_PRINTER),
    Post("agents", "management", 12, agents.WEAK_WINDOWS, agents.GOOD_WINDOWS),
    Post("agents", "management", 13, agents.WEAK_SWITCH, agents.GOOD_SWITCH),
)
VANTAGES = {"crossing": "users"}
"""Which shares are audited from elsewhere than the management zone, and may not be reached from there."""

BACKED_UP = "stores"
"""The share in which a clinical service has its backups, on the NFS server."""
INVENTORIED = "pages"
"""The share that has an inventory; in the weak lab its first machine is not in it."""

DIRECTORIES = "agents"
"""The share that the directories are audited with."""

_KINDS = {
    "users": "user",
    "servers": "server",
    "imaging": "imaging",
    "devices": "medical-device",
    "integration": "integration",
    "management": "management",
}
_CLINICAL = ("imaging", "devices", "integration")
_UNKNOWN_SOFTWARE = ("integration",)
"""Zones whose machines are not declared as IT, so that nmap asks them for no version."""
_UNAPPROVED = ("crossing", "integration")
"""There an open port says enough, and no script is to wait for an answer of HL7."""
_POLICIES = {"docker": "thorough"}
"""Docker's API is named only by version probes that the standard policy leaves out."""


def start(hospital: Hospital, folder: Path, *, weak: bool) -> dict[str, Path]:
    """Start every machine, weak or hardened; gives each share's posture.toml, in a folder of its own."""
    authority = make_ca("Hospital test CA")
    run: dict[Machine, Start] = {}
    shares: dict[str, list[Machine]] = {}
    for post in POSTS:
        machine, server = hospital.machine(post.zone, post.number), post.weak if weak else post.hardened
        shares.setdefault(post.share, []).append(machine)
        if server is not None:
            run[machine] = server
    directories = {}
    for number, directory in (WEAK_DIRECTORIES if weak else GOOD_DIRECTORIES).items():
        machine = hospital.machine("servers", number)
        directories[machine] = directory
        run[machine] = partial(directory.start, authority=authority)
    hospital.serve(*run.items())
    written = {}
    for share, machines in shares.items():
        own = folder / share
        own.mkdir()
        (own / "ca.pem").write_bytes(authority.certificate)
        text = _toml(share, own, machines, weak=weak)
        if share == DIRECTORIES:
            text += "".join(_directory(own, each.address, directory) for each, directory in directories.items())
        if share == BACKED_UP:
            backups = f"{hospital.zones['servers']}.16"
            text += f'\n[[service]]\nid = "pacs"\nname = "PACS"\nbackups = ["{backups}"]\n'
        if share == INVENTORIED:
            rows = [machine.address for machine in machines if not weak or machine is not machines[0]]
            (own / "inventory.csv").write_text("hostname,ip address\n" + "".join(f",{row}\n" for row in rows))
        written[share] = own / "posture.toml"
        written[share].write_text(text, encoding="utf-8")
    return written


@dataclass(frozen=True)
class Directory:
    """An OpenLDAP server: who it is in posture.toml, what it holds, and whether it speaks TLS."""

    id: str
    ldif: str
    options: SlapdOptions
    tls: bool

    def start(self, machine: Machine, authority: Pem) -> None:
        """Start it with the demo's configuration of slapd, at an address that is not loopback."""
        (machine.folder / "db").mkdir()
        certificate = make_certificate(authority, [machine.address, "ldap.hospital.example"]) if self.tls else None
        text = Slapd(SUFFIX, "", certificate=certificate, options=self.options)._configuration(machine.folder)
        configuration, data = machine.write("slapd.conf", text), machine.write("data.ldif", self.ldif)
        add = ["/usr/sbin/slapadd", "-q", "-f", configuration, "-b", SUFFIX, "-l", data]
        subprocess.run(add, check=True, capture_output=True)
        urls = f"ldap://{machine.address}/" + (f" ldaps://{machine.address}/" if self.tls else "")
        machine.start("slapd", "-d", "0", "-f", configuration, "-h", urls, port=636 if self.tls else 389)


WEAK_DIRECTORIES = {
    30: Directory("open", HOSPITAL, SlapdOptions(anonymous=True, hashes_readable=True), tls=False),
    32: Directory("bare", HOSPITAL, SlapdOptions(minimum_ssf=128), tls=True),
    31: Directory(
        "lax",
        HOSPITAL + POLICY + FORGOTTEN,
        SlapdOptions(password_policy=True, config_readable=True, lines=("lastbind on",)),
        tls=True,
    ),
}
GOOD_DIRECTORIES = {
    30: Directory(
        "staff",
        HOSPITAL + STRONG_POLICY,
        SlapdOptions(minimum_ssf=128, password_policy=True, lines=("lastbind on",)),
        tls=True,
    ),
}


def _secret(folder: Path, name: str, word: str) -> str:
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(word, encoding="utf-8")
    return f'{{file = "{path}"}}'


def _zones(share: str, machines: list[Machine]) -> str:
    text = ""
    for zone, kind in _KINDS.items():
        addresses = [machine.address for machine in machines if machine.zone == zone]
        if zone == VANTAGES.get(share):
            addresses = [f"{ZONES[zone]}.{STANDING}"]
        if not addresses:
            continue
        text += (
            f'[[zone]]\nid = "{zone}"\nkind = "{kind}"\nnetworks = {addresses}\nephi = "yes"\n'
            f'policy = "{_POLICIES.get(share, "standard")}"\nmax_rate = 5000\nreachable_from = ["management"]\n'
            f"identified_as_it = {[] if zone in _UNKNOWN_SOFTWARE else addresses}\n"
        )
        if zone in _CLINICAL and (share, zone) != _UNAPPROVED:
            text += (
                'approval = {approver = "A. Engineer", ticket = "CHG-1", telephone = "+1 555 0100"}\n'
                'window = [{start = "00:00", end = "12:00"}, {start = "12:00", end = "00:00"}]\n'
                f"approved_devices = {addresses}\n"
            )
        if zone == "servers":
            text += 'scripts = ["ssl-enum-ciphers"]\n'
    if not any(machine.zone == "management" for machine in machines):
        text += (
            f'[[zone]]\nid = "management"\nkind = "management"\nnetworks = ["{ZONES["management"]}.{STANDING}"]\n'
            'policy = "off"\nephi = "no"\n'
        )
    return text


def _directory(folder: Path, address: str, directory: Directory) -> str:
    """Without TLS nobody may log in, as Posture never sends a password in the clear."""
    password = _secret(folder, "directory", PASSWORD)
    bind = (
        f'{{method = "simple", user = "{AUDITOR}", password = {password}}}'
        if directory.tls
        else ('{method = "anonymous"}')
    )
    ca = f'ca_file = "{folder}/ca.pem"\n' if directory.tls else ""
    return f"""
[[directory]]
id = "{directory.id}"
host = "{address}"
kind = "openldap"
transport = "{"ldaps" if directory.tls else "plain"}"
{ca}bind = {bind}
ephi = "yes"
"""


def _toml(share: str, folder: Path, machines: list[Machine], *, weak: bool) -> str:
    return f"""[organisation]
name = "Lab Hospital"

{_zones(share, machines)}
[snmp]
try_default_communities = true

[[snmp.credentials]]
id = "monitor"
user = "monitor"
auth = "SHA-256"
auth_secret = {_secret(folder, "auth", agents.AUTH)}
privacy = "AES-128"
privacy_secret = {_secret(folder, "privacy", agents.PRIVACY)}

[[snmp.credentials]]
id = "ward"
version = "2c"
community = {_secret(folder, "ward", agents.WARD)}

[software]
endpoint_protection = ["{"MsMpEng.exe" if weak else "snmpd"}"]
unapproved = ["{"*base-files*" if weak else "no-such-program*"}"]

[[software.firmware]]
vendor = "Cisco"
unsupported = ["*12.2*"]
supported = ["*15.2*"]
"""
