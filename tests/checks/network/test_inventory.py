"""host-not-in-inventory."""

from __future__ import annotations

import pytest
from checks.samples_inventory import mac, placed, row

from posture.facts import Missing
from posture.model import Outcome
from posture.scope import CanaryScope, InventoryScope, OrganisationScope, Scope
from posture.testing import run_check

NAME = "host-not-in-inventory"
PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
HOST = placed("10.78.0.5", mac(1))


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ((row(1, macs=(mac(1),)),), PASS),
        ((row(1, addresses=("10.78.0.5",)),), PASS),
        ((row(1, addresses=("10.78.0.6",)),), FAIL),
        ((row(1, addresses=("10.78.0.5",), macs=(mac(2),)),), FAIL),
        ((row(1, serial="AB1234"),), UNKNOWN),
        ((row(1, addresses=("10.78.0.6",), medical_only=True),), UNKNOWN),
        ((), UNKNOWN),
    ],
)
def test_a_host_is_in_the_inventory(rows, outcome):
    (observation,) = run_check(NAME, HOST, *rows)
    assert observation.outcome is outcome


def test_without_an_inventory_it_says_how_to_give_one():
    (observation,) = run_check(NAME, HOST)
    assert observation.message == "Whether it is in the inventory is not known: no inventory was imported"
    assert "posture audit --from FILE" in observation.answer


def test_a_verdict_stands_on_the_row_too():
    (observation,) = run_check(NAME, HOST, row(1, macs=(mac(1),)))
    assert "1" * 64 in observation.evidence


def test_zones_that_no_inventory_covers_are_unknown():
    scope = Scope(organisation=OrganisationScope(name="Test"), inventory=InventoryScope(zones=("elsewhere",)))
    (observation,) = run_check(NAME, HOST, row(1, addresses=("10.78.0.6",)), scope=scope)
    assert observation.outcome is UNKNOWN


def test_behind_a_router_an_address_with_a_mac_address_in_its_row_is_unknown():
    behind = placed("10.78.0.5")
    assert isinstance(behind.mac, Missing)
    (observation,) = run_check(NAME, behind, row(1, addresses=("10.78.0.5",), macs=(mac(2),)))
    assert observation.outcome is UNKNOWN


def test_a_canary_of_the_scope_needs_no_row():
    canary = CanaryScope(zone="servers", address="10.78.0.5", nonce="00" * 16)
    scope = Scope(organisation=OrganisationScope(name="Test"), canary=(canary,))
    (observation,) = run_check(NAME, HOST, row(1, addresses=("10.78.0.6",)), scope=scope)
    assert observation.outcome is Outcome.NOT_APPLICABLE
