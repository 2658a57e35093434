"""Evidence of the sample hospital that was recorded once: each record an envelope and its payload, as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from posture.errors import PostureError
from posture.model import Envelope, Evidence
from posture.request import PlannedProbe

__all__ = ["ACTIVE_DIRECTORY", "FILES", "ROOT_DSE", "VANTAGE", "probes", "read", "write"]

FOLDER = Path(__file__).parent / "recorded"
ACTIVE_DIRECTORY = Path(__file__).parent / "active-directory.ldif"
ROOT_DSE = Path(__file__).parent / "active-directory-root-dse.ldif"
"""What the Active Directory's server says of itself: with it, the domain's functional level is known."""

FILES = (ACTIVE_DIRECTORY, ROOT_DSE, *(Path(__file__).parent / name for name in ("inventory.csv", "leavers.csv")))
"""What the sample hospital hands in: exports of its Active Directory, its inventory, and its list of leavers."""
VANTAGE = "guest"
"""The zone that the machine that audits stands in."""

_SUFFIXES = {"nmap-xml": "xml", "ldif": "ldif", "snmprec": "snmprec"}


def probes(folder: Path = FOLDER) -> list[PlannedProbe]:
    """The plan of the recorded run, and what became of each probe."""
    return msgspec.json.decode((folder / "plan").read_bytes(), type=list[PlannedProbe])


def read(folder: Path = FOLDER) -> Iterator[Evidence]:
    """The recorded evidence. Raises PostureError where a digest does not hold."""
    for file in sorted(folder.glob("*.json")):
        envelope = msgspec.json.decode(file.read_bytes(), type=Envelope)
        payload = file.with_suffix(f".{_SUFFIXES[envelope.format]}").read_bytes()
        record = Evidence.of(envelope, payload)
        if not record.id.startswith(file.stem) or envelope != record.envelope:
            raise PostureError("it was changed since it was recorded", where=str(file), mend="install posture again")
        yield record


def write(planned: list[PlannedProbe], evidence: Iterable[Evidence], folder: Path = FOLDER) -> None:
    """Record a run, in place of what is there."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / "plan").write_bytes(msgspec.json.format(msgspec.json.encode(planned), indent=1) + b"\n")
    for record in evidence:
        (folder / f"{record.id[:16]}.json").write_bytes(record.envelope_bytes)
        (folder / f"{record.id[:16]}.{_SUFFIXES[record.envelope.format]}").write_bytes(record.payload)
