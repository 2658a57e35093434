"""HL7 version 2 messages."""

from __future__ import annotations

import re

from posture import Missing, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Host, Port
from posture.services import TLS, Kind, each, result

HL7 = Kind(label="HL7", names=("hl7", "hl7-mlp"), ports=(2575, 6661))

_MESSAGE = re.compile(r"MSH\|\^~\\+&")


@check("hl7-cleartext", title="Clinical messages are sent without encryption (HL7)", severity=Severity.HIGH)
def hl7_cleartext(host: Host) -> Verdict:
    """No HL7 listener answers without TLS.

    An open port alone proves nothing: only an HL7 message that came back in the clear fails, and only a port that
    speaks TLS passes. Posture sends no HL7 messages.

    Why it matters:
        Admissions, orders and results travel as plain text with name and birth date. Somebody on the way reads them, or
        changes a result or a dose.

    How to fix:
        Let the interface engine and its partners use TLS, or an IPsec tunnel between them, and admit the partners'
        addresses alone.

    Sources:
        45 CFR 164.312(e)(2)(ii); HL7 Transport Specification: MLLP, Release 2; IHE ITI TF-2 3.19.
    """
    return each(host, HL7, _port)


def _port(port: Port) -> Verdict:
    for name in ("banner", "fingerprint-strings"):
        said = result(port, name)
        if not isinstance(said, Missing) and not port.service.tunnel and _MESSAGE.search(said.output):
            return failed(f"An HL7 message came back from {port} in the clear", port)
    if TLS.identified(port):
        return passed(f"{port} speaks TLS", port)
    return unknown(
        f"{port} is open; whether HL7 is encrypted there did not show",
        port,
        answer=f"Run ssl-cert on {port}, once clinical engineering has agreed, or look at the interface engine.",
    )
