"""Files that are attached by name: found in one folder, never outside it, and bounded in size."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from posture.errors import PostureError
from posture.governance.ledger import Attachment

__all__ = ["MAX_BYTES", "Folder"]

MAX_BYTES: Final = 100 * 1024**2

_STEP = 1024**2
_ABSOLUTE = re.compile(r"/|[A-Za-z]:")


class Folder:
    """The folder in which files to attach are looked for. Links are not followed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, Attachment | str] = {}
        self._by_digest: dict[str, str] = {}

    def attach(self, name: str) -> Attachment | str:
        """The file with this name, or why it can't be attached."""
        shown = name.replace("\\", "/")
        known = ("/" * shown.startswith("/")) + "/".join(_parts(shown))
        if known not in self._known:
            self._known[known] = self._look(known)
        return self._known[known]

    def contents(self, attachments: Iterable[Attachment]) -> Iterator[bytes]:
        """The bytes of files that were attached, one after the other. Raises PostureError if one changed since."""
        for digest in dict.fromkeys(each.sha256 for each in attachments):
            name = self._by_digest[digest]
            with _opened(self.path, name) as stream:
                content = stream.read(MAX_BYTES + 1)
            if hashlib.sha256(content).hexdigest() != digest:
                raise PostureError("it changed while it was read", where=name, mend="import again")
            yield content

    def _look(self, name: str) -> Attachment | str:
        try:
            digest, size = self._measured(name)
        except FileNotFoundError:
            return f"there is no such file in {self.path}"
        except OSError as error:
            linked = error.errno in {errno.ELOOP, errno.ENOTDIR}
            return f"it is a link, or no file in {self.path}" if linked else f"it can't be read: {error.strerror}"
        except ValueError as error:
            return str(error)
        self._by_digest.setdefault(digest, name)
        return Attachment(name=name.rsplit("/", 1)[-1], sha256=digest, size=size)

    def _measured(self, name: str) -> tuple[str, int]:
        """The SHA-256 and the size of a file. Raises ValueError, or OSError, for what can't be attached."""
        digest, size = hashlib.sha256(), 0
        with _opened(self.path, name) as stream:
            while size <= MAX_BYTES and (chunk := stream.read(_STEP)):
                digest.update(chunk)
                size += len(chunk)
        if size > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES // 1024**2} MiB")
        if not size:
            raise ValueError("it is empty")
        return digest.hexdigest(), size


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in {"", "."}]


def _opened(folder: Path, name: str) -> io.BufferedReader:
    """Open a regular file below a folder, step by step, so that no link leads out of it."""
    parts = _parts(name)
    if _ABSOLUTE.match(name) or ".." in parts:
        raise ValueError("it is outside the folder of the files; name a file in it, or in a folder below")
    if not parts or "\0" in name:
        raise ValueError("it is no name of a file")
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY, dir_fd=handle)
            os.close(handle)
            handle = below
        file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=handle)
    finally:
        os.close(handle)
    stream = os.fdopen(file, "rb") if stat.S_ISREG(os.fstat(file).st_mode) else None
    if stream is None:
        os.close(file)
        raise OSError(errno.ENOTDIR, "it is no file")
    return stream
