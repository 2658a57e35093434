"""Administration, file sharing and databases that are within reach of zones where nobody needs them."""

from __future__ import annotations

from collections.abc import Iterator

from posture import Scope, Severity, Verdict, check
from posture.facts import Facts, Host
from posture.segmentation.crossing import crossing
from posture.segmentation.rules import CITRIX, DATABASE, RDP, SMB, WINRM


@check("rdp-crosses-zones", title="Remote Desktop crosses into zones that need none of it", severity=Severity.CRITICAL)
def rdp_crosses_zones(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No host answers Remote Desktop to users, guests or outsiders whom your policy denies it.

    Your policy is `reachable_from` of the zones and the flows in posture.toml. A host fails where the service said what
    it is to a scanner in a denied zone. It passes where each standard port is closed from there, or silent and a canary
    shows that the network keeps it so.

    Why it matters:
        Remote Desktop that is within reach is the way in that ransomware gangs use most: they guess a password, or use
        one that was stolen.

    How to fix:
        Close 3389/tcp between the zones. Let administrators in through a gateway that asks for a second factor.

    Sources:
        45 CFR 164.312(a)(1); CISA, "StopRansomware Guide", part 1; HPH CPG "Network Segmentation".
    """
    yield from crossing(hosts, scope, RDP)


@check("smb-crosses-zones", title="Windows file sharing crosses zones (SMB)", severity=Severity.HIGH)
def smb_crosses_zones(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No host answers SMB or NetBIOS sessions to another zone that your policy denies it.

    A host fails where SMB said what it is to a scanner in a denied zone, and passes where 139 and 445/tcp are closed
    from every denied one, or silent and a canary shows that the network keeps them so.

    Why it matters:
        WannaCry and NotPetya went through whole hospitals over this port within hours, and ransomware still spreads and
        encrypts shares over it.

    How to fix:
        Filter 139 and 445/tcp between the zones, and let in only the machines that use the file servers, by a flow in
        posture.toml and in the firewall.

    Sources:
        45 CFR 164.312(a)(1); CISA, "StopRansomware Guide", part 1; Microsoft, "Secure SMB Traffic in Windows Server".
    """
    yield from crossing(hosts, scope, SMB)


@check("database-crosses-zones", title="A database can be reached by users or guests", severity=Severity.HIGH)
def database_crosses_zones(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No database answers users, guests or outsiders whom your policy denies it.

    Databases are SQL Server, Oracle, MySQL, PostgreSQL, MongoDB, Redis and Elasticsearch. InterSystems databases have a
    check of their own, so that one flow counts once.

    Why it matters:
        Records of patients lie in databases. Within reach of every workstation, one stolen password or one flaw gives
        out all of them, past the application that would keep a log.

    How to fix:
        Let only the application servers reach the database's port, in the network's firewall and in its own.

    Sources:
        45 CFR 164.312(a)(1); CIS Controls v8, 3.12 and 12.2; HPH CPG "Network Segmentation".
    """
    yield from crossing(hosts, scope, DATABASE)


@check("winrm-crosses-zones", title="Windows can be administered from users' zones (WinRM)", severity=Severity.MEDIUM)
def winrm_crosses_zones(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No host answers WinRM to users, guests or outsiders whom your policy denies it.

    On its own ports 5985 and 5986/tcp Microsoft's HTTP service can only be WinRM. 5986/tcp alone, which is encrypted,
    fails at low.

    Why it matters:
        With a stolen administrator's password it runs any program on the server. Intruders use it to go from one
        machine to the next, since it leaves no file behind.

    How to fix:
        Let only the machines of administrators reach 5985 and 5986/tcp, by the firewall and by the IPv4Filter of WinRM.

    Sources:
        45 CFR 164.312(a)(1); MITRE ATT&CK T1021.006; Microsoft, "Installation and configuration for WinRM".
    """
    yield from crossing(hosts, scope, WINRM)


@check("citrix-without-gateway", title="Citrix can be reached without its gateway", severity=Severity.HIGH)
def citrix_without_gateway(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No host answers Citrix ICA or CGP to guests or outsiders whom your policy denies it.

    Ports 1494 (ICA) and 2598/tcp (session reliability) were meant for inside. A port that is open there and did not
    say what it is, is unknown.

    Why it matters:
        The clinical applications of many hospitals run on Citrix. Without the gateway before it there is no second
        factor, and a stolen password opens the record from anywhere.

    How to fix:
        Publish Citrix only through its gateway with a second factor, and close 1494 and 2598/tcp to everything outside.

    Sources:
        45 CFR 164.312(a)(1), 164.312(d); Citrix, "Communication ports used by Citrix Technologies".
    """
    yield from crossing(hosts, scope, CITRIX)
