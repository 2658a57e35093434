"""Where a scanner stood, and how it knows our own listener (`posture canary`) in another zone. Pure.

A vantage is the host that a scanner ran on and, where somebody said so, the zone of the scope.

It is kept as text in the envelope: `zone:users@laptop`, `zone:users` for a file whose host nobody knows, or the host's
name alone where no zone was named.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CANARY", "greeting", "vantage", "vantage_zone"]

_ZONE = "zone:"

CANARY: Final = "posture-canary"
"""The name of the service on a port where a canary of the scope gave its nonce."""


def greeting(nonce: str) -> str:
    """What a canary says, without the end of its line, to whoever opens a connection."""
    return f"{CANARY}/1 {nonce}"


def vantage(host: str, zone: str | None) -> str:
    """The text for a host that stands in a zone; either may be empty."""
    if not zone:
        return host
    return f"{_ZONE}{zone}@{host}" if host else f"{_ZONE}{zone}"


def vantage_zone(text: str | None) -> str | None:
    """The id of the zone that a vantage stands in, or None where nobody said."""
    if not text or not text.startswith(_ZONE):
        return None
    return text[len(_ZONE) :].partition("@")[0] or None
