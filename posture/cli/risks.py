"""`posture risks`: the risk register, and who deals with what until when."""

from __future__ import annotations

import difflib
from collections import Counter
from datetime import date
from typing import Literal, TypeAlias, get_args

import click

from posture.assessment import Risk
from posture.audit import operator
from posture.cli.common import console, format_option, open_store, print_listing
from posture.cli.main import Settings
from posture.errors import PostureError
from posture.governance.ledger import Treatment
from posture.presentation import LEVELS, RISK_STATES, plural, visible
from posture.store import now

__all__ = ["risks"]

_MOST_OWNER, _MOST_NOTE = 200, 4_000
_STATES = ("open", "accepted", "not-seen", "closed")
_Response: TypeAlias = Literal["mitigate", "accept", "transfer", "avoid"]


@click.group(short_help="List the risk register, and assign risks.")
def risks() -> None:
    """List the risk register, and say who deals with a risk, how and until when."""


@risks.command("list")
@click.argument("run", required=False)
@click.option("--state", "states", multiple=True, type=click.Choice(_STATES), help="Only these; repeatable.")
@format_option
@click.pass_obj
def list_(settings: Settings, run: str | None, states: tuple[str, ...], form: str) -> None:
    """List the register of RUN (the latest, if none is named), the worst first, as it was judged."""
    with open_store(settings) as store:
        every = store.assessment(store.run(run).id).risks
    columns = [
        ("place", lambda row: str(row.place)),
        ("id", lambda row: row.id),
        ("risk", lambda row: LEVELS[row.level].word.lower()),
        ("state", lambda row: RISK_STATES[row.state].word.lower()),
        ("title", lambda row: row.title),
        ("owner", lambda row: row.owner or "nobody"),
        ("due", _due),
    ]
    rows = [risk for risk in every if not states or risk.state in states]
    print_listing("risks", rows, form, columns)
    counts, overdue = Counter[str](risk.state for risk in rows), sum(risk.overdue for risk in rows)
    totals = [f"{counts[state]} {RISK_STATES[state].word.lower()}" for state in _STATES if counts[state]]
    totals += [f"{overdue} overdue"] if overdue else []
    console(settings).print(f"{plural(len(rows), 'risk')}: {', '.join(totals) or 'none'}.")


def _due(risk: Risk) -> str:
    if risk.due is None:
        return ""
    return f"{risk.due.isoformat()}{' (overdue)' if risk.overdue else ''}"


class _Day(click.ParamType[date]):
    name = "day"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a day of ISO 8601."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2026-11-24", param, ctx)


@risks.command()
@click.argument("risk")
@click.option("--owner", required=True, help="Who deals with it.")
@click.option("--response", type=click.Choice(get_args(_Response)), default="mitigate", show_default=True, help="How.")
@click.option("--due", type=_Day(), metavar="DAY", help="The last day for it, such as 2026-11-24.")
@click.option("--note", default="", help="Anything else.")
@click.pass_obj
def assign(settings: Settings, risk: str, owner: str, response: _Response, due: date | None, note: str) -> None:  # noqa: PLR0913, PLR0917  # one parameter an option, as click gives them
    """Record who deals with RISK, an id of the latest run's register, in the ledger."""
    owner, note = owner.strip(), note.strip()
    if not owner or len(owner) > _MOST_OWNER:
        raise click.UsageError(f"--owner needs a name of 1 to {_MOST_OWNER} characters")
    if len(note) > _MOST_NOTE:
        raise click.UsageError(f"--note can have {_MOST_NOTE:,} characters at most")
    with open_store(settings) as store:
        run = store.run(None)
        known = {each.id: each for each in store.assessment(run.id).risks}
        found = known.get(risk.strip().upper())
        if found is None:
            near = difflib.get_close_matches(risk.strip().upper(), known, 1)
            raise PostureError(
                f"there is no risk {risk!r} in the register of {run.id}",
                mend=f"did you mean {near[0]}?" if near else "posture risks list",
            )
        if found.state == "closed":
            raise PostureError(f"{found.id} is closed: there is nothing to deal with", mend="posture risks list")
        treatment = Treatment(risk=found.id, owner=owner, response=response, due=due, note=note)
        store.record([treatment], operator(), now())
    click.echo(found.id)
    click.echo(visible(f"{found.title}: {owner} is recorded. The next run's register has it."), err=True)
