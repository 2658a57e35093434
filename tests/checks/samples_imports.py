"""What other people's results know: results of Nessus, and accounts whose flags were told one by one."""

from __future__ import annotations

from posture.facts import Fact, Flags
from posture.testing import account, computer, host, port, script

KERBEROS = {"NO_PREAUTH": 0x400000, "UNCONSTRAINED": 0x80000, "ANY_PROTOCOL": 0x1000000}
TOLD = 0x2 | 0x20 | 0x10000 | 0x100000 | sum(KERBEROS.values())


def samples() -> list[Fact]:
    """A host that Nessus scanned, and accounts of an export for BloodHound."""
    unsigned = script("nessus-57608", "Signing is not required", state="VULNERABLE", severity="medium")
    old = script("nessus-104743", "TLSv1 is enabled", state="VULNERABLE", severity="medium")
    return [
        host(
            port(445, "microsoft-ds", scripts=[unsigned]),
            port(443, "http", tunnel="ssl", scripts=[old]),
            port(23, "telnet"),
        ),
        *(account(name, control=None, flags=Flags(on=bit, off=TOLD & ~bit)) for name, bit in KERBEROS.items()),
        account("gone", control=None, flags=Flags(on=0x2, off=TOLD & ~0x2)),
        computer("WS07$", control=None, flags=Flags(on=0, off=TOLD)),
    ]
