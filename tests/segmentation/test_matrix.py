"""The segmentation matrix: every pair of zones, every number with its whole, and nothing proved that was not."""

import time
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab.scans import host_xml, port_xml
from lab.vantages import CANARY, NEAR, SERVER, banner, canary, hospital, hosts, scanned_from, silent

from posture.assessment import Segmentation, ZonePair
from posture.facts import Collapsed, Host, Port, View
from posture.scope import CanaryScope, Flow, OrganisationScope, Scope, Zone
from posture.segmentation.matrix import matrix

WEB = Flow(source="users", target="servers", tcp="443")
INSIDE = scanned_from("servers", canary(22, 443, 445))
DROPPED = scanned_from("users", silent(), NEAR, hours=1)
WEB_OPEN = host_xml(
    SERVER,
    port_xml(443, "open", inside=banner("hello")),
    extra='<extraports state="filtered" count="2"/>',
    reason="user-set",
)


def made(*evidence, where: Scope | None = None) -> Segmentation:
    where = where or hospital()
    return matrix(hosts(*evidence, where=where), where, lambda host: host.ids[0])


def pair(of: Segmentation, source: str = "users", target: str = "servers") -> ZonePair:
    return next(each for each in of.pairs if (each.source, each.target) == (source, target))


def reasons(of: ZonePair) -> dict[str, str]:
    return {each.ports: each.why for each in of.unproven}


# ── the whole ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_there_is_a_pair_for_every_two_zones_in_the_scopes_order_and_none_within_one():
    found = made()

    assert found.zones == ("users", "servers", "management")
    assert [(each.source, each.target) for each in found.pairs] == list(permutations(found.zones, 2))


def test_without_a_scope_there_is_no_matrix():
    assert made(INSIDE, where=Scope.of_files()) == Segmentation()


def test_counts_of_states_are_of_all_pairs():
    found = made(INSIDE, DROPPED)

    assert found.count("denied") == 1
    assert found.count("denied", "unknown", "undeclared") == len(found.pairs) == 6
    assert found.count("undeclared") == 4  # nothing is said of who may reach users and management


@pytest.mark.parametrize("order", list(permutations((INSIDE, DROPPED, scanned_from("users", WEB_OPEN)))))
def test_the_order_of_the_evidence_makes_no_difference(order):
    assert made(*order) == made(INSIDE, DROPPED, scanned_from("users", WEB_OPEN))


# ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_zone_that_the_canary_shows_closed_is_denied_on_all_of_its_ports():
    found = pair(made(INSIDE, DROPPED))

    assert (found.ruling, found.state) == ("none", "denied")
    assert (found.denied, found.denied_count, found.wanted, found.unproven) == ("22,443,445", 3, 3, ())
    assert (found.tested, found.tested_count, found.hosts, found.of) == ("22,443,445", 3, 1, 1)
    assert found.evidence == tuple(sorted((INSIDE.id, DROPPED.id)))


def test_an_allowed_port_is_not_asked_to_be_denied():
    answered = scanned_from("users", silent(), WEB_OPEN, NEAR, hours=1)
    found = pair(made(INSIDE, answered, where=hospital(flows=[WEB])))

    assert (found.ruling, found.tcp, found.state) == ("ports", "443", "denied")
    assert (found.denied, found.wanted) == ("22,445", 2)


def test_where_the_allowed_port_is_silent_too_nothing_is_denied():
    found = pair(made(INSIDE, DROPPED, where=hospital(flows=[WEB])))

    assert (found.state, found.denied) == ("unknown", "")
    assert "the way may be dead" in found.unproven[0].why


def test_an_allowed_port_that_answers_nowhere_is_told_and_is_no_finding():
    found = pair(made(INSIDE, DROPPED, where=hospital(flows=[WEB])))

    assert (found.silent, found.silent_count, found.open) == ("443", 1, ())


def test_an_allowed_port_that_answers_is_told_with_how_many_of_those_asked():
    found = pair(made(INSIDE, scanned_from("users", silent(), WEB_OPEN, NEAR), where=hospital(flows=[WEB])))

    [flow] = found.answering
    assert (flow.port, flow.hosts, flow.of, flow.canary) == (443, 1, 2, False)
    assert (found.silent, found.state) == ("", "denied")


