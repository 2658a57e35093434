"""An inventory that the organisation keeps, from a table (CSV or .xlsx). Nothing is asked of any machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from posture.collectors.base import FromFiles
from posture.collectors.inventory import load, read
from posture.facts import BlindSpot, Fact
from posture.model import Evidence
from posture.scope import Scope

__all__ = ["InventoryCollector"]


class InventoryCollector(FromFiles):
    """The collector; see `posture.collectors.base.Collector`."""

    name = "inventory"
    kinds: tuple[str, ...] = ("DeclaredAsset",)

    def sniff(self, head: bytes, name: str) -> bool:
        """Whether the file is a table whose header names addresses, MAC addresses, serial numbers or host names."""
        return load.sniff(head, name)

    def load(self, payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
        """Evidence from such a file: the columns that are read, and no others."""
        return load.load(payload, name, source_sha256)

    def read(self, records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
        """A fact for each row."""
        return read.read(records, scope)
