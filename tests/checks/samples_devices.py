"""SNMP devices that tell everything, weak and hardened, for tests that take things away from them."""

from __future__ import annotations

from datetime import timedelta

from posture.facts import Clock, Device, Fact, Listed, Missing, Ups
from posture.model import Attempt
from posture.scope import Firmware, SoftwareScope
from posture.testing import attempt, device

WORDS = ("default:public", "default:private")


def samples() -> list[Fact]:
    """A switch, a printer and a power supply, each weak and hardened, and one that is neither printer nor supply."""
    return [
        _device("weak-switch", _weak(), _old(), printer=Missing("absent"), ups=Missing("absent")),
        _device("weak-printer", _weak(), _old(), printer="LaserJet", ups=Missing("absent")),
        _device("weak-ups", _weak(), _old(), printer=Missing("absent"), ups=_ups(4, 3, 2)),
        _device("alarmed-ups", _hardened(), _new(), printer=Missing("absent"), ups=_ups(2, 60, 1)),
        _device("hardened-switch", _hardened(), _new(), printer=Missing("absent"), ups=Missing("absent")),
        _device("hardened-printer", _hardened(), _new(), printer="LaserJet", ups=Missing("absent")),
        _device("hardened-ups", _hardened(), _new(), printer=Missing("absent"), ups=_ups(2, 60, 0)),
    ]


def _device(name: str, attempts: tuple[Attempt, ...], fields: dict[str, object], **more: object) -> Device:
    return device(*attempts, ids=(f"snmp-engine:{name}",), name=name, **fields, **more)


def _communities(outcome: str) -> tuple[Attempt, ...]:
    return tuple(attempt(version, outcome, word) for version in ("v1", "v2c") for word in WORDS)


def _weak() -> tuple[Attempt, ...]:
    levels = ("v3-noAuthNoPriv", "v3-authNoPriv", "v3-authPriv")
    return (*_communities("accepted"), *(attempt(level, "accepted", "monitor") for level in levels))


def _hardened() -> tuple[Attempt, ...]:
    return (
        *_communities("silent"),
        attempt("v3-noAuthNoPriv", "refused", "monitor"),
        attempt("v3-authNoPriv", "refused", "monitor"),
        attempt("v3-authPriv", "accepted", "monitor"),
    )


def _old() -> dict[str, object]:
    long = timedelta(days=400)
    return {
        "engine_time": long,
        "uptime": long,
        "writable_views": ("all",),
        "notification_targets": (),
        "clock": Clock(least=timedelta(hours=2), most=timedelta(hours=2, seconds=20), zone_sent=True),
        "contact": "",
        "location": "Unknown",
        "lists_users": True,
        **_windows("Word 97", "TeamViewer 9", running="notepad.exe", firmware="1.0"),
    }


def _new() -> dict[str, object]:
    short = timedelta(days=40)
    targets = ("10.0.0.9:162",)
    return {
        "engine_time": short,
        "uptime": short,
        "writable_views": (),
        "notification_targets": targets,
        "clock": Clock(least=-timedelta(seconds=10), most=timedelta(seconds=10), zone_sent=False),
        "contact": "Clinical engineering, 5100",
        "location": "Building A, room 12",
        "lists_users": False,
        **_windows("Word 97", running="MsMpEng.exe", firmware="2.7"),
    }


def _windows(*installed: str, running: str, firmware: str) -> dict[str, object]:
    return {
        "object_id": "1.3.6.1.4.1.311.1.1.3.1.2",
        "description": "Hardware: Intel64, Software: Windows Version 6.3",
        "vendor": "Microsoft",
        "model": "Server",
        "firmware": firmware,
        "running": Listed(names=(running, "svchost.exe"), whole=True),
        "installed": Listed(names=installed, whole=True),
    }


def software() -> SoftwareScope:
    """What the weak ones run is on it, and what the hardened ones run is as it wants."""
    firmware = Firmware(vendor="Microsoft", unsupported=("1.*",), supported=("2.*",))
    return SoftwareScope(endpoint_protection=("MsMpEng.exe",), unapproved=("TeamViewer*",), firmware=(firmware,))


def _ups(status: int, minutes: int, alarms: int) -> Ups:
    return Ups(battery_status=status, minutes_remaining=minutes, alarms=alarms)
