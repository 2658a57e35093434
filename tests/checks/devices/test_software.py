"""Software and firmware: the hospital's own lists decide, and only over what a machine shows of itself."""

from __future__ import annotations

import pytest

from posture.facts import Listed, Missing
from posture.model import Outcome, Severity
from posture.scope import Firmware, OrganisationScope, Scope, SoftwareScope
from posture.testing import device, run_check

FAIL, PASS, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
HIDDEN, ABSENT = Missing("not-answered"), Missing("absent")
SERVER, LINUX = "1.3.6.1.4.1.311.1.1.3.1.2", "1.3.6.1.4.1.8072.3.2.10"


def scope(**software):
    return Scope(organisation=OrganisationScope(name="Test"), software=SoftwareScope(**software))


def only(name, judged, given):
    (observation,) = run_check(name, judged, scope=given)
    return observation


def listed(*names, whole=True):
    return Listed(names=names, whole=whole)


@pytest.mark.parametrize(
    ("running", "outcome"),
    [
        (listed("svchost.exe", "msmpeng.exe"), PASS),
        (listed("svchost.exe", "MsMpEng.exe", whole=False), PASS),
        (listed("svchost.exe", "xMsMpEng.exe"), FAIL),
        (listed("svchost.exe", whole=False), UNKNOWN),
        (ABSENT, UNKNOWN),
        (HIDDEN, UNKNOWN),
    ],
)
def test_endpoint_protection(running, outcome):
    judged = device(object_id=SERVER, description="Software: Windows", running=running)
    found = only("endpoint-protection-missing", judged, scope(endpoint_protection=("MsMpEng.exe", "Sentinel*")))

    assert found.outcome is outcome
    assert found.severity is (Severity.LOW if outcome is FAIL else Severity.MEDIUM)


@pytest.mark.parametrize(
    ("object_id", "description", "outcome"),
    [
        (LINUX, "Linux ward 6.1", NOT_APPLICABLE),
        (LINUX, ABSENT, NOT_APPLICABLE),
        (LINUX, HIDDEN, UNKNOWN),
        (LINUX, "Windows server", FAIL),
        (HIDDEN, "Hardware: x86, Software: Windows", FAIL),
        (HIDDEN, "Linux", UNKNOWN),
        ("1.3.6.1.4.1.311.1.1.3.10", ABSENT, NOT_APPLICABLE),
        (SERVER, HIDDEN, FAIL),
        ("1.3.6.1.4.1.8072.3.2.13", HIDDEN, FAIL),
    ],
)
def test_only_machines_known_not_to_run_windows_are_left_out(object_id, description, outcome):
    judged = device(object_id=object_id, description=description, running=listed("init"))

    given = scope(endpoint_protection=("MsMpEng.exe",))
    assert only("endpoint-protection-missing", judged, given).outcome is outcome


@pytest.mark.parametrize(
    ("installed", "outcome"),
    [
        (listed("Word", "TeamViewer 9"), FAIL),
        (listed("TEAMVIEWER HOST", whole=False), FAIL),
        (listed("Word"), PASS),
        (listed("Word", whole=False), UNKNOWN),
        (ABSENT, UNKNOWN),
        (HIDDEN, UNKNOWN),
    ],
)
def test_unapproved_software(installed, outcome):
    found = only("software-unapproved", device(installed=installed), scope(unapproved=("TeamViewer*",)))

    assert found.outcome is outcome


CISCO = Firmware(vendor="cisco*", model="WS-*", unsupported=("12.*", "*Version 12.*"), supported=("15.*", "17.*"))


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"firmware": "12.2(55)SE"}, FAIL),
        ({"firmware": "15.2(4)E"}, PASS),
        ({"firmware": "15.2(4)E", "description": "IOS, Version 12.2"}, FAIL),
        ({"firmware": ABSENT, "description": "IOS, Version 12.2"}, FAIL),
        ({"firmware": "16.1"}, UNKNOWN),
        ({"firmware": ABSENT}, UNKNOWN),
        ({"firmware": HIDDEN}, UNKNOWN),
        ({"firmware": "15.2(4)E", "description": HIDDEN}, UNKNOWN),
        ({"firmware": "15.2(4)E", "model": HIDDEN}, UNKNOWN),
        ({"firmware": "15.2(4)E", "model": "N9K"}, UNKNOWN),
        ({"firmware": "12.2", "vendor": "Juniper"}, UNKNOWN),
        ({"firmware": "12.2", "vendor": HIDDEN}, UNKNOWN),
    ],
)
def test_firmware(fields, outcome):
    judged = device(**{"vendor": "Cisco", "model": "WS-C2960X", "description": "IOS", **fields})

    assert only("firmware-unsupported", judged, scope(firmware=(CISCO,))).outcome is outcome


@pytest.mark.parametrize("name", ["endpoint-protection-missing", "software-unapproved", "firmware-unsupported"])
def test_without_the_hospitals_list_it_is_unknown_and_says_what_to_declare(name):
    judged = device(
        object_id=SERVER, vendor="Cisco", firmware="12", installed=listed("TeamViewer"), running=listed("init")
    )

    found = only(name, judged, scope())

    assert found.outcome is UNKNOWN
    assert "posture.toml" in found.answer
