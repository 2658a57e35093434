from __future__ import annotations

import itertools
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab.scans import document, facts, host_of, host_xml, loaded, port_xml, scope, zone

from posture.collectors.nmap import NmapCollector
from posture.collectors.nmap.document import STATES
from posture.facts import Host, Missing, Service
from posture.model import AskedNmap, Envelope, Evidence
from posture.scope import Scope, Site

CLOSED_REST = '<extraports state="closed" count="3"/>'


def extra(state: str, count: int, *reasons: str) -> str:
    return f'<extraports state="{state}" count="{count}">{"".join(reasons)}</extraports>'


def which(ports: str, protocol: str = "tcp") -> str:
    return f'<extrareasons reason="reset" count="1" proto="{protocol}" ports="{ports}"/>'


def service(**said: str) -> str:
    return "<service " + " ".join(f'{name}="{value}"' for name, value in said.items()) + "/>"


# ── ports that are not listed ────────────────────────────────────────────────────────────────────────────────────


def test_the_one_group_of_ports_that_are_not_listed_is_the_rest_of_what_was_asked():
    host = host_of(document(host_xml("10.0.0.1", port_xml(22, "open"), extra=CLOSED_REST), tcp="21-23,80"))

    assert [host.tcp(port).state for port in (21, 22, 23, 80, 81)] == [
        "closed",
        "open",
        "closed",
        "closed",
        "not-asked",
    ]


def test_a_newer_nmap_says_which_ports_a_group_stands_for():
    groups = extra("closed", 2, which("21-22")) + extra("filtered", 2, which("80"), which("443"))

    host = host_of(document(host_xml("10.0.0.1", port_xml(23, "open"), extra=groups), tcp="21-23,80,443"))

    assert [host.tcp(port).state for port in (21, 22, 80, 443)] == ["closed", "closed", "filtered", "filtered"]


def test_of_several_groups_without_their_ports_none_is_claimed_closed():
    groups = extra("closed", 2) + extra("filtered", 2)

    host = host_of(document(host_xml("10.0.0.1", port_xml(23, "open"), extra=groups), tcp="21-24,80"))

    assert {host.tcp(port).state for port in (21, 22, 24, 80)} == {"closed|filtered"}


def test_an_older_nmaps_group_of_both_protocols_stands_for_both():
    payload = document(
        host_xml("10.0.0.1", port_xml(22, "open"), extra=extra("closed", 3)),
        infos=[("tcp", "22-23"), ("udp", "53,161")],
    )

    host = host_of(payload)

    assert (host.tcp(23).state, host.udp(53).state, host.udp(161).state) == ("closed", "closed", "closed")


@pytest.mark.parametrize(
    "groups",
    [
        extra("closed", 2),  # one port is neither listed nor counted
        extra("closed", 2) + extra("unknown", 1),
        extra("closed", 3, which("nonsense")),
        extra("shut", 3),
    ],
)
def test_where_a_file_does_not_add_up_nothing_is_claimed(groups):
    host = host_of(document(host_xml("10.0.0.1", port_xml(22, "open"), extra=groups), tcp="21-23,80"))

    assert {host.tcp(port).state for port in (21, 23, 80)} == {"not-asked"}


def test_a_port_in_no_known_state_of_no_known_protocol_or_number_is_not_asked():
    odd = (port_xml(80, "unknown"), port_xml(70000, "open"), port_xml(6, "open", protocol="ip"), port_xml(-1, "open"))

    host = host_of(document(host_xml("10.0.0.1", *odd), tcp="80"))

    assert host.ports == ()
    assert host.tcp(80).state == "not-asked"


# ── what a port says ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_script_is_flattened_to_paths():
    result = (
        '<script id="ssh2-enum-algos" output="kex: 2&#10;\u202egnp">'
        '<table key="kex"><elem>one</elem><elem>two</elem><table><elem key="bits">7</elem></table></table>'
        '<elem key="note">a &amp; b</elem><elem/></script>'
    )
    host = host_of(document(host_xml("10.0.0.1", port_xml(22, "open", inside=result))))

    script = host.tcp(22).script("ssh2-enum-algos")

    assert script.values == (
        ("kex/0", "one"),
        ("kex/1", "two"),
        ("kex/2/bits", "7"),
        ("note", "a & b"),
        ("0", ""),
    )
    assert script.output == "kex: 2\ngnp"
    assert script.evidence == host.evidence


def test_scripts_of_a_host_and_of_the_run_stay_where_they_belong():
    run = '<prescript><script id="broadcast" output="x"/></prescript>'
    own = '<hostscript><script id="smb2-security-mode" output="y"/></hostscript>'
    host = host_of(document(run, host_xml("10.0.0.1", port_xml(445, "open")).replace("</host>", f"{own}</host>")))

    assert [script.id for script in host.scripts] == ["smb2-security-mode"]
    assert host.tcp(445).scripts == ()


