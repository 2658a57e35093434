"""The probe that asks a canary for its nonce: planned by the zone's policy, and asked of nobody else."""

from datetime import UTC, datetime

import pytest
from lab.scans import ALWAYS, Listener, Run, Wire, private_loopback, scope, zone
from msgspec.structs import replace

from posture.collectors.nmap import NmapCollector
from posture.collectors.nmap.policy import SETTINGS
from posture.facts import Host
from posture.model import Policy, Probe
from posture.scope import CanaryScope, Scope
from posture.segmentation.vantage import CANARY as NAME
from posture.segmentation.vantage import greeting

NET = "127.71."
NONCE = "ab" * 16


@pytest.fixture(autouse=True, scope="module")
def _alone():
    with private_loopback():
        yield


def standing(address: str, *, tcp: str = "22,445", name: str = "servers") -> CanaryScope:
    return CanaryScope(zone=name, address=address, nonce=NONCE, tcp=tcp)


def with_canary(address: str, **more: object) -> Scope:
    return replace(scope(zone(f"{NET}1.0/24", **more)), canary=(standing(address),))


def planned(where: Scope) -> Probe:
    [probe] = [probe for probe in NmapCollector().plan(where) if probe.step == "canary"]
    return probe


# ── plan ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_canary_is_one_probe_of_its_ports_with_upper_bounds():
    probe = planned(with_canary(f"{NET}1.9"))

    assert (probe.id, probe.targets, probe.addresses) == (f"nmap/canary/servers/{NET}1.9", (f"{NET}1.9",), 1)
    assert (probe.tcp, probe.ports, probe.scripts, probe.refused) == ("22,445", 2, ("banner",), "")
    settings = SETTINGS[Policy.GENTLE]
    assert probe.packets == 2 * (1 + settings.retries + 100)
    assert probe.max_rate == settings.max_rate


def test_what_a_canary_leaves_unasked_is_no_blind_spot_of_the_zones_machines():
    assert planned(with_canary(f"{NET}1.9", policy=Policy.OFF)).refines


@pytest.mark.parametrize("kind", ["medical-device", "imaging"])
def test_in_an_import_only_zone_it_is_asked_gently_and_nothing_else_is(kind):
    where = with_canary(f"{NET}1.9", kind=kind)

    probe = planned(where)

    assert (probe.policy, probe.refused) == (Policy.GENTLE, "")
    assert [each.step for each in NmapCollector().plan(where) if not each.refused] == ["canary"]


def test_a_zones_ceiling_holds_for_its_canary_and_never_raises_the_policys():
    assert planned(with_canary(f"{NET}1.9", max_rate=3)).max_rate == 3
    assert planned(with_canary(f"{NET}1.9", max_rate=9000)).max_rate == SETTINGS[Policy.GENTLE].max_rate


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (with_canary(f"{NET}1.9", policy=Policy.OFF), "policy is off"),
        (with_canary(f"{NET}1.9", exclude=(f"{NET}1.8/31",)), "excluded"),
        (with_canary(f"{NET}2.9"), "not in the zone"),
        (with_canary("255.255.255.255"), "not in the zone"),
        (
            replace(
                scope(zone(f"{NET}1.0/24"), zone(f"{NET}3.0/24", name="other", exclude=(f"{NET}1.9",))),
                canary=(standing(f"{NET}1.9"),),
            ),
            "excluded",
        ),
    ],
    ids=["off", "excluded", "elsewhere", "broadcast", "excluded by another zone"],
)
def test_off_and_exclusions_win(where, words):
    probe = planned(where)

    assert words in probe.refused
    assert (probe.packets, probe.tcp) == (0, "")


# ── ask ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def asked(where: Scope, probe: Probe, tmp_path, now=None):
    run = Run(where, tmp_path, now)
    [evidence] = run.ask(probe)
    return run, evidence


def host(run: Run) -> Host:
    [found] = run.hosts()
    return found


def test_a_canary_in_a_medical_device_zone_is_asked_on_its_ports_alone_and_known_by_its_nonce(tmp_path):
    where = with_canary(f"{NET}1.9", kind="medical-device")
    said = f"{greeting(NONCE)}\r\n".encode()

    with Listener(f"{NET}1.9", 22, banner=said) as canary, Wire(NET) as wire:
        run, evidence = asked(where, planned(where), tmp_path)

    assert evidence.envelope.outcome == "complete", evidence.envelope.problem
    assert (evidence.envelope.asked.tcp, evidence.envelope.asked.scripts) == ("22,445", ("banner",))
    assert host(run).tcp(22).service.identified_as(NAME)
    assert host(run).tcp(445).state == "closed"
    assert wire.addresses == {f"{NET}1.9"}
    assert wire.ports(f"{NET}1.9") <= {22, 445}
    assert canary.heard == []


def test_a_listener_with_another_nonce_is_not_the_canary(tmp_path):
    where = with_canary(f"{NET}1.9")

    with Listener(f"{NET}1.9", 22, banner=greeting("cd" * 16).encode() + b"\n"):
        run, _ = asked(where, planned(where), tmp_path)

    assert host(run).tcp(22).state == "open"
    assert not host(run).tcp(22).service.identified_as(NAME)


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (replace(with_canary(f"{NET}1.9"), canary=()), "not in the scope any more"),
        (replace(with_canary(f"{NET}1.9"), canary=(standing(f"{NET}1.8"),)), "not in the scope any more"),
        (replace(with_canary(f"{NET}1.9"), canary=(standing(f"{NET}1.9", name="other"),)), "not in the scope any more"),
        (with_canary(f"{NET}1.9", policy=Policy.OFF), "policy is off"),
        (with_canary(f"{NET}1.9", exclude=(f"{NET}1.9",)), "excluded"),
        (replace(with_canary(f"{NET}1.9"), zone=()), "not in the scope"),
    ],
    ids=["no canary", "another address", "another zone", "off", "excluded", "no zone"],
)
def test_a_probe_that_is_older_than_the_scope_sends_nothing(today, words, tmp_path):
    with Wire(NET) as wire:
        _, evidence = asked(today, planned(with_canary(f"{NET}1.9")), tmp_path)

    assert evidence.envelope.outcome == "failed"
    assert words in evidence.envelope.problem
    assert wire.packets == []


@pytest.mark.parametrize(
    "changed", [{"targets": (f"{NET}1.10",)}, {"targets": (f"{NET}1.9", f"{NET}1.10")}, {"targets": (f"{NET}1.0/24",)}]
)
def test_a_probe_that_names_more_than_the_canary_sends_nothing(changed, tmp_path):
    where = with_canary(f"{NET}1.9")

    with Wire(NET) as wire:
        _, evidence = asked(where, replace(planned(where), **changed), tmp_path)

    assert evidence.envelope.outcome == "failed"
    assert wire.packets == []


def test_outside_the_zones_window_it_is_not_asked(tmp_path):
    night = with_canary(f"{NET}1.9", window=(replace(ALWAYS[0], start="01:00", end="02:00"),))

    with Wire(NET) as wire:
        _, evidence = asked(night, planned(night), tmp_path, lambda: datetime(2026, 11, 24, 12, tzinfo=UTC))

    assert evidence.envelope.outcome == "failed"
    assert wire.packets == []
