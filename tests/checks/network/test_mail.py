"""smtp-without-starttls."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN


def smtp(said, number=25, **more):
    return port(number, "smtp", scripts=[script("smtp-commands", said)], **more)


WITH, WITHOUT = "mail.example, PIPELINING, SIZE 10240000, STARTTLS, DSN", "mail.example, PIPELINING, SIZE 10240000, DSN"


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(smtp(WITHOUT)), FAIL),
        (host(smtp(f"{WITHOUT}\n This server supports the following commands: EHLO STARTTLS")), FAIL),
        (host(smtp(WITH), smtp(WITHOUT, number=587)), FAIL),
        (host(smtp(WITHOUT, number=2525), closed="25,587"), FAIL),
        (host(smtp(WITH), closed="587"), PASS),
        (host(smtp(WITH), smtp(WITH, number=587)), PASS),
        (host(smtp(WITH)), UNKNOWN),
        (host(smtp("Couldn't establish connection on port 25"), closed="587"), UNKNOWN),
        (host(smtp("502 5.5.2 Error: command not recognized"), closed="587"), UNKNOWN),
        (host(smtp("ERROR: SIZE of the answer"), closed="587"), UNKNOWN),
        (host(port(25, "smtp"), closed="587"), UNKNOWN),
        (host(filtered="25,587"), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed="25,587"), Outcome.NOT_APPLICABLE),
        (host(smtp(WITHOUT, number=465, tunnel="ssl"), closed="25,587"), Outcome.NOT_APPLICABLE),
    ],
)
def test_smtp_without_starttls(given, outcome):
    assert verdict("smtp-without-starttls", given) is outcome
