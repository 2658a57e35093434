"""`posture checks`, `controls` and `plugins`: what there is."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from posture import catalog, registry
from posture.cli.common import format_option, print_listing
from posture.errors import PostureError

__all__ = ["checks", "controls", "plugins"]

_DEFAULT = "hipaa-security-rule"


class _CheckRow(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    severity: str
    reads: str
    summary: str
    why: str
    fix: str
    contradicts: tuple[str, ...]
    supports: tuple[str, ...]


def _check_rows(folders: tuple[Path, ...] = ()) -> list[_CheckRow]:
    hipaa = catalog.built_in()[_DEFAULT]
    rows = []
    for check in registry.load_checks(folders).by_id.values():
        contradicts, supports = hipaa.bearing(check.id)
        rows.append(
            _CheckRow(
                id=check.id,
                title=check.title,
                severity=check.severity.value,
                reads=check.reads,
                summary=check.summary,
                why=check.why,
                fix=check.fix,
                contradicts=contradicts,
                supports=supports,
            )
        )
    return rows


@click.group()
def checks() -> None:
    """List and show checks."""


_folders = click.option(
    "--checks-dir", "folders", multiple=True, type=click.Path(path_type=Path), help="Also the checks here."
)


@checks.command("list")
@_folders
@format_option
def list_checks(folders: tuple[Path, ...], form: str) -> None:
    """List all checks."""
    columns = [
        ("id", lambda row: row.id),
        ("severity", lambda row: row.severity),
        ("reads", lambda row: row.reads),
        ("title", lambda row: row.title),
    ]
    print_listing("checks", _check_rows(folders), form, columns)


@checks.command("show")
@click.argument("check")
@_folders
def show_check(check: str, folders: tuple[Path, ...]) -> None:
    """Show what a check decides, why it matters, how to mend it, and the controls it bears on."""
    row = next((row for row in _check_rows(folders) if row.id == check), None)
    if row is None:
        raise PostureError(f"there is no check {check!r}", mend="posture checks list")
    click.echo(
        f"{row.id} ({row.severity}): {row.title}\n\n{row.summary}\n\nWhy it matters\n  {row.why}\n\n"
        f"How to fix\n  {row.fix}\n\nReads        {row.reads}\nContradicts  {', '.join(row.contradicts) or 'nothing'}\n"
        f"Supports     {', '.join(row.supports) or 'nothing'}"
    )


@click.group()
def controls() -> None:
    """List and show controls."""


_catalog = click.option(
    "--catalog", "source", default=_DEFAULT, show_default=True, metavar="NAME|FILE", help="Which catalog."
)


def _chosen(source: str) -> catalog.Catalog:
    return catalog.built_in().get(source) or catalog.load(Path(source))


@controls.command("list")
@_catalog
@format_option
def list_controls(source: str, form: str) -> None:
    """List the controls of a catalog, with the methods that decide each."""
    columns = [
        ("id", lambda row: row.id),
        ("R/A", lambda row: row.requirement or ""),
        ("kind", lambda row: row.kind),
        ("methods", lambda row: " ".join(method.value for method in row.methods)),
        ("title", lambda row: row.title),
    ]
    print_listing("controls", _chosen(source).control, form, columns)


@controls.command("show")
@click.argument("control")
@_catalog
def show_control(control: str, source: str) -> None:
    """Show a control, the methods that decide it, and the checks that bear on it."""
    row = next((row for row in _chosen(source).control if row.id == control), None)
    if row is None:
        raise PostureError(f"there is no control {control!r}", mend="posture controls list")
    click.echo(
        f"{row.id}: {row.title}{f' ({row.requirement})' if row.requirement else ''}\n\n{row.text}\n\n"
        f"Decided by       {', '.join(method.value for method in row.methods) or 'its standards'}\n"
        f"Contradicted by  {', '.join(row.contradicted_by) or 'no check'}\n"
        f"Supported by     {', '.join(row.supported_by) or 'no check'}"
    )


class _Plugin(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    name: str


@click.group()
def plugins() -> None:
    """List collectors, report formats and catalogs."""


@plugins.command("list")
@format_option
def list_plugins(form: str) -> None:
    """List what this installation can do."""
    rows = [
        *(_Plugin(kind="collector", name=name) for name in registry.collectors()),
        *(_Plugin(kind="report", name=name) for name in registry.renderers()),
        *(_Plugin(kind="catalog", name=name) for name in catalog.built_in()),
    ]
    print_listing("plugins", rows, form, [("kind", lambda row: row.kind), ("name", lambda row: row.name)])
