"""What nmap said of real servers (see `record_nmap.py`), as the nmap collector reads it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from posture.collectors.nmap import NmapCollector
from posture.facts import Host
from posture.scope import Scope

FOLDER = Path(__file__).parent.parent / "data" / "nmap" / "recorded"


def names() -> list[str]:
    """All recordings, by name."""
    return sorted(path.stem for path in FOLDER.glob("*.xml"))


@cache
def recorded(name: str) -> Host:
    """The one host of a recording."""
    payload = (FOLDER / f"{name}.xml").read_bytes()
    collector = NmapCollector()
    evidence = collector.load(payload, f"{name}.xml", hashlib.sha256(payload).hexdigest())
    (host,) = [fact for fact in collector.read(evidence, Scope.of_files()) if isinstance(fact, Host)]
    return host
