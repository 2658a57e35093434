"""Acceptance 5: planted secrets are nowhere but where they were planted, whatever is done and whatever goes wrong.

Real servers, the real command line as a subprocess, and a watcher of all processes all the while.
"""

from __future__ import annotations

import base64
import gzip
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
import weasyprint
import zstandard
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from lab.command import POSTURE
from lab.directories import AUDITOR, SUFFIX, loopback
from lab.killing import KillsAtBind
from lab.planted import contents, found_in, leaks
from lab.sealed import SCAN
from lab.snmp import free_port
from lab.watching import Watcher

from posture.demo.certificates import Pem, make_ca, make_certificate
from posture.demo.slapd import Slapd, SlapdOptions
from posture.demo.snmpd import Snmpd


def planted(word: str) -> str:
    return f"Pl4nt/{word}+7Q9"


BIND, WRONG, COMMUNITY, OTHER, AUTH, PRIVACY = map(
    planted, ("bind&x", "wrong", "community", "other-community", "authentic", "private")
)
NURSE, NOTE, CONTACT, LAPS, HASH, MACHINE, GPP, SCRIPT, PASTED = map(
    planted, ("nurse", "in,a;note", "in-contact", "laps", "hashed", "machine", "cpassword", "script", "pasted")
)
FROM_FILE = '{ file = "bind.secret" }'
SHORT = "Pl4n+Q9"
CONTROL = planted(f"control-{os.getpid()}")
VARIABLE = "Pl4ntVariable7Q9"
SECRETS = tuple(
    each.encode()
    for each in (
        *(BIND, WRONG, COMMUNITY, OTHER, AUTH, PRIVACY, NURSE, NOTE, CONTACT, LAPS, HASH, MACHINE, GPP, SCRIPT, PASTED),
        *(SHORT, VARIABLE),
    )
)

PEOPLE = f"""\
dn: {SUFFIX}
objectClass: dcObject
objectClass: organization
o: hospital
dc: hospital

dn: {AUDITOR}
objectClass: person
cn: audit
sn: audit
userPassword: {BIND}

dn: uid=nurse,{SUFFIX}
objectClass: inetOrgPerson
uid: nurse
cn: nurse
cn: logs in as {BIND} when the ward is busy
sn: nurse
description: kiosk, password: {NOTE}
userPassword: {NURSE}
userPassword: {{SSHA}}{base64.b64encode(HASH.encode()).decode()}
"""
AGENT = f"""
com2sec {COMMUNITY} default {COMMUNITY}
group {COMMUNITY} v2c {COMMUNITY}
view all included .1
access {COMMUNITY} "" any noauth exact all all none
createUser watch SHA-256 "{AUTH}" AES "{PRIVACY}"
rouser watch authPriv
sysDescr ward switch; snmp-server community {OTHER} RO; snmp-server location 7
sysContact helpdesk, password: {CONTACT}
sysLocation cabinet, key {PRIVACY}, second floor
"""
COMPUTERS = f"""\
version: 1

dn: DC=hosp,DC=example
objectClass: domainDNS

dn: CN=PC1,DC=hosp,DC=example
objectClass: computer
sAMAccountName: PC1$
ms-Mcs-AdmPwd: {LAPS}
msLAPS-Password: {{"n":"Administrator","p":"{LAPS}"}}
unicodePwd:: {base64.b64encode(f'"{MACHINE}"'.encode("utf-16-le")).decode()}
extensionAttribute7: pw={NOTE}
description:: {base64.b64encode(f"Ward 7, Passwort: {NOTE}".encode()).decode()}
"""
GROUPS = f"""<?xml version="1.0" encoding="utf-8"?>
<Groups clsid="{{3125E937-EB16-4b4c-9934-544FC6D24D26}}"><User clsid="{{DF5F1855-51E5-4d24-8B1A-D9BDE98BA1D1}}"
name="Administrator"><Properties action="U" cpassword="{GPP}" userName="Administrator"/></User></Groups>
"""
INVENTORY = f"hostname,ip address,mac address,class,notes\npump-1,192.0.2.9,00:11:22:33:44:55,pump,password: {NOTE}\n"
WALK = f"""\
.1.3.6.1.2.1.1.1.0 = STRING: "router; community string: {OTHER}"
.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.9.1.1
.1.3.6.1.6.3.18.1.1.1.2.1 = STRING: "{OTHER}"
"""
FILES = {
    "computers.ldif": COMPUTERS,
    "Groups.xml": GROUPS,
    "inventory.csv": INVENTORY,
    "router.txt": WALK,
    "scan.xml": SCAN.replace("-p 23,80", f"--script-args=snmpcommunity={SCRIPT} -p 23,80"),
}


