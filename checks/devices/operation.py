"""How devices are run: restarts for updates, notifications of trouble, clocks, and who is responsible."""

from __future__ import annotations

from datetime import timedelta

from posture import Missing, Severity, Thresholds, Verdict, check, failed, passed, unknown
from posture.facts import Clock, Device

LARGEST_OFFSET, STEP = timedelta(hours=14), timedelta(minutes=30)
DEFAULT_OWNERS = frozenset(
    {
        "",
        "-",
        "n/a",
        "none",
        "unknown",
        "not set",
        "me <me@example.org>",
        "sitting on the dock of the bay",
        "right here, right now.",
        "root@localhost",
    }
)
EXAMPLE_OWNERS = ("(configure /etc/snmp", "(edit /etc/snmp")


@check("device-uptime-over-a-year", title="Devices have not been restarted for over a year", severity=Severity.LOW)
def uptime_over_a_year(device: Device, thresholds: Thresholds) -> Verdict:
    """Every device was restarted within the days that your policy allows, as updates ask for.

    The counters of uptime start again after 497 days, so a short one shows nothing by itself. It passes only with
    the time of the SNMP engine beside it, which counts on, and with both within the limit. Both speak of the SNMP
    agent: where it alone was restarted, the device has been running for longer.

    Why it matters:
        Most updates of firmware need a restart. A device that has had none for a year has most likely had no update.

    How to fix:
        Plan a time for maintenance with the department, and update and restart the device in it.

    Sources:
        45 CFR 164.308(a)(5)(ii)(B); RFC 3418 (sysUpTime); RFC 3411 (snmpEngineTime); RFC 2790 (hrSystemUptime).
    """
    limit = timedelta(days=thresholds.uptime_days)
    times = [time for time in (device.engine_time, device.uptime) if not isinstance(time, Missing)]
    if times and max(times) > limit:
        return failed(f"It has been running for {max(times).days} days; your policy allows {limit.days}")
    match device.engine_time, device.uptime:
        case (timedelta() as engine, timedelta() as uptime):
            return passed(f"Its agent was started {max(engine, uptime).days} days ago; your policy allows {limit.days}")
        case (Missing(), timedelta() as uptime):
            return unknown(
                f"Its counter shows {uptime.days} days, but starts again after 497 days",
                answer="Give an SNMPv3 user for this zone in posture.toml: SNMPv3 tells the time of the engine.",
            )
        case (_, why):
            return unknown(f"How long it has been running (sysUpTime) is not known: {why}")


@check("snmp-no-trap-target", title="Devices tell nobody of trouble", severity=Severity.LOW)
def no_trap_target(device: Device) -> Verdict:
    """Every device sends its notifications somewhere.

    Devices that send them by a setting of their vendor, or use syslog, don't show it here. An empty table counts where
    the device shows its SNMP engine beside it, so that the table is not merely hidden.

    Why it matters:
        A device that reports to nobody fails, or is broken into, without anyone noticing.

    How to fix:
        Set the monitoring server or the SIEM as the target of traps, or of syslog, on the device.

    Sources:
        45 CFR 164.312(b), 164.308(a)(1)(ii)(D); RFC 3413 (snmpTargetAddrTable).
    """
    match device.notification_targets:
        case Missing(why="absent") if not isinstance(device.engine_time, Missing):
            return failed("It sends notifications to nobody (snmpTargetAddrTable is empty)")
        case Missing(why="absent"):
            return unknown(
                "It shows no targets (snmpTargetAddrTable), nor any of SNMP's own settings: they may be hidden",
                answer="Give a user that may read the snmpModules subtree, or look at the device's own settings.",
            )
        case Missing() as why:
            return unknown(f"Its targets (snmpTargetAddrTable) are not known: {why}")
        case ():
            return failed("It sends notifications to nobody (snmpTargetAddrTable is empty)")
        case targets:
            return passed(f"It sends notifications to {', '.join(targets[:5])}")


