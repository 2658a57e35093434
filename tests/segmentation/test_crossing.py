"""Whether something is reached across zones: what scans from the zones show, and what is wanting."""

from __future__ import annotations

import msgspec
import pytest
from checks.samples_crossing import SCOPE, canary, closed, filtered, from_everywhere, greeted, seen, view

from posture.facts import Facts, Host, Port
from posture.model import Outcome, Severity
from posture.scope import Flow, OrganisationScope, Scope, Zone
from posture.segmentation.crossing import Crossing, crossing, selective
from posture.services import Kind
from posture.testing import port

FAIL, PASS, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE

RDP = Crossing(kind=Kind(label="Remote Desktop", names=("ms-wbt-server",), ports=(3389,)))
BOTH = (view("users"), view("guests"))
SILENT = (filtered(),)


def said(*hosts: Host, rule: Crossing = RDP, scope: Scope = SCOPE):
    return list(crossing(Facts(hosts), scope, rule))


def outcomes(*hosts: Host, **more: object) -> set[Outcome]:
    return {each.outcome for each in said(*hosts, **more)}


def from_users(*ports: Port, address: str = "10.77.1.10", **more: object) -> Host:
    return seen(view("users", *ports, **more), view("guests"), address=address)


def test_an_answer_from_a_denied_zone_fails_and_names_zone_port_and_product():
    (verdict,) = said(from_users(port(3389, "ms-wbt-server", product="Microsoft Terminal Services")))

    assert verdict.outcome is FAIL
    assert verdict.message == (
        "Remote Desktop answers the zone users on 3389/tcp (Microsoft Terminal Services); your policy denies it"
    )


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (from_users(port(3389, "ms-wbt-server")), FAIL),
        (from_users(port(3390, "ms-wbt-server")), FAIL),
        (from_users(port(3389)), UNKNOWN),
        (from_users(port(3389, "ms-wbt-server", method="table")), UNKNOWN),
        (from_users(port(3390, "ms-wbt-server", method="table")), UNKNOWN),
        (from_users(rest=SILENT), UNKNOWN),
        (from_users(rest=(closed("1-3388"),)), UNKNOWN),
        (from_users(rest=()), UNKNOWN),
        (seen(view("users")), UNKNOWN),
        (seen(), UNKNOWN),
        (seen(*BOTH, place=None), UNKNOWN),
        (seen(*BOTH, place="gone"), UNKNOWN),
        (seen(*BOTH), PASS),
        (from_users(port(3389, "http")), PASS),
        (from_users(port(22, "ssh")), PASS),
        (seen(view("users"), view("guests"), view("admins", port(3389, "ms-wbt-server"))), PASS),
    ],
)
def test_each_port_is_judged_as_it_was_seen_from_the_denied_zones(given, outcome):
    assert outcomes(given) == {outcome}


def test_what_another_scanner_saw_is_not_seen_from_here():
    inside = view("servers", port(3389, "ms-wbt-server"))

    assert outcomes(seen(inside, *BOTH)) == {PASS}


def test_silence_counts_where_a_canary_shows_that_the_network_keeps_it():
    silent = [view(zone, port(22, "ssh"), rest=SILENT) for zone in ("users", "guests")]
    unheard = [view(zone, port(22, "ssh"), rest=SILENT, hours=1) for zone in ("users", "guests")]
    control = view("admins", greeted(3389), hours=2)

    assert outcomes(seen(*silent), canary(*unheard, control)) == {PASS}
    assert outcomes(seen(*silent), canary(*unheard)) == {UNKNOWN}
    assert outcomes(seen(*silent), canary(*unheard, view("admins", port(3389), hours=2))) == {UNKNOWN}
    assert outcomes(seen(*silent), canary(*unheard, view("admins", greeted(3389), hours=30))) == {UNKNOWN}
    assert outcomes(seen(*silent), canary(control)) == {UNKNOWN}
    assert outcomes(seen(*silent), canary(view("users", greeted(3389)), unheard[1], control)) == {UNKNOWN}
    assert outcomes(seen(*silent)) == {UNKNOWN}


def test_the_silence_of_a_scan_that_had_no_answer_at_all_that_day_is_not_proved_by_another_days():
    cut_off = [view(zone, rest=[filtered()], hours=500) for zone in ("users", "guests")]
    unheard = [view(zone, port(22, "ssh"), rest=SILENT, hours=1) for zone in ("users", "guests")]
    control = view("admins", greeted(3389), hours=2)

    assert outcomes(seen(*cut_off), canary(*unheard, control)) == {UNKNOWN}


def test_a_canary_is_no_subject():
    assert {each.about for each in said(canary(*BOTH))} == {None}
    assert outcomes(canary(*BOTH)) == {UNKNOWN}


def test_what_is_wanting_is_told_once_however_many_hosts_there_are():
    hosts = [seen(address=f"10.77.1.{number}") for number in range(1, 200)]

    (verdict,) = said(*hosts, seen(place=None, address="10.0.0.9"))

    assert verdict.outcome is UNKNOWN
    assert verdict.about is None
    assert "not scanned from guests, users (199 hosts)" in verdict.message
    assert "in no zone of posture.toml (1 host)" in verdict.message
    assert "Scan from a machine in guests, users too: posture audit --vantage ZONE." in verdict.answer


