"""Copies of group policies: which files hold passwords, and nothing of the passwords."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from posture.collectors.sysvol import SysvolCollector, archive
from posture.errors import PostureError
from posture.facts import BlindSpot, GroupPolicy, Missing
from posture.scope import OrganisationScope, Scope

COLLECTOR = SysvolCollector()
SCOPE = Scope(organisation=OrganisationScope(name="Test"))
GUID = "{31B2F340-016D-11D2-945F-00C04FB984F9}"
OTHER = "{6AC1786C-016F-11D2-945F-00C04FB984F9}"
SECRET = "j1Uyj3Vx8TY9LtLZil2uAuZkFQA/4latT76ZwgdHdhw"  # noqa: S105  # Microsoft's own example (MS-GPPREF 4)
GROUPS = f"""<?xml version="1.0" encoding="utf-8"?>
<Groups clsid="{{3125E937-EB16-4b4c-9934-544FC6D24D26}}"><User clsid="{{DF5F1855-51E5-4d24-8B1A-D9BDE98BA1D1}}"
name="Administrator (built-in)"><Properties action="U" cpassword="{SECRET}" userName="Administrator"/></User></Groups>
""".encode()
NONE = GROUPS.replace(SECRET.encode(), b"")
BASE = f"hosp.example/Policies/{GUID}"


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for path, content in files.items():
            made.writestr(path, content)
    return out.getvalue()


def tarred(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return out.getvalue()


def read(payload, name="policies.zip"):
    return list(COLLECTOR.read(COLLECTOR.load(payload, name, "a" * 64), SCOPE))


FILES = {
    f"{BASE}/GPT.INI": b"[General]\r\nVersion=3\r\n",
    f"{BASE}/Machine/Preferences/Groups/Groups.xml": GROUPS,
    f"{BASE}/User/Preferences/Drives/Drives.xml": NONE,
    f"{BASE}/Machine/Registry.pol": b"PReg",
    f"{BASE}/Machine/Applications/{OTHER}/App.xml": b"<App/>",
    f"hosp.example/Policies/{OTHER}/Machine/Preferences/Services/Services.xml": NONE,
    "hosp.example/scripts/logon.xml": GROUPS,
}


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_the_files_of_each_policy_with_the_number_of_passwords(pack):
    payload = pack(FILES)
    assert COLLECTOR.sniff(payload if pack is zipped else payload[:65536], "x")
    whole, part = read(payload)
    assert (whole.guid, whole.domain, whole.whole) == (GUID, "hosp.example", True)
    assert {each.path: each.passwords for each in whole.preferences} == {
        "Machine/Preferences/Groups/Groups.xml": 1,
        "User/Preferences/Drives/Drives.xml": 0,
        f"Machine/Applications/{OTHER}/App.xml": 0,
    }
    assert (part.guid, part.whole) == (OTHER, False)


def test_the_password_itself_is_nowhere():
    for payload, name in ((zipped(FILES), "p.zip"), (GROUPS, "Groups.xml")):
        (record,) = COLLECTOR.load(payload, name, "a" * 64)
        assert SECRET.encode() not in record.payload + record.envelope_bytes
        assert b"Administrator" not in record.payload
        assert record.envelope.masked == ("cpassword",)


def test_backslashes_and_a_folder_of_policies_alone_are_as_windows_packs_them():
    files = {path.removeprefix("hosp.example/Policies/").replace("/", "\\"): data for path, data in FILES.items()}
    (whole, _) = read(zipped(files))
    assert (whole.guid, whole.domain, whole.whole, len(whole.preferences)) == (GUID, "", True, 3)


def test_a_single_file_is_a_policy_of_which_nothing_else_is_known():
    assert COLLECTOR.sniff(GROUPS, "Groups.xml")
    (policy,) = read(GROUPS, "Groups.xml")
    assert (policy.name, policy.guid, policy.preferences[0].passwords) == ("Groups.xml", "", 1)
    assert isinstance(policy.whole, Missing)


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><Groups clsid='1'>&a;</Groups>",
        GROUPS[:-10],
        b"",
        b"\x00\x01",
        b"<?xml version='1.0' encoding='no-such-thing'?><a/>",
    ],
)
def test_a_file_that_can_not_be_read_is_not_one_without_a_password(content):
    (policy,) = read(zipped({f"{BASE}/GPT.INI": b"", f"{BASE}/Machine/Preferences/Groups/Groups.xml": content}))
    assert isinstance(policy.preferences[0].passwords, Missing)


def test_utf_16_is_read_too():
    content = GROUPS.decode().replace("utf-8", "utf-16").encode("utf-16")
    (policy,) = read(zipped({f"{BASE}/Machine/Preferences/Groups/Groups.xml": content}))
    assert policy.preferences[0].passwords == 1


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        (zipped(FILES)[:-30], "no archive"),
        (zipped({"a/b.xml": GROUPS}), "no group policy"),
        (tarred(FILES)[:1200], "no archive"),
        (tarred(FILES)[:1024], "no archive"),
        (tarred(FILES)[:1024] + b"x" * 512 + tarred(FILES)[1536:], "no archive"),
        (b"<Groups clsid='1'>", "no XML"),
        (b"PK\x03\x04", "no archive"),
    ],
)
def test_what_is_broken_or_holds_none_is_one_clear_error(payload, what):
    with pytest.raises(PostureError, match=what) as caught:
        read(payload)
    assert caught.value.where == "policies.zip"


def test_archives_are_bounded(monkeypatch):
    monkeypatch.setattr(archive, "MAX_FILE", 1000)
    bomb = {f"{BASE}/Machine/Preferences/Groups/Groups.xml": GROUPS + b" " * 100_000}
    (policy,) = read(zipped(bomb))
    assert isinstance(policy.preferences[0].passwords, Missing)
    monkeypatch.setattr(archive, "MAX_TOTAL", 1000)
    with pytest.raises(PostureError, match="hold more than"):
        read(zipped({f"{BASE}/{at}.xml": GROUPS for at in range(5)}))
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    for pack in (zipped, tarred):
        with pytest.raises(PostureError, match="more than 3 files"):
            read(pack(FILES))


def test_links_lead_nowhere():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        link = tarfile.TarInfo(f"{BASE}/Machine/Preferences/Groups/Groups.xml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(link)
        made.addfile(tarfile.TarInfo(f"{BASE}/GPT.INI"))
    (policy,) = read(out.getvalue())
    assert isinstance(policy.preferences[0].passwords, Missing)


@pytest.mark.parametrize(
    "head", [b"", b"<nmaprun>", zipped({"x.json": b"{}"}), tarred({"a": b""}), b"PK\x03\x04", b"dn: x"]
)
def test_other_files_are_not_taken_for_it(head):
    assert not COLLECTOR.sniff(head, "x")


def test_of_two_copies_what_tells_of_more_counts():
    path = f"{BASE}/Machine/Preferences/Groups/Groups.xml"
    records = [
        record
        for content in (NONE, GROUPS, b"<")
        for record in COLLECTOR.load(zipped({path: content, f"{BASE}/GPT.INI": b""}), "p.zip", "a" * 64)
    ]
    for order in (records, records[::-1]):
        (policy,) = COLLECTOR.read(order, SCOPE)
        assert policy.preferences[0].passwords == 1
    (policy,) = COLLECTOR.read([records[0], records[2]], SCOPE)
    assert isinstance(policy.preferences[0].passwords, Missing)


def test_evidence_that_is_no_table_is_a_blind_spot():
    (record,) = COLLECTOR.load(GROUPS, "Groups.xml", "a" * 64)
    head = b"domain,policy,file,passwords\n"
    for payload in (b"domain\n", head + b"a\n", head + b"a,b,c,x\n", b"\xff"):
        said = list(COLLECTOR.read([type(record).of(record.envelope, payload)], SCOPE))
        assert [type(each) for each in said] == [BlindSpot]
    assert isinstance(next(iter(COLLECTOR.read([record], SCOPE))), GroupPolicy)
