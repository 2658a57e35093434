"""Backup servers and their storage within reach of users."""

from __future__ import annotations

import pytest
from checks.samples_crossing import SCOPE, closed, seen, view

from posture.model import Outcome, Severity
from posture.testing import port, run_check, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN

VEEAM = script("ssl-cert", "Subject: commonName=Veeam Backup Server Certificate")
STORE = {"place": "store", "address": "10.77.4.10"}
NAMED = {"address": "10.77.1.9"}


def from_users(*ports, place="servers", address="10.77.1.10", **more):
    return seen(view("users", *ports, **more), view("guests"), place=place, address=address)


@pytest.mark.parametrize(
    ("check", "given", "outcome"),
    [
        ("veeam-reachable-from-users", from_users(port(9392, "http", tunnel="ssl", scripts=[VEEAM])), FAIL),
        ("veeam-reachable-from-users", from_users(port(9401)), FAIL),
        ("veeam-reachable-from-users", from_users(port(9401), rest=[]), UNKNOWN),
        ("veeam-reachable-from-users", from_users(rest=[closed("6160,6162,9392")]), UNKNOWN),
        ("veeam-reachable-from-users", from_users(port(9392, "mysql")), PASS),
        ("veeam-reachable-from-users", from_users(), PASS),
        ("commvault-reachable-from-users", from_users(port(8400, "commvault")), FAIL),
        ("commvault-reachable-from-users", from_users(port(8403)), FAIL),
        ("commvault-reachable-from-users", seen(view("users")), UNKNOWN),
        ("commvault-reachable-from-users", from_users(), PASS),
        ("netbackup-reachable-from-users", from_users(port(13720, "netbackup")), FAIL),
        ("netbackup-reachable-from-users", from_users(port(1556)), FAIL),
        ("netbackup-reachable-from-users", from_users(port(13720, "netbackup", method="table")), FAIL),
        ("netbackup-reachable-from-users", from_users(port(1556), rest=[]), UNKNOWN),
        ("netbackup-reachable-from-users", from_users(), PASS),
        ("backup-storage-reachable-from-users", from_users(port(3009, "http", product="EMC Data Domain")), FAIL),
        ("backup-storage-reachable-from-users", from_users(port(2052, "emc-datadomain")), FAIL),
        ("backup-storage-reachable-from-users", from_users(port(2049, "nfs"), **STORE), FAIL),
        ("backup-storage-reachable-from-users", from_users(port(2049, "nfs"), **NAMED), FAIL),
        ("backup-storage-reachable-from-users", from_users(port(2049, "nfs")), UNKNOWN),
        ("backup-storage-reachable-from-users", from_users(port(2051)), UNKNOWN),
        ("backup-storage-reachable-from-users", from_users(), PASS),
    ],
)
def test_backups(check, given, outcome):
    assert verdict(check, given, scope=SCOPE) is outcome


@pytest.mark.parametrize(
    ("given", "severity"),
    [(port(9392, "http", scripts=[VEEAM]), Severity.CRITICAL), (port(9392), Severity.MEDIUM)],
)
def test_a_service_that_was_not_confirmed_weighs_less(given, severity):
    (observation,) = run_check("veeam-reachable-from-users", from_users(given), scope=SCOPE)

    assert observation.severity is severity
