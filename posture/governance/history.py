"""What an assessment may know of earlier runs of the same store."""

from __future__ import annotations

from datetime import datetime

from posture.model import Record

__all__ = ["PastRun"]


class PastRun(Record, frozen=True, kw_only=True):
    """An earlier run that was judged: the instant it speaks of, and the controls that it tested."""

    id: str
    as_of: datetime
    tested: tuple[str, ...] = ()
