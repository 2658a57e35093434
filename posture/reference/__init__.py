"""What is known of the world beside the evidence: end-of-support dates, and flaws that are known to be exploited.

It comes from documents: those in `data`, each with its source and date, and those that somebody imported since. Of two
documents about the same product the one of the later date speaks, unless an older one was imported on purpose. An
assessment names the documents that it was judged with, and they are kept, so that it can be made again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

import msgspec

__all__ = ["Affected", "Cycle", "Document", "Exploited", "Kind", "Product", "Reference", "assemble", "shipped"]

Kind = Literal["lifecycle", "kev", "nvd"]
_CPE_PARTS = 13


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """One release of a product, of one edition and servicing channel.

    `ends` is the last day on which the vendor supports it, `extended` the last day of support that has to be bought or
    switched on (True: there is such support, and no day is known). Where no day is known, `ended` says whether support
    was over on the document's date, None that nobody says. `family` is the release's short name (`10`, `2012 r2`),
    `build` how its version begins. `channel` is `ltsc`, `iot-ltsc`, `sac`, `enterprise` or `pro`; empty for a release
    that is one for all editions.
    """

    cycle: str
    label: str
    family: str = ""
    build: str = ""
    channel: str = ""
    ends: date | None = None
    ended: bool | None = None
    extended: date | bool | None = None
    confidence: Literal["high", "medium"] = "high"
    source: str = ""


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product by endoflife.date's name for it, with all its releases."""

    product: str
    source: str
    cycles: tuple[Cycle, ...]
    dated: date = date.min


class Exploited(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of CISA's catalog of known exploited vulnerabilities (KEV), and the day on which it was added."""

    cve: str
    vendor: str
    product: str
    added: date


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """A range of versions that NVD says a CVE is in: a CPE 2.3 name, and bounds where the name has no version."""

    criteria: str
    from_including: str = ""
    from_excluding: str = ""
    to_including: str = ""
    to_excluding: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One file of such data: by the SHA-256 of its bytes, of the day that it says itself.

    `complete` is false of an extract. `forced` is one that was imported although newer data was there.
    """

    kind: Kind
    sha256: str
    dated: date
    source: str
    products: tuple[Product, ...] = ()
    exploited: tuple[Exploited, ...] = ()
    affected: dict[str, tuple[Affected, ...]] = {}
    complete: bool = True
    imported: bool = False
    forced: bool = False

    @property
    def records(self) -> int:
        """How many releases, or vulnerabilities, it speaks of."""
        return sum(len(each.cycles) for each in self.products) + len(self.exploited) + len(self.affected)

    @property
    def subjects(self) -> tuple[str, ...]:
        """All that it speaks of: a product, the whole catalog, a CVE."""
        if self.kind == "lifecycle":
            return tuple(f"lifecycle/{each.product}" for each in self.products)
        return ("kev",) if self.kind == "kev" else tuple(f"nvd/{cve}" for cve in self.affected)


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """A document that something of was taken from."""

    kind: Kind
    sha256: str
    dated: date
    source: str
    records: int
    complete: bool
    imported: bool


class Reference(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What is known on the whole. A check asks for it by this type.

    `affected` is what NVD says of the vulnerabilities in the catalog, by CVE.
    """

    products: dict[str, Product] = {}
    exploited: tuple[Exploited, ...] = ()
    exploited_dated: date | None = None
    exploited_complete: bool = False
    affected: dict[str, tuple[Affected, ...]] = {}
    used: tuple[Used, ...] = ()

    @cached_property
    def _by_cve(self) -> Mapping[str, Exploited]:
        return {each.cve: each for each in self.exploited}

    def known_exploited(self, cve: str) -> Exploited | None:
        """The catalog's entry for a CVE."""
        return self._by_cve.get(cve.upper())

    @cached_property
    def _by_product(self) -> Mapping[tuple[str, ...], list[tuple[str, str, Affected]]]:
        found: dict[tuple[str, ...], list[tuple[str, str, Affected]]] = {}
        for cve, ranges in self.affected.items():
            for each in ranges:
                parts = re.split(r"(?<!\\):", each.criteria.casefold())
                if len(parts) == _CPE_PARTS:
                    part, vendor, product, version = (re.sub(r"\\(.)", r"\1", text) for text in parts[2:6])
                    found.setdefault((part, vendor, product), []).append((cve, version, each))
        return found

    def ranges(self, part: str, vendor: str, product: str) -> Sequence[tuple[str, str, Affected]]:
        """(CVE, version that the name has, range) of what is known of a product of CPE, in lower case."""
        return self._by_product.get((part, vendor, product), ())

    def cycles(self, product: str) -> tuple[Cycle, ...]:
        """All releases of a product, or none where nothing is known of it."""
        found = self.products.get(product)
        return found.cycles if found else ()

    def dated(self, product: str) -> date:
        """The day of what is known of a product."""
        found = self.products.get(product)
        return found.dated if found else date.min


def speaking(documents: Iterable[Document]) -> dict[str, Document]:
    """For each subject the document that speaks of it, of documents in the order in which they came."""
    found: dict[str, Document] = {}
    for document in documents:
        for subject in document.subjects:
            before = found.get(subject)
            if before is None or document.forced or document.dated >= before.dated:
                found[subject] = document
    return found


def assemble(documents: Iterable[Document]) -> Reference:
    """What these documents say together; the shipped ones come first, then the imported ones as they came."""
    winners = speaking(documents)
    products = {
        each.product: msgspec.structs.replace(each, dated=document.dated)
        for document in {id(one): one for one in winners.values()}.values()
        for each in document.products
        if winners[f"lifecycle/{each.product}"] is document
    }
    kev = winners.get("kev")
    exploited = kev.exploited if kev else ()
    wanted = {each.cve for each in exploited}
    affected = {
        cve: document.affected[cve]
        for subject, document in winners.items()
        if subject.startswith("nvd/") and (cve := subject.removeprefix("nvd/")) in wanted
    }
    used = {document.sha256: document for document in winners.values()}
    return Reference(
        products=dict(sorted(products.items())),
        exploited=exploited,
        exploited_dated=kev.dated if kev else None,
        exploited_complete=bool(kev and kev.complete),
        affected=dict(sorted(affected.items())),
        used=tuple(
            Used(
                kind=each.kind,
                sha256=each.sha256,
                dated=each.dated,
                source=each.source,
                records=each.records,
                complete=each.complete,
                imported=each.imported,
            )
            for each in sorted(used.values(), key=lambda each: (each.kind, each.dated, each.sha256))
        ),
    )


@cache
def shipped_files() -> tuple[bytes, ...]:
    """The files that come with Posture, as they are."""
    return tuple(file.read_bytes() for file in sorted((Path(__file__).parent / "data").glob("*.json")))


@cache
def shipped_documents() -> tuple[Document, ...]:
    """The documents that come with Posture."""
    from posture.reference.files import parse  # noqa: PLC0415  # it builds on the types of this module

    return tuple(parse(content, "posture/data") for content in shipped_files())


@cache
def shipped() -> Reference:
    """What is known without any import."""
    return assemble(shipped_documents())
