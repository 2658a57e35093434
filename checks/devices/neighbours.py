"""What devices hear and see beside them, and the organisation's inventory."""

from __future__ import annotations

from collections.abc import Iterator

from posture import Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Device, Missing
from posture.inventory import Inventory, Standing

SHOWN = 5
GIVE = (
    "Import the inventory with posture audit --from FILE (CSV or .xlsx), with address and MAC address of each machine."
)


@check("neighbour-not-in-inventory", title="A device has neighbours that no inventory has", severity=Severity.MEDIUM)
def neighbour_not_in_inventory(device: Device, inventory: Inventory) -> Verdict:
    """What a device has beside it on the network is in the organisation's inventory.

    Neighbours are those that announce themselves (LLDP, CDP), those whose addresses it resolved (ARP, IPv6 neighbour
    discovery) and those whose frames it forwarded (the forwarding table of a switch). They are looked up by MAC address
    and address; a name alone tells none. It passes only where these tables were read to their ends.

    Why it matters:
        A switch sees what a scan misses: what answers no probe, and what stands on a port nobody has written down.

    How to fix:
        Follow the MAC address to its switch port and look what stands there. Enter it in the inventory, or unplug it.

    Sources:
        45 CFR 164.308(a)(1)(ii)(A); NIST CSF 2.0 ID.AM-01, DE.CM-01.
    """
    tables = (device.links, device.arp, device.learned)
    if all(isinstance(table, Missing) and table.why == "absent" for table in tables):
        return not_applicable("It has no tables of neighbours", device)
    found = list(_neighbours(device, inventory))
    absent = sorted({name for name, standing in found if standing.state == "not-declared"})
    rows = {standing.rows[0].evidence: standing.rows[0] for _, standing in found if standing.rows}
    if absent:
        more = f" and {len(absent) - SHOWN} more" if len(absent) > SHOWN else ""
        told = f"No inventory has {', '.join(absent[:SHOWN])}{more}, which it has beside it"
        return failed(told, device, *rows.values(), severity=Severity.LOW)
    unclear = [(name, standing) for name, standing in found if standing.state != "declared"]
    if unclear:
        name, standing = min(unclear, key=lambda each: each[0])
        told = (
            f"Whether {name} is in the inventory is not known ({len(unclear)} of {len(found)} are not): {standing.why}"
        )
        return unknown(told, device, answer=GIVE)
    for table in tables:
        if isinstance(table, Missing) and table.why != "absent":
            return unknown(table, device, answer="Let the audit read its tables of neighbours over SNMP.")
        if not isinstance(table, Missing) and not table.whole:
            return unknown("Its tables of neighbours were not read to their ends", device, answer="Audit it again.")
    if not found:
        return unknown("It tells of no neighbour", device, answer="Audit it again while its neighbours are in use.")
    return passed(f"All {len(found)} that it has beside it are in the inventory", device, *rows.values())


def _neighbours(device: Device, inventory: Inventory) -> Iterator[tuple[str, Standing]]:
    """Every neighbour by a name to show, with whether an inventory has it."""
    place = device.place
    if not isinstance(device.links, Missing):
        for link in device.links.rows:
            mac = link.chassis if link.chassis_kind == "mac" else ""
            address = link.chassis if link.chassis_kind == "address" else ""
            standing = inventory.neighbour(mac=mac, address=address, name=link.name, place=place)
            yield link.name or link.chassis or "a neighbour without a name", standing
    if not isinstance(device.arp, Missing):
        for entry in device.arp.rows:
            standing = inventory.neighbour(mac=entry.mac, address=entry.address, place=place)
            yield f"{entry.address} ({entry.mac})", standing
    if not isinstance(device.learned, Missing):
        for learned in device.learned.rows:
            yield learned.mac, inventory.neighbour(mac=learned.mac, place=place)
