from __future__ import annotations

from datetime import UTC, datetime

import pytest

from posture.scope import Window
from posture.window import is_open, next_opening

NIGHT = (Window(days=("fri",), start="22:00", end="04:00"),)
CHICAGO = "America/Chicago"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_no_window_is_always_open():
    assert is_open((), at("2026-06-01T12:00"), "UTC")
    assert next_opening((), at("2026-06-01T12:00"), "UTC") == at("2026-06-01T12:00")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-06-06T02:59", False),  # Friday 21:59 in Chicago
        ("2026-06-06T03:00", True),  # Friday 22:00
        ("2026-06-06T08:59", True),  # Saturday 03:59: still Friday's window
        ("2026-06-06T09:00", False),  # the end is no longer in it
        ("2026-06-07T03:30", False),  # Saturday 22:30: Saturday has no window
        ("2026-06-05T08:00", False),  # Friday 03:00: Thursday had none
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_starts_on(moment, expected):
    assert is_open(NIGHT, at(moment), CHICAGO) is expected


def test_the_next_opening_is_in_local_time():
    assert next_opening(NIGHT, at("2026-06-06T09:00"), CHICAGO) == at("2026-06-13T03:00")
    assert next_opening(NIGHT, at("2026-01-05T00:00"), CHICAGO) == at("2026-01-10T04:00")  # winter: an hour later


def test_a_window_that_ends_when_it_starts_is_never_open():
    never = (Window(start="03:00", end="03:00"),)

    assert not is_open(never, at("2026-06-01T03:00"), "UTC")
    assert next_opening(never, at("2026-06-01T03:00"), "UTC") is None


def test_a_clock_put_forward_or_back_neither_loses_nor_invents_an_opening():
    early = (Window(start="02:30", end="03:30"),)

    forward = [is_open(early, at(f"2026-03-08T0{hour}:45"), CHICAGO) for hour in (7, 8, 9)]
    back = [is_open(early, at(f"2026-11-01T{hour:02}:45"), CHICAGO) for hour in (7, 8, 9)]

    assert forward == [False, False, False]  # 02:30 is not there on that day
    assert back == [False, True, False]
