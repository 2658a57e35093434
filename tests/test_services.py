"""What checks over ports have in common: offered or not, and the worst of what several ports say."""

from __future__ import annotations

import msgspec
import pytest

from posture.check import failed, not_applicable, passed, unknown
from posture.facts import Collapsed, Missing, Port, Service
from posture.model import Outcome, Severity
from posture.services import (
    FTP,
    HTTP,
    R_SERVICES,
    TELNET,
    Kind,
    each,
    host_result,
    listed,
    offered,
    result,
    survey,
    worst,
)
from posture.testing import host, port, script

ECHO = Kind(label="Echo", names=("echo",), ports=(7, 1007), signs=(("echo-info", "echoes"),))
CLEAR = Kind(label="Echo", names=("echo",), ports=(7,), signs=(("echo-info", "echoes"),), tunnel="clear")
WRAPPED = Kind(label="Wrapped", ports=(443,), signs=(("ssl-cert", "."),), tunnel="tls")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(closed="7,1007"), Outcome.PASS),
        (host(closed="7"), Outcome.UNKNOWN),
        (host(), Outcome.UNKNOWN),
        (host(closed="7", filtered="1007"), Outcome.UNKNOWN),
        (host(port(7, "echo"), closed="1007"), Outcome.FAIL),
        (host(port(7, "echo")), Outcome.FAIL),
        (host(port(7, "echo"), filtered="1007"), Outcome.FAIL),
        (host(port(7, "echo", method="table"), closed="1007"), Outcome.UNKNOWN),
        (host(port(7), closed="1007"), Outcome.UNKNOWN),
        (host(port(7, "tcpwrapped"), closed="1007"), Outcome.UNKNOWN),
        (host(port(7, "unknown"), closed="1007"), Outcome.UNKNOWN),
        (host(port(7, method="probed"), closed="1007"), Outcome.UNKNOWN),
        (host(port(7, "ssh"), closed="1007"), Outcome.PASS),
        (host(port(7, "ssh", method="table"), closed="1007"), Outcome.UNKNOWN),
        (host(port(9999, "echo"), closed="7,1007"), Outcome.FAIL),
        (host(port(9999, "echo", method="table"), closed="7,1007"), Outcome.UNKNOWN),
        (host(port(9999), closed="7,1007"), Outcome.PASS),
        (host(port(7, scripts=[script("echo-info", "it echoes")]), closed="1007"), Outcome.FAIL),
        (host(port(7, scripts=[script("echo-info", "ERROR: nothing echoes")]), closed="1007"), Outcome.UNKNOWN),
    ],
)
def test_a_service_is_not_offered_only_where_every_standard_port_was_asked(given, outcome):
    assert offered(given, ECHO).outcome is outcome


@pytest.mark.parametrize("state", ["open|filtered", "unfiltered", "filtered", "closed|filtered", "not-asked"])
def test_any_state_but_open_and_closed_is_no_answer(state):
    given = host(closed="1007", ports=(Port(number=7, state=state),))
    assert offered(given, ECHO).outcome is Outcome.UNKNOWN


def test_udp_ports_say_nothing_of_tcp():
    given = host(
        closed="7",
        ports=(Port(number=9999, protocol="udp", state="open", service=Service(name="echo", method="probed")),),
        collapsed=(Collapsed(protocol="tcp", state="closed", ports="7,1007"),),
    )
    assert offered(given, ECHO).outcome is Outcome.PASS


def test_what_is_meant_in_the_clear_is_not_offered_behind_tls():
    assert offered(host(port(7, "echo", tunnel="ssl")), CLEAR).outcome is Outcome.PASS
    assert offered(host(port(7, "unknown", tunnel="ssl")), CLEAR).outcome is Outcome.PASS
    shown = port(7, "echo", tunnel="ssl", scripts=[script("echo-info", "echoes")])
    assert offered(host(shown), CLEAR).outcome is Outcome.PASS


def test_tls_is_known_by_its_tunnel_or_its_certificate_on_any_port():
    given = host(
        port(443, "http"), port(8443, "http", tunnel="ssl"), port(25, "smtp", scripts=[script("ssl-cert", "x")])
    )
    seen = survey(given, WRAPPED)
    assert [each.number for each in seen.offered] == [8443, 25]
    assert [each.number for each in seen.absent] == [443]


