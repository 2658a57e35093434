"""Machines in and out of inventories, medical devices in good and bad company, switches that see both."""

from __future__ import annotations

from posture.facts import (
    ArpEntry,
    ArpTable,
    DeclaredAsset,
    Fact,
    Host,
    LearnedAddress,
    LearnedAddresses,
    Neighbour,
    Neighbours,
)
from posture.scope import Zone
from posture.subjects import address_key, mac_key
from posture.testing import computer, device, host

ZONES = (
    Zone(id="pumps", kind="medical-device", networks=("10.77.0.0/24",)),
    Zone(id="mixed", kind="clinical", networks=("10.78.0.0/24",)),
    Zone(id="visitors", kind="guest", networks=("10.79.0.0/24",)),
)
PUMP = "00:30:e6:00:00:01"


def mac(number: int) -> str:
    """A burned-in address of no maker in particular."""
    return f"00:1b:21:00:00:{number:02x}"


def placed(address: str, card: str = "", vendor: str = "", **more: object) -> Host:
    """A host in the zone of its address, with its network card."""
    zone = next(each for each in ZONES if address.startswith(each.networks[0][:5]))
    ids = ((mac_key(None, card),) if card else ()) + (address_key(zone.id, address),)
    seen = {"mac": card, "mac_vendor": vendor} if card else {}
    return host(ids=ids, address=address, name=address, place=zone.id, zone_kind=zone.kind, **seen, **more)


def row(number: int, **more: object) -> DeclaredAsset:
    """A row of inventory.csv."""
    given: dict[str, object] = {
        "ids": (f"inventory:inventory.csv/{number}",),
        "name": f"row {number}",
        "file": "inventory.csv",
        "row": str(number),
        "evidence": ("1" * 64,),
        **more,
    }
    return DeclaredAsset(**given)  # type: ignore[arg-type]  # keywords of DeclaredAsset


def switch(name: str, *beside: str):
    """A switch that has these MAC addresses in all of its tables."""
    return device(
        ids=(f"snmp-engine:{name}",),
        name=name,
        place="mixed",
        links=Neighbours(
            rows=tuple(Neighbour(protocol="lldp", chassis=each, chassis_kind="mac") for each in beside), whole=True
        ),
        arp=ArpTable(rows=tuple(ArpEntry(address="10.78.0.9", mac=each, interface=1) for each in beside), whole=True),
        learned=LearnedAddresses(rows=tuple(LearnedAddress(mac=each, port="1") for each in beside), whole=True),
    )


def samples() -> list[Fact]:
    """Pumps in good company, beside a workstation and among visitors, and two switches."""
    return [
        placed("10.77.0.5", PUMP, "Draeger Medical"),
        placed("10.77.0.6", mac(6)),
        placed("10.78.0.5", "00:30:e6:00:00:02", "Draeger Medical"),
        placed("10.78.0.6", mac(7)),
        placed("10.79.0.5", "00:30:e6:00:00:03", "Draeger Medical"),
        placed("10.79.0.6", mac(8)),
        switch("known-company", mac(6), PUMP),
        switch("strange-company", mac(6), mac(99)),
        row(1, addresses=("10.77.0.5",), macs=(PUMP,), kind="infusion pump", device_class="medical-device"),
        row(2, addresses=("10.77.0.6",), macs=(mac(6),), kind="server", device_class="server"),
        row(3, addresses=("10.78.0.6",), macs=(mac(7),), kind="PC", device_class="workstation"),
        row(4, addresses=("10.79.0.6",), macs=(mac(8),), kind="laptop", device_class="workstation"),
        computer("INV01$"),
    ]
