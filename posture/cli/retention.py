"""`posture runs prune` and `posture runs hold`: what may go, and what stops it."""

from __future__ import annotations

from datetime import datetime

import click

from posture.audit import operator
from posture.cli.common import Instant, format_option, open_store, print_listing
from posture.cli.main import Settings
from posture.errors import PostureError
from posture.governance.ledger import EVERYTHING, Hold, HoldRelease
from posture.presentation import plural
from posture.retention.prune import decisions
from posture.retention.prune import prune as prune_store
from posture.retention.rules import Keeping, holds
from posture.store import Store, now

__all__ = ["hold", "prune"]


@click.command(short_help="Remove runs that need not be kept any more.")
@click.option("--before", type=Instant(), help="Only runs that began before this date; it can never remove more.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed and what is kept; remove nothing.")
@format_option
@click.pass_obj
def prune(settings: Settings, before: datetime | None, form: str, *, dry_run: bool) -> None:
    """Remove runs that need not be kept any more, and say of each that is kept why, and until when.

    A run is kept for six years from its creation or from when it was last in effect, whichever is later (45 CFR
    164.316(b)(2)(i)), and for as long as a legal hold is on it or on all. Of what is removed a tombstone stays, with
    the hash of each thing; seals, custody, the ledger and its documents stay.
    """
    day = before.date() if before else None
    with open_store(settings) as store:
        rows = list(decisions(store, now(), day))
        if not dry_run:
            gone = {each.run for each in prune_store(store, now(), day)}
    went = "would be removed" if dry_run else "removed"

    def state(row: Keeping) -> str:
        return went if not row.kept and (dry_run or row.run in gone) else "kept"

    if form == "json":
        print_listing("runs", [_row(row, state(row)) for row in rows], form, ())
        return
    columns = [
        ("run", lambda row: row.run),
        ("began", lambda row: f"{row.started:%Y-%m-%d}"),
        ("", state),
        ("must be kept until", lambda row: str(row.until or "it is replaced")),
        ("why", lambda row: row.why),
    ]
    print_listing("runs", rows, form, columns)
    if not settings.quiet:
        count = sum(state(row) == went for row in rows)
        click.echo(f"{plural(count, 'run')} {went}, {plural(len(rows) - count, 'run')} kept.", err=True)


def _row(row: Keeping, state: str) -> dict[str, object]:
    return {
        "run": row.run,
        "organisation": row.organisation,
        "started": row.started,
        "state": state,
        "keep_until": row.until,
        "why": row.why,
    }


@click.group()
def hold() -> None:
    """Place legal holds, list them, release them: while one stands, nothing that it is on is removed."""


@hold.command()
@click.argument("target", metavar="RUN|all")
@click.option("--reason", required=True, help="The matter that it is for.")
@click.pass_obj
def add(settings: Settings, target: str, reason: str) -> None:
    """Place a legal hold on RUN, or on all runs, those to come too."""
    with open_store(settings) as store:
        statement = Hold(target=_target(store, target), reason=_said(reason))
        _still_there(store, statement.target)
        ledger = store.record([statement], operator(), now())
        _still_there(store, statement.target)  # it may have been pruned while this waited for its turn
    click.echo(f"Held: {statement.target} (ledger entry {ledger.position})")


@hold.command()
@click.argument("target", metavar="RUN|all")
@click.option("--reason", required=True, help="Why it is not needed any more.")
@click.pass_obj
def release(settings: Settings, target: str, reason: str) -> None:
    """Release all legal holds on RUN, or those on all runs; holds on single runs stay."""
    with open_store(settings) as store:
        ledger = store.ledger()
        wanted = _target(store, target)
        if wanted not in {each.target for each in holds(ledger)}:
            raise PostureError(f"no legal hold is on {wanted!r}", mend="posture runs hold list")
        store.record([HoldRelease(target=wanted, reason=_said(reason))], operator(), now(), after=ledger.position)
    click.echo(f"Released: {wanted}")


@hold.command("list")
@format_option
@click.pass_obj
def list_(settings: Settings, form: str) -> None:
    """List the legal holds that stand."""
    with open_store(settings) as store:
        standing = holds(store.ledger())
    columns = [
        ("on", lambda each: each.target),
        ("since", lambda each: f"{each.since:%Y-%m-%d %H:%M %Z}"),
        ("placed by", lambda each: each.by),
        ("reason", lambda each: each.reason),
        ("ledger entry", lambda each: str(each.entry)),
    ]
    print_listing("holds", standing, form, columns)


def _target(store: Store, target: str) -> str:
    return EVERYTHING if target == EVERYTHING else store.run(target).id


def _still_there(store: Store, target: str) -> None:
    if (pruned := store.pruned().get(target)) is not None:
        raise PostureError(
            f"it was pruned on {pruned:%Y-%m-%d}: a hold can't keep what is gone; its seals and a tombstone are left",
            where=target,
            mend="look for a bag of it that was exported before, and for backups of the store",
        )


def _said(reason: str) -> str:
    words = " ".join(reason.split())
    if not words:
        raise click.UsageError("--reason: say what it is for")
    return words