def test_a_port_that_answers_against_the_policy_is_open_whatever_the_canary_proves():
    found = pair(made(INSIDE, scanned_from("users", silent(), WEB_OPEN, NEAR)))

    [flow] = found.open
    assert found.state == "open"
    assert (flow.protocol, flow.port, flow.hosts, flow.of) == ("tcp", 443, 1, 2)
    assert flow.subjects == ("address:servers/10.10.0.10",) or SERVER in flow.subjects[0]
    assert (found.denied, found.denied_count, found.wanted) == ("22,445", 2, 3)


def test_a_canary_that_gives_its_nonce_to_a_denied_zone_shows_the_hole():
    found = pair(made(INSIDE, scanned_from("users", canary(445), tcp="445")))

    [flow] = found.open
    assert (flow.port, flow.canary, flow.hosts, flow.of) == (445, True, 1, 1)


def test_a_port_that_lets_in_and_says_nothing_is_neither_open_nor_denied():
    proxy = host_xml(SERVER, port_xml(22, "open"))

    found = pair(made(INSIDE, scanned_from("users", silent(), proxy, NEAR)))

    assert (found.state, found.denied, found.wanted) == ("partly-denied", "443,445", 3)
    assert "no application answered" in reasons(found)["22"]


def test_an_open_port_beside_the_canarys_is_one_more_question():
    odd = host_xml(SERVER, port_xml(9999, "open", inside=banner("x")), port_xml(9998, "open"))

    found = pair(made(INSIDE, scanned_from("users", silent(), odd, tcp="22,443,445,9998-9999")))

    assert [flow.port for flow in found.open] == [9999]
    assert "9998" in reasons(found)
    assert len(found.open) + found.denied_count + sum(each.count for each in found.unproven) == found.wanted == 5


def test_udp_that_answers_is_open_and_its_silence_proves_nothing():
    snmp = host_xml(SERVER, port_xml(161, "open", protocol="udp"), port_xml(162, "open|filtered", protocol="udp"))

    found = pair(made(INSIDE, scanned_from("users", silent(), snmp, NEAR)))

    assert [(flow.protocol, flow.port) for flow in found.open] == [("udp", 161)]
    assert "162" not in found.denied


def test_a_udp_port_is_not_taken_for_the_tcp_port_of_its_number():
    odd = host_xml(SERVER, port_xml(22, "open", protocol="sctp"))

    found = pair(made(INSIDE, scanned_from("users", silent(), odd, NEAR)))

    assert (found.denied_count, found.wanted) == (3, 4)
    assert "no application answered" in reasons(found)["22/sctp"]


def test_where_all_is_allowed_or_nothing_declared_there_is_nothing_to_prove_and_what_answers_is_told():
    scan = scanned_from("users", silent(), WEB_OPEN, NEAR)

    for allowed, ruling, state in ((["users"], "all", "allowed"), (None, "undeclared", "undeclared")):
        found = pair(made(INSIDE, scan, where=hospital(allowed)))
        assert (found.ruling, found.state, found.wanted, found.denied, found.open) == (ruling, state, 0, "", ())
        assert [flow.port for flow in found.answering] == [443]
    assert pair(made(INSIDE, scan, where=hospital(["users"]))).silent == "22,445"


# ── why not ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("evidence", "where", "words"),
    [
        ((INSIDE,), hospital(), "No scan was made from users."),
        ((DROPPED,), hospital(canaries=()), "No canary stands in servers"),
        ((INSIDE, scanned_from("users", NEAR)), hospital(), "did not ask the canary of servers there"),
        ((INSIDE, scanned_from("users", silent())), hospital(), "had no answer but perhaps"),
        ((DROPPED, scanned_from("servers", host_xml(CANARY, port_xml(22, "closed")))), hospital(), "was it running?"),
        ((INSIDE, scanned_from("users", silent(), NEAR, hours=30)), hospital(), "more than a day apart"),
        ((INSIDE, scanned_from("users", silent(state="closed"), NEAR)), hospital(), "both before and after"),
    ],
)
def test_what_is_not_proved_says_why_and_what_would_answer_it(evidence, where, words):
    found = pair(made(*evidence, where=where))

    assert found.state == "unknown"
    assert found.denied_count == 0
    assert any(words in each.why for each in found.unproven), found.unproven
    assert all(each.answer.endswith(".") for each in found.unproven)
    assert sum(each.count for each in found.unproven) == found.wanted > 0


