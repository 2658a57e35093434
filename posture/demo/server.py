"""A real server on loopback: its process, and a folder of its own that goes when it goes."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["Server"]

_END_SECONDS = 5


class Server:
    """A context manager: the server answers inside the block, and is gone after it.

    A subclass starts it in `_start`, and keeps its process. ValueError for an address that is not loopback.
    """

    name = "server"

    def __init__(self, address: str) -> None:
        if not ip_address(address).is_loopback:
            raise ValueError(f"{address} is not a loopback address")
        self.address = address
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid if self._process else 0

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix=f"posture-{self.name}-"))
        try:
            self._start(self._folder)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server and remove its folder. May be called more than once."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(timeout=_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _start(self, folder: Path) -> None:
        raise NotImplementedError(f"{type(self).__name__} starts nothing")
