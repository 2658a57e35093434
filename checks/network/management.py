"""Pages that manage servers and what they run on, within reach of users."""

from __future__ import annotations

from collections.abc import Iterator

from posture import Scope, Severity, Verdict, check
from posture.facts import Facts, Host
from posture.segmentation.crossing import crossing
from posture.segmentation.rules import BMC, HYPERVISOR


@check(
    "hypervisor-management-reachable",
    title="Management of virtual machines can be reached by users",
    severity=Severity.CRITICAL,
)
def hypervisor_management_reachable(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No management of virtual machines (ESXi, vCenter, Proxmox, XenServer) answers whom your policy denies it.

    Denied are users, guests and outsiders. It is known by vmware-version, by its page's title or certificate, or by
    what it calls itself. Another page on 443/tcp that a denied zone can open may be one, and is unknown.

    Why it matters:
        Gangs encrypt the disks of all virtual machines at once from here, the record system and its backups with them.
        Flaws of ESXi and vCenter are used within days.

    How to fix:
        Put the management of hosts and vCenter into a network of its own, that only administrators' jump hosts reach.

    Sources:
        45 CFR 164.312(a)(1); CISA AA23-039A (ESXiArgs); VMware, "vSphere Security Configuration Guide".
    """
    yield from crossing(hosts, scope, HYPERVISOR)


@check(
    "bmc-web-reachable",
    title="The page of a management processor can be reached by users",
    severity=Severity.HIGH,
)
def bmc_web_reachable(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No page of a management processor (iDRAC, iLO, XClarity and the like) answers whom your policy denies it.

    Denied are users, guests and outsiders. It is known by the page's title, its certificate, or what it calls itself;
    iLO also by its console's ports. Another page that a denied zone can open may be one, and is unknown.

    Why it matters:
        Whoever logs in there has the machine as if standing before it. These processors are seldom updated, and flaws
        of theirs let intruders in without a password.

    How to fix:
        Put management processors into a network of their own, that only administrators' jump hosts reach, and update
        their firmware.

    Sources:
        45 CFR 164.312(a)(1); NSA and CISA, "Harden Baseboard Management Controllers" (2023).
    """
    yield from crossing(hosts, scope, BMC)
