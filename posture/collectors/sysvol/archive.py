"""The files of a zip or tar archive that we don't trust, each bounded, in memory: nothing is ever unpacked to disk."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO

from posture.errors import PostureError

__all__ = ["MAX_FILE", "MAX_FILES", "MAX_TOTAL", "is_tar", "is_zip", "members"]

MAX_FILES = 200_000
MAX_FILE = 16 * 1024**2
MAX_TOTAL = 256 * 1024**2
"""Most bytes of all files that are wanted, together."""

_MEND = "make the archive again, of SYSVOL's Policies folder alone, without a password"
_USTAR = slice(257, 262)
_MOST_EXTENDED = 64 * 1024


def is_zip(head: bytes) -> bool:
    """Whether a file that begins like this is a zip archive."""
    return head.startswith(b"PK\x03\x04")


def is_tar(head: bytes) -> bool:
    """Whether a file that begins like this is a tar archive (POSIX ustar, GNU)."""
    return head[_USTAR] == b"ustar"


def members(payload: bytes, where: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes | None]]:
    """(path, content) of the files that are wanted; None for one that is too large, a link, or no plain file.

    Raises PostureError for an archive that is broken, encrypted, or beyond the bounds.
    """
    total = 0
    try:
        for path, content in (_zipped if is_zip(payload) else _tarred)(payload, where, wanted):
            total += len(content or b"")
            if total > MAX_TOTAL:
                raise PostureError(f"its files hold more than {MAX_TOTAL:,} bytes", where=where, mend=_MEND)
            yield path, None if content is not None and len(content) > MAX_FILE else content
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        EOFError,
        ValueError,
        OSError,
        NotImplementedError,
        RecursionError,
    ) as error:
        raise PostureError(
            f"it is no archive that can be read ({type(error).__name__})", where=where, mend=_MEND
        ) from error


def _zipped(payload: bytes, where: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes | None]]:
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        _bounded(len(archive.infolist()), where)
        for member in archive.infolist():
            path = member.filename.replace("\\", "/")
            if path.endswith("/") or not wanted(path):
                continue
            if member.flag_bits & 1:
                raise PostureError("it is encrypted", where=where, mend=_MEND)
            if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise PostureError("it is packed in a way that is not read", where=where, mend=_MEND)
            with archive.open(member) as stream:
                yield path, stream.read(MAX_FILE + 1)


def _tarred(payload: bytes, where: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes | None]]:
    with tarfile.open(fileobj=io.BytesIO(payload), mode="r:", tarinfo=_Header) as archive:
        for count, member in enumerate(archive, 1):
            _bounded(count, where)
            if member.isdir() or not wanted(member.name):
                continue
            stream = archive.extractfile(member) if member.isreg() and not member.issparse() else None
            content = stream.read(MAX_FILE + 1) if stream else None
            if content is not None and len(content) != min(member.size, MAX_FILE + 1):
                raise tarfile.ReadError("it breaks off")
            yield member.name, content
        # tarfile takes a header that it can't read for the end; the end is zeros (POSIX.1, ustar).
        if len(payload) < archive.offset + tarfile.BLOCKSIZE or payload[archive.offset :].strip(b"\0"):
            raise tarfile.ReadError("it breaks off")


class _Header(tarfile.TarInfo):
    """A member whose extended header is looked at before tarfile parses it, which may take the square of its length.

    That is CVE-2024-6232, mended in newer Pythons, and records that claim to be shorter than they are. Sparse files,
    whose maps are built in memory, are refused: no copy of SYSVOL has any.
    """

    def _proc_pax(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        stream: IO[bytes] = archive.fileobj  # type: ignore[assignment]  # there is one: it was given
        at = stream.tell()
        if self.size > _MOST_EXTENDED or not _sound(stream.read(self.size)):
            raise tarfile.ReadError("an extended header that is none")
        stream.seek(at)
        return super()._proc_pax(archive)  # type: ignore[misc,no-any-return]  # typeshed leaves it out


def _sound(records: bytes) -> bool:
    """Whether an extended header is `LENGTH NAME=VALUE` lines, each as long as it says (POSIX.1, pax)."""
    if b"GNU.sparse" in records or re.search(rb"\d{100}", records):
        return False
    at = 0
    while at < len(records):
        found = re.compile(rb"(\d{1,7}) ").match(records, at)
        end = at + int(found[1]) if found else 0
        if not found or not found.end() < end <= len(records) or records[end - 1 : end] != b"\n":
            return False
        if b"=" not in records[found.end() : end]:
            return False
        at = end
    return True


def _bounded(count: int, where: str) -> None:
    if count > MAX_FILES:
        raise PostureError(f"it holds more than {MAX_FILES:,} files", where=where, mend=_MEND)