def test_a_named_script_without_a_result_was_asked_and_one_that_is_not_named_was_not():
    host = host_of(document(host_xml("10.0.0.1", port_xml(443, "open")), tcp="443", args="nmap --script ssl-cert x"))

    assert host.tcp(443).script("ssl-cert").why == "not-answered"
    assert host.tcp(443).script("http-title").why == "not-asked"


def test_a_service_is_what_it_said_and_its_names_are_plain_text():
    said = service(
        name="http", product="Ward\u202e&#x85;list", version="1", method="probed", tunnel="ssl", extrainfo="x"
    )
    said = said.replace("/>", "><cpe>cpe:/a:x:y</cpe><cpe>cpe:/o:z</cpe></service>")

    host = host_of(document(host_xml("10.0.0.1", port_xml(443, "open", inside=said))))

    assert host.tcp(443).service == Service(
        name="http",
        method="probed",
        product="Wardlist",
        version="1",
        extra="x",
        tunnel="ssl",
        cpes=("cpe:/a:x:y", "cpe:/o:z"),
    )


def test_ports_that_are_alike_are_told_apart_by_what_differs():
    first = port_xml(80, "open", inside=service(name="http", product="a", method="probed"))
    second = port_xml(80, "open", inside=service(name="http", version="a", method="probed"))
    hosts, _ = facts(loaded(document(host_xml("10.0.0.1", first), host_xml("10.0.0.2", second))))

    assert [(host.tcp(80).service.product, host.tcp(80).service.version) for host in hosts] == [("a", ""), ("", "a")]


def test_a_hint_of_a_host_is_no_host_and_a_host_that_is_down_is_none_either():
    hint = '<hosthint><status state="up"/><address addr="10.0.0.9" addrtype="ipv4"/></hosthint>'
    down = '<host><status state="down"/><address addr="10.0.0.8" addrtype="ipv4"/></host>'
    odd = host_xml("10.0.0.7").replace("10.0.0.7", "10.0.0.777")

    hosts, spots = facts(loaded(document(hint, down, odd, host_xml("10.0.0.1", port_xml(1, "closed")))))

    assert [host.address for host in hosts] == ["10.0.0.1"]
    assert spots == []


# ── subjects ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_host_is_known_by_its_mac_within_its_site_and_its_address_within_its_zone():
    where = Scope(
        organisation=scope().organisation,
        site=(Site(id="main", name="Main"),),
        zone=(zone("10.0.0.0/16", name="wide"), zone("10.0.7.0/24", name="pumps", kind="medical-device", site="main")),
    )
    payload = document(host_xml("10.0.7.9", port_xml(22, "open"), mac="02:00:00:0A:0B:0C"))

    [host], _ = facts(loaded(payload), where=where)

    assert host.ids == ("mac:main/02:00:00:0a:0b:0c", "address:pumps/10.0.7.9")
    assert (host.place, host.zone_kind, host.mac, host.mac_vendor) == (
        "pumps",
        "medical-device",
        "02:00:00:0a:0b:0c",
        "Example",
    )


def test_a_mac_that_answers_for_several_addresses_names_none_of_them():
    router = {"mac": "02:00:00:00:00:01"}
    hosts, _ = facts(
        loaded(document(host_xml("10.0.0.1", port_xml(1, "open"), **router))),
        loaded(document(host_xml("10.0.0.2", port_xml(1, "open"), **router))),
    )

    assert [host.ids for host in hosts] == [("address:unzoned/10.0.0.1",), ("address:unzoned/10.0.0.2",)]
    assert {host.mac for host in hosts} == {"02:00:00:00:00:01"}


def test_two_macs_at_one_address_are_two_machines_for_all_we_know():
    host = host_of(
        document(host_xml("10.0.0.1", port_xml(1, "open"), mac="02:00:00:00:00:01")),
        document(host_xml("10.0.0.1", port_xml(1, "open"), mac="02:00:00:00:00:02")),
    )

    assert isinstance(host.mac, Missing)
    assert host.ids == ("address:unzoned/10.0.0.1",)


def test_names_are_plain_text():
    named = host_xml("10.0.0.1", port_xml(1, "open")).replace(
        "<ports>", '<hostnames><hostname name="b.example"/><hostname name="a&#x9b;31m.example"/></hostnames><ports>'
    )

    host = host_of(document(named))

    assert host.names == ("a31m.example", "b.example")
    assert host.name == "a31m.example"


# ── what was not to be seen ──────────────────────────────────────────────────────────────────────────────────────


def why(*payloads: bytes) -> list[str]:
    _, spots = facts(*(loaded(payload) for payload in payloads))
    return [spot.why for spot in spots]


