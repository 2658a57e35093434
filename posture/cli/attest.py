"""`posture attest`: the questions that no scan can answer, out to officers and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import cast, get_args

import click
import msgspec
from rich.text import Text

from posture import catalog
from posture.assessment import AttestationResult
from posture.audit import operator
from posture.catalog import Catalog
from posture.cli.common import Instant, base_folder, console, format_option, load_scope, open_store, print_listing
from posture.cli.main import Settings
from posture.errors import PostureError
from posture.governance.ledger import Attachment, Statement
from posture.governance.period import today
from posture.presentation import ANSWERS, plural, visible
from posture.scope import Scope
from posture.store import now

__all__ = ["attest"]

# What asks for work comes first.
_STATES = {
    "expired": "expired",
    "expiring": "in force, ends soon",
    "missing": "missing",
    "not-yet": "not yet in force",
    "in-force": "in force",
}


@click.group(short_help="Ask officers by workbook, and take their answers back.")
def attest() -> None:
    """Write the workbook that officers answer in, take it back, and show what is missing or ends soon."""


_catalogs = click.option(
    "--catalog",
    "names",
    multiple=True,
    metavar="NAME",
    help="Ask about this catalog; repeatable. Default: the Security Rule and breach notification.",
)


def _every(scope: Scope, settings: Settings) -> list[Catalog]:
    """The catalogs that can be asked about: those that come with Posture, and the hospital's own."""
    return catalog.every(scope.catalogs, base_folder(settings))


def _only(_ctx: click.Context, _param: click.Parameter, value: str) -> frozenset[str]:
    from posture.questionnaire.asked import Only  # noqa: PLC0415  # as all of the workbook: only when it is used

    wanted = frozenset(name.strip() for name in value.split(",") if name.strip())
    if unknown := sorted(wanted - set(get_args(Only))):
        raise click.BadParameter(f"{unknown[0]!r} is not one of {', '.join(get_args(Only))}")
    return wanted


@attest.command()
@click.option(
    "-o",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("questions.xlsx"),
    show_default=True,
    help="The file to write.",
)
@_catalogs
@click.option(
    "--only", default="", callback=_only, metavar="STATES", help="Only those that are missing,expiring,expired."
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@click.pass_obj
def export(settings: Settings, out: Path, names: tuple[str, ...], only: frozenset[str], force: bool) -> None:
    """Write a workbook to fill in with Excel or LibreOffice, and print its path."""
    from posture.questionnaire import export as workbook  # noqa: PLC0415  # openpyxl takes its time to load
    from posture.questionnaire.asked import Only, chosen  # noqa: PLC0415  # as above

    scope = load_scope(settings)
    catalogs = chosen(_every(scope, settings), names)
    if out.exists() and not out.is_file():  # a pipe or a device: a workbook would take its place
        raise PostureError("it is no file", where=str(out), mend="name another with -o")
    if out.exists() and not force:
        raise PostureError("the file is there already", where=str(out), mend="name another with -o, or add --force")
    with open_store(settings) as store:
        ledger = store.ledger()
    try:
        written = workbook.export(
            out,
            catalogs=catalogs,
            scope=scope,
            ledger=ledger,
            as_of=now(),
            only=cast("frozenset[Only]", only),
        )
    except OSError as error:
        raise PostureError(f"it can't be written: {error.strerror}", where=str(out)) from error
    click.echo(out)
    asked = f"{plural(written.questions, 'question')} and {plural(written.decisions, 'addressable decision')}"
    console(settings).print(f"{asked}. Fill in the yellow columns; the first sheet says how.")


@attest.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--files", "folder", type=click.Path(path_type=Path), help="Where attached files lie; default: beside FILE."
)
@click.option("--dry-run", is_flag=True, help="Read and check everything; record nothing.")
@format_option
@click.pass_obj
def import_(settings: Settings, file: Path, folder: Path | None, dry_run: bool, form: str) -> None:
    """Take a workbook back that was filled in: all of it, or all of its mistakes by sheet and cell and nothing."""
    from posture.questionnaire import grid  # noqa: PLC0415  # openpyxl takes its time to load
    from posture.questionnaire.answered import Desk  # noqa: PLC0415  # as above
    from posture.questionnaire.files import Folder  # noqa: PLC0415  # as above
    from posture.questionnaire.take import take  # noqa: PLC0415  # as above

    scope = load_scope(settings)
    files = Folder(folder or file.parent)
    if not files.path.is_dir():
        raise PostureError("there is no such folder", where=str(files.path), mend="name the folder of the files")
    at = now()
    with open_store(settings) as store:
        ledger = store.ledger()
        desk = Desk(
            catalogs=_every(scope, settings),
            scope=scope,
            ledger=ledger,
            today=today(at, scope.organisation.time_zone),
            attach=files.attach,
        )
        taken = take(grid.load(file), desk, file)
        if taken.statements and not dry_run:
            contents = files.contents(_attached(taken.statements))
            store.record(taken.statements, operator(), at, contents, after=ledger.position)
    for note in taken.notes:
        console(settings).print(Text(visible(note)))
    click.echo(taken.summary("would record" if dry_run else "recorded"), err=form == "json")
    recorded = [_Recorded.of(statement, entry) for entry, statement in enumerate(taken.statements, ledger.position + 1)]
    if form == "json":
        print_listing("statements", recorded, form, ())
    else:
        for each in recorded:
            click.echo(visible(each.line))


