"""SNMP: what devices accept (v1, v2c, v3), and what they say they are. Nothing is ever set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from posture.collectors.base import Context
from posture.collectors.snmp import limits, load, plan, read
from posture.facts import BlindSpot, Fact
from posture.model import Evidence, Probe
from posture.scope import Scope

__all__ = ["SnmpCollector"]


class SnmpCollector:
    """The collector; see `posture.collectors.base.Collector`.

    `timeout` is how long a request waits for its answer (seconds), `tries` how often it is sent.
    """

    name = "snmp"
    kinds: tuple[str, ...] = ("Device",)

    def __init__(self, timeout: float = limits.TIMEOUT, tries: int = limits.TRIES) -> None:
        self._timeout, self._tries = timeout, tries

    def plan(self, scope: Scope) -> list[Probe]:
        """A probe for each 256 addresses of a zone, refused ones included. Sends nothing."""
        return plan.plan(scope)

    def ask(self, probe: Probe, context: Context) -> Iterator[Evidence]:
        """One piece of evidence for each device, as it is done."""
        from posture.collectors.snmp.ask import Settings, ask  # noqa: PLC0415  # only who asks needs pysnmp

        return ask(probe, context, Settings(timeout=self._timeout, tries=self._tries))

    def sniff(self, head: bytes, name: str) -> bool:
        """Whether the file is snmprec, or what snmpwalk prints."""
        return load.sniff(head, name)

    def load(self, payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
        """Evidence from such a file."""
        return load.load(payload, name, source_sha256)

    def read(self, records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
        """Devices, and blind spots where nothing answered."""
        return read.read(records, scope)
