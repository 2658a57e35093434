"""Printers, and devices with a page of their own, within reach of people who have no business there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import msgspec

from posture import Scope, Severity, Verdict, check, failed
from posture.facts import Device, Facts, Host
from posture.segmentation.crossing import crossing
from posture.segmentation.proofs import ruling
from posture.segmentation.rules import DEVICE_PAGE, PRINTER, PRINTER_PAGE, SNMP


@check("snmp-crosses-zones", title="Devices can be managed from users' zones (SNMP)", severity=Severity.MEDIUM)
def snmp_crosses_zones(devices: Facts[Device], hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No device answers SNMP to users, guests or outsiders whom your policy denies it.

    A device that answered a question of ours from a denied zone fails, and so does 161/udp that said to a scan from
    there what it is. UDP's silence proves nothing: only a port that was refused from there (closed) passes.

    Why it matters:
        SNMP shows the whole network to whoever may ask, and with a community for writing its settings can be changed.
        Communities cross the network in the clear.

    How to fix:
        Let only the management stations reach 161/udp, by the devices' own access lists and by the firewall.

    Sources:
        45 CFR 164.312(a)(1); CISA TA17-156A, "Reducing the Risk of SNMP Abuse".
    """
    heard = [verdict for device in devices for verdict in _answered(device, scope)]
    yield from heard
    failing = [verdict.about for verdict in heard]
    scanned = {host.address for host in hosts}
    rest = {each.ids: each for each in devices if each.address not in scanned and each not in failing}
    alone = (
        Host(ids=each.ids, name=each.name, place=each.place, evidence=each.evidence, address=each.address)
        for each in rest.values()
    )
    judged = Facts(chain(hosts, alone))
    for verdict in crossing(judged, scope, SNMP) if judged else ():
        unscanned = rest.get(verdict.about.ids) if verdict.about is not None else None
        yield msgspec.structs.replace(verdict, about=unscanned) if unscanned is not None else verdict


def _answered(device: Device, scope: Scope) -> Iterator[Verdict]:
    for source in device.heard_from:
        zone = scope.zones.get(source)
        if zone is None or (SNMP.sources is not None and zone.kind not in SNMP.sources):
            continue
        if ruling(scope, source, device.place or "", "udp", scope.snmp.port) == "denied":
            yield failed(f"SNMP answers the zone {source}; your policy denies it", device, about=device)


@check("printer-raw-port-from-guest", title="Guests can print past the print server", severity=Severity.MEDIUM)
def printer_raw_port_from_guest(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No printer takes raw printing or LPD from guests or outsiders whom your policy denies it.

    Posture sends nothing to 9100/tcp, since a printer prints what it is sent. Ports 515 and 9100/tcp fail where they
    are open to a denied zone and others are not, known by their number.

    Why it matters:
        Nobody is asked for a name there. A guest prints, reads or keeps copies of what others print, prescriptions and
        records among it, or stops the printer.

    How to fix:
        Put printers into a segment of their own, and let only the print server reach 515 and 9100/tcp.

    Sources:
        45 CFR 164.312(a)(1); NIST IR 8023; Müller and others, "SoK: Exploiting Network Printers" (2017).
    """
    yield from crossing(hosts, scope, PRINTER)


@check("printer-admin-page", title="Guests can open a printer's administration page", severity=Severity.MEDIUM)
def printer_admin_page(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No printer shows its administration page to guests or outsiders whom your policy denies it.

    It is known by its title, its certificate, or what the server calls itself. Another page that a denied zone can open
    may be one, and is unknown. No password is tried.

    Why it matters:
        Many printers have no password on this page. It shows the address book and the jobs, and the passwords of the
        mail and file servers that scans go to can be sent elsewhere.

    How to fix:
        Let only administrators reach the page, set a password on it, and switch it off where nobody uses it.

    Sources:
        45 CFR 164.312(a)(1); NIST IR 8023; CIS Controls v8, 4.
    """
    yield from crossing(hosts, scope, PRINTER_PAGE)


@check("device-default-admin-page", title="The page of a device can be opened by users", severity=Severity.LOW)
def device_default_admin_page(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No device shows the log-in page that its maker delivers to users, guests or outsiders whom your policy denies it.

    Devices are routers, cameras, telephones, power supplies and the like, known by the page's title, certificate or
    what the server calls itself. No password is tried: whether the maker's still holds is not known, so that this
    weighs little by itself. Another page that a denied zone can open may be one, and is unknown.

    Why it matters:
        The makers' passwords are in public lists. A camera or a power supply that still has its own is taken over in
        seconds, and the intruder has a place to stay.

    How to fix:
        Set a password of your own on every device, and let only administrators reach the page.

    Sources:
        45 CFR 164.308(a)(5)(ii)(D), 164.312(a)(1); CIS Controls v8, 4.7; HPH CPG "Unique Credentials".
    """
    yield from crossing(hosts, scope, DEVICE_PAGE)
