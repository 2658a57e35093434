"""segmentation-not-enforced."""

from __future__ import annotations

import msgspec
import pytest
from checks.samples_crossing import (
    CANARIES,
    SCOPE,
    answering,
    canary,
    closed,
    filtered,
    from_everywhere,
    greeted,
    seen,
    view,
)

from posture.model import Outcome
from posture.scope import LATERAL_PORTS
from posture.testing import port, run_check, script, verdict

FAIL, PASS, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
CHECK = "segmentation-not-enforced"


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (from_everywhere(port(23, "telnet")), FAIL),
        (from_everywhere(port(61234, "http")), FAIL),
        (seen(view("imaging", port(22, "ssh"))), FAIL),
        (from_everywhere(port(8200, scripts=[script("http-title", "App", title="App")])), FAIL),
        (from_everywhere(port(123, "ntp", protocol="udp")), FAIL),
        (from_everywhere(port(23)), UNKNOWN),
        (from_everywhere(port(61234)), UNKNOWN),
        (from_everywhere(port(23, "telnet", method="table")), UNKNOWN),
        (seen(*(view(zone) for zone in ("users", "guests"))), UNKNOWN),
        (from_everywhere(place="open"), UNKNOWN),
        (seen(), UNKNOWN),
        (seen(place=None), UNKNOWN),
        (from_everywhere(port(3389, "ms-wbt-server")), FAIL),
        (from_everywhere(), PASS),
        (from_everywhere(port(25, "smtp"), place="users"), FAIL),
    ],
)
def test_any_answer_from_a_denied_zone_fails(given, outcome):
    assert verdict(CHECK, given, scope=SCOPE) is outcome


def only_users(*ports, **more):
    """What users alone see; all other zones find every port closed."""
    others = [view(each.vantage) for each in from_everywhere().views if each.vantage != "users"]
    return seen(view("users", *ports, **more), *others)


@pytest.mark.parametrize("counted", [port(3389, "ms-wbt-server"), port(445, "microsoft-ds"), port(5432, "postgresql")])
def test_what_a_check_of_its_own_counts_is_neither_counted_again_nor_well(counted):
    assert verdict(CHECK, only_users(counted), scope=SCOPE) is NOT_APPLICABLE
    assert verdict(CHECK, only_users(counted, port(23, "telnet")), scope=SCOPE) is FAIL


def test_every_service_with_a_check_of_its_own_is_counted_once():
    guests = [each for each in answering() if each.number != 23]
    others = [view(each.vantage) for each in from_everywhere().views if each.vantage != "guests"]

    assert verdict(CHECK, seen(view("guests", *guests), *others), scope=SCOPE) is NOT_APPLICABLE


def test_what_that_check_does_not_look_at_from_there_is_counted_here():
    others = [view(each.vantage) for each in from_everywhere().views if each.vantage != "imaging"]

    assert verdict(CHECK, seen(view("imaging", port(3389, "ms-wbt-server")), *others), scope=SCOPE) is FAIL


def test_a_flow_that_your_policy_allows_is_no_finding():
    assert verdict(CHECK, only_users(port(25, "smtp")), scope=SCOPE) is PASS


def test_asking_fewer_ports_never_passes():
    few = only_users(rest=(closed("22,23,80"),))

    assert verdict(CHECK, few, scope=SCOPE) is UNKNOWN
    assert verdict(CHECK, only_users(rest=(closed(LATERAL_PORTS),)), scope=SCOPE) is PASS


def test_a_zone_with_a_canary_is_judged_by_the_ports_on_which_it_listens():
    scope = msgspec.structs.replace(SCOPE, canary=(msgspec.structs.replace(CANARIES[0], tcp="22,9000"),))

    assert verdict(CHECK, only_users(rest=(closed(LATERAL_PORTS),)), scope=scope) is UNKNOWN
    assert verdict(CHECK, only_users(rest=(closed("22,9000"),)), scope=scope) is PASS


def silent_to_users(listening):
    """A host that is silent to users, and a canary that is too; administrators had its nonce on these ports."""
    host = only_users(port(25, "smtp"), rest=(filtered(),))
    unheard = view("users", port(25, "smtp"), rest=(filtered(),), hours=1)
    return host, canary(unheard, view("admins", *map(greeted, listening), hours=2))


def test_silence_passes_where_the_canary_proves_all_of_it():
    every = [int(number) for number in LATERAL_PORTS.split(",")]

    proved = run_check(CHECK, *silent_to_users(every), scope=SCOPE)
    not_all = run_check(CHECK, *silent_to_users(every[1:]), scope=SCOPE)

    assert [each.outcome for each in proved] == [PASS]
    assert [each.outcome for each in not_all] == [UNKNOWN]


def test_a_canary_that_a_denied_zone_hears_fails_at_the_canary():
    heard = canary(view("users", greeted(22), greeted(25)), view("admins", greeted(22)))

    fail, rest = sorted(run_check(CHECK, heard, scope=SCOPE), key=lambda each: each.outcome.rank)

    assert fail.outcome is FAIL
    assert fail.subject_name == "10.77.1.250"
    assert fail.message == ("The canary of the zone servers answers the zone users on 22/tcp; your policy denies it")
    assert rest.outcome is UNKNOWN


def test_a_canary_that_only_those_hear_who_may_is_no_finding():
    observations = run_check(CHECK, canary(view("users"), view("admins", greeted(22))), from_everywhere(), scope=SCOPE)

    assert {each.outcome for each in observations} == {PASS}
