"""The checks of groups over a real domain whose attributes an ordinary account may not read (Samba)."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

import ldap3
import pytest
from lab.directories import ask
from lab.samba import ADMIN_PASSWORD, AUDITOR, BASE, PASSWORD, SambaDomain

from posture.check import AsOf
from posture.facts import BlindSpot, Fact
from posture.model import Outcome
from posture.scope import Bind, DirectoryScope, SecretReference
from posture.testing import run_check

OF_ACCOUNTS = (
    "ad-disabled-still-privileged",
    "ad-privileged-not-protected",
    "ad-privileged-without-smartcard",
    "ad-service-account-domain-admin",
    "ad-builtin-administrator-used",
)


def close(domain: SambaDomain) -> None:
    """Take Authenticated Users out of Pre-Windows 2000 Compatible Access."""
    server = ldap3.Server(domain.address, use_ssl=True, tls=ldap3.Tls(validate=ssl.CERT_NONE), get_info=ldap3.NONE)
    with ldap3.Connection(server, "administrator@hosp.example", ADMIN_PASSWORD, auto_referrals=False) as connection:
        connection.modify(
            f"CN=Pre-Windows 2000 Compatible Access,CN=Builtin,{BASE}",
            {"member": [(ldap3.MODIFY_DELETE, [f"CN=S-1-5-11,CN=ForeignSecurityPrincipals,{BASE}"])]},
        )
        assert connection.result["description"] == "success", connection.result


@pytest.fixture(scope="module")
def domain():
    with SambaDomain() as running:
        running.namespace.run(lambda: close(running))
        yield running


@pytest.fixture(scope="module")
def hidden(domain):
    scope = DirectoryScope(
        id="ad",
        host=domain.address,
        ca_file=str(domain.ca_file),
        bind=Bind(user=AUDITOR, password=SecretReference(env="AUDIT")),
    )
    return domain.namespace.run(lambda: ask(scope, secret=lambda _: PASSWORD))


def observed(asked, name):
    facts = [said for said in asked.said if isinstance(said, Fact)]
    spots = [said for said in asked.said if isinstance(said, BlindSpot)]
    return run_check(name, *facts, blind_spots=spots, scope=asked.scope, as_of=AsOf(datetime.now(UTC)))


def outcomes(asked, name):
    return {each.outcome for each in observed(asked, name)}


@pytest.mark.parametrize("name", OF_ACCOUNTS)
def test_of_administrators_whose_settings_are_hidden_nothing_is_known(hidden, name):
    assert outcomes(hidden, name) == {Outcome.UNKNOWN}


@pytest.mark.parametrize("name", ["ad-old-passwords", "ad-orphaned-admincount", "ad-shared-accounts"])
def test_no_account_is_well_whose_settings_are_hidden_but_the_reader_s_own(hidden, name):
    well = [each for each in observed(hidden, name) if each.outcome in {Outcome.PASS, Outcome.NOT_APPLICABLE}]

    assert sum(each.count for each in well) <= 1
    assert outcomes(hidden, name) <= {Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ad-too-many-privileged", {Outcome.PASS}),
        ("ad-operator-groups-not-empty", {Outcome.PASS, Outcome.FAIL}),
        ("backup-operators-not-empty", {Outcome.PASS}),
        ("ad-pre-windows-2000-access", {Outcome.PASS}),
    ],
)
def test_groups_show_their_members_to_every_account_all_the_same(hidden, name, expected):
    assert outcomes(hidden, name) == expected
