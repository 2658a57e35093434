"""`posture audit`: collect, import, judge."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from posture import registry
from posture.audit import Audit
from posture.cli.common import Instant, base_folder, config_path, console, load_scope, open_store, pseudonyms, sealer
from posture.cli.conclusion import conclusion, exit_code
from posture.cli.main import Settings
from posture.cli.progress import listener
from posture.cli.replay import replay
from posture.imports import Imported, load
from posture.model import Severity
from posture.plan import within_site
from posture.scope import Scope
from posture.sealing.replay import is_bag
from posture.sealing.standing import seal_info
from posture.segmentation.vantage import vantage_zone

__all__ = ["audit", "stopping"]

_FAIL_ON = [severity.value for severity in Severity]


@click.command(short_help="Collect evidence, or import it, and judge it.")
@click.option(
    "--from",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Judge this file or folder; repeatable. Nothing is sent.",
)
@click.option(
    "--from-vantage",
    "elsewhere",
    multiple=True,
    nargs=2,
    type=(str, click.Path(path_type=Path)),
    metavar="ZONE FILE",
    help="As --from, for scans made by a scanner that stood in this zone; repeatable.",
)
@click.option("--vantage", metavar="ZONE", envvar="POSTURE_VANTAGE", help="The zone that this machine stands in.")
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
    elsewhere: tuple[tuple[str, Path], ...],
    vantage: str | None,
    live: bool,
    resume: str | None,
    only: str,
    site: str | None,
    as_of: datetime | None,
    folders: tuple[Path, ...],
    fail_on: str | None,
) -> int:
    """Collect evidence by the plan of posture.toml, judge it, and print the run's id.

    With --from, files are judged and nothing is sent: nmap XML (nmap -oX), Nessus (.nessus), LDIF (ldapsearch -LLL),
    SharpHound's JSON and zip archives, snmprec, walks (snmpwalk -On), and an inventory (CSV, .xlsx), also in folders,
    and compressed (.gz, .zst). A bag (posture evidence export) is verified and judged again, as it was then.
    """
    given = click.get_current_context().get_parameter_source("vantage") is click.core.ParameterSource.COMMANDLINE
    if bag := _bag(files, resume, elsewhere, live, as_of, site, only, given):
        return replay(settings, bag, folders, fail_on)
    packs = load_scope(settings).checks.packs if config_path(settings) else ()
    collectors = registry.collectors(packs)
    told = listener(console(settings))
    names = [name.strip() for name in only.split(",") if name.strip()]
    with open_store(settings) as store, stopping() as stop:
        running = Audit(
            store,
            collectors,
            told,
            base=base_folder(settings),
            checks_folders=folders,
            stop=stop,
            sealer=sealer(settings, store),
            pseudonyms=lambda: pseudonyms(settings, store),
        )
        try:
            if resume:
                run = store.run(resume)
                running.rehearse(run.scope)
                if running.probes(run) or not store.evidence_count(run.id):  # a run of files alone stays one
                    running.collect(run, today=load_scope(settings) if config_path(settings) else None)
            else:
                begun_with_files = bool(files or elsewhere)
                whole = _scope(settings, begun_with_files)
                asks = live or not begun_with_files
                for zone in (*(zone for zone, _ in elsewhere), *([vantage] if vantage and asks else ())):
                    _known(zone, whole)
                if vantage and asks and (doubt := _elsewhere(vantage, whole)) and not settings.quiet:
                    click.echo(f"posture: {doubt}", err=True)
                scope = within_site(whole, site) if site else whole
                imported = [load(files, collectors), *(load([path], collectors, zone) for zone, path in elsewhere)]
                _one_place(imported)
                for name in (name for each in imported for name in each.skipped):
                    click.echo(f"posture: {name} was skipped: nothing here reads it", err=True)
                running.rehearse(scope)
                run = running.begin(scope, as_of)
                if begun_with_files:
                    running.keep(run, {record.id: record for each in imported for record in each.evidence}.values())
                if asks:
                    running.collect(run, names, zone=vantage)
            assessment = running.judge(run)
        finally:
            told.close()
        seal = seal_info(store, assessment)
    click.echo(run.id)
    if not settings.quiet:
        click.echo(conclusion(assessment, verbose=settings.verbose), err=True)
        click.echo(f"The run is {seal.words}: {seal.signer}", err=True)
    return exit_code(assessment, fail_on)


def _bag(files: tuple[Path, ...], resume: str | None, *choices: object) -> Path | None:
    """The bag that is to be judged again, if one is named. Raises UsageError for choices that exclude each other."""
    if resume and (files or any(choices)):
        raise click.UsageError("--resume goes on with a run as it was begun: it takes no other choice of what to ask")
    bags = [path for path in files if is_bag(path)]
    if bags and (len(files) > 1 or any(choices)):
        raise click.UsageError("a bag is judged by itself, as it was then: it takes no other choice of what to judge")
    return bags[0] if bags else None


def _known(zone: str, scope: Scope) -> None:
    """Raises UsageError for a zone that posture.toml does not have: nobody could say what it may reach."""
    if zone not in scope.zones:
        there = ", ".join(sorted(scope.zones)) or "none: name them in posture.toml"
        raise click.UsageError(f"there is no zone {zone!r} that a scanner could stand in; there are: {there}")


def _elsewhere(vantage: str, scope: Scope) -> str:
    """A doubt whether this machine stands in the zone, by the address it would ask canaries from. Sends nothing.

    Raises UsageError where that address is in another zone: what is silent there would be taken for proof.
    """
    doubts = []
    for canary in scope.canary:
        own = _address_towards(canary.address)
        holder = scope.zone_of(own) if own else None
        if own and holder is None:
            doubts.append(f"this machine asks {canary.address} from {own}, which posture.toml has in no zone")
        elif holder is not None and holder.id != vantage:
            where = f"{own}, which is in the zone {holder.id!r}"
            raise click.UsageError(f"this machine asks {canary.address} from {where}: it does not stand in {vantage!r}")
    return f"{doubts[0]}: see that it stands in {vantage!r}" if doubts else ""


def _address_towards(address: str) -> str:
    """The address that packets to there would come from; empty where there is no way. Connecting UDP sends nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0]).partition("%")[0]


def _one_place(imported: Iterable[Imported]) -> None:
    """Raises UsageError for a scan that is said to come from two zones: it would prove what nobody saw."""
    zones: dict[str, set[str]] = {}
    for record in (record for each in imported for record in each.evidence):
        if zone := vantage_zone(record.envelope.vantage):
            zones.setdefault(record.envelope.payload_sha256, set()).add(zone)
    for several in zones.values():
        if len(several) > 1:
            raise click.UsageError(f"the same file is said to be a scan from {' and from '.join(sorted(several))}")


def _scope(settings: Settings, files: bool) -> Scope:
    return Scope.of_files() if files and config_path(settings) is None else load_scope(settings)


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
