"""`posture report --pack`: what counsel can send to a regulator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from posture import catalog, registry
from posture.assessment import Assessment
from posture.cli.common import base_folder, print_listing, scope_or_none
from posture.cli.main import Settings
from posture.governance.period import today
from posture.packs import definition, letter, make
from posture.packs.answers import Answer, answers
from posture.packs.definition import Pack
from posture.packs.letter import Sending
from posture.presentation import plural
from posture.scope import Catalogs, PackScope
from posture.sealing.derived import export_derived
from posture.sealing.sealer import signing_key
from posture.store import Store, now

__all__ = ["Wanted", "list_requests", "options", "wanted", "write_pack"]

F = TypeVar("F", bound=Callable[..., Any])
MAX_PERSON = 200


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A pack that was asked for, read and checked before anything is done."""

    pack: Pack
    requests: tuple[definition.Request, ...]
    marking: str
    reviewer: str
    recipient: str
    matter: str
    evidence: bool


def options(function: F) -> F:
    """The options of a pack, in the order of the help."""
    for option in reversed(
        (
            click.option(
                "--pack", metavar="NAME|FILE", help="Make a pack for a regulator: hipaa, or a file of your own (.toml)."
            ),
            click.option(
                "--request",
                "requests",
                multiple=True,
                metavar="ID",
                help="With --pack: limit it to this request; may be given several times.",
            ),
            click.option(
                "--requests", "listing", is_flag=True, help="With --pack: list its requests, and make nothing."
            ),
            click.option("--reviewer", metavar="NAME", help="With --pack: who reviewed what is sent, with role."),
            click.option("--marking", metavar="TEXT", help="With --pack: the text on every page, as counsel wants it."),
            click.option(
                "--evidence/--no-evidence",
                "evidence",
                default=True,
                help="With --pack: enclose the raw evidence that is cited; default: yes.",
            ),
        )
    ):
        function = option(function)
    return function


def wanted(  # noqa: PLR0913, PLR0917  # one argument an option
    settings: Settings,
    name: str,
    requests: tuple[str, ...],
    reviewer: str | None,
    marking: str | None,
    evidence: bool,
    listing: bool,
) -> Wanted:
    """The pack that the options and posture.toml ask for.

    Raises PostureError for what is not there, for no request and, unless it is only to be listed, for no reviewer.
    """
    pack = definition.find(name)
    scope = scope_or_none(settings)
    definition.sound(pack, _catalogs(settings), registry.load_checks().by_id, name)
    said = (scope.pack if scope else {}).get(pack.pack.id, PackScope())
    named = requests or said.requests
    where = "--request" if requests else f"[pack.{pack.pack.id}] requests"
    chosen = pack.request if listing and not named else definition.chosen(pack, named, where)
    person = " ".join((reviewer if reviewer is not None else said.reviewer).split())
    if not listing:
        if not any(letter_.isalpha() for letter_ in person) or len(person) > MAX_PERSON or not person.isprintable():
            raise click.UsageError(
                "a pack is not made until somebody has reviewed what is sent: --reviewer 'NAME, ROLE', or "
                f"[pack.{pack.pack.id}] reviewer in posture.toml (at most {MAX_PERSON} characters, on one line)"
            )
        letter.needed()
        _needs_pdf()
    return Wanted(
        pack=pack,
        requests=tuple(chosen),
        marking=make.usable_marking(marking if marking is not None else said.marking),
        reviewer=person,
        recipient=said.recipient,
        matter=said.matter,
        evidence=evidence,
    )


def _catalogs(settings: Settings) -> dict[str, catalog.Catalog]:
    """All catalogs, the hospital's own too."""
    scope = scope_or_none(settings)
    every = catalog.every(scope.catalogs if scope else Catalogs(), base_folder(settings))
    return {each.catalog.id: each for each in every}


def _needs_pdf() -> None:
    """Raise PostureError where no PDF can be made: before anything is made."""
    needed: Callable[[], object] = registry.renderers()["pdf"].needed  # type: ignore[attr-defined]  # reports/pdf.py
    needed()


def list_requests(settings: Settings, assessment: Assessment, asked: Wanted, form: str) -> None:
    """Print each request with what is there for it, and what is missing."""
    attach = make.attachments_wanted(_catalogs(settings))
    rows = answers(assessment, asked.pack, asked.requests, attach)
    shown = [
        {
            "id": each.request.id,
            "title": each.request.title,
            "basis": each.request.basis,
            "enclosed": [one.what for one in each.enclosed],
            "missing": list(each.missing),
        }
        for each in rows
    ]
    if form == "json":
        print_listing("requests", shown, form, ())
        return
    print_listing(
        "requests",
        rows,
        form,
        (
            ("Request", lambda row: row.request.id),
            ("Title", lambda row: row.request.title),
            ("Sure", lambda row: row.request.basis),
            ("There", _there),
            ("Missing", lambda row: plural(len(row.missing), "thing")),
        ),
    )


def _there(answer: Answer) -> str:
    return "; ".join(each.what for each in answer.enclosed) or "nothing"


def write_pack(settings: Settings, store: Store, assessment: Assessment, asked: Wanted, out: Path) -> list[Path]:
    """Make the pack and give the paths of its files."""
    folder = out if out != Path() else Path(f"pack-{asked.pack.pack.id}-{assessment.run.id}")
    said = Sending(
        reviewer=asked.reviewer,
        made=today(now(), assessment.organisation.time_zone),
        recipient=asked.recipient,
        matter=asked.matter,
    )
    return make.make(
        store,
        assessment,
        asked.pack,
        asked.requests,
        folder,
        said=said,
        marking=asked.marking,
        attach=make.attachments_wanted(_catalogs(settings)),
        bag=_bag(settings, store, asked) if asked.evidence else None,
    )


def _bag(settings: Settings, store: Store, asked: Wanted) -> make.Bag:
    signer = signing_key(store, scope_or_none(settings), base_folder(settings), lambda _: None)
    named = ", ".join(each.id for each in asked.requests)
    about = f"The evidence that the extract for these requests of the pack {asked.pack.pack.id} cites: {named}"

    def write(extract: Assessment, out: Path) -> None:
        export_derived(
            store,
            extract.run.id,
            out,
            evidence=[each.id for each in extract.evidence],
            signer=signer,
            about=about,
        )

    return write
