"""What makes a function a check: its id, its docstring, and what its annotations ask for."""
# ruff: noqa: ARG001  # what these little checks take is the point of them

from __future__ import annotations

import pytest

from posture.check import AsOf, CheckDefinitionError, check, failed
from posture.facts import Account, Computer, Facts, Host
from posture.model import Severity
from posture.scope import Scope
from posture.thresholds import Thresholds

DOC = """No host is bad.

More of it.

Why it matters:
    It would be
    bad.

How to fix:
    Mend it.

Sources:
    RFC 1.
"""


def one(host: Host):
    return failed("bad")


def whole(accounts: Facts[Account], computers: Facts[Computer], scope: Scope, as_of: AsOf, thresholds: Thresholds):
    return failed("bad")


def two_kinds(judged: Account | Computer):
    return failed("bad")


def define(function, name="host-bad", doc=DOC):
    function.__doc__ = doc
    return check(name, title="Hosts are bad", severity=Severity.LOW)(function)


def test_the_docstring_is_the_text_of_the_check():
    found = define(one)

    assert (found.id, found.title, found.severity) == ("host-bad", "Hosts are bad", Severity.LOW)
    assert (found.summary, found.why) == ("No host is bad. More of it.", "It would be bad.")
    assert (found.fix, found.sources) == ("Mend it.", "RFC 1.")


def test_the_annotations_say_what_it_reads():
    asked = (
        ("computers", "Facts[Computer]"),
        ("scope", "Scope"),
        ("as_of", "AsOf"),
        ("thresholds", "Thresholds"),
    )

    assert (define(one).kinds, define(one).over_all, define(one).wants) == (("Host",), False, ())
    assert (define(whole).kinds, define(whole).over_all, define(whole).wants) == (("Account",), True, asked)
    assert (define(two_kinds).kinds, define(two_kinds).kind) == (("Account", "Computer"), "Account")


def nothing():
    return failed("bad")


def unannotated(host):
    return failed("bad")


def not_a_fact(host: str):
    return failed("bad")


def half_a_fact(host: Host | str):
    return failed("bad")


def whole_of_two(judged: Facts[Account | Computer]):
    return failed("bad")


def asks_too_much(host: Host, folder: str):
    return failed("bad")


def asks_without_a_type(host: Host, scope):
    return failed("bad")


@pytest.mark.parametrize(
    "function", [nothing, unannotated, not_a_fact, half_a_fact, whole_of_two, asks_too_much, asks_without_a_type]
)
def test_what_can_t_be_given_is_refused_when_the_check_is_loaded(function):
    with pytest.raises(CheckDefinitionError, match="check host-bad"):
        define(function)


@pytest.mark.parametrize("missing", ["Why it matters", "How to fix"])
def test_a_docstring_without_a_section_is_refused(missing):
    with pytest.raises(CheckDefinitionError, match=missing):
        define(one, doc=DOC.replace(missing, "Something else"))


@pytest.mark.parametrize("name", ["Host-Bad", "host_bad", "host bad", "", "-host", "host-"])
def test_an_id_that_is_none_is_refused(name):
    with pytest.raises(CheckDefinitionError, match="is not a check's id"):
        define(one, name=name)
