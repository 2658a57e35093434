"""`posture evidence`: the raw bytes behind a report, and whether their digests still hold."""

from __future__ import annotations

import sys

import click
import msgspec

from posture.cli.common import format_option, open_store, print_listing
from posture.cli.main import Settings
from posture.model import Envelope

__all__ = ["evidence"]


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    envelope: Envelope


@click.group()
def evidence() -> None:
    """List and show evidence."""


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
