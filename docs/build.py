"""Make the reference pages from the code: `python docs/build.py`; `--check` says whether they are as made."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from posture import catalog, registry
from posture.audit import Audit
from posture.check_page import page
from posture.cli.main import cli
from posture.scope import Scope
from posture.store import Store, now
from posture.testing import Quiet
from posture.thresholds import Thresholds

DOCS = Path(__file__).parent
SCHEMA = msgspec.json.schema(Scope)["$defs"]
MADE = "<!-- Made by docs/build.py from the code: don't edit it here. -->\n"


def checks_page() -> str:
    """Every check, as `posture checks show` tells it."""
    parts = [f"# Checks\n\n{MADE}"]
    for check in registry.load_checks().by_id.values():
        each = page(check, catalog.built_in(), catalog.SCORED)
        numbers = " ".join(f"`{limit.name}` = {limit.default}. {limit.description}" for limit in each.thresholds)
        elsewhere = "; ".join(f"{name}: {', '.join(controls)}" for name, controls in each.elsewhere.items())
        parts.append(
            f"## {each.id}\n\n**{each.title}** · {each.severity} · reads `{each.reads}`\n\n{each.summary}\n\n"
            f"*Why it matters.* {each.why}\n\n*How to fix.* {each.fix}\n\n"
            + (f"*Your policy.* {numbers}\n\n" if numbers else "")
            + (f"*Sources.* {each.sources}\n\n" if each.sources else "")
            + f"A fail contradicts: {', '.join(each.contradicts) or 'no control'}. "
            f"It supports: {', '.join(each.supports) or 'no control'}.\n"
            + (f"\nIn other catalogs: {elsewhere}.\n" if elsewhere else "")
        )
    return "\n".join(parts)


def command_page() -> str:
    """The help of every command."""
    parts = [f"# The command line\n\n{MADE}"]
    context = click.Context(cli, info_name="posture")
    for path, command in _commands(cli, context):
        parts.append(f"## {path}\n\n```\n{command}\n```\n")
    return "\n".join(parts)


def _commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    context.max_content_width = context.terminal_width = 100
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _commands(child, click.Context(child, parent=context, info_name=name))


def configuration_page() -> str:
    """Every table and key of posture.toml."""
    parts = [f"# posture.toml\n\n{MADE}"]
    for name, table in SCHEMA.items():
        if name == "Thresholds" or "properties" not in table:
            continue
        rows = [
            f"| `{key}` | {'yes' if key in table.get('required', ()) else ''} | {_type(value)} | "
            f"{value.get('description', '')} |"
            for key, value in table["properties"].items()
        ]
        parts.append(
            f"## {name}\n\n{table.get('description', '')}\n\n"
            "| key | required | value | meaning |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"
        )
    rows = [
        f"| `{key}` | {value.get('default', '')} | {value.get('description', '')} |"
        for key, value in SCHEMA["Thresholds"]["properties"].items()
    ]
    parts.append(
        f"## thresholds\n\n{Thresholds.__doc__}\n\n| key | default | meaning |\n| --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n"
    )
    return "\n".join(parts)


def csv_page() -> str:
    """Every table of the CSV archive, as it is for a run that found nothing: what a row is, and its columns."""
    written = "How values are written is told [with the formats](formats.md#csv)."
    parts = [f"# The tables of the CSV archive\n\n{MADE}\n{written}\n"]
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "posture.db") as store:
        audit = Audit(store, registry.collectors(), Quiet(), base=Path(folder))
        nothing = audit.judge(audit.begin(Scope.of_files(), now()))
    for table in registry.renderers()["csv"].tables(nothing):  # type: ignore[attr-defined]  # reports/csv.py
        columns = ", ".join(f"`{each}`" for each in table.columns)
        parts.append(f"## {table.name}.csv\n\n{table.about}\n\nColumns: {columns}.\n")
    return "\n".join(parts)


def _type(value: dict[str, object]) -> str:
    if "$ref" in value:
        name = str(value["$ref"]).rpartition("/")[2]
        return _type(SCHEMA[name]) if "enum" in SCHEMA[name] else f"a [{name}](#{name.lower()})"
    if "enum" in value:
        return " ".join(f"`{each}`" for each in value["enum"])  # type: ignore[attr-defined]  # JSON Schema: a list
    if "anyOf" in value:
        return " or ".join(_type(each) for each in value["anyOf"] if each.get("type") != "null")  # type: ignore[attr-defined]  # as above
    if value.get("type") == "array":
        items = value.get("items")
        return f"list of {_type(items)}" if isinstance(items, dict) else "list"
    return str(value.get("type", ""))


PAGES = {
    "checks.md": checks_page,
    "command-line.md": command_page,
    "configuration.md": configuration_page,
    "csv.md": csv_page,
}


def main() -> int:
    """Write the pages, or with --check compare them; 1 where one is not as made."""
    stale = []
    for name, make in PAGES.items():
        page, text = DOCS / name, make()
        if "--check" in sys.argv:
            if not page.is_file() or page.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            page.write_text(text, encoding="utf-8")
    if stale:
        print(f"Not as the code makes them: {', '.join(stale)}. Run: make docs")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
