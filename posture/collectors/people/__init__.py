"""Who leaves the organisation, as human resources list it in a table (CSV or .xlsx). Nothing is asked of anybody.

Kept of the list is one identifier of each person (a login, else an e-mail address, else an employee number) and the
last day of work, as CSV. All other columns are dropped at the import, and the envelope names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from posture.collectors.base import FromFiles
from posture.collectors.people import leavers
from posture.facts import BlindSpot, Fact
from posture.model import Evidence
from posture.scope import Scope

__all__ = ["PeopleCollector"]


class PeopleCollector(FromFiles):
    """The collector named `people` (see `posture.collectors.base.Collector`)."""

    name: str = "people"
    kinds: tuple[str, ...] = ("Leaver",)

    def sniff(self, head: bytes, name: str) -> bool:
        """Whether the file is a table whose header names a person and a last day of work."""
        return leavers.sniff(head, name)

    def load(self, payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
        """Evidence from such a file, with no more of persons than is compared."""
        return leavers.load(payload, name, source_sha256)

    def read(self, records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
        """A fact for each person, with the latest of the days that are listed."""
        return leavers.read(records, scope)
