from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from lab.scans import document, facts, host_xml, loaded, port_xml

from posture.collectors.nmap import NmapCollector
from posture.errors import PostureError
from posture.model import AskedNmap

ONE = host_xml("10.0.0.1", port_xml(23, "open"))
TWO = host_xml("10.0.0.2", port_xml(80, "open"))


def asked(args: str, **more: object) -> AskedNmap:
    return loaded(document(ONE, args=args, **more)).envelope.asked


@pytest.mark.parametrize(
    "head",
    [
        b'<?xml version="1.0"?><nmaprun',
        b"\xef\xbb\xbf<?xml",
        b"\n <!DOCTYPE nmaprun>",
        b"<nmaprun ",
        "<?xml".encode("utf-16"),
        "\ufeff<?xml".encode("utf-16-be"),
    ],
)
def test_nmaps_xml_is_known_by_its_content(head):
    assert NmapCollector().sniff(head, "whatever.txt")


@pytest.mark.parametrize("head", [b"", b"dn: dc=example", b"1.3.6.1.2.1.1.1.0|4|Linux", b"<html>", b"\xff\xfe"])
def test_other_files_are_left_to_others(head):
    assert not NmapCollector().sniff(head, "scan.xml")


def test_only_what_the_file_states_was_asked():
    both = document(ONE, infos=[("tcp", "22-25,80"), ("tcp", "443"), ("udp", "161"), ("ip", "1-255")])

    envelope = loaded(both, "C:\\scans\\ward.xml").envelope

    assert envelope.asked == AskedNmap(tcp="22-25,80,443", udp="161")
    assert envelope.started == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert envelope.ended == datetime(2023, 11, 14, 22, 15, tzinfo=UTC)
    assert (envelope.probe, envelope.operator, envelope.vantage, envelope.zone) == (None, None, None, None)
    assert (envelope.tool.version, envelope.source.name) == ("7.93", "ward.xml")


@pytest.mark.parametrize(
    ("args", "version"),
    [("nmap -sV 10.0.0.1", True), ("nmap -sSV x", True), ("nmap -A x", True), ("nmap -sS -PA80 -v x", False)],
)
def test_versions_were_asked_only_where_the_command_line_says_so(args, version):
    assert asked(args).version is version


@pytest.mark.parametrize(
    ("args", "scripts"),
    [
        ("nmap --script ssl-cert,smb-protocols x", ("smb-protocols", "ssl-cert")),
        ("nmap -&#45;script=+http-title.nse x", ("http-title",)),
        ("nmap --script default,safe,ssl-cert x", ("ssl-cert",)),
        ("nmap --script &quot;http-* and not brute&quot; x", ()),
        ("nmap -sC x", ()),
        ("nmap --script &quot;ssl-cert, ssh-hostkey&quot; x", ("ssh-hostkey", "ssl-cert")),
    ],
)
def test_scripts_were_asked_only_where_they_are_named(args, scripts):
    assert asked(args).scripts == scripts


def test_the_same_file_is_the_same_evidence_and_another_file_is_not():
    assert loaded(document(ONE)).id == loaded(document(ONE)).id
    assert loaded(document(ONE)).id != loaded(document(TWO)).id


@pytest.mark.parametrize(
    "args",
    [
        "nmap -&#45;script-args &quot;smbpassword=S3cret,x=y z&quot; -sV 10.0.0.1",
        "nmap -&#45;script-args=user=a,pass=S3cret -sV 10.0.0.1",
        "nmap --script-args pass=S3cret -sV 10.0.0.1",
        "nmap --script-args pass=a S3cret -sV",
        "nmap -&#45;script-args &quot;x=\\&quot;S3cret\\&quot;&quot; -sV 10.0.0.1",
        "nmap --proxies http://user:S3cret@proxy:80 -sV 10.0.0.1",
    ],
)
def test_a_password_on_nmaps_command_line_is_not_kept(args):
    comment = args.replace("--", "-&#45;")  # as nmap has to write it in one
    payload = document(ONE, args=args).replace(b"<nmaprun", f"<!-- as: {comment} -->\n<nmaprun".encode(), 1)

    for evidence in (loaded(payload), loaded(payload.decode().encode("utf-16"))):
        assert b"S3cret" not in evidence.payload.replace(b"\0", b"")
        assert "S3cret" not in repr(evidence.envelope)
        assert evidence.envelope.masked
        assert evidence.envelope.asked.version
        [host], _ = facts(evidence)
        assert host.tcp(23).state == "open"


def test_what_powershell_redirects_is_read():
    payload = document(ONE).decode().encode("utf-16")

    [host], spots = facts(loaded(payload))

    assert host.tcp(23).state == "open"
    assert spots == []


def test_a_file_cut_anywhere_keeps_its_finished_hosts_and_is_partial():
    whole = document(ONE, TWO, tcp="23,80")
    start, first, second = whole.index(b"start="), whole.index(b"</host>") + 7, whole.rindex(b"</host>") + 7

    for at in range(whole.index(b">", start) + 1, len(whole) - len(b"</nmaprun>")):
        evidence = loaded(whole[:at])
        hosts, spots = facts(evidence)
        assert evidence.envelope.outcome == "partial"
        assert "line" in evidence.envelope.problem
        assert [host.address for host in hosts] == ["10.0.0.1", "10.0.0.2"][: (at >= first) + (at >= second)]
        assert any("line" in spot.why for spot in spots)


