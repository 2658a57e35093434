"""Machines of which scripts or the directory say what runs there: supported, past its end, and both at once."""

from __future__ import annotations

from datetime import timedelta

from posture.facts import Computer, Host
from posture.testing import AS_OF, computer, host, port, script

RECENT = AS_OF.at - timedelta(days=5)
LONG_AGO = AS_OF.at - timedelta(days=400)
OPEN_RDP = "1-442,444-3388,3390-65535"


def rdp(build: str, name: str = "", number: int = 3389):
    """Remote Desktop that says its build, and the machine's name."""
    said = script("rdp-ntlm-info", f"Product_Version: {build}", Product_Version=build, DNS_Computer_Name=name)
    return port(number, "ms-wbt-server", scripts=[said])


def vmware(version: str, line: str = "embeddedEsx"):
    """The SOAP page of a VMware product; the script names the product of the port too."""
    said = script(
        "vmware-version",
        f"\n  Server version: {version}\n  Build: 14320388\n  Product Line ID: {line}",
        **{"Server version": version, "Build": "14320388", "Product Line ID": line},
    )
    return port(443, "http", product=f"{version} SOAP API", tunnel="ssl", scripts=[said])


def smb(system: str, lanmanager: str = "Windows") -> Host:
    """A host of which smb-os-discovery says the system."""
    said = script("smb-os-discovery", f"\n  OS: {system} ({lanmanager})", os=system, lanmanager=lanmanager)
    return host(port(445, "microsoft-ds"), closed="1-444,446-65535", scripts=(said,))


def flaw(cve: str, state: str, name: str = "smb-vuln-ms17-010"):
    """A result of nmap's library `vulns`."""
    return script(name, f"\n  {state}", **{f"{cve}__state": state, f"{cve}__ids__0": f"CVE:{cve}"})


def nessus(cve: str, state: str):
    """A result of Nessus, as it is brought in."""
    return script("nessus-97833", "text", cve__0=cve, state=state, severity="critical")


def hosts() -> list[Host]:
    """Hosts that say what they run, and hosts with flaws that are known to be used."""
    return [
        host(rdp("10.0.20348", "app1.hosp.example"), closed=f"{OPEN_RDP},443"),
        host(rdp("10.0.14393", "ct1.hosp.example"), closed=f"{OPEN_RDP},443", zone_kind="imaging"),
        host(rdp("10.0.10586", "us1.hosp.example"), closed=f"{OPEN_RDP},443", zone_kind="imaging"),
        host(rdp("10.0.10586"), port(104, "dicom"), closed="1-103,105-3388,3390-65535", zone_kind="server"),
        host(rdp("10.0.10586"), closed=f"{OPEN_RDP},443", zone_kind="server"),
        host(vmware("VMware ESXi 6.7.0"), closed="1-442,444-65535"),
        host(vmware("VMware ESXi 8.0.2"), closed="1-442,444-65535"),
        host(vmware("VMware vCenter Server 6.7.0", "vpx"), rdp("10.0.20348"), closed="1-442,444-3388,3390-65535"),
        smb("Windows XP", "Windows 2000 LAN Manager"),
        host(
            port(445, "microsoft-ds"),
            closed="1-444,446-65535",
            scripts=(flaw("CVE-2017-0143", "VULNERABLE"),),
        ),
        host(port(80, "http", scripts=[nessus("CVE-2021-41773", "version-only")]), closed="1-79,81-65535"),
        host(port(443, "http", scripts=[nessus("CVE-2023-3519", "VULNERABLE")]), closed="1-442,444-65535"),
    ]


def computers() -> list[Computer]:
    """Computers of the directory: supported, past their end, in use or not."""
    used = {"password_last_set": RECENT, "last_logon": RECENT, "created": LONG_AGO, "primary_group": 515}
    left = {**used, "password_last_set": LONG_AGO, "last_logon": LONG_AGO}
    controller = {**used, "control": 0x2000 | 0x80000, "primary_group": 516}
    return [
        _computer("PC10$", 4001, "Windows 11 Enterprise", "10.0 (26100)", **used),
        _computer("PC7$", 4002, "Windows 7 Professional", "6.1 (7601)", **used),
        _computer("OLD7$", 4003, "Windows 7 Professional", "6.1 (7601)", **left),
        _computer("ESU$", 4004, "Windows 10 Enterprise", "10.0 (19045)", **used),
        _computer("IOT$", 4005, "Windows 10 IoT Enterprise", "10.0 (17763)", **used),
        _computer("DC08$", 4006, "Windows Server 2008 R2 Standard", "6.1 (7601)", **controller),
        _computer("DC22$", 4007, "Windows Server 2022 Standard", "10.0 (20348)", **controller),
        _computer("CT1$", 4008, "Windows 10 Enterprise", "10.0 (14393)", dns_name="ct1.hosp.example", **used),
    ]


def _computer(login: str, rid: int, system: str, version: str, **more: object) -> Computer:
    return computer(login, rid=rid, operating_system=system, operating_system_version=version, **more)
