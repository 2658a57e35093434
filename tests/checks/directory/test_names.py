"""Checks that go by an account's name."""

from __future__ import annotations

import pytest
from checks.samples_privileged import ABSENT, DISABLED, NORMAL, WORKSTATION, days_ago

from posture.facts import Missing
from posture.model import Outcome
from posture.scope import DirectoryScope, OrganisationScope, Scope
from posture.testing import account, verdict

HIDDEN = Missing("not-readable")


@pytest.mark.parametrize(
    ("login", "fields", "outcome"),
    [
        ("ward3", {}, Outcome.FAIL),
        ("ICU-Nurse-2", {}, Outcome.FAIL),
        ("kiosk01", {"last_logon": days_ago(200)}, Outcome.PASS),
        ("kiosk01", {"last_logon": days_ago(100)}, Outcome.UNKNOWN),
        ("kiosk01", {"last_logon": ABSENT}, Outcome.PASS),
        ("kiosk01", {"last_logon": HIDDEN}, Outcome.UNKNOWN),
        ("kiosk01", {"last_logon": days_ago(-9)}, Outcome.UNKNOWN),
        ("kiosk01", {"control": NORMAL | DISABLED}, Outcome.NOT_APPLICABLE),
        ("kiosk01", {"control": WORKSTATION}, Outcome.NOT_APPLICABLE),
        ("kiosk01", {"control": None}, Outcome.UNKNOWN),
        ("john.ward", {}, Outcome.NOT_APPLICABLE),
        ("nurse.plain", {"description": "Ward 3"}, Outcome.NOT_APPLICABLE),
        ("chatty", {"description": "kiosk at the entrance"}, Outcome.FAIL),
        ("jane", {"description": "Shared account"}, Outcome.FAIL),
        ("jane", {"description": "Head of shared services"}, Outcome.NOT_APPLICABLE),
        ("jane", {"description": HIDDEN}, Outcome.UNKNOWN),
        ("", {}, Outcome.UNKNOWN),
    ],
)
def test_shared_accounts(login, fields, outcome):
    given = {"last_logon": days_ago(3), "description": ABSENT, **fields}

    assert verdict("ad-shared-accounts", account(login, **given)) is outcome


@pytest.mark.parametrize(
    ("login", "fields", "outcome"),
    [
        ("vendor-acme", {"expires": ABSENT}, Outcome.FAIL),
        ("vendor-acme", {"expires": days_ago(-90)}, Outcome.PASS),
        ("vendor-acme", {"expires": HIDDEN}, Outcome.UNKNOWN),
        ("vendor-acme", {}, Outcome.UNKNOWN),
        ("vendor-acme", {"expires": ABSENT, "control": NORMAL | DISABLED}, Outcome.NOT_APPLICABLE),
        ("vendor-acme", {"expires": ABSENT, "control": None}, Outcome.UNKNOWN),
        ("anna", {"expires": ABSENT}, Outcome.NOT_APPLICABLE),
        ("anna", {"expires": ABSENT, "dn": "CN=anna,OU=External Contractors,DC=hosp,DC=example"}, Outcome.FAIL),
        ("next.dexter", {"expires": ABSENT}, Outcome.NOT_APPLICABLE),
    ],
)
def test_vendor_without_expiry(login, fields, outcome):
    assert verdict("ad-vendor-without-expiry", account(login, **fields)) is outcome


@pytest.mark.parametrize(("login", "outcome"), [("acme-jo", Outcome.FAIL), ("vendor-x", Outcome.NOT_APPLICABLE)])
def test_which_accounts_are_vendors_is_the_hospitals_to_say(login, outcome):
    directory = DirectoryScope(id="hosp", host="10.0.0.1", vendor_accounts=("acme-*", "*,ou=acme,*"))
    scope = Scope(organisation=OrganisationScope(name="Test"), directory=(directory,))

    assert verdict("ad-vendor-without-expiry", account(login, expires=ABSENT), scope=scope) is outcome
