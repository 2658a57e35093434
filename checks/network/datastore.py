"""Databases that ask nobody who they are."""

from __future__ import annotations

import re

from posture import Missing, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Host, Port
from posture.services import Kind, each, worst

DATASTORE = Kind(
    label="Redis or MongoDB",
    names=("redis", "mongodb", "mongod"),
    ports=(6379, 27017),
    signs=(("redis-info", r"Version: "), ("mongodb-info", "Server status")),
)

_REDIS = {"redis": True, "mongodb": False, "mongod": False}
_REFUSED = re.compile(r"Authentication required|requires authentication|not authorized on|code = 13\b|NOAUTH")
_STATUS = ("opcounters", "connections", "uptime", "mem", "host = ")
"""What serverStatus tells only those it lets in (MongoDB manual, serverStatus)."""


@check("datastore-unauthenticated", title="A database is open without a log-in", severity=Severity.CRITICAL)
def datastore_unauthenticated(host: Host) -> Verdict:
    """Every Redis and MongoDB server asks for a log-in.

    Why it matters:
        Whoever reaches the port reads, changes or wipes everything in the database, and in Redis can often run
        programs on the server. Whole patient databases were lost this way.

    How to fix:
        Switch authentication on (Redis: requirepass or ACLs; MongoDB: security.authorization), and let the server
        listen only where its own applications are.

    Sources:
        45 CFR 164.312(a)(1), 164.312(d); redis.io, "Security"; MongoDB manual, "Security checklist".
    """
    return each(host, DATASTORE, _port)


def _port(port: Port) -> Verdict:
    redis = _REDIS[port.service.name] if port.service.identified_as(*_REDIS) else None
    verdicts = []
    if redis is not False:
        verdicts.append(_redis(port))
    if redis is not True:
        verdicts.append(_mongodb(port))
    answered = [verdict for verdict in verdicts if verdict is not None]
    name = {True: "redis-info", False: "mongodb-info", None: "redis-info or mongodb-info"}[redis]
    return (
        worst(answered)
        if answered
        else unknown(
            f"{port} is open; {name} shows nothing that decides",
            port,
            answer=f"Scan {port} with {name}, or look at it.",
        )
    )


def _redis(port: Port) -> Verdict | None:
    script = port.script("redis-info")
    if isinstance(script, Missing):
        return None
    if script.value("Version") and script.value("Role"):
        return failed(f"Redis on {port} tells its state without a log-in", port)
    return passed(f"Redis on {port} asks for a log-in", port) if _REFUSED.search(script.output) else None


def _mongodb(port: Port) -> Verdict | None:
    script = port.script("mongodb-info")
    if isinstance(script, Missing):
        return None
    lines = [line.strip() for line in script.output.splitlines()]
    status = lines[lines.index("Server status") :] if "Server status" in lines else []
    if any(line.startswith(_STATUS) for line in status):
        return failed(f"MongoDB on {port} tells its state without a log-in", port)
    return passed(f"MongoDB on {port} asks for a log-in", port) if _REFUSED.search(script.output) else None
