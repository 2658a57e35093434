"""Passwords of local administrators: whether they are managed (LAPS), and who can read them."""

from __future__ import annotations

from enum import Enum

from posture import AsOf, Missing, Severity, Thresholds, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Computer, Facts

DISABLED = 0x2
DOMAIN_CONTROLLER = 0x2000 | 0x4000000


class _Cover(Enum):
    COVERED = 1
    UNCOVERED = 2
    UNCLEAR = 3
    OUT_OF_REACH = 4


def _cover(computer: Computer, as_of: AsOf) -> _Cover:
    control, system = computer.user_account_control, computer.operating_system
    if not isinstance(control, Missing) and control & (DISABLED | DOMAIN_CONTROLLER):
        return _Cover.OUT_OF_REACH
    if isinstance(system, Missing):
        return _Cover.OUT_OF_REACH if system.why == "absent" else _Cover.UNCLEAR
    if not system.casefold().startswith("windows"):
        return _Cover.OUT_OF_REACH
    if isinstance(control, Missing):
        return _Cover.UNCLEAR
    stamps = (computer.laps_expiry, computer.windows_laps_expiry)
    if any(not isinstance(stamp, Missing) and stamp > as_of.at for stamp in stamps):
        return _Cover.COVERED
    silent = any(isinstance(stamp, Missing) and stamp.why != "absent" for stamp in stamps)
    return _Cover.UNCLEAR if silent else _Cover.UNCOVERED


@check("ad-laps-coverage", title="Local administrators' passwords are not managed", severity=Severity.HIGH)
def laps_coverage(computers: Facts[Computer], thresholds: Thresholds, as_of: AsOf) -> Verdict:
    """The local administrators' passwords of nearly all Windows computers are managed by LAPS, and changed in time.

    Why it matters:
        Where many computers share one local password, who gets it on one of them has all. So ransomware goes from a
        workstation to the whole hospital within hours.

    How to fix:
        Deploy Windows LAPS to all computers, and look into those whose password is overdue. Where passwords are kept
        in Entra ID, or by another product, the directory does not show it: record an exception that says so.

    Sources:
        45 CFR 164.308(a)(5)(ii)(D); MITRE ATT&CK M1026; Microsoft, Windows LAPS schema extensions.
    """
    found = [_cover(computer, as_of) for computer in computers]
    covered, uncovered, unclear = (found.count(each) for each in (_Cover.COVERED, _Cover.UNCOVERED, _Cover.UNCLEAR))
    total, wanted = covered + uncovered + unclear, thresholds.laps_coverage_percent
    if not computers.complete or (unclear and covered * 100 < wanted * total <= (covered + unclear) * 100):
        short = "" if computers.complete else ", and not all computers were read"
        return unknown(
            f"LAPS is known to manage the passwords of {covered} of {total} Windows computers;"
            f" of {unclear} it is not known{short}",
            answer="Let the audit account read the system and the LAPS expiration time of all computers.",
        )
    if not total:
        return not_applicable("The domain has no Windows computer in use but its controllers")
    said = (
        f"LAPS manages the passwords of {covered} of {total} Windows computers, in time;"
        f" your policy asks for {wanted} percent"
    )
    if covered * 100 >= wanted * total:
        return passed(said, *computers)
    return failed(f"{said}. Entra ID is not seen here", *computers, severity=Severity.MEDIUM if covered else None)
