"""tls-outdated and certificate-invalid."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lab.recordings import recorded

from posture.check import AsOf
from posture.model import Outcome, Severity
from posture.scope import OrganisationScope, Scope
from posture.testing import host, port, run_check, script, verdict
from posture.thresholds import Thresholds

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
STANDARD = "443,465,636,993,995,8443"
OTHERS = "465,636,993,995,8443"


def ciphers(*versions):
    values = {f"{version}__ciphers__0__name": "TLS_X" for version in versions}
    return script("ssl-enum-ciphers", " ".join(versions), **values)


def tls(*scripts, number=443, asked=("sslv2",), **more):
    return port(number, "http", scripts=scripts, asked=asked, tunnel="ssl", **more)


SSL2 = script("sslv2", "\n  SSLv2 supported\n  ciphers: none", **{"0": "SSLv2 supported"})


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(tls(ciphers("TLSv1.0", "TLSv1.2"))), FAIL),
        (host(tls(ciphers("SSLv3"))), FAIL),
        (host(tls(ciphers("TLSv1.1", "TLSv1.3"))), FAIL),
        (host(tls(SSL2, asked=())), FAIL),
        (host(tls(ciphers("TLSv1.0"), number=10443), closed=STANDARD), FAIL),
        (host(tls(ciphers("TLSv1.2")), tls(ciphers("TLSv1.0"), number=8443), closed=OTHERS), FAIL),
        (host(port(25, "smtp", scripts=[ciphers("TLSv1.0")]), closed=STANDARD), FAIL),
        (host(tls(script("nessus-104743", "TLSv1 is enabled"))), FAIL),
        (host(tls(script("nessus-157288", "TLSv1.1 is enabled"), ciphers("TLSv1.2")), closed=OTHERS), FAIL),
        (host(tls(script("nessus-56984", "This port supports TLSv1.2"))), UNKNOWN),
        (host(tls(ciphers("TLSv1.2", "TLSv1.3")), closed=OTHERS), PASS),
        (host(tls(ciphers("TLSv1.3"), asked=("sslv2",)), closed=OTHERS), PASS),
        (host(tls(ciphers("TLSv1.2"), asked=()), closed=OTHERS), UNKNOWN),
        (host(tls(ciphers("TLSv1.2"))), UNKNOWN),
        (host(tls(ciphers("TLSv1.2")), filtered=OTHERS), UNKNOWN),
        (host(tls(ciphers("TLSv1.2")), tls(number=8443), closed=OTHERS), UNKNOWN),
        (host(tls(ciphers()), closed=OTHERS), UNKNOWN),
        (host(tls(script("ssl-enum-ciphers", "ERROR: x", TLSv1__2="x")), closed=OTHERS), UNKNOWN),
        (host(tls(), closed=OTHERS), UNKNOWN),
        (host(port(443, "https", method="table"), closed=OTHERS), UNKNOWN),
        (host(tls(number=10443), closed=STANDARD), UNKNOWN),
        (host(), UNKNOWN),
        (host(port(443, "http"), closed=OTHERS), Outcome.NOT_APPLICABLE),
        (host(closed=STANDARD), Outcome.NOT_APPLICABLE),
    ],
)
def test_tls_outdated(given, outcome):
    assert verdict("tls-outdated", given) is outcome


def certificate(**changed):
    values = {
        "subject__commonName": "pacs.hospital.example",
        "issuer__commonName": "Example Hospital CA",
        "pubkey__type": "rsa",
        "pubkey__bits": "2048",
        "sig_algo": "sha256WithRSAEncryption",
        "validity__notBefore": "2025-01-01T00:00:00",
        "validity__notAfter": "2027-01-01T00:00:00",
    } | changed
    kept = {path: text for path, text in values.items() if text is not None}
    return host(tls(script("ssl-cert", "Subject", **kept)), closed=OTHERS)


@pytest.mark.parametrize(
    ("changed", "outcome", "severity"),
    [
        ({"validity__notAfter": "2026-05-31T00:00:00"}, FAIL, Severity.MEDIUM),
        ({"validity__notAfter": "2026-06-01T11:59:59+00:00"}, FAIL, Severity.MEDIUM),
        ({"validity__notAfter": "2026-06-01T09:00:00-04:00"}, PASS, None),
        ({"validity__notBefore": "2026-06-02T00:00:00"}, FAIL, Severity.MEDIUM),
        ({"pubkey__bits": "1024"}, FAIL, Severity.MEDIUM),
        ({"sig_algo": "sha1WithRSAEncryption"}, FAIL, Severity.MEDIUM),
        ({"sig_algo": "md5WithRSAEncryption"}, FAIL, Severity.MEDIUM),
        ({"sig_algo": "ecdsa-with-SHA1"}, FAIL, Severity.MEDIUM),
        ({"issuer__commonName": "pacs.hospital.example"}, FAIL, Severity.LOW),
        ({"issuer__commonName": "pacs.hospital.example", "pubkey__bits": "512"}, FAIL, Severity.MEDIUM),
        ({}, PASS, None),
        ({"pubkey__type": "ec", "pubkey__bits": "256", "sig_algo": "ecdsa-with-SHA256"}, PASS, None),
        ({"sig_algo": "ecdsa-with-SHA512"}, PASS, None),
        ({"pubkey__type": "ec", "pubkey__bits": "160", "sig_algo": "ecdsa-with-SHA256"}, FAIL, Severity.MEDIUM),
        ({"pubkey__type": "dsa", "pubkey__bits": "1024", "sig_algo": "dsaWithSHA256"}, UNKNOWN, None),
        ({"issuer__commonName": "pacs.hospital.example", "issuer__organizationName": "CA"}, PASS, None),
        ({"validity__notAfter": None}, UNKNOWN, None),
        ({"validity__notAfter": "some day"}, UNKNOWN, None),
        ({"sig_algo": None}, UNKNOWN, None),
        ({"pubkey__bits": None}, UNKNOWN, None),
        ({"pubkey__bits": "many"}, UNKNOWN, None),
        ({"issuer__commonName": None}, UNKNOWN, None),
        ({"subject__commonName": None}, UNKNOWN, None),
    ],
)
def test_certificate_invalid(changed, outcome, severity):
    (observation,) = run_check("certificate-invalid", certificate(**changed))
    assert observation.outcome is outcome
    assert severity is None or observation.severity is severity


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(tls(), closed=OTHERS), UNKNOWN),
        (host(tls(asked=["ssl-cert"]), closed=OTHERS), UNKNOWN),
        (host(port(443), closed=OTHERS), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed=STANDARD), Outcome.NOT_APPLICABLE),
    ],
)
def test_a_certificate_that_was_not_seen_is_unknown(given, outcome):
    assert verdict("certificate-invalid", given) is outcome


def test_the_hospital_says_how_long_a_key_has_to_be():
    scope = Scope(organisation=OrganisationScope(name="Test"), thresholds=Thresholds(rsa_bits=3072))
    assert verdict("certificate-invalid", certificate(), scope=scope) is FAIL
    assert verdict("certificate-invalid", certificate(pubkey__bits="3072"), scope=scope) is PASS


def test_the_instant_of_the_assessment_decides_and_no_clock():
    later = AsOf(datetime(2030, 1, 1, tzinfo=UTC))
    assert verdict("certificate-invalid", certificate(), as_of=later) is FAIL
    assert verdict("certificate-invalid", recorded("tls-hardened"), as_of=later) is PASS
    assert (
        verdict("certificate-invalid", recorded("tls-hardened"), as_of=AsOf(datetime(2036, 1, 1, tzinfo=UTC))) is FAIL
    )


def test_all_faults_of_all_certificates_are_told():
    (observation,) = run_check("certificate-invalid", recorded("tls-certificates"))
    assert "443/tcp is its own issuer" in observation.message
    assert "636/tcp is signed with sha1WithRSAEncryption" in observation.message
    assert "8443/tcp is not valid before 2034-01-01" in observation.message
    (observation,) = run_check("certificate-invalid", recorded("tls-weak"))
    assert "expired on 2019-01-01" in observation.message
    assert "has an RSA key of 1024 bits" in observation.message


def test_the_worse_of_two_scans_results_stands():
    for good, bad in ((ciphers("TLSv1.2"), ciphers("TLSv1.0", "TLSv1.2")), (ciphers("TLSv1.3"), ciphers("TLSv1.1"))):
        for results in ((good, bad), (bad, good)):
            assert verdict("tls-outdated", host(tls(*results), closed=OTHERS)) is FAIL
