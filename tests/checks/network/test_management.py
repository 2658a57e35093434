"""Virtual machines, management processors and IPMI within reach."""

from __future__ import annotations

import pytest
from checks.samples_crossing import SCOPE, closed, seen, view

from posture.facts import Port
from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE

SILENT = Port(number=623, protocol="udp", state="open|filtered", evidence=("e" * 64,))


def from_users(*ports, **more):
    return seen(view("users", *ports, **more), view("guests"))


def web(number=443, **more):
    return port(number, "http", tunnel="ssl", **more)


def titled(title, number=443):
    return web(number, scripts=[script("http-title", title, title=title)])


def certified(subject, number=443):
    return web(number, scripts=[script("ssl-cert", f"Subject: {subject}")])


def asked(name, output, state="open"):
    return Port(
        number=623,
        protocol="udp",
        state=state,
        scripts=(script(name, output),),
        scripts_asked=(name,),
        evidence=("e" * 64,),
    )


def twice(*outputs):
    """What two scans brought of one port."""
    return port(623, "asf-rmcp", protocol="udp", scripts=[script("ipmi-cipher-zero", each) for each in outputs])


ZERO = "\n  VULNERABLE:\n  IPMI 2.0 RAKP Cipher Zero Authentication Bypass\n    State: {}\n    Risk factor: High\n"


@pytest.mark.parametrize(
    ("check", "given", "outcome"),
    [
        ("hypervisor-management-reachable", from_users(web(product="VMware ESXi Server httpd")), FAIL),
        ("hypervisor-management-reachable", from_users(titled('" + ID_VC_Welcome + "')), FAIL),
        ("hypervisor-management-reachable", from_users(titled('" + ID_EESX_Welcome + "')), FAIL),
        ("hypervisor-management-reachable", from_users(certified("OU=VMware ESX Server Default Certificate")), FAIL),
        (
            "hypervisor-management-reachable",
            from_users(web(scripts=[script("vmware-version", "Server version: VMware ESXi 7.0.3")])),
            FAIL,
        ),
        ("hypervisor-management-reachable", from_users(port(902, "vmware-auth")), FAIL),
        ("hypervisor-management-reachable", from_users(titled("Proxmox Virtual Environment", 8006)), FAIL),
        ("hypervisor-management-reachable", from_users(titled("Canteen")), UNKNOWN),
        ("hypervisor-management-reachable", from_users(titled("VMware Horizon", 8006)), PASS),
        ("hypervisor-management-reachable", from_users(port(902)), UNKNOWN),
        ("hypervisor-management-reachable", from_users(rest=[closed("443")]), UNKNOWN),
        ("hypervisor-management-reachable", from_users(), PASS),
        ("ipmi-reachable", from_users(port(623, "asf-rmcp", protocol="udp")), FAIL),
        ("ipmi-reachable", from_users(asked("ipmi-version", "\n  Version: \n    IPMI-2.0")), FAIL),
        ("ipmi-reachable", from_users(asked("ipmi-version", "\n  Version: \n    IPMI-2.0", "open|filtered")), FAIL),
        ("ipmi-reachable", from_users(SILENT), UNKNOWN),
        ("ipmi-reachable", from_users(rest=[closed()]), UNKNOWN),
        ("ipmi-reachable", from_users(), PASS),
        ("bmc-web-reachable", from_users(web(product="Dell iDRAC 8 admin httpd")), FAIL),
        ("bmc-web-reachable", from_users(titled("iLO 5")), FAIL),
        ("bmc-web-reachable", from_users(certified("commonName=idrac-SVCTAG")), FAIL),
        ("bmc-web-reachable", from_users(port(17990, "ilo-console")), FAIL),
        ("bmc-web-reachable", from_users(titled("Login")), UNKNOWN),
        ("bmc-web-reachable", from_users(port(80)), UNKNOWN),
        ("bmc-web-reachable", from_users(), PASS),
        ("ipmi-cipher-zero", host(asked("ipmi-cipher-zero", ZERO.format("VULNERABLE"), "open|filtered")), FAIL),
        ("ipmi-cipher-zero", host(asked("ipmi-cipher-zero", ZERO.format("NOT VULNERABLE"))), PASS),
        ("ipmi-cipher-zero", host(twice(ZERO.format("NOT VULNERABLE"), ZERO.format("VULNERABLE"))), FAIL),
        ("ipmi-cipher-zero", host(twice("ERROR: timed out", ZERO.format("VULNERABLE"))), FAIL),
        ("ipmi-cipher-zero", host(asked("ipmi-cipher-zero", "ERROR: timed out")), UNKNOWN),
        ("ipmi-cipher-zero", host(port(623, "asf-rmcp", protocol="udp")), UNKNOWN),
        ("ipmi-cipher-zero", host(SILENT), UNKNOWN),
        ("ipmi-cipher-zero", host(), UNKNOWN),
        ("ipmi-cipher-zero", host(collapsed=(closed("623", "udp"),)), NOT_APPLICABLE),
    ],
)
def test_management(check, given, outcome):
    assert verdict(check, given, scope=SCOPE) is outcome
