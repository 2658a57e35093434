"""`posture report`: an assessment in the formats that people ask for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from posture import registry
from posture.assessment import Assessment
from posture.cli.common import open_store
from posture.cli.main import Settings
from posture.errors import PostureError

__all__ = ["report", "write_reports"]


@click.command(short_help="Write a run's reports.")
@click.argument("run", required=False)
@click.option("-f", "formats", default="html,xlsx", show_default=True, metavar="FORMATS", help="html,xlsx,json")
@click.option(
    "-o", "out", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="The folder to write into."
)
@click.pass_obj
def report(settings: Settings, run: str | None, formats: str, out: Path) -> None:
    """Write the reports of RUN (the latest, if none is named), and print their paths."""
    with open_store(settings) as store:
        assessment = store.assessment(store.run(run).id)
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