class Lab:
    """A hospital's folder, its real servers, and what the command line said in it."""

    def __init__(self, folder: Path, ca: Pem) -> None:
        self.folder, self.ca = folder, ca
        self.said: list[bytes] = []
        self.temporary, self.home = folder / "tmp", folder / "home"
        for each in (self.temporary, self.home):
            each.mkdir(parents=True)
        self.address, self.device = loopback(), loopback()
        self.port = free_port(self.device)
        (folder / "ca.pem").write_bytes(ca.certificate)
        for name, secret in (("bind", BIND), ("wrong", WRONG), ("community", COMMUNITY), ("privacy", PRIVACY)):
            self.secret(name, secret)
        self.secret("short", SHORT)
        for name, text in FILES.items():
            (folder / name).write_text(text)
        self.write("posture.toml", self.toml())

    @property
    def spare(self) -> list[Path]:
        """The files that secrets were planted in."""
        return [*self.folder.glob("*.secret"), *(self.folder / name for name in FILES)]

    def secret(self, name: str, text: str) -> None:
        path = self.folder / f"{name}.secret"
        path.write_text(f"{text}\n")
        path.chmod(0o600)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def toml(self, host: str = "", password: str = "") -> str:
        return f"""
[organisation]
name = "Riverside Health"

[[zone]]
id = "servers"
kind = "server"
networks = ["{self.address}", "{self.device}"]
policy = "gentle"
max_rate = 200

[[directory]]
id = "ldap"
host = "{host or self.address}"
ca_file = "{self.folder}/ca.pem"
base = "{SUFFIX}"
bind = {{ method = "simple", user = "{AUDITOR}", password = {password or FROM_FILE} }}

[snmp]
port = {self.port}

[[snmp.credentials]]
id = "two"
version = "2c"
community = {{ command = ["cat", "community.secret"] }}

[[snmp.credentials]]
id = "three"
version = "3"
user = "watch"
auth = "SHA-256"
auth_secret = {{ env = "POSTURE_TEST_AUTH" }}
privacy = "AES-128"
privacy_secret = {{ file = "privacy.secret" }}
"""

    def run(self, *arguments: str | Path, codes: tuple[int, ...] = (0,), **environment: str) -> str:
        """The command line with -v and --debug. All that it says is kept."""
        given = {"PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.temporary), "LANG": "C.UTF-8"}
        done = subprocess.run(
            [*POSTURE, "-v", "--debug", *map(str, arguments)],
            cwd=self.folder,
            env={**given, "POSTURE_TEST_AUTH": AUTH, **environment},
            capture_output=True,
            check=False,
            timeout=300,
        )
        self.said += [done.stdout, done.stderr]
        assert done.returncode in codes, (arguments, (done.stdout + done.stderr).decode()[-3000:])
        return done.stdout.decode(errors="replace").strip()

    def leaks(self) -> list[str]:
        """Where a secret stands that was not planted there: in what was said, and in all files."""
        spoken = found_in(b"\n".join(self.said), SECRETS)
        return [f"said: {each}" for each in spoken] + leaks(self.folder, SECRETS, self.spare)


@pytest.fixture(scope="module")
def watcher() -> Iterator[Watcher]:
    with Watcher(tuple(POSTURE)) as watching:
        yield watching


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, watcher: Watcher) -> Lab:
    """Audited, exported and reported once, in every way that there is."""
    assert watcher
    made = Lab(tmp_path_factory.mktemp("planted") / "hospital", make_ca())
    certificate = make_certificate(made.ca, [made.address])
    options = SlapdOptions(hashes_readable=True)
    with (
        Slapd(SUFFIX, PEOPLE, address=made.address, certificate=certificate, options=options),
        Snmpd(AGENT, address=made.device, port=made.port),
    ):
        made.run("init", made.folder / "fresh")
        made.run("keys", "init")
        made.run("doctor", codes=(0, 1))
        made.run("plan")
        first = made.run("audit")
        second = made.run("audit", *(word for name in FILES for word in ("--from", name)))
    for run in (first, second):
        formats = f"html,xlsx,csv,json,oscal,map-csv{',pdf' if run == second else ''}"
        made.run("report", run, "-f", formats, "-o", made.folder / f"reports-{run}")
        made.run("evidence", "export", run, "-o", f"{run}.zip")
        made.run("evidence", "verify", f"{run}.zip")
    listed = made.run("evidence", "list", first, "--format", "json")
    assert '"ldap"' in listed
    assert '"snmp"' in listed
    for run in (first, second):
        with zipfile.ZipFile(made.folder / f"{run}.zip") as bag:
            digests = [Path(name).name[:64] for name in bag.namelist() if name.startswith("data/evidence/")]
        for digest in sorted(set(digests))[::6]:
            made.run("evidence", "show", digest, "--payload")
        made.run("evidence", "show", digests[0])
    made.run("keys", "show")
    made.run("keys", "show", "--public")
    made.run("runs", "list")
    made.run("runs", "diff", first, second)
    made.run("--store", "other.db", "audit", "--from", f"{second}.zip")
    return made


