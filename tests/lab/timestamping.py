"""A real timestamping authority (RFC 3161), with a root of its own: openssl, behind HTTP on loopback."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec

__all__ = ["Authority", "authority"]

_CONFIG = """
[tsa]
default_tsa = here
[here]
dir = {folder}
serial = $dir/serial
signer_cert = $dir/tsa.pem
signer_key = $dir/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""
_EXTENSIONS = "extendedKeyUsage = critical, timeStamping\nkeyUsage = critical, digitalSignature\n"


class Authority(msgspec.Struct):
    """Where it answers, its root certificate, and how many it has stamped. `down` makes it refuse."""

    url: str
    ca_file: Path
    stamped: int = 0
    down: bool = False


def _openssl(folder: Path, arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments.split()], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _certify(folder: Path) -> None:
    _openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 3650 -subj /CN=CA")
    _openssl(folder, "req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=Clock")
    (folder / "tsa.ext").write_text(_EXTENSIONS)
    sign = "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 3650 -extfile tsa.ext"
    _openssl(folder, sign)
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    """An authority that answers while the block runs."""
    folder.mkdir(parents=True, exist_ok=True)
    _certify(folder)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            if here.down or self.headers["Content-Type"] != "application/timestamp-query":
                self.send_error(503)
                return
            with lock:
                (folder / "query").write_bytes(query)
                _openssl(folder, "ts -reply -queryfile query -config tsa.cnf -section here -out reply")
                reply = (folder / "reply").read_bytes()
                here.stamped += 1
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's own name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Authority(url=f"http://127.0.0.1:{server.server_address[1]}/tsa", ca_file=folder / "ca.pem")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
