"""Whether uninterruptible power supplies could do their work, by UPS-MIB (RFC 1628)."""

from __future__ import annotations

from posture import Missing, Severity, Thresholds, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Device, Ups

ASK_UPS = "Give a credential that may read UPS-MIB (1.3.6.1.2.1.33), and audit again."
NO_UPS = "It has no UPS-MIB, so it is no power supply that can be asked"


@check("ups-battery-failing", title="Batteries of power supplies are failing", severity=Severity.HIGH)
def battery_failing(device: Device) -> Verdict:
    """Every power supply has a charged battery and no alarm.

    Why it matters:
        When mains power fails, what hangs on this supply goes down at once, in the very minutes that downtime
        procedures need. Records are cut off, and systems that end so may not come back by themselves.

    How to fix:
        Look at the supply and replace the battery, then clear the alarm. Test it under load each year.

    Sources:
        45 CFR 164.308(a)(7)(ii)(C), 164.310(a)(2)(i); RFC 1628 (upsBatteryStatus, upsAlarmsPresent).
    """
    match device.ups:
        case Missing(why="absent"):
            return not_applicable(NO_UPS)
        case Missing() as why:
            return unknown(f"Whether it is a power supply (UPS-MIB) is not known: {why}", answer=ASK_UPS)
        case Ups(battery_status=3):
            return failed("The battery is low (upsBatteryStatus 3)")
        case Ups(battery_status=4):
            return failed("The battery is empty (upsBatteryStatus 4)")
        case Ups(alarms=int(alarms)) if alarms > 0:
            return failed(
                f"It reports {alarms} alarm{'s' * (alarms != 1)} (upsAlarmsPresent)", severity=Severity.MEDIUM
            )
        case Ups(battery_status=2, alarms=0):
            return passed("The battery is normal, and there is no alarm (upsBatteryStatus 2)")
        case Ups(battery_status=2, alarms=why):
            return unknown(f"The battery is normal; whether there are alarms is not known: {why}", answer=ASK_UPS)
        case Ups(battery_status=Missing() as why):
            return unknown(f"The state of the battery (upsBatteryStatus) is not known: {why}", answer=ASK_UPS)
        case _:
            return unknown("The supply does not know the state of its battery (upsBatteryStatus 1)")


@check("ups-runtime-short", title="Power supplies run out too soon", severity=Severity.MEDIUM)
def runtime_short(device: Device, thresholds: Thresholds) -> Verdict:
    """Every power supply lasts for as long as the site needs.

    Why it matters:
        The supply has to bridge the time until the generator runs, or until systems have been shut down in order.

    How to fix:
        Add batteries, or take load off the supply. Set the minutes that your site needs in posture.toml.

    Sources:
        45 CFR 164.308(a)(7)(ii)(C), 164.310(a)(2)(i); RFC 1628 (upsEstimatedMinutesRemaining).
    """
    wanted = thresholds.ups_minutes
    match device.ups:
        case Missing(why="absent"):
            return not_applicable(NO_UPS)
        case Missing() as why:
            return unknown(f"Whether it is a power supply (UPS-MIB) is not known: {why}", answer=ASK_UPS)
        case Ups(minutes_remaining=Missing() as why):
            return unknown(f"How long it lasts (upsEstimatedMinutesRemaining) is not known: {why}", answer=ASK_UPS)
        case Ups(minutes_remaining=int(minutes)) if minutes < wanted:
            return failed(f"It lasts {minutes} minutes; your policy asks for {wanted}", severity=Severity.LOW)
        case Ups(minutes_remaining=minutes):
            return passed(f"It lasts {minutes} minutes; your policy asks for {wanted}")