def test_what_was_planted_was_met(lab: Lab):
    """Else nothing would be proved: each source answered, and what was masked is told by its token."""
    texts = b"\n".join(data for name, data in contents(lab.folder / "posture.db") if "!evidence" in name)

    assert f"dn: uid=nurse,{SUFFIX}".encode() in texts
    for said in (
        b"snmp-server community {masked} RO",
        b"helpdesk, password: {masked;type=password;digest=",
        b"cabinet, key {masked}, second floor",
        b"pw={masked;type=password}",
        b"router; community string: {masked}",
        b"cn: logs in as {masked} when the ward is busy",
        b"ms-Mcs-AdmPwd: {masked",
        b"[masked]",
    ):
        assert said in texts, said
    for way in (b'"detail":"dn:cn=audit,', b'"method":"v3-authPriv"', b'"method":"v2c"'):
        assert way in texts, way


def test_planted_secrets_are_in_no_store_report_bag_or_message(lab: Lab):
    assert lab.leaks() == []


def test_the_keys_are_in_their_files_alone(lab: Lab):
    pem = (lab.folder / "posture.key").read_bytes()
    key = load_pem_private_key(pem, password=None)
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    pseudonyms = bytes.fromhex((lab.folder / "posture.pseudonyms.key").read_text())
    halves = (raw, pem.splitlines()[1], pseudonyms)

    assert found_in(b"\n".join(lab.said), halves) == []
    files = [lab.folder / "posture.key", lab.folder / "posture.pseudonyms.key"]
    assert leaks(lab.folder, halves, files) == []
    assert all(leaks(file, halves) for file in files)


def test_nothing_temporary_is_left(lab: Lab):
    assert list(lab.temporary.iterdir()) == []
    assert list(lab.folder.glob(".*")) == []


def mistakes(lab: Lab) -> Iterator[tuple[str, str]]:
    """Secrets that were pasted into posture.toml."""
    whole = lab.toml()
    community = '{ command = ["cat", "community.secret"] }'
    for name, old, new in (
        ("password", FROM_FILE, f'"{PASTED}"'),
        ("list", FROM_FILE, f'["{PASTED}"]'),
        ("env", "POSTURE_TEST_AUTH", PASTED),
        ("variable", "POSTURE_TEST_AUTH", VARIABLE),
        ("community", community, f'"{PASTED}"'),
        ("keyring", community, f'{{ keyring = "{PASTED.replace("/", "-")}" }}'),
        ("command", community, f'{{ command = "echo {PASTED}" }}'),
        ("two", community, f'{{ env = "A", file = "{PASTED}" }}'),
        ("auth", 'auth = "SHA-256"', f'auth = "{PASTED}"'),
        ("privacy", 'privacy = "AES-128"', f'privacy = "{PASTED}"'),
        ("credentials", whole[whole.index("[[snmp.credentials]]") :], f'credentials = ["{PASTED}"]\n'),
        ("host", f'host = "{lab.address}"', f'host = "ldap://{AUDITOR}:{PASTED}@{lab.address}"'),
        ("login", f'host = "{lab.address}"', f'host = "audit:{PASTED}@{lab.address}"'),
        ("clock", "[snmp]", f'[timestamp]\nurl = "https://u:{PASTED}@tsa.example/"\nca_file = "ca.pem"\n\n[snmp]'),
        ("quote", f'host = "{lab.address}"', f'host = "{PASTED}'),
        ("bind", "bind = {", f'bind = "{PASTED}" #'),
    ):
        text = whole.replace(old, new, 1)
        assert text != whole, name
        yield name, text


