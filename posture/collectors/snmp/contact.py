"""The first packet to a device: SNMPv3 engine discovery (RFC 3414, 4), over a connected socket.

A connected socket hears what an unconnected one doesn't: the ICMP answer of a closed port. And the report of an agent
that speaks SNMPv3 gives its engine id, whatever it thinks of our credentials.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import msgspec
from pyasn1.codec.ber import decoder
from pysnmp.proto.mpmod.rfc3412 import SNMPv3Message
from pysnmp.proto.secmod.rfc3414.service import UsmSecurityParameters

__all__ = ["Contact", "discover", "discovery"]

_LONGEST_ENGINE_ID = 32


class Contact(msgspec.Struct, frozen=True):
    """What the first packet brought: an engine id, word that nothing can be reached there, or nothing."""

    engine_id: bytes = b""
    unreachable: str = ""


def discovery(message_id: int) -> bytes:
    """A GetRequest without variables, without a user, to an engine that is not known yet."""
    number = b"\x02\x04" + message_id.to_bytes(4, "big")
    header = b"\x30\x11" + number + b"\x02\x03\x00\xff\xe3\x04\x01\x04\x02\x01\x03"
    security = b"\x04\x10\x30\x0e\x04\x00\x02\x01\x00\x02\x01\x00\x04\x00\x04\x00\x04\x00"
    pdu = b"\xa0\x0e" + number + b"\x02\x01\x00\x02\x01\x00\x30\x00"
    body = b"\x02\x01\x03" + header + security + b"\x30\x14\x04\x00\x04\x00" + pdu
    return bytes((0x30, len(body))) + body


async def discover(  # noqa: PLR0913  # an address and how patiently it is asked
    address: str,
    port: int,
    *,
    turn: Callable[[], Awaitable[None]],
    taken: Callable[[], object],
    tries: int,
    wait: float,
) -> Contact:
    """Ask for the engine id, up to so many times. `turn` waits for the zone's pace, `taken` counts the packet."""
    loop = asyncio.get_running_loop()
    message_id = secrets.randbelow(2**31 - 2**24) + 2**24
    heard: asyncio.Future[Contact] = loop.create_future()
    try:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Listener(heard, message_id), remote_addr=(address, port)
        )
    except OSError as error:
        return Contact(unreachable=_word(error))
    try:
        for _ in range(tries):
            await turn()
            taken()
            transport.sendto(discovery(message_id))
            done, _pending = await asyncio.wait({heard}, timeout=wait)
            if done:
                return heard.result()
        return Contact()
    finally:
        transport.close()


class _Listener(asyncio.DatagramProtocol):
    """Hears the report, or the ICMP error."""

    def __init__(self, heard: asyncio.Future[Contact], message_id: int) -> None:
        self._heard, self._message_id = heard, message_id

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Take the engine id; what is no answer to our question is passed over."""
        del addr  # a connected socket hears its peer only
        engine_id = _engine_id(data, self._message_id)
        if engine_id is not None and not self._heard.done():
            self._heard.set_result(Contact(engine_id=engine_id))

    def error_received(self, exc: Exception) -> None:
        """Nothing can be reached there."""
        if not self._heard.done():
            self._heard.set_result(Contact(unreachable=_word(exc)))


def _engine_id(data: bytes, message_id: int) -> bytes | None:
    try:
        message, _ = decoder.decode(data, asn1Spec=SNMPv3Message())
        security, _ = decoder.decode(bytes(message[2]), asn1Spec=UsmSecurityParameters())
        if int(message[1][0]) != message_id:
            return None
        engine_id = bytes(security[0])
    except Exception:  # noqa: BLE001  # pyasn1 raises many kinds for hostile octets; all mean: no answer
        return None
    return engine_id if 0 < len(engine_id) <= _LONGEST_ENGINE_ID else None


def _word(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "port unreachable (ICMP): nothing listens there, or a firewall rejects"
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else type(error).__name__
