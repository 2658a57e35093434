from __future__ import annotations

import re
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab.scans import ALWAYS, APPROVAL, scope, zone

from posture.collectors.nmap import NmapCollector
from posture.collectors.nmap.plan import host_timeout, scripts_for
from posture.collectors.nmap.policy import CLINICAL, DICOM, ELSEWHERE, INTRUSIVE, MLLP, NEVER, SCRIPTS, SETTINGS
from posture.model import Policy
from posture.ports import PortSet
from posture.targets import expand


def plan(*zones):
    return NmapCollector().plan(scope(*zones))


def sent(*zones):
    return [probe for probe in plan(*zones) if not probe.refused]


def refused(*zones):
    return [probe for probe in plan(*zones) if probe.refused]


def test_a_network_gives_three_probes_with_readable_ids():
    probes = sent(zone("10.10.0.0/24", identified_as_it=("10.10.0.0/24",)))

    assert [probe.id for probe in probes] == [
        "nmap/discover/servers/10.10.0.0-24",
        "nmap/ports/servers/10.10.0.0-24",
        "nmap/identify/servers/10.10.0.0-24",
    ]
    assert [probe.addresses for probe in probes] == [254, 254, 254]  # less the network's own and its broadcast address


def test_a_large_network_is_cut_into_pieces_of_at_most_256_addresses():
    probes = [probe for probe in sent(zone("10.20.0.0/22")) if probe.step == "discover"]

    assert [probe.id.rpartition("/")[2] for probe in probes] == [f"10.20.{part}.0-24" for part in range(4)]
    assert sum(probe.addresses for probe in probes) == 1022


def test_exclusions_of_every_zone_are_taken_out_and_given_to_nmap_as_well():
    here = zone("10.10.0.0/28", exclude=("10.10.0.4",))
    there = zone("10.99.0.0/24", name="guest", kind="guest", exclude=("10.10.0.8/30",))

    [probe, _] = [probe for probe in sent(here, there) if probe.zone == "servers"]

    assert set(expand(probe.targets, ())) == {IPv4Address(f"10.10.0.{last}") for last in (1, 2, 3, 5, 6, 7, 12, 13, 14)}
    assert {"10.10.0.4", "10.10.0.8/30"} <= set(probe.exclude)


@pytest.mark.parametrize("policy", [Policy.OFF, Policy.IMPORT_ONLY])
def test_a_zone_that_sends_nothing_is_in_the_plan_once_with_the_reason(policy):
    [probe] = plan(zone("10.10.0.0/22", policy=policy))

    assert policy.value in probe.refused
    assert probe.packets == 0


def test_medical_zones_are_import_only_until_somebody_answers_for_them():
    devices = {"name": "pumps", "kind": "medical-device"}

    assert "import" in plan(zone("10.30.0.0/24", **devices))[0].refused
    assert "approval" in plan(zone("10.30.0.0/24", **devices, policy=Policy.GENTLE))[0].refused
    assert "window" in plan(zone("10.30.0.0/24", **devices, policy=Policy.GENTLE, approval=APPROVAL))[0].refused
    assert sent(zone("10.30.0.0/24", **devices, policy=Policy.GENTLE, approval=APPROVAL, window=ALWAYS))


def test_a_narrower_zone_keeps_its_own_policy():
    wide = zone("10.30.0.0/24", name="site", policy=Policy.THOROUGH)
    pumps = zone("10.30.0.64/26", name="pumps", kind="medical-device")

    discover = next(probe for probe in sent(wide, pumps) if probe.step == "discover")

    assert not any(64 <= int(address) & 255 < 128 for address in expand(discover.targets, ()))
    assert {probe.zone for probe in sent(wide, pumps)} == {"site"}


def test_an_ipv6_network_is_not_swept_but_its_listed_addresses_are_asked():
    both = zone("2001:db8::/64", "2001:db8:1::10", "2001:db8:1::11")

    [large] = [probe for probe in refused(both) if probe.step == "discover"]
    discover = next(probe for probe in sent(both) if probe.step == "discover")

    assert "list the IPv6 addresses" in large.refused
    assert set(expand(discover.targets, ())) == {ip_address("2001:db8:1::10"), ip_address("2001:db8:1::11")}


