"""`posture exceptions`: risks that are accepted for a while."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from pathlib import Path

import click
import msgspec

from posture import catalog, registry
from posture.audit import operator
from posture.catalog import Catalog
from posture.cli.common import (
    Instant,
    base_folder,
    config_path,
    console,
    format_option,
    load_scope,
    open_store,
    print_listing,
)
from posture.cli.main import Settings
from posture.governance import forms
from posture.governance.exceptions import Held, HeldState, faults, held
from posture.governance.period import today
from posture.presentation import EXCEPTION_STATES, plural, visible
from posture.scope import Scope
from posture.store import now

__all__ = ["exceptions"]

# What asks for work comes first.
_ORDER = ("expired", "in-force", "not-yet", "revoked")


@click.group(short_help="Accept risks for a while, list them, take them back.")
def exceptions() -> None:
    """Record that a risk is accepted for a while: a fail stays a fail, and comes back the day it ends."""


@exceptions.command()
@click.option("--control", "controls", multiple=True, metavar="ID", help="For this control; repeatable.")
@click.option("--check", "checks", multiple=True, metavar="ID", help="For fails of this check; repeatable.")
@click.option(
    "--subject",
    "subjects",
    multiple=True,
    metavar="PATTERN",
    help="For this address, network, zone:ID, or name or key with *; repeatable.",
)
@click.option("--requester", default="", help="Who asks for it.")
@click.option("--approver", default="", help="Who approves it: somebody else.")
@click.option("--owner", default="", help="Who answers for it.")
@click.option("--rationale", default="", help="Why the risk is accepted.")
@click.option("--compensating-control", default="", help="What is done instead, if anything.")
@click.option("--granted", default="", metavar="DAY", help="The first day it holds; default: today.")
@click.option("--expires", default="", metavar="DAY", help="The day on which it ends, within three years.")
@click.option(
    "--checks-dir", "folders", multiple=True, type=click.Path(path_type=Path), help="Also know the checks here."
)
@click.option("--dry-run", is_flag=True, help="Check everything; record nothing.")
@click.pass_obj
def add(settings: Settings, /, folders: tuple[Path, ...], dry_run: bool, **typed: object) -> None:
    """Record an exception in the ledger, and print its id.

    It covers what matches all that is given: with controls alone, those controls as a whole; with checks or subjects,
    the fails of those checks on those subjects, for those controls only, if any are given. No exception turns a fail
    into a pass, and none waives a required specification (45 CFR 164.306(d)(2)).
    """
    scope = _scope(settings)
    catalogs = _catalogs(settings, scope)
    known = registry.load_checks(folders, packs=scope.checks.packs).by_id
    on = _today(scope)
    with open_store(settings) as store:
        ledger = store.ledger()
        said = forms.acceptance(
            msgspec.convert(typed, forms.ExceptionForm),
            forms.next_id(ledger),
            catalogs=catalogs,
            checks=known,
            scope=scope,
            today=on,
        )
        for sentence in forms.warnings(said, ledger=ledger, catalogs=catalogs, scope=scope, today=on):
            click.echo(visible(f"Note: {sentence}"), err=True)
        if not dry_run:
            store.record([said], operator(), now(), after=ledger.position)
    click.echo(said.id)
    done = "It was checked, and not recorded." if dry_run else "It is recorded. The next report has it."
    console(settings).print(done)


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    state: HeldState
    controls: tuple[str, ...]
    checks: tuple[str, ...]
    subjects: tuple[str, ...]
    requester: str
    approver: str
    owner: str
    rationale: str
    compensating_control: str
    granted_on: date
    expires: date
    revoked_on: date | None
    revoked_why: str
    faults: tuple[str, ...]
    entry: int


@exceptions.command("list")
@click.option("--as-of", type=Instant(), help="As it stood on this day.")
@format_option
@click.pass_obj
def list_(settings: Settings, as_of: datetime | None, form: str) -> None:
    """List every exception with its state today; what each covers is in the report of a run."""
    scope = _scope(settings)
    with open_store(settings) as store:
        every = held(store.ledger(), _today(scope, as_of))
    rows = sorted(map(_row, every), key=lambda row: (_ORDER.index(row.state), row.expires))
    columns = [
        ("id", lambda row: row.id),
        ("state", lambda row: "covers nothing" if row.faults and row.state == "in-force" else _word(row)),
        ("expires", lambda row: row.expires.isoformat()),
        ("covers", _covers),
        ("people", lambda row: f"{row.owner}; approved by {row.approver}"),
        ("why", lambda row: row.rationale),
    ]
    print_listing("exceptions", rows, form, columns)
    counts = Counter(map(_word, rows))
    totals = ", ".join(f"{count} {word}" for word, count in counts.items())
    console(settings).print(f"{plural(len(rows), 'exception')}: {totals or 'none'}. None of them satisfies a control.")


def _word(row: _Row) -> str:
    return EXCEPTION_STATES[row.state].word.lower()


def _row(each: Held) -> _Row:
    said = {field: getattr(each.said, field) for field in each.said.__struct_fields__}
    return _Row(
        **said,
        state=each.state,
        revoked_on=each.revoked.revoked_on if each.revoked else None,
        revoked_why=each.revoked.reason if each.revoked else "",
        faults=tuple(faults(each.said)),
        entry=each.entry,
    )


def _covers(row: _Row) -> str:
    kinds = (("controls", row.controls), ("checks", row.checks), ("subjects", row.subjects))
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds if names)


@exceptions.command()
@click.argument("exception", metavar="ID")
@click.option("--reason", default="", help="Why it is taken back.")
@click.pass_obj
def revoke(settings: Settings, exception: str, reason: str) -> None:
    """Take the exception ID back from today on: what it covered is open again."""
    with open_store(settings) as store:
        ledger = store.ledger()
        said = forms.revocation(exception, reason, ledger=ledger, today=_today(_scope(settings)))
        store.record([said], operator(), now(), after=ledger.position)
    click.echo(said.exception)
    console(settings).print("It is taken back from today on.")


def _scope(settings: Settings) -> Scope:
    """The scope, or that of files where there is no posture.toml."""
    return load_scope(settings) if config_path(settings) else Scope.of_files()


def _catalogs(settings: Settings, scope: Scope) -> list[Catalog]:
    return catalog.every(scope.catalogs, base_folder(settings))


def _today(scope: Scope, as_of: datetime | None = None) -> date:
    return today(as_of or now(), scope.organisation.time_zone)
