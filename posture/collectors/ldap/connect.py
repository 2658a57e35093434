"""Connections to a directory through ldap3: three transports, certificates verified, and an end to every wait."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import ssl
import threading
import time
from typing import Any, Literal

import ldap3
import msgspec

from posture.errors import PostureError
from posture.scope import DirectoryScope

__all__ = ["CONNECT_SECONDS", "Dialled", "Transport", "close", "dial", "trust"]

Transport = Literal["ldaps", "starttls", "plain"]
Opening = Literal["accepted", "refused", "closed", "unreachable", "timeout", "failed"]

CONNECT_SECONDS = 10
ANSWER_SECONDS = 60.0
"""A server that sends nothing for so long has stopped answering."""
ANSWER_BYTES = 64 * 1024 * 1024
"""Most bytes of one answer (a page): what goes beyond would be held in memory for no good reason."""

_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EACCES, errno.EPERM}
_ERRNO = re.compile(r"\[Errno (\d+)\]")
_CERTIFICATE = {
    9: "certificate not yet valid",
    10: "certificate expired",
    18: "certificate not trusted: it is self-signed",
    19: "certificate not trusted: its root is not among the trusted ones",
    20: "certificate not trusted: its issuer is not among the trusted ones",
    21: "certificate not trusted: its issuer is not among the trusted ones",
    26: "certificate is not one for servers",
    62: "certificate is for another name",
    64: "certificate is for another address",
    66: "certificate's key is too short",
    67: "certificate's issuer has too short a key",
    68: "certificate's issuer signs with too weak a hash",
}
"""OpenSSL's verification results (x509_vfy.h) in words."""


class Dialled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of opening a connection.

    `connection` is there for whoever may use it, closed or not verified ones are not. `certificate` is the server's,
    in DER, wherever one was presented; `detail` says why the outcome is not `accepted`.
    """

    outcome: Opening
    detail: str = ""
    connection: Any = None
    certificate: bytes | None = None


class _Wire:
    """ldap3's socket with an end to it: when the run stops, when time is up, when an answer grows beyond bounds."""

    def __init__(self, wrapped: socket.socket, stop: threading.Event, until: float) -> None:
        self._wrapped = wrapped
        self._stop = stop
        self._until = until
        self._received = 0

    def sendall(self, data: bytes) -> None:
        self._received = 0
        self._wrapped.settimeout(CONNECT_SECONDS)
        self._wrapped.sendall(data)

    def recv(self, size: int) -> bytes:
        patience = time.monotonic() + ANSWER_SECONDS
        self._wrapped.settimeout(0.5)
        while True:
            if self._stop.is_set():
                raise OSError("the run was stopped")
            if time.monotonic() > min(self._until, patience):
                raise TimeoutError("no answer in time")
            try:
                data = self._wrapped.recv(size)
            except TimeoutError:
                continue
            self._received += len(data)
            if self._received > ANSWER_BYTES:
                raise OSError(f"an answer of more than {ANSWER_BYTES // 1024 // 1024} MB")
            return data

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever else ldap3 wants of a socket
        return getattr(self._wrapped, name)


class _Tls(ldap3.Tls):  # type: ignore[misc]  # ldap3 is untyped
    """TLS by the standard library's own rules: OpenSSL checks the name, and what it says is kept."""

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = context
        self._name = name
        self.certificate: bytes | None = None
        self.failure: Exception | None = None

    def wrap_socket(self, connection: Any, do_handshake: bool = True) -> None:  # noqa: ANN401, ARG002  # ldap3's
        try:
            wrapped = self._context.wrap_socket(connection.socket, server_hostname=self._name)
        except (OSError, ValueError) as error:
            self.failure = error
            raise
        self.certificate = wrapped.getpeercert(binary_form=True)
        connection.socket = wrapped


def trust(directory: DirectoryScope) -> ssl.SSLContext:
    """What certificates are verified against: `ca_file`, or what the system trusts. PostureError if it can't be."""
    try:
        return ssl.create_default_context(cafile=directory.ca_file or None)
    except (OSError, ValueError) as error:
        raise PostureError(
            f"ca_file can't be read as certificates ({error.__class__.__name__})",
            where=f"directory {directory.id}",
            mend="give the path of a file with the issuer's certificate in PEM",
        ) from None


def dial(  # noqa: PLR0913  # where, how, what to trust and how long
    address: str,
    port: int,
    transport: Transport,
    context: ssl.SSLContext | None = None,
    *,
    name: str = "",
    stop: threading.Event,
    until: float,
) -> Dialled:
    """Open a connection, without a bind. `context` None takes any certificate; `name` is what it has to be for.

    `until`, on the monotonic clock, ends all waiting. What goes wrong is the outcome, never an exception.
    """
    tls = _Tls(context or _anything(), name or address) if transport != "plain" else None
    connection = ldap3.Connection(
        ldap3.Server(
            address,
            port,
            use_ssl=transport == "ldaps",
            tls=tls,
            get_info=ldap3.NONE,
            connect_timeout=CONNECT_SECONDS,
        ),
        auto_bind=ldap3.AUTO_BIND_NONE,
        auto_referrals=False,
        auto_range=False,
        check_names=False,
        read_only=True,
        receive_timeout=CONNECT_SECONDS,
        return_empty_attributes=False,
    )
    try:
        connection.open(read_server_info=False)
        if transport == "starttls":
            connection.start_tls(read_server_info=False)
    except Exception as error:  # noqa: BLE001  # ldap3 makes its exceptions' classes as it goes
        result = connection.result if transport == "starttls" and tls and tls.failure is None else None
        close(connection)
        if isinstance(result, dict) and result.get("result"):
            return Dialled(outcome="refused", detail=f"StartTLS: result {result['result']} ({result['description']})")
        outcome, detail = _failure((tls.failure if tls else None) or error)
        return Dialled(outcome=outcome, detail=detail, certificate=tls.certificate if tls else None)
    connection.socket = _Wire(connection.socket, stop, until)
    return Dialled(outcome="accepted", connection=connection, certificate=tls.certificate if tls else None)


def close(connection: Any) -> None:  # noqa: ANN401  # ldap3 is untyped
    """Close a connection, whatever state it is in."""
    if connection is None:
        return
    with contextlib.suppress(Exception):
        connection.unbind()
    with contextlib.suppress(Exception):
        connection.socket.close()


def _anything() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _failure(error: Exception) -> tuple[Opening, str]:
    """The outcome of an opening that failed, and why in words: never the exception's own text."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "failed", _CERTIFICATE.get(error.verify_code, f"certificate not trusted (OpenSSL {error.verify_code})")
    number = getattr(error, "errno", None)
    if not isinstance(number, int):
        found = _ERRNO.search(str(error))
        number = int(found[1]) if found else None
    answers: list[tuple[bool, Opening, str]] = [
        # First, since an SSLError's number is OpenSSL's and not the system's.
        (
            isinstance(error, ssl.SSLError),
            "failed",
            f"TLS handshake failed ({getattr(error, 'reason', None) or 'no TLS'})",
        ),
        (isinstance(error, TimeoutError) or number == errno.ETIMEDOUT, "timeout", "no answer in time"),
        (isinstance(error, ConnectionRefusedError) or number == errno.ECONNREFUSED, "closed", "nothing listens there"),
        (number in _UNREACHABLE, "unreachable", "no route to it"),
        (isinstance(error, ConnectionError), "failed", "the server closed the connection"),
    ]
    for holds, outcome, detail in answers:
        if holds:
            return outcome, detail
    return "failed", f"the connection could not be opened ({type(error).__name__})"
