"""What was seen, and the organisation's inventory."""

from __future__ import annotations

from posture import Scope, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Host
from posture.inventory import Inventory

GIVE = (
    "Import the inventory with posture audit --from FILE (CSV or .xlsx), with the address and the MAC address of each "
    "machine."
)


@check("host-not-in-inventory", title="A host is not in the inventory", severity=Severity.MEDIUM)
def host_not_in_inventory(host: Host, inventory: Inventory, scope: Scope) -> Verdict:
    """Every host that answers is in the organisation's inventory; a canary that posture.toml names needs no row.

    A host is in it by its MAC address or serial number, and by its address only where the row gives no MAC address: an
    address has whoever takes it, and so has a name. Behind a router its MAC address is that of the router's ARP table,
    where the audit read it. An inventory of nothing but medical devices says nothing here. A host is unknown while a
    row gives only what was not seen of it, such as a serial number.

    Why it matters:
        What nobody has written down nobody updates, watches or misses. A risk analysis that leaves it out is not
        complete, and a stranger's machine looks the same as a forgotten one.

    How to fix:
        Find the machine by its MAC address and its switch port. Enter it in the inventory with an owner, or
        take it off the network.

    Sources:
        45 CFR 164.308(a)(1)(ii)(A); NIST CSF 2.0 ID.AM-01.
    """
    if host.address in scope.canaries:
        return not_applicable("It is the canary that posture.toml names", host)
    standing = inventory.standing(host)
    if standing.state == "declared":
        return passed(standing.why, host, *standing.rows)
    if standing.state == "not-declared":
        return failed(f"It is not in the inventory: {standing.why}", host, *standing.rows)
    return unknown(f"Whether it is in the inventory is not known: {standing.why}", host, *standing.rows, answer=GIVE)
