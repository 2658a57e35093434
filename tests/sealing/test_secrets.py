"""Planted secrets are nowhere: not in the store, a bag, what is printed, an error, or a process's arguments."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest
from lab import command
from lab.sealed import Hospital

BIND, COMMUNITY, AUTH, PRIVACY, SCRIPT = (
    f"planted-{word}-7Q9" for word in ("bind", "community", "auth", "priv", "nse")
)
PLANTED = (BIND, COMMUNITY, AUTH, PRIVACY, SCRIPT)

TOML = """
[[directory]]
id = "ldap"
host = "127.0.0.1"
port = 9
bind = { method = "simple", user = "cn=reader", password = { command = ["sh", "-c", "cat bind.secret"] } }

[[snmp.credentials]]
id = "two"
version = "2c"
community = { file = "community.secret" }

[[snmp.credentials]]
id = "three"
version = "3"
user = "watch"
auth = "SHA-256"
auth_secret = { file = "auth.secret" }
privacy = "AES-128"
privacy_secret = { env = "POSTURE_TEST_PRIVACY" }
"""


def everything(folder: Path) -> bytes:
    """All bytes of a folder's files, those of databases as they lie on the disk, those of zips unpacked."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".secret":
            found.append(path.read_bytes())
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as made:
                    found += [made.read(name) for name in made.namelist()]
    return b"\n".join(found)


def test_planted_secrets_and_the_sealing_key_are_nowhere(ours: Hospital, monkeypatch: pytest.MonkeyPatch):
    toml = ours.folder / "posture.toml"
    toml.write_text(toml.read_text().replace('"import-only"', '"gentle"').replace("192.0.2.0/24", "127.0.0.1") + TOML)
    for name, secret in (("bind", BIND), ("community", COMMUNITY), ("auth", AUTH)):
        (ours.folder / f"{name}.secret").write_text(secret)
        (ours.folder / f"{name}.secret").chmod(0o600)
    monkeypatch.setenv("POSTURE_TEST_PRIVACY", PRIVACY)
    people = ours.folder / "people.ldif"
    people.write_text(people.read_text() + f"userPassword: {BIND}\n")
    scan = ours.folder / "scan.xml"
    scan.write_text(scan.read_text().replace("-p 23,80", f"--script-args=snmpcommunity={SCRIPT} -p 23,80"))

    said = []
    asked = ("audit", "--from", "people.ldif", "--from", "scan.xml", "--live", "--only", "ldap,snmp")
    for arguments in (
        asked,
        ("evidence", "export", "-o", "bag.zip"),
        ("report", "-f", "html,json,xlsx", "-o", "out"),
        ("evidence", "verify", "bag.zip"),
        ("--store", "other.db", "audit", "--from", "bag.zip"),
        ("keys", "show"),
    ):
        done = command.posture("-v", *arguments, cwd=ours.folder)
        assert done.returncode in {0, 1}, done.stderr
        said.append((done.stdout + done.stderr).encode())
    assert "planted" not in subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout

    people.unlink()
    scan.unlink()
    key = ours.folder / "posture.key"
    private = key.read_text().splitlines()[1].encode()
    key.unlink()
    whole = everything(ours.folder) + b"".join(said)
    assert len(whole) > 1_000_000
    for secret in (*(each.encode() for each in PLANTED), private):
        assert secret not in whole
