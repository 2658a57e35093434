"""Files of group policies, from a copy of SYSVOL (zip or tar of its Policies folder) or one by one.

LDAP does not show them. Kept is a table of them, with the number of passwords in each: the passwords themselves, whose
key Microsoft published (MS-GPPREF 2.2.1.1.4), never become evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from posture.collectors.base import FromFiles
from posture.collectors.sysvol import policies
from posture.facts import BlindSpot, Fact
from posture.model import Evidence
from posture.scope import Scope

__all__ = ["SysvolCollector"]


class SysvolCollector(FromFiles):
    """The collector named `sysvol` (see `posture.collectors.base.Collector`)."""

    name: str = "sysvol"
    kinds: tuple[str, ...] = ("GroupPolicy",)

    def sniff(self, head: bytes, name: str) -> bool:
        """Whether the file is a copy of group policies, or a file of Group Policy Preferences."""
        del name
        return policies.sniff(head)

    def load(self, payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
        """Evidence from such a file, without the passwords in it."""
        return policies.load(payload, name, source_sha256)

    def read(self, records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
        """A fact for each group policy object, or for a file that was given alone."""
        del scope
        return policies.read(records)
