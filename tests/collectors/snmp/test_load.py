"""Files: snmprec and what snmpwalk prints, good, bad and hostile."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from posture.collectors.snmp import SnmpCollector
from posture.collectors.snmp.mibs import oid
from posture.collectors.snmp.snmprec import LONGEST_LINE, Row, encode, rows
from posture.errors import PostureError
from posture.facts import Device, Missing
from posture.scope import Scope

PUBLIC = Path(__file__).parents[2] / "data" / "snmp" / "public"
COLLECTOR = SnmpCollector()
HEAD = ".1.3.6.1.2.1.1.1.0 = "


def load(payload: bytes | str, name="device.snmprec"):
    data = payload.encode() if isinstance(payload, str) else payload
    (record,) = COLLECTOR.load(data, name, hashlib.sha256(data).hexdigest())
    return record


def device(payload, name="device.snmprec") -> Device:
    (fact,) = COLLECTOR.read([load(payload, name)], Scope.of_files())
    assert isinstance(fact, Device)
    return fact


def value(text: str):
    """(tag, value) of one object as snmpwalk prints it."""
    (row,) = rows(load(f"{HEAD}{text}\n", "x.walk").payload)
    return row.tag, row.value


@pytest.mark.parametrize(
    ("text", "tag", "expected"),
    [
        ('STRING: "Linux vm"', 4, b"Linux vm"),
        ("STRING: Linux vm", 4, b"Linux vm"),
        ('STRING: "say \\"aah\\" \\\\o/"', 4, b'say "aah" \\o/'),
        ('STRING: "two\nlines"', 4, b"two\nlines"),
        ('STRING: "two\n.1.3.6.1.2.1.1.5.0 = STRING: \\"not an object\\""', 4,
         b'two\n.1.3.6.1.2.1.1.5.0 = STRING: "not an object"'),
        ("STRING: two\nlines", 4, b"two\nlines"),
        ("STRING: 0:1e:6:7f:a:bc", 4, bytes.fromhex("001e067f0abc")),
        ("STRING:", 4, b""),
        ('""', 4, b""),
        ("Hex-STRING: 80 00 1F 88 ", 4, bytes.fromhex("80001f88")),
        ("Hex-STRING: 80 00 \n1F 88 \n", 4, bytes.fromhex("80001f88")),
        ("Hex-STRING: 00 C0 FF  [...]", 4, bytes.fromhex("00c0ff")),
        ("BITS: 5B 00 clear(1) set(3)", 4, bytes.fromhex("5b00")),
        ("INTEGER: 6", 2, 6),
        ("INTEGER: -6", 2, -6),
        ("INTEGER: up(1)", 2, 1),
        ("INTEGER: 60 seconds", 2, 60),
        ("INTEGER: 12.34", 2, 1234),
        ("Counter32: 4294967295", 65, 2**32 - 1),
        ("Counter64: 18446744073709551615", 70, 2**64 - 1),
        ("Gauge32: 100 percent", 66, 100),
        ("Unsigned32: 5", 66, 5),
        ("Timeticks: (97) 0:00:00.97", 67, 97),
        ("121722922", 67, 121722922),
        ("OID: .1.3.6.1.4.1.318.1.3.27", 6, oid("1.3.6.1.4.1.318.1.3.27")),
        ("OID: iso.3.6.1", 6, (1, 3, 6, 1)),
        ("OID: ccitt.0", 6, (0, 0)),
        ("IpAddress: 10.0.0.1", 64, bytes((10, 0, 0, 1))),
        ("Network Address: 0A:00:00:01", 64, bytes((10, 0, 0, 1))),
        ("Opaque: Float: 1.500000", 68, bytes.fromhex("9f78043fc00000")),
        ("Opaque: UInt64: 255", 68, bytes.fromhex("9f7b01ff")),
        ('Wrong Type (should be INTEGER): STRING: "x"', 4, b"x"),
        ("Wrong Type (should be Gauge32 or Unsigned32): INTEGER: 5", 2, 5),
        ("NULL", 5, b""),
    ],
)  # fmt: skip
def test_every_kind_of_value_that_snmpwalk_prints(text, tag, expected):
    assert value(text) == (tag, expected)


@pytest.mark.parametrize(
    "text",
    [
        "No Such Object available on this agent at this OID",
        "No Such Instance currently exists at this OID",
        "No more variables left in this MIB View (It is past the end of the MIB tree)",
    ],
)
def test_no_object_is_no_row(text):
    assert load(f"{HEAD}{text}\n", "x.walk").payload == b""


def test_windows_line_ends_and_the_iso_prefix():
    record = load('iso.3.6.1.2.1.1.5.0 = STRING: "ward"\r\niso.3.6.1.2.1.1.6.0 = Hex-STRING: 41 \r\n42 \r\n', "x.txt")
    assert [row.value for row in rows(record.payload)] == [b"ward", b"AB"]


def test_a_walk_that_ended_early_is_partial_and_says_so():
    record = load(f'{HEAD}STRING: "x"\nTimeout: No Response from 10.0.0.1\n', "x.walk")
    assert record.envelope.outcome == "partial"
    assert "Timeout: No Response" in record.envelope.problem


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (f"{HEAD}INTEGER: many\n", 1, "expected a value of the type INTEGER"),
        (f"{HEAD}STRING: x\n{HEAD}Sausage: 5\n", 2, "expected a type such as STRING: or INTEGER:"),
        (f"{HEAD}Hex-STRING: 00 GG\n", 1, "expected pairs of hexadecimal digits"),
        (f"{HEAD}INTEGER: 5\nIF-MIB::ifDescr.1 = STRING: lo\n", 2, "as snmpwalk -On prints it"),
        ("SNMPv2-MIB::sysDescr.0 = STRING: Linux\n", 1, "as snmpwalk -On prints it"),
        (f"{HEAD}IpAddress: 10.0.0.999\n", 1, "expected a value of the type IpAddress"),
        (f"{HEAD}OID: SNMPv2-SMI::enterprises.9\n", 1, "expected a numeric OID"),
        (".1.3.99999999999 = INTEGER: 1\n", 1, "expected an object identifier"),
        ("1.3.6.1.2.1.1.1.0|4|x\n1.3.6.1|4\n", 2, "expected OID|TAG|VALUE"),
        ("1.3.6.1.2.1.1.1.0|4|x\n1.3.x.1|4|y\n", 2, "expected an object identifier"),
        ("1.3.6.1.2.1.1.1.0|4|x\n1.3.6.1|77|y\n", 2, "expected a tag of SNMP"),
        ("1.3.6.1.2.1.1.1.0|4|x\n1.3.6.1|67|soon\n", 2, "expected an integer for tag 67"),
        ("1.3.6.1.2.1.1.1.0|4|x\n1.3.6.1|4x|0g\n", 2, "expected hexadecimal digits"),
        ("1.3.6.1.2.1.1.1.0|4|x\n1.3.6.1|64|1.2.3\n", 2, "expected an IPv4 address"),
        ("1.3.6.1.2.1.1.1.0|4|" + "x" * (LONGEST_LINE + 1), 1, "expected lines of at most"),
    ],
)
def test_a_bad_line_is_one_error_with_its_place_and_the_mend(text, line, expected):
    with pytest.raises(PostureError) as caught:
        load(text, "folder/ward.walk")
    assert caught.value.where == f"ward.walk:{line}"
    assert expected in caught.value.what
    assert caught.value.mend


def test_snmprec_is_kept_byte_for_byte():
    text = "# recorded at night\n.1.3.6.1.2.1.1.5.0|4x|77617264\r\n\n1.3.6.1.2.1.1.3.0|67|100\n"
    record = load(text)
    assert record.payload == text.encode()
    assert record.envelope.source.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert record.envelope.asked is None
    assert device(text).system_name == "ward"


def test_variation_modules_are_not_run():
    text = "1.3.6.1.2.1.1.5.0|4:writecache|ward\n1.3.6.1.2.1.1.6.0|4:subprocess|value=rm -rf\n"
    record = load(text)
    assert (record.envelope.outcome, "1 values are computed" in record.envelope.problem) == ("partial", True)
    assert device(text).system_name == "ward"
    assert device(text).location == Missing("not-asked")


@pytest.mark.parametrize(
    ("name", "targets"),
    [
        ("10.0.0.5.snmprec", ("10.0.0.5",)),
        ("walks/10.0.0.5.snmprec.gz", ("10.0.0.5",)),
        ("C:\\walks\\10.0.0.5.walk", ("10.0.0.5",)),
        ("10.0.0.5", ("10.0.0.5",)),
        ("fd00::5.snmpwalk", ("fd00::5",)),
        ("public.snmprec", ()),
        ("../../etc/passwd.snmprec", ()),
    ],
)
def test_a_file_named_after_an_address_is_of_that_device(name, targets):
    record = load("1.3.6.1.2.1.1.5.0|4|ward\n", name)
    assert record.envelope.targets == targets
    assert "/" not in record.envelope.source.name


@pytest.mark.parametrize(
    ("head", "is_ours"),
    [
        (b"1.3.6.1.2.1.1.1.0|4|x", True),
        (b"# comment\n\n.1.3.6.1.2.1.1.1.0|2:numeric|x=1", True),
        (b".1.3.6.1.2.1.1.1.0 = STRING: x", True),
        (b"iso.3.6.1.2.1.1.1.0 = STRING: x", True),
        (b"SNMPv2-MIB::sysDescr.0 = STRING: x", True),
        (b"<?xml version='1.0'?>", False),
        (b"dn: dc=hosp,dc=example", False),
        (b"1.3.6.1 is an OID", False),
        (b"", False),
        (b"\x1f\x8b\x08\x00", False),
        (b"\n" * 100 + b"1.3.6.1.2.1.1.1.0|4|x", False),
    ],
)
def test_sniffing(head, is_ours):
    assert COLLECTOR.sniff(head, "a.txt") is is_ours


def test_communities_in_a_file_are_masked_and_listed():
    text = (
        "1.3.6.1.2.1.1.5.0|4|ward\n"
        "1.3.6.1.4.1.9.9.1.0|4|sesame\n"
        "1.3.6.1.6.3.12.1.3.1.3.97|2|2\n"
        "1.3.6.1.6.3.12.1.3.1.4.97|4|trapword\n"
        "1.3.6.1.6.3.16.1.2.1.3.2.6.115.101.115.97.109.101|4|sesame\n"
        "1.3.6.1.6.3.16.1.2.1.5.2.6.115.101.115.97.109.101|2|1\n"
        "1.3.6.1.6.3.16.1.4.1.6.6.115.101.115.97.109.101.0.2.1|4|all\n"
        "1.3.6.1.6.3.16.1.5.2.1.4.3.97.108.108.2.1.3|2|1\n"
        "1.3.6.1.6.3.18.1.1.1.2.115.101.115.97.109.101|4|sesame\n"
        "1.3.6.1.6.3.18.1.1.1.3.115.101.115.97.109.101|4x|736573616d65\n"
    )
    record = load(text)
    for hidden in (b"sesame", b"736573616d65", b"115.101.115.97.109.101", b"trapword"):
        assert hidden not in record.payload
    assert record.payload.startswith(b"1.3.6.1.2.1.1.5.0|4|ward\n")
    assert record.envelope.masked == (
        "1.3.6.1.4.1.9.9.1.0",
        "1.3.6.1.6.3.12.1.3.1.4",
        "1.3.6.1.6.3.16.1.2.1.3",
        "1.3.6.1.6.3.16.1.2.1.5",
        "1.3.6.1.6.3.16.1.4.1.6",
        "1.3.6.1.6.3.18.1.1.1.2",
        "1.3.6.1.6.3.18.1.1.1.3",
    )
    assert device(text).writable_views == ("all",)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("snmp-server community sesame RO", "snmp-server community {masked} RO"),
        ("set snmp community read-only sesame", "set snmp community read-only {masked}"),
        ("desk, community string: sesame", "desk, community string: {masked}"),
        ("desk, password: open,sesame", "desk, password: {masked;type=password}"),
        ("community hospital of Riverside", "community hospital of Riverside"),
        ("pass the ward", "pass the ward"),
    ],
)
@pytest.mark.parametrize("hexadecimal", [False, True])
def test_a_secret_in_a_devices_own_words_is_masked(said: str, kept: str, hexadecimal: bool):
    line = f"1.3.6.1.2.1.1.4.0|4x|{said.encode().hex()}\n" if hexadecimal else f"1.3.6.1.2.1.1.4.0|4|{said}\n"

    record = load(line)

    assert [row.value for row in rows(record.payload)] == [kept.encode()]
    assert record.envelope.masked == (() if said == kept else ("1.3.6.1.2.1.1.4.0",))
    assert load(record.payload).payload == record.payload, "masking twice changes nothing"


def test_the_security_names_of_users_are_not_masked():
    text = "1.3.6.1.6.3.16.1.2.1.3.3.2.99.49|4|group\n"
    assert load(text).payload == text.encode()


@pytest.mark.parametrize("file", sorted(PUBLIC.glob("*.snm*")), ids=lambda file: file.name)
def test_files_that_others_recorded(file):
    expected = {
        "aruba-7010.snmprec": ("Aruba", "DUMSYS-58", 0),
        "cts-media-converter.snmprec": ("CTS", "MC K2 - sk&#345;í&#328;", 3),
        "eaton-93e-80.snmprec": ("Eaton (MGE)", "DUMSYS-23", 2),
        "geist-temperature-sensor.snmprec": ("Geist", "pwr-dc01-temp-rack1-01", 1),
        "tripplite-poweralert.snmprec": ("Tripp Lite", "PWR-DC01-XFER-RACK1-01@example.com", 2),
        "ubiquiti-m5.snmprec": ("Ubiquiti", "Kotelinaya-to-Pat", 9),
        "vertiv-power.snmprec": ("Vertiv", "DUMSYS-22", 2),
        "winxp1.snmpwalk": ("Microsoft", "CRAY", 3),
    }
    found = device(file.read_bytes(), file.name)
    vendor = "" if isinstance(found.vendor, Missing) else found.vendor
    interfaces = () if isinstance(found.interfaces, Missing) else found.interfaces
    assert (vendor, found.system_name, len(interfaces)) == expected[file.name]
    assert COLLECTOR.sniff(file.read_bytes()[:4096], file.name)


def test_a_ups_that_others_recorded():
    found = device((PUBLIC / "eaton-93e-80.snmprec").read_bytes())
    assert not isinstance(found.ups, Missing)
    assert (found.ups.battery_status, found.ups.minutes_remaining, found.model) == (2, 1092, "EATON 93E 80")


def test_a_print_driver_makes_no_printer():
    assert device((PUBLIC / "winxp1.snmpwalk").read_bytes()).printer == Missing("not-asked")


def test_the_community_of_a_real_ups_is_masked():
    record = load((PUBLIC / "eaton-93e-80.snmprec").read_bytes())
    assert b"|basra" not in record.payload
    assert "1.3.6.1.6.3.18.1.1.1.2" in record.envelope.masked


def test_the_same_file_is_the_same_evidence():
    data = (PUBLIC / "winxp1.snmpwalk").read_bytes()
    assert load(data, "a.walk") == load(data, "a.walk")


def test_a_hostile_walk_costs_no_more_than_its_size():
    begun = time.monotonic()
    with pytest.raises(PostureError, match="at most"):
        load(HEAD + 'STRING: "' + "a\n" * 300_000, "x.walk")
    assert time.monotonic() - begun < 5


OIDS = st.lists(st.integers(min_value=0, max_value=2**32 - 1), max_size=20).map(lambda rest: (1, 3, *rest))
ROWS = st.one_of(
    st.builds(Row, OIDS, st.just(4), st.binary(max_size=50)),
    st.builds(Row, OIDS, st.sampled_from([2, 65, 66, 67, 70]), st.integers(min_value=0, max_value=2**31 - 1)),
    st.builds(Row, OIDS, st.just(64), st.binary(min_size=4, max_size=4)),
    st.builds(Row, OIDS, st.just(6), OIDS),
)


@given(st.lists(ROWS, max_size=10))
@example([Row((1, 3), 4, b" x ")])
@example([Row((1, 3), 4, b"a|b")])
def test_what_is_written_is_what_is_read(written):
    assert list(rows(encode(written))) == sorted(written, key=lambda row: row.oid)


@given(st.one_of(st.binary(max_size=300), st.text(alphabet='.136 =|"\\\nSTRINGHexOID:()xno', max_size=300)))
def test_any_file_is_read_or_refused_in_one_clear_error(data):
    payload = data if isinstance(data, bytes) else HEAD.encode() + data.encode()
    try:
        record = load(payload)
    except PostureError as error:
        said = error.mend
    else:
        said = list(COLLECTOR.read([record], Scope.of_files()))
    assert said
