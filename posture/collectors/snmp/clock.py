"""How far a device's clock was off when it was asked (hrSystemDate, RFC 2790; DateAndTime, RFC 2579)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from posture.collectors.snmp.mibs import HR_DATE
from posture.collectors.snmp.said import Said
from posture.facts import Clock, Known, Missing

__all__ = ["clock"]

_LOCAL, _ZONED = 8, 11
_UNREADABLE = Missing("not-readable", "hrSystemDate is no date")
_FILE = Missing("not-asked", "the file does not say when its clock was read")


def clock(said: Said, time_zone: str) -> Known[Clock]:
    """The bounds between which the clock is ahead (negative: behind), by when its device was begun and done with.

    A date without an offset from UTC is taken to be of `time_zone`, and in an hour that is there twice, of either.
    """
    value = said.value((*HR_DATE, 0))
    if isinstance(value, Missing):
        return value
    if not isinstance(value, bytes):
        return _UNREADABLE
    started, ended = said.record.envelope.started, said.record.envelope.ended
    if started is None or ended is None:
        return _FILE
    try:
        moments = _moments(value, ZoneInfo(time_zone))
        return Clock(
            least=min(moments) - ended.astimezone(UTC),
            most=max(moments) - started.astimezone(UTC),
            zone_sent=len(value) == _ZONED,
        )
    except (ValueError, OverflowError):
        return _UNREADABLE


def _moments(value: bytes, zone: tzinfo) -> tuple[datetime, ...]:
    """What the octets may stand for. Raises ValueError or OverflowError for what is no date."""
    if len(value) not in {_LOCAL, _ZONED}:
        raise ValueError
    leap = min(value[6], 59)
    local = datetime(
        int.from_bytes(value[:2], "big"), value[2], value[3], value[4], value[5], leap, value[7] * 100_000, tzinfo=zone
    )
    if len(value) == _LOCAL:
        return tuple(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if value[8:9] not in {b"+", b"-"}:
        raise ValueError
    offset = timedelta(hours=value[9], minutes=value[10])
    return (local.replace(tzinfo=timezone(offset if value[8:9] == b"+" else -offset)).astimezone(UTC),)
