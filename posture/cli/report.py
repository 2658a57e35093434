"""`posture report`: an assessment in the formats that people ask for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click

from posture import registry
from posture.assessment import Assessment
from posture.audit import Audit, replayed
from posture.cli import pack as packs
from posture.cli.common import Instant, base_folder, console, open_store, sealer
from posture.cli.main import Settings
from posture.cli.progress import listener
from posture.errors import PostureError
from posture.history.runs import with_changes
from posture.sealing.standing import with_standing
from posture.store import now

__all__ = ["report", "write_reports"]


@click.command(short_help="Write a run's reports.")
@click.argument("run", required=False)
@click.option(
    "-f",
    "formats",
    default="html,xlsx",
    show_default=True,
    metavar="FORMATS",
    help="One or more of html,pdf,xlsx,csv,json,oscal,map-csv, with commas between.",
)
@click.option(
    "-o", "out", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="The folder to write into."
)
@click.option("--as-of", type=Instant(), help="Judge again, as of this date or instant.")
@click.option(
    "--checks-dir",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Where it is judged again: also these.",
)
@click.option(
    "--since", metavar="RUN|none", help="The run to compare with; default: the latest of the organisation before."
)
@packs.options
@click.option("--as-judged", is_flag=True, help="As it was judged last, whatever people have answered since.")
@click.pass_obj
def report(  # noqa: PLR0913, PLR0917  # one parameter an option
    settings: Settings,
    run: str | None,
    formats: str,
    out: Path,
    as_of: datetime | None,
    folders: tuple[Path, ...],
    since: str | None,
    pack: str | None,
    requests: tuple[str, ...],
    reviewer: str | None,
    marking: str | None,
    *,
    listing: bool,
    evidence: bool,
    as_judged: bool,
) -> None:
    """Write the reports of RUN (the latest, if none is named), and print their paths.

    Where answers, decisions or exceptions were recorded since the run was judged, it is judged again as of now, from
    the evidence that it has.

    html is one page that needs nothing else; pdf the same on paper (pip install 'posture[pdf]'); xlsx a workbook to
    work in; csv a zip with a table a file; json everything, for programs; oscal a zip with NIST's OSCAL documents;
    map-csv the links of the network map. All formats of one run say the same.

    --pack makes one folder for a regulator instead, limited to the requests that are named, for counsel to finish and
    send: see docs/pack.md.
    """
    if as_of and as_judged:
        raise click.UsageError("--as-of and --as-judged exclude each other")
    if pack is None and (requests or listing or reviewer is not None or marking is not None or not evidence):
        raise click.UsageError("--request, --requests, --reviewer, --marking and --no-evidence go with --pack")
    asked = packs.wanted(settings, pack, requests, reviewer, marking, evidence, listing) if pack is not None else None
    with open_store(settings) as store:
        record = store.run(run)
        assessment = store.assessment(record.id)
        moved = store.ledger().answered_after(assessment.method.ledger_position) and not replayed(store, record.id)
        if as_of or (moved and not as_judged):
            told = listener(console(settings))
            audit = Audit(
                store,
                registry.collectors(),
                told,
                base=base_folder(settings),
                checks_folders=folders,
                sealer=sealer(settings, store),
            )
            try:
                assessment = audit.judge(record, as_of or now())
            finally:
                told.close()
            if not settings.quiet:
                why = "" if as_of else ": people have answered since it was judged before"
                click.echo(f"Judged again as of {assessment.method.as_of:%Y-%m-%d %H:%M %Z}{why}.", err=True)
        assessment = with_standing(store, assessment)
        if since != "none":
            assessment = with_changes(store, assessment, since)
        if asked and listing:
            packs.list_requests(settings, assessment, asked, "json" if formats == "json" else "text")
            return
        if asked:
            for path in packs.write_pack(settings, store, assessment, asked, out):
                click.echo(path)
            return
    for path in write_reports(assessment, formats.split(","), out):
        click.echo(path)


def write_reports(assessment: Assessment, formats: Iterable[str], out: Path) -> list[Path]:
    """Write each format; JSON is always `assessment.json`. Raises PostureError for a format that is not there."""
    known = registry.renderers()
    wanted = [name.strip() for name in formats if name.strip()]
    for name in wanted:
        if name not in known:
            raise PostureError(f"there is no format {name!r}", where="-f", mend=f"there are: {', '.join(known)}")
    try:
        out.mkdir(parents=True, exist_ok=True)
        written = []
        for name in wanted:
            stem = "assessment" if name == "json" else f"posture-{assessment.run.id}"
            path = out / f"{stem}{known[name].suffix}"
            known[name].render(assessment, path)
            written.append(path)
    except OSError as error:
        raise PostureError(f"the report can't be written: {error.strerror}", where=str(out)) from error
    return written
