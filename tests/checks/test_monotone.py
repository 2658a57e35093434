"""Taking away evidence never makes a verdict good.

Good is pass or not applicable. One exception follows from asking no host for 65,535 ports: a port that is not standard
for a service tells only what it says of itself. Without it the verdict is that of a host which was never asked there.
"""

from __future__ import annotations

import sys
from functools import partial

import msgspec
import pytest
from checks.samples import SAMPLES, SCOPE
from checks.taken_away import Less, less, without_port
from hypothesis import given, settings
from hypothesis import strategies as st

from checks import (
    samples_hosts,
)
from posture.check import Check
from posture.collectors.nmap.policy import SETTINGS
from posture.facts import Fact, Host
from posture.judge import judge
from posture.model import Outcome, Policy
from posture.ports import PortSet
from posture.registry import load_checks
from posture.segmentation.crossing import Crossing
from posture.services import Kind
from posture.testing import AS_OF, host

CHECKS = load_checks().by_id
ASK_NO_PORT = frozenset(
    {
        "host-not-in-inventory",
        "medical-device-not-in-inventory",
        "medical-device-on-guest-network",
        "medical-devices-share-subnet",
    }
)
"""Checks of what a host is and where it stands: they are answered by inventories and zones."""
HOST_CHECKS = {
    name: check
    for name, check in CHECKS.items()
    if check.kind == "Host" and name not in ASK_NO_PORT and not check.over_all
}
GOOD = {Outcome.PASS, Outcome.NOT_APPLICABLE}


def standard(check: Check, *protocols: str) -> frozenset[int]:
    """The standard ports of the services that the check's module speaks of, over these protocols or over any."""
    named = vars(sys.modules[check.function.__module__]).values()
    kinds = [value for value in named if isinstance(value, Kind)]
    kinds += [value.kind for value in named if isinstance(value, Crossing)]
    return frozenset(port for kind in kinds if not protocols or kind.protocol in protocols for port in kind.ports)


def good(check: Check, *facts: Fact) -> bool:
    """Whether all that the check says of the facts is good."""
    return {observation.outcome for observation in judge(facts, (), [check], SCOPE, AS_OF)} <= GOOD


every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
every_host_check = pytest.mark.parametrize("check", HOST_CHECKS.values(), ids=HOST_CHECKS)


@every_host_check
def test_the_gentlest_policy_asks_for_every_standard_tcp_port(check):
    assert standard(check)
    assert standard(check, "tcp") <= set(PortSet.parse(SETTINGS[Policy.GENTLE].ports))


@every_check
def test_nothing_becomes_good_by_knowing_less(check):
    tried = 0
    for fact in SAMPLES:
        if type(fact).__name__ != check.kind or good(check, fact):
            continue
        for loss in less(fact):
            tried += 1
            if loss.port and loss.port not in standard(check):
                assert not good(check, loss.fact) or good(check, without_port(fact, loss.port)), loss.what
            else:
                assert not good(check, loss.fact), f"{fact.name}: {loss.what}"
    assert tried


@every_host_check
def test_a_port_that_was_not_asked_makes_nothing_good(check):
    for fact in samples_hosts.samples():
        assert good(check, fact) or not any(good(check, without_port(fact, port)) for port in standard(check))


@every_host_check
def test_nothing_is_good_of_which_no_standard_port_was_asked(check):
    for fact in samples_hosts.samples():
        unasked = msgspec.structs.replace(fact, scripts=())
        for port in standard(check):
            unasked = without_port(unasked, port)
        assert not good(check, unasked), fact.name


PIECES = [port for fact in samples_hosts.samples() for port in fact.ports if port.protocol == "tcp"]
BY_NUMBER = {number: [port for port in PIECES if port.number == number] for number in {port.number for port in PIECES}}
SMB = {139, 445}  # nmap runs a script on a host only where one of these is open
SCRIPTS = [fact.scripts for fact in samples_hosts.samples() if fact.scripts]


@st.composite
def hosts(draw) -> Host:
    """A host put together from ports of the samples, closed ports, filtered ports and ports that nobody asked."""
    scripts = draw(st.sampled_from([(), *SCRIPTS]))
    numbers = draw(st.sets(st.sampled_from(sorted(BY_NUMBER)), max_size=8)) | (SMB if scripts else set())
    chosen = [draw(st.sampled_from(BY_NUMBER[number])) for number in sorted(numbers)]
    rest = PortSet.parse("1-65535") - PortSet.of(port.number for port in chosen)
    unasked = PortSet.of(draw(st.sets(st.sampled_from(sorted(BY_NUMBER)), max_size=2)))
    unclear = PortSet.of(draw(st.sets(st.sampled_from(sorted(BY_NUMBER)), max_size=2))) - unasked
    closed = rest - unasked - unclear
    filtered = rest - unasked - closed
    return host(
        *chosen,
        closed=str(closed),
        filtered=str(filtered),
        scripts=scripts,
        zone_kind=draw(st.sampled_from(["", "server", "medical-device"])),
        mac_vendor=draw(st.sampled_from(["", "Dell", "Draeger Medical"])),
    )


def _unasked(whole: Host, number: int) -> Less:
    return Less(what=f"{number} not asked", fact=without_port(whole, number), port=number)


@given(hosts(), st.data())
@settings(max_examples=150, deadline=None)
def test_no_host_becomes_good_by_knowing_less(whole, data):
    loss = data.draw(st.sampled_from([*less(whole), *map(partial(_unasked, whole), sorted(BY_NUMBER))]))
    for check in HOST_CHECKS.values():
        if good(check, whole) or not good(check, loss.fact):
            continue
        assert loss.port not in standard(check), f"{check.id}: {loss.what}"
        assert loss.port, f"{check.id}: {loss.what}"
        assert good(check, without_port(whole, loss.port)), f"{check.id}: {loss.what}"
