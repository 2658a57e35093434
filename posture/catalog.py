"""Catalogs of controls: data, and nothing but data. The catalog owns which checks bear on which control."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from posture.errors import ConfigurationError, PostureError, Problem
from posture.model import Method
from posture.scope import Catalogs

__all__ = ["SCORED", "Catalog", "Control", "Head", "built_in", "every", "load", "refuse_unknown_checks", "reported"]

SCORED: Final = "hipaa-security-rule"
"""The one catalog whose controls are in the rule's figures; every other one is reported by itself."""

MAX_BYTES: Final = 64 * 1024**2
"""Most bytes of a catalog's file; NIST's whole SP 800-53 has about ten million."""

_MAX_DEPTH = 20


class Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A standard or specification, or another catalog's goal, item or proposal.

    `requirement` is R (required) or A (addressable), where the rule marks it. `question` is what its owner is asked,
    `attach` what to hand in with the answer, `per` of whom it is asked, and `months` how long an answer holds at
    most. `anchors` are controls of the rule in force that another catalog's control bears on. `not_applicable_when` is
    the one reason, if any, for which it may be answered *not applicable*.
    """

    id: Annotated[str, Meta(min_length=1)]
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
    months: Annotated[int, Meta(ge=1, le=120)] = 12
    tier: str = ""
    anchors: tuple[str, ...] = ()
    contradicted_by: tuple[str, ...] = ()
    supported_by: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """General rules (45 CFR 164.306) are in no denominator."""
        return self.kind != "general-rule"


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A catalog's identity: `id` is the namespace of its controls' ids.

    `status` is practice where it is nobody's rule but what the field does, and own where a hospital brought it.
    """

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]+$(?!\n)", max_length=200)]
    title: str
    citation: str
    status: Literal["in force", "voluntary", "practice", "proposed", "own"]
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


_MEND = "give a catalog in TOML, or an OSCAL catalog in JSON"


def load(path: Path) -> Catalog:
    """Read a catalog in TOML, or an OSCAL catalog in JSON.

    Raises PostureError naming the file and the place of the first mistake.
    """
    data = _read(path)
    if path.suffix.lower() == ".json" or data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        from posture import oscal_catalog  # noqa: PLC0415  # it builds on the types of this module

        return _sound(oscal_catalog.read(data, path), path)
    try:
        return _sound(msgspec.convert(tomllib.loads(data.decode("utf-8-sig")), Catalog), path)
    except (ValueError, RecursionError) as error:  # ValueError: tomllib's, msgspec's, and a number of 5,000 digits
        raise PostureError(f"not a catalog: {error}", where=str(path), mend=_MEND) from error


def _read(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise PostureError("it is no file", where=str(path), mend=_MEND)
        if status.st_size > MAX_BYTES:
            raise PostureError(f"it is larger than {MAX_BYTES:,} bytes", where=str(path), mend="split it")
        return path.read_bytes()
    except FileNotFoundError:
        raise PostureError("there is no such catalog", where=str(path), mend="posture plugins list") from None
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise PostureError(f"it can't be read: {why}", where=str(path)) from error


def _sound(catalog: Catalog, path: Path) -> Catalog:
    """The catalog, if its ids are unique and its controls hang together as a tree."""
    parents: dict[str, str | None] = {}
    for each in catalog.control:
        if each.id in parents:
            raise PostureError(f"{each.id} is there twice", where=str(path), mend="give each control an id of its own")
        parents[each.id] = each.parent
    for each in catalog.control:
        above, depth = each.parent, 0
        while above is not None:
            if above not in parents:
                raise PostureError(f"{each.id} has the parent {above}, which is not there", where=str(path))
            depth += 1
            if depth > _MAX_DEPTH:
                raise PostureError(f"{each.id} is below itself, or more than {_MAX_DEPTH} deep", where=str(path))
            above = parents[above]
    return catalog


def built_in() -> dict[str, Catalog]:
    """The catalogs that come with Posture, by id."""
    found = (load(file) for file in sorted((Path(__file__).parent / "catalogs").glob("*.toml")))
    return {catalog.catalog.id: catalog for catalog in found}


def every(chosen: Catalogs, base: Path) -> list[Catalog]:
    """All catalogs, reported or not: the built-in ones, then a hospital's own, found from `base`.

    Raises PostureError as `load` and `reported` do: an own catalog can't speak in the name of another.
    """
    ours, own = built_in(), [load(base / name) for name in chosen.own]
    reported(ours, chosen, own)
    return [*ours.values(), *own]


def refuse_unknown_checks(catalog: Catalog, checks: Container[str], where: str = "") -> None:
    """Raise PostureError for the first check that the catalog names and that is not among those at hand."""
    for each in catalog.control:
        for check in (*each.contradicted_by, *each.supported_by):
            if check not in checks:
                raise PostureError(
                    f"{each.id} names the check {check}, which is not there",
                    where=where or catalog.catalog.id,
                    mend="posture checks list shows those that are",
                )


def reported(built_in: Mapping[str, Catalog], chosen: Catalogs, own: Iterable[Catalog]) -> list[Catalog]:
    """The catalogs that are reported beside the scored one: never in its figures.

    Those in force, voluntary or of practice always are, and a hospital's own; a proposed rule only where posture.toml
    names it. Raises ConfigurationError for an overlay that is no proposed rule that there is, and for an own catalog
    whose id is taken.
    """
    beside = {name: each for name, each in built_in.items() if name != SCORED}
    proposed = [name for name, each in beside.items() if each.catalog.status == "proposed"]
    problems = [
        Problem(0, "catalogs.overlays", f"{name!r} is no proposed rule; there are: {', '.join(proposed) or 'none'}")
        for name in chosen.overlays
        if name not in proposed
    ]
    found = [each for name, each in beside.items() if name not in proposed or name in chosen.overlays]
    taken = set(built_in)
    for each in own:
        if each.catalog.id in taken:
            problems.append(
                Problem(0, "catalogs.own", f"the id {each.catalog.id!r} is taken; give your catalog another")
            )
        taken.add(each.catalog.id)
        found.append(each)
    if problems:
        raise ConfigurationError("posture.toml", problems)
    return found
