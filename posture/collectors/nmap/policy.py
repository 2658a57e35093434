"""How a policy scans: rates, time-outs, ports and scripts. Data, and nothing but data.

What is sent to whom follows from here: change a number here, and `posture plan` shows what it does.
"""

from __future__ import annotations

from typing import Final

import msgspec

from posture.model import Policy
from posture.ports import PortSet

__all__ = [
    "CLINICAL",
    "DICOM",
    "ELSEWHERE",
    "INTRUSIVE",
    "MLLP",
    "NEVER",
    "SCRIPTS",
    "SETTINGS",
    "Nse",
    "Settings",
]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One policy's way of scanning. Times in seconds.

    `scan_delay` is the least time between two probes to one host. Where it equals `rtt_timeout`, the longest that
    nmap waits for an answer, a host has at most one probe in flight, while other hosts are asked meanwhile.
    `host_timeout` is what identifying one host may take; a port scan's is worked out from its ports (see `plan`).
    """

    max_rate: int
    retries: int
    scan_delay: float
    rtt_timeout: float
    host_group: int
    host_timeout: int
    version_intensity: int
    syn_ping: str
    ack_ping: str
    ports: str


# What the checks read: remote administration, file and print services, mail, directories, databases, clinical ports.
_GENTLE: Final = (
    "21-23,25,80,104,110,111,135,139,143,389,443,445,465,512-514,587,636,993,995,1433,1521,1972,2049,2375,2376,2575,"
    "2761,2762,3268,3269,3306,3389,4242,4899,5060,5432,5900-5902,5938,5985,5986,6000,6129,6379,6661,6783-6785,7070,"
    "8040-8042,8080,8443,9100,11112,27017"
)
# Beside it: old small services, building control, virtualisation, backup, Citrix, InterSystems, web, messages.
_STANDARD: Final = (
    "7,9,13,17,19,37,53,79,88,102,111,113,119,179,502,515,548,554,623,631,873,902,990,992,1080,1099,1494,1556,1720,1723,"
    "1883,1911,2049,2051,2052,2121,2222,2323,2375,2376,2483,2484,2598,3000,3009,3128,3260,3690,4443,4786,4840,4911,5000,"
    "5060,5061,5222,5357,5480,5555,5601,5672,5800,5984,6001-6003,6160,6162,6443,7001,7002,7443,8000,8008,8009,8081,8086,"
    "8088,8090,8161,8181,8400,8403,8500,8834,8883,8888,9000,9001,9042,9090,9091,9200,9300,9392,9393,9398,9399,9401,9419,"
    "9443,9999,10000,10050,10051,10443,11211,13720,13724,15672,20000,27018,27019,28017,44818,47808,49152-49157,50000,"
    "51773,52773,57772,61616"
)
# The well-known ports (RFC 6335), and the registered ones that nmap finds open most often.
_THOROUGH: Final = (
    "1-1024,1025-1055,1110,1433-1434,1755,1801,1900,2000-2010,2103,2105,2107,2379-2383,2638,2717,2967,3001-3011,3050,"
    "3283,3300,3306,3351,3478,3527,3689,3986,4000-4006,4045,4444-4446,4505,4506,4848,4899,5001-5009,5050,5051,5101,5190,"
    "5353,5431,5500,5554,5631,5666,5800-5803,5903-5906,6004-6010,6050,6101,6106,6112,6129,6543,6646,6662-6670,6881,7000-"
    "7010,7070,7100,7627,7777,7778,7937,7938,8001-8012,8031,8082-8085,8089,8099,8100,8180,8192-8194,8291,8333,8530,8531,"
    "8600,8649,8899,9002-9011,9040,9050,9080,9081,9092,9101-9103,9160,9418,9595,9943,9944,10001-10010,10082,10243,12000,"
    "12345,14000,16992,16993,17500,19888,25565,30000,32768-32775,33060,34567,37777,49158-49165,50030,50070,50075,62078"
)


def _all(*lists: str) -> str:
    return str(PortSet.parse(",".join(lists)))


SETTINGS: Final[dict[Policy, Settings]] = {
    Policy.GENTLE: Settings(
        max_rate=50,
        retries=1,
        scan_delay=0.3,
        rtt_timeout=0.3,
        host_group=64,
        host_timeout=600,
        version_intensity=2,
        syn_ping="443,445",
        ack_ping="",
        ports=_all(_GENTLE),
    ),
    Policy.STANDARD: Settings(
        max_rate=300,
        retries=2,
        scan_delay=0.02,
        rtt_timeout=1.0,
        host_group=64,
        host_timeout=600,
        version_intensity=5,
        syn_ping="22,443,445,3389",
        ack_ping="80",
        ports=_all(_GENTLE, _STANDARD),
    ),
    Policy.THOROUGH: Settings(
        max_rate=1000,
        retries=3,
        scan_delay=0.005,
        rtt_timeout=1.5,
        host_group=64,
        host_timeout=900,
        version_intensity=7,
        syn_ping="21-23,25,80,135,139,443,445,3389,8080",
        ack_ping="80,443",
        ports=_all(_GENTLE, _STANDARD, _THOROUGH),
    ),
}

CLINICAL: Final = PortSet.parse("104,2575,2761,2762,6661,11112")
"""DICOM and HL7: many such listeners take few connections. Never version-probed; scripted only on approved devices."""

DICOM: Final = PortSet.parse("104,4242,11112")
"""Asked with dicom-ping (a C-ECHO) on approved devices."""

MLLP: Final = PortSet.parse("2575,2762,6661")
"""HL7 and DICOM over TLS: on approved devices a TLS handshake shows whether they encrypt."""

NEVER: Final = PortSet.parse("102,502,789,1911,1962,2404,4911,9100-9107,9600,18245,20000,20547,44818,47808")
"""Never identified at all: printers print what they are sent, and version detection of building and process control
runs scripts that no one has marked safe (s7-info, enip-info, fox-info, omron-info, bacnet-info)."""


class Nse(msgspec.Struct, frozen=True, kw_only=True):
    """An NSE script, its categories as nmap's script.db has them, and the ports that ask for it."""

    name: str
    categories: tuple[str, ...]
    ports: PortSet


