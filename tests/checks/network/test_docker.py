"""docker-api-open."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
VERSION = script("docker-version", "\n  ApiVersion: 1.41\n  Version: 20.10.24", ApiVersion="1.41", Version="20.10.24")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(port(2375, "docker", scripts=[VERSION]), closed="2376"), FAIL),
        (host(port(2376, "docker", tunnel="ssl", scripts=[VERSION]), closed="2375"), FAIL),
        (host(port(4243, "docker", scripts=[VERSION]), closed="2375,2376"), FAIL),
        (host(port(2375, "docker", product="Docker", version="20.10.24"), closed="2376"), FAIL),
        (host(port(2375, "docker", product="Docker"), closed="2376"), UNKNOWN),
        (host(port(2375, "docker", product="Docker remote API", version="1.41"), closed="2376"), UNKNOWN),
        (host(port(2375, "http", product="Golang net/http server"), closed="2376"), UNKNOWN),
        (host(port(2375, "docker", method="table"), closed="2376"), UNKNOWN),
        (host(port(2375, "docker", scripts=[script("docker-version", "ERROR: x")]), closed="2376"), UNKNOWN),
        (host(closed="2375"), UNKNOWN),
        (host(filtered="2375,2376"), UNKNOWN),
        (host(), UNKNOWN),
        (host(port(2376, "ssh"), closed="2375"), NOT_APPLICABLE),
        (host(closed="2375,2376"), NOT_APPLICABLE),
    ],
)
def test_docker_api_open(given, outcome):
    assert verdict("docker-api-open", given) is outcome
