"""The `posture` command: global options, and the one place where errors become words and exit codes."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click
import msgspec

from posture import __version__
from posture.errors import PostureError

__all__ = ["Settings", "main"]

_COMMANDS = {
    "attest": "attest",
    "audit": "audit",
    "canary": "canary",
    "checks": "listings",
    "controls": "listings",
    "data": "data",
    "decisions": "decisions",
    "demo": "demo",
    "doctor": "setup",
    "evidence": "evidence",
    "exceptions": "exceptions",
    "init": "setup",
    "keys": "keys",
    "plan": "setup",
    "plugins": "listings",
    "report": "report",
    "risks": "risks",
    "runs": "runs",
}
"""Each command's module in `posture.cli`: loaded when it is run, so that --help costs nothing."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The global options."""

    config: Path | None
    store: str | None
    verbose: bool
    quiet: bool
    debug: bool


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"posture.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="posture")
@click.option(
    "-c", "--config", type=click.Path(path_type=Path), help="The posture.toml; default: here, if there is one."
)
@click.option("--store", envvar="POSTURE_STORE", help="Where runs are kept: a path or a database URL.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and errors.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, /, **options: object) -> None:
    """Audit a hospital's network, directories and devices, with evidence for every sentence."""
    ctx.obj = msgspec.convert(options, Settings)


def main() -> None:
    """Run the command line; exit 0 done, 1 it could not be done, 2 wrong usage or configuration, 3 findings."""
    debug = "--debug" in sys.argv
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("posture: stopped", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
    except PostureError as error:
        if debug:
            raise
        click.echo(f"posture: {_plain(str(error))}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:  # a traceback is for us, not for a user
        if debug:
            raise
        click.echo(
            f"posture: something went wrong that we did not foresee ({type(error).__name__}: {_plain(str(error))})\n"
            "  Run it again with --debug and report what it prints.",
            err=True,
        )
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _plain(text: str) -> str:
    from posture.presentation import visible  # noqa: PLC0415  # only an error needs it

    return visible(text)
