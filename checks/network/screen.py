"""Screens that are shared over the network: VNC and X11."""

from __future__ import annotations

from posture import Missing, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Host, Port, Script
from posture.services import VNC, Kind, each, result

X11 = Kind(label="X11", names=("X11",), ports=(6000,), signs=(("x11-access", "X server access is granted"),))

NONE = "1"
SUBTYPES = {"19": "VeNCrypt auth subtypes", "18": "TLS auth subtypes", "16": "Tight auth subtypes"}
"""Security types that hold others (RFB 3.8, 7.2), and the table in which vnc-info lists these."""
WITHOUT = {"257": "TLS without a password", "260": "X.509 without a password"}


@check("vnc-without-authentication", title="A screen is shared without a password", severity=Severity.CRITICAL)
def vnc_without_authentication(host: Host) -> Verdict:
    """Every VNC server asks for a password.

    A server that lets anybody in by one way does not ask, whatever the others want.

    Why it matters:
        Whoever reaches the port sees the screen and has the mouse and the keyboard: of a modality's console, that is
        the patient's images and the machine itself.

    How to fix:
        Set a password and encryption, or switch VNC off. Where the maker's service needs it, admit the service's own
        address alone, through a tunnel.

    Sources:
        45 CFR 164.312(a)(1), 164.312(d); RFC 6143 7.2.1.
    """
    return each(host, VNC, _vnc)


def _vnc(port: Port) -> Verdict:
    script = result(port, "vnc-info")
    if isinstance(script, Missing):
        return unknown(script, port, answer=f"Scan {port} with the script vnc-info.")
    types = _types(script, "Security types")
    inner = {number: _types(script, table) for number, table in SUBTYPES.items() if number in types}
    if NONE in types or script.value("WARNING") == "Server does not require authentication":
        return failed(f"VNC on {port} asks for no password", port)
    for subtypes in inner.values():
        if found := [WITHOUT[number] for number in subtypes if number in WITHOUT]:
            return failed(f"VNC on {port} accepts {' and '.join(found)}", port)
        if NONE in subtypes:
            return failed(f"VNC on {port} asks for no password inside its tunnel", port)
    unseen = [SUBTYPES[number] for number, subtypes in inner.items() if not subtypes]
    if not types or "0" in types or unseen:
        return unknown(
            f"VNC on {port} did not show all ways in that it has", port, answer="Look at the server's configuration."
        )
    return passed(f"VNC on {port} asks for a password", port)


def _types(script: Script, table: str) -> tuple[str, ...]:
    return tuple(text for path, text in script.values if path.startswith(f"{table}/") and path.endswith("/type"))


@check("x11-open", title="An X11 screen is open to anybody", severity=Severity.HIGH)
def x11_open(host: Host) -> Verdict:
    """No X11 server lets in programs that can't show they may.

    The script x11-access says nothing where access is refused, so only a refusal that was seen passes.

    Why it matters:
        Whoever reaches the port can watch the screen, record every key, passwords included, and type for the user.

    How to fix:
        Start the X server with -nolisten tcp, take `xhost +` out of start-up files, and use SSH's X11 forwarding where
        a remote screen is needed.

    Sources:
        45 CFR 164.312(d); Xsecurity(7).
    """
    return each(host, X11, _x11)


def _x11(port: Port) -> Verdict:
    script = result(port, "x11-access")
    granted = not isinstance(script, Missing) and "access is granted" in script.output
    if granted or (X11.identified(port) and port.service.extra == "open"):
        return failed(f"X11 on {port} lets anybody in", port)
    shown = result(port, "fingerprint-strings")
    refused = not isinstance(shown, Missing) and "X11Probe" in shown.output and "Authorization required" in shown.output
    if refused or (X11.identified(port) and "access denied" in port.service.extra):
        return passed(f"X11 on {port} refuses whoever does not show that they may", port)
    return unknown(
        f"{port} is open; whether X11 there lets anybody in did not show",
        port,
        answer=f"Scan {port} with version detection (nmap -sV).",
    )
