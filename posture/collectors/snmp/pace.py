"""A ceiling on packets a second, kept at the socket: whatever sends, it is sent in its turn."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from pysnmp.carrier.asyncio.dgram.udp import UdpAsyncioTransport
from pysnmp.carrier.asyncio.dgram.udp6 import Udp6AsyncioTransport

__all__ = ["Pace", "Paced6Transport", "PacedTransport"]

_RECEIVE_BUFFER = 4 * 1024 * 1024


class Pace:
    """A token bucket that holds one token: packets leave at least 1/rate seconds apart."""

    def __init__(self, rate: int) -> None:
        self._interval = 1 / rate
        self._free = 0.0
        self._turns = asyncio.Lock()

    @property
    def interval(self) -> float:
        """Seconds between two packets."""
        return self._interval

    async def turn(self) -> None:
        """Wait until a packet may leave. The caller sends it before it waits for anything else."""
        loop = asyncio.get_running_loop()
        async with self._turns:
            while (wait := self._free - loop.time()) > 0:  # noqa: ASYNC110  # packets of others may go first
                await asyncio.sleep(wait)

    def take(self) -> float:
        """Take the next place; the seconds from now until then (0 after a `turn`)."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._free)
        self._free = at + self._interval
        return at - now


class _Paced:
    """What both transports add to pysnmp's: its own packets too (discovery, time synchronisation) keep the pace."""

    pace: Pace
    loop: asyncio.AbstractEventLoop

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """Make room for the answers of all devices that are asked at the same time."""
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        super().connection_made(transport)  # type: ignore[misc]  # the mixin stands before pysnmp's transport

    def send_message(self, message: bytes, address: Any) -> None:  # noqa: ANN401  # pysnmp's own address type
        """Send in turn."""
        send = super().send_message  # type: ignore[misc]  # as above
        delay = self.pace.take()
        if delay > 0:
            self.loop.call_later(delay, send, message, address)
        else:
            send(message, address)


class PacedTransport(_Paced, UdpAsyncioTransport):  # type: ignore[misc]  # pysnmp has no types
    """UDP over IPv4."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self.pace = pace


class Paced6Transport(_Paced, Udp6AsyncioTransport):  # type: ignore[misc]  # as above
    """UDP over IPv6."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self.pace = pace
