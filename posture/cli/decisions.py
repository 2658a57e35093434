"""`posture decisions`: what was decided about addressable specifications, 45 CFR 164.306(d)(3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import get_args

import click
import msgspec

from posture import catalog
from posture.assessment import DecisionResult
from posture.audit import operator
from posture.cli.common import Instant, console, format_option, load_scope, open_store, print_listing
from posture.cli.main import Settings
from posture.governance import answers, forms
from posture.governance.ledger import Attachment, Choice
from posture.governance.period import today
from posture.presentation import ANSWER_STATES, CHOICES, plural
from posture.questionnaire.files import Folder
from posture.store import now

__all__ = ["decisions"]

# What asks for work comes first.
_ORDER = ("expired", "missing", "not-yet", "in-force")


@click.group(short_help="Decide about addressable specifications, and list decisions.")
def decisions() -> None:
    """Record what was decided about an addressable specification, and list decisions: 45 CFR 164.306(d)(3)."""


@decisions.command("list")
@click.option("--as-of", type=Instant(), help="As it stood on this day.")
@format_option
@click.pass_obj
def list_(settings: Settings, as_of: datetime | None, form: str) -> None:
    """List every addressable specification with its decision, or that there is none: then it is no option, but a gap.

    Where it is implemented, that is attested instead, and needs no decision.
    """
    scope = load_scope(settings)
    with open_store(settings) as store:
        ledger = store.ledger()
    found = answers.decisions(ledger, catalog.built_in()[catalog.SCORED], scope, as_of or now())
    rows = sorted(found, key=lambda row: _ORDER.index(row.state))
    sites = {site.id: site.name for site in scope.site}
    columns = [
        ("specification", lambda row: f"{row.control} {row.title}"),
        ("asked of", lambda row: sites.get(row.party, row.party)),
        ("decision", _decided),
        ("approver", lambda row: row.approver),
        ("review by", lambda row: str(row.review_by or "")),
    ]
    print_listing("decisions", rows, form, columns)
    counts = Counter[str](row.state for row in rows)
    totals = ", ".join(f"{counts[state]} {ANSWER_STATES[state].word.lower()}" for state in _ORDER if counts[state])
    console(settings).print(f"{plural(len(rows), 'decision')} that can be asked for: {totals or 'none'}.")


def _decided(row: DecisionResult) -> str:
    state = ANSWER_STATES[row.state].word.lower()
    return f"{state}: {CHOICES.get(row.choice, row.choice)}, {row.decided_on}" if row.choice else state


@decisions.command()
@click.argument("control")
@click.option("--choice", default="", metavar="CHOICE", help=f"One of {', '.join(get_args(Choice))}.")
@click.option("--party", default="", help="Legal entity (name) or site (id), where each decides for itself.")
@click.option("--why-not", default="", help="Why it is not reasonable and appropriate here.")
@click.option("--measure", default="", help="The equivalent alternative, or why there is none.")
@click.option("--risk-analysis", default="", help="Where in the risk analysis this was weighed.")
@click.option("--approver", default="", help="Who approved it.")
@click.option("--decided", default="", metavar="DAY", help="The day of the decision; default: today.")
@click.option("--review-by", default="", metavar="DAY", help="The day by which it is reviewed: it holds until then.")
@click.option("--file", "files", multiple=True, type=click.Path(path_type=Path), help="Attach this; repeatable.")
@click.option("--dry-run", is_flag=True, help="Check everything; record nothing.")
@click.pass_obj
def add(settings: Settings, /, control: str, files: tuple[Path, ...], dry_run: bool, **typed: object) -> None:
    """Record a decision about CONTROL in the ledger."""
    scope = load_scope(settings)
    folders = {path: Folder(path.parent) for path in files}
    attached: dict[str, Attachment | str] = {str(path): folder.attach(path.name) for path, folder in folders.items()}
    with open_store(settings) as store:
        ledger = store.ledger()
        said = forms.decision(
            msgspec.convert({**typed, "control": control, "files": attached}, forms.DecisionForm),
            catalog=catalog.built_in()[catalog.SCORED],
            scope=scope,
            ledger=ledger,
            today=today(now(), scope.organisation.time_zone),
        )
        if not dry_run:
            store.record([said], operator(), now(), _contents(folders, attached), after=ledger.position)
    click.echo(said.control)
    done = "It was checked, and not recorded." if dry_run else "It is recorded. The next report has it."
    console(settings).print(done)


def _contents(folders: Mapping[Path, Folder], attached: Mapping[str, Attachment | str]) -> Iterator[bytes]:
    for path, folder in folders.items():
        known = attached[str(path)]
        if isinstance(known, Attachment):
            yield from folder.contents([known])
