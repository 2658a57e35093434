"""Systems without security updates, and flaws that are known to be used by attackers, on what a scan sees."""

from __future__ import annotations

from posture import AsOf, Reference, Severity, Thresholds, Verdict, check, failed, not_applicable, unknown
from posture.facts import Computer, Facts, Host
from posture.model import Outcome
from posture.ports import PortSet
from posture.reference.lifecycle import RDP, SMB, TELL, VMWARE, of_host
from posture.reference.vulnerabilities import Sign, signs
from posture.services import offered, worst

EVERY_PORT = PortSet.parse("1-65535")
SHOWN = 6

TEST = "Test it with a vulnerability scanner that logs in to it, and import the result."


@check("hypervisor-unsupported", title="Hypervisors or Windows run without updates", severity=Severity.HIGH)
def hypervisor_unsupported(
    host: Host, computers: Facts[Computer], reference: Reference, as_of: AsOf, thresholds: Thresholds
) -> Verdict:
    """Every hypervisor and Windows machine that says its version is one that its vendor still supports.

    The version is that of vmware-version, rdp-ntlm-info or smb-os-discovery; every release that fits it is looked at,
    and the edition is taken from the directory where the machine's name and build are the same there. The last day of
    support counts as supported. A host that offers none of VMware, Remote Desktop and SMB is not applicable. It is
    about support, not about whether the updates are installed.

    Why it matters:
        A flaw that is found after the end stays open for good. Of a hypervisor it opens every machine on it at once,
        and ransomware is made for just that.

    How to fix:
        Upgrade it. Where that can't be, let only those reach it that have to, and record an exception with its end.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); the vendors' lifecycle pages named beside each date; endoflife.date.
    """
    verdict = of_host(host, computers, reference, as_of, thresholds)
    if verdict is not None:
        return verdict
    offers = worst([offered(host, kind) for kind in (VMWARE, RDP, SMB)])
    if offers.outcome is Outcome.PASS:
        return not_applicable(f"It offers neither VMware, Remote Desktop nor SMB: {offers.message}")
    if offers.outcome is Outcome.UNKNOWN:
        return offers
    return unknown(f"{offers.message}; which version runs there did not show", answer=TELL)


@check(
    "known-exploited-vulnerability",
    title="A flaw that attackers are known to use is open",
    severity=Severity.CRITICAL,
)
def known_exploited_vulnerability(host: Host, reference: Reference, as_of: AsOf, thresholds: Thresholds) -> Verdict:
    """No host has a flaw that is in CISA's catalog of known exploited vulnerabilities.

    It fails where a script, or a scanner's remote test, found the flaw itself. A version is only a hint: vendors patch
    without raising it, so that what was read off one is unknown, with the flaw's name. It never passes: no scan tests
    for every flaw. A host of which every TCP port was asked and is closed is not applicable.

    Why it matters:
        These are the flaws that ransomware groups use now. CISA gives agencies three weeks for them, or less.

    How to fix:
        Install the vendor's update today, or its mitigation, or take the service off the network until there is one.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); CISA, Known Exploited Vulnerabilities Catalog (BOD 22-01); NVD.
    """
    found = signs(host, reference)
    tested = [sign for sign in found if sign.tested]
    if tested:
        told = "; ".join(dict.fromkeys(f"{_named(sign)}, found by {sign.by}" for sign in tested[:SHOWN]))
        return failed(f"{told}{_more(len(tested))}", *(sign.source for sign in tested))
    if found:
        told = "; ".join(dict.fromkeys(f"perhaps {_named(sign)}, by {sign.by}" for sign in found[:SHOWN]))
        return unknown(f"{told}{_more(len(found))}", *(sign.source for sign in found), answer=TEST)
    closed = PortSet()
    for group in host.collapsed:
        if group.protocol == "tcp" and group.state == "closed":
            closed = closed | PortSet.parse(group.ports)
    closed = closed | PortSet.of(
        port.number for port in host.ports if port.protocol == "tcp" and port.state == "closed"
    )
    if not EVERY_PORT - closed:
        return not_applicable("Every TCP port was asked and is closed")
    return unknown(f"Nothing tested it for these flaws{_limits(reference, as_of, thresholds)}", answer=TEST)


def _named(sign: Sign) -> str:
    return f"{sign.entry.cve} ({sign.entry.vendor} {sign.entry.product})"


def _more(count: int) -> str:
    return f"; and {count - SHOWN} more" if count > SHOWN else ""


def _limits(reference: Reference, as_of: AsOf, thresholds: Thresholds) -> str:
    """What is wanting in the catalog itself."""
    if reference.exploited_dated is None:
        return ", and their catalog is not there"
    age = (as_of.at.date() - reference.exploited_dated).days
    old = age > thresholds.kev_data_days
    part = "" if reference.exploited_complete else ", and only an extract of their catalog is there"
    said = f", and their catalog is {age} days old; your policy allows {thresholds.kev_data_days}" if old else ""
    return f"{part}{said}"
