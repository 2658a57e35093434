"""The checks over what real OpenLDAP servers answer: each weakness that was planted is found, and nothing else."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest
from lab.directories import AUDITOR, HOSPITAL, POLICY, SUFFIX, Asked, ask, loopback

from posture.check import AsOf
from posture.collectors.ldap.connect import CONNECT_SECONDS, dial
from posture.demo.certificates import make_ca, make_certificate
from posture.demo.slapd import Slapd, SlapdOptions
from posture.facts import BlindSpot, Fact
from posture.model import Outcome
from posture.scope import Bind, DirectoryScope, OrganisationScope, Scope, SecretReference
from posture.testing import attempt, directory, run_check

AS_AUDITOR = Bind(user=AUDITOR, password=SecretReference(env="AUDIT"))
GOOD_POLICY = (
    POLICY.replace("pwdMinLength: 6", "pwdMinLength: 14").replace("FALSE", "TRUE").rstrip() + "\npwdMaxFailure: 5\n"
)
CHECKS = (
    "openldap-anonymous-read",
    "openldap-cleartext-bind",
    "openldap-config-readable",
    "openldap-no-password-policy",
    "openldap-password-hash-readable",
    "openldap-starttls-missing",
    "openldap-weak-password-policy",
)


@pytest.fixture(scope="module")
def ca():
    return make_ca()


@pytest.fixture(scope="module")
def audited(ca, tmp_path_factory):
    """A function that starts a server with these options, asks it, and ends it."""
    ca_file = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca_file.write_bytes(ca.certificate)

    def audit(ldif, *, tls=True, bind=AS_AUDITOR, **options):
        address = loopback()
        certificate = make_certificate(ca, [address]) if tls else None
        scope = DirectoryScope(
            id="staff",
            host=address,
            transport="ldaps" if tls else "plain",
            ca_file=str(ca_file) if tls else "",
            bind=bind,
        )
        with Slapd(SUFFIX, ldif, address=address, certificate=certificate, options=SlapdOptions(**options)):
            return ask(scope)

    return audit


def outcomes(asked: Asked, *names: str) -> dict[str, set[Outcome]]:
    facts = [said for said in asked.said if isinstance(said, Fact)]
    spots = [said for said in asked.said if isinstance(said, BlindSpot)]
    now = AsOf(datetime.now(UTC))
    return {
        name: {each.outcome for each in run_check(name, *facts, blind_spots=spots, scope=asked.scope, as_of=now)}
        for name in names
    }


def test_a_hardened_server_passes_everything(audited):
    asked = audited(HOSPITAL + GOOD_POLICY, minimum_ssf=128, password_policy=True)

    assert outcomes(asked, *CHECKS) == {name: {Outcome.PASS} for name in CHECKS}


def test_a_careless_server_fails_where_it_is_careless(audited):
    asked = audited(HOSPITAL + POLICY, anonymous=True, password_policy=True, hashes_readable=True, config_readable=True)

    assert outcomes(asked, *CHECKS) == {
        **{name: {Outcome.FAIL} for name in CHECKS},
        "openldap-no-password-policy": {Outcome.PASS},
        "openldap-starttls-missing": {Outcome.PASS},
    }


def test_a_server_without_tls_or_policy_fails_and_hides_nothing_that_only_a_user_could_see(audited):
    asked = audited(HOSPITAL, tls=False, bind=Bind(method="anonymous"), anonymous=True)

    assert outcomes(asked, *CHECKS) == {
        "openldap-anonymous-read": {Outcome.FAIL},
        "openldap-cleartext-bind": {Outcome.FAIL},
        "openldap-starttls-missing": {Outcome.FAIL},
        "openldap-config-readable": {Outcome.UNKNOWN},
        "openldap-no-password-policy": {Outcome.UNKNOWN},
        "openldap-password-hash-readable": {Outcome.UNKNOWN},
        "openldap-weak-password-policy": {Outcome.UNKNOWN},
    }


def test_a_server_without_the_overlay_has_no_policy(audited):
    asked = audited(HOSPITAL, minimum_ssf=128)

    assert outcomes(asked, "openldap-no-password-policy") == {"openldap-no-password-policy": {Outcome.FAIL}}


def test_an_audit_account_that_is_let_in_nowhere_gives_no_pass_that_needs_it(audited):
    nobody = Bind(user=f"cn=nobody,{SUFFIX}", password=SecretReference(env="AUDIT"))

    asked = audited(HOSPITAL + GOOD_POLICY, bind=nobody, minimum_ssf=128, password_policy=True)

    assert outcomes(asked, *CHECKS) == {
        "openldap-anonymous-read": {Outcome.PASS},
        "openldap-cleartext-bind": {Outcome.PASS},
        "openldap-starttls-missing": {Outcome.PASS},
        "openldap-config-readable": {Outcome.UNKNOWN},
        "openldap-no-password-policy": {Outcome.UNKNOWN},
        "openldap-password-hash-readable": {Outcome.UNKNOWN},
        "openldap-weak-password-policy": {Outcome.UNKNOWN},
    }


def test_what_the_collector_says_of_a_port_without_tls_is_what_ldaps_unavailable_reads():
    with Slapd(SUFFIX, HOSPITAL, address=loopback()) as server:
        dialled = dial(
            server.address, server.port, "ldaps", stop=threading.Event(), until=time.monotonic() + CONNECT_SECONDS
        )

    judged = directory("active-directory", attempt("ldaps", dialled.outcome, detail=dialled.detail))
    assert [each.outcome for each in run_check("ldaps-unavailable", judged)] == [Outcome.FAIL]


def test_what_the_collector_says_of_an_unknown_issuer_is_what_ldaps_unavailable_reads():
    certificate = make_certificate(make_ca("Somebody else's"), [address := loopback()])
    with Slapd(SUFFIX, HOSPITAL, address=address, certificate=certificate):
        asked = ask(DirectoryScope(id="staff", host=address, bind=Bind(method="anonymous")))

    judged = directory("active-directory", *asked.directory.attempts, certificate=asked.directory.certificate)
    named = DirectoryScope(id="hosp", host=address, ca_file="ca.pem")
    scope = Scope(organisation=OrganisationScope(name="Hospital"), directory=(named,))
    assert [each.outcome for each in run_check("ldaps-unavailable", judged)] == [Outcome.UNKNOWN]
    assert [each.outcome for each in run_check("ldaps-unavailable", judged, scope=scope)] == [Outcome.FAIL]


def test_the_checks_of_active_directory_don_t_apply_to_openldap(audited):
    asked = audited(HOSPITAL + GOOD_POLICY, minimum_ssf=128, password_policy=True)

    names = ("ldap-cleartext-bind-accepted", "ldaps-unavailable")
    assert outcomes(asked, *names) == {name: {Outcome.NOT_APPLICABLE} for name in names}
