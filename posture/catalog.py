"""Catalogs of controls: data, and nothing but data. The catalog owns which checks bear on which control."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from posture.errors import PostureError
from posture.model import Method

__all__ = ["Catalog", "Control", "built_in", "load"]


class Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A standard or specification. `requirement` is R (required) or A (addressable), where the rule marks it."""

    id: str
    kind: Literal["general-rule", "standard", "specification"]
    title: str
    family: str
    text: str
    requirement: Literal["R", "A"] | None = None
    parent: str | None = None
    in_appendix_a: bool = False
    methods: tuple[Method, ...] = ()
    not_applicable_when: str = ""
    note: str = ""
    contradicted_by: tuple[str, ...] = ()
    supported_by: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """General rules (45 CFR 164.306) are in no denominator."""
        return self.kind != "general-rule"


class _Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    citation: str
    status: Literal["in force", "voluntary", "proposed"]
    as_of: str
    source: str


class Catalog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A catalog with where it comes from and whether it is in force."""

    catalog: _Head
    control: tuple[Control, ...]

    def bearing(self, check: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The ids of the controls that a check contradicts, and of those it supports."""
        return (
            tuple(each.id for each in self.control if check in each.contradicted_by),
            tuple(each.id for each in self.control if check in each.supported_by),
        )


def load(path: Path) -> Catalog:
    """Read a catalog in TOML. Raises PostureError naming the file and the place of the first mistake."""
    try:
        catalog = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Catalog)
    except FileNotFoundError:
        raise PostureError("there is no such catalog", where=str(path), mend="posture controls list") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise PostureError(f"not a catalog: {error}", where=str(path)) from error
    ids = [each.id for each in catalog.control]
    for each in catalog.control:
        if ids.count(each.id) > 1:
            raise PostureError(f"{each.id} is there twice", where=str(path))
        if each.parent is not None and each.parent not in ids:
            raise PostureError(f"{each.id} has the parent {each.parent}, which is not there", where=str(path))
    return catalog


def built_in() -> dict[str, Catalog]:
    """The catalogs that come with Posture, by id."""
    found = (load(file) for file in sorted((Path(__file__).parent / "catalogs").glob("*.toml")))
    return {catalog.catalog.id: catalog for catalog in found}
