"""SNMP agents, weak and hardened, as snmpd.conf has them (Net-SNMP), and their secrets."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path

from lab.truth.network import Machine
from posture.collectors.snmp.contact import discovery
from posture.demo.snmpd import PRINTER, UPS_ON_BATTERY

AUTH, PRIVACY, WARD = "Auth-of-the-lab-1", "Privacy-of-the-lab-1", "a-long-word-of-the-ward"

_USER = f'createUser monitor SHA-256 "{AUTH}" AES "{PRIVACY}"\n'
_MONITOR, _LAX = f"{_USER}rouser monitor authPriv\n", f"{_USER}rouser monitor authNoPriv\n"
_OWNED = 'sysContact "Clinical engineering, 5100"\nsysLocation "Building A, room 12"\n'
_TRAPS = "trap2sink 10.70.0.250 nobody-listens\n"
_WELL_KEPT = _MONITOR + _OWNED + _TRAPS
_USERS = """
sysObjectID 1.3.6.1.4.1.311.1.1.3.1.2
override 1.3.6.1.4.1.77.1.2.25.1.1.5.71.117.101.115.116 octet_str "Guest"
override 1.3.6.1.4.1.77.1.2.25.1.1.6.110.117.114.115.101.49 octet_str "nurse1"
"""
_UPS_CHARGED = """
sysDescr APC Smart-UPS 3000
sysObjectID 1.3.6.1.4.1.318.1.3.27
override 1.3.6.1.2.1.33.1.1.1.0 octet_str "APC"
override 1.3.6.1.2.1.33.1.2.1.0 integer 2
override 1.3.6.1.2.1.33.1.2.3.0 integer 60
override 1.3.6.1.2.1.33.1.6.1.0 uinteger 0
"""
_SWITCH = """
sysDescr Cisco IOS Software, C2960 Software (C2960-LANBASEK9-M), Version {version}, RELEASE SOFTWARE (fc1)
sysObjectID 1.3.6.1.4.1.9.1.1208
"""
_LATE = 'override 1.3.6.1.2.1.25.1.2.0 octet_str "\\x07\\xe4\\x01\\x01\\x0c\\x00\\x00\\x00\\x2b\\x00\\x00"\n'

_READY_SECONDS = 15


@dataclass(frozen=True)
class Agent:
    """snmpd on a machine, under this name and with this configuration."""

    name: str
    configuration: str

    def __call__(self, machine: Machine) -> None:
        file = machine.write(
            "snmpd.conf", f"agentaddress udp:{machine.address}:161\nsysName {self.name}\n{self.configuration}\n"
        )
        Path(file).chmod(0o600)
        machine.start(
            "snmpd", "-f", "-Lo", "-C", "-c", file,
            MIBS="", SNMPCONFPATH=str(machine.folder), SNMP_PERSISTENT_DIR=str(machine.folder / "persistent"),
        )  # fmt: skip
        machine.run(lambda: _wait(machine.address))


WEAK_UPS = Agent("ups-1", f"rocommunity public\nrwcommunity private\n{_LAX}{UPS_ON_BATTERY}")
REACHED = Agent("printer-2", f"rocommunity public\n{_OWNED}{_TRAPS}{PRINTER}")
GOOD_UPS = Agent("ups-1", _WELL_KEPT + _UPS_CHARGED)
WEAK_PRINTER = Agent("printer-1", f"rocommunity public\n{_MONITOR}{_OWNED}{_TRAPS}{PRINTER}")
GOOD_PRINTER = Agent("printer-1", _WELL_KEPT + PRINTER)
WEAK_WINDOWS = Agent("windows-1", f"rocommunity {WARD}\n{_OWNED}{_TRAPS}{_USERS}")
GOOD_WINDOWS = Agent("windows-1", _WELL_KEPT)
WEAK_SWITCH = Agent("switch-1", _WELL_KEPT + _SWITCH.format(version="12.2(55)SE"))
GOOD_SWITCH = Agent("switch-1", _WELL_KEPT + _SWITCH.format(version="15.2(7)E8"))


def _wait(address: str) -> None:
    """Until the agent answers engine discovery."""
    until = time.monotonic() + _READY_SECONDS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.1)
        sock.connect((address, 161))
        while time.monotonic() < until:
            try:
                sock.send(discovery(2**24))
                if sock.recv(65_535):
                    return
            except OSError:
                time.sleep(0.05)
    raise RuntimeError(f"no SNMP agent answers on {address}")
