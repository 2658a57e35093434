"""Audits of SNMP agents on loopback, and agents that misbehave as Net-SNMP never would."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v2c

from posture.collectors.base import Context, Progress
from posture.collectors.snmp import SnmpCollector
from posture.facts import BlindSpot, Device, Host
from posture.model import Evidence
from posture.scope import OrganisationScope, Scope, SecretReference, SnmpCredential, SnmpScope, Zone

SECRETS = {
    "READ": "ward-reads-this",
    "WRITE": "ward-writes-this",
    "AUTH": "audit-pass-phrase",
    "PRIVACY": "audit-priv-phrase",
    "WRONG": "not-the-pass-phrase",
}


def reference(name: str) -> SecretReference:
    return SecretReference(env=name)


def community(name: str, secret: str = "READ", **fields) -> SnmpCredential:  # noqa: S107  # the name of a secret
    return SnmpCredential(id=name, version="2c", community=reference(secret), **fields)


def user(name: str, login: str = "audit", auth: str = "SHA-256", privacy: str = "AES-128", **fields) -> SnmpCredential:
    secrets = {"auth_secret": reference("AUTH"), "privacy_secret": reference("PRIVACY"), **fields}
    return SnmpCredential(id=name, user=login, auth=auth, privacy=privacy, **secrets)


def scope_of(*networks: str, port: int = 161, credentials: Iterable[SnmpCredential] = (), **fields) -> Scope:
    """One zone; `defaults` tries the default communities, every other field is the zone's."""
    defaults = fields.pop("defaults", False)
    zone = Zone(**{"id": "servers", "kind": "server", "networks": networks, "max_rate": 2_000, **fields})
    snmp = SnmpScope(credentials=tuple(credentials), port=port, try_default_communities=defaults)
    return Scope(organisation=OrganisationScope(name="Lab"), zone=(zone,), snmp=snmp)


class Run:
    """What a context is made of, and what it was told."""

    def __init__(self, scope: Scope, hosts: Iterable[str] = (), timeout: float = 0.4) -> None:
        self.collector = SnmpCollector(timeout=timeout)
        self.stop = threading.Event()
        self.progress: list[Progress] = []
        self.scope = scope
        self.context = Context(
            scope=scope,
            secret=lambda wanted: SECRETS[wanted.env],
            hosts=lambda: [Host(ids=(f"address:servers/{each}",), name=each, address=each) for each in hosts],
            progress=self.progress.append,
            stop=self.stop,
            workdir=Path(),
            vantage="lab",
            operator="tester",
        )

    def evidence(self) -> list[Evidence]:
        probes = [probe for probe in self.collector.plan(self.scope) if not probe.refused]
        return [record for probe in probes for record in self.collector.ask(probe, self.context)]

    def facts(self, records: Iterable[Evidence]) -> list[Device | BlindSpot]:
        return list(self.collector.read(records, self.scope))


def audit(scope: Scope, **fields) -> tuple[list[Evidence], list[Device | BlindSpot]]:
    run = Run(scope, **fields)
    records = run.evidence()
    return records, run.facts(records)


def outcomes(device: Device | Evidence) -> dict[tuple[str, str], tuple[str, str]]:
    """(method, credential) → (outcome, detail)."""
    attempts = device.envelope.attempts if isinstance(device, Evidence) else device.attempts
    return {(each.method, each.credential): (each.outcome, each.detail) for each in attempts}


def free_port(address: str) -> int:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 0))
        return sock.getsockname()[1]


class Agent:
    """A v2c agent that answers as it is told: `answer(request)` gives the response's variables, None no answer."""

    def __init__(self, address: str, answer: Callable[[v2c.PDU], list | None], port: int = 0) -> None:
        self._answer = answer
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, port))
        self._socket.settimeout(0.05)
        self.port = self._socket.getsockname()[1]
        self.arrivals: list[tuple[float, bytes]] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._end.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._end.is_set():
            try:
                data, peer = self._socket.recvfrom(65_535)
            except TimeoutError:
                continue
            self.arrivals.append((time.monotonic(), data))
            try:
                message, _ = decoder.decode(data, asn1Spec=v2c.Message())
            except Exception:  # noqa: BLE001, S112  # SNMPv3 discovery: this agent doesn't speak it
                continue
            request = v2c.apiMessage.get_pdu(message)
            variables = self._answer(request)
            if variables is None:
                continue
            response = v2c.apiPDU.get_response(request)
            v2c.apiPDU.set_varbinds(response, variables)
            v2c.apiMessage.set_pdu(message, response)
            self._socket.sendto(encoder.encode(message), peer)


def asked_name(request: v2c.PDU) -> tuple[int, ...]:
    bulk = request.tagSet == v2c.GetBulkRequestPDU.tagSet
    api = v2c.apiBulkPDU if bulk else v2c.apiPDU
    return tuple(api.get_varbinds(request)[0][0])
