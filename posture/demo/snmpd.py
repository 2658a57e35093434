"""A real Net-SNMP agent on loopback, with its data in a folder of its own that goes when it goes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from ipaddress import ip_address
from pathlib import Path

from posture.collectors.snmp.contact import discovery
from posture.demo.server import Server
from posture.errors import PostureError

__all__ = ["PRINTER", "UPS_ON_BATTERY", "Snmpd"]

_READY_SECONDS = 15.0
_IPV6 = 6

UPS_ON_BATTERY = """
sysDescr APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.9.6 MN:AP9631)
sysObjectID 1.3.6.1.4.1.318.1.3.27
override 1.3.6.1.2.1.33.1.1.1.0 octet_str "APC"
override 1.3.6.1.2.1.33.1.1.2.0 octet_str "Smart-UPS 3000"
override 1.3.6.1.2.1.33.1.1.3.0 octet_str "UPS 09.3"
override 1.3.6.1.2.1.33.1.2.1.0 integer 3
override 1.3.6.1.2.1.33.1.2.3.0 integer 4
override 1.3.6.1.2.1.33.1.6.1.0 uinteger 2
"""
"""snmpd.conf of a UPS whose battery is low, with 4 minutes and 2 alarms (RFC 1628)."""

PRINTER = """
sysDescr HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD153,EEPROM JSI24090012
sysObjectID 1.3.6.1.4.1.11.2.3.9.1
override 1.3.6.1.2.1.25.3.2.1.2.1 object_id 1.3.6.1.2.1.25.3.1.5
override 1.3.6.1.2.1.25.3.2.1.3.1 octet_str "HP LaserJet M607"
override 1.3.6.1.2.1.43.5.1.1.16.1 octet_str "ward-7-printer"
override 1.3.6.1.2.1.43.5.1.1.17.1 octet_str "VNB3R12345"
"""
"""snmpd.conf of a printer (RFC 3805)."""


class Snmpd(Server):
    """A context manager: the agent answers inside the block, and is gone after it.

    `configuration` is the text of snmpd.conf but for its agentaddress, which is made of `address` and `port`. Raises
    PostureError if snmpd is not installed or does not come up; ValueError for an address that is not loopback.
    """

    name = "snmpd"

    def __init__(self, configuration: str, *, address: str = "127.0.0.1", port: int = 161) -> None:
        super().__init__(address)
        self._ip = ip_address(address)
        self.port = port
        self._configuration = configuration

    def _start(self, folder: Path) -> None:
        program = shutil.which("snmpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if program is None:
            raise PostureError("snmpd is not installed", mend="apt-get install snmpd")
        self._claim(socket.AF_INET6 if self._ip.version == _IPV6 else socket.AF_INET)
        place = f"udp6:[{self.address}]" if self._ip.version == _IPV6 else f"udp:{self.address}"
        file = folder / "snmpd.conf"
        file.write_text(f"agentaddress {place}:{self.port}\n{self._configuration}\n", encoding="utf-8")
        file.chmod(0o600)
        environment = {"PATH": os.environ.get("PATH", ""), "MIBS": "", "SNMPCONFPATH": str(folder)}
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  # the agent itself, with a file of our own
                [program, "-f", "-Lo", "-C", "-c", str(file)],
                env={**environment, "SNMP_PERSISTENT_DIR": str(folder / "persistent")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait(folder / "log")

    def _claim(self, family: int) -> None:
        """Make sure that nothing else answers there."""
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.bind((self.address, self.port))
        except (OSError, OverflowError) as error:
            raise PostureError(f"{self.address} port {self.port} can't be used: {error}") from None

    def _wait(self, log: Path) -> None:
        """Until the agent answers engine discovery."""
        family = socket.AF_INET6 if self._ip.version == _IPV6 else socket.AF_INET
        deadline = time.monotonic() + _READY_SECONDS
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.1)
            sock.connect((self.address, self.port))
            while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
                try:
                    sock.send(discovery(2**24))
                    if sock.recv(65_535):
                        return
                except OSError:
                    time.sleep(0.05)
        said = log.read_text("utf-8", "replace").strip().splitlines()
        telling = [line for line in said if "error" in line.casefold()] or said
        raise PostureError(f"snmpd did not come up: {telling[-1] if telling else 'it said nothing'}")
