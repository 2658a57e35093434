"""A pack's definition: the requests of a regulator, and what answers each. Data, read and checked like catalogs."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from posture.catalog import Catalog
from posture.errors import PostureError
from posture.governance.exceptions import control_name

__all__ = ["TABLES", "Head", "Pack", "PackError", "Request", "Table", "built_in", "chosen", "find", "load", "sound"]

Table: TypeAlias = Literal[
    "business-associates",
    "changes",
    "flows",
    "inventory",
    "network",
    "practices",
    "risk-analysis",
    "risks",
    "segmentation",
    "services",
    "systems",
]
TABLES: Final[dict[Table, str]] = {
    "business-associates": "Systems that business associates run",
    "changes": "What changed since an earlier run",
    "flows": "Data flows with ePHI, as declared",
    "inventory": "Inventory",
    "network": "Network map",
    "practices": "Recognized security practices",
    "risk-analysis": "The hospital’s own risk analysis",
    "risks": "Risk register",
    "segmentation": "Who may reach whom",
    "services": "Clinical services and downtime",
    "systems": "Systems with ePHI, as declared",
}
"""Further parts of a report that a request may need, by name."""

_MAX_BYTES: Final = 4 * 1024**2
_FOLDER: Final = Path(__file__).parent
_MEND: Final = "see posture/packs/hipaa.toml for the form"
Text: TypeAlias = Annotated[str, Meta(min_length=1)]


class PackError(PostureError):
    """A pack or a request that is not there, or a marking that can't be used. Exit code 2: it was asked for wrongly."""

    exit_code = 2


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pack's identity: who asks, under which rule, and where the list of requests is from."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$(?!\n)")]
    title: Text
    regulator: Text
    rule: Text
    as_of: Text
    source: Text


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request: what is asked, and what answers it.

    Of `controls` all is enclosed, a standard with its specifications; of `answers` only what people answered and
    handed in. `tests` says which tests of its controls belong to it. `elsewhere` is asked for, and never in Posture.
    `basis` says how sure it is that this is asked: seen in a source, known but not confirmed, or inferred.
    """

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9().-]{0,59}$(?!\n)")]
    group: Text
    title: Text
    asks: Text
    basis: Literal["seen", "known", "inferred"]
    why: Text
    controls: tuple[Text, ...] = ()
    answers: tuple[Text, ...] = ()
    checks: tuple[Text, ...] = ()
    tests: Literal["all", "contradicting"] = "all"
    tables: tuple[Table, ...] = ()
    elsewhere: tuple[Text, ...] = ()


class Pack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All requests of a pack, by whom they are made."""

    pack: Head
    request: Annotated[tuple[Request, ...], Meta(min_length=1)]


def built_in() -> dict[str, Path]:
    """The packs that come with Posture, by id."""
    return {file.stem: file for file in sorted(_FOLDER.glob("*.toml"))}


def find(name: str, base: Path = Path()) -> Pack:
    """The pack of this name, or of this file (its name ends in .toml). Raises PostureError where there is none."""
    known = built_in()
    if name in known:
        return load(known[name])
    if name.endswith(".toml"):
        return load(base / name)
    raise PackError(
        f"there is no pack {name!r}", where="--pack", mend=f"there are: {', '.join(known)}; or name a file .toml"
    )


def load(path: Path) -> Pack:
    """Read a pack. Raises PostureError naming the file and the place of the first mistake."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise PostureError(f"it is larger than {_MAX_BYTES:,} bytes", where=str(path), mend=_MEND)
        pack = msgspec.convert(tomllib.loads(path.read_bytes().decode("utf-8-sig")), Pack)
    except FileNotFoundError:
        raise PostureError("there is no such pack", where=str(path), mend=_MEND) from None
    except OSError as error:
        raise PostureError(f"it can't be read: {error.strerror}", where=str(path)) from error
    except (ValueError, RecursionError) as error:  # ValueError: tomllib's, msgspec's, and bytes that are no UTF-8
        raise PostureError(f"not a pack: {error}", where=str(path), mend=_MEND) from error
    seen: set[str] = set()
    for each in pack.request:
        if each.id in seen:
            raise PostureError(f"request {each.id} is there twice", where=str(path), mend="give each an id of its own")
        seen.add(each.id)
        if not (each.controls or each.answers or each.checks or each.tables):
            raise PostureError(f"request {each.id} names nothing that answers it", where=str(path), mend=_MEND)
    return pack


def sound(pack: Pack, catalogs: Mapping[str, Catalog], checks: Collection[str], where: str = "") -> None:
    """Raise PostureError for the first control or check that a request names and that is not there."""
    controls = {control_name(key, each.id) for key, catalog in catalogs.items() for each in catalog.control}
    for request in pack.request:
        for key, named, known in (
            ("controls", request.controls, controls),
            ("answers", request.answers, controls),
            ("checks", request.checks, checks),
        ):
            for each in named:
                if each not in known:
                    guess = _near(each, known)
                    raise PostureError(
                        f"request {request.id}, {key}: there is no {each!r}{guess}",
                        where=where or pack.pack.id,
                        mend="posture controls list and posture checks list show those that are",
                    )


def chosen(pack: Pack, wanted: Iterable[str], where: str) -> tuple[Request, ...]:
    """The requests of these ids, in the pack's order.

    Raises PostureError for one that is not there, and, naming all there are, where none is named.
    """
    known = {each.id: each for each in pack.request}
    names = list(dict.fromkeys(wanted))
    if not names:
        raise PackError(
            f"no request is named: what is enclosed is limited to those that are. There are: {', '.join(known)}",
            where=where,
            mend=f"--request ID, as often as needed, or [pack.{pack.pack.id}] requests in posture.toml; "
            f"posture report --pack {pack.pack.id} --requests tells what is there for each",
        )
    for each in names:
        if each not in known:
            raise PackError(
                f"there is no request {each!r}{_near(each, known)}",
                where=where,
                mend=f"posture report --pack {pack.pack.id} --requests lists them",
            )
    return tuple(each for each in pack.request if each.id in names)


def _near(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""
