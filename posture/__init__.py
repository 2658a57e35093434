"""Posture audits a hospital's network, directories and devices, and reports with evidence."""

from posture.check import AsOf, Check, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Missing
from posture.model import Severity
from posture.reference import Reference
from posture.scope import Scope
from posture.thresholds import Thresholds

__all__ = [
    "AsOf",
    "Check",
    "Missing",
    "Reference",
    "Scope",
    "Severity",
    "Thresholds",
    "Verdict",
    "check",
    "failed",
    "not_applicable",
    "passed",
    "unknown",
]

__version__ = "0.1.0"
