"""File transfer that knows no passwords."""

from __future__ import annotations

from posture import Severity, Verdict, check
from posture.facts import Host
from posture.services import Kind, offered

TFTP = Kind(label="TFTP", names=("tftp",), ports=(69,), protocol="udp", signs=(("tftp-enum", r"\S"),))


@check("tftp-offered", title="Files are handed out without a password (TFTP)", severity=Severity.MEDIUM)
def tftp_offered(host: Host) -> Verdict:
    """No host offers TFTP.

    It answers over UDP, which Posture itself does not scan: import a scan of 69/udp. Silence there (open|filtered) is
    unknown, and many TFTP servers look silent to nmap, because they answer from another port.

    Why it matters:
        TFTP has neither log-in nor encryption. Firmware and settings of network devices and telephones, with passwords
        in them, can be fetched by name, and sometimes replaced.

    How to fix:
        Switch it off. Where devices start from it, let it answer in their own segment alone, from a folder that it can
        only read.

    Sources:
        45 CFR 164.312(e)(1); RFC 1350 (security considerations).
    """
    return offered(host, TFTP)
