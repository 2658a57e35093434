"""`make lab`: measure, print the figures, and write docs/truth.md."""

from __future__ import annotations

import sys
from pathlib import Path

from lab.truth.figures import Figures, compare, page
from lab.truth.planted import PLANTED
from lab.truth.run import measure
from lab.truth.without import WITHOUT

DOCUMENT = Path(__file__).parents[3] / "docs" / "truth.md"


def told(figures: Figures) -> str:
    """The figures as text for a terminal."""
    lines = [f"{what}: {figures.total(what)}" for what in ("planted", "found", "missed", "false")]
    for check, tally in figures.checks.items():
        lines += [f"missed  {check}: {subject}" for subject in tally.missed]
        lines += [f"false   {check}: {subject}" for subject in tally.false]
    lines.append("unknown in the hardened labs:")
    lines += [
        f"  {check}: {len(subjects)} ({', '.join(subjects[:3])} …)" for check, subjects in figures.unknown.items()
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """1 where something was missed, or failed falsely."""
    truth = measure()
    figures = compare(PLANTED, truth.weak, truth.hardened)
    sys.stdout.write(told(figures))
    DOCUMENT.write_text(page(figures, WITHOUT), encoding="utf-8")
    return 1 if figures.total("missed") or figures.total("false") else 0


if __name__ == "__main__":
    sys.exit(main())