@check("clock-drift", title="Clocks of devices are wrong", severity=Severity.MEDIUM)
def clock_drift(device: Device, thresholds: Thresholds) -> Verdict:
    """Every device's clock agrees, within the seconds of your policy, with that of the machine that audits.

    The device is compared with the machine that asked it, whose own clock has to be right. Where a device gives no
    time zone, that of the organisation is taken; a difference that another zone would explain is then no failure.

    Why it matters:
        Logs of an incident can be put in order only if clocks agree, and log-ins by Kerberos fail where they don't.

    How to fix:
        Set the hospital's time servers (NTP) on the device, and its time zone.

    Sources:
        45 CFR 164.312(b); RFC 2790 (hrSystemDate); RFC 2579 (DateAndTime); RFC 4120 7.5.8 (5 minutes).
    """
    limit = timedelta(seconds=thresholds.clock_seconds)
    match device.clock:
        case Missing(why="absent"):
            return unknown("It does not show its clock (hrSystemDate)", answer="Look at its time and its NTP settings.")
        case Missing() as why:
            return unknown(f"Its clock (hrSystemDate) is not known: {why}")
        case Clock(least=least, most=most, zone_sent=zone_sent):
            zone = "" if zone_sent else " It gives no time zone: the organisation's was taken."
    if -limit <= least and most <= limit:
        return passed(f"Its clock is within {thresholds.clock_seconds} seconds of the auditor's (hrSystemDate).{zone}")
    if -limit <= most and least <= limit:
        return unknown(f"The audit of it took too long to tell whether its clock is within your limit.{zone}")
    if not zone_sent and _zone_explains(least, most, limit):
        return unknown(
            f"Its clock is {_off(least, most)}, which another time zone would explain.{zone}",
            answer="Look at its clock, and set time_zone under [organisation] in posture.toml if it is not yours.",
        )
    allowed = f"your policy allows {thresholds.clock_seconds} seconds"
    return failed(
        f"Its clock is {_off(least, most)} (hrSystemDate); {allowed}.{zone}",
        severity=Severity.LOW,
    )


def _zone_explains(least: timedelta, most: timedelta, limit: timedelta) -> bool:
    """Whether the difference may be that of two time zones, which are half hours apart, but for what is allowed."""
    if max(abs(least), abs(most)) > 2 * LARGEST_OFFSET:
        return False
    steps = (least - limit) // STEP, (most + limit) // STEP
    return steps[0] != steps[1] or not (least - limit) % STEP


def _off(least: timedelta, most: timedelta) -> str:
    nearest = min(abs(least), abs(most))
    seconds = round(nearest.total_seconds())
    amount = f"{seconds:,} seconds" if seconds < 7_200 else f"{seconds // 3_600:,} hours"
    return f"at least {amount} {'ahead' if least > timedelta() else 'behind'}"


@check("device-owner-missing", title="Devices don't say who is responsible, or where they are", severity=Severity.LOW)
def device_owner_missing(device: Device) -> Verdict:
    """Every device names a person or team to call, and its place.

    Texts that agents come with, such as "Unknown", count as empty.

    Why it matters:
        In an incident somebody has to find the device and the person who may turn it off, in minutes and at night.

    How to fix:
        Set the contact (sysContact) to a team with its telephone number, and the location (sysLocation) to building,
        floor and room.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); RFC 3418 (sysContact, sysLocation); Net-SNMP's example snmpd.conf.
    """
    values = {"contact (sysContact)": device.contact, "location (sysLocation)": device.location}
    empty = [name for name, value in values.items() if isinstance(value, str) and _nobody(value)]
    if empty:
        return failed(f"It names no {' and no '.join(empty)}")
    for name, value in values.items():
        if isinstance(value, Missing):
            return unknown(f"Its {name} is not shown: {value}")
    return passed("It names a contact and a location (sysContact, sysLocation)")


def _nobody(text: str) -> bool:
    word = text.strip().casefold()
    return word in DEFAULT_OWNERS or any(example in word for example in EXAMPLE_OWNERS)
