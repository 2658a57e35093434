"""How devices are run: restarts, and notifications."""

from __future__ import annotations

from datetime import timedelta

import pytest

from posture.facts import Missing
from posture.model import Outcome
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
