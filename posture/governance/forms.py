"""What somebody typed → a statement for the ledger, or every mistake in it at once. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from ipaddress import ip_network
from typing import Final, cast, get_args

import msgspec

from posture.catalog import SCORED, Catalog, Control
from posture.errors import ConfigurationError, Problem
from posture.governance.answers import parties
from posture.governance.exceptions import Held, control_name, faults, held, may_overlap, same_person
from posture.governance.ledger import Attachment, Choice, Decision, Ledger, Revocation, RiskAcceptance
from posture.patterns import boundless
from posture.presentation import day, visible
from posture.scope import Scope

__all__ = [
    "MOST_DAYS",
    "DecisionForm",
    "ExceptionForm",
    "acceptance",
    "decision",
    "next_id",
    "revocation",
    "warnings",
]

MOST_DAYS: Final = 3 * 366
"""An exception is for a while: no longer than three years."""

_MOST_NAME, _MOST_TEXT, _MOST_NAMED = 200, 4_000, 1_000


class ExceptionForm(msgspec.Struct, frozen=True, kw_only=True):
    """The options of an exception as they were typed."""

    controls: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    requester: str = ""
    approver: str = ""
    owner: str = ""
    rationale: str = ""
    compensating_control: str = ""
    granted: str = ""
    expires: str = ""


class DecisionForm(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a decision as they were typed; `files` are what each file to attach is, or why it can't be."""

    control: str = ""
    party: str = ""
    choice: str = ""
    why_not: str = ""
    measure: str = ""
    risk_analysis: str = ""
    approver: str = ""
    decided: str = ""
    review_by: str = ""
    files: Mapping[str, Attachment | str] = {}


