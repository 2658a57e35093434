"""Reference data in the store: what is imported, what is in force, and what a run was judged with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from posture.errors import PostureError
from posture.presentation import plural
from posture.reference import Document, Reference, assemble, shipped_documents, shipped_files, speaking
from posture.reference.files import parse
from posture.store import ReferenceFile, Store

__all__ = ["documents", "freeze", "frozen", "keep"]

_CLOCKS = timedelta(days=2)
"""How far ahead of this machine's clock a file may be dated: time zones, and a clock that is a little off."""


def documents(store: Store) -> list[Document]:
    """What comes with Posture, then what was imported, in the order in which it came."""
    return [*shipped_documents(), *map(_document, _imported(store))]


def _imported(store: Store) -> list[ReferenceFile]:
    return [file for file in store.reference_files() if file.origin != "shipped"]


def _document(file: ReferenceFile) -> Document:
    return parse(
        file.content,
        file.name,
        product=file.product,
        dated=file.dated,
        imported=file.origin != "shipped",
        forced=file.origin == "forced",
    )


def keep(  # noqa: PLR0913  # one argument a thing that is recorded
    store: Store,
    content: bytes,
    name: str,
    *,
    by: str,
    at: datetime,
    product: str = "",
    dated: date | None = None,
    force: bool = False,
) -> Document | None:
    """Import a file; None where exactly this is in force already. Raises PostureError for one that is not sound.

    Also for one that is older than what is there, without `force`, or dated in the future.
    """
    document = parse(content, name, product=product, dated=dated, imported=True, forced=force)
    if document.dated > (at + _CLOCKS).date():
        raise PostureError(f"it is dated {document.dated}, which is in the future", where=name, mend="check the clock")
    there = speaking(documents(store))
    before = [there[subject] for subject in document.subjects if subject in there]
    if len(before) == len(document.subjects) and all(each.sha256 == document.sha256 for each in before):
        return None
    newer = [each for each in before if each.dated > document.dated]
    if newer and not force:
        latest = max(each.dated for each in newer)
        raise PostureError(
            f"it is of {document.dated}, and there is data of {latest} for {plural(len(newer), 'subject')} of it",
            where=name,
            mend="import a newer file, or this one with --force",
        )
    file = ReferenceFile(
        sha256=document.sha256,
        kind=document.kind,
        dated=document.dated,
        origin="forced" if force else "imported",
        name=name,
        product=product,
        at=at,
        by=by,
        content=content,
    )
    store.keep_reference(file)
    return document


def freeze(store: Store, by: str, at: datetime) -> list[list[str]]:
    """What is known now, by digest and origin, so that a run can be judged again with it: all of it is in the store."""
    files = store.reference_files()
    there = {file.sha256 for file in files if file.origin == "shipped"}
    ours = list(zip(shipped_documents(), shipped_files(), strict=True))
    for document, content in ours:
        if document.sha256 not in there:
            file = ReferenceFile(
                sha256=document.sha256,
                kind=document.kind,
                dated=document.dated,
                origin="shipped",
                name=f"Posture's own, {document.kind}",
                product="",
                at=at,
                by=by,
                content=content,
            )
            store.keep_reference(file)
    shipped = [[document.sha256, "shipped"] for document, _ in ours]
    return [*shipped, *([file.sha256, file.origin] for file in files if file.origin != "shipped")]


def frozen(store: Store, known: Iterable[Sequence[str]]) -> Reference:
    """What was known when `freeze` gave this. Raises PostureError where something of it is gone."""
    there = {(file.sha256, file.origin): file for file in store.reference_files()}
    try:
        return assemble(_document(there[digest, origin]) for digest, origin in known)  # type: ignore[index]  # a word of ours
    except (KeyError, ValueError) as error:
        raise PostureError(
            "reference data that this run was judged with is not in the store any more",
            where=store.name,
            mend="restore the store from a backup",
        ) from error
