"""File transfer that sends its password in the clear, or asks for none."""

from __future__ import annotations

import re

from posture import Missing, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Host, Port
from posture.services import FTP, each, result

_FILE = re.compile(r"^(?:[-dl][-rwxsStT]{9}|\d\d-\d\d-\d\d)", re.MULTILINE)
_TLS_ONLY = re.compile(
    r"got code (?:421|503|521|522|530|534|550)\b.*\b(?:TLS|SSL|AUTH|encrypt\w*|cleartext)\b", re.IGNORECASE
)


@check("ftp-cleartext", title="FTP takes passwords without encryption, or lets anybody in", severity=Severity.HIGH)
def ftp_cleartext(host: Host) -> Verdict:
    """No FTP server lets anybody in without a password, or takes one without TLS.

    A server that offers TLS beside the clear log-in still takes passwords in the clear; whether it insists on TLS shows
    only where it says so.

    Why it matters:
        FTP sends the password and the files as plain text, and an anonymous log-in needs no password at all. Worklists,
        images and exports left on such a server are open to everybody on the network.

    How to fix:
        Forbid anonymous log-ins and move transfers to SFTP. Where FTP has to stay, make the server refuse a log-in
        without TLS (vsftpd: force_local_logins_ssl and force_local_data_ssl).

    Sources:
        45 CFR 164.312(d), 164.312(e)(2)(ii); RFC 4217.
    """
    return each(host, FTP, _port)


def _port(port: Port) -> Verdict:
    anonymous = result(port, "ftp-anon")
    if not isinstance(anonymous, Missing) and "Anonymous FTP login allowed" in anonymous.output:
        shown = _FILE.search(anonymous.output) is not None
        return failed(
            f"FTP on {port} lets anybody in{' and shows its files' if shown else ''}",
            port,
            severity=Severity.CRITICAL if shown else Severity.HIGH,
        )
    if not FTP.identified(port):
        return unknown(f"{port} is open, and was not identified as FTP", port, answer=f"Run nmap -sV on {port}.")
    if not isinstance(anonymous, Missing) and _TLS_ONLY.search(anonymous.output):
        return passed(f"FTP on {port} refuses a log-in without TLS", port)
    certificate = result(port, "ssl-cert")
    if not isinstance(certificate, Missing):
        return unknown(
            f"FTP on {port} offers TLS; whether it also takes a password without is not known",
            port,
            answer="Look whether the server's configuration insists on TLS.",
        )
    if certificate.why == "not-asked":
        return unknown(
            f"FTP on {port}: whether it offers TLS was not asked", port, answer="Scan it with the script ssl-cert."
        )
    return failed(f"FTP on {port} offers no TLS", port, severity=Severity.HIGH)
