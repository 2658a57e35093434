"""How gently devices are asked. Data: change a number here, and `posture plan` shows what it does."""

from __future__ import annotations

from typing import Final

from posture.model import Policy

__all__ = [
    "DEVICE_SECONDS",
    "IN_FLIGHT",
    "OCTETS",
    "PAUSE",
    "RATES",
    "REPETITIONS",
    "REQUESTS",
    "ROWS",
    "TIMEOUT",
    "TRIES",
]

RATES: Final = {Policy.GENTLE: 50, Policy.STANDARD: 300, Policy.THOROUGH: 1_000}
"""Packets a second into a zone that sets no max_rate of its own."""

IN_FLIGHT: Final = 50
"""Devices asked at the same time, each with one request; more overflow a socket's default receive buffer."""

TIMEOUT: Final = 2.0
"""Seconds that a request waits for its answer."""

TRIES: Final = 2
"""How often a request is sent before the device counts as silent."""

REPETITIONS: Final = 10
"""Rows asked for in one GETBULK: the answer fits an Ethernet frame in most cases."""

ROWS: Final = 5_000
"""Most rows taken from one subtree."""

REQUESTS: Final = 1_000
"""Most requests that the walks of one device take."""

OCTETS: Final = 4 * 1024 * 1024
"""Most octets of values taken from one device."""

DEVICE_SECONDS: Final = 300.0
"""Longest time that the walks of one device take."""

PAUSE: Final = 30.0
"""Seconds without new devices in a zone after one of its devices stopped answering in the middle of its walk."""
