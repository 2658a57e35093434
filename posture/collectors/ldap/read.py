"""Facts and blind spots from a run's evidence. Pure, and the same whatever order the evidence comes in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from posture.collectors.ldap.answers import Bucket
from posture.collectors.ldap.directory import blind_spots, directory
from posture.collectors.ldap.imported import import_blind_spots, imported_directories
from posture.collectors.ldap.plan import refused
from posture.facts import BlindSpot, Fact
from posture.model import Evidence
from posture.scope import Scope

__all__ = ["read"]


def read(records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
    """What the evidence says of each directory of the scope, then of the directories that files were imported from.

    A directory of the scope that there is no evidence of is a blind spot, whatever the reason.
    """
    live: dict[str, Bucket] = {name: Bucket(name) for name in sorted(scope.directories)}
    imported = Bucket(None)
    for record in records:
        if record.envelope.collector != "ldap":
            continue
        if record.envelope.probe is None:
            imported.add(record)
        else:
            name = record.envelope.probe.partition("/")[2]
            live.setdefault(name, Bucket(name)).add(record)
    for name, bucket in sorted(live.items()):
        declared = scope.directories.get(name)
        if bucket.evidence:
            yield directory(bucket, declared)
        yield from bucket.facts()
        yield from blind_spots(bucket, declared, refused(declared, scope) if declared else "")
    if imported.evidence:
        yield from imported_directories(imported)
        yield from imported.facts()
        yield from import_blind_spots(imported)
