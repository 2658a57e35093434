"""Zip archives that are the same bytes for the same content: no times, no owners, entries in the order they come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from posture.atomic import replacing

__all__ = ["Archive", "archive"]

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say
_READABLE = 0o100600 << 16  # a plain file, for its owner


class Archive:
    """An archive that is being written."""

    def __init__(self, file: ZipFile) -> None:
        self._file = file

    def entry(self, name: str) -> IO[bytes]:
        """A file in the archive, to be written from beginning to end and closed before the next is opened."""
        info = ZipInfo(name, _EPOCH)
        info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, 3, _READABLE
        return self._file.open(info, "w", force_zip64=True)


@contextmanager
def archive(out: Path) -> Iterator[Archive]:
    """Write `out`, all of it or nothing."""
    with replacing(out) as temporary, ZipFile(temporary, "w", ZIP_DEFLATED, allowZip64=True) as file:
        yield Archive(file)