@pytest.mark.parametrize("address", ["::ffff:10.1.1.1", "224.0.0.9", "0.0.0.0", "255.255.255.255"])  # noqa: S104  # not bound to
def test_what_is_no_hosts_address_or_an_exclusion_in_disguise_is_refused(address):
    probes = plan(zone(address, "10.1.1.2", exclude=("10.1.1.1",)))

    assert any(ip_address(address) in expand(probe.targets, ()) for probe in probes if probe.refused)
    assert all(ip_address(address) not in expand(probe.targets, ()) for probe in probes if not probe.refused)


def test_only_what_is_known_to_be_it_or_approved_is_identified_and_the_rest_is_named():
    probes = plan(
        zone(
            "10.10.0.0/29",
            identified_as_it=("10.10.0.1", "10.10.0.2"),
            approved_devices=("10.10.0.5",),
            approval=APPROVAL,
        )
    )

    [identify] = [probe for probe in probes if probe.step == "identify" and not probe.refused]
    [rest] = [probe for probe in probes if probe.step == "identify" and probe.refused]
    assert [str(address) for address in expand(identify.targets, ())] == ["10.10.0.1", "10.10.0.2", "10.10.0.5"]
    assert [str(address) for address in expand(rest.targets, ())] == ["10.10.0.3", "10.10.0.4", "10.10.0.6"]
    assert rest.addresses == 3


def test_clinical_ports_are_identified_only_where_a_device_is_approved():
    it = {"identified_as_it": ("10.10.0.1",)}
    without = sent(zone("10.10.0.1", **it, approved_devices=("10.10.0.1",)))[-1]
    approved = sent(zone("10.10.0.1", **it, approved_devices=("10.10.0.1",), approval=APPROVAL))[-1]

    assert not set(PortSet.parse(without.tcp)) & set(CLINICAL)
    assert "dicom-ping" not in without.scripts
    assert set(CLINICAL) <= set(PortSet.parse(approved.tcp))
    assert "dicom-ping" in approved.scripts


def test_figures_follow_the_documented_formula():
    discover, ports = sent(zone("10.10.0.0/24", policy=Policy.STANDARD, ports="60000-60009"))
    standard = SETTINGS[Policy.STANDARD]

    assert discover.packets == 254 * 6 * 3  # four SYN pings, an ACK ping and an echo, each three times
    assert ports.ports == len(PortSet.parse(standard.ports)) + 10
    assert ports.packets == 254 * ports.ports * 3
    assert ports.seconds == ports.packets / 300 + 4 * host_timeout(ports.ports, standard, 300)


def test_the_zones_ceiling_replaces_the_policys():
    assert {probe.max_rate for probe in sent(zone("10.10.0.0/24", max_rate=7))} == {7}


def test_every_policy_asks_what_a_gentler_one_asks():
    gentle, standard, thorough = (set(PortSet.parse(SETTINGS[policy].ports)) for policy in SETTINGS)

    assert gentle < standard < thorough
    assert set(range(1, 1025)) < thorough
    assert set(CLINICAL) <= gentle


def test_a_script_that_posture_does_not_run_is_refused_by_name():
    [probe] = [
        probe
        for probe in refused(zone("10.10.0.1", scripts=("http-slowloris", "ssl-enum-ciphers")))
        if "script" in probe.id
    ]

    assert "http-slowloris" in probe.refused


# ── scripts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def installed_categories() -> dict[str, set[str]]:
    database = Path("/usr/share/nmap/scripts/script.db").read_text()
    entries = re.findall(r'filename = "([^"]+)\.nse", categories = \{([^}]*)\}', database)
    return {name: set(re.findall(r'"([^"]+)"', categories)) for name, categories in entries}


def test_the_table_has_every_scripts_categories_as_nmap_has_them():
    installed = installed_categories()

    assert {nse.name: set(nse.categories) for nse in (*SCRIPTS, *INTRUSIVE)} == {
        nse.name: installed[nse.name] for nse in (*SCRIPTS, *INTRUSIVE)
    }


