from __future__ import annotations

import pytest
from lab.snmp import community, scope_of, user

from posture.collectors.snmp import SnmpCollector
from posture.collectors.snmp.plan import attempts
from posture.model import Policy
from posture.scope import Approval, SnmpCredential, Window

APPROVAL = Approval(approver="Clinical engineering", ticket="CHG-1", telephone="555 0100")
NIGHT = Window(start="22:00", end="05:00")


def plan(*networks, **fields):
    fields.setdefault("credentials", [community("ward")])
    return SnmpCollector().plan(scope_of(*networks, **fields))


def test_a_probe_for_each_256_addresses_under_a_lasting_name():
    probes = plan("10.10.0.0/23")
    assert [probe.id for probe in probes] == ["snmp/servers/10.10.0.0-24", "snmp/servers/10.10.1.0-24"]
    assert [probe.addresses for probe in probes] == [255, 255]
    assert {probe.refused for probe in probes} == {""}


def test_exclusions_are_in_the_probe():
    (probe,) = plan("10.10.0.0/24", exclude=("10.10.0.7",))
    assert "10.10.0.7" in probe.exclude
    assert probe.addresses == 253


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"policy": Policy.OFF}, "policy is off"),
        ({"policy": Policy.IMPORT_ONLY}, "import-only"),
        ({"kind": "medical-device", "policy": Policy.GENTLE}, "approval"),
        ({"kind": "medical-device", "policy": Policy.GENTLE, "approval": APPROVAL}, "window"),
        ({"credentials": ()}, "no SNMP credential is in the scope for this zone"),
        ({"credentials": [community("ward", zones=("elsewhere",))]}, "no SNMP credential is in the scope"),
    ],
)
def test_what_is_refused_is_kept_with_its_reason(fields, reason):
    (probe,) = plan("10.10.0.0/24", **fields)
    assert reason in probe.refused
    assert (probe.packets, probe.targets) == (0, ("10.10.0.0/24",))


def test_an_approved_zone_with_a_window_is_asked():
    (probe,) = plan("10.10.0.0/24", kind="imaging", policy=Policy.GENTLE, approval=APPROVAL, window=(NIGHT,))
    assert probe.refused == ""


def test_default_communities_need_no_credential():
    (probe,) = plan("10.10.0.0/24", credentials=(), defaults=True)
    assert (probe.refused, probe.credentials) == ("", ())


def test_large_ipv6_networks_are_refused_and_listed_addresses_asked():
    refused, asked = plan("fd00::/64", "fd01::5")
    assert "list the IPv6 addresses" in refused.refused
    assert (asked.refused, asked.targets) == ("", ("fd01::5",))


@pytest.mark.parametrize(
    ("policy", "own", "rate"),
    [
        (Policy.GENTLE, None, 50),
        (Policy.STANDARD, None, 300),
        (Policy.THOROUGH, None, 1_000),
        (Policy.GENTLE, 7, 7),
    ],
)
def test_the_rate_is_the_zones_or_the_policys(policy, own, rate):
    (probe,) = plan("10.10.0.0/24", policy=policy, max_rate=own)
    assert probe.max_rate == rate
    assert probe.seconds >= probe.packets / rate


def test_every_way_in_is_counted():
    noauth = SnmpCredential(id="open", user="open")
    scope = scope_of("10.0.0.0/24", credentials=[community("ward"), user("v3"), noauth], defaults=True)
    assert attempts("servers", scope) == 2 + 3 + 1 + 4


def test_planning_is_pure_and_repeatable():
    assert plan("10.10.0.0/22") == plan("10.10.0.0/22")
