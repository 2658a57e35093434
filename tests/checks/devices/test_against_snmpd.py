"""The checks over what real agents answer (Net-SNMP): each weakness that was planted is found, and nothing else."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lab.directories import loopback

from posture.check import AsOf
from posture.collectors.base import Context
from posture.collectors.snmp import SnmpCollector
from posture.demo.snmpd import PRINTER, UPS_ON_BATTERY, Snmpd
from posture.facts import BlindSpot, Fact
from posture.model import Outcome, Policy
from posture.scope import OrganisationScope, Scope, SecretReference, SnmpCredential, SnmpScope, SoftwareScope, Zone
from posture.testing import run_check

FAIL, PASS, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE

SECRETS = {"AUTH": "Auth-of-the-lab-1", "PRIVACY": "Privacy-of-the-lab-1", "WARD": "a-long-word-of-the-ward"}
MONITOR = f'createUser monitor SHA-256 "{SECRETS["AUTH"]}" AES "{SECRETS["PRIVACY"]}"\nrouser monitor authPriv\n'
LAX = f'createUser monitor SHA-256 "{SECRETS["AUTH"]}" AES "{SECRETS["PRIVACY"]}"\nrouser monitor authNoPriv\n'
OLD = f'createUser monitor MD5 "{SECRETS["AUTH"]}" DES "{SECRETS["PRIVACY"]}"\nrouser monitor authPriv\n'
TRAPS = "trap2sink 127.0.0.1 nobody-listens\n"
OWNED = 'sysContact "Clinical engineering, 5100"\nsysLocation "Building A, room 12"\n'
WINDOWS = """
sysObjectID 1.3.6.1.4.1.311.1.1.3.1.2
override 1.3.6.1.4.1.77.1.2.25.1.1.5.71.117.101.115.116 octet_str "Guest"
override 1.3.6.1.4.1.77.1.2.25.1.1.6.110.117.114.115.101.49 octet_str "nurse1"
"""
UPS_CHARGED = """
override 1.3.6.1.2.1.33.1.1.1.0 octet_str "APC"
override 1.3.6.1.2.1.33.1.2.1.0 integer 2
override 1.3.6.1.2.1.33.1.2.3.0 integer 60
override 1.3.6.1.2.1.33.1.6.1.0 uinteger 0
"""
USER = SnmpCredential(
    id="monitoring",
    user="monitor",
    auth="SHA-256",
    auth_secret=SecretReference(env="AUTH"),
    privacy="AES-128",
    privacy_secret=SecretReference(env="PRIVACY"),
)
OLD_USER = SnmpCredential(
    id="monitoring",
    user="monitor",
    auth="MD5",
    auth_secret=SecretReference(env="AUTH"),
    privacy="DES",
    privacy_secret=SecretReference(env="PRIVACY"),
)
WARD = SnmpCredential(id="ward", version="2c", community=SecretReference(env="WARD"))
CHECKS = (
    "clock-drift",
    "device-owner-missing",
    "device-uptime-over-a-year",
    "printer-open-service",
    "snmp-default-community",
    "snmp-no-trap-target",
    "snmp-user-list-exposed",
    "snmp-v1-v2c",
    "snmp-v3-without-privacy",
    "snmp-write-access",
    "ups-battery-failing",
    "ups-runtime-short",
)


def judged(configuration, *credentials, defaults=True, checks=CHECKS, software=None):
    """Each check's one outcome over an agent with this configuration."""
    address = loopback()
    scope = Scope(
        organisation=OrganisationScope(name="Hospital"),
        zone=(Zone(id="lab", kind="management", networks=(f"{address}/32",), policy=Policy.STANDARD),),
        snmp=SnmpScope(credentials=credentials, try_default_communities=defaults),
        software=software or SoftwareScope(),
    )
    context = Context(
        scope=scope,
        secret=lambda reference: SECRETS[reference.env],
        hosts=list,
        progress=lambda _: None,
        stop=threading.Event(),
        workdir=Path(os.devnull),
        vantage="lab",
        operator="tester",
    )
    collector = SnmpCollector(timeout=0.5, tries=2)
    with Snmpd(configuration, address=address):
        records = [record for probe in collector.plan(scope) for record in collector.ask(probe, context)]
    said = list(collector.read(records, scope))
    facts = [each for each in said if isinstance(each, Fact)]
    spots = [each for each in said if isinstance(each, BlindSpot)]
    now = AsOf(datetime.now(UTC))
    found = {}
    for name in checks:
        (found[name],) = {each.outcome for each in run_check(name, *facts, blind_spots=spots, scope=scope, as_of=now)}
    return found


