"""What was planted against what was found: figures a check, and the page that shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lab.truth.audits import Said
from lab.truth.planted import Planted

PAGE = """# What the checks find in the labs

Made by `make lab`, and compared by a test. Real servers are started in network namespaces, weak ones and their hardened
twins; a user's own `posture audit` reads them live; and what it says is compared with the list of what was planted
(`tests/lab/truth/planted.py`). *Missed* is a planted weakness that did not fail; *false* is a failure, or an error,
where nothing was planted, anywhere in the weak labs or the hardened ones.

Planted: {planted}. Found: {found}. Missed: {missed}. False: {false}.

| check | planted | found | missed | false |
|---|--:|--:|--:|--:|
{rows}

## Checks without a weak machine in a lab

{without}
"""


@dataclass(frozen=True)
class Tally:
    """One check's weaknesses by subject, in sorted order."""

    planted: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    false: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figures:
    """Every check's tally, and what stays unknown in the hardened labs: check → subjects."""

    checks: Mapping[str, Tally]
    unknown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def total(self, what: str) -> int:
        """The sum over all checks of planted, found, missed or false."""
        return sum(len(getattr(tally, what)) for tally in self.checks.values())


def compare(planted: Iterable[Planted], weak: Iterable[Said], hardened: Iterable[Said]) -> Figures:
    """The figures of one measurement."""
    weak, hardened = list(weak), list(hardened)
    wanted: dict[str, set[str]] = {}
    for each in planted:
        wanted.setdefault(each.check, set()).add(each.subject)
    failed: dict[str, set[str]] = {}
    wrong: dict[str, set[str]] = {}
    for said in weak:
        if said.outcome == "fail":
            failed.setdefault(said.check, set()).add(said.subject)
        elif said.outcome == "error":
            wrong.setdefault(said.check, set()).add(f"{said.subject} (error)")
    for said in hardened:
        if said.outcome in {"fail", "error"}:
            wrong.setdefault(said.check, set()).add(f"{said.subject} (hardened)")
    checks = {}
    for check in sorted(wanted.keys() | failed.keys() | wrong.keys()):
        here, seen = wanted.get(check, set()), failed.get(check, set())
        checks[check] = Tally(
            planted=tuple(sorted(here)),
            found=tuple(sorted(here & seen)),
            missed=tuple(sorted(here - seen)),
            false=tuple(sorted((seen - here) | wrong.get(check, set()))),
        )
    return Figures(checks=checks, unknown=_unknown(hardened))


def _unknown(hardened: Iterable[Said]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for said in hardened:
        if said.outcome == "unknown" and not said.whole:
            found.setdefault(said.check, set()).add(said.subject)
    return {check: tuple(sorted(subjects)) for check, subjects in sorted(found.items())}


def page(figures: Figures, without: Mapping[str, str]) -> str:
    """docs/truth.md."""
    rows = (
        f"| `{check}` | {len(tally.planted)} | {len(tally.found)} | {len(tally.missed)} | {len(tally.false)} |"
        for check, tally in figures.checks.items()
    )
    return PAGE.format(
        **{what: figures.total(what) for what in ("planted", "found", "missed", "false")},
        rows="\n".join(rows),
        without="\n".join(f"- `{check}`: {reason}" for check, reason in sorted(without.items())),
    )