class _Recorded(msgspec.Struct, frozen=True, kw_only=True):
    entry: int
    kind: str
    catalog: str = ""
    control: str = ""
    party: str = ""
    said: str = ""

    @classmethod
    def of(cls, statement: Statement, entry: int) -> _Recorded:
        """What a statement is about, and its number in the ledger."""
        fields = {name: getattr(statement, name, "") for name in ("catalog", "control", "party")}
        said = next(
            (getattr(statement, name) for name in ("answer", "choice", "title") if hasattr(statement, name)), ""
        )
        return cls(entry=entry, kind=str(statement.__struct_config__.tag), said=said, **fields)

    @property
    def line(self) -> str:
        """As the terminal shows it."""
        return " ".join(
            filter(None, (str(self.entry), self.kind, self.control, self.party and f"({self.party})", self.said))
        )


def _attached(statements: Iterable[Statement]) -> list[Attachment]:
    return [file for statement in statements for file in getattr(statement, "attachments", ())]


@attest.command()
@_catalogs
@click.option("--as-of", type=Instant(), help="As it stands at this instant; default: now.")
@format_option
@click.pass_obj
def status(settings: Settings, names: tuple[str, ...], as_of: datetime | None, form: str) -> None:
    """Show for each question whether its answer is missing, in force, ending soon or expired."""
    from posture.governance.answers import attestations  # noqa: PLC0415  # as asked: only when it is used
    from posture.questionnaire.asked import chosen  # noqa: PLC0415  # as above

    scope = load_scope(settings)
    catalogs = chosen(_every(scope, settings), names)
    with open_store(settings) as store:
        ledger = store.ledger()
    urgency = list(_STATES)
    rows = sorted(attestations(ledger, catalogs, scope, as_of or now()), key=lambda row: urgency.index(_state(row)))
    sites = {site.id: site.name for site in scope.site}
    columns = [
        ("control", lambda row: f"{row.control} {row.title}"),
        ("asked of", lambda row: sites.get(row.party, row.party) or "the organisation"),
        ("state", lambda row: _STATES[_state(row)]),
        ("ends on", lambda row: str(row.expires or "")),
        ("answer", lambda row: f"{ANSWERS.get(row.answer, row.answer)}, {row.owner}" if row.owner else ""),
    ]
    print_listing("attestations", rows, form, columns)
    counts = Counter(map(_state, rows))
    totals = ", ".join(f"{counts[name]} {word}" for name, word in _STATES.items() if counts[name])
    console(settings).print(f"{plural(len(rows), 'question')}: {totals or 'none'}.")


def _state(row: AttestationResult) -> str:
    return "expiring" if row.expiring else row.state
