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


BESIDE = """<nmaprun scanner="nmap"><host><ports><port protocol="tcp" portid="389"><service name="ldap"
product="Microsoft Windows Active Directory LDAP" extrainfo="{said}" version="{version}"/>{script}</port></ports></host>
</nmaprun>"""


@pytest.mark.parametrize(
    "said",
    [
        "Domain: zzward.local, Site: Zzcampus",
        "workgroup: ZZWARD",
        "name: Zzserver; protocol 3.4; Mac OS X 10.5",
        "Domain: CORP, Site: Chicago",
    ],
)
def test_what_nmap_says_beside_a_product_is_a_text_and_keeps_no_name(said: str):
    made = redacted("nmap-xml", BESIDE.format(said=said, version="1.0", script="").encode()).decode()
    assert not re.search(r"(?i)zz|corp\b|chicago", made)
    assert 'product="Microsoft Windows Active Directory LDAP"' in made


@pytest.mark.parametrize(
    "fingerprint",
    [
        "12:34:56:78:90:11:22:33:44:55:66:77:88:99:00:13",
        "1234 5678 9012 3456 7890 1234 5678 ab12",
        "12 34 56 78 90 11 22 33 44 55 66 77 88 99 00 AA&#10;  12 34 56 78",
        "12-34-56-78-90-11-22-33",
    ],
)
def test_of_a_fingerprint_of_a_key_no_part_stays(fingerprint: str):
    scan = BESIDE.format(said="", version="1", script=f'<script id="ssh-hostkey" output="SHA-1: {fingerprint} (RSA)"/>')
    said = etree.fromstring(redacted("nmap-xml", scan.encode())).find(".//script").get("output")
    assert re.fullmatch(r"SHA-1: digest-[a-z2-7]{16} \(RSA\)", said)


@pytest.mark.parametrize("text", ["host-10-9-8-77-eth0", "ip_10_9_8_77", "vlan 10-9-8-77_old"])
def test_an_address_in_a_name_with_other_signs_than_dots_is_found(text: str):
    scan = BESIDE.format(said=text, version="1", script="").encode()
    assert not re.search(rb"9.8.77", redacted("nmap-xml", scan))


def test_a_private_address_and_an_inner_domain_are_no_version_of_a_product():
    scan = BESIDE.format(said="", version="build 10.0.17763 of 192.168.77.9 at zz.local", script="").encode()
    made = redacted("nmap-xml", scan)
    assert b"192.168" not in made
    assert b"zz.local" not in made
    assert b"10.0.17763" in made


def test_what_a_compliance_audit_found_is_no_text_of_a_vendor():
    item = (
        '<NessusClientData_v2><Report name="zz"><ReportHost name="10.0.0.9"><ReportItem pluginID="{id}" pluginName="x" '
        'pluginFamily="{family}"><description>Actual value: ZZDOM\\zzadmin, Sommer2024 Gizmo</description>'
        "<solution>Ask Zzteam, Gizmo</solution></ReportItem></ReportHost></Report></NessusClientData_v2>"
    )
    audit = redacted("nessus-v2", item.format(id="21157", family="Policy Compliance").encode())
    assert not re.search(rb"(?i)zz|sommer|gizmo", audit)
    assert b"Gizmo" in redacted("nessus-v2", item.format(id="10", family="General").encode())


def test_identifiers_of_a_directory_that_are_made_of_its_names_do_not_stay():
    entra = b"\x01\x04" + bytes(5) + b"\x0c" + bytes(range(200, 216))
    entry = Entry(
        dn=b"CN=Z\\C3\\BCrich\\, Q+uid=zz9,DC=zz",
        attributes=(
            ("objectClass", b"zzmaryPerson"),
            ("objectClass", b"inetOrgPerson"),
            ("cn", "Zürich, Q".encode()),
            ("objectSid", entra),
            ("objectSid", bytes.fromhex("01020000000000052000000020020000")),
            ("description", b"S-1-12-1-1111111111-2222222222-333333333-444444444"),
            ("pKIExtendedKeyUsage", b"1.3.6.1.4.1.311.21.8.1234567.7654321.99"),
            ("pKIExtendedKeyUsage", b"1.3.6.1.5.5.7.3.2"),
        ),
    )
    (made,) = Reader(redacted("ldif", write([entry])))
    whole = made.dn + b" ".join(value for _, value in made.attributes)
    values = [value for _, value in made.attributes]

    for left in (b"zz", bytes(range(200, 204)), b"1111111111", b"7654321"):
        assert left not in whole.lower()
    assert {b"inetOrgPerson", b"1.3.6.1.5.5.7.3.2", bytes.fromhex("01020000000000052000000020020000")} < set(values)
    assert values[2].removeprefix(b"person-") in made.dn  # escaped or not, it is the same name


def test_of_a_trap_receiver_and_of_neighbours_no_address_or_name_stays():
    walk = (
        b"1.3.6.1.6.3.12.1.2.1.3.122.122|4x|c0a80709a200\n"
        b"1.0.8802.1.1.2.1.4.1.1.10.0.1.1|4|Linux zzswitch 5.10.0\n"
        b"1.3.6.1.4.1.9.9.23.1.2.1.1.5.1.1|4|Linux zzcore 5.4.0\n"
    )
    made = redacted("snmprec", walk).lower()
    assert b"zz" not in made
    assert b"c0a807" not in made
    assert b"Linux" in redacted("snmprec", walk)


def test_the_keys_of_an_export_stay_and_its_accounts_of_entra_do_not():
    export = {
        "data": [
            {
                "ObjectIdentifier": "S-1-12-1-1111111111-2222222222-333333333-444444444",
                "Properties": {"name": "ZZ@ZZ.LOCAL", "zzcustom": "x"},
                "Aces": [{"PrincipalSID": "S-1-5-80-1-2-3-4-5", "RightName": "Owns", "PrincipalType": "User"}],
            }
        ],
        "meta": {"type": "users"},
    }
    made = redacted("bloodhound", json.dumps(export).encode())
    (entry,) = json.loads(made)["data"]
    assert not re.search(rb"(?i)zz|S-1-12|S-1-5-80", made)
    assert set(entry["Aces"][0]) == {"PrincipalSID", "RightName", "PrincipalType"}
