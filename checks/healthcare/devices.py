"""Medical devices and how they are administered."""

from __future__ import annotations

from posture import Severity, Verdict, check, failed, unknown
from posture.facts import Host
from posture.inventory import MEDICAL_MAKERS as MAKERS
from posture.services import DICOM, FTP, R_SERVICES, TELNET, VNC, listed, offered, survey, worst

CLEAR = (TELNET, FTP, VNC, R_SERVICES)
MEDICAL_ZONES = frozenset({"medical-device", "imaging"})


@check(
    "medical-device-cleartext-admin",
    title="A medical device can be administered without encryption",
    severity=Severity.CRITICAL,
)
def medical_device_cleartext_admin(host: Host) -> Verdict:
    """No medical device offers telnet, FTP, VNC, rsh, rlogin or rexec.

    A medical device is a host in a zone of the kind medical-device or imaging, one that answers DICOM, or one whose
    network card is of a maker of medical devices. None of this shows from behind a router, so another host passes
    only where it offers none of these services, and is unknown where it does: telnet-offered and its like say so too.

    Why it matters:
        Whoever reads the service password on the way, or finds none asked for, can change settings or stop a device on
        which a patient depends.

    How to fix:
        Switch the services off by the maker's procedure, with clinical engineering. Where that can't be, isolate the
        device and let only its service station in.

    Sources:
        45 CFR 164.312(d), 164.312(e)(2)(ii); FDA, "Cybersecurity in Medical Devices" (2023).
    """
    verdicts = [offered(host, kind) for kind in CLEAR]
    answering = [(kind.label, port) for kind in CLEAR for port in survey(host, kind).offered]
    if not answering:
        return worst(verdicts)
    ports = [port for _, port in answering]
    found = ", ".join(dict.fromkeys(f"{label} on {port}" for label, port in answering))
    why = _medical(host)
    if why:
        return failed(f"{found}, and {why}", *ports)
    return unknown(
        f"{found}; whether this is a medical device is not known",
        *ports,
        answer="Put its address in a zone of the right kind in posture.toml.",
    )


def _medical(host: Host) -> str:
    """Why the host is a medical device, or nothing."""
    if host.zone_kind in MEDICAL_ZONES:
        return f"it stands in a zone of the kind {host.zone_kind}"
    if dicom := survey(host, DICOM).offered:
        return f"it answers DICOM on {listed(dicom)}"
    if host.mac_vendor.casefold().startswith(MAKERS):
        return f"its network card is of {host.mac_vendor}"
    return ""
