"""Verify a bag of evidence that Posture exported: python3 verify.py BAG.zip (or the folder it was unpacked into).

One file that needs nothing but Python 3.9 or newer and the openssl command (3.0 or newer). It reads; it writes only
temporary files, executes nothing of the bag, and asks no network. Take it from Posture itself rather than out of a bag
that you don't trust: every bag holds a copy as verify.py, and a copy can be made to say anything.

What it relies on: a statement (in-toto Statement v1) lists every file of the bag with its SHA-256 and is signed with
Ed25519 (DSSE). Not in that list are the files in SEAL_FILES; each of those is signed itself, or is exactly what follows
from the others.

A bag can be derived from a sealed one: redacted (names are replaced by pseudonyms), or selected (some of the evidence),
or both. Its statement is another one, by the same hospital, and it says so. A selected bag that is not redacted holds
the sealed statement in original/, and each of its evidence is compared with that.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import hashlib
import json
import os
import re
import stat
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, Protocol

STATEMENT = "seal/statement.json"
SIGNATURE = "seal/statement.sig"
ENVELOPE = "seal/statement.dsse.json"
PUBLIC_KEY = "seal/public-key.pem"
TIMESTAMP = "seal/timestamp.tsr"
TIMESTAMP_CA = "seal/timestamp-ca.pem"
TIMESTAMP_SIGNATURE = "seal/timestamp.sig"
BAG_MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
CUSTODY = "data/custody.jsonl"
LEDGER = "data/ledger.jsonl"
ORIGINAL = "original/"
ASSESSMENT = "data/assessment.json"
SEAL_FILES = (STATEMENT, SIGNATURE, ENVELOPE, TAG_MANIFEST, TIMESTAMP, TIMESTAMP_CA, TIMESTAMP_SIGNATURE)

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:posture:sealed-run:1"
DERIVED_TYPE = "urn:posture:derived-bag:1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
NO_DIGEST = "0" * 64
STAMPED = "%Y-%m-%d %H:%M:%S UTC"

MAX_FILES = 500_000
MAX_DIRECTORY = 32 * 1024 * 1024
MAX_STATEMENT = 512 * 1024 * 1024
MAX_SMALL = 1024 * 1024
_END, _END64, _LOCATOR64 = 22, 56, 20  # sizes of a zip's last records (APPNOTE.TXT 4.3.14 to 4.3.16)
_DER_BYTES = 44
_NAME = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,128}(/(?!\.)[A-Za-z0-9._-]{1,128}){0,5}")
_ED25519 = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo up to the key's 32 bytes, RFC 8410
_PRIME = 2**255 - 19
# The y of the points whose order divides 8 (RFC 8032, 5.1): for such a key one signature fits every message.
_SMALL_ORDER = {
    *(0, 1, _PRIME - 1),
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7,
}
_STEP = 1024 * 1024


class NotABag(Exception):  # noqa: N818  # a verdict as much as an error
    """It can't be read as a bag at all."""


class Bag(Protocol):
    """The files of a bag. `faults` is what is wrong with it as a container."""

    faults: list[str]

    def names(self) -> Iterable[str]:
        """The names of all files, each once."""
        ...

    def stream(self, name: str) -> Iterator[bytes]:
        """A file's bytes, in pieces."""
        ...


def shown(name: object) -> str:
    """A name on one line, in characters that no terminal obeys."""
    return ascii(str(name)[:300])[1:-1]


# ── the two kinds of container ───────────────────────────────────────────────────────────────────────────────────


class FolderBag:
    """A bag that was unpacked. Links and special files are faults, and are not followed."""

    def __init__(self, folder: Path) -> None:
        self.faults: list[str] = []
        self._folder = folder
        self._names: list[str] = []
        for where, folders, files in os.walk(folder, onerror=self._unread):
            for name in (*files, *(each for each in folders if Path(where, each).is_symlink())):
                path = Path(where, name)
                relative = path.relative_to(folder).as_posix()
                if not stat.S_ISREG(path.lstat().st_mode):
                    self.faults.append(f"{shown(relative)}: added: it is a link or a device, not a file")
                else:
                    self._names.append(relative)
                if len(self._names) + len(self.faults) > MAX_FILES:
                    raise NotABag(f"it holds more than {MAX_FILES:,} files")

    def _unread(self, error: OSError) -> None:
        self.faults.append(f"{shown(error.filename)}: this folder can't be read, and may hold what was added")

    def close(self) -> None:
        """Nothing is open."""

    def names(self) -> Iterable[str]:
        """The names of all files."""
        return self._names

    def stream(self, name: str) -> Iterator[bytes]:
        """A file's bytes."""
        with (self._folder / name).open("rb") as file:
            yield from iter(lambda: file.read(_STEP), b"")