def test_each_asks_every_port_and_keeps_the_worst():
    given = host(port(7, "echo"), port(9999, "echo"), closed="1007")
    answers = {7: passed("fine"), 9999: failed("open to anybody")}
    assert each(given, ECHO, lambda port: answers[port.number]).outcome is Outcome.FAIL
    assert each(host(port(7, "echo")), ECHO, lambda _: passed("fine")).outcome is Outcome.UNKNOWN
    assert each(host(closed="7,1007"), ECHO, lambda _: failed("never")).outcome is Outcome.NOT_APPLICABLE


def test_an_unidentified_port_is_asked_only_where_the_check_can_tell():
    given = host(port(7), closed="1007")
    assert each(given, ECHO, lambda _: passed("fine")).outcome is Outcome.PASS
    assert each(given, ECHO, lambda _: passed("fine"), identified_only=True).outcome is Outcome.UNKNOWN


def test_the_worst_verdict_keeps_all_that_led_to_it():
    low, high = failed("a", severity=Severity.LOW), failed("b", severity=Severity.HIGH)
    together = worst([passed("fine"), unknown("who knows", answer="Ask."), low, high, low])
    assert (together.outcome, together.message, together.severity) == (Outcome.FAIL, "a; b", Severity.HIGH)
    assert worst([low, failed("c")]).severity is None
    assert worst([passed("fine"), not_applicable("no")]).outcome is Outcome.PASS
    assert worst([unknown("x", answer="Ask."), unknown("y", answer="Ask.")]).answer == "Ask."


def test_a_script_that_broke_off_has_found_nothing():
    broken = port(7, scripts=[script("x", "\n  ERROR: Script execution failed (use -d to debug)")])
    assert result(broken, "x") == Missing("not-answered", "x ended in an error on 7/tcp")
    assert result(port(7, asked=["x"]), "x") == Missing("not-answered", "x gave no result on 7/tcp")
    assert isinstance(host_result(host(scripts=(script("x", "ERROR: no"),)), "x"), Missing)
    assert isinstance(host_result(host(), "x"), Missing)
    assert host_result(host(scripts=(script("x", "yes"),)), "x") == script("x", "yes")


def test_ports_are_listed_as_people_list_things():
    assert [listed([port(each) for each in range(1, last)]) for last in (2, 3, 4)] == [
        "1/tcp",
        "1/tcp and 2/tcp",
        "1/tcp, 2/tcp and 3/tcp",
    ]


def test_the_message_names_the_ports_and_the_answer_says_what_to_do():
    verdict = offered(host(port(7), filtered="1007"), ECHO)
    assert verdict.message == (
        "7/tcp is open, and what answers there was not identified; 1007/tcp gave no clear answer (filtered)"
    )
    assert "nmap -sV" in verdict.answer
    assert offered(host(port(7, "ssh"), closed="1007"), ECHO).message == (
        "Echo is not offered: 1007/tcp is closed, 7/tcp is ssh"
    )


# ── what nmap calls them ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "name"),
    [(TELNET, "telnet-proxy"), (FTP, "ftp-proxy"), (R_SERVICES, "rexec"), (HTTP, "upnp"), (HTTP, "ipp")],
)
def test_other_names_that_nmap_has_for_a_service_are_no_other_service(kind, name):
    first, *rest = kind.ports
    given = host(port(first, name), closed=",".join(map(str, rest)))

    assert [each.number for each in survey(given, kind).offered] == [first]


# ── scans that differ ────────────────────────────────────────────────────────────────────────────────────────────


def differing(number=7, **more):
    return msgspec.structs.replace(port(number, "ssh"), others=(Service(name="echo", method="probed"),), **more)


@pytest.mark.parametrize("number", [7, 9999])
def test_what_one_of_two_scans_identified_is_offered(number):
    verdict = offered(host(differing(number), closed="7,1007"), ECHO)

    assert verdict.outcome is Outcome.FAIL
    assert verdict.message == f"Echo answers on {number}/tcp"


def test_each_of_two_results_of_one_script_is_asked():
    given = port(7, "echo", scripts=[script("echo-info", "good"), script("echo-info", "bad")])

    def ask(seen):
        return failed("bad") if "bad" in result(seen, "echo-info").output else passed("good")

    assert each(host(given, closed="1007"), ECHO, ask).outcome is Outcome.FAIL


def test_a_script_that_failed_once_and_answered_once_has_answered():
    given = port(7, "echo", scripts=[script("echo-info", "ERROR: no"), script("echo-info", "good")])

    verdict = each(host(given, closed="1007"), ECHO, lambda seen: passed(result(seen, "echo-info").output))

    assert verdict.message == "good"
