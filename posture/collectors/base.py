"""What a collector is, and what it is given when it asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from posture.facts import BlindSpot, Fact, Host
from posture.model import Evidence, Probe
from posture.pseudonyms import Pseudonyms
from posture.scope import Scope

__all__ = ["Collector", "Context", "FromFiles", "Progress", "Stopped"]


class Stopped(Exception):  # noqa: N818  # not an error: somebody asked
    """The run was asked to stop while a probe was under way."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a probe is: `done` of `total` units (addresses, entries, devices), with a word on what is going on."""

    probe: str
    done: int
    total: int
    note: str = ""


class Context(msgspec.Struct, kw_only=True):
    """What `ask` may use beside its probe.

    `secret` resolves a reference of the scope at the moment it is needed; `hosts` are the hosts that this run's
    evidence has shown so far; `stop` is set when the run is to end, and children must be ended within 2 seconds.
    `workdir` is a private folder, emptied after the run. `pseudonyms`, where there is a key, give the tokens of masked
    secrets their digests.
    """

    scope: Scope
    secret: Callable[[object], str]
    hosts: Callable[[], Iterable[Host]]
    progress: Callable[[Progress], None]
    stop: threading.Event
    workdir: Path
    vantage: str
    operator: str
    pseudonyms: Pseudonyms | None = None

    def check_stop(self) -> None:
        """Raise Stopped if the run is to end."""
        if self.stop.is_set():
            raise Stopped


class Collector(Protocol):
    """A source of evidence. Registered by name; a pack's collector has the same shape as ours."""

    name: str
    kinds: tuple[str, ...]

    def plan(self, scope: Scope) -> list[Probe]:
        """All probes for this scope, refused ones included. Pure: sends nothing."""
        ...

    def ask(self, probe: Probe, context: Context) -> Iterator[Evidence]:
        """Carry out one probe, yielding evidence as it comes.

        What goes wrong with the target is evidence (an envelope whose outcome is `partial` or `failed`, with the
        problem in a sentence), never an exception; an exception means that the collector itself can't work, as when
        nmap is not installed (PostureError).
        """
        ...

    def sniff(self, head: bytes, name: str) -> bool:
        """Whether a file that starts like this is one that `load` reads."""
        ...

    def load(self, payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
        """Evidence from a file as found (already decompressed). PostureError names the place of a mistake."""
        ...

    def read(self, records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
        """Facts from this collector's evidence of one run, whatever order it comes in.

        Pure; never raises for what a payload holds: what can't be read becomes a blind spot.
        """
        ...


class FromFiles:
    """What collectors have in common that only read files: they plan nothing, and ask nobody."""

    def plan(self, scope: Scope) -> list[Probe]:
        """Nothing: what it reads is imported."""
        del scope
        return []

    def ask(self, probe: Probe, context: Context) -> Iterator[Evidence]:
        """Nothing."""
        del probe, context
        return iter(())
