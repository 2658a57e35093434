"""What any user of the machine could see of processes, and what our own children are given, all the while."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Self

__all__ = ["Watcher"]

_SECONDS = 0.04


class Watcher:
    """A thread that reads /proc until it is left.

    `arguments` are the command lines of all processes that were seen. `environments` are those of the processes below
    one whose command line begins with `parent`, each with its command line; a child that still is its parent's copy
    (between fork and exec) has no environment of its own yet.
    """

    def __init__(self, parent: tuple[str, ...]) -> None:
        self._parent = b"".join(f"{word}\0".encode() for word in parent)
        self.arguments: set[bytes] = set()
        self.environments: set[tuple[bytes, bytes]] = set()
        self.samples = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(_SECONDS):
            self._sample()
            self.samples += 1

    def _sample(self) -> None:
        above: dict[int, int] = {}
        lines: dict[int, bytes] = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal():
                continue
            try:
                stat = (folder / "stat").read_bytes()
                line = (folder / "cmdline").read_bytes()
            except OSError:  # it has ended
                continue
            above[int(folder.name)] = int(stat.rpartition(b")")[2].split()[1])
            lines[int(folder.name)] = line
        self.arguments |= set(lines.values())
        for process, line in lines.items():
            if line.startswith(self._parent) or not self._is_below(process, above, lines):
                continue
            try:
                self.environments.add((line, Path(f"/proc/{process}/environ").read_bytes()))
            except OSError:
                continue

    def _is_below(self, process: int, above: dict[int, int], lines: dict[int, bytes]) -> bool:
        while process := above.get(process, 0):
            if lines.get(process, b"").startswith(self._parent):
                return True
        return False
