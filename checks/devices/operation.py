"""How devices are run: whether they are restarted for updates, and whether they tell anybody of trouble."""

from __future__ import annotations

from datetime import timedelta

from posture import Missing, Severity, Thresholds, Verdict, check, failed, passed, unknown
from posture.facts import Device


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
