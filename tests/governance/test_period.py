"""Expiry, to the day: across time zones, leap days, month ends and clocks that change."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from posture.governance.period import months_after, state, today

TICK = timedelta(microseconds=1)
HARD = ("America/Chicago", "Pacific/Apia", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Beirut", "America/Havana", "UTC")
ZONES = st.sampled_from(HARD) | st.sampled_from(sorted(available_timezones()))
# From 2012 on: until 2011 Newfoundland put its clocks back at 00:01, so that a day began twice.
EPOCH = datetime(2012, 1, 1, tzinfo=UTC)
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=33 * 365)).map(lambda since: EPOCH + since)
DAYS = st.dates(date(2012, 2, 1), date(2044, 12, 1))
LENGTHS = st.integers(1, 1_100)


def first_instant(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)


@given(INSTANTS, ZONES, DAYS, LENGTHS)
def test_it_holds_just_where_the_local_day_is_from_its_first_to_before_its_expiry(as_of, zone, begins, length):
    expires = begins + timedelta(days=length)
    offset = as_of.astimezone(ZoneInfo(zone)).utcoffset()
    local = (as_of.replace(tzinfo=None) + offset).date()

    said = state(begins, expires, today(as_of, zone))

    assert (said == "in-force") == (begins <= local < expires)
    assert (said == "expired") == (local >= expires)


@given(ZONES, DAYS, LENGTHS)
@example("America/Chicago", date(2026, 3, 7), 1)  # clocks go forward on the day it ends
@example("America/Chicago", date(2026, 10, 31), 1)  # and back
@example("Asia/Beirut", date(2026, 3, 28), 1)  # the midnight at which it ends does not exist
@example("America/Havana", date(2026, 10, 31), 1)  # the midnight at which it ends comes twice
@example("Pacific/Kiritimati", date(2028, 2, 28), 1)  # it ends on a leap day
@example("Etc/GMT+12", date(2027, 12, 31), 1)
def test_it_holds_until_the_last_microsecond_before_midnight_of_its_expiry(zone, begins, length):
    expires = begins + timedelta(days=length)
    end, start = first_instant(expires, zone), first_instant(begins, zone)

    assert state(begins, expires, today(end - TICK, zone)) == "in-force"
    assert state(begins, expires, today(end, zone)) == "expired"
    assert state(begins, expires, today(start, zone)) == "in-force"
    assert state(begins, expires, today(start - TICK, zone)) == "not-yet"


@given(ZONES, DAYS, LENGTHS, INSTANTS, INSTANTS)
def test_what_has_expired_never_comes_back(zone, begins, length, one, other):
    earlier, later = sorted((one, other))
    order = ("not-yet", "in-force", "expired")
    expires = begins + timedelta(days=length)

    before, after = (order.index(state(begins, expires, today(at, zone))) for at in (earlier, later))

    assert before <= after


@given(INSTANTS, ZONES, ZONES, DAYS, LENGTHS)
def test_the_zone_that_an_instant_is_written_in_makes_no_difference(as_of, zone, written, begins, length):
    expires = begins + timedelta(days=length)

    assert state(begins, expires, today(as_of, zone)) == state(
        begins, expires, today(as_of.astimezone(ZoneInfo(written)), zone)
    )


def test_a_day_that_an_island_skipped_is_over_when_the_next_begins():
    boundary = datetime(2011, 12, 30, 10, tzinfo=UTC)  # Samoa went from 29 to 31 December

    assert today(boundary - TICK, "Pacific/Apia") == date(2011, 12, 29)
    assert today(boundary, "Pacific/Apia") == date(2011, 12, 31)
    for expires in (date(2011, 12, 30), date(2011, 12, 31)):
        assert state(date(2011, 1, 1), expires, today(boundary - TICK, "Pacific/Apia")) == "in-force"
        assert state(date(2011, 1, 1), expires, today(boundary, "Pacific/Apia")) == "expired"


def test_one_instant_is_two_days_apart_between_the_ends_of_the_world():
    as_of = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)

    assert today(as_of, "Pacific/Kiritimati") == date(2026, 11, 25)
    assert today(as_of, "Etc/GMT+12") == date(2026, 11, 23)


def test_an_instant_without_a_zone_has_no_day():
    with pytest.raises(ValueError, match="without a zone"):
        today(datetime(2026, 11, 24, tzinfo=UTC).replace(tzinfo=None), "UTC")


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
    ],
)
def test_months_end_where_the_month_ends(day, months, then):
    assert months_after(day, months) == then


@given(DAYS, st.integers(0, 60))
def test_months_later_is_the_same_day_or_the_last_of_that_month(day, months):
    then = months_after(day, months)

    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    assert then == date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
