"""Which runs must be kept, why, and until when (45 CFR 164.316(b)(2)(i))."""

import sqlite3
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture.governance.ledger import Entry, Hold, HoldRelease, Ledger, Treatment
from posture.retention.rules import Past, holds, keeping

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ZONES = ["UTC", "America/Chicago", "Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Pago_Pago"]


def run(name: str, began: datetime, **more) -> Past:
    told = {"touched": began, "judged": began, "organisation": "H", "time_zone": "UTC", **more}
    return Past(id=name, started=began, **told)


def ledger(*statements) -> Ledger:
    return Ledger(
        entries=tuple(
            Entry(number=at, at=NOW, by="officer", statement=statement) for at, statement in enumerate(statements, 1)
        )
    )


def kept(runs, *statements, now=NOW, before=None) -> dict[str, bool]:
    return {each.run: each.kept for each in keeping(runs, holds(ledger(*statements)), now, before)}


def test_a_run_is_kept_for_six_years_from_when_a_later_one_took_its_place():
    old, later = run("a", datetime(2015, 1, 1, tzinfo=UTC)), run("b", datetime(2020, 11, 24, 9, tzinfo=UTC))

    first, second = keeping([later, old], (), NOW)

    assert (first.run, first.until, first.kept) == ("a", date(2026, 11, 24), True)
    assert "later run took its place on 2020-11-24" in first.why
    assert (second.until, second.kept) == (None, True)
    assert kept([old, later], now=NOW + timedelta(days=1)) == {"a": False, "b": True}


def test_a_run_that_is_in_effect_is_kept_however_old():
    assert kept([run("a", datetime(2001, 1, 1, tzinfo=UTC))]) == {"a": True}


def test_a_run_of_another_organisation_or_a_replay_takes_nobodys_place():
    old = run("a", datetime(2001, 1, 1, tzinfo=UTC))
    other = run("b", datetime(2002, 1, 1, tzinfo=UTC), organisation="Other")
    foreign = run("c", datetime(2003, 1, 1, tzinfo=UTC), foreign=True)
    stopped = run("d", datetime(2004, 1, 1, tzinfo=UTC), judged=None)

    assert kept([old, other, foreign, stopped]) == {"a": True, "b": True, "c": False, "d": False}


def test_what_was_added_to_a_run_later_starts_the_six_years_again():
    old = run("a", datetime(2010, 1, 1, tzinfo=UTC), touched=datetime(2024, 1, 1, tzinfo=UTC))

    [first, _] = keeping([old, run("b", datetime(2011, 1, 1, tzinfo=UTC))], (), NOW)

    assert (first.kept, first.until) == (True, date(2030, 1, 1))


def test_a_hold_on_a_run_or_on_all_stops_everything_until_it_is_released():
    runs = [run("a", datetime(2001, 1, 1, tzinfo=UTC)), run("b", datetime(2002, 1, 1, tzinfo=UTC))]
    matter, every = Hold(target="a", reason="Matter 1"), Hold(target="all", reason="Matter 2")

    assert kept(runs) == {"a": False, "b": True}
    assert kept(runs, matter) == {"a": True, "b": True}
    assert kept(runs, every) == {"a": True, "b": True}
    assert kept(runs, matter, HoldRelease(target="all", reason="-"))["a"]
    assert kept(runs, every, matter, HoldRelease(target="all", reason="-"))["a"]
    assert not kept(runs, matter, HoldRelease(target="a", reason="-"))["a"]
    assert "Matter 1" in keeping(runs, holds(ledger(matter)), NOW)[0].why


def test_before_can_only_keep_more():
    runs = [run("a", datetime(2001, 1, 1, tzinfo=UTC)), run("b", datetime(2022, 1, 1, tzinfo=UTC))]

    assert kept(runs, before=date(2000, 1, 1)) == {"a": True, "b": True}
    assert kept([*runs, run("c", NOW)], before=date(2030, 1, 1))["b"]


def test_six_years_from_a_leap_day_end_on_the_first_of_march():
    stopped = run("a", datetime(2020, 2, 29, tzinfo=UTC), judged=None)

    assert keeping([stopped], (), NOW)[0].until == date(2026, 3, 1)


def test_the_last_day_is_that_of_the_organisation_or_utcs_whichever_is_later():
    began = datetime(2020, 11, 25, 2, tzinfo=UTC)  # still the 24th in Chicago
    stopped = msgspec.structs.replace(run("a", began, judged=None), time_zone="America/Chicago")

    assert keeping([stopped], (), NOW)[0].until == date(2026, 11, 25)


def test_a_hold_is_no_answer_and_makes_no_run_be_judged_again():
    treatment = Treatment(risk="R-ABCDEF", owner="A")

    assert not ledger(treatment, Hold(target="all", reason="m")).answered_after(1)
    assert ledger(Hold(target="all", reason="m"), treatment).answered_after(1)


instants = st.datetimes(datetime(2005, 1, 1), datetime(2026, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001  # given a zone at once


@given(st.lists(st.tuples(instants, st.booleans(), st.timedeltas(timedelta(0), timedelta(days=900))), max_size=8))
def test_nothing_goes_within_six_years_of_anything_that_happened_to_it(drawn):
    runs = [
        run(f"r{at}", began, judged=began if judged else None, touched=began + later)
        for at, (began, judged, later) in enumerate(drawn)
    ]

    for past, each in zip(sorted(runs, key=lambda run: (run.started, run.id)), keeping(runs, (), NOW), strict=True):
        if not each.kept:
            assert past.touched < NOW - timedelta(days=6 * 365)
    judged = [past for past in runs if past.judged]
    if judged:
        assert kept(runs)[max(judged, key=lambda run: (run.started, run.id)).id]


@pytest.mark.parametrize(
    ("began", "zone", "until"),
    [
        ("2016-02-29T12:00:00+00:00", "UTC", date(2022, 3, 1)),
        ("2018-02-28T23:30:00-06:00", "America/Chicago", date(2024, 3, 1)),
        ("2018-03-10T08:30:00+13:00", "Pacific/Auckland", date(2024, 3, 10)),
    ],
)
def test_the_last_day_is_the_later_one_of_leap_days_and_time_zones(began: str, zone: str, until: date):
    instant = datetime.fromisoformat(began)
    old = run("a", instant, judged=None, time_zone=zone)

    [told] = keeping([old], (), NOW)

    assert told.until == until
    for hour in range(48):
        now = datetime(until.year, until.month, until.day, tzinfo=UTC) + timedelta(hours=hour - 24)
        if now.date() <= until:
            assert kept([old], now=now) == {"a": True}


@given(st.integers(946684800, 1546300800).map(lambda at: datetime.fromtimestamp(at, UTC)), st.sampled_from(ZONES))
def test_no_run_may_go_before_the_database_would_let_it(began: datetime, zone: str):
    old = run("a", began, judged=None, time_zone=zone)
    [told] = keeping([old], (), NOW)
    counted = sqlite3.connect(":memory:").execute("SELECT date(?, '+6 years')", (began.isoformat(),)).fetchone()[0]

    assert told.until >= date.fromisoformat(counted)
