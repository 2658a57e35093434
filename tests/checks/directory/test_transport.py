"""How directory servers let clients in: TLS, its certificate, and passwords in the clear."""

from __future__ import annotations

from datetime import timedelta

import pytest

from posture.facts import Certificate, Missing
from posture.model import Outcome
from posture.scope import DirectoryScope, OrganisationScope, Scope
from posture.testing import AS_OF, attempt, directory, run_check, verdict

START_TLS = ("1.3.6.1.4.1.1466.20037",)
ISSUER = "certificate not trusted: its issuer is not among the trusted ones"


def certificate(problem="", starts=-30, ends=30):
    return Certificate(
        subject="CN=dc1",
        issuer="CN=ca",
        not_before=AS_OF.at + timedelta(days=starts),
        not_after=AS_OF.at + timedelta(days=ends),
        key_type="RSA",
        key_bits=2048,
        signature="sha256",
        problem=problem,
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ldap-cleartext-bind-accepted", "active-directory"),
        ("ldap-cleartext-bind-accepted", "other"),
        ("openldap-cleartext-bind", "openldap"),
        ("openldap-cleartext-bind", "other"),
    ],
)
@pytest.mark.parametrize(
    ("attempts", "outcome"),
    [
        (["password-taken"], Outcome.FAIL),
        (["accepted"], Outcome.FAIL),
        (["refused"], Outcome.PASS),
        (["closed"], Outcome.UNKNOWN),
        (["unreachable"], Outcome.UNKNOWN),
        (["timeout"], Outcome.UNKNOWN),
        (["failed"], Outcome.UNKNOWN),
        ([], Outcome.UNKNOWN),
    ],
)
def test_a_password_in_the_clear(name, kind, attempts, outcome):
    judged = directory(kind, *(attempt("cleartext-bind", each) for each in attempts))

    assert verdict(name, judged) is outcome


@pytest.mark.parametrize(
    ("name", "kind", "outcome"),
    [
        ("ldap-cleartext-bind-accepted", "openldap", Outcome.NOT_APPLICABLE),
        ("ldaps-unavailable", "openldap", Outcome.NOT_APPLICABLE),
        ("openldap-cleartext-bind", "active-directory", Outcome.NOT_APPLICABLE),
        ("openldap-starttls-missing", "active-directory", Outcome.NOT_APPLICABLE),
        ("ldap-cleartext-bind-accepted", "unknown", Outcome.UNKNOWN),
        ("ldaps-unavailable", "unknown", Outcome.UNKNOWN),
        ("openldap-cleartext-bind", "unknown", Outcome.UNKNOWN),
        ("openldap-starttls-missing", "unknown", Outcome.UNKNOWN),
    ],
)
def test_the_kind_of_directory_decides_which_check_is_asked(name, kind, outcome):
    good = (attempt("cleartext-bind", "refused"), attempt("ldaps", "accepted"), attempt("starttls", "accepted"))

    assert verdict(name, directory(kind, *good, certificate=certificate())) is outcome


@pytest.mark.parametrize(
    ("attempts", "shown", "expected"),
    [
        ([("accepted", "")], certificate(), Outcome.PASS),
        ([("accepted", "")], certificate(ends=-1), Outcome.FAIL),
        ([("accepted", "")], certificate(starts=1), Outcome.FAIL),
        ([("accepted", "")], certificate(problem="certificate is for another name"), Outcome.FAIL),
        ([("accepted", "")], Missing("not-readable"), Outcome.UNKNOWN),
        ([("failed", "certificate expired")], certificate(problem="certificate expired"), Outcome.FAIL),
        ([("failed", "certificate expired")], Missing("not-asked"), Outcome.FAIL),
        ([("failed", ISSUER)], certificate(problem=ISSUER), Outcome.UNKNOWN),
        ([("failed", "TLS handshake failed (no TLS)")], Missing("not-answered"), Outcome.FAIL),
        ([("failed", "the server closed the connection")], certificate(), Outcome.FAIL),
        ([("failed", "the connection could not be opened (X)")], certificate(), Outcome.UNKNOWN),
        ([("closed", "")], Missing("not-answered"), Outcome.UNKNOWN),
        ([("unreachable", "")], Missing("not-answered"), Outcome.UNKNOWN),
        ([("timeout", "")], Missing("not-answered"), Outcome.UNKNOWN),
        ([], certificate(), Outcome.UNKNOWN),
    ],
)
def test_ldaps_and_its_certificate(attempts, shown, expected):
    tried = (attempt("ldaps", outcome, detail=detail) for outcome, detail in attempts)
    judged = directory("active-directory", *tried, certificate=shown)

    assert verdict("ldaps-unavailable", judged) is expected