def test_a_host_that_timed_out_is_a_blind_spot():
    [reason] = why(document(host_xml("10.0.0.1", more='timedout="true"'), tcp="80"))

    assert "time-out" in reason


def test_a_host_whose_ports_nobody_asked_is_a_blind_spot_until_somebody_does():
    ping = document(host_xml("10.0.0.1"))

    assert "none of its ports was asked" in why(ping)[0]
    assert why(ping, document(host_xml("10.0.0.1", port_xml(22, "closed")))) == []


def test_a_host_that_answered_and_then_no_port_did_is_a_blind_spot():
    silent = document(host_xml("10.0.0.1", extra=extra("filtered", 2), reason="echo-reply"), tcp="22,80")

    assert "none of the ports" in why(silent)[0]


def test_an_address_that_was_scanned_unasked_and_said_nothing_is_no_host_but_not_forgotten():
    unasked = document(
        *(host_xml(f"10.0.0.{last}", extra=extra("filtered", 1), reason="user-set") for last in range(1, 6)), tcp="80"
    )

    hosts, [spot] = facts(loaded(unasked))

    assert hosts == []
    assert "5 addresses" in spot.why
    assert spot.name == "10.0.0.1, 10.0.0.2, 10.0.0.3 and others"


def test_an_address_scanned_unasked_that_refuses_a_connection_is_a_host():
    closed = document(host_xml("10.0.0.1", extra=extra("closed", 1), reason="user-set"), tcp="80")

    [host], spots = facts(loaded(closed))

    assert (host.tcp(80).state, spots) == ("closed", [])


def live(payload: bytes, **more: object) -> Evidence:
    fields = {
        "collector": "nmap",
        "format": "nmap-xml",
        "outcome": "complete",
        "probe": "nmap/ports/servers/10.0.0.0-24",
        "zone": "servers",
        "asked": AskedNmap(tcp="80"),
        "started": datetime(2026, 6, 1, tzinfo=UTC),
    }
    return Evidence.of(Envelope(**{**fields, **more}), payload)


def test_a_host_that_discovery_found_and_the_port_scan_did_not_is_reported():
    found = live(document(host_xml("10.0.0.5")), asked=AskedNmap(), probe="nmap/discover/servers/10.0.0.0-24")
    gone = live(document(), targets=("10.0.0.5",))

    [host], [spot] = facts(found, gone)

    assert host.address == "10.0.0.5"
    assert "no longer" in spot.why
    assert spot.evidence == (gone.id,)
    assert facts(gone)[1][0].name == "10.0.0.5"


def test_a_failed_probe_is_a_blind_spot_with_its_problem():
    hosts, [spot] = facts(live(b"", outcome="failed", problem="outside the window"))

    assert (hosts, spot.why, spot.place) == ([], "outside the window", "servers")


def test_damaged_evidence_is_a_blind_spot_and_no_error():
    _, spots = facts(live(b"<nmaprun><host>"), live(b"junk", probe="other"), live(b"<!DOCTYPE x><x/>", probe="third"))

    assert len(spots) == 3
    assert all("line" in spot.why for spot in spots)


# ── joining ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_worst_answer_stands_whoever_gave_it():
    for one, other in itertools.combinations(STATES, 2):
        scans = [
            document(host_xml("10.0.0.1", port_xml(80, one))),
            document(host_xml("10.0.0.1", port_xml(80, other))),
            document(host_xml("10.0.0.1", extra=extra(other, 1, which("80"))), tcp="80"),
            document(host_xml("10.0.0.1", port_xml(81, "open")), tcp="81"),
        ]
        for order in itertools.permutations(scans):
            host = host_of(*order)
            assert host.tcp(80).state == one
            assert len(host.tcp(80).evidence) == 3


def test_a_port_that_is_in_one_file_twice_counts_as_its_worst():
    twice = host_xml("10.0.0.1", port_xml(80, "closed"), port_xml(80, "open"), port_xml(80, "filtered"))

    assert host_of(document(twice)).tcp(80).state == "open"


def test_what_was_identified_beats_the_usual_name_and_results_of_both_scans_are_kept():
    probed = port_xml(80, "open", inside=service(name="telnet", method="probed") + '<script id="a" output="1"/>')
    usual = port_xml(
        80, "open", inside=service(name="http", product="x", method="table") + '<script id="b" output="2"/>'
    )
    one, other = loaded(document(host_xml("10.0.0.1", probed))), loaded(document(host_xml("10.0.0.1", usual)))

    [host], _ = facts(one, other)

    port = host.tcp(80)
    assert port.service.identified_as("telnet")
    assert [script.id for script in port.scripts] == ["a", "b"]
    assert port.evidence == tuple(sorted({one.id, other.id}))
    assert port.script("a").evidence == (one.id,)


