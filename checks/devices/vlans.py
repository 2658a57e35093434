"""What a switch says of who shares its VLANs."""

from __future__ import annotations

from collections.abc import Iterator

from posture import Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Device, Host, LearnedAddress, LearnedAddresses, Missing, known
from posture.inventory import Inventory, Thing

OPEN_ZONES = frozenset({"guest", "external"})
ASK = "Give an SNMP credential that may read its BRIDGE-MIB and Q-BRIDGE-MIB, outside of zones of medical devices."
SAY_ALL = "Import an inventory that says of each MAC address what it is: posture audit --from FILE (CSV or .xlsx)."


@check(
    "vlan-not-separated",
    title="A VLAN holds medical devices and workstations",
    severity=Severity.HIGH,
)
def vlan_not_separated(device: Device, inventory: Inventory) -> Verdict:
    """No VLAN of a switch holds medical devices beside workstations, or beside what stands in a guest network.

    Judged are the MAC addresses that the switch had learned when it was asked: who is silent for some minutes is not
    among them. A workstation is one by its operating system or as an inventory declares it. It passes only where the
    table was read to its end, tells the VLAN of each address, and an inventory says what each of the machines is. A
    switch whose VLANs share one table, or that shows each VLAN's by itself (Cisco IOS), is unknown.

    Why it matters:
        Within a VLAN nothing stands between two machines: no firewall, no list of what is allowed. A workstation that
        opened the wrong attachment reaches the pump beside it directly.

    How to fix:
        Move the ports of medical devices to VLANs of their own, and route between through a firewall. Where a
        workstation belongs to a device, declare it in the inventory as part of it.

    Sources:
        45 CFR 164.312(a)(1); NIST SP 1800-8, 3.4; RFC 4363 (dot1qTpFdbTable, dot1qVlanFdbId).
    """
    table = device.learned
    if isinstance(table, Missing):
        if table.why == "absent":
            return not_applicable("It shows no bridge ports: as far as it says, it switches nothing", device)
        return unknown(f"What it learned on its ports is not known: {table}", device, answer=ASK)
    found: dict[int, dict[str, Thing]] = {}
    for vlan, thing in _standing(device, table, inventory):
        found.setdefault(vlan, {})[thing.key] = thing
    for vlan, things in sorted(found.items()):
        medical = [thing for thing in things.values() if inventory.device_class(thing.facts[0]).medical]
        beside = [thing for thing in things.values() if thing not in medical and _separate(thing, inventory)]
        if medical and beside:
            told = f"VLAN {_named(vlan, device)} holds {_some(medical)} beside {_some(beside)}"
            return failed(told, device, *medical, *beside)
    left = list(_not_known(table, found, inventory))
    if left:
        return unknown(f"Who shares its VLANs is not all known: {'; '.join(left)}", device, answer=SAY_ALL)
    everyone = {thing.key: thing for things in found.values() for thing in things.values()}
    told = f"None of its {len(found)} VLANs in use held medical devices beside workstations when it was asked"
    return passed(told, device, *everyone.values())


def _standing(device: Device, table: LearnedAddresses, inventory: Inventory) -> Iterator[tuple[int, Thing]]:
    """Whose addresses were learned in which VLAN, but for the switch itself."""
    own = inventory.key(device)
    for row in table.rows:
        thing = _whose(row, inventory)
        if thing and thing.key != own and not isinstance(row.vlan, Missing):
            yield row.vlan, thing


def _whose(row: LearnedAddress, inventory: Inventory) -> Thing | None:
    return inventory.thing(inventory.whose.mac(row.mac))


def _separate(thing: Thing, inventory: Inventory) -> bool:
    """Whether it is a workstation, or stands in a guest or outside network."""
    guest = any(isinstance(fact, Host) and fact.zone_kind in OPEN_ZONES for fact in thing.facts)
    return guest or inventory.device_class(thing.facts[0]).name == "workstation"


def _not_known(table: LearnedAddresses, found: dict[int, dict[str, Thing]], inventory: Inventory) -> Iterator[str]:
    if not table.whole:
        yield "its table was not read to its end"
    if unplaced := sum(isinstance(row.vlan, Missing) for row in table.rows):
        yield f"of {unplaced} addresses it does not tell the VLAN"
    if strangers := len({row.mac for row in table.rows if _whose(row, inventory) is None}):
        yield f"{strangers} addresses are of no machine that was seen"
    things = {key: thing for things in found.values() for key, thing in things.items()}
    if unsaid := sum(not inventory.told(thing.facts[0]) for thing in things.values()):
        yield f"of {unsaid} machines no inventory says for sure what they are"


def _named(vlan: int, device: Device) -> str:
    name = next((each.name for each in known(device.vlans, ()) if each.number == vlan), "")
    return f"{vlan} ({name})" if name else str(vlan)


def _some(things: list[Thing]) -> str:
    return f"{things[0].name} and {len(things) - 1} more" if len(things) > 1 else things[0].name
