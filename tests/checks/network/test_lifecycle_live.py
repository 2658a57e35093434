"""What nmap's own scripts really say: of an SMB server that is Samba, and of pages that speak as VMware's do."""

from __future__ import annotations

import hashlib
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from lab.record_nmap import _lab, _smbd

from posture.collectors.nmap import NmapCollector
from posture.facts import Host
from posture.model import Outcome
from posture.reference.systems import from_host
from posture.scope import Scope
from posture.testing import verdict

SOAP = """<soapenv:Envelope><soapenv:Body><RetrieveServiceContentResponse><returnval><about>
<name>{name}</name><version>{version}</version><build>14320388</build><localeVersion>INTL</localeVersion>
<localeBuild>000</localeBuild><osType>vmnix-x86</osType><productLineId>embeddedEsx</productLineId>
</about></returnval></RetrieveServiceContentResponse></soapenv:Body></soapenv:Envelope>"""


def scanned(address: str, *options: str) -> Host:
    command = ["nmap", "-n", "-Pn", "-sT", "-sV", "--version-intensity", "7", *options, "-oX", "-", address]
    payload = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout
    collector = NmapCollector()
    evidence = collector.load(payload, "scan.xml", hashlib.sha256(payload).hexdigest())
    (host,) = [fact for fact in collector.read(evidence, Scope.of_files()) if isinstance(fact, Host)]
    return host


@contextmanager
def pages(name: str, version: str) -> Iterator[int]:
    """A web server on loopback that answers the question of vmware-version."""

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = SOAP.format(name=name, version=version).encode() if self.path == "/sdk" else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("name", "version", "outcome"),
    [("VMware ESXi", "6.7.0", Outcome.FAIL), ("VMware vCenter Server", "99.0.0", Outcome.UNKNOWN)],
)
def test_vmware_version_is_read_as_nmap_writes_it(name, version, outcome):
    with pages(name, version) as port:
        host = scanned("127.0.0.1", "-p", str(port), "--script", "vmware-version")

    assert [each.said for each in from_host(host)] == [f"{name} {version}, build 14320388 (vmware-version)"]
    assert verdict("hypervisor-unsupported", host) is outcome


def test_samba_that_speaks_as_windows_is_no_windows_7():
    with _lab(77) as lab:
        _smbd(lab, "server min protocol = NT1", "server max protocol = NT1", "map to guest = Bad User")
        host = scanned(lab.address, "-p", "139,445", "--script", "smb-os-discovery")

    assert "Windows 6.1" in " ".join(script.output for script in host.scripts)
    assert from_host(host) == ()
    assert verdict("hypervisor-unsupported", host) is Outcome.UNKNOWN
