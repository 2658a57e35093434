"""Knowing less of what scanners in several zones saw never makes it good that something crosses, or may."""

from __future__ import annotations

import sys

import msgspec
from checks.samples_crossing import ELSEWHERE, SCOPE, answering, canary, closed, filtered, greeted, seen, view
from checks.taken_away import less, without_port
from hypothesis import given, settings
from hypothesis import strategies as st

from posture.facts import Fact, Host, View
from posture.judge import judge
from posture.model import Outcome
from posture.ports import PortSet
from posture.registry import load_checks
from posture.scope import LATERAL_PORTS
from posture.segmentation.rules import SPECIFIC
from posture.testing import AS_OF, port

GOOD = {Outcome.PASS, Outcome.NOT_APPLICABLE}
CROSSINGS = [
    check
    for check in load_checks().by_id.values()
    if {"crossing", "judged"} & set(vars(sys.modules[check.function.__module__])) and check.over_all
]
STANDARD = {number for rule in SPECIFIC for number in rule.kind.ports} | set(PortSet.parse(LATERAL_PORTS)) | {8080}
PIECES = [*answering(), port(8888, "http"), port(22, "ssh"), port(3389), port(9392), port(11112), port(443, "http")]
EVERY = PortSet.parse("1-65535")


@st.composite
def views(draw, zone: str, hours: int = 0) -> View:
    """What a scanner in the zone saw: some services, and of the other ports some closed, silent or not asked."""
    ports = draw(st.lists(st.sampled_from(PIECES), max_size=4, unique_by=lambda each: (each.protocol, each.number)))
    unasked = PortSet.of(draw(st.sets(st.sampled_from(sorted(STANDARD)), max_size=1)))
    silent = PortSet.of(draw(st.sets(st.sampled_from(sorted(STANDARD)), max_size=2))) if draw(st.booleans()) else EVERY
    listed = PortSet.of(each.number for each in ports if each.protocol == "tcp")
    if draw(st.booleans()):
        silent = PortSet()
    rest = EVERY - listed - unasked
    groups = [closed(str(rest - silent)), filtered(str(rest - (rest - silent))), closed(protocol="udp")]
    return view(zone, *ports, rest=[each for each in groups if each.ports], hours=hours)


DECLARED = tuple(zone for zone in ELSEWHERE if zone in SCOPE.zones)
"""By design an answer to a zone that the scope does not have (`--site`) is a doubt, and nothing else of such a view
counts: without the answer there is no doubt, so these zones are left out here, and tried by themselves below."""


@st.composite
def hosts(draw) -> Host:
    """A server as scanners in most zones saw it."""
    zones = [zone for zone in DECLARED if zone != "servers" and draw(st.integers(0, 9))]
    return seen(*(draw(views(zone)) for zone in zones))


def good(check, *facts: Fact, key: str) -> bool:
    """Whether something good is said of the subject, and nothing else of it."""
    said = judge(facts, (), [check], SCOPE, AS_OF)
    about = {each.outcome for each in said if key in (each.subject, *each.subjects)}
    return bool(about) and about <= GOOD


@given(hosts(), st.data())
@settings(max_examples=40, deadline=None)
def test_a_host_that_is_not_good_is_not_made_so_by_knowing_less(host, data):
    loss = data.draw(st.sampled_from([*less(host)]))
    for check in CROSSINGS:
        if good(check, host, key=host.ids[0]) or not good(check, loss.fact, key=host.ids[0]):
            continue
        assert loss.port, f"{check.id}: {loss.what}"
        assert loss.port not in STANDARD, f"{check.id}: {loss.what}"
        assert good(check, without_port(host, loss.port), key=host.ids[0]), f"{check.id}: {loss.what}"


def heard(zone: str, numbers: set[int]) -> View:
    """The canary as this zone saw it: these ports greeted, all others silent."""
    rest = EVERY - PortSet.of({*numbers, 9})
    ports = [greeted(number) for number in sorted(numbers)]
    return view(zone, *ports, rest=[closed("9"), filtered(str(rest)), closed(protocol="udp")])


LISTENING = sorted(PortSet.parse(LATERAL_PORTS))


@st.composite
def canaries(draw) -> Host:
    """A canary that administrators hear, mostly, and others seldom."""
    mine = set(LISTENING) - draw(st.sets(st.sampled_from(LISTENING), max_size=2))
    others = [zone for zone in DECLARED if zone not in {"servers", "admins"} and draw(st.integers(0, 9))]
    seldom = st.sets(st.sampled_from(LISTENING), max_size=1)
    return canary(heard("admins", mine), *(heard(zone, draw(seldom)) for zone in others))


@given(hosts(), canaries(), st.data())
@settings(max_examples=40, deadline=None)
def test_without_a_zone_that_was_scanned_from_nothing_becomes_good(host, ours, data):
    lost = data.draw(st.sampled_from(DECLARED))

    def left(whole: Host) -> Host:
        return msgspec.structs.replace(whole, views=tuple(each for each in whole.views if each.vantage != lost))

    fewer = [(left(host), ours), (host, left(ours)), (left(host), left(ours)), (host,)]
    for check in CROSSINGS:
        if not good(check, host, ours, key=host.ids[0]):
            for facts in fewer:
                assert not good(check, *facts, key=host.ids[0]), f"{check.id}: {lost}"


@given(hosts(), views("pumps"))
@settings(max_examples=40, deadline=None)
def test_what_a_zone_outside_the_scope_saw_makes_nothing_good(host, strange):
    more = msgspec.structs.replace(host, views=(*host.views, strange))
    for check in CROSSINGS:
        assert good(check, host, key=host.ids[0]) or not good(check, more, key=host.ids[0]), check.id


def test_the_checks_that_are_tried_are_those_of_zones():
    assert {"rdp-crosses-zones", "segmentation-not-enforced", "interface-engine-console-exposed"} <= {
        check.id for check in CROSSINGS
    }