class _Mistakes:
    """The mistakes found so far, and how each kind of value is read."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._found: list[Problem] = []

    def add(self, option: str, message: str) -> None:
        self._found.append(Problem(0, option, message))

    def refuse(self) -> None:
        """Raise ConfigurationError with all of them, if there are any."""
        if self._found:
            raise ConfigurationError(self._command, list(dict.fromkeys(self._found)))

    def line(self, option: str, text: str, wanted: str) -> str:
        said = self._text(option, " ".join(text.split()), wanted, _MOST_NAME)
        if visible(said) != said:  # two names that look alike are one person
            self.add(option, f"it has a character that can't be seen: {visible(said)[:_MOST_NAME]}")
        return said

    def text(self, option: str, text: str, wanted: str = "") -> str:
        return self._text(option, text.strip(), wanted, _MOST_TEXT)

    def _text(self, option: str, said: str, wanted: str, most: int) -> str:
        if not said and wanted:
            self.add(option, wanted)
        elif len(said) > most:
            self.add(option, f"it has more than {most:,} characters")
        return said

    def date(self, option: str, text: str, wanted: str = "", default: date | None = None) -> date | None:
        if not text.strip():
            if default is None and wanted:
                self.add(option, wanted)
            return default
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            self.add(option, f"{text!r} is not a day such as 2027-03-31")
            return None

    def known(self, option: str, name: str, known: Collection[str], what: str, where: str) -> bool:
        if name in known:
            return True
        near = difflib.get_close_matches(name, known, 1)
        self.add(option, f"there is no {what} {name!r}; {f'did you mean {near[0]}?' if near else where}")
        return False


# ── exceptions ───────────────────────────────────────────────────────────────────────────────────────────────────


def acceptance(  # noqa: PLR0913  # what is typed is read against all of these
    form: ExceptionForm, name: str, *, catalogs: Iterable[Catalog], checks: Collection[str], scope: Scope, today: date
) -> RiskAcceptance:
    """The exception, under this id. Raises ConfigurationError with every mistake."""
    wrong = _Mistakes("exceptions add")
    every = _controls(catalogs)
    controls = tuple(dict.fromkeys(_unqualified(each.strip(), every) for each in form.controls))
    for each in controls:
        wrong.known("--control", each, every, "control", "posture controls list shows those that are")
    named = tuple(dict.fromkeys(each.strip() for each in form.checks))
    for each in named:
        wrong.known("--check", each, checks, "check", "posture checks list shows those that are")
    subjects = tuple(dict.fromkeys(" ".join(each.split()) for each in form.subjects))
    for each in subjects:
        _subject(each, scope, wrong)
    if not (controls or named or subjects):
        wrong.add("--control", "name what is accepted: a control, a check or a subject")
    if len(controls) + len(named) + len(subjects) > _MOST_NAMED:
        wrong.add("--subject", f"it names more than {_MOST_NAMED:,}; use a network, a zone or a pattern")
    requester = wrong.line("--requester", form.requester, "name who asks for it")
    approver = wrong.line("--approver", form.approver, "name who approves it")
    if requester and same_person(requester, approver):
        wrong.add("--approver", "requester and approver have to be two people")
    owner = wrong.line("--owner", form.owner, "name who answers for it")
    rationale = wrong.text("--rationale", form.rationale, "say why the risk is accepted")
    compensating = wrong.text("--compensating-control", form.compensating_control)
    granted = wrong.date("--granted", form.granted, default=today)
    expires = wrong.date("--expires", form.expires, "give the day on which it ends: no exception is for ever")
    if granted and expires:
        _period(granted, expires, today, wrong)
    wrong.refuse()
    return RiskAcceptance(
        id=name,
        controls=controls,
        checks=named,
        subjects=subjects,
        requester=requester,
        approver=approver,
        owner=owner,
        rationale=rationale,
        compensating_control=compensating,
        granted_on=cast("date", granted),
        expires=cast("date", expires),
    )


def _controls(catalogs: Iterable[Catalog]) -> dict[str, Control]:
    """Every counted control by the name that an exception has for it."""
    return {
        control_name(each.catalog.id, control.id): control
        for each in catalogs
        for control in each.control
        if control.counted
    }


def _unqualified(name: str, known: Mapping[str, Control]) -> str:
    """The name as it is recorded: that of the scored catalog bare, of another with its catalog, if it is the only."""
    name = name.removeprefix(f"{SCORED}/")
    elsewhere = [each for each in known if each.endswith(f"/{name}")] if "/" not in name else []
    return elsewhere[0] if name not in known and len(elsewhere) == 1 else name


_ADDRESS = re.compile(r"[0-9.]+(/[0-9.]+)?|[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*(/[0-9]+)?", re.IGNORECASE)


def _subject(pattern: str, scope: Scope, wrong: _Mistakes) -> None:
    if len(pattern) > _MOST_NAME:
        wrong.add("--subject", f"it has more than {_MOST_NAME} characters")
    elif boundless(pattern):
        wrong.add("--subject", f"{pattern!r} names everything, or nothing: name what is meant")
    elif pattern.casefold().startswith("zone:"):
        wrong.known("--subject", pattern[5:], scope.zones, "zone", "zones are those of posture.toml")
    elif _ADDRESS.fullmatch(pattern):
        try:
            ip_network(pattern)
        except ValueError as error:
            meant = "an address or network"
            if "host bits" in str(error):
                meant = f"a network: write {ip_network(pattern, strict=False)}, or the address alone"
            wrong.add("--subject", f"{pattern!r} is not {meant}")


def _period(granted: date, expires: date, today: date, wrong: _Mistakes) -> None:
    if expires <= granted:
        wrong.add("--expires", f"{expires} is not after the day it is granted, {granted}")
    elif expires - granted > timedelta(days=MOST_DAYS):
        latest = granted + timedelta(days=MOST_DAYS)
        wrong.add("--expires", f"{expires} is more than three years after {granted}; {latest} at the latest")
    elif expires <= today:
        wrong.add("--expires", f"{expires} has come already; today is {today}")


def next_id(ledger: Ledger) -> str:
    """The next number after the highest: E-0001, E-0002 and so on."""
    said = [entry.statement for entry in ledger.of(RiskAcceptance)]
    found = (re.fullmatch(r"E-(\d{1,9})", each.id) for each in said if isinstance(each, RiskAcceptance))
    return f"E-{max((int(each[1]) for each in found if each), default=0) + 1:04}"


def warnings(
    said: RiskAcceptance, *, ledger: Ledger, catalogs: Iterable[Catalog], scope: Scope, today: date
) -> list[str]:
    """What whoever records an exception has to know of it: sentences."""
    every = _controls(catalogs)
    required = [each for each in said.controls if "/" not in each and every[each].requirement == "R"]
    found = []
    if required:
        are, they = ("are", "they stay") if len(required) > 1 else ("is", "it stays")
        found.append(
            f"{', '.join(required)} {are} required, and can't be waived (45 CFR 164.306(d)(2)): {they} not satisfied, "
            "with the risk accepted, and the report says so."
        )
    against = {check for each in said.controls for check in every[each].contradicted_by}
    if said.controls and (said.checks or said.subjects) and not against.intersection(said.checks or against):
        found.append("No check named contradicts a control named, so this covers nothing.")
    others = [
        each.said
        for each in held(ledger, today)
        if each.state in {"in-force", "not-yet"} and not faults(each.said) and each.said.id != said.id
    ]
    found += [
        f"It may overlap with {each.id}, which ends on {day(each.expires)}."
        for each in others
        if may_overlap(said, each, scope)
    ]
    return found


def revocation(name: str, reason: str, *, ledger: Ledger, today: date) -> Revocation:
    """That an exception is taken back. Raises ConfigurationError with every mistake."""
    wrong = _Mistakes("exceptions revoke")
    every: dict[str, Held] = {each.said.id: each for each in held(ledger, today)}
    name = name.strip().upper() if name.strip().upper() in every else name.strip()
    if wrong.known("ID", name, every, "exception", "posture exceptions list shows those that are"):
        stands = every[name]
        if stands.revoked:
            wrong.add("ID", f"{name} was taken back on {stands.revoked.revoked_on} already")
        elif stands.state == "expired":
            wrong.add("ID", f"{name} expired on {stands.said.expires} already")
    reason = wrong.text("--reason", reason, "say why it is taken back")
    wrong.refuse()
    return Revocation(exception=name, revoked_on=today, reason=reason)


# ── decisions ────────────────────────────────────────────────────────────────────────────────────────────────────

_WHY_NOT = "say why it is not reasonable and appropriate here: 45 CFR 164.306(d)(3)(ii)(B)(1)"
_WEIGHED = "say where in the risk analysis this was weighed: 45 CFR 164.306(d)(3)(i)"
_RATIONALE: Final[Mapping[str, Sequence[str]]] = {
    "alternative": (_WHY_NOT, "name the equivalent alternative measure: 45 CFR 164.306(d)(3)(ii)(B)(2)", _WEIGHED),
    "not-reasonable": (
        _WHY_NOT,
        "say why no alternative is reasonable and appropriate: 45 CFR 164.306(d)(3)(ii)(B)(2)",
        _WEIGHED,
    ),
}


def decision(form: DecisionForm, *, catalog: Catalog, scope: Scope, ledger: Ledger, today: date) -> Decision:
    """The decision about an addressable specification. Raises ConfigurationError with every mistake."""
    wrong = _Mistakes("decisions add")
    control = _addressable(form.control.strip(), catalog, wrong)
    party = _party(form.party.strip(), control, scope, wrong) if control else ""
    choices = get_args(Choice)
    if form.choice not in choices:
        wrong.add("--choice", f"{form.choice!r} is not one of: {', '.join(choices)}")
    why, measure, weighed = _RATIONALE.get(form.choice, ("", "", ""))
    why_not = wrong.text("--why-not", form.why_not, why)
    measures = wrong.text("--measure", form.measure, measure)
    analysis = wrong.text("--risk-analysis", form.risk_analysis, weighed)
    approver = wrong.line("--approver", form.approver, "name who approved it")
    decided_on = wrong.date("--decided", form.decided, default=today)
    review_by = wrong.date("--review-by", form.review_by, "give the day by which it is reviewed")
    if decided_on and decided_on > today:
        wrong.add("--decided", f"{decided_on} is in the future; today is {today}")
    if decided_on and review_by and review_by <= decided_on:
        wrong.add("--review-by", f"{review_by} is not after the decision, {decided_on}")
    for name, attached in form.files.items():
        if isinstance(attached, str):
            wrong.add("--file", f"{name!r}: {attached}")
    if control and decided_on:
        _newer(control.id, party, decided_on, ledger, wrong)
    wrong.refuse()
    return Decision(
        catalog=catalog.catalog.id,
        control=cast("Control", control).id,
        party=party,
        choice=cast("Choice", form.choice),
        why_not=why_not,
        measure=measures,
        risk_analysis=analysis,
        approver=approver,
        decided_on=cast("date", decided_on),
        review_by=cast("date", review_by),
        attachments=tuple(dict.fromkeys(each for each in form.files.values() if isinstance(each, Attachment))),
    )


def _addressable(name: str, catalog: Catalog, wrong: _Mistakes) -> Control | None:
    every = {each.id: each for each in catalog.control}
    if not wrong.known("CONTROL", name, every, "control", "posture controls list shows those that are"):
        return None
    if every[name].requirement != "A":
        wrong.add("CONTROL", f"{name} is not addressable: there is nothing to decide")
        return None
    return every[name]


def _party(name: str, control: Control, scope: Scope, wrong: _Mistakes) -> str:
    asked = parties(control, scope)
    if not name and len(asked) == 1:
        return asked[0]
    by_name = {each.casefold(): each for each in asked}
    if name.casefold() not in by_name:
        for_all = "the organisation alone: leave it out" if asked == ("",) else f"one of: {', '.join(asked)}"
        wrong.add("--party", f"{control.id} is decided for {for_all}")
    return by_name.get(name.casefold(), name)


def _newer(control: str, party: str, decided_on: date, ledger: Ledger, wrong: _Mistakes) -> None:
    said = [entry.statement for entry in ledger.of(Decision)]
    last = [
        each
        for each in said
        if isinstance(each, Decision) and (each.catalog, each.control, each.party) == (SCORED, control, party)
    ][-1:]
    if last and decided_on < last[0].decided_on:
        wrong.add("--decided", f"there is a newer one on record, of {last[0].decided_on}; date this one from then on")