class ZipBag:
    """A bag in a zip file: nothing compressed, so that it is no larger than it looks, and no two ways to read it.

    A zip that is not byte for byte as Posture writes one is a fault: unpack what was packed again, and verify the
    folder.
    """

    def __init__(self, path: Path) -> None:
        self.faults: list[str] = []
        with contextlib.ExitStack() as opened_here:
            try:
                self._file = opened_here.enter_context(path.open("rb"))
                size = _bounded(self._file)
                self._zip = opened_here.enter_context(zipfile.ZipFile(self._file))
            except (OSError, ValueError, NotImplementedError, struct.error, zipfile.BadZipFile) as error:
                raise NotABag(f"it is no zip file that can be read: {shown(error)}") from error
            self._entries = self._listed(size)
            self._closing = opened_here.pop_all()

    def _listed(self, size: int) -> dict[str, zipfile.ZipInfo]:
        entries: dict[str, zipfile.ZipInfo] = {}
        for each in self._zip.infolist():
            if each.compress_type != zipfile.ZIP_STORED or each.compress_size != each.file_size or each.flag_bits:
                what = (
                    "changed: it is compressed or encrypted, as nothing in a bag is; unpack it, and verify the folder"
                )
                raise NotABag(f"{shown(each.filename)}: {what}")
            if each.filename in entries:
                raise NotABag(f"{shown(each.filename)}: added: it is there twice")
            entries[each.filename] = each
            size -= each.file_size
        if size < 0:
            raise NotABag("its files are said to be larger than it is")
        return entries

    def close(self) -> None:
        """Let go of the file."""
        self._closing.close()

    def names(self) -> Iterable[str]:
        """The names of all files."""
        return self._entries

    def stream(self, name: str) -> Iterator[bytes]:
        """A file's bytes. Raises NotABag where they can't be read."""
        try:
            with self._zip.open(self._entries[name]) as file:
                yield from iter(lambda: file.read(_STEP), b"")
        except (OSError, ValueError, EOFError, NotImplementedError, struct.error, zipfile.BadZipFile) as error:
            raise NotABag(f"{shown(name)}: changed: it can't be read: {shown(error)}") from error

    def as_written(self) -> bool:
        """Whether it is, to the byte, the zip that Posture makes of these files."""
        with tempfile.TemporaryFile() as again:
            write_zip(
                again, ((name, self._entries[name].file_size, self.stream(name)) for name in sorted(self._entries))
            )
            again.seek(0)
            self._file.seek(0)
            while True:
                ours, theirs = again.read(_STEP), self._file.read(_STEP)
                if ours != theirs:
                    return False
                if not ours:
                    return True


def _bounded(file: IO[bytes]) -> int:
    """The zip's size. Raises NotABag for a directory of it that is too large, before anything reads it."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _END - _LOCATOR64))
    tail = file.read(_END + _LOCATOR64)
    if len(tail) < _END or tail[-_END : 4 - _END] != b"PK\x05\x06":
        raise NotABag("it does not end as a zip file that Posture wrote does: it was cut, or something was added")
    entries, size = struct.unpack("<HI", tail[-12:-6])
    if tail[:4] == b"PK\x06\x07":  # zip64
        file.seek(struct.unpack("<Q", tail[8:16])[0])
        record = file.read(_END64)
        if len(record) != _END64 or record[:4] != b"PK\x06\x06":
            raise NotABag("its zip64 directory is not where it is said to be")
        entries, size = struct.unpack("<QQ", record[32:48])
    if size > MAX_DIRECTORY or entries > MAX_FILES:
        raise NotABag(f"it holds more than {MAX_FILES:,} files")
    file.seek(0)
    return end


def write_zip(out: IO[bytes], files: Iterable[tuple[str, int, Iterable[bytes]]]) -> None:
    """Write files (name, size, bytes) into a zip in this order: the same files make the same bytes, everywhere.

    Nothing is compressed: what compression makes depends on the library's version.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, strict_timestamps=True) as made:
        for name, size, pieces in files:
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.create_version, entry.extract_version = 3, 20, 20  # unix; zip 2.0
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.compress_type = zipfile.ZIP_STORED
            entry.file_size = size
            with made.open(entry, "w") as member:
                for piece in pieces:
                    member.write(piece)


