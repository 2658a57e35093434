"""The sample hospital: which servers it has, how each is weak or well kept, and the scope that audits them."""

from __future__ import annotations

import os
import secrets
import shutil
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from posture import configuration
from posture.demo.certificates import Pem, make_ca, make_certificate
from posture.demo.listeners import Canary, Dicom, Ftp, Http, Mllp, Redis, Smtp, Telnet, Vnc, listening
from posture.demo.slapd import Slapd, SlapdOptions
from posture.demo.snmpd import Snmpd
from posture.errors import PostureError
from posture.governance.period import months_after
from posture.scope import Scope

__all__ = ["Hospital", "hospital", "scope_text"]

DIRECTORY, PACS, STORE, FILES, MAIL, PORTAL = (f"127.20.10.{number}" for number in range(10, 16))
STATION, ANALYSER = "127.20.20.20", "127.20.20.21"
MODALITY, GATEWAY = "127.20.30.30", "127.20.30.31"
NONCE = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
CANARY, CANARY_PORTS = "127.20.10.16", (1433, 3306, 3389, 5432, 5985)
UPS, SWITCH = "127.20.40.40", "127.20.40.41"

_SUFFIX = "dc=sample-hospital,dc=example"


class _Ports(msgspec.Struct, frozen=True):
    """The usual numbers where this user may listen on them, else high ones."""

    ldap: int = 389
    ldaps: int = 636
    https: int = 443
    ftp: int = 21
    telnet: int = 23
    smtp: int = 25
    dicom: int = 104
    snmp: int = 161


_USUAL = _Ports()
_HIGH = _Ports(ldap=1389, ldaps=1636, https=8443, ftp=2121, telnet=2323, smtp=2525, dicom=11112, snmp=1161)


class Hospital(msgspec.Struct, frozen=True, kw_only=True):
    """The hospital while it runs: its scope, and what this machine could not start."""

    scope: Scope
    missing: tuple[str, ...]


def scope_text(folder: Path, ports: _Ports = _USUAL, today: date | None = None) -> str:
    """The hospital's posture.toml on a day, with its secrets in files of this folder."""
    today = today or datetime.now(UTC).date()
    high = "" if ports is _USUAL else ",".join(str(number) for number in msgspec.structs.astuple(ports))
    text = (Path(__file__).parent / "hospital.toml").read_text(encoding="utf-8")
    for name, value in {
        "folder": str(folder),
        "high ports": high,
        "canary": CANARY,
        "canary ports": ",".join(map(str, CANARY_PORTS)),
        "nonce": NONCE,
        "ldap": str(ports.ldap),
        "snmp": str(ports.snmp),
        "recent": str(months_after(today, -3)),
        "old": str(months_after(today, -16)),
    }.items():
        text = text.replace(f"<{name}>", value)
    return text


@contextmanager
def hospital(folder: Path) -> Iterator[Hospital]:
    """Start everything that this machine can start; it is gone when the block ends. Secrets are made for this once."""
    ports = _USUAL if _may_listen(_USUAL.ftp) else _HIGH
    words = {name: secrets.token_urlsafe(18) for name in ("directory", "snmp-auth", "snmp-privacy")}
    for name, word in words.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(word, encoding="utf-8")
    authority = make_ca("Sample Hospital CA")
    (folder / "ca.pem").write_bytes(authority.certificate)
    missing = []
    with ExitStack() as stack:
        for what, start in _servers(ports, authority, words, folder):
            try:
                stack.enter_context(start())
            except PostureError as error:
                missing.append(f"{what}: {str(error).splitlines()[0]}")
        yield Hospital(
            scope=configuration.parse(scope_text(folder, ports), "the sample hospital"), missing=tuple(missing)
        )


def _may_listen(port: int) -> bool:
    limit = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    return os.geteuid() == 0 or (limit.is_file() and int(limit.read_text(encoding="ascii")) <= port)


Start = Callable[[], AbstractContextManager[object]]


