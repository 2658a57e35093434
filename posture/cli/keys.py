"""`posture keys`: the key that runs are sealed with."""

from __future__ import annotations

import click

from posture.cli.common import base_folder, format_option, open_store, print_listing, scope_or_none
from posture.cli.main import Settings
from posture.errors import PostureError
from posture.sealing import keys as sealing_keys
from posture.sealing.sealer import signing_key

__all__ = ["keys"]


@click.group()
def keys() -> None:
    """The key that runs are sealed with: make it, show its public half. The private one is never shown."""


@keys.command()
@click.pass_obj
def init(settings: Settings) -> None:
    """Make the key, unless there is one, and print its fingerprint. The first audit does it as well."""
    with open_store(settings) as store:
        signer = signing_key(store, scope_or_none(settings), base_folder(settings), lambda _: None)
    click.echo(signer.fingerprint)


@keys.command()
@click.option("--public", is_flag=True, help="Print the public key (PEM), for those who verify your bags.")
@format_option
@click.pass_obj
def show(settings: Settings, public: bool, form: str) -> None:
    """Show the key's fingerprint: tell it, by another way than the bag's, to whoever verifies your bags."""
    scope = scope_or_none(settings)
    with open_store(settings) as store:
        place = sealing_keys.place(scope.seal, base_folder(settings), store) if scope else None
        place = place or sealing_keys.default_place(store)
        signer = sealing_keys.load(place)
    if signer is None:
        raise PostureError(
            "there is no key yet", where=place.where, mend="posture keys init, or the first audit, makes it"
        )
    if public:
        click.echo(signer.public_pem.decode(), nl=False)
        return
    row = {"fingerprint": signer.fingerprint, "where": place.where}
    columns = [(name, lambda row, name=name: row[name]) for name in row]
    print_listing("keys", [row], form, columns)
