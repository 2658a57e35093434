"""E-mail servers."""

from __future__ import annotations

import re

from posture import Missing, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Host, Port
from posture.services import Kind, each, result

SMTP = Kind(
    label="SMTP without TLS from the start", names=("smtp", "submission", "smtp-proxy"), ports=(25, 587), tunnel="clear"
)

_EXTENSION = re.compile(
    r"\b(?:PIPELINING|SIZE|8BITMIME|ENHANCEDSTATUSCODES|DSN|CHUNKING|SMTPUTF8|VRFY|ETRN|AUTH|HELP|BINARYMIME)\b"
)


@check("smtp-without-starttls", title="E-mail is taken without encryption", severity=Severity.MEDIUM)
def smtp_without_starttls(host: Host) -> Verdict:
    """Every e-mail server offers encryption (STARTTLS).

    Why it matters:
        Referrals, results and the passwords of mailboxes then travel as plain text, through every network on the way.

    How to fix:
        Give the server a certificate and switch STARTTLS on, and require it on the port that your own users and
        devices send through (587).

    Sources:
        45 CFR 164.312(e)(2)(ii); RFC 3207; NIST SP 800-177 Rev. 1.
    """
    return each(host, SMTP, _port)


def _port(port: Port) -> Verdict:
    script = result(port, "smtp-commands")
    if isinstance(script, Missing):
        return unknown(script, port, answer=f"Scan {port} with the script smtp-commands.")
    greeting = script.output.strip().partition("\n")[0]
    if re.search(r"\bSTARTTLS\b", greeting):
        return passed(f"SMTP on {port} offers STARTTLS", port)
    if _EXTENSION.search(greeting):
        return failed(f"SMTP on {port} offers no STARTTLS", port)
    return unknown(f"SMTP on {port} did not list what it offers", port, answer="Look at the server's configuration.")