def test_some_ports_proved_and_some_not_is_said_so():
    found = pair(made(scanned_from("servers", canary(22)), DROPPED))

    assert (found.state, found.denied, found.denied_count, found.wanted) == ("partly-denied", "22", 1, 3)


# ── canaries and vantages ────────────────────────────────────────────────────────────────────────────────────────


def test_each_canary_says_who_asked_it_and_whom_it_answered():
    where = hospital(
        canaries=[
            CanaryScope(zone="servers", address=CANARY, nonce="00112233445566778899aabbccddeeff", tcp="22,443,445"),
            CanaryScope(zone="management", address="10.70.0.9", nonce="11" * 16, tcp="22"),
        ]
    )

    one, other = made(INSIDE, DROPPED, where=where).canaries

    assert (one.asked_from, one.answered_to) == (("servers", "users"), ("servers",))
    assert (other.zone, other.asked_from, other.answered_to) == ("management", (), ())


def test_a_vantage_counts_the_machines_of_other_zones_that_it_asked():
    inside, users = sorted(made(INSIDE, DROPPED).vantages, key=lambda each: each.zone)

    assert (inside.zone, inside.hosts) == ("servers", 0)
    assert (users.zone, users.hosts, users.evidence) == ("users", 1, (DROPPED.id,))


# ── whatever is taken away ───────────────────────────────────────────────────────────────────────────────────────

SCANS = (INSIDE, DROPPED, scanned_from("users", WEB_OPEN), scanned_from("users", canary(22), tcp="22"))
RANK = {"denied": 3, "partly-denied": 2, "unknown": 1, "open": 0}


@given(st.sets(st.sampled_from(range(len(SCANS)))), st.sampled_from([(), ("users",), None]))
def test_the_three_parts_always_add_up(chosen, reachable):
    for each in made(
        *(SCANS[at] for at in sorted(chosen)), where=hospital(reachable, [WEB] if reachable == () else ())
    ).pairs:
        assert len(each.open) + each.denied_count + sum(other.count for other in each.unproven) == each.wanted
        assert (each.state == "denied") <= (each.denied_count == each.wanted > 0)
        assert all(0 < flow.hosts <= flow.of for flow in (*each.open, *each.answering))
        assert each.hosts <= each.of


@given(st.sets(st.sampled_from(range(2))))
def test_less_evidence_of_silence_never_proves_more(chosen):
    whole, less = pair(made(*SCANS[:2])), pair(made(*(SCANS[at] for at in sorted(chosen))))

    assert RANK[less.state] <= RANK[whole.state]
    assert less.denied_count <= whole.denied_count


def test_twenty_five_zones_and_ten_thousand_hosts_are_worked_out_in_seconds():
    zones = [Zone(id=f"z{n:02}", kind="server", networks=(f"10.{n}.0.0/16",), reachable_from=()) for n in range(25)]
    where = Scope(
        organisation=OrganisationScope(name="Large"),
        zone=tuple(zones),
        canary=tuple(CanaryScope(zone=f"z{n:02}", address=f"10.{n}.0.9", nonce="ab" * 16) for n in range(25)),
    )
    view = {
        name: View(
            vantage=name,
            ports=(Port(number=22, state="open"),),
            collapsed=(Collapsed(protocol="tcp", state="filtered", ports="1-21,23-1000"),),
        )
        for name in where.zones
    }
    many = [
        Host(
            ids=(f"address:{n}",),
            name="",
            place=f"z{n % 25:02}",
            address=f"10.{n % 25}.{n // 250}.{n % 250}",
            views=(view["z00"], view["z01"]),
        )
        for n in range(10_000)
    ]

    began = time.process_time()
    found = matrix(many, where, lambda host: host.ids[0])

    assert time.process_time() - began < 10
    assert len(found.pairs) == 600
    assert pair(found, "z00", "z05").hosts == 400
