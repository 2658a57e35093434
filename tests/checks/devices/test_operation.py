"""How devices are run: restarts, notifications, clocks, owners."""

from __future__ import annotations

from datetime import timedelta

import pytest

from posture.facts import Clock, Missing
from posture.model import Outcome, Severity
from posture.scope import OrganisationScope, Scope
from posture.testing import device, run_check, verdict
from posture.thresholds import Thresholds

HIDDEN = Missing("not-answered")


def days(number):
    return timedelta(days=number)


@pytest.mark.parametrize(
    ("engine", "uptime", "outcome"),
    [
        (days(30), days(30), Outcome.PASS),
        (days(365), days(365), Outcome.PASS),
        (days(600), days(103), Outcome.FAIL),
        (days(30), days(400), Outcome.FAIL),
        (days(400), HIDDEN, Outcome.FAIL),
        (HIDDEN, days(400), Outcome.FAIL),
        (HIDDEN, days(100), Outcome.UNKNOWN),
        (Missing("absent"), days(100), Outcome.UNKNOWN),
        (days(30), HIDDEN, Outcome.UNKNOWN),
        (HIDDEN, HIDDEN, Outcome.UNKNOWN),
    ],
)
def test_a_counter_that_wraps_passes_nothing_by_itself(engine, uptime, outcome):
    assert verdict("device-uptime-over-a-year", device(engine_time=engine, uptime=uptime)) is outcome


def test_the_days_are_the_hospitals_own():
    scope = Scope(organisation=OrganisationScope(name="Test"), thresholds=Thresholds(uptime_days=90))

    (observation,) = run_check("device-uptime-over-a-year", device(uptime=days(120)), scope=scope)

    assert observation.message == "It has been running for 120 days; your policy allows 90"


@pytest.mark.parametrize(
    ("targets", "engine", "outcome"),
    [
        (("10.0.0.9:162",), HIDDEN, Outcome.PASS),
        ((), HIDDEN, Outcome.FAIL),
        (Missing("absent"), days(3), Outcome.FAIL),
        (Missing("absent"), HIDDEN, Outcome.UNKNOWN),
        (Missing("absent"), Missing("absent"), Outcome.UNKNOWN),
        (Missing("not-asked"), days(3), Outcome.UNKNOWN),
        (HIDDEN, days(3), Outcome.UNKNOWN),
    ],
)
def test_notifications(targets, engine, outcome):
    assert verdict("snmp-no-trap-target", device(notification_targets=targets, engine_time=engine)) is outcome


def clock(least, most, *, zone_sent=True):
    return Clock(least=timedelta(seconds=least), most=timedelta(seconds=most), zone_sent=zone_sent)


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (clock(-20, 20), Outcome.PASS),
        (clock(280, 300), Outcome.PASS),
        (clock(-300, -280), Outcome.PASS),
        (clock(301, 320), Outcome.FAIL),
        (clock(-320, -301), Outcome.FAIL),
        (clock(290, 310), Outcome.UNKNOWN),
        (clock(-310, -290), Outcome.UNKNOWN),
        (clock(-400, 400), Outcome.UNKNOWN),
        (clock(3_590, 3_610), Outcome.FAIL),
        (clock(3_590, 3_610, zone_sent=False), Outcome.UNKNOWN),
        (clock(-18_020, -18_000, zone_sent=False), Outcome.UNKNOWN),
        (clock(1_790, 1_810, zone_sent=False), Outcome.UNKNOWN),
        (clock(700, 720, zone_sent=False), Outcome.FAIL),
        (clock(-720, -700, zone_sent=False), Outcome.FAIL),
        (clock(864_000, 864_010, zone_sent=False), Outcome.FAIL),
        (clock(-20, 20, zone_sent=False), Outcome.PASS),
        (Missing("absent"), Outcome.UNKNOWN),
        (HIDDEN, Outcome.UNKNOWN),
    ],
)
def test_clocks(told, outcome):
    (observation,) = run_check("clock-drift", device(clock=told))

    assert observation.outcome is outcome
    assert observation.severity is (Severity.LOW if outcome is Outcome.FAIL else Severity.MEDIUM)


def test_the_seconds_are_the_hospitals_own_and_a_zone_that_was_taken_is_said():
    scope = Scope(organisation=OrganisationScope(name="Test"), thresholds=Thresholds(clock_seconds=60))

    (observation,) = run_check("clock-drift", device(clock=clock(-95, -90, zone_sent=False)), scope=scope)

    assert observation.message == (
        "Its clock is at least 90 seconds behind (hrSystemDate); your policy allows 60 seconds. "
        "It gives no time zone: the organisation's was taken."
    )


@pytest.mark.parametrize(
    ("contact", "location", "outcome"),
    [
        ("Clinical engineering, 5100", "Building A, room 12", Outcome.PASS),
        ("", "Building A", Outcome.FAIL),
        ("Clinical engineering", "Unknown", Outcome.FAIL),
        ("Me <me@example.org>", "Sitting on the Dock of the Bay", Outcome.FAIL),
        ("Root <root@localhost> (configure /etc/snmp/snmp.local.conf)", "Building A", Outcome.FAIL),
        ("", HIDDEN, Outcome.FAIL),
        (HIDDEN, "Building A", Outcome.UNKNOWN),
        ("Clinical engineering", Missing("absent"), Outcome.UNKNOWN),
    ],
)
def test_owners(contact, location, outcome):
    assert verdict("device-owner-missing", device(contact=contact, location=location)) is outcome
