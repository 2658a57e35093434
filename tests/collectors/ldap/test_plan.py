from __future__ import annotations

import pytest
from lab.directories import scope_of

from posture.collectors.ldap import LdapCollector
from posture.collectors.ldap.plan import ports
from posture.model import Policy, Probe
from posture.scope import Approval, Bind, DirectoryScope, SecretReference, Window, Zone


def planned(directory: DirectoryScope, *zones: Zone) -> Probe:
    (probe,) = LdapCollector().plan(scope_of(directory, *zones))
    return probe


def test_a_probe_says_where_it_goes_and_how_much_it_sends() -> None:
    zone = Zone(id="servers", kind="server", networks=("10.10.0.0/24",), site="main", max_rate=50)

    probe = planned(
        DirectoryScope(id="ad", host="10.10.0.10", bind=Bind(user="audit", password=SecretReference(env="X"))), zone
    )

    assert (probe.id, probe.collector, probe.zone, probe.site) == ("ldap/ad", "ldap", "servers", "main")
    assert (probe.targets, probe.tcp, probe.credentials) == (("10.10.0.10",), "389,636", ("ad",))
    assert (probe.addresses, probe.policy, probe.max_rate, probe.refused) == (1, Policy.GENTLE, 50, "")
    assert probe.packets > 0


@pytest.mark.parametrize(
    ("zone", "why"),
    [
        ({"policy": Policy.OFF}, "off"),
        ({"policy": Policy.IMPORT_ONLY}, "import-only"),
        ({"kind": "medical-device"}, "import-only"),
        ({"kind": "medical-device", "policy": Policy.GENTLE}, "approval"),
        ({"exclude": ("10.10.0.10",)}, "excluded"),
    ],
)
def test_a_directory_where_nothing_may_be_sent_is_refused(zone: dict[str, object], why: str) -> None:
    made = Zone(**{"id": "z", "kind": "server", "networks": ("10.10.0.0/24",), **zone})

    assert why in planned(DirectoryScope(id="ad", host="10.10.0.10"), made).refused


def test_an_exclusion_in_any_zone_wins() -> None:
    held = Zone(id="a", kind="server", networks=("10.10.0.0/24",))
    other = Zone(id="b", kind="server", networks=("10.20.0.0/24",), exclude=("10.10.0.8/29",))

    assert planned(DirectoryScope(id="ad", host="10.10.0.10"), held, other).refused
    assert not planned(DirectoryScope(id="ad", host="10.10.0.20"), held, other).refused


def test_an_approved_zone_of_devices_may_be_asked() -> None:
    zone = Zone(
        id="z",
        kind="medical-device",
        networks=("10.10.0.0/24",),
        policy=Policy.GENTLE,
        approval=Approval(approver="CE", ticket="T-1", telephone="5"),
        window=(Window(start="02:00", end="04:00"),),
    )

    assert not planned(DirectoryScope(id="ad", host="10.10.0.10"), zone).refused


def test_a_name_is_judged_when_it_is_asked() -> None:
    probe = planned(DirectoryScope(id="ad", host="dc1.hosp.example"))

    assert (probe.refused, probe.zone) == ("", None)


@pytest.mark.parametrize(
    ("transport", "port", "expected"),
    [
        ("ldaps", None, (636, 389)),
        ("ldaps", 3269, (3269, 389)),
        ("starttls", None, (636, 389)),
        ("starttls", 1389, (636, 1389)),
        ("plain", 1389, (636, 1389)),
    ],
)
def test_the_port_is_that_of_the_directorys_own_transport(
    transport: str, port: int | None, expected: tuple[int, int]
) -> None:
    found = ports(DirectoryScope(id="d", host="10.0.0.1", transport=transport, port=port))

    assert (found["ldaps"], found["starttls"]) == expected
    assert found["plain"] == found["starttls"]
