"""The risk register: likelihood and impact after NIST SP 800-30 Rev. 1, each factor shown."""

from __future__ import annotations

from datetime import date
from typing import Literal

from posture.assessment.part import Part

__all__ = ["Factor", "Level", "Risk"]

Level = Literal["very-low", "low", "moderate", "high", "very-high"]


class Factor(Part, frozen=True, kw_only=True):
    """One thing that likelihood or impact was made of: what it is, its level, and why."""

    of: Literal["likelihood", "impact"]
    name: str
    level: Level
    why: str


class Risk(Part, frozen=True, kw_only=True):
    """One risk. `id` is stable from run to run: the same problem has the same id.

    `about` is the check of a gap, or the control that somebody answered *no* for. `state`: `open`; `accepted` where
    exceptions in force cover all of it; `not-seen` where an earlier run had it, and this run did not look or got no
    answer; `closed` where this run looked and it was gone. `place` orders the register from 1, the worst first.
    `found_on` is where a later run has to look before it can close: keys of subjects, `directory:ID` for the entries
    of a directory, and `party:NAME` for the answer of a legal entity or site.
    """

    id: str
    place: int
    title: str
    source: Literal["gap", "control", "service"]
    about: str
    state: Literal["open", "accepted", "not-seen", "closed"]
    level: Level
    likelihood: Level
    impact: Level
    factors: tuple[Factor, ...] = ()
    subjects: int = 0
    ephi: str = ""
    services: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    why: str = ""
    fix: str = ""
    owner: str = ""
    response: str = ""
    due: date | None = None
    overdue: bool = False
    note: str = ""
    first_seen: date
    last_seen: date
    found_on: tuple[str, ...] = ()
