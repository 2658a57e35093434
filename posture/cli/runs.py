"""`posture runs`: what was audited, and how it ended."""

from __future__ import annotations

import click
import msgspec

from posture.cli.common import format_option, open_store, print_listing
from posture.cli.conclusion import conclusion
from posture.cli.diff import diff
from posture.cli.main import Settings
from posture.cli.retention import hold, prune
from posture.errors import PostureError
from posture.presentation import visible
from posture.store import RunRecord, Store

__all__ = ["runs"]


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    started: str
    state: str
    organisation: str
    operator: str
    evidence: int


@click.group()
def runs() -> None:
    """List, show and compare runs, keep them, and remove those that need not be kept."""


for command in (diff, prune, hold):
    runs.add_command(command)


@runs.command("list")
@format_option
@click.pass_obj
def list_(settings: Settings, form: str) -> None:
    """List all runs, the newest first."""
    with open_store(settings) as store:
        gone = store.pruned()
        rows = [_row(store, run, pruned=run.id in gone) for run in store.runs()]
    columns = [(name, lambda row, name=name: str(getattr(row, name))) for name in _Row.__struct_fields__]
    print_listing("runs", rows, form, columns)


def _row(store: Store, run: RunRecord, *, pruned: bool) -> _Row:
    kinds = [event.kind for event in store.events(run.id)]
    last = {"finished": "finished", "interrupted": "interrupted"}
    return _Row(
        id=run.id,
        started=run.started.isoformat(timespec="seconds"),
        state="pruned" if pruned else last.get(kinds[-1], "unfinished") if kinds else "unfinished",
        organisation=run.scope.organisation.name,
        operator=run.operator,
        evidence=store.evidence_count(run.id),
    )


@runs.command()
@click.argument("run", required=False)
@click.pass_obj
def show(settings: Settings, run: str | None) -> None:
    """Show what happened in RUN (the latest, if none is named)."""
    with open_store(settings) as store:
        record = store.run(run)
        click.echo(f"{record.id}  {record.scope.organisation.name}  as of {record.as_of.isoformat()}")
        for event in store.events(record.id):
            about = event.detail.get("id") or event.detail.get("fingerprint", "")
            more = " ".join(filter(None, (str(event.detail.get("outcome", "")), str(event.detail.get("problem", "")))))
            click.echo(visible(f"  {event.at.isoformat(timespec='seconds')}  {event.kind:<12} {about} {more}".rstrip()))
        try:
            click.echo(visible(conclusion(store.assessment(record.id))))
        except PostureError as error:
            click.echo(str(error))
