"""datastore-unauthenticated."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN

REDIS = script("redis-info", "\n  Version: 7.0.15\n  Role: master", Version="7.0.15", Role="master")
BUILD = "\n  MongoDB Build info\n    version = 3.6.8\n    ok = 1\n  Server status\n"
MONGODB = script("mongodb-info", f"{BUILD}    connections\n      current = 1\n    ok = 1")
LOCKED = script(
    "mongodb-info", f"{BUILD}    code = 13\n    errmsg = command serverStatus requires authentication\n    ok = 0"
)
ASKS = script("redis-info", "\n  ERROR: Authentication required")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(port(6379, "redis", scripts=[REDIS])), FAIL),
        (host(port(6379, scripts=[REDIS]), closed="27017"), FAIL),
        (host(port(16379, "redis", scripts=[REDIS]), closed="6379,27017"), FAIL),
        (host(port(27017, "mongodb", scripts=[MONGODB]), closed="6379"), FAIL),
        (host(port(6379, "redis", scripts=[ASKS]), port(27017, "mongodb", scripts=[MONGODB])), FAIL),
        (host(port(6379, "redis", scripts=[ASKS]), closed="27017"), PASS),
        (host(port(27017, "mongodb", scripts=[LOCKED]), closed="6379"), PASS),
        (host(port(27017, "mongodb", scripts=[script("mongodb-info", BUILD)]), closed="6379"), UNKNOWN),
        (host(port(27017, "mongodb", scripts=[script("mongodb-info", "ERROR: timeout")]), closed="6379"), UNKNOWN),
        (host(port(6379, "redis", asked=["redis-info"]), closed="27017"), UNKNOWN),
        (host(port(6379, "redis", scripts=[ASKS])), UNKNOWN),
        (host(port(6379, "redis", method="table"), closed="27017"), UNKNOWN),
        (host(filtered="6379,27017"), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed="6379,27017"), Outcome.NOT_APPLICABLE),
    ],
)
def test_datastore_unauthenticated(given, outcome):
    assert verdict("datastore-unauthenticated", given) is outcome
