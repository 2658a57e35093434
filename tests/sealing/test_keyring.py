"""The sealing key in a keyring, with a real backend of the keyring library, as a user's command line finds it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lab.command import POSTURE
from lab.planted import leaks
from lab.sealed import LDIF, TOML

BACKEND = '''
"""A keyring in a file, as backends of other people are: found by its name, asked by the library."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class Backend(KeyringBackend):
    priority = 1
    file = Path(os.environ["TEST_KEYRING"])

    def _all(self):
        if os.environ.get("TEST_KEYRING_LOCKED"):
            raise KeyringLocked("no: " + self.file.read_text())
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def get_password(self, service, username):
        return self._all().get(f"{service}/{username}")

    def set_password(self, service, username, password):
        self.file.write_text(json.dumps({**self._all(), f"{service}/{username}": password}))
        self.file.chmod(0o600)
'''


class Folder:
    """A hospital whose sealing key is in a keyring."""

    def __init__(self, path: Path) -> None:
        self.path = path / "hospital"
        self.keyring = path / "keyring.json"
        self.path.mkdir()
        (path / "backends").mkdir()
        (path / "backends" / "filed.py").write_text(BACKEND)
        (self.path / "posture.toml").write_text(f'{TOML}\n[seal]\nkeyring = "posture/seal"\n')
        (self.path / "people.ldif").write_text(LDIF)
        self.environment = {
            **os.environ,
            "HOME": str(path),
            "PYTHONPATH": str(path / "backends"),
            "PYTHON_KEYRING_BACKEND": "filed.Backend",
            "TEST_KEYRING": str(self.keyring),
        }

    def posture(self, *arguments: str, code: int = 0, **environment: str) -> str:
        done = subprocess.run(
            [*POSTURE, *arguments],
            cwd=self.path,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    @property
    def kept(self) -> dict[str, str]:
        return json.loads(self.keyring.read_text())


@pytest.fixture
def ours(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_the_first_audit_makes_the_key_in_the_keyring_and_seals_with_it(ours: Folder):
    run = ours.posture("-q", "audit", "--from", "people.ldif").strip()
    fingerprint = ours.posture("keys", "init").strip()
    ours.posture("evidence", "export", run, "-o", "bag.zip")

    assert load_pem_private_key(ours.kept["posture/seal"].encode(), password=None)
    assert fingerprint in ours.posture("keys", "show")
    assert "ok" in ours.posture("evidence", "verify", "bag.zip", "--fingerprint", fingerprint)
    assert not list(ours.path.glob("*.key")), "no key lies beside the store as well"


def test_the_key_never_leaves_the_keyring(ours: Folder):
    run = ours.posture("-q", "audit", "--from", "people.ldif").strip()
    said = ours.posture("evidence", "export", run, "-o", "bag.zip") + ours.posture("keys", "show", "--public")
    ours.posture("report", run, "-f", "html,json,oscal", "-o", "out")
    halves = [line.encode() for line in ours.kept["posture/seal"].splitlines() if not line.startswith("-----")]

    assert halves
    assert leaks(ours.path, halves) == []
    assert all(half.decode() not in said for half in halves)
    assert leaks(ours.keyring, halves), "the search finds it where it is"
    assert stat.S_IMODE((ours.path / "posture.db").stat().st_mode) == 0o600


def test_what_is_in_the_keyring_and_is_no_key_is_told_without_a_word_of_it(ours: Folder):
    ours.keyring.write_text(json.dumps({"posture/seal": "hunter2-planted"}))

    said = ours.posture("--debug", "audit", "--from", "people.ldif", code=1)

    assert "not an Ed25519 private key" in said
    assert "the keyring entry posture/seal" in said
    assert "hunter2" not in said
    assert ours.kept == {"posture/seal": "hunter2-planted"}, "and it is left as it was"


def test_a_locked_keyring_is_one_clear_error_before_anything_is_asked(ours: Folder):
    ours.posture("keys", "init")

    said = ours.posture("--debug", "audit", "--from", "people.ldif", code=1, TEST_KEYRING_LOCKED="1")

    assert "the keyring can't be used: KeyringLocked" in said
    assert "PRIVATE" not in said
    assert '"runs": []' in ours.posture("runs", "list", "--format", "json")


def test_a_password_of_the_audit_comes_out_of_the_keyring(ours: Folder):
    ours.keyring.write_text(json.dumps({"ldap/audit": "hunter2-planted"}))
    directory = '[[directory]]\nid = "d"\nhost = "127.0.0.1"\nport = 9\nbind = { method = "simple", user = "cn=a", '
    toml = ours.path / "posture.toml"
    toml.write_text(f'{toml.read_text()}\n{directory}password = {{ keyring = "ldap/audit" }} }}\n')

    said = ours.posture("doctor", "--format", "json")

    assert '"what": "the keyring entry ldap/audit"' in said
    assert "hunter2" not in said
    ours.keyring.write_text("{}")
    assert "the keyring has no such entry" in ours.posture("doctor", code=1)
