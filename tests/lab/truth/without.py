"""The checks for which nothing is planted in the labs, each with why, and what shows it instead."""

from __future__ import annotations

_UDP = "a live scan asks no UDP port, so that it can't fail live; a test table shows it"
_NEEDS_MAKER = "needs a product that can't be had here; a test table shows it"
_HOST_SIDE = "needs network cards or switches as hardware has them; a test table shows it"

WITHOUT: dict[str, str] = {
    "ad-privileged-without-smartcard": "never fails, as a second factor outside the directory is not to be seen",
    "backup-storage-reachable-from-users": _NEEDS_MAKER,
    "bacnet-reachable": _UDP,
    "bmc-web-reachable": _NEEDS_MAKER,
    "building-controller-reachable": _NEEDS_MAKER,
    "citrix-without-gateway": _NEEDS_MAKER,
    "clock-drift": "snmpd shows the clock of this machine, which is right; a test table shows it",
    "commvault-reachable-from-users": _NEEDS_MAKER,
    "device-default-admin-page": _NEEDS_MAKER,
    "device-uptime-over-a-year": "an agent that has just been started is not old; a test table shows it",
    "directory-backup-stale": "Samba does not show msDS-ReplAttributeMetaData; a test table shows it",
    "hl7-cleartext": "an open port shows nothing of HL7 unless a message is sent, which Posture never does: unknown",
    "hypervisor-management-reachable": _NEEDS_MAKER,
    "hypervisor-unsupported": _NEEDS_MAKER,
    "interface-engine-console-exposed": _NEEDS_MAKER,
    "intersystems-database-reachable": _NEEDS_MAKER,
    "ipmi-cipher-zero": _UDP,
    "ipmi-reachable": _UDP,
    "known-exploited-vulnerability": "needs software with a flaw of CISA's list; a test table shows it",
    "ldaps-unavailable": "an audit logs in over LDAPS, which is then there; a test table shows it",
    "medical-device-not-in-inventory": _HOST_SIDE,
    "medical-device-on-guest-network": _HOST_SIDE,
    "medical-devices-share-subnet": _HOST_SIDE,
    "modality-windows-unsupported": _NEEDS_MAKER,
    "modbus-reachable": _NEEDS_MAKER,
    "neighbour-not-in-inventory": _HOST_SIDE,
    "netbackup-reachable-from-users": _NEEDS_MAKER,
    "printer-admin-page": _NEEDS_MAKER,
    "printer-raw-port-from-guest": _NEEDS_MAKER,
    "r-services-offered": "nmap does not name rsh and rlogin by what they answer: unknown; a test table shows it",
    "remote-control-software": _NEEDS_MAKER,
    "segmentation-not-enforced": "proved in a lab of its own, with a canary (tests/test_segmentation_lab.py)",
    "smb-ms17-010": "Samba was never open to it; a test table shows it",
    "telephony-cleartext": _NEEDS_MAKER,
    "tftp-offered": _UDP,
    "veeam-reachable-from-users": _NEEDS_MAKER,
    "vlan-not-separated": _HOST_SIDE,
    "winrm-crosses-zones": _NEEDS_MAKER,
}
