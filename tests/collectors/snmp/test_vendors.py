"""Who makes a device, over what real ones say of themselves."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from posture.collectors.snmp import SnmpCollector
from posture.collectors.snmp.enterprises import AGENTS, VENDORS, WORDS
from posture.collectors.snmp.mibs import oid
from posture.collectors.snmp.vendors import enterprise_of
from posture.facts import Device, Missing
from posture.scope import Scope

EXCERPTS = Path(__file__).parents[2] / "data" / "snmp" / "excerpts"
EXPECTED = dict(line.split("\t") for line in (EXCERPTS / "vendors.tsv").read_text("utf-8").splitlines())


def vendor(name: str) -> str:
    payload = (EXCERPTS / name).read_bytes()
    (record,) = SnmpCollector().load(payload, name, hashlib.sha256(payload).hexdigest())
    (device,) = SnmpCollector().read([record], Scope.of_files())
    assert isinstance(device, Device)
    return "" if isinstance(device.vendor, Missing) else device.vendor


def test_every_excerpt_has_an_expectation_and_hardly_any_is_nameless():
    assert sorted(EXPECTED) == sorted(path.name for path in EXCERPTS.glob("*.snmprec"))
    assert [name for name, maker in EXPECTED.items() if not maker] == ["01.snmprec"]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_vendor_of_each_recorded_device_is_named(name):
    assert vendor(name) == EXPECTED[name]


def test_no_number_is_both_a_vendors_and_an_agents():
    assert not VENDORS.keys() & AGENTS.keys()
    assert all(name == name.strip() for name in (*VENDORS.values(), *AGENTS.values(), *WORDS))


@pytest.mark.parametrize(
    ("name", "enterprise"),
    [("1.3.6.1.4.1.9.1.1", 9), ("1.3.6.1.4.1.9", 9), ("1.3.6.1.4.1", None), ("1.3.6.1.2.1.1", None), ("0.0", None)],
)
def test_the_enterprise_of_an_object(name, enterprise):
    assert enterprise_of(oid(name)) == enterprise