@pytest.mark.parametrize(
    ("name", "kind", "others", "outcome"),
    [
        ("ldaps-unavailable", "active-directory", {"starttls": "refused"}, Outcome.FAIL),
        ("ldaps-unavailable", "active-directory", {"starttls": "closed", "cleartext-bind": "closed"}, Outcome.UNKNOWN),
        ("openldap-starttls-missing", "openldap", {"starttls": "closed"}, Outcome.UNKNOWN),
        ("ldap-cleartext-bind-accepted", "active-directory", {"cleartext-bind": "closed"}, Outcome.UNKNOWN),
        (
            "ldap-cleartext-bind-accepted",
            "active-directory",
            {"cleartext-bind": "closed", "anonymous-read": "refused"},
            Outcome.PASS,
        ),
    ],
)
def test_closed_ports_say_something_only_where_a_directory_answers(name, kind, others, outcome):
    tried = (attempt("ldaps", "closed"), *(attempt(*pair) for pair in others.items()))

    assert verdict(name, directory(kind, *tried)) is outcome


def test_an_issuer_that_is_not_trusted_fails_only_where_the_hospitals_authority_is_named():
    judged = directory("active-directory", attempt("ldaps", "failed", detail=ISSUER), certificate=certificate(ISSUER))
    named = DirectoryScope(id="hosp", host="dc1.hosp.example", ca_file="ca.pem")
    scope = Scope(organisation=OrganisationScope(name="Test"), directory=(named,))

    assert [each.outcome for each in run_check("ldaps-unavailable", judged, scope=scope)] == [Outcome.FAIL]
    assert [each.outcome for each in run_check("ldaps-unavailable", judged)] == [Outcome.UNKNOWN]


@pytest.mark.parametrize(
    ("attempts", "extensions", "outcome"),
    [
        ({"starttls": "accepted", "ldaps": "closed"}, START_TLS, Outcome.PASS),
        ({"starttls": "failed", "ldaps": "accepted"}, START_TLS, Outcome.PASS),
        ({"ldaps": "accepted"}, (), Outcome.PASS),
        ({"anonymous-read": "accepted", "ldaps": "closed"}, (), Outcome.FAIL),
        ({"starttls": "refused", "ldaps": "closed"}, (), Outcome.FAIL),
        ({"starttls": "refused", "ldaps": "closed"}, Missing("not-answered"), Outcome.FAIL),
        ({"ldaps": "closed"}, Missing("not-answered"), Outcome.UNKNOWN),
        ({"ldaps": "timeout"}, (), Outcome.UNKNOWN),
        ({"starttls": "failed", "ldaps": "closed"}, START_TLS, Outcome.UNKNOWN),
        ({"starttls": "refused"}, (), Outcome.UNKNOWN),
        ({}, START_TLS, Outcome.UNKNOWN),
    ],
)
def test_tls_is_offered_by_openldap(attempts, extensions, outcome):
    judged = directory("openldap", *(attempt(*pair) for pair in attempts.items()), extensions=extensions)

    assert verdict("openldap-starttls-missing", judged) is outcome
