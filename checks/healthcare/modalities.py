"""The workstations of modalities: scanners, ultrasound, X-ray."""

from __future__ import annotations

import msgspec

from posture import AsOf, Reference, Severity, Thresholds, Verdict, check, not_applicable, unknown
from posture.facts import Computer, Facts, Host
from posture.model import Outcome
from posture.reference.lifecycle import RDP, SMB, of_host
from posture.services import DICOM, listed, offered, survey, worst

TELL = "Import a scan that holds rdp-ntlm-info or smb-os-discovery, or ask the maker for its version."
UNSURE_ZONES = frozenset({"", "medical-device"})
"""Zones in which a modality may stand that shows nothing of itself."""


@check(
    "modality-windows-unsupported",
    title="Imaging workstations run Windows without updates",
    severity=Severity.HIGH,
)
def modality_windows_unsupported(
    host: Host, computers: Facts[Computer], reference: Reference, as_of: AsOf, thresholds: Thresholds
) -> Verdict:
    """Every imaging host runs a Windows that Microsoft still supports.

    An imaging host stands in a zone of the kind imaging, or answers DICOM; a modality that only sends images shows
    nothing of that, so that elsewhere an unsupported Windows is unknown, unless the zone is one of another kind and no
    port of DICOM is open. Windows is read from rdp-ntlm-info or smb-os-discovery; where a build is several editions, as
    14393 is Windows Server 2016 and Windows 10 LTSB, the edition is taken from the directory.

    Why it matters:
        A modality that stands still cancels a day of examinations, and its maker decides when it may be updated.
        Without updates one infected laptop on the same network is enough.

    How to fix:
        Ask the maker for a supported version. Until then isolate the workstation, let only the image store and its
        service station reach it, and record an exception with its end.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); Microsoft Lifecycle; FDA, "Cybersecurity in Medical Devices" (2023).
    """
    dicom = offered(host, DICOM)
    imaging = _imaging(host)
    if not imaging and dicom.outcome is Outcome.PASS and host.zone_kind not in UNSURE_ZONES:
        return not_applicable(f"It stands in a zone of the kind {host.zone_kind}, and offers no DICOM")
    verdict = of_host(host, computers, reference, as_of, thresholds, (RDP,))
    if verdict is None:
        told = "Which Windows it runs did not show" if imaging else "Whether it is an imaging host did not show"
        offers = worst([offered(host, kind) for kind in (RDP, SMB)])
        return unknown(f"{told}: {offers.message}", answer=TELL)
    if verdict.outcome is Outcome.FAIL and imaging:
        return msgspec.structs.replace(verdict, message=f"{verdict.message}. {imaging}")
    if verdict.outcome is Outcome.FAIL:
        return msgspec.structs.replace(
            verdict,
            outcome=Outcome.UNKNOWN,
            message=f"{verdict.message}; whether it is an imaging host is not known",
            answer="Put its address in a zone of the right kind in posture.toml.",
        )
    return verdict


def _imaging(host: Host) -> str:
    """Why it is an imaging host, or nothing."""
    if host.zone_kind == "imaging":
        return "It stands in a zone of the kind imaging"
    answering = survey(host, DICOM).offered
    return f"It answers DICOM on {listed(answering)}" if answering else ""
