"""A pack for a regulator, written as a folder: all of it or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from posture import registry
from posture.assessment import Assessment
from posture.catalog import Catalog
from posture.errors import PostureError
from posture.governance.exceptions import control_name
from posture.packs import files, letter
from posture.packs.answers import Answer, Document, answers, documents
from posture.packs.definition import Pack, PackError, Request
from posture.packs.letter import Sending
from posture.packs.limit import limited
from posture.packs.missing import general
from posture.presentation import visible
from posture.store import Store

__all__ = ["INTERNAL", "SEND", "attachments_wanted", "make", "refuse_unsealed", "usable_marking"]

SEND: Final = "send"
INTERNAL: Final = "internal"
LETTER: Final = "letter-DRAFT.docx"
EVIDENCE: Final = "evidence.zip"
MAX_MARKING: Final = 120

_FORMATS: Final = {
    "html": ("report.html", "The report, to be read in a browser; it needs no network"),
    "pdf": ("report.pdf", "The same report on paper"),
    "xlsx": ("report.xlsx", "The same report as a workbook"),
    "json": ("assessment.json", "The same, for programs"),
    "oscal": ("oscal.zip", "The same in NIST’s OSCAL 1.1.2"),
}

Bag = Callable[[Assessment, Path], None]
"""Writes the bag of the evidence that an extract cites."""


def usable_marking(text: str) -> str:
    """The marking on one line. Raises PostureError for one that a page can't bear whole."""
    line = " ".join(text.split())
    if len(line) > MAX_MARKING or not line.isprintable() or visible(line) != line:
        raise PackError(
            f"a marking is one line of at most {MAX_MARKING} characters that can be printed",
            where="--marking, or [pack] marking in posture.toml",
        )
    return line


def attachments_wanted(catalogs: Mapping[str, Catalog]) -> dict[str, str]:
    """What is to be handed in with the answer about each control, by its name."""
    return {
        control_name(name, each.id): each.attach
        for name, catalog in catalogs.items()
        for each in catalog.control
        if each.attach
    }


def refuse_unsealed(a: Assessment) -> None:
    """Raise PostureError for an assessment without a seal that holds: a regulator could not tell it from another."""
    if a.run.seal is None or a.run.seal.standing == "unsealed":
        note = f" ({a.run.seal.note})" if a.run.seal and a.run.seal.note else ""
        raise PostureError(
            f"run {a.run.id} is unsealed{note}, so nobody could tell whether what is sent was changed",
            where="--pack",
            mend=f"judging it again seals it: posture report {a.run.id} --as-of INSTANT; what was judged from a bag, "
            "is packed from the store that sealed it",
        )


def make(  # noqa: PLR0913  # all that a pack is made of
    store: Store,
    whole: Assessment,
    pack: Pack,
    requests: Sequence[Request],
    out: Path,
    *,
    said: Sending,
    marking: str,
    attach: Mapping[str, str],
    bag: Bag | None,
) -> list[Path]:
    """Write the pack into the folder `out`, which is not there or empty, and give the paths of its files.

    Raises PostureError where it can't be made; then nothing of it is left.
    """
    refuse_unsealed(whole)
    letter.needed()
    a = limited(whole, pack, requests, marking)
    told = answers(whole, pack, requests, attach)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.is_symlink():
            raise PostureError("it is a link, and no folder", where=str(out), mend="name a new folder with -o")
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise PostureError("it is there, and not empty", where=str(out), mend="name a new folder with -o")
        temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
        try:
            digest = _write(store, a, pack, told, temporary, said=said, bag=bag)
            store.did("pack made", whole.run.id, _custody(a, pack, said, digest))  # rather told of than sent untold
            temporary.rename(out)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise PostureError(f"the pack can't be written: {error.strerror}", where=str(out)) from error
    return sorted(each for each in out.rglob("*") if each.is_file())


# Custody goes into bags: whom a pack was for, and in which matter, is in the letter alone.
def _custody(a: Assessment, pack: Pack, said: Sending, digest: str) -> dict[str, object]:
    return {
        "pack": pack.pack.id,
        "requests": [each.id for each in (a.run.pack.requests if a.run.pack else ())],
        "reviewer": said.reviewer,
        "made": said.made.isoformat(),
        "fingerprint": a.fingerprint,
        "of": a.run.pack.whole if a.run.pack else "",
        "sha256sums_sha256": digest,
    }


def _write(  # noqa: PLR0913  # as above
    store: Store,
    a: Assessment,
    pack: Pack,
    told: Sequence[Answer],
    folder: Path,
    *,
    said: Sending,
    bag: Bag | None,
) -> str:
    """Write all files, and give the SHA-256 of the sums, which hold every file that is sent."""
    send, internal = folder / SEND, folder / INTERNAL
    send.mkdir()
    internal.mkdir()
    what = dict(_rendered(a, send))
    what |= dict(_handed_in(store, documents(a), send))
    if bag is not None and a.evidence:
        bag(a, send / EVIDENCE)
        what[EVIDENCE] = "The raw evidence that the extract cites, signed, with how to verify it"
    listed = files.listed(send, what)
    (send / "index.html").write_bytes(files.index_html(a, pack, listed, told))
    (send / "index.csv").write_bytes(files.index_csv(a, listed, told))
    sums = files.listed(send, {})
    (send / "SHA256SUMS").write_bytes(files.sums(sums))
    letter.write(a, pack, told, said, [each.path for each in sums], folder / LETTER)
    notes = (*general(a, said.made), *(() if bag or not a.evidence else (_WITHOUT,)))
    page = files.internal_html(a, pack, told, notes, reviewer=said.reviewer, made=said.made)
    (internal / "INTERNAL-missing.html").write_bytes(page)
    return next(each.sha256 for each in files.listed(send, {}) if each.path == "SHA256SUMS")


_WITHOUT: Final = (
    "The raw evidence is not enclosed. The report cites each piece by its SHA-256; whoever asks for it can be given it "
    "with posture evidence export."
)


def _rendered(a: Assessment, folder: Path) -> list[tuple[str, str]]:
    known = registry.renderers()
    judged = a.controls or any(not part.proposed for part in a.frameworks)
    made = []
    for name, (file, what) in _FORMATS.items():
        if name == "oscal" and not judged:
            continue  # OSCAL has no assessment of no control
        known[name].render(a, folder / file)
        made.append((file, what))
    return made


def _handed_in(store: Store, handed_in: Sequence[Document], folder: Path) -> list[tuple[str, str]]:
    if handed_in:
        (folder / "documents").mkdir()
    for each in handed_in:
        (folder / each.path).write_bytes(store.attachment(each.sha256))
    return [(each.path, f"{each.name}, handed in {'; '.join(each.told)}") for each in handed_in]
