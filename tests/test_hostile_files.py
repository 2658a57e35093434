"""Files made to hurt whoever reads them: bounded time and memory, one clear error, and no secrets kept."""

from __future__ import annotations

import io
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from posture import registry
from posture.collectors.ldap.bloodhound import load_export, sniff_export
from posture.collectors.ldap.decode import dn_key, domain_of
from posture.collectors.nmap import NmapCollector
from posture.collectors.nmap.nessus import Item, state_of
from posture.collectors.nmap.nessus_file import sniff_nessus
from posture.collectors.nmap.views import with_canary
from posture.collectors.spoken import without_secrets
from posture.collectors.sysvol import SysvolCollector
from posture.errors import PostureError
from posture.facts import DeclaredAsset, Port, Service
from posture.imports import load
from posture.inventory import Inventory
from posture.inventory.compared import Looked, compared
from posture.scope import Scope
from posture.segmentation.vantage import CANARY
from posture.testing import host, script

SCOPE = Scope.of_files()
GUID = "{31B2F340-016D-11D2-945F-00C04FB984F9}"
GROUPS = b"""<?xml version="1.0" encoding="utf-8"?>
<Groups clsid="{3125E937-EB16-4b4c-9934-544FC6D24D26}"><User><Properties cpassword="abc"/></User></Groups>"""
EXPORT = b'{"meta":{"type":"users","version":6,"count":1},"data":[{"ObjectIdentifier":"S-1-5-9","Aces":[]}]}'