def test_no_script_runs_unasked_that_is_not_safe_and_none_that_guesses_or_harms():
    harmful = {"brute", "dos", "exploit", "fuzzer", "malware", "external", "vuln"}

    assert all("safe" in nse.categories and "intrusive" not in nse.categories for nse in SCRIPTS)
    assert all(not harmful & set(nse.categories) for nse in (*SCRIPTS, *INTRUSIVE))


def test_version_detection_never_meets_a_port_whose_own_scripts_no_one_has_marked_safe():
    """-sV runs the scripts of the category `version`: those that ask a device something of their own are kept away."""
    fixed = {"s7-info": 102, "omron-info": 9600, "fox-info": 1911, "enip-info": 44818, "bacnet-info": 47808}
    installed = installed_categories()

    assert all("version" in installed[name] and port in NEVER for name, port in fixed.items())


def test_scripts_are_chosen_by_the_ports_that_are_open():
    it = zone("10.10.0.1")

    assert scripts_for(PortSet.parse("445"), it) == ("smb-protocols", "smb2-security-mode")
    assert scripts_for(PortSet.parse("3389"), it) == ("rdp-enum-encryption", "rdp-ntlm-info", "ssl-cert")
    assert scripts_for(PortSet.parse("54321"), it) == ELSEWHERE
    assert scripts_for(PortSet(), it) == ()


def test_an_intrusive_script_runs_only_where_the_zone_names_it():
    web = PortSet.parse("443")

    assert "ssl-enum-ciphers" not in scripts_for(web, zone("10.10.0.1"))
    assert "ssl-enum-ciphers" in scripts_for(web, zone("10.10.0.1", scripts=("ssl-enum-ciphers",)))


def test_no_script_for_it_names_a_clinical_port():
    dicom = {port for port in DICOM if port in CLINICAL}

    assert all(not set(nse.ports) & set(CLINICAL) for nse in (*SCRIPTS, *INTRUSIVE) if nse.name != "dicom-ping")
    assert dicom | set(MLLP) <= set(CLINICAL)
    assert "dicom-ping" not in scripts_for(PortSet.parse("104,4242,11112"), zone("10.10.0.1"))


# ── nothing outside the scope, whatever the scope ────────────────────────────────────────────────────────────────

NETWORK = st.builds(
    lambda third, fourth, prefix: f"10.0.{third}.{fourth}/{prefix}",
    st.integers(0, 3),
    st.integers(0, 255),
    st.integers(22, 32),
)
ZONE = st.builds(
    lambda number, networks, exclude, policy, it: zone(
        *networks, name=f"z{number}", exclude=tuple(exclude), policy=policy, identified_as_it=tuple(it)
    ),
    st.integers(0, 99),
    st.lists(NETWORK, min_size=1, max_size=3),
    st.lists(NETWORK, max_size=2),
    st.sampled_from([None, *Policy]),
    st.lists(NETWORK, max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ZONE, min_size=1, max_size=3, unique_by=lambda each: each.id))
def test_no_planned_target_is_excluded_or_another_zones_and_none_of_the_scope_is_left_out(zones):
    where = scope(*zones)
    discovered: dict[object, str] = {}

    for probe in NmapCollector().plan(where):
        if probe.refused:
            continue
        assert probe.addresses <= 256
        for address in expand(probe.targets, ()):
            holder = where.zone_of(address)
            assert holder is not None
            assert holder.id == probe.zone
            assert holder.effective_policy.sends
            assert not where.excluded(address)
            if probe.step == "discover":
                assert address not in discovered
                discovered[address] = probe.id
            if probe.step == "identify":
                assert any(address in net for net in holder.it)

    ids = [probe.id for probe in NmapCollector().plan(where)]
    assert len(ids) == len(set(ids))
    for each in zones:
        ends = {end for net in each.nets if net.prefixlen <= 30 for end in (net.network_address, net.broadcast_address)}
        for net in each.nets:
            for address in net:
                if where.zone_of(address) is each and each.effective_policy.sends and not where.excluded(address):
                    assert address in discovered or address in ends