def _servers(ports: _Ports, authority: Pem, words: dict[str, str], folder: Path) -> Iterator[tuple[str, Start]]:
    old = make_certificate(
        authority,
        ["pacs.sample-hospital.example"],
        datetime(2017, 1, 1, tzinfo=UTC),
        datetime(2019, 1, 1, tzinfo=UTC),
        1024,
    )
    good = make_certificate(authority, ["portal.sample-hospital.example"])
    for what, address, port, handler, context in (
        ("imaging archive", PACS, 8042, Http, None),
        ("imaging archive (TLS)", PACS, ports.https, Http, _context(folder, "pacs", old, oldest=True)),
        ("data store", STORE, 6379, Redis, None),
        ("file server", FILES, ports.ftp, Ftp, None),
        ("mail relay", MAIL, ports.smtp, Smtp, None),
        ("patient portal", PORTAL, ports.https, Portal, _context(folder, "portal", good, oldest=False)),
        ("nurse station", STATION, 5900, Vnc, None),
        ("analyser", ANALYSER, ports.telnet, Telnet, None),
        ("modality", MODALITY, ports.dicom, Dicom, None),
        ("interface gateway", GATEWAY, 2575, Mllp, None),
    ):
        yield what, lambda a=address, p=port, h=handler, c=context: listening(a, p, h, c)  # type: ignore[misc]
    for port in CANARY_PORTS:
        yield "canary", lambda p=port: listening(CANARY, p, OwnCanary)  # type: ignore[misc]
    yield "staff directory", lambda: _directory(ports, authority, words["directory"])
    yield "gateway's SNMP", lambda: Snmpd(_GATEWAY, address=GATEWAY, port=ports.snmp)
    yield "UPS", lambda: Snmpd(_v3(_UPS, words), address=UPS, port=ports.snmp)
    yield "switch", lambda: Snmpd(_v3(_SWITCH, words), address=SWITCH, port=ports.snmp)


class OwnCanary(Canary):
    """The canary that the hospital's posture.toml declares."""

    nonce = NONCE


class Portal(Http):
    """A well-kept page."""

    title = "Patient portal"
    software = "nginx"


def _context(folder: Path, name: str, pem: Pem, *, oldest: bool) -> ssl.SSLContext:
    """TLS as it should be, or as old machines speak it (from TLS 1.0, with small keys and hashes)."""
    for suffix, content in (("pem", pem.certificate), ("key", pem.key)):
        (folder / f"{name}.{suffix}").touch(mode=0o600)
        (folder / f"{name}.{suffix}").write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if oldest:
        context.set_ciphers("AES128-SHA:AES256-SHA:ECDHE-RSA-AES128-SHA:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def _directory(ports: _Ports, authority: Pem, password: str) -> Slapd:
    if shutil.which("slapd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
        raise PostureError("slapd is not installed")
    people = "".join(
        f"\ndn: uid={uid},ou=people,{_SUFFIX}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {name}\n"
        f"sn: {name.split()[-1]}\nuserPassword: {password if uid == 'auditor' else secrets.token_urlsafe(12)}\n"
        for uid, name in (
            ("auditor", "Posture Audit"),
            ("nlopez", "Nina Lopez"),
            ("jchen", "Jun Chen"),
            ("ward3", "Ward 3"),
        )
    )
    ldif = (
        f"dn: {_SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Sample Regional Hospital\n"
        f"dc: sample-hospital\n\ndn: ou=people,{_SUFFIX}\nobjectClass: organizationalUnit\nou: people\n{people}"
    )
    return Slapd(
        _SUFFIX,
        ldif,
        address=DIRECTORY,
        port=ports.ldap,
        tls_port=ports.ldaps,
        certificate=make_certificate(authority, [DIRECTORY, "directory.sample-hospital.example"]),
        options=SlapdOptions(anonymous=True),
    )


_GATEWAY = """
rocommunity public
rwcommunity private
sysDescr Infusion gateway 3.2
sysName infusion-gateway
sysLocation Ward 7
sysContact clinical engineering
"""
_UPS = """
sysDescr APC Smart-UPS 3000
sysName ups-data-centre
sysLocation Data centre
sysContact facilities
override 1.3.6.1.2.1.33.1.1.1.0 octet_str "APC"
override 1.3.6.1.2.1.33.1.1.2.0 octet_str "Smart-UPS 3000"
override 1.3.6.1.2.1.33.1.2.1.0 integer 3
override 1.3.6.1.2.1.33.1.2.3.0 integer 4
override 1.3.6.1.2.1.33.1.6.1.0 integer 1
"""
_SWITCH = """
sysDescr Core switch
sysName core-switch
sysLocation Data centre
sysContact network team
"""


def _v3(configuration_text: str, words: dict[str, str]) -> str:
    return (
        f'createUser monitor SHA-256 "{words["snmp-auth"]}" AES "{words["snmp-privacy"]}"\nrouser monitor authPriv\n'
        f"{configuration_text}"
    )
