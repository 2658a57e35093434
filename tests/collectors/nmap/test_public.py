"""Files of other projects: see tests/data/nmap/public/README.md."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab.scans import facts, loaded

PUBLIC = Path(__file__).parents[2] / "data" / "nmap" / "public"


def read(name):
    evidence = loaded((PUBLIC / f"nmap-{name}.xml").read_bytes(), name)
    hosts, spots = facts(evidence)
    return evidence.envelope, hosts, spots


def test_every_file_has_its_origin_written_down():
    readme = (PUBLIC / "README.md").read_text()

    assert all(f"`{path.name}`" in readme for path in PUBLIC.glob("*.xml"))
    assert len(list(PUBLIC.glob("*.xml"))) == 12


def test_a_file_of_2008_has_its_one_group_of_ports_and_its_time_out():
    envelope, [host], [spot] = read("4.53-timed-out")

    assert (envelope.outcome, envelope.tool.version, envelope.asked.version) == ("complete", "4.53", True)
    assert envelope.started.year == 2008
    assert (host.name, host.address) == ("freshmeat.net", "66.35.250.168")
    assert [host.tcp(port).state for port in (80, 443, 22, 1028)] == ["open", "closed", "filtered", "not-asked"]
    assert host.tcp(80).service.identified_as("http")
    assert [script.id for script in host.tcp(80).scripts] == ["HTML title", "robots.txt"]
    assert "time-out" in spot.why


def test_a_file_of_2013_has_two_hosts_with_the_usual_names_of_their_ports():
    envelope, hosts, spots = read("5.51-two-hosts")

    assert [host.address for host in hosts] == ["74.207.244.221", "127.0.0.1"]
    assert not envelope.asked.version
    assert all(port.service.method == "table" for host in hosts for port in host.ports)
    assert [host.tcp(25).state for host in hosts] == ["filtered", "open"]
    assert [host.tcp(23).state for host in hosts] == ["closed", "closed"]
    assert [host.tcp(2).state for host in hosts] == ["not-asked", "not-asked"]
    assert spots == []


def test_a_file_with_a_public_document_type_names_its_host_by_its_mac():
    envelope, [host], _ = read("6.45-one-host")

    assert host.ids == ("mac:unzoned/e8:92:a4:d3:f5:30", "address:unzoned/10.0.0.2")
    assert host.mac_vendor == "LG Electronics"
    assert envelope.asked.scripts == ("ssh2-enum-algos",)
    assert host.tcp(22).state == "closed"


def test_where_some_ports_are_in_an_unknown_state_none_of_the_rest_is_claimed_closed():
    envelope, [host], _ = read("7.91-dionaea")

    assert envelope.asked.tcp == "1-65535"
    assert envelope.asked.scripts == ()  # `default,safe` names no script
    assert host.tcp(21).script("ftp-anon").output.startswith("Anonymous FTP login allowed")
    assert host.tcp(23).service.method == "table"
    assert host.tcp(80).script("http-useragent-tester").value("Allowed User Agents/0").startswith("Mozilla/5.0")
    assert len(host.open()) == 16
    assert host.collapsed == ()
    assert host.tcp(22).state == "not-asked"


def test_a_ping_alone_says_nothing_of_ports():
    _, [host], [spot] = read("7.91-ping")

    assert host.mac == "02:42:ac:1c:01:03"
    assert host.tcp(80).state == "not-asked"
    assert "none of its ports was asked" in spot.why


def test_a_host_that_was_down_is_none():
    envelope, hosts, spots = read("7.93-down")

    assert (envelope.outcome, hosts, spots) == ("complete", [], [])


@pytest.mark.parametrize("path", sorted(PUBLIC.glob("*.xml")), ids=lambda path: path.stem)
def test_each_of_them_cut_in_the_middle_is_partial_and_no_error(path):
    payload = path.read_bytes()
    at = payload.index(b"<verbose")

    for cut in range(at, len(payload) - 12, 997):
        assert loaded(payload[:cut]).envelope.outcome == "partial"
        facts(loaded(payload[:cut]))