PORT = st.builds(
    lambda number, state, name, method, output: port_xml(
        number,
        state,
        inside=service(name=name, method=method) + (f'<script id="s" output="{output}"/>' if output else ""),
    ),
    st.integers(20, 24),
    st.sampled_from(list(STATES)),
    st.sampled_from(["ssh", "telnet"]),
    st.sampled_from(["table", "probed"]),
    st.sampled_from(["", "x", "y"]),
)
GROUPS = st.sampled_from(
    ["", *(extra(state, 3, which("20-22")) for state in STATES), extra("closed", 2) + extra("filtered", 3)]
)
HOST_XML = st.builds(
    lambda address, ports, groups, mac, reason: host_xml(address, *ports, extra=groups, mac=mac, reason=reason),
    st.sampled_from(["10.0.0.1", "10.0.0.2", "2001:db8::1"]),
    st.lists(PORT, max_size=3),
    GROUPS,
    st.sampled_from(["", "02:00:00:00:00:01", "02:00:00:00:00:02"]),
    st.sampled_from(["reset", "user-set"]),
)
SCANS = st.lists(st.lists(HOST_XML, max_size=3).map(lambda hosts: loaded(document(*hosts, tcp="20-24"))), max_size=4)


@settings(max_examples=150, deadline=None)
@given(SCANS, st.randoms(use_true_random=False))
def test_the_order_that_evidence_comes_in_never_matters(scans, chance):
    shuffled = [*scans, *scans[:1]]
    chance.shuffle(shuffled)
    read = NmapCollector().read

    def encoded(records):
        return sorted(msgspec.json.encode(fact) for fact in read(records, Scope.of_files()))

    assert encoded(shuffled) == encoded(scans)


RANK = {state: rank for rank, state in enumerate([*STATES, "not-asked"])}


@settings(max_examples=150, deadline=None)
@given(SCANS, st.data())
def test_taking_evidence_away_never_makes_an_answer_worse_than_it_was_nor_closes_an_open_port(scans, data):
    fewer = [scan for scan in scans if data.draw(st.booleans())]
    before = {host.address: host for host in facts(*scans)[0]}

    for host in facts(*fewer)[0]:
        assert host.address in before
        for number in range(19, 26):
            assert RANK[host.tcp(number).state] >= RANK[before[host.address].tcp(number).state]


@settings(max_examples=100, deadline=None)
@given(st.lists(PORT, max_size=4), st.lists(PORT, max_size=3))
def test_a_scan_without_some_ports_says_nothing_of_them(kept, taken):
    fewer = host_xml("10.0.0.1", *kept, port_xml(99, "closed"))
    numbers = {int(port.split('portid="')[1].split('"')[0]) for port in kept}

    host = host_of(document(fewer))

    for port in taken:
        number = int(port.split('portid="')[1].split('"')[0])
        if number not in numbers:
            assert host.tcp(number).state == "not-asked"


def test_reading_is_the_same_whatever_the_size_of_the_pieces_that_the_parser_is_fed():
    many = document(*(host_xml(f"10.0.{n >> 8}.{n & 255}", port_xml(22, "open")) for n in range(3000)))

    hosts, spots = facts(loaded(many))

    assert len(hosts) == 3000
    assert all(isinstance(host, Host) and host.tcp(22).state == "open" for host in hosts)
    assert spots == []


# ── answers that are none ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["fin", "null", "xmas", "maimon", "window", "ack"])
def test_a_scan_without_syn_closes_no_port(kind):
    payload = document(host_xml("10.0.0.1", port_xml(23, "closed"), extra=extra("closed", 1)), tcp="22-23")

    host = host_of(payload.replace(b'type="x"', f'type="{kind}"'.encode()))

    assert {host.tcp(22).state, host.tcp(23).state} == {"closed|filtered"}
    assert host_of(payload.replace(b'type="x"', b'type="syn"')).tcp(22).state == "closed"


def test_a_script_was_asked_only_where_the_port_was_open_to_it():
    run = document(host_xml("10.0.0.1", port_xml(443, "filtered")), tcp="443", args="nmap --script sslv2 x")
    other = document(host_xml("10.0.0.1", port_xml(443, "open")), tcp="443")

    assert host_of(run, other).tcp(443).script("sslv2").why == "not-asked"


def test_a_host_without_a_status_is_not_lost():
    masscan = '<host><address addr="10.0.0.1" addrtype="ipv4"/><ports>' + port_xml(23, "open") + "</ports></host>"

    assert host_of(document(masscan)).tcp(23).state == "open"


def test_what_each_of_two_scans_identified_is_kept():
    services = [service(name=name, method="probed") for name in ("telnet", "ssh", "tcpwrapped")]
    scans = [document(host_xml("10.0.0.1", port_xml(23, "open", inside=each))) for each in services]

    for order in itertools.permutations(scans):
        port = host_of(*order).tcp(23)
        assert {each.name for each in (port.service, *port.others)} == {"telnet", "ssh"}
