"""Requests to one zone's devices, over pysnmp: paced, bounded, and never a SET."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

import msgspec
from pysnmp.carrier.asyncio.dgram import udp, udp6
from pysnmp.entity import config
from pysnmp.hlapi.v3arch.asyncio import (
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    Udp6TransportTarget,
    UdpTransportTarget,
    bulk_cmd,
    get_cmd,
    next_cmd,
)
from pysnmp.proto import errind

from posture.collectors.snmp.access import Access
from posture.collectors.snmp.contact import Contact, discover
from posture.collectors.snmp.mibs import Oid
from posture.collectors.snmp.pace import Pace, Paced6Transport, PacedTransport
from posture.collectors.snmp.snmprec import NULL, OBJECT_ID, BadLineError, Row, row_of

__all__ = ["Client", "Closed", "Reply"]

_REPORTS: Mapping[str, str] = {
    "UnsupportedSecurityLevel": "usmStatsUnsupportedSecLevels",
    "NotInTimeWindow": "usmStatsNotInTimeWindows",
    "UnknownUserName": "usmStatsUnknownUserNames",
    "UnknownEngineID": "usmStatsUnknownEngineIDs",
    "WrongDigest": "usmStatsWrongDigests",
    "DecryptionError": "usmStatsDecryptionErrors",
}
_ERRORS = ("noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength",
           "wrongEncoding", "wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed",
           "undoFailed", "authorizationError", "notWritable", "inconsistentName")  # fmt: skip
_IPV4 = 4
_NO_VALUE = frozenset({128, 129, 130})


class Closed(Exception):  # noqa: N818  # not an error: the hour has come
    """The zone's window is closed: nothing more may be sent."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: rows (an object without a value has none), `error` the PDU's error or why nothing was accepted.

    `silent`: no answer came, or (with an `error`) nothing that is an answer to the question. `refused`: a report.
    """

    rows: tuple[Row, ...] = ()
    error: str = ""
    silent: bool = False
    refused: bool = False
    ended: bool = False


class Client:
    """Asks devices on one port. At most one request of a device is under way, if its callers see to that."""

    def __init__(self, port: int, rate: int, may_send: Callable[[], bool], *, timeout: float, tries: int) -> None:
        self._port, self._may_send, self._tries = port, may_send, tries
        self._pace = Pace(rate)
        self._wait = timeout + 3 * self._pace.interval
        self._engines: dict[int, SnmpEngine] = {}
        self._open: set[tuple[int, int]] = set()

    def close(self) -> None:
        """Close the sockets."""
        for engine in self._engines.values():
            engine.close_dispatcher()

    async def contact(self, address: str) -> Contact:
        """The first packets to a device."""
        return await discover(
            address, self._port, turn=self._turn, taken=self._pace.take, tries=self._tries, wait=self._wait
        )

    async def get(self, address: str, access: Access, name: Oid) -> Reply:
        """One object."""
        return await self._ask(get_cmd, address, access, (), name)

    async def following(self, address: str, access: Access, name: Oid, repetitions: int) -> Reply:
        """The objects after this name: up to so many in one GETBULK, one over v1, which has no GETBULK."""
        if access.method == "v1":
            return await self._ask(next_cmd, address, access, (), name)
        return await self._ask(bulk_cmd, address, access, (0, repetitions), name)

    async def _turn(self) -> None:
        await self._pace.turn()
        if not self._may_send():
            raise Closed

    async def _ask(self, command: Any, address: str, access: Access, sizes: tuple[int, ...], name: Oid) -> Reply:  # noqa: ANN401  # pysnmp has no types
        target = await self._target(address)
        context = ContextData(contextName=access.context.encode())
        for _ in range(self._tries):
            engine = self._engine(access.engine, ip_address(address).version)
            await self._turn()
            indication, status, _index, found = await command(
                engine, access.auth, target, context, *sizes, ObjectType(ObjectIdentity(name)), lookupMib=False
            )
            if not isinstance(indication, errind.RequestTimedOut):
                return _reply(indication, int(status), found)
        return Reply(silent=True)

    async def _target(self, address: str) -> Any:  # noqa: ANN401  # as above
        kind = UdpTransportTarget if ip_address(address).version == _IPV4 else Udp6TransportTarget
        return await kind.create((address, self._port), timeout=self._wait, retries=0)

    def _engine(self, number: int, version: int) -> SnmpEngine:
        engine = self._engines.get(number) or self._engines.setdefault(number, SnmpEngine())
        if (number, version) not in self._open:
            self._open.add((number, version))
            if version == _IPV4:
                config.add_transport(engine, udp.DOMAIN_NAME, PacedTransport(self._pace).open_client_mode())
            else:
                config.add_transport(engine, udp6.DOMAIN_NAME, Paced6Transport(self._pace).open_client_mode())
        return engine


def _reply(indication: object, status: int, found: Any) -> Reply:  # noqa: ANN401  # as above
    if indication:
        report = _REPORTS.get(type(indication).__name__, "")
        return Reply(refused=bool(report), silent=not report, error=report or type(indication).__name__)
    if status:
        error = _ERRORS[status] if 0 < status < len(_ERRORS) else f"error {status}"
        return Reply(error=error, ended=error == "noSuchName")
    rows: list[Row] = []
    ended = False
    for name, value in found:
        try:
            row = _row(tuple(name), value)
        except (BadLineError, ValueError):
            return Reply(rows=tuple(rows), error=f"a value of {name} that is not SNMP's")
        if row is None:
            ended = True
            break
        rows.append(row)
    return Reply(rows=tuple(rows), ended=ended)


def _row(name: Oid, value: Any) -> Row | None:  # noqa: ANN401  # as above
    """The row with the type as sent; None where the agent says that there is no object."""
    tag = sum(value.tagSet[0])
    if tag in _NO_VALUE:
        return None
    if tag == OBJECT_ID:
        return row_of(name, tag, tuple(value))
    if tag == NULL:
        return row_of(name, tag, b"")
    return row_of(name, tag, value.asOctets() if hasattr(value, "asOctets") else int(value))
