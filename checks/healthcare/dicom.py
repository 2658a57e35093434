"""DICOM: images in the clear, and archives that take them from anybody."""

from __future__ import annotations

from posture import Missing, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Host, Port
from posture.services import DICOM, TLS, each, result

PING = "dicom-ping"
ASK = "Run dicom-ping on {}, once clinical engineering has agreed (approved_devices in posture.toml)."


@check("dicom-cleartext", title="An imaging system answers without encryption (DICOM)", severity=Severity.HIGH)
def dicom_cleartext(host: Host) -> Verdict:
    """No DICOM service answers an association without TLS.

    An association that is rejected fails as well: to reject it in the clear, the service speaks DICOM in the clear. A
    port with TLS beside it is no excuse.

    Why it matters:
        Images carry the patient's name, birth date and record number. Without TLS everybody on the way can read them,
        and can change an image before the doctor sees it.

    How to fix:
        Switch DICOM TLS on in the archive and the modalities, and close the clear port. Where a modality can't, keep it
        and its archive in a segment of their own, and record an exception.

    Sources:
        45 CFR 164.312(e)(1), 164.312(e)(2)(ii); DICOM PS3.15 Annex B; PS3.8 9.3.4 (A-ASSOCIATE-RJ).
    """
    return each(host, DICOM, _encryption)


def _encryption(port: Port) -> Verdict:
    ping = result(port, PING)
    shown = not isinstance(ping, Missing) and "DICOM Service Provider discovered" in ping.output
    encrypted = TLS.identified(port)
    if shown or (port.service.identified_as(*DICOM.names) and not encrypted):
        return failed(f"DICOM on {port} answers without TLS", port)
    if encrypted and not (isinstance(ping, Missing) and ping.why == "not-asked"):
        return passed(f"{port} speaks TLS, and answered no association in the clear", port)
    if encrypted:
        return unknown(
            f"{port} speaks TLS; whether it also speaks DICOM in the clear was not asked", port, answer=ASK.format(port)
        )
    return unknown(f"{port} is open; whether DICOM answers there did not show", port, answer=ASK.format(port))


@check("dicom-any-ae-title", title="An imaging system answers under any name (DICOM)", severity=Severity.HIGH)
def dicom_any_ae_title(host: Host) -> Verdict:
    """No DICOM service accepts an association that calls it by a name which is not its own.

    nmap calls every service "ANY-SCP". One that accepts fails. One that rejects may do so for other reasons, such as
    the caller's name or address, and nmap 7.93 tells no reason: that is unknown, not a pass. Only the reason "called AE
    title not recognised" would pass, and it is a weak control even then, no authentication.

    Why it matters:
        A service that does not look at names will as likely not look at who calls. Anybody on the network can then
        store images in it, and often ask for those of any patient.

    How to fix:
        Make the service check the called and the calling AE title and the caller's address, and use DICOM TLS with
        certificates on both sides.

    Sources:
        45 CFR 164.312(a)(1), 164.312(d); DICOM PS3.8 9.3.4, reason 7.
    """
    return each(host, DICOM, _called_title)


def _called_title(port: Port) -> Verdict:
    ping = result(port, PING)
    if isinstance(ping, Missing):
        return unknown(ping, port, answer=ASK.format(port))
    config = ping.value("config") or ""
    if config.startswith("Any AET is accepted"):
        return failed(f"DICOM on {port} accepted an association with a called AE title that is not its own", port)
    if config:
        return unknown(
            f"DICOM on {port} rejected the association, for a reason that nmap does not tell",
            port,
            answer="Look whether the service's configuration checks called and calling AE titles.",
        )
    return unknown(f"{port} gave no answer to a DICOM association", port, answer=ASK.format(port))
