"""The checks over what nmap really says of real servers, weak and hardened."""

from __future__ import annotations

import pytest
from lab.recordings import names, recorded

from posture.model import Outcome
from posture.testing import verdict

FAIL, PASS, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE

EXPECTED = {
    "dicom-any": {"dicom-cleartext": FAIL, "dicom-any-ae-title": FAIL},
    "dicom-called": {"dicom-cleartext": FAIL, "dicom-any-ae-title": UNKNOWN},
    "dicom-calling": {"dicom-cleartext": FAIL, "dicom-any-ae-title": UNKNOWN},
    "dicom-tls": {"dicom-cleartext": PASS, "dicom-any-ae-title": UNKNOWN},
    "docker-open": {"docker-api-open": FAIL},
    "docker-unasked": {"docker-api-open": UNKNOWN},
    "ftp-anonymous": {"ftp-cleartext": FAIL},
    "ftp-clear-login": {"ftp-cleartext": FAIL},
    "ftp-tls-forced": {"ftp-cleartext": UNKNOWN},
    "hl7-clear": {"hl7-cleartext": UNKNOWN},
    "hl7-tls": {"hl7-cleartext": PASS},
    "http-pages": {"login-over-http": FAIL, "pacs-web-over-http": UNKNOWN},
    "nfs-everybody": {"nfs-open-export": FAIL},
    "nfs-single": {"nfs-open-export": PASS},
    "orthanc": {
        "dicom-any-ae-title": FAIL,
        "dicom-cleartext": FAIL,
        "login-over-http": FAIL,
        "pacs-web-over-http": FAIL,
    },
    "orthanc-explorer": {"dicom-cleartext": FAIL, "login-over-http": UNKNOWN, "pacs-web-over-http": UNKNOWN},
    "portals": {"clinical-portal-over-http": FAIL, "pacs-web-over-http": UNKNOWN},
    "rdp-native": {"rdp-without-nla": FAIL},
    "rdp-nla": {"rdp-without-nla": PASS},
    "rdp-tls": {"rdp-without-nla": UNKNOWN},
    "redis-open": {"datastore-unauthenticated": FAIL},
    "redis-password": {"datastore-unauthenticated": UNKNOWN},
    "rpcbind-alone": {"nfs-open-export": NOT_APPLICABLE},
    "smb-hardened": {"smb1-offered": PASS, "smb-ms17-010": NOT_APPLICABLE, "smb-signing-not-required": PASS},
    "smb-v1-only": {"smb1-offered": FAIL, "smb-signing-not-required": UNKNOWN},
    "smb-weak": {"smb1-offered": FAIL, "smb-ms17-010": UNKNOWN, "smb-signing-not-required": FAIL},
    "smtp-clear": {"smtp-without-starttls": FAIL},
    "smtp-starttls": {"smtp-without-starttls": PASS},
    "ssh-modern": {"ssh-weak": PASS},
    "ssh-weak": {"ssh-weak": FAIL},
    "telnet-rsh": {"telnet-offered": FAIL, "r-services-offered": UNKNOWN, "ftp-cleartext": NOT_APPLICABLE},
    "telnet-unprobed": {"telnet-offered": UNKNOWN},
    "tftp-silent": {"tftp-offered": UNKNOWN},
    "tls-certificates": {"tls-outdated": PASS, "certificate-invalid": FAIL},
    "tls-hardened": {"tls-outdated": PASS, "certificate-invalid": PASS},
    "tls-weak": {"tls-outdated": FAIL, "certificate-invalid": FAIL},
    "vnc-none": {"vnc-without-authentication": FAIL},
    "vnc-password": {"vnc-without-authentication": PASS},
    "vnc-tls-none": {"vnc-without-authentication": FAIL},
    "x11-authorised": {"x11-open": PASS},
    "x11-open": {"x11-open": FAIL},
    "x11-open-probed": {"x11-open": FAIL},
}


def test_every_recording_has_an_expectation():
    assert sorted(EXPECTED) == names()


@pytest.mark.parametrize(
    ("recording", "check", "outcome"),
    [(recording, check, outcome) for recording, checks in EXPECTED.items() for check, outcome in checks.items()],
)
def test_the_check_says_what_the_server_is(recording, check, outcome):
    assert verdict(check, recorded(recording)) is outcome
