"""Who may reach whom between zones, and what of it was tried, shown or proved."""

from __future__ import annotations

from typing import Literal, TypeAlias

from posture.assessment.part import Part

__all__ = ["CanaryResult", "OpenFlow", "PairState", "Segmentation", "UnprovenPorts", "VantageResult", "ZonePair"]

PairState: TypeAlias = Literal["open", "denied", "partly-denied", "unknown", "allowed", "undeclared"]


class OpenFlow(Part, frozen=True, kw_only=True):
    """A port of a zone that answered a scanner in another: `hosts` of the `of` machines that were asked there.

    `subjects` are the keys of the first 100 of them. `canary`: one of them is the zone's canary, which gave its nonce.
    """

    protocol: str
    port: int
    hosts: int
    of: int
    canary: bool = False
    subjects: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class UnprovenPorts(Part, frozen=True, kw_only=True):
    """Ports that are to be denied and were neither shown open nor proved denied: why, and what would answer it."""

    ports: str
    count: int
    why: str
    answer: str


class ZonePair(Part, frozen=True, kw_only=True):
    """Connections from one zone into another.

    `ruling` is what the scope says: all, some ports (`tcp`, `udp`), none, or undeclared. Of the `wanted` ports that
    are to be denied, `open` were shown open, the `denied_count` in `denied` were proved denied at the zone's canary,
    and the rest are `unproven`: the three add up. `tested` are the TCP ports that scans from the source asked on any of
    `hosts` machines, of the `of` that are known in the target. `answering` is what is allowed, or undeclared, and
    answered; `silent` are allowed TCP ports that were asked and answered on no machine: no finding.
    """

    source: str
    target: str
    ruling: Literal["all", "ports", "none", "undeclared"]
    state: PairState
    tcp: str = ""
    udp: str = ""
    hosts: int = 0
    of: int = 0
    tested: str = ""
    tested_count: int = 0
    wanted: int = 0
    denied: str = ""
    denied_count: int = 0
    open: tuple[OpenFlow, ...] = ()
    answering: tuple[OpenFlow, ...] = ()
    silent: str = ""
    silent_count: int = 0
    unproven: tuple[UnprovenPorts, ...] = ()
    evidence: tuple[str, ...] = ()


class CanaryResult(Part, frozen=True, kw_only=True):
    """A canary of the scope: from which zones it was asked, and which of them had its nonce."""

    zone: str
    address: str
    ports: str
    asked_from: tuple[str, ...] = ()
    answered_to: tuple[str, ...] = ()


class VantageResult(Part, frozen=True, kw_only=True):
    """A zone that a scanner is known to have stood in, how many machines of other zones it asked, and the evidence."""

    zone: str
    hosts: int
    evidence: tuple[str, ...] = ()


class Segmentation(Part, frozen=True, kw_only=True):
    """The matrix: every ordered pair of zones, and what it was worked out from."""

    zones: tuple[str, ...] = ()
    pairs: tuple[ZonePair, ...] = ()
    canaries: tuple[CanaryResult, ...] = ()
    vantages: tuple[VantageResult, ...] = ()

    def count(self, *states: PairState) -> int:
        """How many pairs are in one of these states."""
        return sum(pair.state in states for pair in self.pairs)
