"""Telephones and nurse call."""

from __future__ import annotations

from posture import Severity, Verdict, check
from posture.facts import Host
from posture.services import Kind, offered, worst

SIP = Kind(label="SIP without TLS", names=("sip", "sip-proxy"), ports=(5060,), tunnel="clear")
SIP_UDP = Kind(label="SIP without TLS", names=("sip", "sip-proxy"), ports=(5060,), protocol="udp", tunnel="clear")


@check("telephony-cleartext", title="Telephones signal without encryption (SIP)", severity=Severity.LOW)
def telephony_cleartext(host: Host) -> Verdict:
    """No host takes SIP without TLS, over TCP or UDP.

    SIP over TLS beside it (5061/tcp) is no excuse. Posture itself does not scan UDP: where TCP shows nothing, only an
    imported scan of 5060/udp answers.

    Why it matters:
        Who calls whom, from which room, can be read and changed on the way, and the keys of calls that are encrypted
        are often agreed in these messages. Nurse call goes over them in many hospitals.

    How to fix:
        Use SIP over TLS and SRTP for calls, or keep telephones and nurse call in a segment that nothing else reaches.

    Sources:
        45 CFR 164.312(e)(2)(ii); RFC 3261 26.2; NIST SP 800-58.
    """
    return worst([offered(host, SIP), offered(host, SIP_UDP)])
