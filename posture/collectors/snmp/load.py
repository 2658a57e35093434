"""Files that hold what an agent said: snmprec, and what `snmpwalk -On` prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import PurePosixPath

from posture.collectors.snmp.mask import masked
from posture.collectors.snmp.snmprec import BadLineError, Varied, encode, lines, parse
from posture.collectors.snmp.walk import NAMED, NUMERIC, Walk
from posture.errors import PostureError
from posture.model import Envelope, Evidence, Source, Tool

__all__ = ["file_stem", "load", "sniff"]

_SNMPREC = re.compile(r"^\s*\.?[0-2](?:\.\d+)+\|\d{1,3}x?(?::[\w-]+)?\|")
_SNIFFED_LINES = 20
_SUFFIXES = {".gz", ".zst", ".xz", ".bz2", ".txt", ".snmprec", ".snmpwalk", ".walk", ".log", ".out"}
_MENDS = {
    "snmprec": "Each line is OID|TAG|VALUE, as snmpsim's snmprec command writes it.",
    "walk": "Make the walk with: snmpwalk -v2c -c COMMUNITY -On ADDRESS .1 > ADDRESS.walk",
}


def sniff(head: bytes, name: str) -> bool:
    """Whether a file that starts like this is snmprec or a walk, by its first line that says anything."""
    del name  # what is in the file decides
    return _kind(head) is not None


def load(payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
    """One piece of evidence: the file itself if it is snmprec, else the walk turned into snmprec.

    What was asked is not in such a file, so `asked` stays empty, and what it lacks was not asked. PostureError names
    the line of a mistake.
    """
    source = PurePosixPath(name.replace("\\", "/")).name
    kind = _kind(payload) or "snmprec"
    try:
        content, problem = _snmprec(payload) if kind == "snmprec" else _walk(payload)
        content, hidden = masked(content)
    except BadLineError as error:
        place = f"{source}:{error.line}" if error.line else source
        raise PostureError(error.expected, where=place, mend=_MENDS[kind]) from None
    address = _address(source)
    yield Evidence.of(
        Envelope(
            collector="snmp",
            format="snmprec",
            outcome="partial" if problem else "complete",
            problem=problem,
            targets=(address,) if address else (),
            tool=Tool(name="snmpwalk, turned into snmprec", version="") if kind == "walk" else None,
            masked=hidden,
            source=Source(name=source, sha256=source_sha256),
        ),
        content,
    )


def _kind(head: bytes) -> str | None:
    try:
        for number, line in lines(head):
            if number > _SNIFFED_LINES:
                return None
            if _SNMPREC.match(line):
                return "snmprec"
            if NUMERIC.match(line) or NAMED.match(line):
                return "walk"
            if line.strip() and not line.startswith("#"):
                return None
    except BadLineError:
        pass
    return None


def _snmprec(payload: bytes) -> tuple[bytes, str]:
    varied = 0
    for number, line in lines(payload):
        try:
            parse(line)
        except Varied:
            varied += 1
        except BadLineError as error:
            raise BadLineError(error.expected, number) from None
    if not varied:
        return payload, ""
    return payload, f"{varied} values are computed by snmpsim's variation modules and were left out"


def _walk(payload: bytes) -> tuple[bytes, str]:
    walk = Walk(payload)
    content = b"".join(encode([row]) for row in walk.rows())
    return content, f"the walk ended early: {walk.problem}" if walk.problem else ""


def file_stem(name: str) -> str:
    """A file's name without the endings that say what it is."""
    path = PurePosixPath(name)
    while path.suffix.lower() in _SUFFIXES:
        path = path.with_suffix("")
    return path.name


def _address(name: str) -> str:
    try:
        return str(ip_address(file_stem(name)))
    except ValueError:
        return ""
