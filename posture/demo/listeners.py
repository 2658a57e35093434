"""Small servers that speak the real protocols badly on purpose: what a hospital has and an audit should find.

Each handler is one connection of one protocol, and says no more than a client needs to recognise it. They listen on
loopback addresses only.
"""

from __future__ import annotations

import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address

from posture.errors import PostureError
from posture.segmentation.vantage import greeting

__all__ = ["Canary", "Dicom", "Ftp", "Http", "Mllp", "Redis", "Smtp", "Telnet", "Vnc", "listening"]

_SECONDS = 5


class _Handler(socketserver.BaseRequestHandler):
    request: socket.socket

    def handle(self) -> None:
        self.request.settimeout(_SECONDS)
        with suppress(OSError, struct.error):  # the client is gone, or said nothing for too long
            self.converse()

    def converse(self) -> None:
        raise NotImplementedError(f"{type(self).__name__} says nothing")

    def lines(self) -> Iterator[str]:
        with self.request.makefile("rb") as stream:
            while line := stream.readline(1024):
                yield line.decode("latin-1").strip()

    def say(self, text: str) -> None:
        self.request.sendall(text.encode() + b"\r\n")


class Telnet(_Handler):
    """A log-in prompt in the clear (RFC 854); refuses to encrypt (RFC 2946)."""

    def converse(self) -> None:
        """Negotiate nothing, ask for a name and a password, let nobody in."""
        self.request.sendall(b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27")
        self.request.recv(256)
        self.request.sendall(b"\r\nLinux 4.9.0 (analyser) (pts/0)\r\n\r\nanalyser login: ")
        for _ in self.lines():
            self.request.sendall(b"Password: ")


class Canary(_Handler):
    """What `posture canary` is, on one port."""

    nonce = ""

    def converse(self) -> None:
        """Greet, and hang up."""
        self.say(greeting(self.nonce))


class Ftp(_Handler):
    """An anonymous FTP server (RFC 959) without AUTH TLS."""

    def converse(self) -> None:
        """Take anonymous, and show an empty folder."""
        self.say("220 (vsFTPd 3.0.3)")
        for line in self.lines():
            match line.split(" ", 1)[0].upper():
                case "USER":
                    self.say("331 Please specify the password.")
                case "PASS":
                    self.say("230 Login successful.")
                case "SYST":
                    self.say("215 UNIX Type: L8")
                case "QUIT":
                    self.say("221 Goodbye.")
                    return
                case "AUTH":
                    self.say("530 Please login with USER and PASS.")
                case _:
                    self.say("500 Unknown command.")


class Smtp(_Handler):
    """A mail relay (RFC 5321) that does not offer STARTTLS."""

    def converse(self) -> None:
        """Answer EHLO, take no mail."""
        self.say("220 relay.sample-hospital.example ESMTP Postfix")
        for line in self.lines():
            match line.split(" ", 1)[0].upper():
                case "EHLO":
                    self.say("250-relay.sample-hospital.example\r\n250-PIPELINING\r\n250 8BITMIME")
                case "HELO":
                    self.say("250 relay.sample-hospital.example")
                case "QUIT":
                    self.say("221 2.0.0 Bye")
                    return
                case _:
                    self.say("502 5.5.2 Error: command not recognized")


class Vnc(_Handler):
    """A remote screen (RFC 6143, RFB 3.8) whose only security type is None."""

    def converse(self) -> None:
        """Offer security type 1, and end before a screen is shown."""
        self.request.sendall(b"RFB 003.008\n")
        self.request.recv(12)
        self.request.sendall(b"\x01\x01")
        if self.request.recv(1) == b"\x01":
            self.request.sendall(struct.pack(">I", 0))
            self.request.recv(1)
            name = b"nurse-station"
            self.request.sendall(
                struct.pack(">HH", 640, 480) + b"\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\0\0\0"
            )
            self.request.sendall(struct.pack(">I", len(name)) + name)


class Redis(_Handler):
    """A data store (RESP) that answers INFO to anybody."""

    _INFO = (
        "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nos:Linux 6.1.0 x86_64\r\narch_bits:64\r\n"
        "process_id:1\r\nuptime_in_seconds:86400\r\n# Clients\r\nconnected_clients:1\r\n# Memory\r\n"
        "used_memory_human:1.00M\r\n# Replication\r\nrole:master\r\n"
    )

    def converse(self) -> None:
        """Answer INFO and PING, inline or as an array."""
        for line in self.lines():
            word = line.upper()
            if word.startswith("INFO"):
                self.request.sendall(f"${len(self._INFO)}\r\n{self._INFO}\r\n".encode())
            elif word.startswith("PING"):
                self.say("+PONG")
            elif word and not word.startswith(("*", "$")):
                self.say(f"-ERR unknown command '{line[:40]}', with args beginning with: ")


class Http(_Handler):
    """A page with a title, over plain HTTP or TLS."""

    title = "Orthanc Explorer"
    software = "nginx/1.14.2"

    def converse(self) -> None:
        """Answer a request with the page, and what is none not at all."""
        if b" HTTP/" not in self.request.recv(4096):
            return
        body = f"<!DOCTYPE html><html><head><title>{self.title}</title></head><body>{self.title}</body></html>"
        self.say(
            f"HTTP/1.1 200 OK\r\nServer: {self.software}\r\nContent-Type: text/html\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n"
        )
        self.request.sendall(body.encode())


class Dicom(_Handler):
    """A DICOM upper layer (PS3.8) that accepts any called AE title, without TLS."""

    def converse(self) -> None:
        """Accept an association with the contexts proposed refused, and release it."""
        kind, length = struct.unpack(">BxI", self._exactly(6))
        proposal = self._exactly(min(length, 1 << 16))
        if kind != 1:
            return
        head = struct.pack(">HH", 1, 0) + proposal[4:36] + bytes(32)
        context = b"1.2.840.10008.3.1.1.1"
        items = struct.pack(">BBH", 0x10, 0, len(context)) + context
        user = struct.pack(">BBHI", 0x51, 0, 4, 16384)
        items += struct.pack(">BBHBBBB", 0x21, 0, 4, 1, 0, 3, 0) + struct.pack(">BBH", 0x50, 0, len(user)) + user
        self.request.sendall(struct.pack(">BBI", 2, 0, len(head) + len(items)) + head + items)
        if self.request.recv(10)[:1] == b"\x05":
            self.request.sendall(struct.pack(">BBII", 6, 0, 4, 0))

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.request.recv(size - len(data))
            if not more:
                raise ConnectionError("the client is gone")
            data += more
        return data


class Mllp(_Handler):
    """An HL7 v2 listener (MLLP, HL7 Transport Release 2) in the clear."""

    def converse(self) -> None:
        """Acknowledge every message."""
        message = b""
        while b"\x1c\r" not in message and len(message) < 1 << 16:
            more = self.request.recv(4096)
            if not more:
                return
            message += more
        self.request.sendall(b"\x0bMSH|^~\\&|ENGINE|SAMPLE|||20260101000000||ACK|1|P|2.5\rMSA|AA|1\r\x1c\r")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64
    context: ssl.SSLContext | None = None

    def finish_request(self, request: object, client_address: object) -> None:
        if self.context is not None and isinstance(request, socket.socket):
            request.settimeout(_SECONDS)
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)  # type: ignore[arg-type]  # as the base class was given them

    def handle_error(self, request: object, client_address: object) -> None:
        """A scanner breaks off handshakes all the time: no cause for a traceback."""


@contextmanager
def listening(
    address: str, port: int, handler: type[_Handler], context: ssl.SSLContext | None = None
) -> Iterator[None]:
    """Serve a protocol on a loopback address for as long as the block lasts.

    Raises ValueError for any other address, PostureError where it is taken.
    """
    if not ip_address(address).is_loopback:
        raise ValueError(f"{address} is not a loopback address")
    try:
        bound = _Server((address, port), handler)
    except OSError as error:
        raise PostureError(
            f"it can't be listened on: {error.strerror}", where=f"{address}:{port}", mend="is another demo running?"
        ) from error
    with bound as server:
        server.context = context
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
