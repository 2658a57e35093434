"""The ways by which ransomware spreads from one machine to the next, as data.

A way is *shown* only where evidence shows an open port on the target and a failed check on it that leaves nothing to
be had but the network: no password, no missing patch, no listener on the wire. Everything else rests on an assumption
that stands beside the picture, in the words of `grants`. So a check that only helps an attacker (SMB signing, an old
version of a protocol) never makes a shown way; it names the assumed one.

Left out on purpose, because no sentence with "therefore the machine falls" could be defended: outdated TLS and SSH
ciphers, certificates, cleartext binds and mail, FTP (files, not the machine), SNMP that only reads, the age of
krbtgt, password length and lockout, roastable accounts that are no administrator's, hashes that the audit account
reads, and delegation of a user's account (where its service runs is in no evidence).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from posture.facts import Host, Port
from posture.model import Record
from posture.services import R_SERVICES, TELNET, VNC, Kind, survey

__all__ = [
    "CREDENTIALS",
    "DELEGATION",
    "DOMAIN_WEAKNESSES",
    "FAMILIES",
    "FAMILY",
    "SNMP",
    "WEAKNESS",
    "WEAKNESSES",
    "Family",
    "Way",
    "Weakness",
]

CREDENTIALS: Final = (
    "The attacker holds valid passwords of administrators, as in most ransomware cases (MITRE ATT&CK T1078, T1021). "
    "Where remote administration or file sharing is reached, the machine falls, without any failed check."
)


class Family(Record, frozen=True, kw_only=True):
    """Ports that serve one way in, found as the checks find them (`posture.services`).

    `credentials`: an administrator's password is enough to run programs over it. `elsewhere`: it may be on any port
    that says so; else only the standard ones count, since others use the same words.
    """

    id: str
    kind: Kind
    credentials: bool = False
    elsewhere: bool = True

    @property
    def label(self) -> str:
        """What people call it."""
        return self.kind.label

    def open_on(self, host: Host) -> tuple[Port, ...]:
        """The host's open TCP ports that are of this family, or don't say that they are not."""
        found = survey(host, self.kind)
        ports = {port.number: port for port in (*found.offered, *found.unidentified)}
        return tuple(port for number, port in sorted(ports.items()) if self.elsewhere or number in self.kind.ports)

    def unanswered_on(self, host: Host) -> tuple[int, ...]:
        """Standard ports that were not asked, or gave no answer."""
        if self.id == SNMP:
            return ()
        return tuple(number for number in self.kind.ports if host.tcp(number).state not in {"open", "closed"})


SNMP: Final = "snmp"
"""The one family that is not on TCP: it is open where an agent answered."""

FAMILIES: Final = (
    Family(id="vnc", kind=VNC),
    Family(
        id="x11",
        kind=Kind(label="X11", names=("X11",), ports=(6000,), signs=(("x11-access", "X server access is granted"),)),
    ),
    Family(
        id="datastore",
        kind=Kind(
            label="Redis or MongoDB",
            names=("redis", "mongodb", "mongod"),
            ports=(6379, 27017),
            signs=(("redis-info", r"Version: "), ("mongodb-info", "Server status")),
        ),
    ),
    Family(id=SNMP, kind=Kind(label="SNMP", names=("snmp",), ports=(161,))),
    Family(
        id="smb",
        kind=Kind(label="Windows file sharing (SMB)", names=("microsoft-ds", "netbios-ssn"), ports=(139, 445)),
        credentials=True,
    ),
    Family(
        id="rdp",
        kind=Kind(
            label="Remote Desktop (RDP)",
            names=("ms-wbt-server", "ms-wbt-server-proxy"),
            ports=(3389,),
            signs=(("rdp-enum-encryption", "Security layer"),),
        ),
        credentials=True,
    ),
    Family(
        id="winrm",
        kind=Kind(
            label="Windows remote management (WinRM)",
            names=("wsman", "wsmans", "http", "https"),
            ports=(5985, 5986),
        ),
        credentials=True,
        elsewhere=False,
    ),
    Family(
        id="rpc",
        kind=Kind(label="Windows remote procedure calls (RPC, WMI)", names=("msrpc",), ports=(135,)),
        credentials=True,
        elsewhere=False,
    ),
    Family(
        id="ssh",
        kind=Kind(
            label="SSH",
            names=("ssh", "netconf-ssh"),
            ports=(22,),
            signs=(("ssh2-enum-algos", "kex_algorithms"), ("sshv1", "SSHv1")),
        ),
        credentials=True,
    ),
    Family(id="telnet", kind=TELNET, credentials=True),
    Family(id="r-services", kind=R_SERVICES),
)
FAMILY: Final = {family.id: family for family in FAMILIES}
_ORDER: Final = {family.id: number for number, family in enumerate(FAMILIES)}


class Weakness(Record, frozen=True, kw_only=True):
    """What a failed check lets an attacker do who reaches a port of its family.

    `takes`: the attacker stands on the machine and goes on from there; else what runs on it is destroyed or stopped,
    and no further. `grants` is what has to be assumed beside the failed check; empty, the way is shown. `closes`: to
    mend the check is to close the port.
    """

    check: str
    family: str
    how: str
    takes: bool = True
    grants: str = ""
    closes: bool = False


WEAKNESSES: Final = (
    Weakness(check="vnc-without-authentication", family="vnc", how="VNC without a password"),
    Weakness(check="x11-open", family="x11", how="an X11 screen that is open to anybody"),
    Weakness(check="datastore-unauthenticated", family="datastore", how="a database without a log-in", takes=False),
    Weakness(
        check="snmp-write-access",
        family="snmp",
        how="SNMP, which lets its settings be changed",
        takes=False,
        grants="The SNMP community that may change settings is known to the attacker: it crosses the network in the "
        "clear.",
    ),
    Weakness(
        check="r-services-offered",
        family="r-services",
        how="rsh, rlogin or rexec",
        grants="Where rsh, rlogin or rexec is offered, the machine trusts the address that the attacker comes from, or "
        "the password was read on the wire.",
        closes=True,
    ),
    Weakness(
        check="telnet-offered",
        family="telnet",
        how="Telnet",
        grants="Where Telnet is offered, the attacker has read its password on the wire.",
        closes=True,
    ),
    Weakness(
        check="smb1-offered",
        family="smb",
        how="SMB version 1, through which WannaCry and NotPetya spread",
        grants="Where SMB version 1 is offered, the patch of March 2017 (MS17-010) is missing, or the attacker "
        "holds an administrator's password.",
    ),
    Weakness(
        check="rdp-without-nla",
        family="rdp",
        how="Remote Desktop without Network Level Authentication",
        grants="Where Remote Desktop works without Network Level Authentication, the patch of May 2019 (CVE-2019-0708) "
        "is missing, or the attacker holds an administrator's password.",
    ),
    Weakness(
        check="smb-signing-not-required",
        family="smb",
        how="Windows file sharing that requires no signing",
        grants="Where Windows file sharing requires no signing, an administrator's log-in is passed on to it (NTLM "
        "relay), or the attacker holds an administrator's password.",
    ),
)
WEAKNESS: Final = {weakness.check: weakness for weakness in WEAKNESSES}

DOMAIN_WEAKNESSES: Final = {
    "ad-asrep-roastable": "The password of an administrator that can be tried at leisure (AS-REP roasting) is guessed.",
    "ad-password-not-required": "An administrator's account that needs no password has none.",
}
"""Checks whose fail on an administrator's account (adminCount 1) gives the domain to who reaches a server of it, and
what has to be assumed beside the fail."""

DELEGATION: Final = "ad-unconstrained-delegation"
"""The check whose fail on a computer gives the domain to who stands on that computer."""


class Way(NamedTuple):
    """One way into a machine: its family, the failed check if any, and what has to be assumed (empty: it is shown)."""

    family: str
    check: str
    takes: bool
    grants: str

    @property
    def rank(self) -> tuple[bool, bool, int, str]:
        """What ways are sorted by: shown ones first, then those with a failed check."""
        return (bool(self.grants), not self.check, _ORDER[self.family], self.check)

    @property
    def how(self) -> str:
        """The way in words."""
        if self.check:
            return WEAKNESS[self.check].how
        return f"{FAMILY[self.family].label} with an administrator's password"
