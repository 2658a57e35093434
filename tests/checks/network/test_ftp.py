"""ftp-cleartext."""

from __future__ import annotations

import pytest

from posture.model import Outcome, Severity
from posture.testing import host, port, run_check, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN

ANONYMOUS = "Anonymous FTP login allowed (FTP code 230)"
FILES = f"{ANONYMOUS}\n-rw-r--r--    1 0        0               1 Nov 24 07:38 worklist.txt"
CERTIFICATE = script("ssl-cert", "Subject: commonName=ftp.hospital.example")


def ftp(output="", *more, asked=(), number=21):
    scripts = [script("ftp-anon", output), *more] if output else list(more)
    return port(number, "ftp", scripts=scripts, asked=asked)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(ftp(ANONYMOUS)), FAIL),
        (host(ftp(ANONYMOUS, CERTIFICATE)), FAIL),
        (host(ftp(asked=["ssl-cert"])), FAIL),
        (host(ftp(asked=["ssl-cert"], number=2121), closed="21"), FAIL),
        (host(ftp()), UNKNOWN),
        (host(ftp("", CERTIFICATE)), UNKNOWN),
        (host(ftp('got code 550 "User unknown."', CERTIFICATE)), UNKNOWN),
        (host(port(21, "ftp", method="table", asked=["ssl-cert", "ftp-anon"])), UNKNOWN),
        (host(port(21, asked=["ssl-cert"])), UNKNOWN),
        (host(), UNKNOWN),
        (host(filtered="21"), UNKNOWN),
        (host(ftp('got code 550 "SSL/TLS required on the control channel"', CERTIFICATE)), PASS),
        (host(closed="21"), Outcome.NOT_APPLICABLE),
        (host(port(990, "ftp", tunnel="ssl"), closed="21"), Outcome.NOT_APPLICABLE),
    ],
)
def test_ftp_cleartext(given, outcome):
    assert verdict("ftp-cleartext", given) is outcome


@pytest.mark.parametrize(
    ("output", "severity"),
    [
        (ANONYMOUS, Severity.HIGH),
        (f"{ANONYMOUS}\nCan't get directory listing: TIMEOUT", Severity.HIGH),
        (FILES, Severity.CRITICAL),
        (f"{ANONYMOUS}\n01-31-26  09:12AM       <DIR>          images", Severity.CRITICAL),
    ],
)
def test_files_that_anybody_can_list_are_worse(output, severity):
    (observation,) = run_check("ftp-cleartext", host(ftp(output)))
    assert observation.severity is severity
    assert "worklist" not in observation.message
