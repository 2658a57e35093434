"""Secrets that are planted, and where they are looked for: in every form, in whatever holds text."""

from __future__ import annotations

import base64
import gzip
import html
import io
import re
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import zstandard

__all__ = ["contents", "found_in", "leaks"]

_ZSTD, _GZIP, _ZIP, _SQLITE, _PDF = b"\x28\xb5\x2f\xfd", b"\x1f\x8b", b"PK\x03\x04", b"SQLite format 3\0", b"%PDF-"
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_MOST = 2**30


def forms(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """The secret as it is, and as it would stand in other encodings."""
    yield "plain", secret
    for offset in range(3):
        whole = base64.b64encode(bytes(offset) + secret).decode().rstrip("=")
        first, cut = (0, 2, 3)[offset], (offset + len(secret)) % 3 != 0
        inner = whole[first : len(whole) - cut]
        yield "base64", inner.encode()
        yield "base64 of URLs", inner.translate(str.maketrans("+/", "-_")).encode()
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    text = secret.decode("latin-1")
    yield "index of an OID", ".".join(str(octet) for octet in secret).encode()
    yield "UTF-16", text.encode("utf-16-le")
    yield "UTF-16 BE", text.encode("utf-16-be")
    if secret.isascii():
        yield "URL-quoted", quote(text, safe="").encode()
        if (escaped := html.escape(text)) != text:
            yield "HTML", escaped.encode()


def found_in(data: bytes, planted: Iterable[bytes]) -> list[tuple[bytes, str]]:
    """Which secrets stand in there, and in which form. Folded lines (LDIF) are unfolded, too."""
    unfolded = data.replace(b"\r\n ", b"").replace(b"\n ", b"")
    return [
        (secret, form)
        for secret in planted
        for form, shape in forms(secret)
        if shape in data or (len(unfolded) < len(data) and shape in unfolded)
    ]


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that a file holds, or all files below a folder: as it lies there, and all that can be unpacked."""
    if path.is_dir():
        for each in sorted(path.rglob("*")):
            if each.is_file() and not each.is_symlink():
                yield from contents(each)
        return
    data = path.read_bytes()
    if data.startswith(_SQLITE):
        yield str(path), data
        yield from _database(path)
    else:
        yield from _unpacked(str(path), data)


def leaks(path: Path, planted: Iterable[bytes], spare: Iterable[Path] = ()) -> list[str]:
    """Where below a path a planted secret stands. `spare` are the files that secrets are planted in."""
    planted, spared = tuple(planted), {str(each) for each in spare}
    return [
        f"{name}: {secret!r} ({form})"
        for name, data in contents(path)
        if name.partition("!")[0] not in spared
        for secret, form in found_in(data, planted)
    ]


def _unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, data
    if data.startswith(_ZSTD):
        inner = zstandard.ZstdDecompressor().decompress(data, max_output_size=_MOST)
        yield from _unpacked(f"{name}!zstd", inner)
    elif data.startswith(_GZIP):
        yield from _unpacked(f"{name}!gzip", gzip.decompress(data))
    elif data.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _unpacked(f"{name}!{member}", archive.read(member))
    elif data.startswith(_PDF):
        text = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True).stdout
        yield f"{name}!text", text
        yield f"{name}!text, lines joined", text.replace(b"\n", b"")
        for number, found in enumerate(_STREAM.findall(data)):
            try:
                yield f"{name}!stream {number}", zlib.decompressobj().decompress(found)
            except zlib.error:
                continue


def _database(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every value of every table, with what is in the write-ahead log still."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal"):
            there = path.with_name(path.name + suffix)
            if there.exists():
                shutil.copy(there, Path(folder, f"copy.db{suffix}"))
        with closing(sqlite3.connect(Path(folder, "copy.db"))) as raw:
            tables = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for number, row in enumerate(raw.execute(f'SELECT * FROM "{table}"')):  # noqa: S608  # its own name
                    for at, value in enumerate(row):
                        data = value if isinstance(value, bytes) else str(value).encode()
                        yield from _unpacked(f"{path}!{table}[{number}][{at}]", data)