# ── what is signed ───────────────────────────────────────────────────────────────────────────────────────────────


def sha256(data: bytes) -> str:
    """The digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def pae(payload: bytes) -> bytes:
    """What DSSE signs of a payload: its pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def envelope(payload: bytes, signature: bytes, fingerprint: str) -> bytes:
    """The DSSE envelope, as JSON."""
    signatures = [{"keyid": fingerprint, "sig": base64.b64encode(signature).decode()}]
    made = {"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE, "signatures": signatures}
    return json.dumps(made, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def timestamp_message(response: bytes, authorities: bytes) -> bytes:
    """What the hospital's key signs of a timestamp, so that no byte of it is left uncovered."""
    return f"posture-timestamp/1 {sha256(response)} {sha256(authorities)}\n".encode()


def public_pem(der: bytes) -> bytes:
    """A public key as PEM, in its one canonical form."""
    return b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der) + b"\n-----END PUBLIC KEY-----\n"


def fingerprint_of(pem: bytes) -> str:
    """The SHA-256 of an Ed25519 public key (its SubjectPublicKeyInfo). Raises ValueError for anything else."""
    lines = pem.decode("ascii").strip().splitlines()
    if not lines or lines[0] != "-----BEGIN PUBLIC KEY-----" or lines[-1] != "-----END PUBLIC KEY-----":
        raise ValueError("it is no public key in PEM")
    der = base64.b64decode("".join(lines[1:-1]), validate=True)
    if len(der) != _DER_BYTES or not der.startswith(_ED25519):
        raise ValueError("it is no Ed25519 key")
    point = int.from_bytes(der[len(_ED25519) :], "little") & (1 << 255) - 1
    if point >= _PRIME or point in _SMALL_ORDER:
        raise ValueError("it is a key for which anything is signed")
    return sha256(der)


def merkle_root(ids: Iterable[str]) -> str:
    """The Merkle tree hash of RFC 6962, 2.1, over the evidence's ids in their order; of none: SHA-256 of nothing."""
    leaves = [hashlib.sha256(b"\x00" + bytes.fromhex(each)).digest() for each in sorted(ids)]
    if not leaves:
        return sha256(b"")
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2])  # noqa: B905  # strict= is newer than Python 3.9; the odd one is below
        odd = leaves[len(leaves) - 1 :] if len(leaves) % 2 else []
        leaves = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return leaves[0].hex()


