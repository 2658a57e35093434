"""Makers that tell what a device is: those that make one class of device and little else. Data.

Names are how makers' names begin in nmap-mac-prefixes, which is IEEE's list of MAC address blocks
(https://standards-oui.ieee.org), in lower case. Numbers are of IANA's registry of private enterprise numbers
(https://www.iana.org/assignments/enterprise-numbers), which sysObjectID starts with; longer ones are of the makers'
own MIBs (PowerNet-MIB, IDRAC-MIB-SMIv2, CPQSM2-MIB, VMWARE-PRODUCTS-MIB, Microsoft's for Windows).
"""

from __future__ import annotations

from typing import Final

__all__ = ["MEDICAL_MAKERS", "OF_AGENTS", "OF_CARDS", "PRODUCTS"]

MEDICAL_MAKERS: Final = (
    "abbott point of care",
    "alaris",
    "b.braun melsungen",
    "baxter international",
    "biotronik",
    "carefusion",
    "carestream health",
    "corometrics medical",
    "criticare systems",
    "draeger medical",
    "fresenius medical care",
    "fresenius-vial",
    "ge healthcare",
    "ge medical system",
    "hill-rom",
    "hitachi aloka medical",
    "icu medical",
    "ivy biomedical",
    "maquet c",
    "masimo",
    "mennen medical",
    "mindray",
    "nihon kohden",
    "nonin medical",
    "philips medical systems",
    "philips patient monitoring",
    "physio-control",
    "resmed",
    "siemens ag, healthcare",
    "siemens healthcare diagnostics",
    "smiths medical",
    "spacelabs medical",
    "sysmex",
    "welch allyn",
    "zoll lifecor",
)
"""Makers of medical devices, and of little else, by their network cards."""

OF_CARDS: Final[dict[str, tuple[str, ...]]] = {
    "medical-device": MEDICAL_MAKERS,
    "camera": (
        "axis communications",
        "hangzhou hikvision digital",
        "prama hikvision",
        "zhejiang dahua",
        "mobotix",
        "vivotek",
        "hanwha techwin security",
    ),
    "phone": ("polycom", "yealink", "xiamen yealink", "grandstream", "snom technology"),
    "printer": ("kyocera document", "lexmark international", "konica minolta", "ricoh company", "zebra technologies"),
    "storage": ("qnap systems", "synology"),
    "ups": ("american power conversion",),
    "building-control": (
        "delta controls",
        "reliable controls",
        "kmc controls",
        "tridium",
        "honeywell environmental & combustion",
        "honeywell connected building",
    ),
}
"""The class of device that a maker's network cards are mostly in."""

OF_AGENTS: Final[dict[str, tuple[int, ...]]] = {
    "medical-device": (3592, 5264, 10096),
    "network": (
        *(9, 45, 171, 207, 248, 890, 1916, 1991, 2272, 2356, 2620, 2636, 3181, 3224, 3375, 5624, 6027, 6486, 6527),
        *(8691, 8741, 11863, 12356, 14179, 14823, 14988, 17713, 25053, 25461, 25506, 26543, 29671, 30065, 33049),
        *(41112, 47196),
    ),
    "printer": (253, 367, 641, 683, 1248, 1347, 2001, 2385, 2435, 10642, 18334),
    "ups": (318, 534, 705, 850, 935, 3808, 4555, 5491),
    "camera": (368, 39165, 50001),
    "storage": (347, 789, 1714, 1981, 5257, 6574, 12124, 24681),
    "hypervisor": (6876,),
    "building-control": (9839,),
}
"""The class of device that a maker's SNMP agents are mostly in, by enterprise number."""

PRODUCTS: Final[dict[str, str]] = {
    "311.1.1.3.1.1": "workstation",
    "311.1.1.3.1.2": "server",
    "311.1.1.3.1.3": "domain-controller",
    "318.1.3.2": "ups",
    "318.1.3.27": "ups",
    "11.2.3.9": "printer",
    "11.2.3.7.11": "network",
    "674.10892.2": "bmc",
    "674.10892.5": "bmc",
    "232.9.4": "bmc",
    "6876.4.1": "hypervisor",
}
"""What a sysObjectID stands for, by how it begins under 1.3.6.1.4.1."""
