"""`posture demo`: the sample hospital, audited."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

import click

from posture import catalog, configuration, registry
from posture.audit import Audit
from posture.cli.audit import stopping
from posture.cli.common import console
from posture.cli.conclusion import conclusion
from posture.cli.main import Settings
from posture.cli.progress import listener
from posture.cli.report import write_reports
from posture.demo import recorded
from posture.demo.hospital import hospital, scope_text
from posture.demo.statements import DOCUMENTS, statements
from posture.governance.period import today
from posture.imports import load
from posture.scope import Scope
from posture.sealing import bags
from posture.sealing.sealer import Sealer
from posture.sealing.standing import with_standing
from posture.store import Store, now

__all__ = ["demo"]


@click.command(short_help="Audit a sample hospital and write its reports.")
@click.option(
    "--recorded", "from_record", is_flag=True, help="Judge evidence that was recorded once; start and send nothing."
)
@click.option(
    "-o",
    "out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("posture-demo"),
    show_default=True,
    help="The folder for the reports.",
)
@click.pass_obj
def demo(settings: Settings, from_record: bool, out: Path) -> None:
    """Start a sample hospital on loopback addresses, audit it with nmap, LDAP and SNMP, and write its reports.

    It has a store of its own in the folder of the reports, unless --store names another. Its Active Directory, its
    inventory and its list of leavers are imported from files, as an air-gapped hospital would do it. The audit stands
    in the zone of the guests: what it reaches, a visitor reaches. Prints the paths of the reports, and of the bag of
    its evidence: posture evidence verify FILE.
    """
    if not from_record and shutil.which("nmap") is None:
        click.echo(
            "posture: nmap is not installed, so the recorded evidence is judged (apt-get install nmap)", err=True
        )
        from_record = True
    out.mkdir(parents=True, exist_ok=True)
    collectors = registry.collectors()
    told = listener(console(settings))
    with (
        tempfile.TemporaryDirectory(prefix="posture-demo-") as folder,
        Store(settings.store or out / "posture-demo.db") as store,
        stopping() as stop,
    ):
        sealing = Sealer.of(store, None, out, lambda message: click.echo(f"posture: {message}", err=True))
        running = Audit(store, collectors, told, base=Path(folder), stop=stop, sealer=sealing)
        imported = load(recorded.FILES, collectors).evidence
        try:
            if from_record:
                run = running.begin(configuration.parse(scope_text(Path("demo")), "the sample hospital"))
                running.replay(run, recorded.probes(), recorded.read())
                running.keep(run, imported)
            else:
                with hospital(Path(folder)) as sample:
                    for what in sample.missing:
                        click.echo(f"posture: not started: {what}", err=True)
                    run = running.begin(sample.scope)
                    running.keep(run, imported)
                    running.collect(run, zone=recorded.VANTAGE)
            if not store.ledger().entries:
                _answer(store, run.scope, now())
            assessment = with_standing(store, running.judge(run))
            bag = out / f"posture-{run.id}-evidence.zip"
            bags.export(store, run.id, bag)
        finally:
            told.close()
    if not settings.quiet:
        click.echo(conclusion(assessment), err=True)
        click.echo("The sample hospital's people have answered some of the questions; see posture attest.", err=True)
    for path in write_reports(assessment, ("html", "xlsx", "json"), out):
        click.echo(path)
    click.echo(bag)


def _answer(store: Store, scope: Scope, at: datetime) -> None:
    controls = {control.id: control for control in catalog.built_in()[catalog.SCORED].control}
    said = statements(scope, controls, today(at, scope.organisation.time_zone))
    store.record(said, "posture demo", at, DOCUMENTS.values())