def bag_manifest(digests: Iterable[tuple[str, str]]) -> bytes:
    """A manifest of BagIt (RFC 8493): a line a file, in the order of their names."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests)).encode()


def _json(data: bytes) -> Any:  # noqa: ANN401  # whatever it is
    """JSON that every program reads alike. Raises ValueError for a key that is there twice, and for NaN."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key is there twice")
        return found

    def never(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    return json.loads(data.decode("utf-8"), object_pairs_hook=once, parse_constant=never)


def chain_fault(lines: Iterable[bytes], position: int, head: str) -> str:
    """What is wrong with a chain, each line of which holds the SHA-256 of the line before; empty if nothing is."""
    previous, number = NO_DIGEST, 0
    for number, line in enumerate(lines, 1):
        try:
            entry = _json(line)
            sound = entry["previous"] == previous and (type(entry["number"]), entry["number"]) == (int, number)
        except (ValueError, TypeError, KeyError, RecursionError):
            sound = False
        if not sound:
            return f"entry {number} does not follow from the one before"
        previous = sha256(line)
    if (number, previous) != (position, head):
        return f"it ends with entry {number}, which is not the one that was signed"
    return ""


# ── verifying ────────────────────────────────────────────────────────────────────────────────────────────────────

Signature = Callable[[bytes, bytes, bytes], bool]
Stamp = Callable[[bytes, bytes, bytes], str]


@dataclass(frozen=True)
class Verdict:
    """What was checked and what is wrong. `signer` is the key's fingerprint, `established` whether it was asked for.

    `stamped` says in words since when the seal is there by a third party's clock; `predicate` is what was signed.
    `derived` says in words what a bag is that is not a sealed run's own; empty: it is the whole one.
    """

    checked: tuple[str, ...]
    problems: tuple[str, ...]
    signer: str
    established: bool
    stamped: str
    predicate: dict[str, Any]
    derived: str = ""

    @property
    def conclusion(self) -> str:
        """The verdict in a sentence."""
        if self.problems:
            count = len(self.problems)
            return f"NOT INTACT: {count} {'thing is' if count == 1 else 'things are'} wrong."
        who = "signed by the key asked for" if self.established else "signer not established"
        return f"Intact; {who}.{' ' if self.derived else ''}{self.derived}"


class _Verifying:
    """A bag under examination: what it says of itself, and the digests of what is there."""

    def __init__(self, bag: Bag, signature: Signature, stamp: Stamp) -> None:
        self._bag, self._holds, self._stamp = bag, signature, stamp
        self.checked: list[str] = []
        self.problems: list[str] = []
        self.stamped = ""
        names = set(bag.names())
        if STATEMENT not in names:
            raise NotABag(
                f"{STATEMENT}: removed: without it nothing can be checked; this is no bag of Posture, or not all"
            )
        self._payload = _read(bag, STATEMENT, MAX_STATEMENT)
        self.subjects, self.predicate, self.derived = _statement(self._payload)
        self._sig = _read(bag, SIGNATURE, MAX_SMALL) if SIGNATURE in names else b""
        self._key = _read(bag, PUBLIC_KEY, MAX_SMALL) if PUBLIC_KEY in names else b""
        try:
            self.signer = fingerprint_of(self._key)
        except ValueError:
            self.signer = ""
        self._digests = {name: self._digest(name) for name in sorted(names)}

    def _digest(self, name: str) -> str:
        state = hashlib.sha256()
        try:
            for piece in self._bag.stream(name):
                state.update(piece)
        except NotABag as error:
            self.problems.append(str(error))
            return ""
        return state.hexdigest()

    def checks(self, what: str, problems: Iterable[str]) -> None:
        """Note a check, and what it found wrong."""
        found = list(problems)
        self.problems += found
        self.checked.append(f"{'not so' if found else 'ok'}: {what}")

    def there(self, name: str) -> bool:
        """Whether the bag has this file."""
        return name in self._digests

    def signature(self) -> Iterator[str]:
        """The signature over the statement, and that the statement names its key."""
        if not self.signer:
            yield f"{PUBLIC_KEY}: {'changed: it is no Ed25519 key' if self._key else 'removed, or empty'}"
        elif not self._sig:
            yield f"{SIGNATURE}: removed, or empty"
        elif not self._holds(self._key, pae(self._payload), self._sig):
            yield f"{STATEMENT}, {SIGNATURE} or {PUBLIC_KEY}: changed: the signature does not hold"
        elif self.predicate.get("signer") != self.signer:
            yield f"{PUBLIC_KEY}: changed: the statement names another signer"

    def files(self) -> Iterator[str]:
        """Each file against its digest in the statement, and that there is no other."""
        for name in sorted({*self._digests, *self.subjects} - set(SEAL_FILES)):
            if name not in self._digests:
                yield f"{shown(name)}: removed"
            elif name not in self.subjects:
                yield f"{shown(name)}: added"
            elif self._digests[name] != self.subjects[name]:
                yield f"{shown(name)}: changed"

    @staticmethod
    def container(bag: ZipBag) -> Iterator[str]:
        """That a zip is as Posture writes it."""
        if not bag.as_written():
            yield "the zip file was changed or packed again: unpack it, and verify the folder to see if its files hold"

    def seal_files(self) -> Iterator[str]:
        """That the files outside the statement are exactly what follows from the others."""
        for name, expected in (
            (ENVELOPE, envelope(self._payload, self._sig, self.signer)),
            (TAG_MANIFEST, bag_manifest(self._tags().items())),
            (BAG_MANIFEST, bag_manifest(each for each in self._digests.items() if each[0].startswith("data/"))),
        ):
            if name not in self._digests:
                yield f"{name}: removed"
            elif self._digests[name] != sha256(expected):
                why = f": {', '.join(self._tag_changes())}" if name == TAG_MANIFEST else ""
                yield f"{name}: changed, or what it is about{why}"

    def _tags(self) -> dict[str, str]:
        return {
            name: digest
            for name, digest in self._digests.items()
            if name != TAG_MANIFEST and not name.startswith("data/")
        }

    def _tag_changes(self) -> list[str]:
        said = {}
        for line in _read(self._bag, TAG_MANIFEST, MAX_SMALL).decode("utf-8", "replace").splitlines():
            digest, _, name = line.partition("  ")
            said[name] = digest
        tags = self._tags()
        return [shown(name) for name in sorted({*tags, *said}) if tags.get(name) != said.get(name)] or ["its form"]

    def evidence(self) -> Iterator[str]:
        """That each piece of evidence has the id that its envelope has, and the Merkle root over all of them."""
        try:
            listed = set()
            for each in self.predicate["evidence"]:
                envelope_name = f"data/evidence/{each['id']}.json"
                listed |= {envelope_name, each["payload"]}
                if self.subjects.get(envelope_name) != each["id"]:
                    yield f"{shown(envelope_name)}: its name is not its digest"
                if envelope_name not in self._digests:
                    continue  # it is told as removed, or was never in the bag; and no other file is read for it
                said = _json(_read(self._bag, envelope_name, MAX_STATEMENT))["payload_sha256"]
                if not said == each["payload_sha256"] == self.subjects.get(each["payload"]):
                    yield f"{shown(each['payload'])}: it is not what its envelope says"
            for name in self.subjects:
                if name.startswith("data/evidence/") and name not in listed:
                    yield f"{shown(name)}: it is no evidence of this run"
            ids = [each["id"] for each in self.predicate["evidence"]]
            if len(set(ids)) != len(ids) or merkle_root(ids) != self.predicate["evidence_root"]:
                yield f"{STATEMENT}: the Merkle root is not that of the evidence"
        except NotABag as error:
            yield str(error)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            yield f"{STATEMENT}: what it says of the evidence does not hold: {shown(repr(error))}"

    def judgement(self) -> Iterator[str]:
        """That the judgement in the bag is the one that the statement is about, or that there is none."""
        said = self.predicate.get("assessment")
        digest = said.get("sha256") if isinstance(said, dict) else said
        if digest != self.subjects.get(ASSESSMENT):
            yield f"{ASSESSMENT}: it is not the judgement that the statement is about"

    def chain(self, what: str, name: str) -> Iterator[str]:
        """A chain, up to the entry that was signed. A derived bag may be without one."""
        if self.derived and what not in self.predicate and name not in self._digests:
            return
        if name not in self._digests:
            yield f"{name}: removed"
            return
        try:
            said = self.predicate[what]
            fault = chain_fault(_lines(self._bag.stream(name)), said["position"], said["head"])
        except (TypeError, KeyError, NotABag) as error:
            fault = shown(error)
        if fault:
            yield f"{name}: changed: {fault}"

    def original(self) -> Iterator[str]:
        """That the sealed statement in a selected bag is the one named, is signed, and has each of these files."""
        names = [ORIGINAL + name for name in (STATEMENT, SIGNATURE, PUBLIC_KEY)]
        if not any(name in self._digests for name in names):
            if not self._redacted():
                yield f"{names[0]}: removed"
            return
        try:
            payload = _read(self._bag, names[0], MAX_STATEMENT)
            sig, key = (_read(self._bag, name, MAX_SMALL) for name in names[1:])
            if sha256(payload) != self.predicate["original"]["statement_sha256"]:
                yield f"{names[0]}: it is not the statement that was sealed"
            if fingerprint_of(key) != self.predicate["original"]["signer"] or not self._holds(key, pae(payload), sig):
                yield f"{names[0]}, {names[1]} or {names[2]}: the signature does not hold"
            sealed, said, derived = _statement(payload)
            if derived or said.get("seal") != self.predicate["original"]["seal"]:
                yield f"{names[0]}: it is no statement of that seal"
            ours = self.predicate["run"]
            if any(said["run"][key] != ours[key] for key in ("id", "organisation", "state")) or (
                said["sealed_at"] != self.predicate["sealed_at"]
            ):
                yield f"{names[0]}: it is about another run, or another time, than the statement of the bag says"
            for name in self.subjects:
                if name.startswith("data/") and sealed.get(name) != self.subjects[name]:
                    yield f"{shown(name)}: it is none of the sealed files"
            yield from self._original_timestamp(sig, key)
        except (NotABag, KeyError, TypeError, ValueError) as error:
            yield f"{names[0]}: {shown(error)}"

    def _redacted(self) -> bool:
        kind = self.predicate.get("derived")
        return isinstance(kind, dict) and kind.get("redacted") is True

    def _original_timestamp(self, sig: bytes, key: bytes) -> Iterator[str]:
        three = [ORIGINAL + name for name in (TIMESTAMP, TIMESTAMP_CA, TIMESTAMP_SIGNATURE)]
        if not any(name in self._digests for name in three):
            return
        response, authorities, own = (_read(self._bag, name, MAX_SMALL) for name in three)
        if not self._holds(key, timestamp_message(response, authorities), own):
            yield f"{', '.join(three)}: the signature over them does not hold"
            return
        self.stamped = self._stamp(response, authorities, sig)

    def timestamp(self) -> Iterator[str]:
        """The timestamp, where there is one, and the signature that covers all of it."""
        three = (TIMESTAMP, TIMESTAMP_CA, TIMESTAMP_SIGNATURE)
        missing = [name for name in three if name not in self._digests]
        if len(missing) == len(three):
            return
        if missing:
            yield from (f"{name}: removed" for name in missing)
            return
        try:
            response, authorities, own = (_read(self._bag, name, MAX_SMALL) for name in three)
            if not self.signer or not self._holds(self._key, timestamp_message(response, authorities), own):
                yield f"{', '.join(three)}: one was changed: the signature over them does not hold"
                return
            self.stamped = self._stamp(response, authorities, self._sig)
        except NotABag as error:
            yield str(error)
        except ValueError as error:
            yield f"{TIMESTAMP}: {shown(error)}"


def verify(bag: Bag, signature: Signature, stamp: Stamp, wanted: str = "") -> Verdict:
    """Check every byte of a bag. Raises NotABag for what has no statement to be checked against.

    `signature(public key, message, signature)` says whether a signature holds; `stamp(response, authorities, message)`
    gives the time of a timestamp that holds as text, or raises ValueError saying why not. `wanted` is the fingerprint
    of the key that is expected; empty: none is known.
    """
    seen = _Verifying(bag, signature, stamp)
    seen.checks("the container holds files only, each once", bag.faults)
    seen.checks(f"the signature over the statement, by the key {seen.signer or 'unknown'}", seen.signature())
    if wanted:
        other = f"{PUBLIC_KEY}: changed: signed by {seen.signer or 'nobody'}, not by {shown(wanted)}"
        seen.checks("the signer is the one asked for", [] if seen.signer == wanted else [other])
    seen.checks(f"{len(seen.subjects):,} files by their SHA-256 in the statement, and no other", seen.files())
    seen.checks("the files that the statement does not name follow from the others", seen.seal_files())
    seen.checks("the evidence by its ids, and the Merkle root over them", seen.evidence())
    judged = "the judgement, by its SHA-256 in the statement" if seen.there(ASSESSMENT) else "it has no judgement"
    seen.checks(judged, seen.judgement())
    seen.checks("the chain of custody", seen.chain("custody", CUSTODY))
    seen.checks("the chain of the ledger", seen.chain("ledger", LEDGER))
    if seen.derived:
        seen.checks("what it was derived from, as far as it can be seen", seen.original())
    seen.checks("the timestamp" if seen.there(TIMESTAMP) else "it has no timestamp", seen.timestamp())
    if isinstance(bag, ZipBag) and not seen.problems:
        seen.checks("the zip file, byte for byte as Posture writes it", seen.container(bag))
    return Verdict(
        checked=tuple(seen.checked),
        problems=tuple(dict.fromkeys(seen.problems)),
        signer=seen.signer,
        established=bool(wanted) and seen.signer == wanted,
        stamped=seen.stamped,
        predicate=seen.predicate,
        derived=seen.derived,
    )


def _read(bag: Bag, name: str, limit: int) -> bytes:
    data = bytearray()
    for piece in bag.stream(name):
        data += piece
        if len(data) > limit:
            raise NotABag(f"{shown(name)}: changed: it is larger than {limit:,} bytes")
    return bytes(data)


def _statement(payload: bytes) -> tuple[dict[str, str], dict[str, Any], str]:
    """The digests of all files by their names, what is said of the run, and what it is if it is derived, in words."""
    found: dict[str, str] = {}
    try:
        said = _json(payload)
        subjects, predicate = said["subject"], said["predicate"]
        kind = said["predicateType"]
        if (
            said["_type"] != STATEMENT_TYPE
            or kind not in {PREDICATE_TYPE, DERIVED_TYPE}
            or not isinstance(predicate, dict)
        ):
            raise ValueError("it is about something else")  # noqa: TRY301  # told as the others are
        derived = _derived(predicate) if kind == DERIVED_TYPE else ""
        for each in subjects:
            name, digest = each["name"], each["digest"]["sha256"]
            if not _NAME.fullmatch(name) or name in found or name in SEAL_FILES or len(digest) != len(NO_DIGEST):
                raise ValueError(f"{name} is not a file that it could name")  # noqa: TRY301  # as above
            found[name] = digest
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotABag(f"{STATEMENT}: changed: it is no statement about a sealed run: {shown(error)}") from error
    return found, predicate, derived


def _derived(predicate: dict[str, Any]) -> str:
    """What a derived bag is, in words. Raises ValueError, TypeError or KeyError for one that does not say it."""
    kind, run, original = (predicate[name] for name in ("derived", "run", "original"))
    redacted, selected = kind["redacted"], kind["selected"]
    if not (isinstance(redacted, bool) and isinstance(selected, bool)) or not (redacted or selected):
        raise ValueError("it does not say how it was derived")
    what = " AND ".join(word for word, so in (("REDACTED", redacted), ("SELECTED", selected)) if so)
    first = f"This is a {what} bag, and not the whole one: it was made from seal {shown(original['seal'])}"
    parts = [
        f"{first} of run {shown(run['id'])}, whose statement has the SHA-256 {shown(original['statement_sha256'])}."
    ]
    if redacted:
        parts.append("Names in it are pseudonyms: that they stand for what was sealed is the hospital's word.")
    else:
        parts.append("Each of its evidence is one of the files that were sealed then.")
    if original["signer"] != predicate["signer"]:
        parts.append(
            f"That seal is by another key, {shown(original['signer'])}: whose it is, ask for as well, by another way."
        )
    return " ".join(parts)


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest


# ── by openssl, as a script ──────────────────────────────────────────────────────────────────────────────────────


def _openssl(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(  # noqa: S603  # openssl, with files that we wrote
        ["openssl", *map(str, arguments)],  # noqa: S607  # found on PATH, as the reader's own
        capture_output=True,
        check=False,
        timeout=120,
        env=environment,
    )


def openssl_signature(key: bytes, message: bytes, sig: bytes) -> bool:
    """Whether an Ed25519 signature holds, by openssl."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("key", key), ("message", message), ("sig", sig)):
            Path(folder, name).write_bytes(data)
        paths = [Path(folder, name) for name in ("key", "message", "sig")]
        done = _openssl(
            "pkeyutl", "-verify", "-pubin", "-inkey", paths[0], "-rawin", "-in", paths[1], "-sigfile", paths[2]
        )
    return done.returncode == 0


def _whole(der: bytes) -> bool:
    """Whether this is one DER value of the length that it says (X.690, 8.1.3), and nothing more."""
    if len(der) < 2:  # noqa: PLR2004  # a tag and a length
        return False
    longer = der[1] & 0x7F if der[1] & 0x80 else 0
    length = int.from_bytes(der[2 : 2 + longer], "big") if longer else der[1]
    return len(der) == 2 + longer + length


def openssl_stamp(response: bytes, authorities: bytes, message: bytes) -> str:
    """The time of an RFC 3161 timestamp over the message, by openssl. Raises ValueError if it does not hold.

    Certificates are looked at as of that time: they expire, and a timestamp stays what it was.
    """
    with tempfile.TemporaryDirectory() as folder:
        reply, trusted, data = Path(folder, "tsr"), Path(folder, "ca"), Path(folder, "data")
        if not _whole(response):
            raise ValueError("it is no timestamp: something stands behind it, or is missing")
        reply.write_bytes(response)
        data.write_bytes(message)
        trusted.write_bytes(authorities)
        text = _openssl("ts", "-reply", "-in", reply, "-text").stdout.decode("utf-8", "replace")
        found = re.search(r"^Time stamp: (\w{3} [ \d]\d \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT", text, re.MULTILINE)
        if not found:
            raise ValueError("it is no timestamp")
        if not re.search(r"^Hash Algorithm: sha(256|384|512)$", text, re.MULTILINE):
            raise ValueError("it is a timestamp of a digest that can be forged")
        at = datetime.strptime(f"{found[1]} {found[2]}", "%b %d %H:%M:%S %Y").replace(tzinfo=timezone.utc)  # noqa: UP017  # datetime.UTC is newer than Python 3.9
        when = str(int(at.timestamp()))
        done = _openssl("ts", "-verify", "-data", data, "-in", reply, "-CAfile", trusted, "-attime", when)
    if done.returncode != 0:
        raise ValueError("it does not hold for this seal, or not by these certificates")
    return f"{at:{STAMPED}}"


def opened(path: Path) -> FolderBag | ZipBag:
    """The bag at a path, a folder or a zip. Raises NotABag, and OSError where nothing is there."""
    kind = path.stat().st_mode
    if stat.S_ISDIR(kind):
        return FolderBag(path)
    if not stat.S_ISREG(kind):
        raise NotABag("it is neither a file nor a folder")
    return ZipBag(path)


def report(verdict: Verdict, *, clock_known: bool = False) -> str:
    """What to tell a reader, in lines. `clock_known`: the timestamp was held against certificates from elsewhere."""
    lines = [f"  {each}" for each in verdict.checked]
    lines += [f"  PROBLEM: {each}" for each in verdict.problems]
    lines.append(verdict.conclusion)
    if verdict.signer and not verdict.established and not verdict.problems:
        lines.append(f"  It was signed by the key {verdict.signer}.")
        lines.append("  Ask the hospital for its fingerprint by another way, and give it with --fingerprint.")
    if not verdict.problems:
        lines += [f"  {each}" for each in (*_about(verdict), _since(verdict, clock_known))]
    return "\n".join(lines)


def _about(verdict: Verdict) -> Iterator[str]:
    run = verdict.predicate.get("run")
    if isinstance(run, dict):
        what = f"run {shown(run.get('id'))} of {shown(run.get('organisation'))}, {shown(run.get('state'))}"
        seal, at = shown(verdict.predicate.get("seal")), shown(verdict.predicate.get("sealed_at"))
        yield f"It is {what}; seal {seal}, of {at}."
        yield "See that it is the run you asked for: that there is no newer seal of it, nothing here can show."


def _since(verdict: Verdict, clock_known: bool) -> str:
    if verdict.stamped and clock_known:
        return f"A third party's clock says that the seal was there at {verdict.stamped}."
    if verdict.stamped:
        return (
            f"A clock says that the seal was there at {verdict.stamped}, by certificates that came with the seal: "
            "whose clock it is, they can't say. Have the third party's own, and give them with --timestamp-ca."
        )
    server = verdict.predicate.get("timestamp_server")
    why = f" The server {shown(server)} did not answer then, or its timestamp was taken out." if server else ""
    return f"It has no timestamp of a third party: when it was sealed is the hospital's own word.{why}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a bag: 0 intact, 1 not intact, 2 no bag or wrong usage."""
    parser = argparse.ArgumentParser(description="Verify a bag of evidence that Posture exported.")
    parser.add_argument("bag", type=Path, help="the zip file, or the folder that it was unpacked into")
    parser.add_argument("--key", type=Path, help="the signer's public key (PEM), had from the hospital by another way")
    parser.add_argument("--fingerprint", help="the fingerprint of the signer's key, had by another way")
    parser.add_argument("--timestamp-ca", type=Path, help="certificates to trust for the timestamp; else the bag's own")
    given = parser.parse_args(arguments)
    if given.fingerprint is not None and (given.key or not re.fullmatch(r"\s*[0-9A-Fa-f]{64}\s*", given.fingerprint)):
        parser.error("--key and --fingerprint exclude each other, and a fingerprint has 64 hexadecimal digits")
    try:
        wanted = fingerprint_of(given.key.read_bytes()) if given.key else (given.fingerprint or "").strip().lower()
        trusted = given.timestamp_ca.read_bytes() if given.timestamp_ca else None
    except (OSError, ValueError, binascii.Error) as error:
        print(f"verify: {shown(error)}", file=sys.stderr)  # noqa: T201  # a script that prints
        return 2
    try:
        with contextlib.closing(opened(given.bag)) as bag:
            verdict = verify(
                bag,
                openssl_signature,
                lambda response, own, message: openssl_stamp(response, trusted or own, message),
                wanted,
            )
    except NotABag as error:
        print(f"NOT INTACT: {error}")  # noqa: T201  # as above
        return 1
    except OSError as error:
        print(f"verify: {shown(error)}", file=sys.stderr)  # noqa: T201  # as above
        return 2
    print(report(verdict, clock_known=trusted is not None))  # noqa: T201  # as above
    return 1 if verdict.problems else 0


if __name__ == "__main__":
    sys.exit(main())
