"""Web pages that take passwords."""

from __future__ import annotations

import re

from posture import Missing, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Host, Port
from posture.services import HTTP, each, result

_LOGIN = re.compile(r"\b(?:log[ -]?[io]n|sign[ -]?[io]n)\b", re.IGNORECASE)
_BASIC = re.compile(r"^[ \t]*(?:WWW-Authenticate:[ \t]*)?Basic\b", re.IGNORECASE | re.MULTILINE)


@check("login-over-http", title="A web page asks for a password without encryption (HTTP)", severity=Severity.HIGH)
def login_over_http(host: Host) -> Verdict:
    """No web page takes a password without TLS.

    A page fails that asks for one itself (HTTP Basic) or calls itself a log-in, and passes that sends its visitors to
    HTTPS. What other pages do, nobody looked at: that stays unknown.

    Why it matters:
        The password crosses the network as plain text, and anybody on the way reads it. People use the same one
        elsewhere.

    How to fix:
        Serve the page over HTTPS, and let HTTP do nothing but redirect there. Where a device has no HTTPS, let its page
        be reached from a management network alone.

    Sources:
        45 CFR 164.312(e)(2)(ii); RFC 7617 4 (Basic sends the password readable).
    """
    return each(host, HTTP, _port, identified_only=True)


def _port(port: Port) -> Verdict:
    title = result(port, "http-title")
    if not isinstance(title, Missing) and (title.value("redirect_url") or "").startswith("https://"):
        return passed(f"The page on {port} sends its visitors to HTTPS", port)
    for name in ("http-auth", "fingerprint-strings"):
        asked = result(port, name)
        if not isinstance(asked, Missing) and _BASIC.search(asked.output):
            return failed(f"The page on {port} asks for a password (HTTP Basic) without TLS", port)
    if isinstance(title, Missing):
        return unknown(title, port, answer=f"Scan {port} with the script http-title.")
    if _LOGIN.search(title.value("title") or ""):
        return failed(f"The page on {port} is a log-in without TLS", port)
    return unknown(
        f"The first page on {port} is no log-in that shows; whether another takes a password is not known",
        port,
        answer="Look at the pages, or let HTTP do nothing but redirect to HTTPS.",
    )
