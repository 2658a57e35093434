"""What looks like an address, an identifier, an account or a host inside a text. Pure."""

from __future__ import annotations

import re

__all__ = ["PATTERN"]

PATTERN = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\w))"
    r"|(?P<digest>[0-9a-f]{64}(?!\w))"
    r"|(?P<masked>\{masked(?:;(?:scheme|type|digest)=[A-Za-z0-9._/-]{1,40}){0,2}\})"
    r"|(?P<mail>[\w.+%'-]{1,64}\\?@[\w-]{1,63}(?:\.[\w-]{1,63})*\$?)"
    r"|(?P<sid>S-1-\d{1,3}(?:-\d{1,10}){1,14}(?!\w))"
    r"|(?P<octets>(?:[0-9A-F]{2}[:-]){6,}[0-9A-F]{2}(?![\w:-])|(?=[\d\s]*[A-F])"
    r"(?:(?:[0-9A-F]{2}\s{1,40}){6,}[0-9A-F]{2}|(?:[0-9A-F]{4}\s{1,40}){3,}[0-9A-F]{4})(?!\w))"
    r"|(?P<guid>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?!\w))"
    r"|(?P<mac>(?:[0-9A-F]{1,2}(?::[0-9A-F]{1,2}){5}|[0-9A-F]{2}(?:-[0-9A-F]{2}){5}|[0-9A-F]{4}(?:\.[0-9A-F]{4}){2}"
    r"|(?=\d{0,11}[A-F])[0-9A-F]{12})(?![\w:-]))"
    r"|(?P<ipv4>\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?!\w|\.\d))"
    r"|(?P<dashed>\d{1,3}(?:[-_]\d{1,3}){3}(?!\d))"
    r"|(?P<numbers>\d+(?:\.\d+){4,})"
    r"|(?P<ipv6>(?:[0-9A-Fa-f]{1,4})?(?::[0-9A-Fa-f]{0,4}){2,7}(?:%\w+)?(?:/\d{1,3})?(?![\w:]))"
    r"|(?P<dn>(?:CN|OU|DC|O|L|ST|C|UID)=(?:[^,;<>\"\n+]|\\.){1,256}(?:,(?:CN|OU|DC|O|L|ST|C|UID)=(?:[^,;<>\"\n+)]|\\.){1,256})+)"
    r"|(?P<phone>\+\d[\d ()./-]{5,24}\d|\(\d{3}\) ?\d{3}[- ]\d{4}|\d{3}[-. ]\d{3}[-. ]\d{4}(?!\d))"
    r"|(?P<host>[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.[A-Za-z]{2,63}(?![\w.-]*@|\w))",
    re.IGNORECASE,
)
"""One group a kind; of several that fit at a place, the first."""
