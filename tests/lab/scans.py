"""What tests of nmap's collector stand on: scopes, contexts, listeners that count, and an ear on the wire."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address
from itertools import pairwise
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from posture.collectors.base import Context, Progress
from posture.collectors.nmap import NmapCollector
from posture.facts import BlindSpot, Host
from posture.model import Evidence, Probe
from posture.scope import Approval, OrganisationScope, Scope, Window, Zone

APPROVAL = Approval(approver="Dana Biomed", ticket="CE-1", telephone="+1 555 0100")
_CLONE_NEWNET = 0x40000000
ALWAYS = (Window(start="00:00", end="12:00"), Window(start="12:00", end="00:00"))


def scope(*zones: Zone, time_zone: str = "UTC") -> Scope:
    return Scope(organisation=OrganisationScope(name="Test Hospital", time_zone=time_zone), zone=zones)


def zone(*networks: str, name: str = "servers", kind: str = "server", **more: object) -> Zone:
    return Zone(id=name, kind=kind, networks=networks, **more)


@contextlib.contextmanager
def private_loopback() -> Iterator[None]:
    """A network of this thread's own, and of all that it starts: loopback, and nothing else to be reached."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/proc/self/task/{threading.get_native_id()}/ns/net").open("rb") as before:
        if libc.unshare(_CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            yield
        finally:
            if libc.setns(before.fileno(), _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")


class Run:
    """One run of the collector over a scope: it keeps its evidence, as the engine does."""

    def __init__(self, where: Scope, workdir: Path, now: Callable[[], datetime] | None = None) -> None:
        self.scope = where
        self.collector = NmapCollector(now) if now else NmapCollector()
        self.evidence: list[Evidence] = []
        self.progress: list[Progress] = []
        self.context = Context(
            scope=where,
            secret=lambda _: "",
            hosts=self.hosts,
            progress=self.progress.append,
            stop=threading.Event(),
            workdir=workdir,
            vantage="lab",
            operator="tester",
        )

    def plan(self) -> list[Probe]:
        return [probe for probe in self.collector.plan(self.scope) if not probe.refused]

    def ask(self, probe: Probe) -> list[Evidence]:
        got = []
        for evidence in self.collector.ask(probe, self.context):
            self.evidence.append(evidence)
            got.append(evidence)
        return got

    def hosts(self) -> list[Host]:
        return [fact for fact in self.collector.read(self.evidence, self.scope) if isinstance(fact, Host)]

    def blind_spots(self) -> list[BlindSpot]:
        return [fact for fact in self.collector.read(self.evidence, self.scope) if isinstance(fact, BlindSpot)]


class Listener:
    """A TCP server on one address and port. It says its banner, answers what it is asked, and keeps what it heard."""

    def __init__(
        self, address: str, port: int, *, banner: bytes = b"", answer: bytes = b"", tls: ssl.SSLContext | None = None
    ) -> None:
        self.heard: list[bytes] = []
        self.banner, self.answer, self.tls = banner, answer, tls
        family = socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6
        self._socket = socket.create_server((address, port), family=family, backlog=64)
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(20)
            if self.tls is None:
                self._answer(connection)
                return
            with self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as wrapped:
                wrapped.do_handshake()
                self._answer(wrapped)

    def _answer(self, connection: socket.socket) -> None:
        connection.sendall(self.banner)
        while data := connection.recv(4096):
            self.heard.append(data)
            if self.answer:
                connection.sendall(self.answer)
                return


HTTP = b"HTTP/1.0 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\n\r\n<title>Ward list</title>"


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's TLS, with a certificate of its own making."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ward.hospital.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


class Wire:
    """Hears every IPv4 packet on loopback that starts something (a SYN, an ICMP echo), with its time."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.packets: list[tuple[float, str, int]] = []
        self._end = threading.Event()
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self._socket.bind(("lo", 0x0800))
        self._socket.settimeout(0.1)
        self._thread = threading.Thread(target=self._hear)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(0.2)
        self._end.set()
        self._thread.join()
        self._socket.close()

    def _hear(self) -> None:
        while not self._end.is_set():
            try:
                packet, sender = self._socket.recvfrom(256)
            except TimeoutError:
                continue
            if sender[2] != socket.PACKET_OUTGOING:
                self._note(packet)

    def _note(self, packet: bytes) -> None:
        body = packet[(packet[0] & 15) * 4 :]
        syn = packet[9] == socket.IPPROTO_TCP and body[13] & 0b010010 == 0b000010
        echo = packet[9] == socket.IPPROTO_ICMP and body[0] == 8
        to = str(IPv4Address(packet[16:20]))
        if (syn or echo) and to.startswith(self.prefix):
            self.packets.append((time.monotonic(), to, struct.unpack("!H", body[2:4])[0] if syn else 0))

    @property
    def addresses(self) -> set[str]:
        return {to for _, to, _ in self.packets}

    def ports(self, address: str) -> set[int]:
        return {port for _, to, port in self.packets if to == address}

    def gaps(self) -> Iterator[float]:
        """Seconds between two packets to the same host."""
        times: dict[str, list[float]] = defaultdict(list)
        for at, to, _ in self.packets:
            times[to].append(at)
        for at in times.values():
            yield from (later - sooner for sooner, later in pairwise(at))


# ── nmap XML ─────────────────────────────────────────────────────────────────────────────────────────────────────


def port_xml(number: int, state: str, *, protocol: str = "tcp", inside: str = "", reason: str = "syn-ack") -> str:
    return (
        f'<port protocol="{protocol}" portid="{number}"><state state="{state}" reason="{reason}" reason_ttl="64"/>'
        f"{inside}</port>"
    )


def host_xml(address: str, *ports: str, extra: str = "", reason: str = "reset", mac: str = "", more: str = "") -> str:
    kind = f"ipv{ip_address(address).version}"
    second = f'<address addr="{mac}" addrtype="mac" vendor="Example"/>' if mac else ""
    return (
        f'<host {more}><status state="up" reason="{reason}"/><address addr="{address}" addrtype="{kind}"/>{second}'
        f"<ports>{extra}{''.join(ports)}</ports></host>\n"
    )


def document(
    *hosts: str, tcp: str = "", args: str = "nmap", end: str = "", infos: Iterable[tuple[str, str]] = ()
) -> bytes:
    asked = [("tcp", tcp)] if tcp else list(infos)
    scaninfo = "".join(f'<scaninfo type="x" protocol="{kind}" services="{ports}"/>' for kind, ports in asked)
    finished = end or '<runstats><finished time="1700000100" exit="success"/></runstats></nmaprun>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n'
        f'<nmaprun scanner="nmap" args="{args}" start="1700000000" version="7.93">{scaninfo}\n'
        f"{''.join(hosts)}{finished}"
    ).encode()


def loaded(payload: bytes, name: str = "scan.xml") -> Evidence:
    [evidence] = NmapCollector().load(payload, name, "0" * 64)
    return evidence


def facts(*evidence: Evidence, where: Scope | None = None) -> tuple[list[Host], list[BlindSpot]]:
    read = list(NmapCollector().read(evidence, where or Scope.of_files()))
    return [fact for fact in read if isinstance(fact, Host)], [fact for fact in read if isinstance(fact, BlindSpot)]


def host_of(*payloads: bytes) -> Host:
    [host], _ = facts(*(loaded(payload) for payload in payloads))
    return host
