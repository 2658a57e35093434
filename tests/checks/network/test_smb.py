"""smb1-offered, smb-signing-not-required and smb-ms17-010."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN

SERVER = (port(139, "netbios-ssn"), port(445, "microsoft-ds"))
OLD = "NT LM 0.12 (SMBv1) [dangerous, but default]"


def dialects(*given):
    return script("smb-protocols", "dialects", **{f"dialects__{at}": text for at, text in enumerate(given)})


def signing(text):
    return script("smb2-security-mode", text, **{"311__0": text})


def server(*scripts, ports=SERVER, **more):
    return host(*ports, scripts=scripts, **more)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (server(dialects(OLD)), FAIL),
        (server(dialects(OLD, "202", "311")), FAIL),
        (server(dialects("NT LM 0.12")), FAIL),
        (server(dialects("202", "311")), PASS),
        (host(closed="139,445"), PASS),
        (server(dialects("311"), ports=(*SERVER, port(1445, "microsoft-ds"))), UNKNOWN),
        (server(dialects()), UNKNOWN),
        (server(script("smb-protocols", "ERROR: broken", dialects__0="311")), UNKNOWN),
        (server(), UNKNOWN),
        (host(port(445, "microsoft-ds", method="table"), closed="139"), UNKNOWN),
        (host(closed="445"), UNKNOWN),
        (host(filtered="139,445"), UNKNOWN),
        (host(), UNKNOWN),
    ],
)
def test_smb1_offered(given, outcome):
    assert verdict("smb1-offered", given) is outcome


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (server(signing("Message signing enabled but not required")), FAIL),
        (server(signing("Message signing is disabled and not required!")), FAIL),
        (server(signing("Message signing is disabled!")), FAIL),
        (server(signing("Message signing enabled and required")), PASS),
        (server(signing("Message signing enabled and required"), ports=()), PASS),
        (server(ports=(port(445, "microsoft-ds", scripts=[script("nessus-57608", "")]),)), FAIL),
        (server(signing("Couldn't establish a SMBv2 connection.")), UNKNOWN),
        (server(dialects(OLD)), UNKNOWN),
        (server(), UNKNOWN),
        (host(closed="139"), UNKNOWN),
        (host(closed="139,445"), Outcome.NOT_APPLICABLE),
    ],
)
def test_smb_signing_not_required(given, outcome):
    assert verdict("smb-signing-not-required", given) is outcome


def test_the_worse_of_two_scans_results_stands():
    old = script("smb-protocols", "a", dialects__0="NT LM 0.12 (SMBv1) [dangerous, but default]")
    new = script("smb-protocols", "b", dialects__0="3:1:1")

    for results in ((old, new), (new, old)):
        given = host(port(445, "microsoft-ds"), closed="139", scripts=results)
        assert verdict("smb1-offered", given) is Outcome.FAIL


def ms17(output, state=""):
    return script("smb-vuln-ms17-010", output, **({"CVE-2017-0143__state": state} if state else {}))


PATCHED = ms17(
    "NOT VULNERABLE:\n  State: NOT VULNERABLE\n  Check results:\n    This system is patched.", "NOT VULNERABLE"
)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (server(ms17("VULNERABLE:", "VULNERABLE")), FAIL),
        (server(ms17("\n  VULNERABLE:\n  Remote Code Execution\n    State: VULNERABLE\n")), FAIL),
        (server(PATCHED, ms17("VULNERABLE:", "VULNERABLE")), FAIL),
        (server(PATCHED), PASS),
        (server(PATCHED, dialects(OLD)), PASS),
        (server(PATCHED, ports=(*SERVER, port(1445, "microsoft-ds"))), UNKNOWN),
        (server(ms17("NOT VULNERABLE:\n  Check results:\n    TIMEOUT", "NOT VULNERABLE"), dialects(OLD)), UNKNOWN),
        (server(ms17("ERROR: broken"), dialects(OLD)), UNKNOWN),
        (server(dialects(OLD)), UNKNOWN),
        (server(dialects()), UNKNOWN),
        (server(), UNKNOWN),
        (host(filtered="139,445"), UNKNOWN),
        (host(), UNKNOWN),
        (server(dialects("202", "311")), Outcome.NOT_APPLICABLE),
        (host(closed="139,445"), Outcome.NOT_APPLICABLE),
    ],
)
def test_smb_ms17_010(given, outcome):
    assert verdict("smb-ms17-010", given) is outcome
