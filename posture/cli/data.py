"""`posture data`: end-of-support dates and flaws known to be exploited, imported from files."""

from __future__ import annotations

import stat
from datetime import date, datetime
from pathlib import Path

import click
import msgspec

from posture.audit import operator
from posture.cli.common import console, format_option, open_store, print_listing
from posture.cli.main import Settings
from posture.errors import PostureError
from posture.presentation import visible
from posture.reference import Kind, speaking
from posture.reference.files import MAX_BYTES
from posture.reference.kept import documents, keep
from posture.store import now

__all__ = ["data"]


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    kind: Kind
    subjects: list[str]
    records: int
    dated: date
    age_days: int
    complete: bool
    in_force: bool
    origin: str
    source: str
    sha256: str


@click.group()
def data() -> None:
    """End-of-support dates and known exploited vulnerabilities: what is known, and newer data from files."""


@data.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Take a file that is older than what is there.")
@click.option("--product", default="", help="endoflife.date's name of the product, where the file does not say it.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The file's day, where it does not say it.")
@click.pass_obj
def import_(settings: Settings, files: tuple[Path, ...], force: bool, product: str, day: datetime | None) -> None:
    """Import FILES of endoflife.date, CISA's KEV or NVD's CVE API 2.0; each is known by its content.

    They come by hand or by a proxy: Posture itself fetches nothing. Runs that were judged before keep what they had.
    """
    told = console(settings)
    with open_store(settings) as store:
        for file in files:
            content = _read(file)
            found = keep(
                store,
                content,
                file.name,
                by=operator(),
                at=now(),
                product=product,
                dated=day.date() if day else None,
                force=force,
            )
            name = visible(file.name)
            if found is None:
                told.print(f"{name}: this is in force already", markup=False)
            else:
                told.print(f"{name}: {found.kind}, {found.records:,} records of {found.dated}", markup=False)


@data.command("list")
@format_option
@click.pass_obj
def list_(settings: Settings, form: str) -> None:
    """List the reference data, and which of it is in force."""
    with open_store(settings) as store:
        every = documents(store)
    winners = speaking(every)
    today = now().date()
    rows = [
        _Row(
            kind=each.kind,
            subjects=sorted(subject for subject in each.subjects if winners[subject] is each),
            records=each.records,
            dated=each.dated,
            age_days=(today - each.dated).days,
            complete=each.complete,
            in_force=any(winners[subject] is each for subject in each.subjects),
            origin="forced" if each.forced else "imported" if each.imported else "shipped",
            source=each.source,
            sha256=each.sha256,
        )
        for each in sorted(every, key=lambda each: (each.kind, each.dated), reverse=True)
    ]
    columns = [
        ("kind", lambda row: row.kind),
        ("date", lambda row: str(row.dated)),
        ("days old", lambda row: str(row.age_days)),
        ("records", lambda row: f"{row.records:,}{'' if row.complete else ' (extract)'}"),
        ("in force", lambda row: "yes" if row.in_force else "no"),
        ("from", lambda row: row.origin),
        ("source", lambda row: row.source),
        ("sha256", lambda row: row.sha256[:16]),
    ]
    print_listing("data", rows, form, columns)


def _read(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise PostureError("it is no file", where=str(path), mend="name the file itself")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        why = error.strerror if isinstance(error, OSError) else str(error)
        mend = "see that the path is right, and that you may read it"
        raise PostureError(f"it can't be read: {why}", where=str(path), mend=mend) from error
    return content