_TLS: Final = "443,465,636,990,992,993,995,3269,4443,5061,5986,6443,7443,8443,8883,9443,10443"
_HTTP: Final = "80,443,3000,5985,5986,8000,8008,8042,8080,8081,8088,8090,8181,8443,8888,9000,9090,9443,52773,57772"


def _nse(name: str, categories: str, ports: str) -> Nse:
    return Nse(name=name, categories=tuple(categories.split()), ports=PortSet.parse(ports))


SCRIPTS: Final = (
    _nse("dicom-ping", "auth default discovery safe", str(DICOM)),  # on approved devices only
    _nse("ftp-anon", "auth default safe", "21,990"),
    _nse("http-auth", "auth default safe", _HTTP),
    _nse("http-title", "default discovery safe", _HTTP),
    _nse("mongodb-info", "default discovery safe", "27017-27019"),
    _nse("nfs-showmount", "discovery safe", "111"),
    _nse("rdp-enum-encryption", "discovery safe", "3389"),
    _nse("rdp-ntlm-info", "default discovery safe", "3389"),
    _nse("redis-info", "discovery safe", "6379"),
    _nse("smb-protocols", "discovery safe", "445"),
    _nse("smb2-security-mode", "default discovery safe", "445"),
    _nse("smtp-commands", "default discovery safe", "25,465,587"),
    _nse("ssh2-enum-algos", "discovery safe", "22,2222"),
    _nse("sshv1", "default safe", "22,2222"),
    _nse("ssl-cert", "default discovery safe", f"21,25,110,143,389,587,1433,3268,3306,3389,5432,{_TLS}"),
    _nse("sslv2", "default safe", _TLS),
    _nse("telnet-encryption", "discovery safe", "23,2323"),
    _nse("vmware-version", "discovery safe version", "443"),  # its own rule asks for the intensity of thorough
    _nse("vnc-info", "default discovery safe", "5900-5903"),
    _nse("x11-access", "auth default safe", "6000-6009"),
)
"""Run on hosts known to be IT, each where a port of its own is open."""

ELSEWHERE: Final = ("ssh2-enum-algos", "ssl-cert")
"""Run where a port is open that no script names: the scripts' own rules ask for SSH or TLS to be identified first."""

INTRUSIVE: Final = (_nse("ssl-enum-ciphers", "discovery intrusive", f"21,25,389,587,3389,{_TLS}"),)
"""Run only where the zone's `scripts` name them: many handshakes, one after the other."""
