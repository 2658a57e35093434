from datetime import date, timedelta

import pytest
from checks.samples_lifecycle import LONG_AGO, RECENT

from posture.check import AsOf
from posture.facts import Missing
from posture.model import Outcome
from posture.scope import OrganisationScope, Scope
from posture.testing import AS_OF, computer, run_check, verdict
from posture.thresholds import Thresholds

MEMBER, CONTROLLER = "ad-member-os-unsupported", "ad-domain-controller-unsupported"
USED = {"password_last_set": RECENT, "last_logon": RECENT, "created": LONG_AGO, "primary_group": 515}
UNUSED = {**USED, "password_last_set": LONG_AGO, "last_logon": LONG_AGO}
SILENT = Missing("not-readable")


def runs(name, version="", **more):
    return computer(operating_system=name, operating_system_version=version, **{**USED, **more})


def on(day: date) -> AsOf:
    return AsOf(AS_OF.at.replace(year=day.year, month=day.month, day=day.day, hour=23))


@pytest.mark.parametrize(
    ("name", "version", "outcome"),
    [
        ("Windows 11 Enterprise", "10.0 (26100)", Outcome.PASS),
        ("Windows Server 2019 Standard", "10.0 (17763)", Outcome.PASS),
        ("Windows 10 Enterprise LTSC", "10.0 (17763)", Outcome.PASS),
        ("Windows 10 Enterprise 2016 LTSB", "10.0 (14393)", Outcome.PASS),
        ("Windows 10 Enterprise 2015 LTSB", "10.0 (10240)", Outcome.FAIL),
        ("Windows 10 Enterprise", "10.0 (14393)", Outcome.FAIL),
        ("Windows 11 Pro", "10.0 (22631)", Outcome.FAIL),
        ("Windows 11 Enterprise", "10.0 (22631)", Outcome.PASS),
        ("Windows 7 Professional", "6.1 (7601)", Outcome.FAIL),
        ("Windows Server® 2008 Standard", "6.0 (6003)", Outcome.FAIL),
        ("Windows XP Professional", "5.1 (2600)", Outcome.FAIL),
        ("Windows Embedded Standard", "6.1 (7601)", Outcome.FAIL),
        ("Debian GNU/Linux", "10", Outcome.FAIL),
        ("Red Hat Enterprise Linux", "9.4", Outcome.PASS),
        # Extended security updates may have been bought, and a directory doesn't show it.
        ("Windows 10 Enterprise", "10.0 (19045)", Outcome.UNKNOWN),
        ("Windows Server 2012 R2 Standard", "6.3 (9600)", Outcome.UNKNOWN),
        # The name or the build leaves supported and unsupported releases.
        ("Windows 10 IoT Enterprise", "10.0 (17763)", Outcome.UNKNOWN),
        ("Windows Server Datacenter", "10.0 (17763)", Outcome.UNKNOWN),
        ("Windows 10 Pro", "", Outcome.UNKNOWN),
        ("Windows 10", "10.0 (99999)", Outcome.UNKNOWN),
        ("Samba", "4.17.12-Debian", Outcome.UNKNOWN),
        ("pc-linux-gnu", "", Outcome.UNKNOWN),
        ("", "", Outcome.UNKNOWN),
        (SILENT, "10.0 (26100)", Outcome.UNKNOWN),
        ("Windows 7 Professional", SILENT, Outcome.UNKNOWN),
        (Missing("absent"), Missing("absent"), Outcome.UNKNOWN),
    ],
)
def test_a_members_system_is_judged_by_edition_and_channel(name, version, outcome):
    assert verdict("ad-member-os-unsupported", runs(name, version)) is outcome


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({}, Outcome.FAIL),
        ({"control": 0x1002}, Outcome.NOT_APPLICABLE),
        ({"control": None}, Outcome.UNKNOWN),
        ({"control": 0x2000}, Outcome.NOT_APPLICABLE),
        ({"primary_group": 521}, Outcome.NOT_APPLICABLE),
        (UNUSED, Outcome.NOT_APPLICABLE),
        ({**UNUSED, "last_logon": RECENT}, Outcome.FAIL),
        ({**UNUSED, "last_logon": SILENT}, Outcome.UNKNOWN),
        ({"password_last_set": Missing("absent"), "last_logon": Missing("absent")}, Outcome.NOT_APPLICABLE),
        ({"password_last_set": Missing("absent"), "last_logon": Missing("absent"), "created": SILENT}, Outcome.UNKNOWN),
        ({**UNUSED, "last_logon": AS_OF.at - timedelta(days=95)}, Outcome.UNKNOWN),
        ({**UNUSED, "last_logon": AS_OF.at + timedelta(days=9)}, Outcome.UNKNOWN),
    ],
)
def test_only_enabled_members_in_use_fail(more, outcome):
    assert verdict(MEMBER, runs("Windows 7 Professional", "6.1 (7601)", **more)) is outcome


