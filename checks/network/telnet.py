"""Remote administration that sends its password in the clear, or asks for none."""

from __future__ import annotations

from posture import Severity, Verdict, check
from posture.facts import Host
from posture.services import R_SERVICES, TELNET, offered


@check("telnet-offered", title="Log-in without encryption is offered (Telnet)", severity=Severity.HIGH)
def telnet_offered(host: Host) -> Verdict:
    """No host offers telnet.

    Why it matters:
        Telnet sends the user name and the password as plain text. Anybody on the way reads them as they are typed, and
        has the device from then on.

    How to fix:
        Switch telnet off and use SSH. Where a medical device can't do without, let clinical engineering ask its maker,
        put it behind a firewall that admits its service station alone, and record an exception.

    Sources:
        45 CFR 164.312(d), 164.312(e)(2)(ii); RFC 854.
    """
    return offered(host, TELNET)


@check("r-services-offered", title="Log-in without encryption is offered (rsh, rlogin, rexec)", severity=Severity.HIGH)
def r_services_offered(host: Host) -> Verdict:
    """No host offers rsh, rlogin or rexec.

    Why it matters:
        These services believe whoever claims to come from a trusted address, or take a password as plain text. An
        intruder needs neither to break a password nor to guess one.

    How to fix:
        Remove the services and use SSH with keys for what ran over them. Isolate a device that can't do without.

    Sources:
        45 CFR 164.312(d), 164.312(e)(2)(ii); RFC 1282.
    """
    return offered(host, R_SERVICES)
