"""Agents that Net-SNMP never would be: silent, looping, endless, lying. Each is a real UDP server."""

from __future__ import annotations

import itertools
import time

import pytest
from lab.snmp import SECRETS, Agent, Run, asked_name, audit, community, outcomes, scope_of, user
from pysnmp.proto.api import v2c

from posture.collectors.snmp import device, limits
from posture.collectors.snmp.mibs import SYS_DESCR, SYSTEM
from posture.collectors.snmp.read import UNKNOWN_HOST
from posture.facts import BlindSpot, Device, Missing

ADDRESS = "127.66.2.1"
TEXT = v2c.OctetString("a pump")


def walk_of(answer, **fields):
    """An audit of an agent that accepts any community, and answers GETBULKs so."""

    def reply(request):
        name = asked_name(request)
        return [(name, TEXT)] if request.tagSet == v2c.GetRequestPDU.tagSet else answer(name)

    with Agent(ADDRESS, reply) as agent:
        scope = scope_of(ADDRESS, port=agent.port, credentials=[community("ward")])
        (record,), (fact,) = audit(scope, **fields)
    return record, fact, agent


def end(name):
    return [(name, v2c.EndOfMibView())]


def test_a_silent_host_is_a_blind_spot_with_its_attempts():
    with Agent(ADDRESS, lambda _: None) as agent:
        scope = scope_of(ADDRESS, port=agent.port, credentials=[community("ward"), user("v3")])
        (record,), (spot,) = audit(scope, hosts=[ADDRESS], timeout=0.2)
    assert (record.envelope.outcome, record.payload) == ("failed", b"")
    assert {outcome for outcome, _ in outcomes(record).values()} == {"silent"}
    assert (spot.kinds, spot.why, spot.subject) == (
        ("Device",),
        "no answer to SNMP from this vantage",
        f"address:servers/{ADDRESS}",
    )


def test_an_address_that_may_be_no_host_is_no_blind_spot_of_its_own():
    with Agent(ADDRESS, lambda _: None) as one, Agent("127.66.2.2", lambda _: None, one.port):
        records, (spot,) = audit(
            scope_of(ADDRESS, "127.66.2.2", port=one.port, credentials=[community("ward")]), timeout=0.2
        )
    assert {record.envelope.problem for record in records} == {UNKNOWN_HOST}
    assert isinstance(spot, BlindSpot)
    assert spot.name.startswith("2 addresses of snmp/servers/")