@pytest.mark.parametrize(
    ("more", "name", "version", "outcome"),
    [
        ({"control": 0x82000}, "Windows Server 2022 Standard", "10.0 (20348)", Outcome.PASS),
        ({"control": 0x82000}, "Windows Server 2008 R2 Standard", "6.1 (7601)", Outcome.FAIL),
        ({"control": 0x5001000}, "Windows Server 2008 R2 Standard", "6.1 (7601)", Outcome.FAIL),
        ({"primary_group": 516}, "Windows Server 2003", "5.2 (3790)", Outcome.FAIL),
        ({"control": 0x82000, **UNUSED}, "Windows Server 2003", "5.2 (3790)", Outcome.FAIL),
        ({"control": 0x82000}, "Windows Server 2012 R2 Standard", "6.3 (9600)", Outcome.UNKNOWN),
        ({"control": 0x82000}, "Samba", "4.17.12-Debian", Outcome.UNKNOWN),
        ({"control": 0x82000}, SILENT, "6.1 (7601)", Outcome.UNKNOWN),
        ({"control": None}, "Windows Server 2003", "5.2 (3790)", Outcome.UNKNOWN),
        ({"control": 0x82002}, "Windows Server 2003", "5.2 (3790)", Outcome.NOT_APPLICABLE),
        ({}, "Windows Server 2003", "5.2 (3790)", Outcome.NOT_APPLICABLE),
    ],
)
def test_a_domain_controllers_system_is_judged(more, name, version, outcome):
    assert verdict("ad-domain-controller-unsupported", runs(name, version, **more)) is outcome


@pytest.mark.parametrize(("day", "outcome"), [(date(2031, 10, 14), Outcome.PASS), (date(2031, 10, 15), Outcome.FAIL)])
def test_the_day_of_the_end_is_the_last_day_of_support(day, outcome):
    patient = Scope(organisation=OrganisationScope(name="Test"), thresholds=Thresholds(lifecycle_data_days=9999))
    server = runs("Windows Server 2022 Standard", "10.0 (20348)", control=0x82000)

    assert verdict(CONTROLLER, server, scope=patient, as_of=on(day)) is outcome


def test_a_bought_extension_ends_too():
    server = runs("Windows Server 2012 R2 Standard", "6.3 (9600)", control=0x82000)

    assert verdict(CONTROLLER, server, as_of=on(date(2026, 10, 13))) is Outcome.UNKNOWN
    assert verdict(CONTROLLER, server, as_of=on(date(2026, 10, 14))) is Outcome.FAIL


def test_old_data_passes_nothing_and_fails_as_before():
    late = on(date(2028, 1, 1))
    new = runs("Windows Server 2022 Standard", "10.0 (20348)", control=0x82000)
    old = runs("Windows Server 2003", "5.2 (3790)", control=0x82000)
    (unclear,) = run_check(CONTROLLER, new, as_of=late)

    assert unclear.outcome is Outcome.UNKNOWN
    assert "your policy allows 365" in unclear.message
    assert verdict(CONTROLLER, old, as_of=late) is Outcome.FAIL


def test_a_fail_says_the_day_and_the_data():
    (found,) = run_check(MEMBER, runs("Windows 7 Professional", "6.1 (7601)"))

    assert "ended on 2023-01-10 even where it was bought (data of 2026-08-22)" in found.message
    assert "your policy takes 90 as in use" in found.message
