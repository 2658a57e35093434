"""What an assessment may know of earlier runs of the same store."""

from __future__ import annotations

from datetime import datetime

from posture.model import Record

__all__ = ["PastRun"]


class PastRun(Record, frozen=True, kw_only=True):
    """A run that was judged: when it was made, and the controls that it tested, by their ids.

    When it was made, and not the instant it speaks of: neither to date a run back nor to judge one again is to test.
    """

    id: str
    started: datetime
    tested: tuple[str, ...] = ()
