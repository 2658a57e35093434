"""All samples together, and the scope that they stand in."""

from __future__ import annotations

from checks import (
    samples_crossing,
    samples_depth,
    samples_devices,
    samples_directory,
    samples_hosts,
    samples_imports,
    samples_inventory,
    samples_lifecycle,
    samples_vlans,
)
from posture.scope import OrganisationScope, Scope, SnmpCredential, SnmpScope

USER = SnmpCredential(id="monitor", user="monitor", auth="SHA-256", privacy="AES-128")
SCOPE = Scope(
    organisation=OrganisationScope(name="Test"),
    snmp=SnmpScope(credentials=(USER,)),
    software=samples_devices.software(),
    zone=(*samples_inventory.ZONES, *samples_crossing.zones()),
    flow=samples_crossing.FLOWS,
    canary=samples_crossing.CANARIES,
    service=samples_crossing.SCOPE.service,
)
SAMPLES = [
    *samples_hosts.samples(),
    *samples_directory.samples(),
    *samples_devices.samples(),
    *samples_inventory.samples(),
    *samples_crossing.samples(),
    *samples_depth.samples(),
    *samples_imports.samples(),
    *samples_lifecycle.computers(),
    *samples_vlans.samples(),
]
