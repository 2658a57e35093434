"""The assessment scales of NIST SP 800-30 Rev. 1 (September 2012), as data, and our placing of a hospital on them.

The tables that combine (G-5, I-2) are NIST's, cell by cell. What NIST leaves to the organisation, which level of a
scale something has, is ours, and stands in the tables below it with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posture.assessment.risks import Level
from posture.governance.ledger import AnswerWord
from posture.model import Severity
from posture.scope import ZoneKind

__all__ = [
    "ANSWER",
    "DIRECTORY_EXPOSURE",
    "DOWNTIME",
    "EPHI",
    "EXPOSURE",
    "LEVELS",
    "UNKNOWN_DEPENDENCE",
    "UNKNOWN_EXPOSURE",
    "WEAKNESS",
    "depending",
    "impact",
    "lacking_items",
    "overall_likelihood",
    "rank",
    "recovery",
    "risk_level",
    "subjects",
]

LEVELS: Final[tuple[Level, ...]] = ("very-low", "low", "moderate", "high", "very-high")
"""The qualitative values of every scale, the lowest first."""

_VL, _L, _M, _H, _VH = LEVELS

_OVERALL_LIKELIHOOD: Final[dict[Level, tuple[Level, ...]]] = {
    "very-high": (_L, _M, _H, _VH, _VH),
    "high": (_L, _M, _M, _H, _VH),
    "moderate": (_L, _L, _M, _M, _H),
    "low": (_VL, _L, _L, _M, _M),
    "very-low": (_VL, _VL, _L, _L, _L),
}
"""Table G-5: a row a likelihood of initiation or occurrence, a column a likelihood of adverse impact, from very low."""

_RISK: Final[dict[Level, tuple[Level, ...]]] = {
    "very-high": (_VL, _L, _M, _H, _VH),
    "high": (_VL, _L, _M, _H, _VH),
    "moderate": (_VL, _L, _M, _M, _H),
    "low": (_VL, _L, _L, _L, _M),
    "very-low": (_VL, _VL, _VL, _L, _L),
}
"""Table I-2: a row an overall likelihood, a column an impact, from very low."""


def rank(level: Level) -> int:
    """0 for very low to 4 for very high."""
    return LEVELS.index(level)


def overall_likelihood(initiation: Level, adverse: Level) -> Level:
    """Table G-5: how likely an attack (or accident) comes, combined with how likely it then does harm."""
    return _OVERALL_LIKELIHOOD[initiation][rank(adverse)]


def risk_level(likelihood: Level, harm: Level) -> Level:
    """Table I-2: the level of risk of an overall likelihood and an impact."""
    return _RISK[likelihood][rank(harm)]


# ── likelihood ───────────────────────────────────────────────────────────────────────────────────────────────────

WEAKNESS: Final[dict[Severity, Level]] = {
    Severity.CRITICAL: "very-high",
    Severity.HIGH: "high",
    Severity.MEDIUM: "moderate",
    Severity.LOW: "low",
}
"""Scale of Table G-4: how likely an attack on this weakness does harm, by the severity of its check."""

ANSWER: Final[dict[AnswerWord, Level]] = {"no": "high", "partly": "moderate"}
"""Scale of Table G-4, for a control that somebody answered so."""

EXPOSURE: Final[dict[ZoneKind, Level]] = {
    "external": "very-high",
    "guest": "high",
    "user": "high",
    "clinical": "high",
    "medical-device": "moderate",
    "imaging": "moderate",
    "integration": "moderate",
    "server": "moderate",
    "building": "moderate",
    "other": "moderate",
    "management": "low",
    "backup": "low",
}
"""Scale of Table G-2: how likely somebody attacks what stands in a zone of this kind.

Low holds only where the scope states that nothing but zones of these kinds may reach it; else it is moderate.
"""

DIRECTORY_EXPOSURE: Final[Level] = "high"
"""Scale of Table G-2: everybody who logs in reaches a directory, and attackers look there first."""

UNKNOWN_EXPOSURE: Final[Level] = "high"
"""Where the zone is not known, it is counted as one that users reach."""

DOWNTIME: Final[Level] = "moderate"
"""Scale of Table G-3: a service fails, or is taken down, between once and ten times a year."""


def lacking_items(count: int) -> Level:
    """Scale of Table G-4: how likely downtime does harm where so many of the five items of readiness are lacking."""
    return "moderate" if count <= 1 else "high" if count <= 3 else "very-high"  # noqa: PLR2004  # the scale itself


# ── impact ───────────────────────────────────────────────────────────────────────────────────────────────────────

EPHI: Final[dict[str, Level]] = {"yes": "high", "unknown": "high", "no": "low"}
"""Table H-2, harm to individuals (loss of personally identifiable information); unknown counts as yes."""

_SHIFT_HOURS: Final = 8


_EXTENT: Final[tuple[tuple[int, Level], ...]] = ((1, "very-low"), (9, "low"), (99, "moderate"))


def subjects(count: int) -> Level:
    """Scale of Table H-3, by how many systems or accounts are hit: one, up to nine, up to 99, more."""
    return next((level for most, level in _EXTENT if count <= most), "high")


def recovery(hours: float | None) -> Level:
    """Table H-2, harm to operations: a service that has to be back within a shift of 8 hours is a primary function.

    Where no RTO is stated, it is counted as the shortest.
    """
    return "high" if hours is None or hours <= _SHIFT_HOURS else "moderate"


def depending(hours: Sequence[float | None]) -> Level:
    """Table H-2 and H-3, by the RTO of each service that would stop: two primary functions are multiple effects."""
    levels = [recovery(each) for each in hours]
    return "very-high" if levels.count("high") > 1 else max(levels, key=rank, default="low")


UNKNOWN_DEPENDENCE: Final[Level] = "moderate"
"""Where the scope does not say what services stand on."""


def impact(data: Level, services: Level, extent: Level) -> Level:
    """Table H-3: very high means *multiple* severe effects, so data and services that are both hit high are that."""
    worst = max(data, services, extent, key=rank)
    return "very-high" if min(rank(data), rank(services)) >= rank("high") else worst
