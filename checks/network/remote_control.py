"""Programs that hand the screen, the mouse and the keyboard to somebody elsewhere."""

from __future__ import annotations

from posture import Severity, Verdict, check
from posture.facts import Host
from posture.services import Kind, offered

REMOTE_CONTROL = Kind(
    label="Remote-control software",
    names=("teamviewer", "radmin", "damewaremr", "splashtop", "netsupport", "pcanywheredata", "pc-anywhere"),
    ports=(4899, 5938, 6129, 6783, 6784, 6785, 7070, 8040, 8041),
    products=r"TeamViewer|LogMeIn|ScreenConnect",
    # ScreenConnect has a web server of its own, which nmap does not know from others.
    hidden_as=("http",),
    signs=(
        ("ssl-cert", r"commonName=AnyDesk Client\b"),
        ("fingerprint-strings", r"Server: ScreenConnect/"),
        ("http-title", r"\bScreenConnect Remote Support\b"),
    ),
)


@check("remote-control-software", title="Remote-control software is listening", severity=Severity.HIGH)
def remote_control_software(host: Host) -> Verdict:
    """No host listens for remote-control software.

    Meant are TeamViewer, AnyDesk, Radmin, DameWare, Splashtop, NetSupport, pcAnywhere, LogMeIn and ScreenConnect, known
    by what they say of themselves. Most of them also work by calling out to their maker, with no port open: a pass says
    that none listens, not that none is installed. Remote Desktop and VNC have checks of their own.

    Why it matters:
        Ransomware gangs install such programs to come back, and vendors leave theirs behind. Nobody watches these ways
        in, and often one password, shared by many, opens them.

    How to fix:
        Remove what nobody has approved. Let vendors in through one gateway with a second factor, and record an
        exception for what has to stay.

    Sources:
        45 CFR 164.312(a)(1), 164.308(a)(1)(ii)(B); CISA, "Guide to Securing Remote Access Software" (2023).
    """
    return offered(host, REMOTE_CONTROL)
