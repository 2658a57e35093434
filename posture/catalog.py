"""Catalogs of controls: data, and nothing but data. The catalog owns which checks bear on which control."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from posture.errors import PostureError
from posture.model import Method

__all__ = ["Catalog", "Control", "Head", "built_in", "load"]


class Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A standard or specification, or another catalog's goal, item or proposal.

    `requirement` is R (required) or A (addressable), where the rule marks it. `question` is what its owner is asked,
    `attach` what to hand in with the answer, `per` of whom it is asked, and `months` how long an answer holds at
    most. `anchors` are controls of the rule in force that another catalog's control bears on. `not_applicable_when` is
    the one reason, if any, for which it may be answered *not applicable*.
    """

    id: str
    kind: Literal["general-rule", "standard", "specification", "goal", "item", "proposal", "control"]
    title: str
    family: str
    text: str
    requirement: Literal["R", "A"] | None = None
    parent: str | None = None
    in_appendix_a: bool = False
    methods: tuple[Method, ...] = ()
    not_applicable_when: str = ""
    note: str = ""
    question: str = ""
    attach: str = ""
    per: Literal["organisation", "legal-entity", "site"] = "organisation"
    months: int = 12
    tier: str = ""
    anchors: tuple[str, ...] = ()
    contradicted_by: tuple[str, ...] = ()
    supported_by: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """General rules (45 CFR 164.306) are in no denominator."""
        return self.kind != "general-rule"


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A catalog's identity: `id` is the namespace of its controls' ids."""

    id: str
    title: str
    citation: str
    status: Literal["in force", "voluntary", "proposed"]
    as_of: str
    source: str
    version: str = ""


class Catalog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A catalog with where it comes from and whether it is in force."""

    catalog: Head
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
