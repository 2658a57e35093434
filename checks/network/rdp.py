"""Remote Desktop."""

from __future__ import annotations

import re

from posture import Missing, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Host, Port
from posture.services import Kind, each, result

RDP = Kind(
    label="Remote Desktop",
    names=("ms-wbt-server", "ms-wbt-server-proxy"),
    ports=(3389,),
    signs=(("rdp-enum-encryption", "Security layer"),),
)

_MODE = re.compile(r"^[ \t]*(Native RDP|SSL|RDSTLS|CredSSP[^:\n]*): (SUCCESS|Unknown)[ \t]*$", re.MULTILINE)


@check("rdp-without-nla", title="Remote Desktop works without Network Level Authentication", severity=Severity.HIGH)
def rdp_without_nla(host: Host) -> Verdict:
    """Remote Desktop asks who is there before it opens a session (Network Level Authentication).

    A server that takes an older way beside it does not insist on it, and fails.

    Why it matters:
        Without it everybody who reaches the port gets as far as the log-in screen, can try passwords there, and can
        use flaws that need no password (BlueKeep, CVE-2019-0708). Ransomware gangs look for just that.

    How to fix:
        Set the policy "Require user authentication for remote connections by using Network Level Authentication", and
        let Remote Desktop be reached only through a gateway with a second factor.

    Sources:
        45 CFR 164.312(d); MS-RDPBCGR 5.4.
    """
    return each(host, RDP, _port)


def _port(port: Port) -> Verdict:
    script = result(port, "rdp-enum-encryption")
    if isinstance(script, Missing):
        return unknown(script, port, answer=f"Scan {port} with the script rdp-enum-encryption.")
    modes = _MODE.findall(script.output)
    accepted = sorted({mode for mode, answer in modes if answer == "SUCCESS"})
    weak = [mode for mode in accepted if mode in {"Native RDP", "SSL"}]
    if weak:
        return failed(f"Remote Desktop on {port} accepts {' and '.join(weak)} without NLA", port)
    if accepted and all(mode.startswith("CredSSP") for mode in accepted) and len(accepted) == len(modes):
        return passed(f"Remote Desktop on {port} accepts nothing but NLA", port)
    return unknown(
        f"Remote Desktop on {port} did not show which security it insists on",
        port,
        answer="Look at the policy for Network Level Authentication.",
    )
