"""Facts and blind spots from a run's evidence. Pure, and the same whatever order the evidence comes in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from posture.collectors.ldap.answers import Bucket
from posture.collectors.ldap.directory import blind_spots, directory
from posture.collectors.ldap.graph import Graph
from posture.collectors.ldap.imported import import_blind_spots, imported_directories
from posture.collectors.ldap.plan import refused
from posture.facts import BlindSpot, Fact
from posture.model import Evidence
from posture.scope import Scope

__all__ = ["read"]


def read(records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
    """What the evidence says of each directory of the scope, then of the directories that files were imported from.

    A directory of the scope that there is no evidence of is a blind spot, whatever the reason. What exports for
    BloodHound tell of an object fills what the directories' own answers leave open.
    """
    live: dict[str, Bucket] = {name: Bucket(name) for name in sorted(scope.directories)}
    imported, graph = Bucket(None), Graph()
    for record in records:
        if record.envelope.collector != "ldap":
            continue
        if record.envelope.format == "bloodhound":
            graph.add(record)
        elif record.envelope.probe is None:
            imported.add(record)
        else:
            name = record.envelope.probe.partition("/")[2]
            live.setdefault(name, Bucket(name)).add(record)
    buckets = [bucket for _, bucket in sorted(live.items())]
    yield from (directory(bucket, scope.directories.get(bucket.place or "")) for bucket in buckets if bucket.evidence)
    yield from imported_directories(imported)
    yield from graph.joined(fact for bucket in (*buckets, imported) for fact in bucket.facts())
    for bucket in buckets:
        declared = scope.directories.get(bucket.place or "")
        yield from blind_spots(bucket, declared, refused(declared, scope) if declared else "")
    if imported.evidence:
        yield from import_blind_spots(imported)
    yield from graph.blind_spots()
