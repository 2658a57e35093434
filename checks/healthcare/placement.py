"""Medical devices: whether they are registered, and in what company they stand."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from posture import Scope, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Facts, Host, Missing
from posture.inventory import Inventory

OPEN_ZONES = frozenset({"guest", "external"})
LARGEST = 1024
"""Addresses of the largest declared network that is taken for one segment: a /22, as large as segments are made."""

TELL = "Import an inventory that says what it is, or scan from its own segment, where its maker shows."
REGISTER = "Import the inventory of medical devices with posture audit --from FILE (CSV or .xlsx)."
SAY_ALL = "Import an inventory that says what every machine of this network is."


@check(
    "medical-device-not-in-inventory",
    title="A medical device is not in the inventory",
    severity=Severity.MEDIUM,
)
def medical_device_not_in_inventory(host: Host, inventory: Inventory) -> Verdict:
    """Every medical device that is seen is in an inventory.

    A medical device is one whose network card or SNMP agent is of a maker of medical devices, or that answers DICOM.
    Behind a router none of this may show, so that another host passes only where an inventory has it.

    Why it matters:
        Clinical engineering recalls, repairs and withdraws devices by its register. A pump that is not in it misses the
        recall, and nobody asks its maker for the mends to its software.

    How to fix:
        Register the device with clinical engineering, with its maker, model, serial number, MAC address and owner, or
        take it off the network.

    Sources:
        45 CFR 164.308(a)(1)(ii)(A); NIST CSF 2.0 ID.AM-01; HSCC, "Health Industry Cybersecurity Practices", volume 2,
        practice 9.
    """
    standing, what = inventory.standing(host, medical=True), inventory.device_class(host)
    if standing.state == "declared":
        return passed(standing.why, host, *standing.rows)
    if standing.state == "not-declared" and what.medical:
        return failed(f"It is a medical device ({what.medical}), and {standing.why}", host, *standing.rows)
    if standing.state == "not-declared":
        return unknown(f"Whether it is a medical device is not known; {standing.why}", host, answer=TELL)
    told = f"Whether it is in an inventory is not known: {standing.why}"
    return unknown(told, host, *standing.rows, answer=REGISTER)


@check(
    "medical-device-on-guest-network",
    title="A medical device stands in a guest or outside network",
    severity=Severity.CRITICAL,
)
def medical_device_on_guest_network(host: Host, inventory: Inventory) -> Verdict:
    """No medical device stands in a zone of the kind guest or external.

    A medical device is one whose network card or SNMP agent is of a maker of medical devices, that answers DICOM, or
    that an inventory declares as one. Another host in such a zone passes only where an inventory says what it is.

    Why it matters:
        Any visitor's laptop is one step from the device, and what the device sends of its patient can be read by
        everyone on that network.

    How to fix:
        Move the device to a network of medical devices, with clinical engineering. Where it has to work over the guest
        network, as in the patient's home, have it use a VPN of its own.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B), 164.312(a)(1); NIST SP 1800-8, 3.4.
    """
    if not host.zone_kind:
        return unknown("In what kind of zone it stands is not known", host, answer="Put its address in a zone.")
    if host.zone_kind not in OPEN_ZONES:
        return passed(f"It stands in a zone of the kind {host.zone_kind}", host)
    what, rows = inventory.device_class(host), inventory.rows(host)
    if what.medical:
        return failed(f"It stands in a zone of the kind {host.zone_kind}, and {what.medical}", host, *rows)
    if any(row.device_class for row in rows):
        return passed(f"It is {what.name}. {what.reason}", host, *rows)
    told = f"It stands in a zone of the kind {host.zone_kind}; whether it is a medical device is not known"
    return unknown(told, host, answer=TELL)


@check(
    "medical-devices-share-subnet",
    title="Medical devices share a network with workstations",
    severity=Severity.HIGH,
)
def medical_devices_share_subnet(hosts: Facts[Host], inventory: Inventory, scope: Scope) -> Iterator[Verdict]:
    """No medical device stands in one network with workstations.

    A network is one that the scope declares, of no more than 1,024 addresses; where none is declared, the 256 addresses
    around hosts whose MAC addresses one scan saw: it stood on their segment. A workstation is one by its operating
    system (SMB, SNMP or its directory account) or as an inventory declares it. A device passes only where an inventory
    says of every other host of its network what it is, and the network was looked at to the end.

    Why it matters:
        Ransomware comes in with a workstation's e-mail and goes on to what stands beside it. Devices can seldom defend
        themselves, and a network between would stop most of it.

    How to fix:
        Give medical devices networks of their own, and let in only the servers and service stations that they need.
        Where a workstation belongs to the device, declare it in the inventory as part of it.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); NIST SP 1800-8, 3.4; HSCC, "Health Industry Cybersecurity Practices", volume 2,
        practice 9.
    """
    networks: dict[str, list[Host]] = {}
    for host in hosts:
        for network in _networks(host, scope):
            networks.setdefault(network, []).append(host)
    medical = [host for host in hosts if inventory.device_class(host).medical]
    if not medical:
        yield unknown("No host was recognised as a medical device", answer=TELL)
    for device in medical:
        yield _company(device, networks, hosts, inventory, scope)


def _company(
    device: Host, networks: dict[str, list[Host]], hosts: Facts[Host], inventory: Inventory, scope: Scope
) -> Verdict:
    own = tuple(_networks(device, scope))
    if not own:
        told = "Which machines stand in its network is not known"
        return unknown(told, device, about=device, answer="Declare its network in posture.toml, a /22 or smaller.")
    key = inventory.key(device)
    others = [host for network in own for host in networks[network] if inventory.key(host) != key]
    beside = {inventory.key(host): host for host in others if inventory.device_class(host).name == "workstation"}
    if beside:
        first = next(iter(beside.values()))
        more = f" and {len(beside) - 1} more" if len(beside) > 1 else ""
        why = inventory.device_class(first).reason
        told = f"In {own[0]} it stands beside {first.name}{more}. {first.name}: {why}"
        return failed(told, device, *beside.values(), about=device)
    unsaid = {host.name for host in others if not inventory.told(host)}
    if unsaid or not hosts.complete or not scope.zone_of(device.address):
        left = f"{len(unsaid)} of its machines" if unsaid else "some machines may not have been seen"
        return unknown(f"What else stands in {own[0]} is not known: {left}", device, about=device, answer=SAY_ALL)
    return passed(f"No workstation stands in {own[0]}", device, *others, about=device)


def _networks(host: Host, scope: Scope) -> Iterator[str]:
    """The network of a host, in words that are the same for all hosts of it."""
    address = ip_address(host.address)
    zone = scope.zone_of(address)
    declared = [network for network in zone.nets if address in network] if zone else []
    small = [network for network in declared if network.num_addresses <= LARGEST]
    if small:
        yield str(max(small, key=lambda network: network.prefixlen))
    elif not declared and not isinstance(host.mac, Missing) and address.version == 4:
        around = ip_network(f"{address}/24", strict=False)
        yield from (f"{around} (scan {digest[:12]})" for digest in host.evidence)
