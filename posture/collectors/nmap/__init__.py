"""nmap: which hosts are there, which ports are open, and what answers on those of hosts known to be IT.

Results of Nessus say the same of hosts and ports, and are read as a second dialect (`nessus.py`).

`plan` says what would be sent (`plan.py`, from the data in `policy.py`), `ask` sends it, `load` takes in files that
nmap wrote elsewhere, and `read` makes hosts of both, from nmap's own XML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from posture.collectors.base import Context
from posture.collectors.nmap.ask import ask
from posture.collectors.nmap.load import load, sniff
from posture.collectors.nmap.nessus_file import load_nessus, sniff_nessus
from posture.collectors.nmap.plan import plan
from posture.collectors.nmap.read import read
from posture.facts import BlindSpot, Fact
from posture.model import Evidence, Probe
from posture.scope import Scope

__all__ = ["NmapCollector"]

_HEAD = 64 * 1024


def _now() -> datetime:
    return datetime.now(UTC)


class NmapCollector:
    """The collector; see `posture.collectors.base.Collector`. `now` is the clock that windows are held against."""

    name = "nmap"
    kinds: tuple[str, ...] = ("Host",)

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        self._now = now

    def plan(self, scope: Scope) -> list[Probe]:
        """Three probes for each chunk of a zone's addresses: discover, ports, identify; and what is refused."""
        return plan(scope)

    def ask(self, probe: Probe, context: Context) -> Iterator[Evidence]:
        """Run nmap. PostureError if it is not installed, Stopped if the run is over before anything was sent."""
        return ask(probe, context, self._now)

    def sniff(self, head: bytes, name: str) -> bool:
        """Whether the file is XML that may be nmap's, or Nessus's."""
        return sniff(head, name) or sniff_nessus(head)

    def load(self, payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
        """The file as evidence. PostureError, with line and column, for a file that is neither's or no XML."""
        if sniff_nessus(payload[:_HEAD]):
            return load_nessus(payload, name, source_sha256)
        return load(payload, name, source_sha256)

    def read(self, records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
        """Hosts, merged over all evidence, and the blind spots."""
        return read(records, scope)
