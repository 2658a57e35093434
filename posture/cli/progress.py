"""How a run goes, on a terminal as bars and elsewhere as plain lines."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from posture.collectors import base
from posture.model import Probe
from posture.presentation import plural, visible

__all__ = ["LineListener", "TerminalListener", "listener"]

_WORDS = {"complete": "done", "partial": "answered in part", "failed": "got no answer"}
_LINE_SECONDS = 10


def listener(console: Console) -> LineListener | TerminalListener:
    """Bars where a person watches, lines where a log does."""
    return TerminalListener(console) if console.is_terminal else LineListener(console)


class LineListener:
    """A line for each thing that happens, and one every ten seconds while a probe is under way."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._total = self._done = 0
        self._said = 0.0

    def planned(self, probes: Sequence[Probe]) -> None:
        """Say how many probes there are."""
        self._total = len(probes)

    def started(self, probe: Probe) -> None:
        """Say which probe begins."""
        self._done += 1
        self._said = time.monotonic()
        self._say(f"[{self._done}/{self._total}] {probe.id}")

    def progress(self, progress: base.Progress) -> None:
        """Say how far it is, now and then."""
        if time.monotonic() - self._said >= _LINE_SECONDS:
            self._said = time.monotonic()
            total = f" of {progress.total:,}" if progress.total else ""
            self._say(f"    {progress.done:,}{total} {progress.note}".rstrip())

    def ended(self, probe: Probe, outcome: str, problem: str) -> None:
        """Say only what did not go well."""
        if outcome != "complete":
            self._say(f"    {probe.id} {_WORDS.get(outcome, outcome)}: {problem}")

    def judging(self, evidence: int) -> None:
        """Say that collection is over."""
        self._say(f"Judging {plural(evidence, 'piece of evidence', 'pieces of evidence')}")

    def close(self) -> None:
        """Nothing is held."""

    def _say(self, text: str) -> None:
        self._console.print(escape(visible(text)), soft_wrap=True)


class TerminalListener:
    """One bar for the run, one for the probe under way, with counts and the time left."""

    def __init__(self, console: Console) -> None:
        self._lines = LineListener(console)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._run = self._bars.add_task("Probes", total=None)
        self._probe = self._bars.add_task("", total=None, visible=False)

    def planned(self, probes: Sequence[Probe]) -> None:
        """Show the bars."""
        self._bars.update(self._run, total=len(probes))
        self._bars.start()

    def started(self, probe: Probe) -> None:
        """Give the probe its bar."""
        self._bars.reset(self._probe, description=escape(visible(probe.id)), total=None, visible=True)

    def progress(self, progress: base.Progress) -> None:
        """Move the probe's bar."""
        words = escape(visible(f"{progress.probe} {progress.note}".strip()))
        self._bars.update(self._probe, completed=progress.done, total=progress.total or None, description=words)

    def ended(self, probe: Probe, outcome: str, problem: str) -> None:
        """Move the run's bar, and leave a line for what did not go well."""
        self._bars.advance(self._run)
        self._lines.ended(probe, outcome, problem)

    def judging(self, evidence: int) -> None:
        """Take the bars away."""
        self._bars.stop()
        self._lines.judging(evidence)

    def close(self) -> None:
        """Give the terminal back, whatever happened."""
        self._bars.stop()
