"""Hosts for tests that take things away from them: what was recorded, and hosts that offer nothing at all."""

from __future__ import annotations

from lab.recordings import names, recorded

from checks import samples_lifecycle
from posture.facts import Collapsed, Fact, Host
from posture.testing import host, port, script

CLINICAL = {"mac": "00:11:22:33:44:55", "mac_vendor": "Draeger Medical", "zone_kind": "medical-device"}


def samples() -> list[Fact]:
    """Recorded hosts, hosts written by hand, and one that is closed altogether."""
    return [
        *map(recorded, names()),
        *written(),
        *files_and_voices(),
        *samples_lifecycle.hosts(),
        host(closed="1-65535"),
        host(filtered="1-65535"),
        host(),
    ]


def written() -> list[Host]:
    """Hosts with what no recording holds."""
    mongodb = "\n  MongoDB Build info\n    ok = 1\n  Server status\n    {}\n"
    locked = mongodb.format("errmsg = command serverStatus requires authentication")
    basic = script("http-auth", "\nHTTP/1.1 401 Unauthorized\n  Basic realm=Printer\n")
    return [
        host(
            port(21, "ftp", scripts=[script("ftp-anon", 'got code 530 "TLS required"')]),
            port(514, "shell"),
            port(6000, "X11", extra="access denied"),
            port(27017, "mongodb", scripts=[script("mongodb-info", locked)]),
            port(80, "http", scripts=[script("http-title", "", redirect_url="https://x/")]),
            **CLINICAL,
        ),
        host(
            port(23, "telnet"),
            port(2575, scripts=[script("banner", r"\x0BMSH|^~\&|ENGINE")]),
            port(27017, "mongodb", scripts=[script("mongodb-info", mongodb.format("uptime = 7"))]),
            port(80, "http", scripts=[script("http-title", "Radiology PACS", title="Radiology PACS"), basic]),
            port(443, "http", tunnel="ssl", scripts=[script("sslv2", "\n  SSLv2 supported")]),
            closed="1-22,24-79,81-442",
            **CLINICAL,
        ),
        host(
            port(22, "ssh", extra="protocol 1.99", scripts=[script("sshv1", "Server supports SSHv1")]),
            port(80, "http", scripts=[script("http-title", "Cafeteria", title="Cafeteria")]),
            closed="1-21,23-79,81-65535",
        ),
    ]


def files_and_voices() -> list[Host]:
    """Hosts with storage, TFTP, telephones, Docker, portals and remote control."""
    exports = script("nfs-showmount", "\n  /images *")
    single = script("nfs-showmount", "\n  /images 10.10.0.7")
    programs = script("rpcinfo", "\n  100000  2,3,4  111/tcp  rpcbind")
    flaw = script("smb-vuln-ms17-010", "VULNERABLE", **{"CVE-2017-0143__state": "VULNERABLE"})
    patched = {"CVE-2017-0143__state": "NOT VULNERABLE"}
    udp = Collapsed(protocol="udp", state="closed", ports="69,5060")
    return [
        host(
            port(69, "tftp", protocol="udp"),
            port(111, "rpcbind", scripts=[exports]),
            port(2049, "nfs"),
            port(2375, "docker", scripts=[script("docker-version", "ApiVersion: 1.41", ApiVersion="1.41")]),
            port(445, "microsoft-ds"),
            port(5060, "sip", protocol="udp"),
            port(5938, "teamviewer"),
            port(8080, "http", scripts=[script("http-title", "MyChart", title="MyChart")]),
            scripts=(flaw,),
        ),
        host(
            port(111, "rpcbind", scripts=[single]),
            port(139, "netbios-ssn"),
            port(445, "microsoft-ds"),
            scripts=(script("smb-vuln-ms17-010", "This system is patched.", **patched),),
            collapsed=(
                udp,
                Collapsed(protocol="tcp", state="closed", ports="1-110,112-138,140-444,446-65535"),
            ),
        ),
        host(
            port(111, "rpcbind", scripts=[programs]),
            port(5060, "sip"),
            collapsed=(udp, Collapsed(protocol="tcp", state="closed", ports="1-110,112-5059,5061-65535")),
        ),
    ]
