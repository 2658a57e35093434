"""Model and firmware as sysDescr tells them, for makers that always write them there, and alike. Data and a look-up."""

from __future__ import annotations

import re

__all__ = ["model_in_id", "told"]

_FORMS = tuple(
    re.compile(form, re.DOTALL)
    for form in (
        r"^;? ?AXIS (?P<model>[^;]+);[^;]*; *(?P<firmware>[\d.]+);",
        # PF is the management card's system; MN is that of a rack PDU, and of the card in a UPS
        r"^APC .*\bPF:v?(?P<firmware>[\w.]+) .*\bMN:(?P<model>AP[78]\w+)?",
        r"^HP (?:ETHERNET MULTI-ENVIRONMENT|.*JETDIRECT).*,PID:(?P<model>[^,]+)",
        r"^(?:HP|HPE|Aruba|ProCurve) (?P<model>\w+ .*Switch[^,]*), revision (?P<firmware>[\w.]+)",
        r'^"?Cisco (?:IOS|NX-OS|Adaptive).*?\bVersion (?P<firmware>[\w.()]+)',
        r"^(?:ArubaOS|AOS-\d+) \(MODEL: (?P<model>[^)]+)\), Version (?P<firmware>[\w.-]+)",
        r"^ExtremeXOS \((?P<model>\S+)\) version (?P<firmware>[\w.]+)",
        r"^Integrated Lights-Out \d (?P<firmware>[\d.]+) ",
        r"^Lexmark (?P<model>\S+) version (?P<firmware>[\w.]+)",
        r"^VMware ESXi (?P<firmware>[\d.]+ build-\d+)",
        r"^Xerox (?P<model>[^;]+); (?:.*\bController (?P<firmware>[\w.]+))?",
        r"^Juniper Networks, Inc\. (?P<model>\S+) .*\bkernel JUNOS (?P<firmware>[\w.-]+)",
    )
)
_ID = re.compile(r"^(?=.*\b(?:MFG|MANUFACTURER):).*\b(?:MDL|MODEL):([^;]+).*$")


def told(description: str) -> tuple[str, str]:
    """Model and firmware, each empty where the description does not tell it."""
    found = next(filter(None, (form.match(description) for form in _FORMS)), None)
    parts = found.groupdict() if found else {}
    return (parts.get("model") or "").strip(), (parts.get("firmware") or "").strip()


def model_in_id(text: str) -> str:
    """The model in a printer's IEEE 1284 device id; any other text as it is."""
    found = _ID.match(text)
    return found[1].strip() if found else text