def test_what_a_scan_left_out_and_what_no_canary_proves_is_told_once_too():
    silent = [from_users(rest=SILENT, address=f"10.77.1.{number}") for number in range(1, 100)]
    unasked = [from_users(rest=(closed("22"),), address=f"10.77.1.{number}") for number in range(100, 200)]

    (verdict,) = said(*silent, *unasked)

    assert verdict.outcome is UNKNOWN
    assert "not asked: 3389/tcp from users (100 hosts)" in verdict.message
    assert "keeps it so: 3389/tcp of servers from users (99 hosts)" in verdict.message
    assert "(posture canary)" in verdict.answer


def test_a_host_that_fails_says_so_whatever_is_wanting_beside_it():
    (verdict,) = said(seen(view("users", port(3389, "ms-wbt-server"))))

    assert verdict.outcome is FAIL


def test_a_zone_of_which_nobody_said_who_may_reach_it_is_unknown():
    (verdict,) = said(seen(*BOTH, address="10.77.8.10", place="open"))

    assert verdict.outcome is UNKNOWN
    assert "Declare reachable_from of open." in verdict.answer


def test_what_answers_a_zone_that_the_scope_leaves_out_is_never_good():
    elsewhere = view("of-another-site", port(3389, "ms-wbt-server"))

    assert outcomes(seen(*BOTH, elsewhere)) == {UNKNOWN}
    assert outcomes(seen(*BOTH, view("of-another-site", port(22, "ssh")))) == {PASS}


def test_a_scope_without_a_zone_to_look_from_is_unknown():
    servers = Zone(id="servers", kind="server", networks=("10.77.1.0/24",), reachable_from=())
    scope = Scope(organisation=OrganisationScope(name="Test"), zone=(servers,))

    (verdict,) = said(seen(*BOTH), scope=scope)

    assert verdict.outcome is UNKNOWN
    assert "no other zone of the kind external or guest or user" in verdict.message
    assert outcomes(seen(*BOTH), scope=scope, rule=msgspec.structs.replace(RDP, sources=None)) == {UNKNOWN}
    assert outcomes(seen(*BOTH), scope=Scope.of_files()) == {UNKNOWN}


def allowing(*ports: str) -> Scope:
    flows = [Flow(source=zone, target="servers", tcp=",".join(ports)) for zone in ("users", "guests")]
    return msgspec.structs.replace(SCOPE, flow=tuple(flows))


def test_what_your_policy_allows_is_no_finding():
    reached = seen(*(view(zone.id, port(3389, "ms-wbt-server")) for zone in SCOPE.zone if zone.id != "servers"))

    assert outcomes(reached, scope=allowing("3389")) == {NOT_APPLICABLE}
    assert outcomes(seen(), scope=allowing("3389")) == {NOT_APPLICABLE}
    assert outcomes(from_everywhere(port(3390, "ms-wbt-server")), scope=allowing("3389")) == {FAIL}
    assert outcomes(seen(view("admins", port(3389, "ms-wbt-server")), *BOTH)) == {PASS}


def test_within_its_own_zone_nothing_is_denied():
    workstation = seen(view("users", port(3389, "ms-wbt-server")), view("guests"), address="10.77.5.9", place="users")

    assert outcomes(workstation) == {PASS}


BY_NUMBER = msgspec.structs.replace(RDP, by_number=frozenset({3389}), doubted=Severity.MEDIUM)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (from_users(port(3389)), FAIL),
        (from_users(port(3389), rest=(filtered(),)), FAIL),
        (from_users(port(3389), port(22), port(23), rest=()), UNKNOWN),
        (from_users(port(3389), rest=(closed(protocol="udp"),)), UNKNOWN),
        (seen(view("users", port(3389)), view("guests"), view("servers")), UNKNOWN),
        (from_users(port(3389, "http")), PASS),
        (from_users(), PASS),
    ],
)
def test_a_port_known_by_its_number_fails_only_where_not_every_port_is_open(given, outcome):
    assert outcomes(given, rule=BY_NUMBER) == {outcome}


def test_a_port_known_by_its_number_says_so():
    (verdict,) = said(from_users(port(3389)), rule=BY_NUMBER)

    assert verdict.severity is Severity.MEDIUM
    assert "known by its number alone" in verdict.message


def test_a_firewall_that_opens_everything_is_told_apart():
    assert not selective(view("users", port(22), port(3389), rest=()))
    assert selective(view("users", port(22), rest=(filtered("23"),)))


def test_a_milder_port_fails_mildly_unless_a_worse_one_is_open_too():
    rule = msgspec.structs.replace(
        RDP, kind=Kind(label="WinRM", names=("wsman",), ports=(5985, 5986)), milder=frozenset({5986}), mild=Severity.LOW
    )

    (mild,) = said(from_users(port(5986, "wsman")), rule=rule)
    (both,) = said(from_users(port(5985, "wsman"), port(5986, "wsman")), rule=rule)

    assert mild.severity is Severity.LOW
    assert both.severity is None


UDP = Crossing(kind=Kind(label="SNMP", names=("snmp",), ports=(161,), protocol="udp"))
MAYBE = Port(number=161, protocol="udp", state="open|filtered")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (from_users(port(161, "snmp", protocol="udp")), FAIL),
        (from_users(MAYBE), UNKNOWN),
        (from_users(msgspec.structs.replace(MAYBE, state="filtered")), UNKNOWN),
        (from_users(rest=(closed(),)), UNKNOWN),
        (from_users(), PASS),
    ],
)
def test_over_udp_silence_proves_nothing(given, outcome):
    assert outcomes(given, rule=UDP) == {outcome}