def test_every_request_is_tried_twice_and_no_more():
    with Agent(ADDRESS, lambda _: None) as agent:
        audit(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")]), timeout=0.2)
    assert len(agent.arrivals) == 2 * 3


def test_an_agent_that_loops_its_oids_is_cut():
    record, fact, agent = walk_of(lambda _: [((*SYSTEM, 1, 0), TEXT), ((*SYSTEM, 2, 0), TEXT)])
    assert record.envelope.outcome == "partial"
    assert "the agent's OIDs don't increase" in record.envelope.problem
    assert "1.3.6.1.2.1.1" in record.envelope.asked.cut
    assert len(agent.arrivals) < 150
    assert fact.contact.why == "not-answered"
    assert fact.description == "a pump"


def test_an_endless_subtree_is_cut_at_its_bound(monkeypatch):
    monkeypatch.setattr(device, "ROWS", 50)

    def endless(name):
        if name[: len(SYSTEM)] != SYSTEM:
            return end(name)
        at = name[len(SYSTEM)] if len(name) > len(SYSTEM) else 0
        return [((*SYSTEM, at + step), TEXT) for step in range(1, 11)]

    record, _, _ = walk_of(endless)
    assert record.payload.count(b"\n") == 50
    assert record.envelope.asked.cut == ("1.3.6.1.2.1.1",)
    assert "more than 50 objects" in record.envelope.problem


def test_an_endless_agent_is_cut_at_the_bound_of_requests(monkeypatch):
    monkeypatch.setattr(device, "REQUESTS", 20)
    record, fact, agent = walk_of(lambda name: [((*name, 1) if len(name) < 60 else (*name[:-1], name[-1] + 1), TEXT)])
    assert "took 20 requests" in record.envelope.problem
    assert len(agent.arrivals) < 40
    assert fact.writable_views == Missing("not-asked")


def test_too_many_octets_are_cut(monkeypatch):
    monkeypatch.setattr(device, "OCTETS", 10_000)
    record, _, _ = walk_of(lambda name: [((*SYSTEM, (*name, 0)[len(SYSTEM)] + 1), v2c.OctetString("x" * 900))])
    assert "sent more than 10,000 octets" in record.envelope.problem
    assert len(record.payload) < 12_000


def test_a_device_that_falls_silent_is_left_alone_and_its_zone_rests(monkeypatch):
    asked = itertools.count()
    monkeypatch.setattr("posture.collectors.snmp.ask.IN_FLIGHT", 1)
    monkeypatch.setattr("posture.collectors.snmp.ask.PAUSE", 1.5)

    def fragile(request):
        if request.tagSet == v2c.GetRequestPDU.tagSet:
            return [(asked_name(request), TEXT)]
        return end(asked_name(request)) if next(asked) < 5 else None

    with Agent(ADDRESS, fragile) as one, Agent("127.66.2.2", lambda _: None, one.port) as other:
        records, _ = audit(scope_of(ADDRESS, "127.66.2.2", port=one.port, credentials=[community("ward")]), timeout=0.2)
    first = next(record for record in records if record.envelope.targets == (ADDRESS,))
    assert first.envelope.outcome == "partial"
    assert "the device stopped answering during the walk of" in first.envelope.problem
    assert len(first.envelope.asked.oids) == 6
    assert first.envelope.asked.cut == first.envelope.asked.oids[-1:]
    assert other.arrivals[0][0] - one.arrivals[-1][0] > 1.4


def test_the_rate_is_a_ceiling_over_everything_that_is_sent():
    addresses = [f"127.66.2.{last}" for last in range(1, 31)]
    with Agent(addresses[0], lambda _: None) as first:
        agents = [first, *(Agent(address, lambda _: None, first.port).__enter__() for address in addresses[1:])]
        try:
            scope = scope_of(*addresses, port=first.port, credentials=[community("ward")], max_rate=40)
            audit(scope, timeout=0.2)
        finally:
            for agent in agents[1:]:
                agent.__exit__()
    arrivals = sorted(at for agent in agents for at, _ in agent.arrivals)
    assert len(arrivals) == 30 * 6
    busiest = max(sum(1 for at in arrivals if start <= at < start + 1) for start in arrivals)
    assert busiest <= 40 + 4
    assert arrivals[-1] - arrivals[0] > 30 * 6 / 40 * 0.9


def test_one_request_at_a_time_for_each_device():
    waiting = []

    def slow(request):
        waiting.append(1)
        assert len(waiting) == 1
        time.sleep(0.02)
        waiting.pop()
        name = asked_name(request)
        return [(name, TEXT)] if request.tagSet == v2c.GetRequestPDU.tagSet else end(name)

    with Agent(ADDRESS, slow) as agent:
        (record,), _ = audit(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")]), timeout=1)
    gaps = [later - sooner for (sooner, _), (later, _) in itertools.pairwise(agent.arrivals)]
    assert record.envelope.outcome == "complete"
    assert min(gaps) >= 0.02


@pytest.mark.parametrize(
    "junk", [b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80" * 400, bytes(range(256)) * 8, b"\x02\x01\x00"]
)
def test_junk_in_answer_is_no_answer(junk):
    class Junk(Agent):
        def _serve(self):
            while not self._end.is_set():
                try:
                    _, peer = self._socket.recvfrom(65_535)
                    self._socket.sendto(junk, peer)
                except TimeoutError:
                    continue

    with Junk(ADDRESS, lambda _: None) as agent:
        (record,), (spot,) = audit(
            scope_of(ADDRESS, port=agent.port, credentials=[community("ward")]), hosts=[ADDRESS], timeout=0.2
        )
    assert {outcome for outcome, _ in outcomes(record).values()} == {"silent"}
    assert isinstance(spot, BlindSpot)


def test_what_a_device_says_cannot_steer_the_terminal():
    escape = v2c.OctetString(b"\x1b]0;owned\x07ward\x00 7\r\n\xe2\x80\xaeppt.exe")

    def named(name):
        return [((*SYSTEM, 5, 0), escape)] if name == SYSTEM else end(name)

    _, fact, _ = walk_of(named)
    assert isinstance(fact, Device)
    assert fact.system_name == "]0;owned ward 7 ppt.exe"
    assert fact.name == fact.system_name


def test_the_walk_asks_for_ten_rows_at_a_time_or_for_one_where_one_says_enough():
    sizes = set()

    def reply(request):
        name = asked_name(request)
        if request.tagSet == v2c.GetRequestPDU.tagSet:
            return [(name, TEXT)]
        sizes.add(int(v2c.apiBulkPDU.get_max_repetitions(request)))
        return end(name)

    with Agent(ADDRESS, reply) as agent:
        audit(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")]))
    assert sizes == {1, limits.REPETITIONS} == {1, 10}


def test_only_reading_is_asked():
    kinds = set()

    def reply(request):
        kinds.add(request.__class__.__name__)
        name = asked_name(request)
        return [(name, TEXT)] if name == SYS_DESCR else end(name)

    with Agent(ADDRESS, reply) as agent:
        audit(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")]))
        assert all(SECRETS["READ"].encode() in data or data[4] == 3 for _, data in agent.arrivals)
    assert kinds == {"GetRequestPDU", "GetBulkRequestPDU"}


def test_a_consumer_that_is_slow_loses_nothing():
    with Agent(ADDRESS, lambda request: end(asked_name(request))) as agent:
        run = Run(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")]))
        (probe,) = run.collector.plan(run.scope)
        answers = run.collector.ask(probe, run.context)
        first = next(answers)
        time.sleep(1)
        assert list(answers) == []
    assert outcomes(first)["v2c", "ward"][0] == "accepted"


def test_an_audit_that_is_given_up_ends_its_thread():
    with Agent(ADDRESS, lambda _: None) as one:
        run = Run(scope_of("127.66.2.0/24", port=one.port, credentials=[community("ward")], max_rate=20))
        (probe,) = run.collector.plan(run.scope)
        answers = run.collector.ask(probe, run.context)
        next(answers)
        begun = time.monotonic()
        answers.close()
    assert time.monotonic() - begun < 2