def test_a_hardened_power_supply_fails_nothing():
    found = judged(MONITOR + TRAPS + OWNED + UPS_CHARGED, USER)

    assert found == {**dict.fromkeys(CHECKS, PASS), "printer-open-service": NOT_APPLICABLE}


def test_a_weak_power_supply_fails_where_it_is_weak():
    found = judged(f"rocommunity public\nrwcommunity private\n{LAX}{UPS_ON_BATTERY}", USER)

    assert found == {
        **dict.fromkeys(CHECKS, FAIL),
        "printer-open-service": NOT_APPLICABLE,
        "device-uptime-over-a-year": PASS,
        "clock-drift": PASS,
        "snmp-user-list-exposed": UNKNOWN,
    }


def test_a_printer_is_open_only_with_a_default_community():
    weak = judged(f"rocommunity public\n{PRINTER}")
    hardened = judged(MONITOR + PRINTER, USER)

    assert (weak["printer-open-service"], weak["ups-battery-failing"]) == (FAIL, NOT_APPLICABLE)
    assert (weak["snmp-write-access"], weak["snmp-v3-without-privacy"]) == (PASS, UNKNOWN)
    assert hardened["printer-open-service"] is PASS


def test_a_community_that_only_the_scope_knows_fails_too():
    found = judged(f"rocommunity {SECRETS['WARD']}\n{MONITOR}", USER, WARD)

    assert (found["snmp-v1-v2c"], found["snmp-default-community"]) == (FAIL, PASS)


def test_broken_protocols_fail():
    assert judged(OLD, OLD_USER)["snmp-v3-without-privacy"] is FAIL


@pytest.mark.parametrize("name", ["snmp-v1-v2c", "snmp-default-community"])
def test_default_communities_that_were_not_tried_are_unknown(name):
    assert judged(MONITOR, USER, defaults=False)[name] is UNKNOWN


def test_an_agent_that_lets_nobody_in_is_unknown_in_everything():
    found = judged("rocommunity somebody-elses-word\n", USER, WARD)

    assert found == dict.fromkeys(CHECKS, UNKNOWN)


def test_a_windows_agent_gives_its_users_away():
    assert judged(f"rocommunity {SECRETS['WARD']}\n{WINDOWS}", WARD)["snmp-user-list-exposed"] is FAIL


SOFTWARE = ("endpoint-protection-missing", "software-unapproved")


@pytest.mark.parametrize(
    ("process", "program", "outcomes"),
    [("snmpd", "no-such-program*", (PASS, PASS)), ("MsMpEng.exe", "*base-files*", (FAIL, FAIL))],
)
def test_software_is_compared_with_what_really_runs_and_is_installed(process, program, outcomes):
    software = SoftwareScope(endpoint_protection=(process,), unapproved=(program,))

    found = judged(MONITOR + WINDOWS, USER, checks=SOFTWARE, software=software)

    assert tuple(found[name] for name in SOFTWARE) == outcomes


def test_software_is_not_asked_for_where_nothing_is_declared():
    assert judged(MONITOR + WINDOWS, USER, checks=SOFTWARE) == dict.fromkeys(SOFTWARE, UNKNOWN)
