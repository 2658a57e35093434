"""What several commands do alike: find the configuration and the store, and print listings."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from posture import configuration
from posture.cli.main import Settings
from posture.errors import PostureError
from posture.presentation import visible
from posture.pseudonyms import Pseudonyms
from posture.scope import Scope
from posture.sealing import keys
from posture.sealing.custody import Actor
from posture.sealing.sealer import Sealer
from posture.store import Store

__all__ = [
    "Instant",
    "base_folder",
    "console",
    "format_option",
    "load_scope",
    "open_store",
    "print_listing",
    "pseudonyms",
    "scope_or_none",
    "sealer",
]

_YEARS = (1970, 2999)
_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Characters that JSON may hold as they are, and that a terminal would obey."""

F = TypeVar("F", bound=Callable[..., Any])


def console(settings: Settings | None = None) -> Console:
    """Where messages go: stderr, or nowhere with -q."""
    return Console(stderr=True, highlight=False, quiet=bool(settings and settings.quiet))


def config_path(settings: Settings) -> Path | None:
    """The configuration named, or the one in this folder, if there is one."""
    if settings.config is not None:
        return settings.config
    here = Path("posture.toml")
    return here if here.is_file() else None


def base_folder(settings: Settings) -> Path:
    """The folder that relative names in the configuration start from."""
    path = config_path(settings)
    return path.parent if path else Path()


def load_scope(settings: Settings) -> Scope:
    """The scope of posture.toml. Raises PostureError where there is none."""
    path = config_path(settings)
    if path is None:
        raise PostureError("there is no posture.toml here", mend="write one with: posture init, or name one with -c")
    return configuration.load(path)


def open_store(settings: Settings) -> Store:
    """The store named, or posture.db beside posture.toml, or the one in the user's data folder."""
    path = config_path(settings)
    where = settings.store or (path.parent if path else Path(click.get_app_dir("posture"))) / "posture.db"
    return Store(where, Actor.here(_roles(path)))


def _roles(path: Path | None) -> dict[str, str]:
    """The roles that posture.toml gives to people; a listing works where the rest of it has mistakes."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))["custody"]["roles"] if path else {}
        return {str(user): str(role) for user, role in said.items()}
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return {}


def scope_or_none(settings: Settings) -> Scope | None:
    """The scope of posture.toml, where there is one."""
    return load_scope(settings) if config_path(settings) else None


def sealer(settings: Settings, store: Store) -> Sealer:
    """What seals the runs of the store. Raises PostureError where it can't: before anybody is asked anything."""

    def tell(message: str) -> None:
        if not settings.quiet:
            click.echo(f"posture: {visible(message)}", err=True)

    return Sealer.of(store, scope_or_none(settings), base_folder(settings), tell)


def pseudonyms(settings: Settings, store: Store) -> Pseudonyms:
    """Pseudonyms by the hospital's own key, which lies beside the sealing key, and is made where there is none."""
    scope, base = scope_or_none(settings), base_folder(settings)
    kept = keys.place(scope.seal, base, store) if scope else keys.default_place(store)
    return Pseudonyms(keys.pseudonym_key(keys.pseudonym_place(kept)))


class Instant(click.ParamType[datetime]):
    """An instant: a date, or a date and time with a zone (UTC if it has none)."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401  # click's signature
        """Read ISO 8601."""
        if isinstance(value, datetime):
            return value
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2026-11-24 or 2026-11-24T12:00:00-06:00", param, ctx)
        if not _YEARS[0] <= parsed.year <= _YEARS[1]:
            self.fail(f"{value!r} is not of the years {_YEARS[0]} to {_YEARS[1]}", param, ctx)
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def format_option(function: F) -> F:
    """`--format text|json`, as every listing has it."""
    return click.option(
        "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
    )(function)


def print_listing(
    noun: str, items: Iterable[object], form: str, columns: Sequence[tuple[str, Callable[[Any], str]]]
) -> None:
    """A table, or one JSON object with the plural noun as its key."""
    items = list(items)
    if form == "json":
        text = msgspec.json.format(msgspec.json.encode({noun: items}), indent=2).decode()
        sys.stdout.buffer.write(_UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text).encode() + b"\n")
        return
    out = Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, _ in columns:
        table.add_column(heading, overflow="fold")
    for item in items:
        table.add_row(*(Text(visible(text(item))) for _, text in columns))
    if not out.is_terminal:
        out.width = max(out.width, 160)
    out.print(table)
