"""IPMI: control over a server below its operating system."""

from __future__ import annotations

import re
from collections.abc import Iterator

from posture import Scope, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Facts, Host, Port
from posture.segmentation.crossing import crossing
from posture.segmentation.rules import IPMI
from posture.services import each, worst

CIPHER_ZERO = "ipmi-cipher-zero"

_STATE = re.compile(r"^\s*State: (.+?)\s*$", re.MULTILINE)


@check("ipmi-reachable", title="Servers can be controlled remotely by users (IPMI)", severity=Severity.CRITICAL)
def ipmi_reachable(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No IPMI service answers users, guests or outsiders whom your policy denies it.

    IPMI is 623/udp: an answer to nmap's ipmi-version from a denied zone fails. UDP's silence proves nothing, so that
    only a port that was refused from there (closed) passes.

    Why it matters:
        IPMI gives a hash of any user's password to whoever asks, and with it power, screen and disks of the server,
        below every protection of its operating system.

    How to fix:
        Put management processors into a network of their own, and switch IPMI over LAN off where nobody uses it.

    Sources:
        45 CFR 164.312(a)(1); CISA TA13-207A, "Risks of Using the Intelligent Platform Management Interface"; IPMI 2.0
        13.31 (RAKP).
    """
    yield from crossing(hosts, scope, IPMI)


@check("ipmi-cipher-zero", title="A server can be controlled without a password (IPMI)", severity=Severity.CRITICAL)
def ipmi_cipher_zero(host: Host) -> Verdict:
    """No IPMI service takes cipher zero, with which any password is right.

    Posture does not try it: only a result of nmap's ipmi-cipher-zero in an imported scan decides.

    Why it matters:
        Whoever knows one user's name, and most are delivered with "admin", has the server's power, screen and disks
        with no password at all.

    How to fix:
        Switch cipher suite 0 off (ipmitool lan set 1 cipher_privs), or update the firmware, and put the processor into
        a network of its own.

    Sources:
        45 CFR 164.312(d); CISA TA13-207A; IPMI 2.0 13.28.
    """
    ports = [port for port in host.ports if port.protocol == "udp"]
    told = [verdict for port in ports if (verdict := _tried(port)) is not None]
    return worst(told) if told else each(host, IPMI.kind, _untold)


def _tried(port: Port) -> Verdict | None:
    said = [state for script in port.scripts if script.id == CIPHER_ZERO for state in _STATE.findall(script.output)]
    if any(state.startswith("VULNERABLE") for state in said):
        return failed(f"Cipher zero is taken on {port}: any password opens it", port)
    return passed(f"ipmi-cipher-zero found {port} refuse cipher zero", port) if "NOT VULNERABLE" in said else None


def _untold(port: Port) -> Verdict:
    return unknown(
        f"{port} is open; whether cipher zero is taken did not show",
        port,
        answer="Import a scan with ipmi-cipher-zero, or list the cipher suites (ipmitool lan print).",
    )
