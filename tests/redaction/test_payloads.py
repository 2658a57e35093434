"""Payloads stay what they are, without the names."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from lxml import etree

from posture.collectors.ldap.ldif import Entry, Reader, write
from posture.collectors.snmp.snmprec import rows
from posture.pseudonyms import Pseudonyms
from posture.redaction.names import WELL_KNOWN, Names
from posture.redaction.own import own_words
from posture.redaction.payloads import payload

DATA = Path(__file__).parent.parent / "data"


def redacted(form: str, content: bytes) -> bytes:
    names = Names(Pseudonyms(b"\x07" * 32), own_words())
    payload(form, content, names)
    names.learned()
    made = payload(form, content, names)
    assert made is not None
    return made


def test_a_scan_keeps_ports_states_and_products_and_no_name():
    scan = b"""<?xml version="1.0"?><!DOCTYPE nmaprun><!-- as: nmap 10.0.0.9 -->
<nmaprun scanner="nmap" args="nmap -p 22 10.0.0.9" start="1767225600" version="7.93"><host starttime="1767225600">
<status state="up" reason="arp-response"/><address addr="10.0.0.9" addrtype="ipv4"/>
<address addr="00:1A:2B:3C:4D:5E" addrtype="mac" vendor="Ayecom Technology"/>
<hostnames><hostname name="pump7.hosp.example" type="PTR"/></hostnames>
<ports><port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="64"/>
<service name="ssh" product="OpenSSH" version="8.2p1" hostname="pump7" method="probed" conf="10"/>
<script id="banner" output="Welcome to pump7, Jane Quux!"/></port></ports></host><zebulon/></nmaprun>"""
    root = etree.fromstring(redacted("nmap-xml", scan))
    text = etree.tostring(root).decode()

    for name in ("10.0.0.9", "3C:4D:5E", "pump7", "hosp", "Jane", "Quux", "zebulon"):
        assert name.lower() not in text.lower()
    assert root.find(".//state").attrib == {"state": "open", "reason": "syn-ack", "reason_ttl": "64"}
    service = root.find(".//service")
    assert (service.get("product"), service.get("version")) == ("OpenSSH", "8.2p1")
    assert root.find(".//address[@addrtype='mac']").get("addr").startswith("00:1A:2B:")
    assert root.find(".//hostname").get("name").startswith(service.get("hostname") + ".")


def test_an_xml_with_entities_is_read_without_them():
    bomb = b'<!DOCTYPE x [<!ENTITY a "quuxen"><!ENTITY f SYSTEM "file:///etc/passwd">]><nmaprun>&a;&f;<host/></nmaprun>'
    made = redacted("nmap-xml", bomb)
    assert b"quuxen" not in made
    assert b"root:" not in made
    assert etree.fromstring(made).tag == "nmaprun"


def test_an_entry_keeps_its_flags_and_no_name():
    sid = bytes.fromhex("010500000000000515000000" + "11111111" + "22222222" + "33333333" + "50040000")
    entry = Entry(
        dn=b"CN=Quux\\, Zeb,OU=Zzward,DC=hosp,DC=example",
        attributes=(
            ("objectClass", b"user"),
            ("sAMAccountName", b"zquux"),
            ("userPrincipalName", b"zquux@hosp.example"),
            ("userAccountControl", b"66048"),
            ("pwdLastSet", b"134400058246865600"),
            ("objectSid", sid),
            ("objectGUID", bytes(range(16))),
            ("memberOf", b"CN=Domain Admins,CN=Users,DC=hosp,DC=example"),
            ("description", b"Zeb's account, call 555-0100"),
            ("servicePrincipalName", b"MSSQLSvc/zzdb.hosp.example:1433"),
            ("extensionAttribute7", b"Zzsecretplace"),
            ("nTSecurityDescriptor", bytes(range(200))),
            ("userPassword", b"{masked;scheme=SSHA;digest=abcdefghijklmnop}"),
        ),
    )
    (made,) = Reader(redacted("ldif", write([entry], end=(1, 1))))
    kept = dict(made.attributes)

    assert kept["userAccountControl"] == b"66048"
    assert kept["pwdLastSet"] == b"134400058246865600"
    assert kept["memberOf"].startswith(b"CN=Domain Admins,CN=Users,DC=domain-")
    assert kept["userPrincipalName"].startswith(kept["sAMAccountName"] + b"@")
    assert kept["servicePrincipalName"].startswith(b"MSSQLSvc/host-")
    assert kept["servicePrincipalName"].endswith(b":1433")
    assert kept["userPassword"] == b"{masked;scheme=SSHA;digest=abcdefghijklmnop}"
    assert len(kept["objectSid"]) == 28
    assert kept["objectSid"][:12] == sid[:12]
    assert len(kept["objectGUID"]) == 16
    whole = made.dn + b"".join(kept.values())
    for name in (b"quux", b"zeb", b"zzward", b"hosp", b"555-0100", b"zzdb", b"zzsecret", bytes(range(16)), sid[12:24]):
        assert name not in whole.lower()


def test_a_walk_keeps_its_lines_and_no_name():
    walk = (
        b"1.3.6.1.2.1.1.1.0|4|Linux zzpump 5.4.0\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10\n"
        b"1.3.6.1.2.1.1.4.0|4|Zeb Quux\n1.3.6.1.2.1.1.5.0|4|zzpump\n1.3.6.1.2.1.1.6.0|4|Ward Zz, bed 7\n"
        b"1.3.6.1.2.1.2.2.1.6.1|4x|001a2b3c4d5e\n1.3.6.1.2.1.4.22.1.2.1.10.0.0.9|4x|001a2b3c4d5f\n"
        b"1.3.6.1.2.1.99.1.1|4|Zzunknown\n1.3.6.1.4.1.77.1.2.25.1.1.4.122.113.117.117|4|zquu\n"
    )
    made = redacted("snmprec", walk)
    found = {row.oid: row.value for row in rows(made)}

    for name in (b"zz", b"zeb", b"quux", b"3c4d5e", b"10.0.0.9", b"122.113.117.117", b"zquu"):
        assert name not in made.lower()
    assert found[1, 3, 6, 1, 2, 1, 1, 2, 0] == (1, 3, 6, 1, 4, 1, 8072, 3, 2, 10)
    assert found[1, 3, 6, 1, 2, 1, 2, 2, 1, 6, 1][:3] == bytes.fromhex("001a2b")
    assert len(found) == 8


def test_tables_and_exports_keep_their_columns():
    table = b"row,name,address,mac,serial,class,medical,owner,location,zone\n"
    table += b"2,zzpump,10.0.0.9,,ZZ-91,CT,yes,Zeb,Zzward,east\n"
    head, row = csv.reader(redacted("inventory-csv", table).decode().splitlines())
    assert head[1] == "name"
    assert row[6] == "yes"
    assert not {"zzpump", "10.0.0.9", "ZZ-91", "Zeb", "Zzward"} & set(row)

    export = json.loads(redacted("bloodhound", (DATA / "bloodhound" / "users.json").read_bytes()))
    assert export["meta"]["type"] == "users"
    assert "ESC1" not in json.dumps(export).upper()


NAMED = {
    "nmap-xml": (".xml", r'(?:addr|<hostname name|<service [^>]*hostname)="([^"]+)"'),
    "ldif": (".ldif", r"(?im)^(?:cn|sn|mail|uid|samaccountname|userprincipalname|displayname|description): (.+)$"),
    "snmprec": (".snmprec", r"(?m)^1\.3\.6\.1\.2\.1\.1\.[456]\.0\|4\|(.+?)\r?$"),
    "bloodhound": (".json", r'"(?:name|samaccountname|description|distinguishedname)": ?"([^"]+)"'),
    "nessus-v2": (".nessus", r'name="(?:host-ip|netbios-name|mac-address)">([^<]+)<'),
}


@pytest.mark.parametrize("form", NAMED)
def test_of_the_names_in_real_files_none_is_left(form):
    ending, expression = NAMED[form]
    ours, hidden, left = own_words(), 0, []
    for path in sorted(DATA.rglob(f"*{ending}")):
        if path.stat().st_size > 1_000_000 or "oscal" in path.parts:
            continue
        content = path.read_bytes()
        made = redacted(form, content).decode("utf-8", "replace").replace("\n ", "").casefold()
        for found in re.findall(expression, content.decode("latin-1").replace("\r", "").replace("\n ", "")):
            name = found.strip().casefold()
            if len(name) < 4 or name in WELL_KNOWN or ours.phrase(name.rstrip("$")):
                continue
            hidden += 1
            if re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", made):
                left.append((path.name, name))
    assert hidden > 2
    assert not left


@pytest.mark.parametrize("form", ["nmap-xml", "ldif", "snmprec", "bloodhound"])
def test_what_can_not_be_read_has_no_redacted_form_or_none_of_its_words(form):
    names = Names(Pseudonyms(b"\x07" * 32), own_words())
    made = payload(form, b"\xff\xfe zzquux \x00", names)
    assert made is None or b"zzquux" not in made


def test_a_format_that_nobody_knows_has_none():
    assert payload("packs-own", b"x", Names(Pseudonyms(b"\x07" * 32), own_words())) is None
