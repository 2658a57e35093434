"""A hospital's network in namespaces: zones around a router that is a firewall, with machines that run real servers.

    with Hospital() as hospital:
        hospital.machine("servers", 10).start("redis-server", ..., port=6379)
        hospital.allow([Rule("users", "servers", tcp="443")])
        subprocess.run(hospital.zone("users").command("nmap", ...))
        hospital.zone("users").run(lambda: socket.create_connection(("10.10.0.10", 443)))

No cable leads out of it, and a command whose namespace is gone does not start, so that nothing ever leaves. Each
machine has a network card, a /run and a /tmp of its own; what it starts ends with the block, whatever becomes of it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from lab.namespace import Namespace
from lab.record_nmap import Lab

T = TypeVar("T")

ZONES = {
    "users": "10.5.0",
    "servers": "10.10.0",
    "imaging": "10.20.0",
    "devices": "10.30.0",
    "integration": "10.40.0",
    "backup": "10.50.0",
    "building": "10.60.0",
    "management": "10.70.0",
    "guest": "10.99.0",
}
"""The first three numbers of each zone's 256 addresses. The router has .1, and .250 is where somebody may stand."""

STANDING = 250

_ALONE = """set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir /run/sshd /run/rpcbind /run/ganesha /run/kept
printf "passwd: files\\ngroup: files\\nhosts: files\\n" > /run/nsswitch.conf
mount --bind /run/nsswitch.conf /etc/nsswitch.conf
n=0
for kept in "$@"; do n=$((n + 1)); mkdir "/run/kept/$n"; mount --bind "$kept" "/run/kept/$n"; done
mount -t tmpfs tmpfs /tmp
n=0
for kept in "$@"; do n=$((n + 1)); mkdir -p "$kept"; mount --bind "/run/kept/$n" "$kept"; done
echo ready
exec sleep infinity
"""
"""Servers keep sockets and locks under fixed names in /run and /tmp: every machine has its own, but for these folders.
They also ask for the name of whoever connects, which nobody there could tell them.
"""


@dataclass(frozen=True)
class Rule:
    """Connections that the firewall lets through, from one zone into another; ports in nft's own words, "" for none.

    With `everything`, all ports and pings.
    """

    source: str
    target: str
    tcp: str = ""
    udp: str = ""
    everything: bool = False

    def lines(self) -> Iterable[str]:
        """The rule as nft has it."""
        way = f'iifname "{self.source}" oifname "{self.target}"'
        if self.everything:
            yield f"{way} accept"
        for protocol, ports in (("tcp", self.tcp), ("udp", self.udp)):
            if ports:
                yield f"{way} {protocol} dport {{ {ports} }} accept"


MANAGED = tuple(Rule("management", zone, everything=True) for zone in ZONES if zone != "management")
"""Whoever audits stands in the management zone, and is let in everywhere."""


