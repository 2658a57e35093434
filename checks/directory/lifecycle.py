"""Computers of Active Directory whose system gets no more security updates."""

from __future__ import annotations

from datetime import datetime, timedelta

from posture import AsOf, Missing, Reference, Severity, Thresholds, Verdict, check, failed, not_applicable, unknown
from posture.facts import Computer
from posture.model import Outcome
from posture.reference.lifecycle import supported
from posture.reference.systems import from_directory

DISABLED, SERVER_TRUST, PARTIAL_SECRETS = 0x2, 0x2000, 0x4000000
CONTROLLERS = frozenset({516, 521})
DAY = timedelta(days=1)
READ = "Let the audit account read userAccountControl, primaryGroupID and operatingSystem of every computer."


@check(
    "ad-domain-controller-unsupported",
    title="A domain controller runs Windows without updates",
    severity=Severity.CRITICAL,
)
def domain_controller_unsupported(
    computer: Computer, reference: Reference, as_of: AsOf, thresholds: Thresholds
) -> Verdict:
    """Every enabled domain controller runs a Windows Server that Microsoft still supports.

    Its system is what it wrote into the directory itself. The last day of support counts as supported.

    Why it matters:
        Whoever takes over one domain controller has every account of the hospital. Its flaws are the first that are
        tried, and after the end of support they stay open.

    How to fix:
        Set up a domain controller on a supported Windows Server, move the roles, and retire the old one.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); Microsoft Lifecycle; MS-ADTS 2.2.16 (userAccountControl); endoflife.date.
    """
    match _kind(computer):
        case Missing() as why:
            return unknown(f"Whether it is a domain controller is not known: {why}", answer=READ)
        case "disabled":
            return not_applicable("The account is disabled (ACCOUNTDISABLE)")
        case "member":
            return not_applicable("It is no domain controller (userAccountControl, primaryGroupID)")
        case _:
            return _support(computer, reference, as_of, thresholds)


@check(
    "ad-member-os-unsupported",
    title="Computers in use run a system without updates",
    severity=Severity.HIGH,
)
def member_os_unsupported(computer: Computer, reference: Reference, as_of: AsOf, thresholds: Thresholds) -> Verdict:
    """Every enabled computer in use that is no domain controller runs a system that its vendor still supports.

    In use is one that logged in, or changed its password, within the days for computers. Every release and edition that
    fits what it wrote into the directory is looked at: where some are supported and some are not, or only with
    extended security updates, which a directory does not show, it is unknown.

    Why it matters:
        Flaws that are found after the end of support stay open. WannaCry went through hospitals on such machines.

    How to fix:
        Upgrade or replace it. Where the maker of a medical device does not allow that, isolate it, and record an
        exception with its end. Keep the proof of extended security updates (ESU) with the evidence.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); Microsoft Lifecycle; HHS 405(d) HICP; endoflife.date.
    """
    match _kind(computer):
        case Missing() as why:
            return unknown(f"What kind of computer it is (userAccountControl) is not known: {why}", answer=READ)
        case "disabled":
            return not_applicable("The account is disabled (ACCOUNTDISABLE)")
        case "controller":
            return not_applicable("It is a domain controller, which has a check of its own")
        case _:
            pass
    verdict = _support(computer, reference, as_of, thresholds)
    if verdict.outcome is not Outcome.FAIL:
        return verdict
    used, told = _in_use(computer, thresholds, as_of)
    if used is None:
        return unknown(f"{verdict.message}; whether it is in use is not known: {told}", computer)
    return failed(f"{verdict.message}. {told}", computer) if used else not_applicable(f"It is not in use: {told}")


def _kind(computer: Computer) -> str | Missing:
    """A domain controller or a member, or disabled: by userAccountControl, and the primary group."""
    control, group = computer.user_account_control, computer.primary_group
    if isinstance(control, Missing):
        return control
    if control & DISABLED:
        return "disabled"
    if control & (SERVER_TRUST | PARTIAL_SECRETS) or (isinstance(group, int) and group in CONTROLLERS):
        return "controller"
    return "member"


def _support(computer: Computer, reference: Reference, as_of: AsOf, thresholds: Thresholds) -> Verdict:
    for name, value in (
        ("operatingSystem", computer.operating_system),
        ("operatingSystemVersion", computer.operating_system_version),
    ):
        if isinstance(value, Missing) and value.why != "absent":
            return unknown(f"Its system ({name}) is not known: {value}", answer=READ)
    if isinstance(computer.operating_system, Missing):
        return unknown("It wrote no system into the directory (operatingSystem)", answer="Look at the machine.")
    system = from_directory(computer)
    if system is None:
        name = computer.operating_system[:100]
        return unknown(f"No end of support is known for its system: {name}", answer="Look at the machine.")
    return supported(system, reference, as_of, thresholds)


def _in_use(computer: Computer, thresholds: Thresholds, as_of: AsOf) -> tuple[bool | None, str]:
    """Whether it is in use, by the youngest sign of life; that there is none is known only where both could be read."""
    limit = timedelta(days=thresholds.inactive_days)
    signs = {"pwdLastSet": computer.password_last_set, "lastLogonTimestamp": computer.last_logon}
    ages = {name: as_of.age(moment) for name, moment in signs.items() if isinstance(moment, datetime)}
    for name, age in ages.items():
        if -DAY <= age <= limit:
            return True, f"It was active {-(-age // DAY)} days ago ({name}); your policy takes {limit.days} as in use"
    for name, moment in signs.items():
        if isinstance(moment, Missing) and moment.why != "absent":
            return None, f"{name}: {moment}"
    if any(age < -DAY for age in ages.values()):
        return None, "a time is after that of this assessment"
    lag = timedelta(days=thresholds.logon_lag_days)
    if ages.get("lastLogonTimestamp", limit + lag + DAY) <= limit + lag:
        return None, "a later log-in may not have reached this domain controller yet (lastLogonTimestamp)"
    if not ages:
        return _never_seen(computer, limit, as_of)
    return False, f"it was last active {-(-min(ages.values()) // DAY)} days ago; your policy allows {limit.days}"


def _never_seen(computer: Computer, limit: timedelta, as_of: AsOf) -> tuple[bool | None, str]:
    if not isinstance(computer.created, datetime):
        return None, f"it was never active, and its age (whenCreated) is not known: {computer.created}"
    age = as_of.age(computer.created)
    if age <= limit:
        return None, "it was never active, and is new (whenCreated)"
    return False, f"it was never active, and is {-(-age // DAY)} days old (whenCreated)"
