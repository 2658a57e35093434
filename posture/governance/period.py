"""Days, as an organisation's calendar has them: what holds today, what has expired, and when something ends.

A day begins at midnight of the organisation's time zone. Something that expires on a day holds until the end of the
day before: from its expiry on, it does not.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

__all__ = ["State", "months_after", "state", "today"]

State: TypeAlias = Literal["not-yet", "in-force", "expired"]


def today(as_of: datetime, time_zone: str) -> date:
    """The day it is at this instant in this zone (IANA name). The instant must have a zone of its own."""
    if as_of.tzinfo is None:
        raise ValueError("an instant without a zone has no day")
    return as_of.astimezone(ZoneInfo(time_zone)).date()


def state(begins: date, expires: date, on: date) -> State:
    """Whether something that holds from `begins` to the day before `expires` holds on a day."""
    if on >= expires:
        return "expired"
    return "in-force" if on >= begins else "not-yet"


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it has no such day."""
    return day + relativedelta(months=months)
