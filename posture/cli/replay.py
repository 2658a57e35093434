"""`posture audit --from BAG`: a run of somebody, or of years ago, judged again from its bag."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click
import msgspec

from posture import registry
from posture.assessment import Assessment, Run
from posture.audit import Audit
from posture.cli.common import base_folder, config_path, console, load_scope, open_store
from posture.cli.conclusion import exit_code
from posture.cli.main import Settings
from posture.cli.progress import listener
from posture.errors import PostureError
from posture.presentation import plural, visible
from posture.sealing.changes import Judged, changes
from posture.sealing.contents import assessment_document
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
    if not changed and not _same_bytes(bag.document(), assessment):
        changed = ["The same values, in other bytes: the bag's data/assessment.json is not as Posture writes it."]
    click.echo(run.id)
    if changed and settings.quiet:
        click.echo(f"posture: it does not come to the same: {plural(len(changed), 'difference')}", err=True)
    if not settings.quiet:
        click.echo(f"A replay of run {visible(bag.run)}. {bag.verdict.conclusion} Key: {bag.signer}", err=True)
        same = "The same assessment, to the byte but for the run. Its fingerprint is"
        lines = changed or [f"{same} {assessment.fingerprint_words}."]
        click.echo(visible("\n".join(lines)), err=True)
        if changed:
            alike = before.code == after.code
            why = "though the same code judged: see what was sealed" if alike else "by other code"
            click.echo(f"It does not come to the same, {why}.", err=True)
    return 1 if changed and before.code == after.code else exit_code(assessment, fail_on)


def _same_bytes(document: bytes, again: Assessment) -> bool:
    """Whether what was sealed is, but for the run, what is written of this assessment."""
    try:
        run = msgspec.json.decode(document, type=_OfRun).run
    except msgspec.DecodeError:
        return False
    return document == assessment_document(msgspec.structs.replace(again, run=run))


class _OfRun(msgspec.Struct, frozen=True):
    run: Run
