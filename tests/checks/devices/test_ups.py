"""Power supplies: their battery, their alarms, and how long they last."""

from __future__ import annotations

import pytest

from posture.facts import Missing, Ups
from posture.model import Outcome, Severity
from posture.scope import OrganisationScope, Scope
from posture.testing import device, run_check, verdict
from posture.thresholds import Thresholds

HIDDEN = Missing("not-answered")


@pytest.mark.parametrize(
    ("status", "alarms", "outcome", "severity"),
    [
        (2, 0, Outcome.PASS, Severity.HIGH),
        (3, 0, Outcome.FAIL, Severity.HIGH),
        (4, HIDDEN, Outcome.FAIL, Severity.HIGH),
        (4, 2, Outcome.FAIL, Severity.HIGH),
        (2, 1, Outcome.FAIL, Severity.MEDIUM),
        (1, 1, Outcome.FAIL, Severity.MEDIUM),
        (HIDDEN, 1, Outcome.FAIL, Severity.MEDIUM),
        (2, HIDDEN, Outcome.UNKNOWN, Severity.HIGH),
        (1, 0, Outcome.UNKNOWN, Severity.HIGH),
        (HIDDEN, 0, Outcome.UNKNOWN, Severity.HIGH),
        (HIDDEN, HIDDEN, Outcome.UNKNOWN, Severity.HIGH),
    ],
)
def test_the_battery(status, alarms, outcome, severity):
    (observation,) = run_check("ups-battery-failing", device(ups=Ups(battery_status=status, alarms=alarms)))

    assert (observation.outcome, observation.severity) == (outcome, severity)


@pytest.mark.parametrize(
    ("minutes", "outcome"), [(45, Outcome.PASS), (10, Outcome.PASS), (9, Outcome.FAIL), (HIDDEN, Outcome.UNKNOWN)]
)
def test_how_long_it_lasts(minutes, outcome):
    assert verdict("ups-runtime-short", device(ups=Ups(minutes_remaining=minutes))) is outcome


def test_the_minutes_are_the_sites_own():
    scope = Scope(organisation=OrganisationScope(name="Test"), thresholds=Thresholds(ups_minutes=30))

    (observation,) = run_check("ups-runtime-short", device(ups=Ups(minutes_remaining=20)), scope=scope)

    assert (observation.outcome, observation.severity) == (Outcome.FAIL, Severity.LOW)
    assert observation.message == "It lasts 20 minutes; your policy asks for 30"


@pytest.mark.parametrize("name", ["ups-battery-failing", "ups-runtime-short"])
@pytest.mark.parametrize(
    ("ups", "outcome"),
    [
        (Missing("absent"), Outcome.NOT_APPLICABLE),
        (Missing("not-asked"), Outcome.UNKNOWN),
        (Missing("not-readable"), Outcome.UNKNOWN),
        (HIDDEN, Outcome.UNKNOWN),
    ],
)
def test_only_a_device_known_to_be_no_power_supply_is_left_out(name, ups, outcome):
    assert verdict(name, device(ups=ups)) is outcome
