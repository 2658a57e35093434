"""A front of an OpenLDAP server: it ends the TLS, and kills the server the moment somebody logs in."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import threading
from pathlib import Path
from typing import Self

from posture.demo.certificates import Pem
from posture.demo.slapd import Slapd

__all__ = ["KillsAtBind"]


class KillsAtBind:
    """Listens for LDAPS on an address; `killed` says whether a bind with this password came, and the server died."""

    def __init__(self, server: Slapd, address: str, certificate: Pem, folder: Path, password: bytes) -> None:
        self._server, self._password = server, password
        pem = folder / "front.pem"
        pem.write_bytes(certificate.certificate + certificate.key)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(pem)
        pem.unlink()
        self._listener = socket.create_server((address, 636))
        self._listener.settimeout(0.2)
        self.killed = False
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while not self._end.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = self._listener.accept()
                threading.Thread(target=self._session, args=(client,), daemon=True).start()

    def _session(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), self._tls.wrap_socket(client, server_side=True) as talk:
            talk.settimeout(20)
            with socket.create_connection((self._server.address, self._server.port), timeout=20) as behind:
                back = threading.Thread(target=self._pump, args=(behind, talk), daemon=True)
                back.start()
                while data := talk.recv(65_536):
                    if self._password in data:
                        os.kill(self._server.pid, signal.SIGKILL)
                        self.killed = True
                        return
                    behind.sendall(data)

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := source.recv(65_536):
                target.sendall(data)
