"""`posture checks`, `controls` and `plugins`: what there is."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import click
import msgspec

from posture import catalog, crosswalk, registry
from posture.assessment import Crosswalk
from posture.check_page import CheckPage, page
from posture.cli.common import config_path, format_option, load_scope, print_listing
from posture.cli.main import Settings
from posture.errors import PostureError
from posture.presentation import plural, visible

__all__ = ["checks", "controls", "plugins"]


def _pages(folders: tuple[Path, ...] = ()) -> list[CheckPage]:
    built_in = catalog.built_in()
    return [page(check, built_in, catalog.SCORED) for check in registry.load_checks(folders).by_id.values()]


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
    print_listing("checks", _pages(folders), form, columns)


@checks.command("show")
@click.argument("check")
@_folders
def show_check(check: str, folders: tuple[Path, ...]) -> None:
    """Show a check: what it reads and decides, why it matters, how to mend it, its controls, numbers and sources."""
    found = next((each for each in _pages(folders) if each.id == check), None)
    if found is None:
        raise PostureError(f"there is no check {check!r}", mend="posture checks list")
    policy = " ".join(f"{each.name} = {each.default}. {each.description}" for each in found.thresholds)
    parts = [
        ("Reads", found.reads),
        ("Decides", found.summary),
        ("Why it matters", found.why),
        ("How to fix", found.fix),
        ("A fail contradicts", ", ".join(found.contradicts) or "no control"),
        ("It supports", ", ".join(found.supports) or "no control"),
        *((f"In {name}", ", ".join(controls)) for name, controls in found.elsewhere.items()),
        ("Your policy", policy and f"{policy} Set it in [thresholds] of posture.toml; HIPAA sets no number."),
        ("Sources", found.sources),
    ]
    text = "\n\n".join(f"{heading}\n{_wrapped(body)}" for heading, body in parts if body)
    click.echo(visible(f"{found.id} ({found.severity}): {found.title}\n\n{text}"))


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


@click.group()
def controls() -> None:
    """List and show controls."""


_catalog = click.option(
    "--catalog",
    "source",
    default=catalog.SCORED,
    show_default=True,
    metavar="NAME|FILE",
    help="Which catalog: one of `posture plugins list`, or a file of your own (TOML, or OSCAL in JSON).",
)


def _chosen(source: str, settings: Settings) -> catalog.Catalog:
    """A catalog that comes with Posture, the view of a crosswalk, or a hospital's own file: by name first."""
    own = catalog.built_in()
    views = {table.id: crosswalk.view(table) for table in crosswalk.built_in()}
    if found := own.get(source) or views.get(source):
        return found
    if not os.path.exists(source):  # noqa: PTH110  # pathlib's raises for a name that is too long
        names = ", ".join(sorted(own.keys() | views.keys()))
        raise PostureError(f"there is no such catalog: {source!r}", mend=f"there are: {names}; or name a file")
    loaded = catalog.load(Path(source))
    packs = load_scope(settings).checks.packs if config_path(settings) else ()
    catalog.refuse_unknown_checks(loaded, registry.load_checks(packs=packs).by_id, source)
    return loaded


@controls.command("list")
@_catalog
@format_option
@click.pass_obj
def list_controls(settings: Settings, source: str, form: str) -> None:
    """List the controls of a catalog, with the methods that decide each."""
    columns = [
        ("id", lambda row: row.id),
        ("R/A", lambda row: row.requirement or ""),
        ("kind", lambda row: row.kind),
        ("methods", lambda row: " ".join(row.methods)),
        ("title", lambda row: row.title),
    ]
    rows = _chosen(source, settings).control
    if any(row.anchors for row in rows):
        columns.append(("bears on", lambda row: " ".join(row.anchors)))
    print_listing("controls", rows, form, columns)


_ASKED_OF = {"organisation": "the organisation", "legal-entity": "each legal entity", "site": "each site"}


@controls.command("show")
@click.argument("control")
@_catalog
@click.pass_obj
def show_control(settings: Settings, control: str, source: str) -> None:
    """Show a control: what its owner is asked, what decides it, and what bears on it."""
    chosen = _chosen(source, settings)
    row = next((row for row in chosen.control if row.id == control), None)
    if row is None:
        raise PostureError(f"there is no control {control!r}", mend=f"posture controls list --catalog {source}")
    click.echo(visible(_shown(row, chosen.catalog)))


def _shown(row: catalog.Control, head: catalog.Head) -> str:
    asked = f"{_ASKED_OF[row.per]}; an answer holds {plural(row.months, 'month')} at most" if row.question else ""
    none = "no check" if row.methods else ""
    across = crosswalk.of(row.id) if head.id == catalog.SCORED else ()
    lines = [
        ("Catalog", f"{head.title} ({head.status})"),
        ("Question", row.question),
        ("Asked of", asked),
        ("Hand in", row.attach),
        ("Not applicable", row.not_applicable_when),
        ("Decided by", ", ".join(row.methods) or ("its standards" if row.kind == "general-rule" else "")),
        ("Contradicted by", ", ".join(row.contradicted_by) or none),
        ("Supported by", ", ".join(row.supported_by) or none),
        ("Bears on", ", ".join(row.anchors)),
        *((each.framework, _crossed(each)) for each in across),
        ("Note", row.note),
    ]
    marked = f" ({row.requirement})" if row.requirement else ""
    listed = "\n".join(f"{name:<16} {text}" for name, text in lines if text)
    return f"{row.id}: {row.title}{marked}\n\n{row.text}\n\n{listed}"


def _crossed(each: Crosswalk) -> str:
    return " ".join(filter(None, (each.id, each.title, each.strength and f"({each.strength})")))


class _Plugin(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    name: str
    status: str = ""
    title: str = ""


@click.group()
def plugins() -> None:
    """List collectors, report formats, catalogs and crosswalks."""


@plugins.command("list")
@format_option
@click.pass_obj
def list_plugins(settings: Settings, form: str) -> None:
    """List what this installation can do, with the packs that posture.toml names."""
    packs = load_scope(settings).checks.packs if config_path(settings) else ()
    rows = [
        *(_Plugin(kind="collector", name=name) for name in registry.collectors(packs)),
        *(_Plugin(kind="report", name=name) for name in registry.renderers()),
        *(
            _Plugin(kind="catalog", name=name, status=each.catalog.status, title=each.catalog.title)
            for name, each in catalog.built_in().items()
        ),
        *(_Plugin(kind="crosswalk", name=table.id, title=table.title) for table in crosswalk.built_in()),
    ]
    columns = [
        ("kind", lambda row: row.kind),
        ("name", lambda row: row.name),
        ("status", lambda row: row.status),
        ("title", lambda row: row.title),
    ]
    print_listing("plugins", rows, form, columns)
