"""`posture evidence`: the raw bytes behind a report, and whether their digests still hold."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click
import msgspec

from posture.cli.common import base_folder, format_option, open_store, print_listing, scope_or_none
from posture.cli.main import Settings
from posture.errors import PostureError
from posture.model import Envelope
from posture.presentation import visible
from posture.sealing import bags, keys, verifier
from posture.sealing.derived import export_derived
from posture.sealing.reveal import open_commitment
from posture.sealing.reveal import reveal as revealed
from posture.sealing.sealer import signing_key
from posture.store import Store

__all__ = ["evidence"]


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    envelope: Envelope


@click.group()
def evidence() -> None:
    """List and show evidence; export it as a bag, and verify that."""


@evidence.command("list")
@click.argument("run", required=False)
@format_option
@click.pass_obj
def list_(settings: Settings, run: str | None, form: str) -> None:
    """List the evidence of RUN (the latest, if none is named); each digest is checked on the way."""
    with open_store(settings) as store:
        rows = [_Row(id=record.id, envelope=record.envelope) for record in store.evidence(store.run(run).id)]
    columns = [
        ("id", lambda row: row.id[:16]),
        ("format", lambda row: row.envelope.format),
        ("outcome", lambda row: row.envelope.outcome),
        ("from", lambda row: row.envelope.source.name if row.envelope.source else row.envelope.probe or ""),
        ("bytes", lambda row: f"{row.envelope.payload_size:,}"),
        ("problem", lambda row: row.envelope.problem),
    ]
    print_listing("evidence", rows, form, columns)


@evidence.command()
@click.argument("digest")
@click.pass_obj
def document(settings: Settings, digest: str) -> None:
    """Write a document that was handed in with an answer, by the first digits of its SHA-256, to a file or a pipe."""
    with open_store(settings) as store:
        content = store.attachment(digest)
    if sys.stdout.isatty():
        raise click.UsageError("a document can hold what changes a terminal: send it to a file or a pipe")
    sys.stdout.buffer.write(content)


@evidence.command()
@click.argument("digest")
@click.option("--payload", is_flag=True, help="The payload's bytes as they are, to a file or a pipe.")
@click.pass_obj
def show(settings: Settings, digest: str, payload: bool) -> None:
    """Show one envelope by the first digits of its digest, or its payload.

    The SHA-256 of what is printed without --payload is the evidence's id; that of the payload is in the envelope.
    """
    with open_store(settings) as store:
        record = store.evidence_by_id(digest)
    if payload and sys.stdout.isatty():
        raise click.UsageError("a payload can hold what changes a terminal: send it to a file or a pipe")
    sys.stdout.buffer.write(record.payload if payload else record.envelope_bytes)


@evidence.command()
@click.argument("run", required=False)
@click.option(
    "-o",
    "out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The zip to write, such as RUN.zip.",
)
@click.option("--redact", is_flag=True, help="For outsiders: names, addresses and texts of people become pseudonyms.")
@click.option("--only", multiple=True, metavar="ID", help="Only this piece of evidence; can be given several times.")
@click.option("--about", default="", metavar="TEXT", help="With --redact or --only: a sentence for its README.")
@click.pass_obj
def export(  # noqa: PLR0913, PLR0917  # an option a parameter
    settings: Settings, run: str | None, out: Path, redact: bool, only: tuple[str, ...], about: str
) -> None:
    """Write the bag (BagIt) of RUN (the latest, if none is named): its evidence, all that it was judged from, its seal.

    It is settled to the last byte when the run is sealed: exported twice, it is the same. Prints its SHA-256 as
    sha256sum does. The bag holds raw evidence: give it only to whom you would show your network. For others there are
    --redact and --only: such a bag is signed when it is exported, says that it is not the whole, and can't be replayed.
    """
    if about and not (redact or only):
        raise click.UsageError("--about goes with --redact or --only")
    with open_store(settings) as store:
        which = store.run(run).id
        if redact or only:
            digest = export_derived(
                store,
                which,
                out,
                evidence=[store.evidence_by_id(each).id for each in only] if only else None,
                redact=redact,
                signer=signing_key(store, scope_or_none(settings), base_folder(settings), _told),
                pseudonym_key=_pseudonym_key(settings, store) if redact else None,
                about=about,
            )
        else:
            digest = bags.export(store, which, out)
    click.echo(f"{digest}  {out}")


def _told(line: str) -> None:
    click.echo(line, err=True)


def _pseudonym_key(settings: Settings, store: Store) -> bytes:
    scope = scope_or_none(settings)
    kept = keys.place(scope.seal, base_folder(settings), store) if scope else keys.default_place(store)
    return keys.pseudonym_key(keys.pseudonym_place(kept))


@evidence.command()
@click.argument("tokens", nargs=-1, metavar="TOKEN...")
@click.option("--commitment", default="", metavar="FILE", help="Open the commitment of this file of a redacted bag.")
@click.option("--run", default="", metavar="RUN", help="Look in this run only; else in all, the newest first.")
@click.pass_obj
def reveal(settings: Settings, tokens: tuple[str, ...], commitment: str, run: str) -> int:
    """Say what stands behind pseudonyms of a redacted bag, by your key and your store. Custody records it.

    With --commitment, FILE is a name in the bag, or a commitment of its statement; it prints what shows an outsider
    that an original is the one: the nonce, the original's name in the whole bag, its SHA-256. Exit 1 for an unknown.
    """
    if bool(tokens) == bool(commitment):
        raise click.UsageError("give pseudonyms, or --commitment")
    with open_store(settings) as store:
        which = store.run(run).id if run else ""
        key = _pseudonym_key(settings, store)
        if commitment:
            opened = open_commitment(store, key, commitment, which)
            where = f"in the bag of posture evidence export {opened.run}"
            click.echo(f"original    {opened.original}, {where}")
            click.echo(f"sha256      {opened.sha256}")
            click.echo(f"nonce       {opened.nonce}")
            click.echo(f"commitment  {opened.commitment}")
            click.echo(f"to check    (echo {opened.nonce}; cat ORIGINAL) | sha256sum")
            return 0
        found = revealed(store, key, tokens, which)
    for token in tokens:
        click.echo(f"{verifier.shown(token)}  {visible(found[token]) if token in found else 'unknown here'}")
    return 0 if len(found) == len(set(tokens)) else 1


@evidence.command()
@click.argument("what")
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="The signer's public key (PEM).")
@click.option("--fingerprint", metavar="F", help="The fingerprint of the signer's key.")
@click.option(
    "--timestamp-ca",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Certificates to trust for the timestamp; else the bag's own.",
)
@click.pass_obj
def verify(settings: Settings, what: str, key: Path | None, fingerprint: str | None, timestamp_ca: Path | None) -> int:
    """Verify WHAT: a bag (a zip, or the folder it was unpacked into), or a run of the store.

    Says what was checked, and names each file that was changed, added or removed. Exit 1 where it is not intact. Who
    sealed it, a bag can't say by itself: give the key, or its fingerprint, had from the hospital by another way.
    """
    if key and fingerprint is not None:
        raise click.UsageError("--key and --fingerprint exclude each other")
    wanted = _fingerprint(key) if key else (fingerprint or "").strip().lower()
    if (wanted or fingerprint is not None) and not re.fullmatch(r"[0-9a-f]{64}", wanted):
        raise click.UsageError("a fingerprint has 64 hexadecimal digits: posture keys show")
    path = Path(what)
    if not path.exists() and (path.suffix or path.parent != Path()):
        raise PostureError("there is no such file", where=verifier.shown(what), mend="posture evidence export -o FILE")
    authorities = _read(timestamp_ca) if timestamp_ca else None
    try:
        if path.exists():
            verdict = bags.verify_file(path, wanted, authorities)
        else:
            with open_store(settings) as store:
                verdict = bags.verify_run(store, store.run(what).id, wanted, authorities)
    except verifier.NotABag as error:
        click.echo(f"NOT INTACT: {error}")
        return 1
    except OSError as error:
        raise PostureError(f"it can't be read: {error.strerror}", where=verifier.shown(what)) from None
    click.echo(verifier.report(verdict, clock_known=authorities is not None))
    return 1 if verdict.problems else 0


def _fingerprint(key: Path) -> str:
    try:
        return verifier.fingerprint_of(_read(key))
    except ValueError as error:
        mend = "give the key that posture keys show --public prints"
        raise PostureError(f"it is no public key: {error}", where=verifier.shown(key), mend=mend) from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(verifier.MAX_SMALL)
    except OSError as error:
        raise PostureError(f"it can't be read: {error.strerror}", where=verifier.shown(path)) from None