def test_a_secret_that_was_pasted_into_the_configuration_is_not_shown(lab: Lab):
    for name, text in mistakes(lab):
        path = lab.write("pasted.toml", text)
        before = len(lab.said)
        for command in ("plan", "doctor", "audit") if name == "password" else ("audit",):
            lab.run("-c", path.name, command, codes=(1,))
        path.unlink()
        assert found_in(b"\n".join(lab.said[before:]), SECRETS) == [], name


def test_a_secret_is_in_no_error(lab: Lab):
    """Wrong passwords, servers that are gone or die, files that others can read, commands that fail."""
    certificate = make_certificate(lab.ca, [lab.address])
    live = ("--live", "--only", "ldap,snmp")
    with (
        Slapd(SUFFIX, PEOPLE, address=lab.address, certificate=certificate),
        Snmpd(AGENT, address=lab.device, port=lab.port),
    ):
        for name, password in (
            ("wrong", '{ file = "wrong.secret" }'),
            ("nowhere", '{ file = "nowhere.secret" }'),
            ("fails", '{ command = ["sh", "-c", "cat wrong.secret; cat wrong.secret >&2; exit 3"] }'),
            ("binary", '{ command = ["sh", "-c", "cat wrong.secret; printf \'\\\\377\'"] }'),
        ):
            path = lab.write(f"{name}.toml", lab.toml(password=password))
            lab.run("-c", path.name, "doctor", codes=(0, 1))
            lab.run("-c", path.name, "audit", *live, codes=(0, 1))
        short = lab.toml().replace("privacy.secret", "short.secret")
        lab.run("-c", lab.write("short.toml", short).name, "audit", *live, codes=(0, 1))
        (lab.folder / "bind.secret").chmod(0o644)
        lab.run("doctor", codes=(1,))
        lab.run("audit", *live, codes=(0, 1))
        (lab.folder / "bind.secret").chmod(0o600)

        (lab.folder / "posture.key").chmod(0o644)
        lab.run("audit", *live, codes=(1,))
        lab.run("keys", "show", codes=(1,))
        (lab.folder / "posture.key").chmod(0o600)
    lab.run("audit", *live, codes=(0, 1))  # nobody answers any more
    text = lab.toml().replace("[snmp]", '[seal]\nkey_file = "wrong.secret"\n\n[snmp]')
    path = lab.write("nokey.toml", text)  # a file that is no key, and a secret
    lab.run("-c", path.name, "--store", "nokey.db", "audit", "--from", "scan.xml", codes=(1,))
    for url in (
        f"postgresql://u:{PASTED.replace('/', '')}@127.0.0.1:9/x",
        f"postgresql://u:{PASTED}@[",
        f"u:{PASTED}@x://y",
    ):
        lab.run("runs", "list", codes=(1,), POSTURE_STORE=url)

    assert lab.leaks() == []
    assert b"others can read" in b"".join(lab.said)
    assert b"invalid credentials" in b"".join(data for _, data in contents(lab.folder / "posture.db"))


def test_a_server_that_dies_while_we_log_in_leaves_no_password(lab: Lab):
    inside, front = loopback(), loopback()
    certificate = make_certificate(lab.ca, [front])
    path = lab.write("dying.toml", lab.toml(host=front))
    with (
        Slapd(SUFFIX, PEOPLE, address=inside) as server,
        KillsAtBind(server, front, certificate, lab.folder, BIND.encode()) as between,
    ):
        lab.run("-c", path.name, "audit", "--live", "--only", "ldap", codes=(0, 1))
        assert between.killed

    assert lab.leaks() == []
    assert list(lab.temporary.iterdir()) == []


@pytest.mark.usefixtures("lab")
def test_no_process_shows_a_secret_and_no_child_of_ours_is_given_one(watcher: Watcher):
    """Run last: by then the watcher has seen all that this module did."""
    assert watcher.samples > 100
    assert [line for line in list(watcher.arguments) if found_in(line, SECRETS)] == []
    ours = {
        line: environment
        for line, environment in list(watcher.environments)
        if not line.startswith((b"cat\0", b"sh\0"))
    }
    judging = [environment for line, environment in ours.items() if b"posture.confined" in line]
    assert judging
    assert all(set(each.rstrip(b"\0").split(b"\0")) == {b"LANG=C.UTF-8", b"PYTHONHASHSEED=0"} for each in judging)
    assert any(b"nmap" in line.partition(b"\0")[0] for line in ours)
    for line, environment in ours.items():
        assert found_in(environment, SECRETS) == [], line


