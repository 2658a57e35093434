"""What a check's author uses: builders for facts, and a way to run one check.

host = host(services={23: "telnet"}, closed="1-22,24-100")
assert run_check("telnet-offered", host).outcome == Outcome.FAIL
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from posture import registry
from posture.assessment import Observation
from posture.check import AsOf, Verdict
from posture.facts import BlindSpot, Collapsed, Fact, Host, Port, Script, Service
from posture.judge import judge
from posture.model import Outcome
from posture.scope import OrganisationScope, Scope

__all__ = ["AS_OF", "host", "port", "run_check", "script", "verdict"]

AS_OF = AsOf(datetime(2026, 6, 1, 12, 0, tzinfo=UTC))


def script(name: str, output: str = "", **values: str) -> Script:
    """An NSE result; a keyword's `__` stands for the `/` of a path."""
    pairs = tuple((path.replace("__", "/"), text) for path, text in values.items())
    return Script(id=name, output=output, values=pairs, evidence=("e" * 64,))


def port(
    number: int, service: str = "", *, scripts: Iterable[Script] = (), asked: Iterable[str] = (), **more: str
) -> Port:
    """An open TCP port. A service given is one that identified itself; `method="table"` makes it a guess."""
    scripts = tuple(scripts)
    told = {"method": "probed" if service else "", **more}
    return Port(
        number=number,
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
