"""What a check's author uses: builders for facts, and a way to run one check.

assert verdict("telnet-offered", host(services={23: "telnet"}, closed="1-22,24-100")) is Outcome.FAIL
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from posture import registry
from posture.assessment import Observation
from posture.check import AsOf, Verdict
from posture.collectors.base import Progress
from posture.facts import (
    Account,
    BlindSpot,
    Collapsed,
    Computer,
    Device,
    Directory,
    DomainPolicy,
    Fact,
    Host,
    PasswordPolicy,
    Port,
    Script,
    Service,
)
from posture.judge import judge
from posture.model import Attempt, Outcome, Probe
from posture.scope import OrganisationScope, Scope

__all__ = [
    "AS_OF",
    "Quiet",
    "account",
    "attempt",
    "computer",
    "device",
    "directory",
    "domain_policy",
    "host",
    "password_policy",
    "port",
    "run_check",
    "script",
    "verdict",
]

AS_OF = AsOf(datetime(2026, 6, 1, 12, 0, tzinfo=UTC))


def script(name: str, output: str = "", **values: str) -> Script:
    """An NSE result; a keyword's `__` stands for the `/` of a path."""
    pairs = tuple((path.replace("__", "/"), text) for path, text in values.items())
    return Script(id=name, output=output, values=pairs, evidence=("e" * 64,))


def port(
    number: int,
    service: str = "",
    *,
    scripts: Iterable[Script] = (),
    asked: Iterable[str] = (),
    protocol: Literal["tcp", "udp"] = "tcp",
    **more: str,
) -> Port:
    """An open port. A service given is one that identified itself; `method="table"` makes it a guess."""
    scripts = tuple(scripts)
    told = {"method": "probed" if service else "", **more}
    return Port(
        number=number,
        protocol=protocol,
        state="open",
        service=Service(name=service, **told),  # type: ignore[arg-type]  # the caller's words, checked by the tests that use them
        scripts=scripts,
        scripts_asked=(*asked, *(each.id for each in scripts)),
        evidence=("e" * 64,),
    )


def host(
    *ports: Port, closed: str = "", filtered: str = "", services: Mapping[int, str] | None = None, **more: object
) -> Host:
    """A host at 10.0.0.1 with these ports; what is in neither list was not asked."""
    listed = (*ports, *(port(number, service) for number, service in (services or {}).items()))
    collapsed = tuple(
        Collapsed(protocol="tcp", state=state, ports=text)  # type: ignore[arg-type]  # the two literals below
        for state, text in (("closed", closed), ("filtered", filtered))
        if text
    )
    given: dict[str, object] = {
        "ids": ("address:unzoned/10.0.0.1",),
        "name": "10.0.0.1",
        "address": "10.0.0.1",
        "evidence": ("e" * 64,),
        "ports": listed,
        "collapsed": collapsed,
        **more,
    }
    return Host(**given)  # type: ignore[arg-type]  # keywords of Host


# ── directory and devices: what is not given was not asked ───────────────────────────────────────────────────────

_DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"


def account(login: str = "anna", *, control: int | None = 0x200, rid: int | None = 1104, **more: object) -> Account:
    """An enabled user account. `control` is its userAccountControl, `rid` the last part of its SID; None: not asked."""
    return Account(**_principal(login, control, rid, more))  # type: ignore[arg-type]  # keywords of Account


def computer(login: str = "WS01$", *, control: int | None = 0x1000, rid: int | None = 1201, **more: object) -> Computer:
    """An enabled workstation's account."""
    return Computer(**_principal(login, control, rid, more))  # type: ignore[arg-type]  # keywords of Computer


def _principal(login: str, control: int | None, rid: int | None, more: Mapping[str, object]) -> dict[str, object]:
    given: dict[str, object] = {
        "ids": (f"account:hosp/{login}",),
        "name": login,
        "login": login,
        "dn": f"CN={login},CN=Users,DC=hosp,DC=example",
        "place": "hosp",
        "evidence": ("d" * 64,),
    }
    if control is not None:
        given["user_account_control"] = control
    if rid is not None:
        given["sid"] = f"{_DOMAIN}-{rid}"
    return {**given, **more}


