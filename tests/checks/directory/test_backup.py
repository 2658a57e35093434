from __future__ import annotations

import pytest

from posture.facts import Flags, Missing
from posture.model import Outcome, Severity
from posture.testing import computer, run_check

ABSENT = Missing("absent")


def judged(login, services=ABSENT, **more):
    (found,) = run_check("backup-server-domain-joined", computer(login, service_principals=services, **more))
    return found.outcome, found.severity


@pytest.mark.parametrize(
    "login", ["HOSPBACKUP1$", "SRV-BKP-02$", "VEEAM01$", "VBR1$", "srv-rubrik$", "NBU-MASTER$", "BKUP$"]
)
def test_a_name_of_a_backup_server_is_a_guess_and_fails_at_medium(login):
    assert judged(login) == (Outcome.FAIL, Severity.MEDIUM)


@pytest.mark.parametrize(
    "service", ["VeeamBackupSvc/store2.hosp.example", "BackupExecManagementService/srv1.hosp.example:50104"]
)
def test_a_service_of_a_backup_product_fails_at_high(service):
    assert judged("SRV1$", ("HOST/srv1", service)) == (Outcome.FAIL, Severity.HIGH)


@pytest.mark.parametrize("login", ["WS01$", "TSMITH-PC$", "BLACKBUCK$", "NBURGH1$", "DPMACHINE$"])
def test_any_other_name_is_none(login):
    assert judged(login)[0] is Outcome.NOT_APPLICABLE
    assert judged(login, ("HOST/ws01", "HTTP/backup.hosp.example"))[0] is Outcome.NOT_APPLICABLE


def test_disabled_computers_and_domain_controllers_are_none():
    assert judged("BACKUP1$", control=0x1002)[0] is Outcome.NOT_APPLICABLE
    assert judged("BACKUP-DC$", control=0x2000)[0] is Outcome.NOT_APPLICABLE


def test_what_is_not_known_is_unknown():
    assert judged("WS01$", Missing("not-asked"))[0] is Outcome.UNKNOWN
    assert judged("BACKUP1$", control=None)[0] is Outcome.UNKNOWN
    assert judged("")[0] is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("flags", "outcome"),
    [
        (Flags(on=0, off=0x2002), Outcome.FAIL),
        (Flags(on=0x2, off=0x2000), Outcome.NOT_APPLICABLE),
        (Flags(on=0, off=0x2), Outcome.UNKNOWN),
    ],
)
def test_flags_that_an_export_tells_one_by_one_are_enough(flags, outcome):
    assert judged("BACKUP1$", control=None, flags=flags)[0] is outcome
