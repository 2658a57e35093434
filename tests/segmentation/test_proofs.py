"""What proves that a zone is kept from another, and what only looks like it."""

import pytest
from lab.scans import host_xml, port_xml
from lab.vantages import CANARY, DESK, NEAR, SERVER, banner, canary, hospital, hosts, scanned_from, silent
from msgspec.structs import replace

from posture.facts import Port, Script, Service
from posture.model import Evidence
from posture.scope import CanaryScope, Flow
from posture.segmentation.proofs import Proofs, ruling, seen_from, spoke

WEB = Flow(source="users", target="servers", tcp="443,8000-8010", udp="53")


# ── what is declared ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("reachable_from", "source", "protocol", "port", "said"),
    [
        ((), "users", "tcp", 443, "allowed"),
        ((), "users", "tcp", 8005, "allowed"),
        ((), "users", "udp", 53, "allowed"),
        ((), "users", "udp", 443, "denied"),
        ((), "users", "tcp", 53, "denied"),
        ((), "users", "tcp", 22, "denied"),
        ((), "management", "tcp", 443, "denied"),
        (("users",), "users", "tcp", 22, "allowed"),
        (("users",), "users", "sctp", 1, "allowed"),
        (None, "users", "tcp", 443, "undeclared"),
        ((), "servers", "tcp", 22, "allowed"),
        (None, "servers", "tcp", 22, "allowed"),
        ((), "nowhere", "tcp", 443, "undeclared"),
    ],
)
def test_the_scope_allows_denies_or_says_nothing(reachable_from, source, protocol, port, said):
    assert ruling(hospital(reachable_from, [WEB]), source, "servers", protocol, port) == said


def test_of_a_zone_that_is_not_in_the_scope_nothing_is_declared():
    assert ruling(hospital(), "users", "nowhere", "tcp", 22) == "undeclared"


# ── what shows a port open ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        (Port(number=22, state="open", service=Service(name="ssh", method="probed")), True),
        (Port(number=22, state="open", scripts=(Script(id="banner", output="SSH-2.0-x"),)), True),
        (Port(number=443, state="open", scripts=(Script(id="ssl-cert", output="x", values=(("a", "b"),)),)), True),
        (Port(number=53, protocol="udp", state="open"), True),
        (Port(number=22, state="open", service=Service(name="ssh", method="table")), False),
        (Port(number=22, state="open", service=Service(name="tcpwrapped", method="probed")), False),
        (Port(number=22, state="open", scripts=(Script(id="banner", output=" "),)), False),
        (Port(number=22, state="open", scripts=(Script(id="x", output="ERROR: Script execution failed"),)), False),
        (Port(number=53, protocol="udp", state="open|filtered"), False),
        (Port(number=22, state="filtered", service=Service(name="ssh", method="probed")), False),
    ],
)
def test_an_open_port_is_shown_only_by_what_answers_on_it(port, expected):
    assert spoke(port) is expected


# ── what proves a port denied ────────────────────────────────────────────────────────────────────────────────────

INSIDE = scanned_from("servers", canary(22, 443, 445))
AFTER = scanned_from("servers", canary(22, 443, 445), hours=4)
DROPPED = scanned_from("users", silent(), NEAR, hours=2)
REJECTED = scanned_from("users", silent(state="closed"), NEAR, hours=2)


def proofs(*evidence, where=None) -> Proofs:
    where = where or hospital()
    return Proofs(hosts(*evidence, where=where), where)


def test_silence_is_proved_by_the_canary_that_answers_an_allowed_zone():
    proof = proofs(INSIDE, DROPPED).denied("users", "servers", 22)

    assert {port.state for port in proof} == {"filtered", "open"}
    assert {digest for port in proof for digest in port.evidence} == {INSIDE.id, DROPPED.id}


def test_a_refusal_is_proved_only_where_the_canary_ran_before_and_after():
    assert proofs(INSIDE, REJECTED, AFTER).denied("users", "servers", 22)
    assert not proofs(INSIDE, REJECTED).denied("users", "servers", 22)  # it may have been ended in between
    assert not proofs(REJECTED, AFTER).denied("users", "servers", 22)  # or not begun


def test_a_silence_beside_a_refusal_does_not_hide_it():
    assert not proofs(INSIDE, DROPPED, REJECTED).denied("users", "servers", 22)
    assert proofs(INSIDE, DROPPED, REJECTED, AFTER).denied("users", "servers", 22)


def test_an_answer_of_another_zone_shows_that_the_scanner_has_a_network():
    answered = host_xml(SERVER, port_xml(443, "closed"))

    assert proofs(INSIDE, scanned_from("users", silent(), answered)).denied("users", "servers", 22)


