"""Switches that tell who shares their VLANs, weak, hardened and reticent, and the machines behind them."""

from __future__ import annotations

from posture.facts import DeclaredAsset, Device, Fact, Host, LearnedAddress, LearnedAddresses, Missing, Vlan
from posture.subjects import address_key, mac_key
from posture.testing import device, host

PUMP, DESK, PRINTER, GUEST, STRANGER = (f"00:1b:22:00:00:0{number}" for number in range(1, 6))
_NO_VLAN = Missing("not-readable", "the switch has a table without VLANs only")


def machine(mac: str, address: str, zone_kind: str = "clinical") -> Host:
    """A host whose network card a scan saw."""
    ids = (mac_key(None, mac), address_key("ward", address))
    return host(ids=ids, name=address, address=address, place="ward", zone_kind=zone_kind, mac=mac)


def says(number: int, mac: str, kind: str) -> DeclaredAsset:
    """A row of an inventory that says what a machine is."""
    return DeclaredAsset(
        ids=(f"inventory:vlans.csv/{number}",),
        name=f"row {number}",
        file="vlans.csv",
        row=str(number),
        macs=(mac,),
        kind=kind,
        device_class=kind,
        evidence=("2" * 64,),
    )


def switch(name: str, *learned: tuple[str, int | None], whole: bool = True) -> Device:
    """A switch with these MAC addresses in these VLANs."""
    rows = tuple(
        LearnedAddress(mac=mac, port=f"Gi0/{at}", vlan=_NO_VLAN if vlan is None else vlan)
        for at, (mac, vlan) in enumerate(learned)
    )
    return device(
        ids=(f"snmp-engine:{name}",),
        name=name,
        learned=LearnedAddresses(rows=rows, whole=whole),
        vlans=(Vlan(number=20, name="wards"), Vlan(number=30, name="pumps")),
    )


MACHINES: tuple[Fact, ...] = (
    machine(PUMP, "10.88.0.1"),
    machine(DESK, "10.88.0.2"),
    machine(PRINTER, "10.88.0.3"),
    machine(GUEST, "10.88.0.4", "guest"),
)
ROWS: tuple[Fact, ...] = (
    says(1, PUMP, "medical-device"),
    says(2, DESK, "workstation"),
    says(3, PRINTER, "printer"),
    says(4, GUEST, "phone"),
)


def samples() -> list[Fact]:
    """One switch that mixes, one that keeps apart, one that doesn't tell, one that is none, and what stands there."""
    return [
        *MACHINES,
        *ROWS,
        switch("mixing-switch", (PUMP, 20), (DESK, 20)),
        switch("keeping-switch", (PUMP, 30), (PRINTER, 30), (DESK, 20)),
        switch("flat-switch", (PUMP, None), (DESK, None)),
        device(ids=("snmp-engine:no-switch",), name="no-switch", learned=Missing("absent")),
    ]
