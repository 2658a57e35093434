"""The checks over what a real Active Directory domain answers (Samba): each weakness that was planted is found."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lab.directories import ask
from lab.samba import AUDITOR, PASSWORD, SambaDomain

from posture.check import AsOf
from posture.facts import BlindSpot, Fact
from posture.model import Outcome
from posture.scope import Bind, DirectoryScope, SecretReference
from posture.testing import run_check


@pytest.fixture(scope="module")
def asked():
    with SambaDomain() as domain:
        scope = DirectoryScope(
            id="ad",
            host=domain.address,
            ca_file=str(domain.ca_file),
            bind=Bind(user=AUDITOR, password=SecretReference(env="AUDIT")),
        )
        return domain.namespace.run(lambda: ask(scope, secret=lambda _: PASSWORD))


def judged(asked, name):
    facts = [said for said in asked.said if isinstance(said, Fact)]
    spots = [said for said in asked.said if isinstance(said, BlindSpot)]
    return run_check(name, *facts, blind_spots=spots, scope=asked.scope, as_of=AsOf(datetime.now(UTC)))


@pytest.mark.parametrize(
    ("name", "failing"),
    [
        ("ad-password-length", {"hosp.example"}),
        ("ad-account-lockout", {"hosp.example"}),
        ("ad-password-complexity", {"hosp.example"}),
        ("ad-anyone-joins-computers", {"hosp.example"}),
        ("ad-reversible-encryption", {"reversible"}),
        ("ad-password-not-required", {"no.password"}),
        ("ad-password-never-expires", {"nurse.never"}),
        ("ad-asrep-roastable", {"no.preauth"}),
        ("ad-unconstrained-delegation", {"delegated", "SRV-DELEG$"}),
        ("ad-inactive-users", {"stale"}),
        ("ad-guest-enabled", set()),
        ("ad-krbtgt-password-age", set()),
        ("ldap-cleartext-bind-accepted", set()),
        ("ldaps-unavailable", set()),
    ],
)
def test_what_was_planted_fails_and_nothing_else_does(asked, name, failing):
    observations = judged(asked, name)

    assert {each.subject_name for each in observations if each.outcome is Outcome.FAIL} == failing
    assert {each.outcome for each in observations} <= {Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE}


def test_guest_and_krbtgt_were_seen(asked):
    for name in ("ad-guest-enabled", "ad-krbtgt-password-age"):
        (observation,) = judged(asked, name)
        assert (observation.outcome, observation.count) == (Outcome.PASS, 1)


def test_the_checks_of_openldap_don_t_apply(asked):
    for name in ("openldap-anonymous-read", "openldap-cleartext-bind", "openldap-starttls-missing"):
        assert [each.outcome for each in judged(asked, name)] == [Outcome.NOT_APPLICABLE]
