"""`posture audit --from BAG`: a run of somebody, or of years ago, judged again from its bag."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click
import msgspec

from posture import registry
from posture.audit import Audit
from posture.cli.common import base_folder, config_path, console, load_scope, open_store
from posture.cli.conclusion import exit_code
from posture.cli.main import Settings
from posture.cli.progress import listener
from posture.errors import PostureError
from posture.presentation import visible
from posture.sealing.changes import Judged, changes
from posture.sealing.replay import ReplayedBag

__all__ = ["replay"]


def replay(settings: Settings, path: Path, folders: tuple[Path, ...], fail_on: str | None) -> int:
    """Judge a bag again, and say what is not as it was; exit 1 where the same code does not give the same."""
    with closing(ReplayedBag(path)) as bag:
        return _replay(settings, bag, folders, fail_on)


def _replay(settings: Settings, bag: ReplayedBag, folders: tuple[Path, ...], fail_on: str | None) -> int:
    allowed = load_scope(settings).checks.packs if config_path(settings) else ()
    for pack in bag.inputs.scope.checks.packs:
        if pack not in allowed:
            raise PostureError(
                f"it was judged with the pack {pack!r}, which no configuration of yours names",
                where=bag.where,
                mend="a bag can't have code run: name the pack under [checks] in your posture.toml, if you trust it",
            )
    told = listener(console(settings))
    with open_store(settings) as store:
        audit = Audit(store, registry.collectors(allowed), told, base=base_folder(settings), checks_folders=folders)
        try:
            run = audit.begin_replay(bag)
            assessment = audit.judge_replayed(run, bag)
        finally:
            told.close()
    before, after = bag.assessment(), Judged(msgspec.json.encode(assessment))
    changed = changes(before, after)
    click.echo(run.id)
    if not settings.quiet:
        click.echo(f"A replay of run {visible(bag.run)}. {bag.verdict.conclusion} Key: {bag.signer}", err=True)
        same = "The same assessment, to the byte but for the run. Its fingerprint is"
        lines = changed or [f"{same} {assessment.fingerprint_words}."]
        click.echo(visible("\n".join(lines)), err=True)
    return 1 if changed and before.code == after.code else exit_code(assessment, fail_on)