@contextmanager
def soon() -> Iterator[None]:
    """Less time than any of these took, by far, and more than a busy machine needs."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < 3


def zipped(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        made.writestr(name, content)
    return out.getvalue()


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_comments_before_the_root_of_a_nessus_file_take_no_time():
    with soon():
        assert not sniff_nessus(b"<!---->" * 26 + b"<x")
    assert sniff_nessus(b"<!-- a --> <!----><NessusClientData_v2>")


@pytest.mark.parametrize("output", ["\n" * 20_000, "Installed version" + " " * 20_000, " " * 20_000])
def test_the_text_of_a_plugin_takes_no_time(output):
    with soon():
        assert state_of(_item(output + "x")) == "VULNERABLE"
    assert state_of(_item("\n\n  Version source    : Server: x")) == "version-only"


def _item(output: str) -> Item:
    return Item(port=1, protocol="tcp", service="", plugin=1, name="", severity=1, kind="remote", output=output)


def test_the_name_of_an_operating_system_takes_no_time():
    found = host(scripts=(script("smb-os-discovery", "x", os="Windows " * 40_000),))
    with soon():
        assert Inventory((found,)).device_class(found).name == "unknown"


def test_distinguished_names_take_no_time():
    with soon():
        assert dn_key(" " * 60_000 + "x") == "x"
        assert not domain_of(",dc=a" * 20_000 + ",x")


def test_a_thousand_rows_with_one_serial_number_do_not_name_each_other():
    rows = [
        DeclaredAsset(ids=(f"name:inventory/i.csv/{at}",), name=f"pc{at}", evidence=("a" * 64,), file="i.csv",
                      row=str(at), serial="Default string 7")
        for at in range(1, 1001)
    ]  # fmt: skip
    found = compared(Inventory(rows), Looked((), SCOPE), SCOPE)
    assert max(len(row.duplicates) for row in found.rows) == 11
    assert found.rows[500].duplicates[-1] == "and more"


# ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "payload",
    [
        EXPORT.replace(b"}]}", b"}" + b",0" * 1_000_000 + b"]}"),
        EXPORT.replace(b'"Aces":[]', b'"Properties":{},"Members":[{}' + b",{}" * 1_000_000 + b"]"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_rubbish_in_an_export_for_bloodhound_takes_no_more_memory_than_it_has(payload, packed):
    given = zipped("users.json", payload) if packed else payload
    tracemalloc.start()
    with soon(), pytest.raises(PostureError):
        list(load_export(given, "x", "0" * 64))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * len(payload)


# ── archives ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_archives_that_are_packed_in_unusual_ways_are_refused(method):
    with pytest.raises(PostureError, match="packed in a way"):
        list(load_export(zipped("users.json", EXPORT, method), "x", "0" * 64))
    with pytest.raises(PostureError, match="packed in a way"):
        list(SysvolCollector().load(zipped(f"a.b/Policies/{GUID}/GPT.INI", b"x", method), "x", "0" * 64))


def test_an_archive_of_a_future_version_is_nobodys():
    packed = bytearray(zipped("users.json", EXPORT))
    packed[packed.index(b"PK\x01\x02") + 6] = 84
    for collector in registry.collectors().values():
        assert collector.sniff(bytes(packed), "x") in {True, False}
    assert sniff_export(bytes(packed))
    with pytest.raises(PostureError, match="archive can't be read"):
        list(load_export(bytes(packed), "x", "0" * 64))


def test_a_file_without_a_name_in_an_archive_is_passed_over():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(zipfile.ZipInfo(""), b"")
        made.writestr(f"a.b/Policies/{GUID}/GPT.INI", b"x")
    [evidence] = SysvolCollector().load(out.getvalue(), "x", "0" * 64)
    assert b"GPT.INI" in evidence.payload


POLICY = f"a.b/Policies/{GUID}/GPT.INI"


def extended(*records: bytes, count: int = 1) -> bytes:
    """A tar archive whose one file has these extended headers (pax), `count` times."""

    def member(kind: bytes, name: str, content: bytes) -> bytes:
        header = tarfile.TarInfo(name)
        header.type, header.size = kind, len(content)
        return header.tobuf(tarfile.USTAR_FORMAT) + content + b"\0" * (-len(content) % 512)

    return member(b"x", "x", b"".join(records)) * count + member(b"0", POLICY, b"x") + bytes(1024)


@pytest.mark.parametrize(
    "payload",
    [
        extended(b"1" * 60_000),
        extended(b"2 " * 25_000 + b"="),
        extended(b"9 a=" + b"1" * 60_000),
        extended(b"22 GNU.sparse.major=1\n", b"22 GNU.sparse.minor=0\n"),
        extended(b"12 path=a.b\n", count=3000),
    ],
    ids=["digits", "short lengths", "a long number", "sparse", "one within the other"],
)
def test_extended_headers_of_a_tar_archive_take_no_time(payload):
    with soon(), pytest.raises(PostureError, match="no archive that can be read"):
        list(SysvolCollector().load(payload, "x", "0" * 64))


def test_extended_headers_that_are_sound_are_read():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as made:
        member = tarfile.TarInfo(f"{'ä' * 120}.b/Policies/{GUID}/GPT.INI")
        member.mtime = 1_760_000_000.25
        made.addfile(member, io.BytesIO())
    [evidence] = SysvolCollector().load(out.getvalue(), "x", "0" * 64)
    assert b"GPT.INI" in evidence.payload


def test_the_name_of_a_file_in_an_archive_is_one_line_that_can_be_shown():
    with pytest.raises(PostureError) as caught:
        list(load_export(zipped("\x1b[31m\nx_users.json", EXPORT), "x", "0" * 64))
    assert "\x1b" not in caught.value.where
    assert "\n" not in caught.value.where


def test_a_file_of_preferences_alone_is_not_taken_for_a_scan(tmp_path):
    (tmp_path / "Groups.xml").write_bytes(GROUPS)
    [evidence] = load([tmp_path / "Groups.xml"], registry.collectors()).evidence
    assert evidence.envelope.collector == "sysvol"


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "said",
    [
        "The account 'root' has the password 's3cret'.",
        "replies to the following default community\nstrings :\n\npublic\ns3cret\n\nmore",
        "SNMP community: s3cret",
        "root:$6$salt$s3cretABCDEFGHIJ:19000:0:::",
        "Administrator:500:aad3b435b51404eeaad3b435b51404ee:5ec3e7" + "0" * 26 + ":::",
        "http://admin:s3cret@10.0.0.1/",
        "Set-Cookie: session=s3cret; path=/",
        "-----BEGIN RSA PRIVATE KEY-----\ns3cret\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_what_a_scanner_printed_of_secrets_is_not_kept(said):
    payload = (
        '<NessusClientData_v2><Report name="x"><ReportHost name="10.0.0.1"><ReportItem port="22" protocol="tcp" '
        f'pluginID="1" severity="4"><plugin_type>remote</plugin_type><plugin_output>{said}</plugin_output></ReportItem>'
        "</ReportHost></Report></NessusClientData_v2>"
    )
    [evidence] = NmapCollector().load(payload.encode(), "x", "0" * 64)
    assert b"s3cret" not in evidence.payload
    assert b"5ec3e7" not in evidence.payload
    assert b"{masked" in evidence.payload


def test_what_is_no_secret_stays():
    said = "Path : /usr/lib\n  Installed version : 1.2\nThe community's site, https://a.b/c:1@x\n$5 and $6, a$1$b"
    assert without_secrets(said) == said


# ── a canary ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("nonce", ["", "0123456789abcdef"])
def test_a_file_makes_no_canary_of_what_does_not_know_the_nonce(nonce):
    said = Port(
        number=22,
        protocol="tcp",
        state="open",
        service=Service(name=CANARY, method="probed"),
        others=(Service(name=CANARY, method="probed"),),
    )
    [seen] = with_canary((said,), nonce)
    assert (seen.service, seen.others, seen.state) == (Service(), (), "open")
