"""What holds for every check, whoever wrote it."""

from __future__ import annotations

import ast
from pathlib import Path

import msgspec
import pytest
from checks.samples import SAMPLES, SCOPE

import posture
from posture.check import Check
from posture.facts import (
    Account,
    Computer,
    Device,
    Directory,
    DomainPolicy,
    Fact,
    Group,
    GroupPolicy,
    Host,
    Leaver,
    PasswordPolicy,
)
from posture.judge import judge
from posture.model import Outcome
from posture.registry import content, load_checks
from posture.testing import AS_OF

CHECKS = load_checks().by_id
FILES = sorted(content("checks").rglob("*.py"))
CATALOGS = Path(posture.__file__).parent / "catalogs"
TESTS = "\n".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py"))
ALLOWED = {
    "__future__",
    "collections",
    "collections.abc",
    "datetime",
    "enum",
    "functools",
    "ipaddress",
    "itertools",
    "math",
    "msgspec",
    "posture",
    "posture.access",
    "posture.facts",
    "posture.segmentation.vantage",
    "posture.scope",
    "posture.segmentation.proofs",
    "posture.segmentation.rules",
    "posture.segmentation.crossing",
    "posture.inventory",
    "posture.ports",
    "posture.reference.vulnerabilities",
    "posture.reference.lifecycle",
    "posture.reference.systems",
    "posture.memberships",
    "posture.model",
    "posture.patterns",
    "posture.services",
    "re",
    "typing",
}
NEVER_FAILS = {"ad-privileged-without-smartcard"}
"""Other second factors than smart cards are not seen in a directory, so that their lack never is."""
CLOCKS_AND_DOORS = {"now", "today", "utcnow", "open", "print", "input", "eval", "exec", "__import__"}

WHO = {"ids": ("subject:1",), "name": "one", "evidence": ("e" * 64,)}
BARE: dict[str, Fact] = {
    fact.__name__: fact(**WHO, **more)
    for fact, more in (
        (Host, {"address": "10.0.0.1"}),
        (Directory, {"address": "10.0.0.1", "kind": "unknown"}),
        (DomainPolicy, {}),
        (PasswordPolicy, {}),
        (Account, {"login": "anna", "dn": "CN=anna"}),
        (Computer, {"login": "WS01$", "dn": "CN=WS01"}),
        (Group, {"dn": "CN=Group"}),
        (Device, {"address": "10.0.0.1"}),
        (Leaver, {"identifier": "anna", "identified_by": "login"}),
        (GroupPolicy, {"guid": "{31B2F340-016D-11D2-945F-00C04FB984F9}"}),
    )
}

every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")


def observed(check: Check, facts: list[Fact]) -> list[Outcome]:
    return [observation.outcome for observation in judge(facts, (), [check], SCOPE, AS_OF)]


@every_check
def test_its_text_tells_an_officer_what_is_wanted_and_why(check):
    assert check.title
    assert not check.title.endswith(".")
    assert len(check.title) <= 70
    assert check.title[0].isupper() or check.title.startswith(("rsh", "e-"))
    assert check.summary.endswith(".")
    assert check.function.__doc__.partition("\n")[0].endswith(".")
    assert len(check.why.split()) >= 10
    assert len(check.fix.split()) >= 10


@every_check
def test_it_has_a_test(check):
    assert f'"{check.id}"' in TESTS


@every_check
def test_a_control_names_it(check):
    assert any(f'"{check.id}"' in path.read_text() for path in CATALOGS.glob("*.toml"))


@every_check
def test_without_any_fact_it_is_unknown(check):
    assert set(observed(check, [])) == {Outcome.UNKNOWN}


@every_check
def test_a_fact_that_knows_nothing_is_unknown(check):
    assert set(observed(check, [BARE[check.kind]])) == {Outcome.UNKNOWN}


@every_check
def test_it_can_be_answered_and_never_breaks(check):
    outcomes = {outcome for fact in SAMPLES for outcome in observed(check, [fact]) if type(fact).__name__ == check.kind}
    outcomes |= set(observed(check, SAMPLES))
    assert (Outcome.FAIL in outcomes) is (check.id not in NEVER_FAILS)
    assert outcomes & {Outcome.PASS, Outcome.NOT_APPLICABLE}
    assert Outcome.ERROR not in outcomes


@every_check
def test_the_order_of_the_facts_does_not_matter(check):
    once = judge(SAMPLES, (), [check], SCOPE, AS_OF)
    again = judge(SAMPLES[::-1], (), [check], SCOPE, AS_OF)
    assert msgspec.json.encode(once) == msgspec.json.encode(again)


@every_file
def test_it_imports_nothing_that_reaches_outside(file):
    tree = ast.parse(file.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported - ALLOWED == set()


@every_file
def test_it_reads_no_clock_and_opens_nothing(file):
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
    }
    assert called & CLOCKS_AND_DOORS == set()


@every_file
def test_it_says_what_it_is_about(file):
    assert ast.get_docstring(ast.parse(file.read_text()))
