"""Words that the sheets share."""

from __future__ import annotations

import re
from collections.abc import Iterable

from posture.governance.ledger import Attachment

__all__ = ["EPHI", "KINDS", "WHAT", "attached", "digests", "lines", "plain"]

KINDS = {
    "standard": "Standard",
    "specification": "Specification",
    "general-rule": "General rule, not counted",
    "goal": "Goal",
    "item": "Item",
    "proposal": "Proposal",
    "control": "Control",
}
EPHI = {"yes": "yes", "no": "no", "unknown": "not declared", "": "not declared"}
WHAT = {"probe": "Scan or look-up", "subject": "Subject", "check": "Check", "control": "Control"}


def plain(text: str) -> str:
    """A check's own words, with what stands in backquotes (as in Markdown) in quotation marks."""
    return re.sub(r"`([^`\n]+)`", r"“\1”", text)


def lines(texts: Iterable[str]) -> str:
    """One text a line."""
    return "\n".join(texts)


def attached(files: Iterable[Attachment]) -> str:
    """The names of attached documents, one a line."""
    return lines(file.name for file in files)


def digests(files: Iterable[Attachment]) -> str:
    """The SHA-256 of attached documents, one a line."""
    return lines(file.sha256 for file in files)
