"""A network namespace of our own, with nothing outside it: what is started there can reach nobody else."""

from __future__ import annotations

import ctypes
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_numbers = itertools.count()


class Namespace:
    """A context manager. `address` is the namespace's only one beside loopback, on a cable that leads nowhere."""

    def __init__(self, address: str) -> None:
        self.name = f"posture-{os.getpid()}-{next(_numbers)}"
        self.address = address
        self._inside = ThreadPoolExecutor(max_workers=1, initializer=self._enter)

    def __enter__(self) -> Self:
        _run("ip", "netns", "add", self.name)
        for command in (
            "link set lo up",
            "link add eth0 type veth peer name end0",
            f"addr add {self.address}/24 dev eth0",
            "link set eth0 up",
            "link set end0 up",
        ):
            _run("ip", "-n", self.name, *command.split())
        return self

    def __exit__(self, *_: object) -> None:
        self._inside.shutdown()
        for number in (signal.SIGTERM, signal.SIGKILL):
            pids = self.pids()
            for pid in pids:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    continue
            until = time.monotonic() + 5
            while self.pids() and time.monotonic() < until:
                time.sleep(0.05)
        _run("ip", "netns", "del", self.name)

    def pids(self) -> list[int]:
        """The processes in the namespace: ours, as the namespace is."""
        found = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True, check=True)
        return [int(pid) for pid in found.stdout.split() if int(pid) != os.getpid()]

    def command(self, *arguments: str) -> list[str]:
        """A command line that runs inside."""
        return ["ip", "netns", "exec", self.name, *arguments]

    def run(self, function: Callable[[], T]) -> T:
        """Call a function in a thread that stands inside the namespace."""
        return self._inside.submit(function).result()

    def _enter(self) -> None:
        with Path(f"/run/netns/{self.name}").open("rb") as handle:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.setns(handle.fileno(), _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
