"""What a Nessus v2 file says that a scan by nmap would say too."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from lab.scans import document, host_xml, port_xml

from posture.collectors.nmap import NmapCollector
from posture.collectors.nmap.nessus import Item, state_of
from posture.errors import PostureError
from posture.facts import BlindSpot, Host, Missing, Port
from posture.judge import judge
from posture.model import AskedNmap, Evidence, Outcome
from posture.registry import load_checks
from posture.scope import Scope
from posture.testing import AS_OF

RECORDED = Path(__file__).parents[2] / "data" / "nessus" / "metasploitable.nessus"
SCOPE = Scope.of_files()
CHECKS = [check for check in load_checks().by_id.values() if check.kind == "Host"]


def item(
    plugin: int, port: int = 0, output: str = "", *, kind: str = "remote", protocol: str = "tcp", **more: object
) -> str:
    more = {"severity": 0, "svc_name": "general", "pluginName": "A plugin", **more}
    cves = "".join(f"<cve>{cve}</cve>" for cve in more.pop("cves", ()))
    about = escape(str(more.pop("description", "")))
    attributes = " ".join(f"{key}={quoteattr(str(value))}" for key, value in more.items())
    return (
        f'<ReportItem port="{port}" protocol="{protocol}" pluginID="{plugin}" {attributes}>{cves}'
        f"<description>{about}</description><plugin_type>{kind}</plugin_type>"
        f"<plugin_output>{escape(output)}</plugin_output></ReportItem>"
    )


def report(*items: str, address: str = "10.0.0.1", tags: str = "", port_range: str = "default") -> bytes:
    return (
        '<?xml version="1.0" ?>\n<NessusClientData_v2><Policy><Preferences><ServerPreferences>'
        f"<preference><name>port_range</name><value>{port_range}</value></preference>"
        "<preference><name>SSH password</name><value>hunter2</value></preference>"
        '</ServerPreferences></Preferences></Policy><Report name="x">'
        f'<ReportHost name="{address}"><HostProperties><tag name="host-ip">{address}</tag>{tags}</HostProperties>'
        f"{''.join(items)}</ReportHost></Report></NessusClientData_v2>"
    ).encode()


def loaded(payload: bytes) -> Evidence:
    [evidence] = NmapCollector().load(payload, "ward.nessus", "0" * 64)
    return evidence


def hosts(*payloads: bytes) -> list[Host]:
    records = [evidence for each in payloads for evidence in NmapCollector().load(each, "x", "0" * 64)]
    return [fact for fact in NmapCollector().read(records, SCOPE) if isinstance(fact, Host)]


def port(number: int, *items: str, protocol: str = "tcp") -> Port:
    [host] = hosts(report(item(11219, 9), *items))
    return host.port(protocol, number)


def open_port(number: int = 80, **more: object) -> str:
    return item(11219, number, **more)


# ── a recording ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_recorded_scan_gives_the_host_its_names_and_what_answers():
    [host] = hosts(RECORDED.read_bytes())

    assert (host.address, host.mac, host.names) == ("10.0.0.1", "08:00:27:8f:c3:b3", ("METASPLOITABLE", "hostname"))
    names = {each.number: each.service.name for each in host.open() if each.service.identified}
    assert names == {21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 80: "http", 2121: "ftp", 5900: "vnc", 8180: "http"}
    assert host.tcp(445).service.method == "table"
    assert host.tcp(43823).state == "open|filtered"  # only the RPC directory names it
    assert host.tcp(3389).state == "not-asked"
    [facts] = [script for script in host.scripts if script.id == "nessus-host"]
    assert facts.value("operating-system") == "Linux Kernel 2.6 on Ubuntu 8.04 (hardy)"
    assert (facts.value("feed"), facts.value("credentialed")) == ("2014-03-20", "no")


def test_a_recorded_result_has_its_cves_and_how_sure_it_is():
    [host] = hosts(RECORDED.read_bytes())

    httponly = host.tcp(80).script("nessus-57792")
    assert (httponly.value("cve/0"), httponly.value("state")) == ("CVE-2012-0053", "VULNERABLE")
    assert (httponly.value("plugin_type"), httponly.value("feed")) == ("remote", "2014-03-20")


def test_the_evidence_of_a_recorded_scan_is_a_nessus_file_of_the_same_host():
    evidence = loaded(RECORDED.read_bytes())
    again = loaded(evidence.payload)

    assert evidence.envelope.format == "nessus-v2"
    assert (evidence.envelope.tool.name, evidence.envelope.tool.version) == ("nessus", "5.2.5")
    assert evidence.envelope.asked == AskedNmap()  # `default` is a list that the file does not hold
    assert evidence.intact()
    assert again.payload == evidence.payload


def test_telnet_and_ftp_of_a_recorded_scan_fail_and_what_was_not_asked_is_unknown():
    found = {
        observation.check: observation.outcome
        for observation in judge(hosts(RECORDED.read_bytes()), (), CHECKS, SCOPE, AS_OF)
    }

    assert found["telnet-offered"] is Outcome.FAIL
    assert found["smb-signing-not-required"] is Outcome.FAIL
    assert found["smb1-offered"] is Outcome.UNKNOWN
    assert Outcome.PASS not in found.values()


# ── ports ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (item(11219, 80), "open"),
        (item(10335, 80), "open"),
        (item(22964, 80), "open"),
        (item(10107, 80), "open"),
        (item(14272, 80, kind="local"), "open|filtered"),
        (item(34220, 80, kind="local"), "open|filtered"),
        (item(14272, 80, kind="remote"), "open|filtered"),
        (item(11111, 80), "open|filtered"),
        (item(10736, 80), "open|filtered"),
        (item(12345, 80, kind=""), "open|filtered"),
        (item(11219, 443), "not-asked"),
        (item(11219, 80, protocol="icmp"), "not-asked"),
    ],
)
def test_a_port_is_open_only_where_something_answered_over_the_network(said, state):
    assert port(80, said).state == state


def test_silence_of_udp_is_no_open_port():
    assert port(161, item(34277, 161, protocol="udp"), protocol="udp").state == "open|filtered"


def test_no_port_is_closed_whatever_range_was_scanned():
    evidence = loaded(report(open_port(), port_range="1-65535"))
    [host] = hosts(report(open_port(), port_range="1-65535"))

    assert evidence.envelope.asked == AskedNmap(tcp="1-65535")
    assert host.tcp(23).state == "not-asked"
    assert host.collapsed == ()


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        (["A web server is running on this port."], ("http", "probed", "")),
        (["A web server is running on this port through TLSv1.2."], ("http", "probed", "ssl")),
        (["A TLSv1.2 server answered on this port."], ("ssl", "probed", "ssl")),
        (
            ["A TLSv1 server answered on this port.", "A web server is running on this port through TLSv1."],
            ("http", "probed", "ssl"),
        ),
        (["A web server is running on this port.", "An SSH server is running on this port."], ("http", "table", "")),
        (["A TLSv1 server answered on this port.", "A web server is running on this port."], ("http", "table", "")),
        (["A redis server is running on this port."], ("http", "table", "")),
        (["An IRC server seems to be running on this port."], ("http", "table", "")),
        ([], ("http", "table", "")),
    ],
)
def test_a_service_is_identified_only_by_service_detections_own_words(outputs, expected):
    said = [item(22964, 80, output, svc_name="www") for output in outputs] or [open_port(svc_name="www?")]

    service = port(80, *said).service

    assert (service.name, service.method, service.tunnel) == expected


def test_a_web_server_that_speaks_tls_too_is_not_one_in_the_clear():
    tls = item(56984, 80, "This port supports TLSv1.0.")

    assert (
        port(80, item(22964, 80, "A web server is running on this port.", svc_name="www"), tls).service.method
        == "table"
    )


# ── results ──────────────────────────────────────────────────────────────────────────────────────────────────────

ADMITS = "Nessus has not tested for this issue but has relied only on the application's self-reported version number."


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"kind": "remote", "output": "Sent: 00 Got: STATUS_INSUFF_SERVER_RESOURCES"}, "VULNERABLE"),
        ({"kind": "remote", "output": "Got it", "description": ADMITS}, "version-only"),
        ({"kind": "remote", "output": "  Installed version : 2.2.8\n  Fixed version : 2.2.20"}, "version-only"),
        ({"kind": "remote", "output": "Version source : Server: Apache/2.2.8"}, "version-only"),
        (
            {"kind": "local", "output": "Remote package installed : openssl-1.0\nShould be : openssl-1.1"},
            "version-only",
        ),
        ({"kind": "local", "output": "KB5012170 is missing"}, "unconfirmed"),
        ({"kind": "remote", "output": ""}, "unconfirmed"),
        ({"kind": "", "output": "Got it"}, "unconfirmed"),
        ({"kind": "remote", "output": "Got it", "severity": 0}, ""),
    ],
)
def test_a_result_is_vulnerable_only_where_the_plugin_confirmed_it(said, state):
    given = {"port": 80, "protocol": "tcp", "service": "www", "plugin": 1, "name": "x", "severity": 3, **said}

    assert state_of(Item(**given)) == state
    output, kind = str(said["output"]), str(said["kind"])
    more = {key: value for key, value in said.items() if key in {"description", "severity"}}
    written = item(1, 80, output, kind=kind, **{"severity": 3, **more}, cves=["cve-2017-0144", "no cve"])
    script = port(80, open_port(), written).script("nessus-1")  # through the file, and its evidence
    assert (script.value("state") or "", script.value("cve/0"), script.value("cve/1")) == (state, "CVE-2017-0144", None)


def test_old_tls_by_nessus_fails_and_its_silence_passes_nothing():
    check = load_checks().by_id["tls-outdated"]

    def outcome(*more: str) -> Outcome:
        https = item(22964, 443, "A web server is running on this port through TLSv1.", svc_name="www")
        [said] = judge(hosts(report(https, *more)), (), [check], SCOPE, AS_OF)
        return said.outcome

    assert outcome(item(104743, 443, "TLSv1 is enabled", severity=2)) is Outcome.FAIL
    assert outcome() is Outcome.UNKNOWN


# ── one host by nmap and by Nessus ───────────────────────────────────────────────────────────────────────────────


def test_a_host_seen_by_nmap_and_nessus_is_one_host_and_neithers_silence_spoils_the_others_answer():
    nmap = document(host_xml("10.0.0.1", port_xml(23, "closed") + port_xml(80, "open")), infos=[("tcp", "23,80")])
    nessus = report(open_port(443), item(57792, 80, "got", severity=2, cves=["CVE-2012-0053"]))

    for order in ((nmap, nessus), (nessus, nmap)):
        [host] = hosts(*order)
        assert [host.tcp(number).state for number in (23, 80, 443, 22)] == ["closed", "open", "open", "not-asked"]
        assert host.tcp(80).script("nessus-57792").value("cve/0") == "CVE-2012-0053"
        assert len(host.evidence) == 2


def test_where_they_differ_the_worst_stands():
    nmap = document(host_xml("10.0.0.1", port_xml(23, "closed")), infos=[("tcp", "23")])

    assert hosts(nmap, report(open_port(23)))[0].tcp(23).state == "open"
    assert hosts(nmap, report(item(14272, 23, kind="local")))[0].tcp(23).state == "open|filtered"


def test_an_address_that_never_answered_is_no_host():
    scan_information = item(19506, 0, "Port range : default", kind="summary")

    assert hosts(report(scan_information)) == []
    assert len(hosts(report(scan_information, item(10180, 0, "The remote host is up")))) == 1


def test_taking_away_a_result_makes_no_verdict_good():
    good = {Outcome.PASS, Outcome.NOT_APPLICABLE}
    text = RECORDED.read_text()
    items = [f"<ReportItem{each.partition('</ReportItem>')[0]}</ReportItem>" for each in text.split("<ReportItem")[1:]]

    def verdicts(payload: str) -> dict[str, Outcome]:
        return {said.check: said.outcome for said in judge(hosts(payload.encode()), (), CHECKS, SCOPE, AS_OF)}

    before = verdicts(text)
    assert len(items) > 30
    for each in items:
        after = verdicts(text.replace(each, "", 1))
        assert {name for name, outcome in after.items() if outcome in good} <= {
            name for name, outcome in before.items() if outcome in good
        }


# ── what is kept ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_policys_credentials_and_passwords_in_results_are_not_kept():
    found = item(10000, 80, "It was possible to log in: password: s3cret! twice", severity=4)

    evidence = loaded(report(open_port(), found))

    assert b"hunter2" not in evidence.payload
    assert b"s3cret" not in evidence.payload
    assert "passwords and other secrets in plugin_output" in evidence.envelope.masked


def test_hostile_text_is_inert():
    tag = '<tag name="host-fqdn">ward&#x9b;31m\u202e.example</tag><tag name="mac-address">aa:bb:cc:00:11:22\n</tag>'
    [host] = hosts(report(open_port(), item(1, 80, "\u202e\x85=cmd()", severity=1), tags=tag))

    assert host.names == ("ward31m.example",)
    assert host.tcp(80).script("nessus-1").output == "=cmd()"
    assert host.mac == "aa:bb:cc:00:11:22"


def test_several_network_cards_identify_nothing():
    tag = '<tag name="mac-address">aa:bb:cc:00:11:22\naa:bb:cc:00:11:23</tag>'

    assert isinstance(hosts(report(open_port(), tags=tag))[0].mac, Missing)


def test_a_host_without_an_address_is_told_of():
    evidence = loaded(report(open_port(), address="ward.example"))

    assert evidence.envelope.outcome == "partial"
    assert "1 of its hosts have no address" in evidence.envelope.problem
    assert [type(fact) for fact in NmapCollector().read([evidence], SCOPE)] == [BlindSpot]


# ── hostile files ────────────────────────────────────────────────────────────────────────────────────────────────

BOMB = b"""<?xml version="1.0"?><!DOCTYPE NessusClientData_v2 [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>
<NessusClientData_v2><Report><ReportHost name="&b;"/></Report></NessusClientData_v2>"""
DEEP = b'<?xml version="1.0"?><NessusClientData_v2>' + b"<a>" * 100_000


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (BOMB, "document type"),
        (DEEP, "nested deeper"),
        (report(open_port())[:300], "not a Nessus file that can be read"),
        (b"<?xml version='1.0'?><NessusClientData_v2>\x00", "not a Nessus file that can be read"),
    ],
)
def test_a_hostile_file_gives_one_clear_error(payload, why):
    assert NmapCollector().sniff(payload[:65536], "x")
    with pytest.raises(PostureError, match=why) as caught:
        loaded(payload)
    assert caught.value.where == "ward.nessus"
    assert "line " in str(caught.value)


def test_a_file_that_breaks_off_has_its_finished_hosts():
    whole = report(open_port())
    cut = whole.replace(b"</Report>", whole[whole.index(b"<ReportHost") : whole.index(b"</ReportHost>")])

    evidence = loaded(cut)

    assert evidence.envelope.outcome == "partial"
    assert "1 host is in it" in evidence.envelope.problem
    assert [type(fact) for fact in NmapCollector().read([evidence], SCOPE)] == [BlindSpot, Host]


@pytest.mark.parametrize(
    "said",
    [
        '<ReportItem port="99999999999999999999" protocol="tcp" pluginID="1"/>',
        '<ReportItem port="-1" protocol="tcp" pluginID="1"/>',
        '<ReportItem port="70000" protocol="tcp" pluginID="1"/>',
        '<ReportItem port="23" protocol="tcp" pluginID="x"/>',
        "<ReportItem/>",
    ],
)
def test_numbers_that_are_none_are_no_ports(said):
    [host] = hosts(report(open_port(), said))

    assert [each.number for each in host.ports] == [80]


def test_a_huge_text_is_not_held_whole():
    payload = report(open_port(), item(1, 80, "x" * 5_000_000, severity=1))
    tracemalloc.start()
    evidence = loaded(payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(evidence.payload) < 50_000
    assert peak < 3_000_000


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_obstacle(encoding):
    payload = report(open_port()).decode().encode(encoding)

    assert NmapCollector().sniff(payload[:65536], "x")
    assert len(hosts(payload)) == 1


def test_order_of_results_makes_no_difference():
    items = [
        item(22964, 80, "A web server is running on this port."),
        open_port(svc_name="www"),
        item(9, 80, "x", severity=2),
    ]
    seen = [hosts(report(*order))[0].tcp(80) for order in (items, items[::-1])]

    assert seen[0].service == seen[1].service
    assert [(each.id, each.output, each.values) for each in seen[0].scripts] == [
        (each.id, each.output, each.values) for each in seen[1].scripts
    ]