def domain_policy(**more: object) -> DomainPolicy:
    """The policy of the domain hosp.example."""
    return DomainPolicy(
        **{"ids": ("domain:hosp",), "name": "hosp.example", "place": "hosp", "evidence": ("d" * 64,), **more}  # type: ignore[arg-type]  # keywords of DomainPolicy
    )


def password_policy(**more: object) -> PasswordPolicy:
    """A policy of OpenLDAP's ppolicy overlay."""
    name = "cn=default,ou=policies,dc=hosp,dc=example"
    return PasswordPolicy(
        **{"ids": (f"password-policy:hosp/{name}",), "name": name, "evidence": ("d" * 64,), **more}  # type: ignore[arg-type]  # keywords of PasswordPolicy
    )


def attempt(method: str, outcome: str, credential: str = "", detail: str = "") -> Attempt:
    """A way in that was tried (see `posture.facts.Directory` and `posture.facts.Device` for the words)."""
    return Attempt(method=method, outcome=outcome, credential=credential, detail=detail)


def directory(kind: str = "active-directory", *attempts: Attempt, **more: object) -> Directory:
    """A directory server at 10.0.0.2, with the ways in that were tried."""
    given: dict[str, object] = {
        "ids": ("directory:hosp",),
        "name": "hosp",
        "place": "hosp",
        "address": "10.0.0.2",
        "kind": kind,
        "attempts": attempts,
        "evidence": ("d" * 64,),
        **more,
    }
    return Directory(**given)  # type: ignore[arg-type]  # keywords of Directory


def device(*attempts: Attempt, **more: object) -> Device:
    """An SNMP agent at 10.0.0.3, with the ways in that were tried."""
    given: dict[str, object] = {
        "ids": ("address:unzoned/10.0.0.3",),
        "name": "10.0.0.3",
        "address": "10.0.0.3",
        "attempts": attempts,
        "evidence": ("5" * 64,),
        **more,
    }
    return Device(**given)  # type: ignore[arg-type]  # keywords of Device


# ── running a check ──────────────────────────────────────────────────────────────────────────────────────────────


def run_check(
    name: str,
    *facts: Fact,
    blind_spots: Iterable[BlindSpot] = (),
    scope: Scope | None = None,
    as_of: AsOf = AS_OF,
) -> list[Observation]:
    """All observations of one built-in check over these facts, as the engine would make them."""
    chosen = registry.load_checks().by_id[name]
    given = scope or Scope(organisation=OrganisationScope(name="Test"))
    return list(judge(facts, tuple(blind_spots), [chosen], given, as_of))


def verdict(name: str, *facts: Fact, scope: Scope | None = None, as_of: AsOf = AS_OF) -> Outcome:
    """The one outcome of a check over these facts. Raises ValueError if there is not exactly one."""
    outcomes = {observation.outcome for observation in run_check(name, *facts, scope=scope, as_of=as_of)}
    (only,) = outcomes
    return only


def raw_verdict(name: str, fact: Fact, *rest: object) -> Verdict:
    """What the check's function itself says of one fact."""
    given = registry.load_checks().by_id[name].function(fact, *rest)
    if not isinstance(given, Verdict):
        raise TypeError(f"{name} judges a set, not one fact")
    return given


class Quiet:
    """A listener to a run that says nothing."""

    def planned(self, probes: Sequence[Probe]) -> None:
        """Nothing."""

    def started(self, probe: Probe) -> None:
        """Nothing."""

    def progress(self, progress: Progress) -> None:
        """Nothing."""

    def ended(self, probe: Probe, outcome: str, problem: str) -> None:
        """Nothing."""

    def judging(self, evidence: int) -> None:
        """Nothing."""
