"""Directory facts that know everything, weak and hardened, for tests that take things away from them."""

from __future__ import annotations

from datetime import datetime, timedelta

from checks import samples_domain, samples_privileged
from posture.facts import Certificate, Directory, Fact
from posture.testing import AS_OF, account, attempt, computer, directory, domain_policy, password_policy

DISABLED, NOT_REQUIRED, REVERSIBLE, NEVER_EXPIRES = 0x2, 0x20, 0x80, 0x10000
UNCONSTRAINED, NO_PREAUTH, CONTROLLER = 0x80000, 0x400000, 0x2000
CLINIC = "S-1-5-21-1-2-3"
PASSWORD_POLICY, START_TLS = "1.3.6.1.4.1.42.2.27.8.5.1", "1.3.6.1.4.1.1466.20037"


def samples() -> list[Fact]:
    """Facts of two Active Directory domains and their servers, and of OpenLDAP servers."""
    return [
        *_domains(),
        *_accounts(),
        *_servers(),
        *_policies(),
        *samples_privileged.samples(),
        *samples_domain.samples(),
    ]


def _days_ago(days: int) -> datetime:
    return AS_OF.at - timedelta(days=days)


def _domains() -> list[Fact]:
    weak = {
        "min_length": 7,
        "history": 0,
        "complexity": False,
        "reversible_encryption": True,
        "lockout_threshold": 0,
        "machine_account_quota": 10,
    }
    hardened = {
        "min_length": 14,
        "history": 24,
        "complexity": True,
        "reversible_encryption": False,
        "lockout_threshold": 5,
        "machine_account_quota": 0,
    }
    return [domain_policy(**weak), domain_policy(ids=("domain:clinic",), name="clinic.example", **hardened)]


def _accounts() -> list[Fact]:
    fresh = {"last_logon": _days_ago(2), "created": _days_ago(900), "password_last_set": _days_ago(20)}
    stale = {"last_logon": _days_ago(400), "created": _days_ago(900), "password_last_set": _days_ago(800)}
    flags = {
        "notrequired": NOT_REQUIRED,
        "reversible": REVERSIBLE,
        "forever": NEVER_EXPIRES,
        "roastable": NO_PREAUTH,
        "delegate": UNCONSTRAINED,
        "gone": DISABLED | NOT_REQUIRED | NEVER_EXPIRES | NO_PREAUTH | UNCONSTRAINED,
    }
    users = [
        account(name, control=0x200 | bits, rid=2000 + at, admin_count=at % 2 == 0, **fresh)
        for at, (name, bits) in enumerate(flags.items())
    ]
    return [
        account(admin_count=False, **fresh),
        account("stale", rid=1500, admin_count=False, **stale),
        account("root", control=0x200 | NEVER_EXPIRES | NO_PREAUTH, rid=500, admin_count=True, **stale),
        account("Guest", control=0x200 | NOT_REQUIRED, rid=501, **fresh),
        account("krbtgt", control=0x200 | DISABLED, rid=502, admin_count=True, **stale),
        account("Guest", ids=("account:clinic/Guest",), control=0x222, sid=f"{CLINIC}-501", place="clinic", **fresh),
        account("krbtgt", ids=("account:clinic/krbtgt",), control=0x202, sid=f"{CLINIC}-502", place="clinic", **fresh),
        *users,
        computer(),
        computer("APP01$", control=0x1000 | UNCONSTRAINED, rid=1300),
        computer("DC1$", control=CONTROLLER | UNCONSTRAINED, rid=1000),
    ]


def _certificate(problem: str = "") -> Certificate:
    return Certificate(
        subject="CN=dc1.hosp.example",
        issuer="CN=ca",
        not_before=_days_ago(100),
        not_after=_days_ago(-200),
        key_type="RSA",
        key_bits=2048,
        signature="sha256",
        problem=problem,
    )


def _servers() -> list[Fact]:
    kinds = ("active-directory", "openldap", "other", "unknown")
    return [make(kind) for kind in kinds for make in (_weak, _hardened)]


def _weak(kind: str) -> Directory:
    ways = {
        "ldaps": "closed",
        "starttls": "refused",
        "cleartext-bind": "password-taken",
        "anonymous-read": "accepted",
        "config-read": "accepted",
        "bind": "accepted",
    }
    return directory(
        kind,
        *(attempt(*way) for way in ways.items()),
        ids=(f"directory:weak-{kind}",),
        name=f"weak {kind}",
        certificate=_certificate("certificate expired"),
        controls=(),
        extensions=(),
        secrets_readable=("userPassword",),
        password_policies=0,
    )


def _hardened(kind: str) -> Directory:
    ways = {
        "ldaps": "accepted",
        "starttls": "accepted",
        "cleartext-bind": "refused",
        "anonymous-read": "refused",
        "config-read": "refused",
        "bind": "accepted",
    }
    return directory(
        kind,
        *(attempt(*way) for way in ways.items()),
        ids=(f"directory:hardened-{kind}",),
        name=f"hardened {kind}",
        certificate=_certificate(),
        controls=(PASSWORD_POLICY,),
        extensions=(START_TLS,),
        secrets_readable=(),
        password_policies=1,
    )


def _policies() -> list[Fact]:
    return [
        password_policy(ids=("password-policy:weak",), min_length=4, lockout=False, max_failures=0),
        password_policy(ids=("password-policy:hardened",), min_length=14, lockout=True, max_failures=5),
    ]