def test_a_scan_that_nmap_itself_gave_up_is_partial():
    end = '<runstats><finished time="1" exit="error" errormsg="no memory"/></runstats></nmaprun>'

    envelope = loaded(document(ONE, end=end)).envelope

    assert envelope.outcome == "partial"
    assert "no memory" in envelope.problem


def test_hosts_before_a_broken_place_are_kept():
    evidence = loaded(document(ONE, "<host><oops></host>", TWO))
    hosts, _ = facts(evidence)

    assert "can't be read on at line" in evidence.envelope.problem
    assert [host.address for host in hosts] == ["10.0.0.1"]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "no element found"),
        (b"<?xml version='1.0'?>\n<NessusClientData_v2/>", "NessusClientData_v2"),
        (b"<?xml version='1.0'?>\n\n  <nmaprun scanner=>", "line 3, column 20"),
        (b"<!DOCTYPE html><html/>", "html"),
        (b"\x00\x01\x02", "line 1, column 1"),
    ],
)
def test_what_is_not_nmaps_is_one_clear_error_with_its_place(payload, words):
    with pytest.raises(PostureError) as caught:
        loaded(payload, "ward.xml")

    assert str(caught.value).startswith("ward.xml: ")
    assert words in str(caught.value)


# ── hostile files ────────────────────────────────────────────────────────────────────────────────────────────────

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE nmaprun [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE nmaprun [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE nmaprun [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]>',
        "<!DOCTYPE nmaprun [<!ELEMENT nmaprun ANY>]>",
    ],
)
def test_declarations_are_refused_before_anything_is_read(doctype):
    payload = f"<?xml version='1.0'?>{doctype}<nmaprun args='&l11;&x;'/>".encode()

    with pytest.raises(PostureError, match=r"document type|entities"):
        loaded(payload)


def test_a_document_type_elsewhere_is_named_and_never_fetched():
    payload = document(ONE).replace(
        b"<!DOCTYPE nmaprun>", b'<!DOCTYPE nmaprun PUBLIC "x" "http://127.0.0.1:1/nmap.dtd">'
    )

    [host], _ = facts(loaded(payload))

    assert host.tcp(23).state == "open"


def test_an_undeclared_entity_ends_the_reading():
    assert loaded(document(ONE, "<host>&x;</host>")).envelope.outcome == "partial"


@pytest.mark.parametrize("name", ["x", "table", "host", "script", "elem", "cpe", "port"])
def test_endless_nesting_is_refused(name):
    evidence = loaded(document(ONE, f"<{name}>" * 200_000))
    hosts, _ = facts(evidence)

    assert "nested" in evidence.envelope.problem
    assert [host.address for host in hosts] == ["10.0.0.1"]


def test_tables_that_unfold_to_far_more_text_than_they_hold_are_refused():
    deep = f'<table key="{"k" * 200}">' * 40
    bomb = f'<script id="x" output="">{deep}{"<elem/>" * 50_000}{"</table>" * 40}</script>'
    payload = document(ONE, host_xml("10.0.0.9", port_xml(80, "open", inside=bomb)))

    hosts, spots = facts(loaded(payload))

    assert [host.address for host in hosts] == ["10.0.0.1"]
    assert any("unfold" in spot.why for spot in spots)


@pytest.mark.parametrize(
    "piece",
    [
        f"<scaninfo protocol='tcp' services='{'9' * 100_000}'/>",
        f"<scaninfo protocol='tcp' services='{','.join('1' for _ in range(200_000))}'/>",
        f"<finished time='{'9' * 10_000}'/>",
        host_xml("10.0.0.2", f"<port protocol='tcp' portid='{'1' * 50_000}'><state state='open'/></port>"),
        host_xml("10.0.0.2", extra=f"<extraports state='closed' count='{'7' * 50_000}'/>"),
        host_xml("10.0.0.2", *[port_xml(80, "open") for _ in range(20_000)]),
        "<state state='open'/>" * 100_000,
        f"<hostname name='{'x' * 1_000_000}'/>",
        "<script id='x' output='y'/>" * 50_000,
    ],
)
def test_absurd_values_are_harmless_and_quickly_over(piece):
    began = time.process_time()

    hosts, _ = facts(loaded(document(ONE, piece)))

    assert hosts[0].tcp(23).state == "open"
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    "head", ["--script-args=&quot;" * 20_000, "--script-args " * 30_000, "script-args" + " " * 400_000]
)
def test_looking_for_passwords_is_not_slow_either(head):
    began = time.process_time()

    loaded(document(ONE, args=head))

    assert time.process_time() - began < 3


def test_a_scan_without_its_command_line_is_read():
    assert loaded(document(ONE, args="")).envelope.tool.command == ()


@pytest.mark.parametrize("encoding", ["hex", "UTF-9", "utf-7", "shift_jis"])
def test_an_encoding_that_can_not_be_read_is_one_clear_error(encoding):
    payload = f'<?xml version="1.0" encoding="{encoding}"?><nmaprun/>'.encode()

    with pytest.raises(PostureError, match=r"encoding that can't be read \(line 1"):
        list(NmapCollector().load(payload, "scan.xml", "0"))