# ── the search itself can fail ───────────────────────────────────────────────────────────────────────────────────


def _text(path: Path, secret: str) -> None:
    path.write_text(f"x {secret} y")


def _folded_base64(path: Path, secret: str) -> None:
    whole = "description:: " + base64.b64encode(f"{'padding ' * 7}{secret} more".encode()).decode()
    path.write_text("\n ".join(whole[at : at + 76] for at in range(0, len(whole), 76)))


def _shifted_base64(path: Path, secret: str) -> None:
    path.write_bytes(b"".join(base64.b64encode(b"z" * at + secret.encode() + b"w" * at) for at in (1, 2)))


def _hex(path: Path, secret: str) -> None:
    path.write_text(secret.encode().hex())


def _utf16(path: Path, secret: str) -> None:
    path.write_text(secret, encoding="utf-16-le")


def _url(path: Path, secret: str) -> None:
    path.write_text("https://x/?p=" + secret.replace("/", "%2F").replace("+", "%2B").replace("&", "%26"))


def _html(path: Path, secret: str) -> None:
    path.write_text(secret.replace("&", "&amp;"))


def _oid(path: Path, secret: str) -> None:
    path.write_text(".".join(str(octet) for octet in secret.encode()))


def _gzip(path: Path, secret: str) -> None:
    path.write_bytes(gzip.compress(secret.encode()))


def _zip_in_zip(path: Path, secret: str) -> None:
    inner = path.with_suffix(".inner")
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.txt", secret)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.write(inner, "inner.zip")
    inner.unlink()


def _workbook(path: Path, secret: str) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = secret
    book.save(path)


def _pdf(path: Path, secret: str) -> None:
    weasyprint.HTML(string=f"<p>{secret.replace('&', '&amp;')}</p>").write_pdf(path)


@pytest.mark.parametrize(
    "plant",
    [_text, _folded_base64, _shifted_base64, _hex, _utf16, _url, _html, _oid, _gzip, _zip_in_zip, _workbook, _pdf],
)
def test_a_planted_secret_is_found_in_every_kind_of_file(tmp_path: Path, plant):
    plant(tmp_path / "file", BIND)

    assert leaks(tmp_path, SECRETS)
    assert not leaks(tmp_path, [b"not there at all"])


def test_a_planted_secret_is_found_in_a_database_and_in_its_log(tmp_path: Path):
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("CREATE TABLE blobs (content)")
        raw.commit()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.execute("INSERT INTO blobs VALUES (?)", [zstandard.compress(f"x{BIND}x".encode() * 9)])
        raw.commit()
        assert (tmp_path / "a.db-wal").stat().st_size

        assert any("!blobs[0][0]" in each for each in leaks(tmp_path, SECRETS))


@pytest.mark.parametrize("where", ["arguments", "environment"])
def test_the_watcher_sees_a_secret_of_a_process(where: str):
    parent = (sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])")
    child = ("sleep", "2") if where == "environment" else ("sh", "-c", "sleep 2", CONTROL)
    with Watcher(parent) as watching:
        given = {**os.environ, "PLANTED": CONTROL} if where == "environment" else None
        with subprocess.Popen([*parent, *child], env=given):
            time.sleep(1)
    seen = b"\n".join(watching.arguments if where == "arguments" else (each for _, each in watching.environments))

    assert found_in(seen, [CONTROL.encode()]) == [(CONTROL.encode(), "plain")]


def test_the_front_really_kills_the_server(tmp_path: Path):
    ca, inside, front = make_ca(), loopback(), loopback()
    with (
        Slapd(SUFFIX, PEOPLE, address=inside) as server,
        KillsAtBind(server, front, make_certificate(ca, [front]), tmp_path, BIND.encode()) as between,
    ):
        asked = ["ldapsearch", "-x", "-H", f"ldaps://{front}", "-D", AUDITOR, "-y", str(tmp_path / "p"), "-b", SUFFIX]
        (tmp_path / "p").write_text(BIND)
        done = subprocess.run(asked, env={**os.environ, "LDAPTLS_REQCERT": "never"}, capture_output=True, check=False)
        assert done.returncode != 0
        assert between.killed
        assert server._process is not None
        assert server._process.wait(5) == -signal.SIGKILL
