"""nmap as a child process: found with python-nmap, run in a group of its own, its XML taken as it comes."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import nmap

from posture.collectors.nmap.text import clean
from posture.environment import without_secrets
from posture.errors import PostureError

__all__ = ["Nmap", "Ran", "find", "may_send_raw", "run"]

_SEARCH: Final = ("nmap", "/usr/bin/nmap", "/usr/local/bin/nmap", "/opt/local/bin/nmap")
_TICK = 0.2
_GRACE = 0.8
_LAST_WORDS = 10.0
_LONGEST_PROGRESS = 300
_MOST_OUTPUT = 256 * 2**20
_MOST_ERRORS = 64 * 2**10
_PROGRESS = re.compile(rb'<taskprogress task="([^"]*)"[^>]* percent="([0-9.]+)"')


class Nmap(msgspec.Struct, frozen=True, kw_only=True):
    """The nmap that is installed."""

    path: str
    version: str


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What a run of nmap brought. `cut` says why it was ended before its time, empty where it ended by itself."""

    output: bytes
    errors: str
    exit: int | None
    cut: str = ""


def find(search: Sequence[str] = _SEARCH) -> Nmap:
    """The nmap to use. PostureError where there is none."""
    try:
        with without_secrets():
            scanner = nmap.PortScanner(nmap_search_path=tuple(search))
    except nmap.PortScannerError as error:
        raise PostureError(
            "nmap is not installed",
            mend="Install it: apt-get install nmap. Or import scans made elsewhere with --from.",
        ) from error
    path = str(scanner._nmap_path)  # noqa: SLF001  # python-nmap has no public name for what it found
    return Nmap(path=shutil.which(path) or path, version=".".join(str(part) for part in scanner.nmap_version()))


def may_send_raw() -> bool:
    """Whether this process, and an nmap started by it, may send raw packets (root, and not a container without)."""
    if os.geteuid() != 0:
        return False
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW).close()
    except OSError:
        return False
    return True


def run(
    command: Sequence[str],
    *,
    folder: Path,
    seconds: float,
    end: Callable[[], str],
    progress: Callable[[str, float], None],
) -> Ran:
    """Run nmap to its end, or until `end` gives a reason (asked several times a second) or the time is over.

    `progress` is told nmap's word for what it does and how many percent of that are done. Whatever happens here, no
    child is left behind.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    child = subprocess.Popen(  # noqa: S603  # no shell, and every argument is made by posture.collectors.nmap.command
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        # Neither NMAPDIR nor NMAP_PRIVILEGED of the user's environment: they change which scripts run, and how.
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": str(folder)},
        start_new_session=True,
    )
    pipes = _Pipes(child)
    try:
        cut = _watch(pipes, time.monotonic() + seconds, end, progress)
        if not cut:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_LAST_WORDS)
    finally:
        _end(child)
        pipes.close()
    errors = clean(pipes.errors.decode("utf-8", "replace")).strip()
    return Ran(output=bytes(pipes.output), errors=errors, exit=child.returncode, cut=cut)


class _Pipes:
    """What a child says on its standard and its error output, as far as it has been taken in."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.output, self.errors = bytearray(), bytearray()
        self._streams = [stream for stream in (child.stdout, child.stderr) if stream is not None]
        self._selector = selectors.DefaultSelector()
        for stream, taken in zip(self._streams, (self.output, self.errors), strict=True):
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_READ, taken)

    def take(self, wait: float) -> bool:
        """Take in what there is, waiting so long for something. Whether there may be more."""
        for key, _ in self._selector.select(wait):
            data = os.read(key.fd, 1 << 16)
            if not data:
                self._selector.unregister(key.fileobj)
            elif key.data is self.output or len(self.errors) < _MOST_ERRORS:
                key.data.extend(data)
        return bool(self._selector.get_map())

    def close(self) -> None:
        """Take in what a child that has ended left behind, and close both."""
        while self._selector.get_map() and self._selector.select(0):
            self.take(0)
        self._selector.close()
        for stream in self._streams:
            stream.close()


def _watch(pipes: _Pipes, deadline: float, end: Callable[[], str], progress: Callable[[str, float], None]) -> str:
    """Take in what the child says until it says no more. Why it has to be ended, if it has."""
    told = 0
    while pipes.take(_TICK):
        why = end()
        if why:
            return why
        if time.monotonic() > deadline:
            return "it took longer than any such scan should, and was ended"
        if len(pipes.output) > _MOST_OUTPUT:
            return "its output is larger than any such scan's should be, and it was ended"
        found = deque(_PROGRESS.finditer(pipes.output, told), maxlen=1)
        told = max(told, len(pipes.output) - _LONGEST_PROGRESS)
        if found:
            told = max(told, found[0].end())
            progress(clean(found[0][1].decode("utf-8", "replace")), float(found[0][2]))
    return ""


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child and all of its group, within a second or two."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE)
