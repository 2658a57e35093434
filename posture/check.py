"""What a check is: a pure function from facts to a verdict, found by its annotations.

    @check("telnet-offered", title="Log-in without encryption is offered (Telnet)", severity=Severity.HIGH)
    def telnet(host: Host) -> Verdict:
        '''No host offers telnet.

        Why it matters:
            …

        How to fix:
            …
        '''

The first parameter says what is judged: `Host` means once for each host, `Account | Computer` once for each of either
kind; `Facts[Account]` means once over the whole set, and the check then yields a verdict for each subject it names with
`about=` (without it, the verdict is about the whole scope). Further parameters may ask for `AsOf`, `Thresholds`,
`Scope`, `Inventory`, `Reference` or other `Facts[…]`.
"""

from __future__ import annotations

import inspect
import re
import textwrap
import typing
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from types import UnionType
from typing import Protocol

import msgspec

from posture.facts import Fact, Facts
from posture.model import Outcome, Severity

__all__ = [
    "AsOf",
    "Check",
    "CheckDefinitionError",
    "Verdict",
    "check",
    "failed",
    "not_applicable",
    "passed",
    "unknown",
]


class HasEvidence(Protocol):
    """A fact, or a part of one, that knows its evidence."""

    @property
    def evidence(self) -> tuple[str, ...]: ...


class AsOf(msgspec.Struct, frozen=True):
    """The instant that an assessment speaks of; checks have no other clock. Always with a zone."""

    at: datetime

    def age(self, moment: datetime) -> timedelta:
        """How long ago that was."""
        return self.at - moment


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A check's conclusion about one subject.

    `severity` is set where this failure is less (or more) bad than the check's own. `about` names the subject in
    checks over a whole set. `answer` says what would answer an unknown.
    """

    outcome: Outcome
    message: str
    evidence: tuple[str, ...] = ()
    severity: Severity | None = None
    about: Fact | None = None
    answer: str = ""


def _evidence(sources: tuple[HasEvidence, ...]) -> tuple[str, ...]:
    return tuple(sorted({digest for source in sources for digest in source.evidence}))


def passed(message: str, *sources: HasEvidence, about: Fact | None = None) -> Verdict:
    """What was asked for was answered, and the answer is good."""
    return Verdict(outcome=Outcome.PASS, message=message, evidence=_evidence(sources), about=about)


def failed(message: str, *sources: HasEvidence, severity: Severity | None = None, about: Fact | None = None) -> Verdict:
    """What was asked for was answered, and the answer is bad."""
    return Verdict(outcome=Outcome.FAIL, message=message, evidence=_evidence(sources), severity=severity, about=about)


def unknown(message: object, *sources: HasEvidence, answer: str = "", about: Fact | None = None) -> Verdict:
    """There is no answer; `message` says why (a `Missing` says it itself), `answer` what would give one."""
    return Verdict(
        outcome=Outcome.UNKNOWN, message=str(message), evidence=_evidence(sources), answer=answer, about=about
    )


def not_applicable(message: str, *sources: HasEvidence, about: Fact | None = None) -> Verdict:
    """Evidence shows that the question does not arise. Silence never does."""
    return Verdict(outcome=Outcome.NOT_APPLICABLE, message=message, evidence=_evidence(sources), about=about)


class CheckDefinitionError(TypeError):
    """A check is not written as `posture.check` says."""


Function = Callable[..., Verdict | Iterable[Verdict]]

_SECTION = re.compile(r"^(Why it matters|How to fix|Sources):\s*$", re.MULTILINE)
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_GIVEN = frozenset({"AsOf", "Inventory", "Reference", "Scope", "Thresholds"})


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A check as the registry knows it: its function, and what its docstring and annotations say."""

    id: str
    title: str
    severity: Severity
    function: Function
    kinds: tuple[str, ...]
    over_all: bool
    wants: tuple[tuple[str, str], ...]
    summary: str
    why: str
    fix: str
    sources: str = ""

    @property
    def kind(self) -> str:
        """The first kind of fact that it judges."""
        return self.kinds[0]

    @property
    def reads(self) -> str:
        """What it judges, as its annotation says."""
        return f"Facts[{self.kinds[0]}]" if self.over_all else " | ".join(self.kinds)


def _sections(function: Function, name: str) -> dict[str, str]:
    text = inspect.cleandoc(function.__doc__ or "")
    parts = _SECTION.split(text)
    found = {"summary": " ".join(parts[0].split())}
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        found[heading] = " ".join(textwrap.dedent(body).split())
    for wanted in ("summary", "Why it matters", "How to fix"):
        if not found.get(wanted):
            raise CheckDefinitionError(f"check {name}: its docstring has no {wanted!r}")
    return found


def _parameters(function: Function, name: str) -> tuple[tuple[str, ...], bool, tuple[tuple[str, str], ...]]:
    """(kinds of the judged facts, whether over the whole set, the other parameters and what they ask for)."""
    hints = typing.get_type_hints(function)
    first, *others = inspect.signature(function).parameters or [""]
    over_all = typing.get_origin(hints.get(first)) is Facts
    judged = typing.get_args(hints[first])[0] if over_all else hints.get(first)
    kinds = typing.get_args(judged) if typing.get_origin(judged) is UnionType and not over_all else (judged,)
    if not all(isinstance(kind, type) and issubclass(kind, Fact) for kind in kinds):
        raise CheckDefinitionError(f"check {name}: its first parameter is not a fact")
    wants = tuple((other, _wanted(hints.get(other), f"check {name}: parameter {other!r}")) for other in others)
    return tuple(kind.__name__ for kind in kinds), over_all, wants


def _wanted(hint: object, where: str) -> str:
    if typing.get_origin(hint) is Facts:
        return f"Facts[{typing.get_args(hint)[0].__name__}]"
    wanted = getattr(hint, "__name__", "nothing")
    if wanted not in _GIVEN:
        raise CheckDefinitionError(f"{where} asks for {wanted}, which can't be given")
    return wanted


def check(name: str, *, title: str, severity: Severity) -> Callable[[Function], Check]:
    """Make a function a check. `title` names the problem as an officer would, `severity` is that of a plain fail.

    Raises CheckDefinitionError, when the module is loaded, if the id, the docstring or the annotations are wrong.
    """
    if not _ID.fullmatch(name):
        raise CheckDefinitionError(f"{name!r} is not a check's id: lower-case words joined by hyphens")

    def define(function: Function) -> Check:
        text = _sections(function, name)
        kinds, over_all, wants = _parameters(function, name)
        return Check(
            id=name,
            title=title,
            severity=severity,
            function=function,
            kinds=kinds,
            over_all=over_all,
            wants=wants,
            summary=text["summary"],
            why=text["Why it matters"],
            fix=text["How to fix"],
            sources=text.get("Sources", ""),
        )

    return define
