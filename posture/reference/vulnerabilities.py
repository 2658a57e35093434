"""Which known exploited vulnerabilities do scripts name, and which might a version be in? Pure.

A script that tested for a flaw says so in nmap's way (the library `vulns`): a table under the flaw's id, with a
`state`, and with the CVEs among its `ids`. Results of Nessus are brought in with `state` and `cve/0`. Everything else
that names a CVE read it off a version, which a vendor may have patched without raising it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Literal

import msgspec

from posture.facts import Host, Port, Script
from posture.reference import Affected, Exploited, Reference

__all__ = ["Sign", "signs"]

_CVE = re.compile(r"CVE-\d{4}-\d{4,19}", re.IGNORECASE)
_FOUND = frozenset({"VULNERABLE", "VULNERABLE (Exploitable)", "VULNERABLE (DoS)"})
"""nmap's words for what it tested and found; LIKELY VULNERABLE is a guess."""
_MOST = 2_000


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """Something that points at a known exploited vulnerability. `tested` where a script found the flaw itself."""

    entry: Exploited
    tested: bool
    by: str
    source: Script | Port


def signs(host: Host, reference: Reference) -> tuple[Sign, ...]:
    """All that points at a known exploited vulnerability on a host, in the order of the CVEs."""
    found = [
        *(sign for script in _scripts(host) for sign in _named(script, reference)),
        *(sign for port in host.ports for sign in _versions(port, reference)),
    ]
    return tuple(sorted(found, key=lambda sign: (sign.entry.cve, not sign.tested, sign.by)))


def _scripts(host: Host) -> Iterator[Script]:
    yield from host.scripts
    for port in host.ports:
        yield from port.scripts


def _named(script: Script, reference: Reference) -> Iterator[Sign]:
    said: dict[str, bool] = {}
    for cve, tested in _cves(script):
        said[cve] = said.get(cve, False) or tested
    for cve, tested in said.items():
        entry = reference.known_exploited(cve)
        if entry is not None:
            yield Sign(entry=entry, tested=tested, by=script.id, source=script)


def _cves(script: Script) -> Iterator[tuple[str, bool]]:
    """Each CVE that a result names as there or perhaps there, and whether it was tested."""
    if script.id.startswith("nessus-"):
        tested = script.value("state") == "VULNERABLE"
        yield from ((text.upper(), tested) for text in script.under("cve") if _CVE.fullmatch(text))
        return
    states = {path.removesuffix("/state"): text for path, text in script.values if path.endswith("/state")}
    for flaw, state in states.items():
        if state.startswith("NOT ") or state == "UNKNOWN (unable to test)":
            continue
        texts = [flaw, *(text for path, text in script.values if path.startswith(f"{flaw}/ids"))]
        for cve in {found.upper() for text in texts for found in _CVE.findall(text)}:
            yield cve, state in _FOUND
    if not states:
        texts = [text for path, text in script.values[:_MOST] if path.endswith("/id")]
        yield from ((text.upper(), False) for text in texts if _CVE.fullmatch(text))


# ── versions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _versions(port: Port, reference: Reference) -> Iterator[Sign]:
    if port.state != "open" or not reference.affected:
        return
    cpes = {cpe for service in (port.service, *port.others) for cpe in service.cpes}
    for cpe in sorted(cpes):
        name = _uri(cpe)
        if name is None:
            continue
        ranges = reference.ranges(*name[:3])
        for cve in sorted({cve for cve, version, each in ranges if _within(name[3], version, each)}):
            entry = reference.known_exploited(cve)
            if entry is not None:
                yield Sign(entry=entry, tested=False, by=f"the version of {port} ({cpe})", source=port)


_Name = tuple[str, str, str, str]


def _uri(cpe: str) -> _Name | None:
    """(part, vendor, product, version) of a CPE 2.2 URI as nmap writes it; None without a version."""
    parts = cpe.casefold().removeprefix("cpe:/").split(":")
    if not cpe.casefold().startswith("cpe:/") or len(parts) <= 3 or parts[3] in {"", "-", "*"}:  # noqa: PLR2004  # part, vendor, product, version
        return None
    return parts[0], parts[1], parts[2], parts[3]


def _within(version: str, said: str, affected: Affected) -> bool:
    if said == "-":
        return False
    if said != "*":
        return _compare(version, said) == 0
    bounds: Iterable[tuple[str, tuple[int, ...]]] = (
        (affected.from_including, (0, 1)),
        (affected.from_excluding, (1,)),
        (affected.to_including, (-1, 0)),
        (affected.to_excluding, (-1,)),
    )
    return all(_compare(version, bound.casefold()) in wanted for bound, wanted in bounds if bound)


def _compare(one: str, other: str) -> Literal[-1, 0, 1]:
    """Which version is earlier: numbers as numbers, and a word after the same numbers is later (p1), save for rc."""
    for left, right in zip_longest(_pieces(one), _pieces(other)):
        if left == right:
            continue
        return -1 if _weight(left) < _weight(right) else 1
    return 0


def _pieces(version: str) -> list[str]:
    pieces = re.findall(r"\d{1,18}|[a-z]+", version[:200])
    while pieces and pieces[-1].strip("0") == "" and len(pieces) > 1:
        pieces.pop()
    return [piece.lstrip("0") or "0" if piece.isdigit() else piece for piece in pieces]


def _weight(piece: str | None) -> tuple[int, int, str]:
    """Of what may stand in one place: rc and its like, then nothing, then words, then numbers."""
    if piece is None:
        return (1, 0, "")
    if piece.isdigit():
        return (3, int(piece), "")
    return (0 if piece in {"rc", "beta", "alpha", "b", "a", "pre"} else 2, 0, piece)
