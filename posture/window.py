"""When a zone may be sent packets: its windows, in the organisation's time zone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from posture.scope import Scope, Window, Zone

__all__ = ["closed", "is_open", "next_opening"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK = 7


def is_open(windows: Sequence[Window], at: datetime, time_zone: str) -> bool:
    """Whether packets may be sent at this instant (with a zone of its own). No windows at all means always.

    A window belongs to the day that it starts on, and its end is no longer in it; one that starts when it ends is
    never open. `time_zone` is an IANA name; zoneinfo.ZoneInfoNotFoundError for one that is not known.
    """
    return not windows or any(start <= at < end for start, end in _spans(windows, at, time_zone, days=1))


def closed(zone: Zone, scope: Scope, at: datetime) -> str:
    """Why nothing may be sent into the zone at this instant; empty where its window is open."""
    time_zone = scope.organisation.time_zone
    if is_open(zone.window, at, time_zone):
        return ""
    opening = next_opening(zone.window, at, time_zone)
    when = f"it opens at {opening:%Y-%m-%d %H:%M} UTC" if opening else "it never opens"
    return f"outside the window of the zone {zone.id}; {when}"


def next_opening(windows: Sequence[Window], at: datetime, time_zone: str) -> datetime | None:
    """The instant (UTC) from which packets may next be sent: `at` itself where that is now, None if never."""
    if is_open(windows, at, time_zone):
        return at.astimezone(UTC)
    return min((start for start, _ in _spans(windows, at, time_zone, days=_WEEK) if start > at), default=None)


def _spans(
    windows: Sequence[Window], at: datetime, time_zone: str, *, days: int
) -> Iterator[tuple[datetime, datetime]]:
    """The openings (from, to, in UTC) that start between yesterday and so many days on."""
    zone = ZoneInfo(time_zone)
    today = at.astimezone(zone).date()
    for offset in range(-1, days + 1):
        day = today + timedelta(days=offset)
        for window in windows:
            if _DAYS[day.weekday()] in window.days:
                start, end = time.fromisoformat(window.start), time.fromisoformat(window.end)
                last = day + timedelta(days=1) if end < start else day
                opening, closing = _instant(day, start, zone), _instant(last, end, zone)
                if opening < closing:  # not so where the clock is put forward over it
                    yield opening, closing


def _instant(day: date, moment: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, moment, tzinfo=zone).astimezone(UTC)