def test_an_allowed_zone_elsewhere_is_as_good_as_one_inside():
    allowed = scanned_from("management", canary(22, 443, 445))

    assert proofs(allowed, DROPPED, where=hospital(["management"])).denied("users", "servers", 22)
    assert not proofs(allowed, DROPPED, where=hospital()).denied("users", "servers", 22)


@pytest.mark.parametrize(
    "evidence",
    [
        (DROPPED,),
        (INSIDE,),
        (INSIDE, scanned_from("users", silent(), hours=2)),
        (INSIDE, scanned_from("users", silent(), host_xml(DESK, port_xml(22, "closed")), hours=2)),
        (INSIDE, scanned_from("users", silent(), hours=2), scanned_from("users", NEAR, hours=-60)),
        (INSIDE, scanned_from("users", silent(), NEAR, hours=25)),
        (scanned_from(None, canary(22, 443, 445)), DROPPED),
        (INSIDE, scanned_from(None, silent(), NEAR, hours=2)),
        (scanned_from("servers", canary(22, 443, 445, nonce="ff" * 16)), DROPPED),
        (scanned_from("servers", host_xml(CANARY, port_xml(22, "open"))), DROPPED),
        (scanned_from("servers", canary(443, 445)), DROPPED),
        (INSIDE, scanned_from("users", silent(count=1), NEAR, tcp="445", hours=2)),
        (INSIDE, scanned_from("users", canary(22), NEAR, hours=2)),
        (INSIDE, scanned_from("users", host_xml(CANARY, port_xml(22, "open")), NEAR, hours=2)),
        (INSIDE, scanned_from("users", host_xml(SERVER, port_xml(22, "filtered")), NEAR, hours=2)),
    ],
    ids=[
        "nobody had the canary's answer",
        "nobody asked from there",
        "the scanner had no answer from anywhere",
        "the scanner may have answered itself",
        "the scanner had its answers on another day",
        "more than a day lies between",
        "the control stood nobody knows where",
        "the scanner stood nobody knows where",
        "another canary answered",
        "what answered gave no nonce",
        "the canary did not answer on that port",
        "that port was not asked",
        "the canary answers",
        "something answers",
        "only another machine is silent",
    ],
)
def test_silence_without_all_of_its_proof_proves_nothing(evidence):
    assert proofs(*evidence).denied("users", "servers", 22) == ()


def test_a_scan_that_does_not_say_when_it_was_made_proves_nothing():
    undated = Evidence.of(replace(DROPPED.envelope, started=None, ended=None), DROPPED.payload)

    assert proofs(INSIDE, undated).denied("users", "servers", 22) == ()


def test_with_two_canaries_both_have_to_be_silent():
    where = hospital(
        canaries=[
            CanaryScope(zone="servers", address=CANARY, nonce="00112233445566778899aabbccddeeff"),
            CanaryScope(zone="servers", address="10.10.0.8", nonce="11" * 16),
        ]
    )
    inside = scanned_from("servers", canary(22), canary(22, address="10.10.0.8", nonce="11" * 16), tcp="22")
    one = scanned_from("users", silent(count=1), NEAR, tcp="22", hours=1)
    both = scanned_from("users", silent(count=1), silent("10.10.0.8", count=1), NEAR, tcp="22", hours=1)
    other_open = scanned_from(
        "users", silent(count=1), canary(22, address="10.10.0.8", nonce="11" * 16), tcp="22", hours=1
    )

    assert proofs(inside, both, where=where).denied("users", "servers", 22)
    assert not proofs(inside, other_open, where=where).denied("users", "servers", 22)
    assert not proofs(inside, one, where=where).denied("users", "servers", 22)  # the other was not asked from there


def test_a_host_as_one_zone_saw_it_has_nothing_of_what_others_saw():
    where = hospital()
    [server] = hosts(
        scanned_from("servers", host_xml(SERVER, port_xml(22, "open", inside=banner("SSH-2.0")))),
        scanned_from("users", silent(SERVER)),
        where=where,
    )
    users = next(view for view in server.views if view.vantage == "users")

    seen = seen_from(server, users)

    assert (seen.tcp(22).state, seen.ports, seen.evidence) == ("filtered", (), users.evidence)


def test_where_what_is_allowed_is_silent_as_well_the_way_is_dead_and_nothing_is_proved():
    flow = Flow(source="users", target="servers", tcp="443")

    assert proofs(INSIDE, DROPPED).denied("users", "servers", 22)
    assert not proofs(INSIDE, DROPPED, where=hospital(flows=[flow])).denied("users", "servers", 22)
