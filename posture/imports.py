"""Files and folders → evidence: what `--from` reads. What a file is, its content decides, not its name."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
import zstandard

from posture.collectors.base import Collector
from posture.errors import PostureError
from posture.model import Evidence
from posture.presentation import visible
from posture.segmentation.vantage import vantage

__all__ = ["Imported", "files", "load"]

MAX_BYTES = 1024**3
"""Most bytes of one file, as found and decompressed: a larger one is refused, a decompression bomb too."""

_HEAD = 64 * 1024
_STEP = 16 * 1024


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence from files, and the files of folders that nothing could read."""

    evidence: tuple[Evidence, ...]
    skipped: tuple[str, ...]


def files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """The files named, and those in the folders named, with whether a file was named itself. No links are followed."""
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112  # pathlib's raises for a name that is too long
            for each in sorted(_within(path)):
                yield each, False
        else:
            yield path, True


def _within(folder: Path) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        raise PostureError(f"it can't be read: {error.strerror}", where=_shown(error.filename)) from error

    for where, _, names in os.walk(folder, onerror=unreadable):
        for name in names:
            path = Path(where, name)
            if path.is_file() and not path.is_symlink() and not name.startswith("."):
                yield path


def load(paths: Iterable[Path], collectors: Mapping[str, Collector], zone: str | None = None) -> Imported:
    """Evidence from all files, in any order the same. `zone` is where their scanner stood, if somebody says so.

    Raises PostureError for the first file that can't be read, that nothing recognises (where it was named itself), or
    that breaks off with nothing usable; nothing was stored by then.
    """
    found: dict[str, Evidence] = {}
    skipped = []
    for path, named in files(paths):
        raw = _read(path)
        payload, name = _expanded(raw, path)
        reader = next((each for each in collectors.values() if each.sniff(_head(payload), name)), None)
        if reader is None:
            if named:
                raise PostureError(
                    "it is none of: nmap XML, LDIF, snmprec, snmpwalk -On text, Nessus v2, SharpHound's JSON, an "
                    "inventory (CSV or .xlsx whose header names hosts and addresses), a list of leavers (CSV or .xlsx "
                    "whose header names a login and an end date), a zip or tar of SYSVOL's Policies folder",
                    where=_shown(path),
                    mend="write scans with nmap -oX, directories with ldapsearch -LLL, devices with snmpwalk -On; of a "
                    "table, the first row has to be its headings: docs/inventory.md has those that are known",
                )
            skipped.append(_shown(path))
            continue
        for loaded in reader.load(payload, name, hashlib.sha256(raw).hexdigest()):
            record = _seen_from(loaded, zone) if zone else loaded
            found[record.id] = record
    return Imported(evidence=tuple(found[digest] for digest in sorted(found)), skipped=tuple(skipped))


def _head(payload: bytes) -> bytes:
    """The beginning, by which a file is known; all of a zip archive, which says only at its end what is in it."""
    return payload if payload.startswith(b"PK\x03\x04") else payload[:_HEAD]


def _seen_from(record: Evidence, zone: str) -> Evidence:
    envelope = msgspec.structs.replace(record.envelope, vantage=vantage("", zone))
    return Evidence.of(envelope, record.payload)


def _read(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise PostureError("it is no file", where=_shown(path), mend="name a file, or a folder of files")
        if status.st_size > MAX_BYTES:
            raise PostureError(f"it is larger than {MAX_BYTES:,} bytes", where=_shown(path), mend="split it")
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        why = error.strerror if isinstance(error, OSError) else str(error)
        mend = "see that the path is right, and that you may read it"
        raise PostureError(f"it can't be read: {why}", where=_shown(path), mend=mend) from error


def _expanded(raw: bytes, path: Path) -> tuple[bytes, str]:
    """The content, and the name as text that can be shown, without the compression's suffix."""
    name = _shown(path.name)
    try:
        if raw.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(raw)) as stream:
                return _bounded(stream.read(MAX_BYTES + 1), path), name.removesuffix(".gz")
        if raw.startswith(b"\x28\xb5\x2f\xfd"):
            return _bounded(_unzstd(raw), path), name.removesuffix(".zst")
    except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        mend = "copy it again"
        raise PostureError(f"it can't be decompressed: {error}", where=_shown(path), mend=mend) from error
    return raw, name


def _unzstd(raw: bytes) -> bytes:
    """All frames, as `cat a.zst b.zst` makes them. EOFError where one breaks off: zstandard's reader is silent then."""
    whole = bytearray()
    frame = zstandard.ZstdDecompressor().decompressobj()
    waiting, at = raw[:_STEP], _STEP
    while waiting and len(whole) <= MAX_BYTES:
        whole += frame.decompress(waiting)
        rest = frame.unused_data if frame.eof else b""
        if frame.eof and (rest or at < len(raw)):
            frame = zstandard.ZstdDecompressor().decompressobj()
        waiting, at = rest + raw[at : at + _STEP], at + _STEP
    if not frame.eof and len(whole) <= MAX_BYTES:
        raise EOFError("it breaks off before its end")
    return bytes(whole)


def _bounded(data: bytes, path: Path) -> bytes:
    if len(data) > MAX_BYTES:
        raise PostureError(f"it holds more than {MAX_BYTES:,} bytes", where=_shown(path), mend="split it")
    return data


def _shown(name: object) -> str:
    """A file's name on one line: whoever named it may not write to the terminal, nor lines of their own."""
    return visible(str(name)).replace("\n", "⟨U+000A⟩")