class Machine(Lab):
    """A machine in a zone: programs that are started on it stand in its namespace.

    One that is `alone` has a /run and a /tmp of its own, as servers want them; without, it sees this machine's files.
    """

    def __init__(self, folder: Path, address: str, zone: str, *, alone: bool) -> None:
        folder.mkdir(mode=0o755)
        super().__init__(folder, address)
        self.zone, self.alone = zone, alone
        self.namespace = Namespace(address)
        self._alone: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.namespace.__enter__()
        if not self.alone:
            return self
        ours = (str(self.folder), sys.prefix, sys.base_prefix)
        kept = sorted({folder for folder in ours if folder.startswith("/tmp/")})  # noqa: S108  # what /tmp would hide
        try:
            self._alone = subprocess.Popen(
                self.namespace.command("unshare", "--mount", "sh", "-c", _ALONE, "sh", *kept),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert self._alone.stdout is not None
            assert self._alone.stdout.readline() == "ready\n", f"{self.address}: no /run and /tmp of its own"
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.namespace.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.namespace.__exit__()
        for process in (*self.processes, *filter(None, [self._alone])):
            process.wait()
        if self._alone is not None and self._alone.stdout is not None:
            self._alone.stdout.close()

    def command(self, *arguments: str) -> list[str]:
        """A command line that runs on this machine. It does not start when the machine is gone."""
        if not self.alone:
            return self.namespace.command(*arguments)
        if self._alone is None:
            raise RuntimeError(f"{self.address} is not there")
        mounts = f"--mount=/proc/{self._alone.pid}/ns/mnt"
        return ["nsenter", f"--net=/run/netns/{self.namespace.name}", mounts, "--", *arguments]

    def run(self, function: Callable[[], T]) -> T:
        """Call a function in a thread that stands in this machine's network."""
        return self.namespace.run(function)

    def start(self, *command: str, port: int | None = None, **environment: str) -> None:
        """Start a server on this machine, and wait until its port answers."""
        super().start(*self.command(*command), port=port, **environment)

    def wait(self, port: int, seconds: float = 30) -> None:
        """Wait for a listener."""
        self.run(lambda: super(Machine, self).wait(port, seconds))


class Hospital:
    """A context manager: zones, a router with a firewall between them, and the machines that were asked for."""

    def __init__(self, zones: Mapping[str, str] = ZONES, rules: Iterable[Rule] = MANAGED) -> None:
        self.zones = dict(zones)
        self.rules = tuple(rules)
        self._machines: dict[str, Machine] = {}
        self._router = Namespace("10.255.255.1")
        self._stack = ExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="posture-hospital-"))

    def __enter__(self) -> Self:
        self._folder.chmod(0o755)
        self._stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
        try:
            self._stack.enter_context(self._router)
            lines = ["link del eth0"]
            for zone, prefix in self.zones.items():
                lines += [f"link add {zone} type bridge", f"addr add {prefix}.1/24 dev {zone}", f"link set {zone} up"]
            _ip(self._router.name, *lines)
            _call(*self._router.command("sysctl", "-qw", "net.ipv4.ip_forward=1"))
            self.allow(self.rules)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def network(self, zone: str) -> str:
        """The zone's network, as CIDR."""
        return f"{self.zones[zone]}.0/24"

    def allow(self, rules: Iterable[Rule]) -> None:
        """Let these connections through from now on, and no others."""
        self.rules = tuple(rules)
        within = [Rule(zone, zone, everything=True) for zone in self.zones]
        lines = "\n".join(line for rule in (*within, *self.rules) for line in rule.lines())
        firewall = (
            "flush ruleset\ntable ip hospital {\nchain between {\ntype filter hook forward priority 0; policy drop;\n"
            f"ct state established,related accept\n{lines}\n}}\n}}\n"
        )
        _call(*self._router.command("nft", "-f", "-"), text=firewall)

    def zone(self, name: str) -> Machine:
        """A place in the zone where somebody may stand, and run what lies on this machine: no servers are there yet."""
        return self.machine(name, STANDING, alone=False)

    def machine(self, zone: str, number: int, *, alone: bool = True) -> Machine:
        """The machine with this last number of its address, made when it is first asked for."""
        address = f"{self.zones[zone]}.{number}"
        if address not in self._machines:
            made = Machine(self._folder / address, address, zone, alone=alone)
            self._machines[address] = self._stack.enter_context(made)
            self._plug(self._machines[address])
        return self._machines[address]

    def serve(self, *starts: tuple[Machine, Callable[[Machine], None]]) -> None:
        """Start the servers of all these machines, some at a time; servers of one machine one after the other."""
        queues: dict[str, list[tuple[Machine, Callable[[Machine], None]]]] = {}
        for machine, start in starts:
            queues.setdefault(machine.address, []).append((machine, start))

        def run(queue: list[tuple[Machine, Callable[[Machine], None]]]) -> None:
            for machine, start in queue:
                start(machine)

        with ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(run, queues.values()))

    def _plug(self, machine: Machine) -> None:
        """Lead the machine's cable to its zone's bridge, and its packets for elsewhere to the router."""
        name, number = machine.namespace.name, machine.address.rpartition(".")[2]
        port = f"{machine.zone}-{number}"
        _ip(name, f"link set end0 netns {self._router.name} name {port}")
        _ip(self._router.name, f"link set {port} master {machine.zone}", f"link set {port} up")
        _ip(name, f"route add default via {self.zones[machine.zone]}.1")


def _ip(namespace: str, *lines: str) -> None:
    _call("ip", "-n", namespace, "-batch", "-", text="\n".join(lines) + "\n")


def _call(*command: str, text: str | None = None) -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:6])}: {done.stderr.strip()[-500:]}")
