"""`posture audit`: collect, import, judge."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from posture import registry
from posture.assessment import Assessment, FamilyCount
from posture.audit import Audit
from posture.cli.common import Instant, base_folder, config_path, console, load_scope, open_store
from posture.cli.main import Settings
from posture.cli.progress import listener
from posture.imports import load
from posture.model import Outcome, Severity
from posture.plan import within_site
from posture.presentation import gap_extent, plural, visible
from posture.scope import Scope

__all__ = ["audit", "conclusion", "exit_code", "stopping"]

_FAIL_ON = [severity.value for severity in Severity]


@click.command(short_help="Collect evidence, or import it, and judge it.")
@click.option(
    "--from",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Judge this file or folder; repeatable. Nothing is sent.",
)
@click.option("--live", is_flag=True, help="With --from: ask the network too.")
@click.option("--resume", metavar="RUN", help="Go on with a run that was stopped.")
@click.option("--only", default="", metavar="NAMES", help="Only these collectors: nmap,ldap,snmp.")
@click.option("--site", metavar="S", help="Only this site.")
@click.option("--as-of", type=Instant(), metavar="INSTANT", help="The instant the assessment speaks of; default: now.")
@click.option(
    "--checks-dir",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also run the checks in this folder.",
)
@click.option(
    "--fail-on", type=click.Choice([*_FAIL_ON, "incomplete"]), help="Exit 3 on such findings, or on missing answers."
)
@click.pass_obj
def audit(  # noqa: PLR0913, PLR0917  # one parameter an option, as click gives them
    settings: Settings,
    files: tuple[Path, ...],
    live: bool,
    resume: str | None,
    only: str,
    site: str | None,
    as_of: datetime | None,
    folders: tuple[Path, ...],
    fail_on: str | None,
) -> int:
    """Collect evidence by the plan of posture.toml, judge it, and print the run's id.

    With --from, files are judged and nothing is sent: nmap XML (nmap -oX), LDIF (ldapsearch -LLL), snmprec, and
    walks (snmpwalk -On), also in folders, and compressed (.gz, .zst).
    """
    if resume and (files or live or as_of or site or only):
        raise click.UsageError("--resume goes on with a run as it was begun: it takes no other choice of what to ask")
    collectors = registry.collectors()
    told = listener(console(settings))
    names = [name.strip() for name in only.split(",") if name.strip()]
    with open_store(settings) as store, stopping() as stop:
        running = Audit(store, collectors, told, base=base_folder(settings), checks_folders=folders, stop=stop)
        try:
            if resume:
                run = store.run(resume)
                running.rehearse(run.scope)
                if running.probes(run) or not store.evidence_count(run.id):  # a run of files alone stays one
                    running.collect(run, today=load_scope(settings) if config_path(settings) else None)
            else:
                imported = load(files, collectors)
                for name in imported.skipped:
                    click.echo(f"posture: {name} was skipped: nothing here reads it", err=True)
                scope = _scope(settings, files, site)
                running.rehearse(scope)
                run = running.begin(scope, as_of)
                if files:
                    running.keep(run, imported.evidence)
                if live or not files:
                    running.collect(run, names)
            assessment = running.judge(run)
        finally:
            told.close()
    click.echo(run.id)
    if not settings.quiet:
        click.echo(conclusion(assessment, verbose=settings.verbose), err=True)
    return exit_code(assessment, fail_on)


def _scope(settings: Settings, files: tuple[Path, ...], site: str | None) -> Scope:
    if files and config_path(settings) is None:
        return Scope.of_files()
    scope = load_scope(settings)
    return within_site(scope, site) if site else scope


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; a second Ctrl-C stops at once."""
    stop = threading.Event()

    def handle(number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        click.echo(f"\nposture: stopping ({signal.Signals(number).name}) …", err=True)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def conclusion(assessment: Assessment, *, verbose: bool = False) -> str:
    """The run in a few lines: what stands, what was found, what got no answer; `verbose` names each gap."""
    controls = assessment.coverage.controls
    unknown = sum(each.outcome in {Outcome.UNKNOWN, Outcome.ERROR} for each in assessment.observations)
    failed = [probe for probe in assessment.coverage.probes if probe.outcome not in {"complete", "refused"}]
    lines = [
        f"{plural(len(assessment.gaps), 'gap')}; {plural(unknown, 'question')} without an answer.",
        f"Of {controls.of} controls of the Security Rule {_standing(controls)}.",
        "A scan alone satisfies none: it needs people's answers as well (posture attest).",
    ]
    lines += [f"Not collected: {probe.id}: {probe.problem}" for probe in failed]
    if verbose:
        lines += [f"{gap.severity.value}: {gap.title}: {gap_extent(gap)} ({gap.check})" for gap in assessment.gaps]
    return visible("\n".join(lines))


def _standing(controls: FamilyCount) -> str:
    words = {
        "not satisfied": controls.not_satisfied,
        "not satisfied with the risk accepted": controls.risk_accepted,
        "not assessed": controls.not_assessed,
        "satisfied": controls.satisfied,
        "satisfied by an alternative": controls.satisfied_by_alternative,
        "not applicable": controls.not_applicable,
    }
    always = ("not satisfied", "not assessed", "satisfied")
    return ", ".join(f"{number} {word}" for word, number in words.items() if number or word in always)


def exit_code(assessment: Assessment, fail_on: str | None) -> int:
    """3 where there are findings at or above the severity, or (incomplete) anything without an answer; else 0."""
    if fail_on is None:
        return 0
    if fail_on == "incomplete":
        unanswered = any(each.outcome in {Outcome.UNKNOWN, Outcome.ERROR} for each in assessment.observations)
        planned = any(probe.outcome not in {"complete", "refused"} for probe in assessment.coverage.probes)
        return 3 if unanswered or planned else 0
    rank = Severity(fail_on).rank
    return 3 if any(gap.severity.rank <= rank for gap in assessment.gaps) else 0
