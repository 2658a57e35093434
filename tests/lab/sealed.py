"""A small hospital whose audits are sealed and timestamped, as a user does it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from lab import command
from lab.timestamping import Authority

TOML = """
[organisation]
name = "Riverside Health"
time_zone = "America/Chicago"

[[zone]]
id = "servers"
kind = "server"
networks = ["192.0.2.0/24"]
policy = "import-only"

[custody.roles]
root = "security officer"
"""
LDIF = """\
version: 1

dn: dc=example,dc=org
objectClass: domain
dc: example

dn: uid=ann,dc=example,dc=org
objectClass: inetOrgPerson
uid: ann
cn: Ann
sn: Ann
"""
SCAN = """\
<?xml version="1.0"?>
<nmaprun scanner="nmap" args="nmap -p 23,80 192.0.2.1" start="1767225600" version="7.93">
<scaninfo type="connect" protocol="tcp" numservices="2" services="23,80"/>
<host starttime="1767225600" endtime="1767225601"><status state="up" reason="user-set"/>
<address addr="192.0.2.1" addrtype="ipv4"/>
<ports><port protocol="tcp" portid="23"><state state="open" reason="syn-ack"/>
<service name="telnet" method="probed" conf="10"/></port>
<port protocol="tcp" portid="80"><state state="closed" reason="conn-refused"/></port></ports></host>
<runstats><finished time="1767225602" exit="success"/><hosts up="1" down="0" total="1"/></runstats>
</nmaprun>
"""


class Hospital(msgspec.Struct, frozen=True):
    """A folder with posture.toml, files to import, and a clock that it trusts."""

    folder: Path
    clock: Authority

    def posture(self, *arguments: str | Path, code: int = 0) -> str:
        """Run the command line here, and give what it prints."""
        done = command.posture(*arguments, cwd=self.folder)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def audited(self, *arguments: str) -> str:
        """Audit the files, and give the run's id."""
        files = ("--from", "people.ldif", "--from", "scan.xml")
        return self.posture("-q", "audit", *files, "--as-of", "2026-02-01T12:00:00Z", *arguments).strip()


def hospital(folder: Path, clock: Authority) -> Hospital:
    """A new hospital in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    timestamp = f'[timestamp]\nurl = "{clock.url}"\nca_file = "{clock.ca_file}"\n'
    (folder / "posture.toml").write_text(TOML + timestamp)
    (folder / "people.ldif").write_text(LDIF)
    (folder / "scan.xml").write_text(SCAN)
    return Hospital(folder, clock)


class Exported(msgspec.Struct, frozen=True):
    """A bag, where it came from, and its key's fingerprint."""

    hospital: Hospital
    run: str
    path: Path
    fingerprint: str
