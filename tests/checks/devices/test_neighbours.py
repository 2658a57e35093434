"""neighbour-not-in-inventory."""

from __future__ import annotations

import msgspec
import pytest
from checks.samples_inventory import mac, placed, row, switch

from posture.facts import LearnedAddress, LearnedAddresses, Missing, Neighbour, Neighbours
from posture.model import Outcome, Severity
from posture.testing import device, run_check

NAME = "neighbour-not-in-inventory"
PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
ROWS = (row(1, macs=(mac(1),)), row(2, macs=(mac(2),)))


def only(*facts):
    (observation,) = run_check(NAME, *facts)
    return observation


def without(judged, **fields):
    return msgspec.structs.replace(judged, **fields)


@pytest.mark.parametrize(
    ("judged", "rows", "outcome"),
    [
        (switch("sw", mac(1), mac(2)), ROWS, PASS),
        (switch("sw", mac(1), mac(3)), ROWS, FAIL),
        (switch("sw", mac(1)), (), UNKNOWN),
        (switch("sw"), ROWS, UNKNOWN),
        (without(switch("sw", mac(1)), arp=Missing("absent")), ROWS, PASS),
        (without(switch("sw", mac(1)), arp=Missing("not-asked")), ROWS, UNKNOWN),
        (without(switch("sw", mac(1)), arp=Missing("not-readable")), ROWS, UNKNOWN),
        (
            without(
                switch("sw", mac(1)),
                learned=LearnedAddresses(rows=(LearnedAddress(mac=mac(1), port="1"),), whole=False),
            ),
            ROWS,
            UNKNOWN,
        ),
        (
            without(switch("sw", mac(1)), links=Neighbours(rows=(Neighbour(protocol="cdp", name="sw2"),), whole=True)),
            (*ROWS, row(3, hostname="sw2")),
            UNKNOWN,
        ),
        (
            device(links=Missing("absent"), arp=Missing("absent"), learned=Missing("absent")),
            ROWS,
            Outcome.NOT_APPLICABLE,
        ),
        (device(), ROWS, UNKNOWN),
    ],
)
def test_what_a_device_has_beside_it_is_in_the_inventory(judged, rows, outcome):
    if outcome is Outcome.NOT_APPLICABLE or outcome is PASS:
        assert {each.outcome for each in run_check(NAME, judged, *rows)} == {outcome}
    else:
        assert only(judged, *rows).outcome is outcome


def test_a_stranger_is_named_and_weighs_little():
    found = only(switch("sw", mac(1), mac(3)), *ROWS)
    assert found.severity is Severity.LOW
    assert mac(3) in found.message
    assert mac(1) not in found.message


def test_what_was_seen_at_the_mac_address_is_looked_up_by_its_address_too():
    seen = placed("10.78.0.5", mac(3))
    heard = without(switch("sw", mac(3)), arp=Missing("absent"))
    assert only(heard, seen, row(1, addresses=("10.78.0.5",))).outcome is PASS


def test_a_mac_address_that_was_made_up_says_nothing():
    heard = without(switch("sw", "02:00:00:00:00:01"), arp=Missing("absent"))
    assert only(heard, *ROWS).outcome is UNKNOWN
