"""A listener of our own, that segmentation is proved against: it gives its nonce to whoever connects, and hangs up.

It reads nothing, keeps nothing, and holds no connection open. What it says is no secret: a scanner that was let
through reads it, and posture.toml names it, so that nobody else's listener can pass for it.
"""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Final

import msgspec

from posture.ports import PortSet
from posture.presentation import plural, visible
from posture.segmentation.vantage import greeting

__all__ = ["MOST_PORTS", "Opened", "block", "listeners", "serve"]

MOST_PORTS: Final = 64
"""Most ports of one canary (`posture.configuration` refuses more)."""

_BACKLOG = 16
_MOST_OPEN = 64
_LINES_A_SECOND = 5
_WHY: Final = {
    errno.EADDRINUSE: "another program listens on it",
    errno.EACCES: "ports below 1024 need root, or the capability CAP_NET_BIND_SERVICE",
    errno.EPERM: "this machine does not let programs listen on it",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """The sockets that listen, and why other ports can't be listened on."""

    sockets: tuple[socket.socket, ...]
    ports: PortSet
    refused: dict[int, str]


def listeners(address: str, ports: Iterable[int]) -> Opened:
    """Listen on these TCP ports of one address; a port that can't be had is told, and left out."""
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET  # noqa: PLR2004  # IP version
    sockets: list[socket.socket] = []
    opened: list[int] = []
    refused: dict[int, str] = {}
    for port in ports:
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((address, port))
            listener.listen(_BACKLOG)
            listener.setblocking(False)
        except OSError as error:
            listener.close()
            refused[port] = _WHY.get(error.errno or 0, error.strerror or "it can't be listened on")
        else:
            sockets.append(listener)
            opened.append(port)
    return Opened(sockets=tuple(sockets), ports=PortSet.of(opened), refused=refused)


def block(zone: str, address: str, nonce: str, ports: PortSet) -> str:
    """The canary as posture.toml names it. Without a zone or an address (a wildcard's) these are left to fill in."""
    return "\n".join(
        (
            "[[canary]]",
            f'zone = "{zone}"'
            if zone
            else 'zone = ""                  # the id of the zone that this machine stands in',
            f'address = "{address}"' if address else 'address = ""               # the address of this machine there',
            f'nonce = "{nonce}"',
            f'tcp = "{ports}"',
        )
    )


def serve(
    opened: Opened, nonce: str, tell: Callable[[str], None], ready: Callable[[], None], seconds: float | None = None
) -> None:
    """Greet whoever connects, until SIGINT or SIGTERM, or for so many seconds.

    `ready` is called once it listens, and `tell` with a line a connection.
    """
    asyncio.run(_serve(opened.sockets, nonce, _Log(tell), ready, seconds))


async def _serve(
    sockets: Sequence[socket.socket], nonce: str, log: _Log, ready: Callable[[], None], seconds: float | None
) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    said = f"{greeting(nonce)}\r\n".encode()
    open_: set[asyncio.BaseTransport] = set()
    servers = [
        await loop.create_server(lambda: _Greeting(said, log, open_), sock=each, backlog=_BACKLOG) for each in sockets
    ]
    ready()
    try:
        async with asyncio.timeout(seconds):
            await stopped.wait()
    except TimeoutError:
        pass
    finally:
        for server in servers:
            server.close()
        log.rest()


class _Greeting(asyncio.Protocol):
    """One connection: the greeting, and its end. What the other side sends is never read."""

    def __init__(self, said: bytes, log: _Log, open_: set[asyncio.BaseTransport]) -> None:
        self._said, self._log, self._open = said, log, open_
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # what create_server makes
        self._log.line(transport.get_extra_info("peername"), transport.get_extra_info("sockname"))
        if len(self._open) >= _MOST_OPEN:
            transport.abort()
            return
        self._transport = transport
        self._open.add(transport)
        transport.pause_reading()
        transport.write(self._said)
        transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        if self._transport is not None:
            self._open.discard(self._transport)


class _Log:
    """A line a connection, and no more than some a second: a scan must not fill a disk."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._second, self._lines, self._more = 0, 0, 0

    def line(self, peer: object, here: object) -> None:
        """Tell of a connection, or count it where there are too many."""
        second = int(time.monotonic())
        if second != self._second:
            self.rest()
            self._second, self._lines = second, 0
        self._lines += 1
        if self._lines > _LINES_A_SECOND:
            self._more += 1
            return
        self._tell(f"{_end(peer, 0)} connected to port {_end(here, 1)}")

    def rest(self) -> None:
        """Tell how many were only counted."""
        if self._more:
            self._tell(f"and {plural(self._more, 'connection')} more")
        self._more = 0


def _end(address: object, at: int) -> str:
    """The address (0) or port (1) of an end of a connection, made safe for a terminal."""
    return visible(str(address[at])) if isinstance(address, tuple) and len(address) > at else "an unknown address"
