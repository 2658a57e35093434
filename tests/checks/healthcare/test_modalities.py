import pytest
from checks.samples_lifecycle import rdp, smb

from posture.facts import Collapsed
from posture.model import Outcome
from posture.testing import computer, host, port, run_check, verdict

MODALITY = "modality-windows-unsupported"
CLOSED = "1-3388,3390-65535"
ENDED, SUPPORTED, EITHER = "10.0.10586", "10.0.20348", "10.0.14393"


def shows(build, *ports, closed=CLOSED, **more):
    return host(rdp(build, "ct1.hosp.example"), *ports, closed=closed, **more)


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (shows(ENDED, zone_kind="imaging"), Outcome.FAIL),
        (shows(ENDED, port(104, "dicom"), closed="1-103,105-3388,3390-65535"), Outcome.FAIL),
        (shows(SUPPORTED, zone_kind="imaging"), Outcome.PASS),
        (shows(ENDED, zone_kind="server"), Outcome.NOT_APPLICABLE),
        (shows(ENDED), Outcome.UNKNOWN),
        (shows(ENDED, zone_kind="medical-device"), Outcome.UNKNOWN),
        (shows(ENDED, closed="", zone_kind="server"), Outcome.UNKNOWN),
        (shows(EITHER, zone_kind="imaging"), Outcome.UNKNOWN),
        (shows("6.1.7601", zone_kind="imaging"), Outcome.UNKNOWN),
        (shows("10.0.19041", zone_kind="imaging"), Outcome.UNKNOWN),
        (host(port(3389, "ms-wbt-server"), closed=CLOSED, zone_kind="imaging"), Outcome.UNKNOWN),
        (host(closed="1-65535", zone_kind="imaging"), Outcome.UNKNOWN),
        (host(), Outcome.UNKNOWN),
    ],
)
def test_an_imaging_host_is_judged_by_its_build(seen, outcome):
    assert verdict("modality-windows-unsupported", seen) is outcome


@pytest.mark.parametrize(
    ("system", "version", "dns", "outcome"),
    [
        ("Windows Server 2016 Standard", "10.0 (14393)", "CT1.hosp.example", Outcome.PASS),
        ("Windows 10 Enterprise 2016 LTSB", "10.0 (14393)", "ct1.hosp.example", Outcome.PASS),
        ("Windows 10 Enterprise", "10.0 (14393)", "ct1.hosp.example", Outcome.FAIL),
        ("Windows Server 2016 Standard", "10.0 (14393)", "other.hosp.example", Outcome.UNKNOWN),
        ("Windows Server 2022 Standard", "10.0 (20348)", "ct1.hosp.example", Outcome.UNKNOWN),
    ],
)
def test_the_directory_tells_the_edition_where_name_and_build_are_the_same(system, version, dns, outcome):
    known = computer(operating_system=system, operating_system_version=version, dns_name=dns)

    assert verdict(MODALITY, shows(EITHER, zone_kind="imaging"), known) is outcome


def test_two_computers_of_one_name_tell_nothing():
    known = [
        computer(
            login,
            operating_system="Windows Server 2016 Standard",
            operating_system_version="10.0 (14393)",
            dns_name="ct1.hosp.example",
        )
        for login in ("A$", "B$")
    ]

    assert verdict(MODALITY, shows(EITHER, zone_kind="imaging"), *known) is Outcome.UNKNOWN


def test_samba_is_not_taken_for_windows_7():
    found = smb("Windows 6.1", "Samba 4.17.12-Debian")
    seen = host(
        *found.ports, scripts=found.scripts, collapsed=(Collapsed(protocol="tcp", state="closed", ports="1-444"),)
    )

    assert {each.outcome for each in run_check(MODALITY, seen)} == {Outcome.UNKNOWN}
