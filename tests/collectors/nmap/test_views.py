"""What each vantage showed of a host, and which ports are a canary's."""

import itertools

import pytest
from lab.scans import host_xml, port_xml
from lab.vantages import CANARY, NONCE, SERVER, banner, canary, greeted, hospital, host_at, scanned_from, silent

from posture.facts import View
from posture.scope import CanaryScope
from posture.segmentation.vantage import CANARY as NAME


def view(host, vantage) -> View:
    [found] = [each for each in host.views if each.vantage == vantage]
    return found


def server(*ports: str, rest: str = "filtered", count: int = 0) -> str:
    extra = f'<extraports state="{rest}" count="{count}"/>' if count else ""
    return host_xml(SERVER, *ports, extra=extra, reason="user-set")


INSIDE = scanned_from("servers", server(port_xml(22, "open"), rest="closed", count=2))
OUTSIDE = scanned_from("users", server(port_xml(443, "open"), count=2), hours=1)
NOBODY = scanned_from(None, server(port_xml(22, "open"), rest="filtered", count=2), hours=2)


def test_each_zone_that_a_scanner_stood_in_has_a_view_of_its_own_and_no_other():
    host = host_at(SERVER, INSIDE, OUTSIDE, NOBODY, where=hospital())

    assert [each.vantage for each in host.views] == ["servers", "users"]
    assert [view(host, "servers").port("tcp", number).state for number in (22, 443, 445)] == [
        "open",
        "closed",
        "closed",
    ]
    assert [view(host, "users").port("tcp", number).state for number in (22, 443, 445)] == [
        "filtered",
        "open",
        "filtered",
    ]
    assert view(host, "users").port("tcp", 80).state == "not-asked"
    assert view(host, "users").evidence == (OUTSIDE.id,)
    assert view(host, "users").times() == (OUTSIDE.envelope.ended,)


@pytest.mark.parametrize("order", list(itertools.permutations((INSIDE, OUTSIDE, NOBODY))))
def test_the_order_of_the_files_makes_no_difference(order):
    assert host_at(SERVER, *order, where=hospital()) == host_at(SERVER, INSIDE, OUTSIDE, NOBODY, where=hospital())


def test_a_scan_without_a_vantage_gives_no_view_and_the_host_is_what_it_was_before():
    host = host_at(SERVER, NOBODY, where=hospital())

    assert host.views == ()
    assert (host.tcp(22).state, host.tcp(445).state) == ("open", "filtered")


def test_what_a_firewall_between_zones_keeps_silent_says_nothing_of_the_host():
    host = host_at(SERVER, INSIDE, OUTSIDE, where=hospital())

    assert [host.tcp(number).state for number in (22, 443, 445)] == ["open", "open", "closed"]


def test_the_answers_to_a_zone_that_may_reach_the_host_are_its_own():
    beside = scanned_from(
        "management", server(port_xml(22, "closed"), port_xml(443, "closed"), port_xml(445, "closed"))
    )
    outside = scanned_from("users", silent(SERVER))

    allowed = host_at(SERVER, beside, outside, where=hospital(reachable_from=["management"]))
    denied = host_at(SERVER, beside, outside, where=hospital())

    assert {allowed.tcp(number).state for number in (22, 443, 445)} == {"closed"}
    assert {denied.tcp(number).state for number in (22, 443, 445)} == {"filtered"}


def test_silence_that_no_scanner_inside_had_an_answer_for_stays():
    asked_less = scanned_from("servers", server(port_xml(22, "closed")), tcp="22")

    host = host_at(SERVER, asked_less, OUTSIDE, where=hospital())

    assert [host.tcp(number).state for number in (22, 443, 445)] == ["closed", "open", "filtered"]


def test_silence_within_the_hosts_own_zone_is_not_overruled_by_an_answer_elsewhere():
    inside = scanned_from("servers", silent(SERVER))
    outside = scanned_from("users", server(port_xml(22, "closed"), port_xml(443, "closed"), port_xml(445, "closed")))

    host = host_at(SERVER, inside, outside, where=hospital())

    assert {host.tcp(number).state for number in (22, 443, 445)} == {"filtered"}


def test_a_result_from_beyond_the_firewall_is_kept_whatever_the_ports_state():
    found = '<script id="ipmi-cipher-zero" output="State: VULNERABLE"/>'
    outside = scanned_from("users", server(port_xml(22, "open|filtered", inside=found)))

    host = host_at(SERVER, INSIDE, outside, where=hospital())

    assert [script.id for script in host.tcp(22).scripts] == ["ipmi-cipher-zero"]


def test_of_two_scans_from_one_zone_the_view_says_when_each_was():
    later = scanned_from("users", server(port_xml(22, "open")), tcp="22", hours=30)

    found = view(host_at(SERVER, OUTSIDE, later, where=hospital()), "users")

    assert found.times() == (OUTSIDE.envelope.ended, later.envelope.ended)
    assert found.times((later.id,)) == (later.envelope.ended,)
    assert found.port("tcp", 22).state == "open"


# ── canaries ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_port_where_the_declared_canary_gave_its_nonce_is_marked_so_on_the_host_and_in_the_view():
    host = host_at(CANARY, scanned_from("servers", canary(22, 445)), where=hospital())

    assert host.tcp(22).service.identified_as(NAME)
    assert view(host, "servers").port("tcp", 445).service.identified_as(NAME)
    assert host.tcp(22).service.product == ""


@pytest.mark.parametrize(
    ("xml", "where"),
    [
        (canary(22, nonce="ff" * 16), hospital()),
        (canary(22, nonce=NONCE[:-1]), hospital()),
        (canary(22, nonce=f"{NONCE}00"), hospital()),
        (canary(22, nonce=f"{NONCE} and more"), hospital()),
        (host_xml(CANARY, port_xml(22, "open", inside=banner(NONCE))), hospital()),
        (host_xml(CANARY, port_xml(22, "open", inside=greeted(22).replace("banner", "http-title"))), hospital()),
        (canary(22), hospital(canaries=())),
        (canary(22), hospital(canaries=[CanaryScope(zone="servers", address="10.10.0.8", nonce=NONCE)])),
    ],
    ids=[
        "another nonce",
        "a nonce cut short",
        "a longer nonce",
        "words after it",
        "the nonce alone",
        "another script",
        "no canary is declared",
        "the canary is declared elsewhere",
    ],
)
def test_nothing_else_can_pass_for_the_canary(xml, where):
    host = host_at(CANARY, scanned_from("servers", xml), where=where)

    assert not any(port.service.identified_as(NAME) for port in host.ports)
    assert not any(port.service.identified_as(NAME) for each in host.views for port in each.ports)


def test_only_the_ports_where_it_spoke_are_the_canarys():
    host = host_at(
        CANARY, scanned_from("servers", host_xml(CANARY, greeted(22), port_xml(445, "open"))), where=hospital()
    )

    assert host.tcp(22).service.identified_as(NAME)
    assert not host.tcp(445).service.identified_as(NAME)
