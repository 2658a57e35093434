"""OSCAL catalogs in JSON (NIST OSCAL 1.x, such as SP 800-53 revision 5) → Catalog. Pure.

Withdrawn controls are left out. An enhancement has no parent: in SP 800-53 a control can be met without those of its
enhancements that no baseline asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from posture.catalog import Catalog, Control, Head
from posture.errors import PostureError
from posture.model import Method

__all__ = ["read"]

MAX_TEXT: Final = 64 * 1024**2
"""Most characters that parameters fill, over the whole catalog: one that inserts itself a million times stops here."""

_MAX_DEPTH = 20
_MEND = "see that it is valid OSCAL, for example with NIST's oscal-cli or compliance-trestle"

# A token, by OSCAL: a letter or _, then letters, digits, . - _
Token: TypeAlias = Annotated[str, Meta(pattern=r"^[^\W\d][\w.-]*$(?!\n)", max_length=256)]


class _Object(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """Base of OSCAL's objects: what we don't read is passed over."""


class _Property(_Object, frozen=True, kw_only=True):
    name: str
    value: str
    class_: str = msgspec.field(name="class", default="")


class _Part(_Object, frozen=True, kw_only=True):
    name: str
    prose: str = ""
    props: tuple[_Property, ...] = ()
    parts: tuple[_Part, ...] = ()


class _Selection(_Object, frozen=True, kw_only=True):
    how_many: str = ""
    choice: tuple[str, ...] = ()


class _Parameter(_Object, frozen=True, kw_only=True):
    id: Token
    label: str = ""
    values: tuple[str, ...] = ()
    select: _Selection | None = None


class _Control(_Object, frozen=True, kw_only=True):
    id: Token
    title: Annotated[str, Meta(min_length=1)]
    class_: str = msgspec.field(name="class", default="")
    params: tuple[_Parameter, ...] = ()
    props: tuple[_Property, ...] = ()
    parts: tuple[_Part, ...] = ()
    controls: tuple[_Control, ...] = ()


class _Group(_Object, frozen=True, kw_only=True):
    title: Annotated[str, Meta(min_length=1)]
    params: tuple[_Parameter, ...] = ()
    groups: tuple[_Group, ...] = ()
    controls: tuple[_Control, ...] = ()


class _Metadata(_Object, frozen=True, kw_only=True):
    title: Annotated[str, Meta(min_length=1)]
    version: str
    oscal_version: str
    last_modified: str


class _Catalog(_Object, frozen=True, kw_only=True):
    metadata: _Metadata
    params: tuple[_Parameter, ...] = ()
    groups: tuple[_Group, ...] = ()
    controls: tuple[_Control, ...] = ()


def read(data: bytes, path: Path) -> Catalog:
    """Read an OSCAL catalog. Its id is its file's name, which stays when the next edition takes its place.

    Raises PostureError for what is no JSON, another kind of document, or a mistake, with the place of the first.
    """
    where = str(path)
    try:
        found = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=dict[str, msgspec.Raw])
        if "catalog" not in found:
            raise _other(found, where)
        catalog = msgspec.json.decode(found["catalog"], type=_Catalog)
        if not catalog.metadata.oscal_version.startswith("1."):
            raise PostureError(
                f"it is OSCAL {catalog.metadata.oscal_version[:20]}, and Posture reads OSCAL 1",
                where=where,
                mend="convert it to OSCAL 1.1",
            )
        return _Reader(catalog, where).catalog(
            re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("-")[:200] or "own"
        )
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # a ValidationError is a DecodeError
        said = str(error).replace("`$", "`$.catalog") if isinstance(error, msgspec.ValidationError) else str(error)
        raise PostureError(f"not an OSCAL catalog: {said}", where=where, mend=_MEND) from error
    except RecursionError:
        raise _too_deep(where) from None


_OTHERS = {
    "profile": "resolve it to a catalog first, for example with NIST's oscal-cli",
    "mapping-collection": "give the catalog that it maps",
    "component-definition": "give the catalog that it refers to",
    "system-security-plan": "give the catalog that it refers to",
    "assessment-plan": "give the catalog that it refers to",
    "assessment-results": "give the catalog that it refers to",
    "plan-of-action-and-milestones": "give the catalog that it refers to",
}


def _other(found: Mapping[str, object], where: str) -> PostureError:
    for kind, mend in _OTHERS.items():
        if kind in found:
            return PostureError(f"not a catalog: it is an OSCAL {kind.replace('-', ' ')}", where=where, mend=mend)
    return PostureError("not an OSCAL catalog: it has no key `catalog`", where=where, mend=_MEND)


def _too_deep(where: str) -> PostureError:
    return PostureError(f"not an OSCAL catalog: it is nested more than {_MAX_DEPTH} deep", where=where, mend=_MEND)


class _Reader:
    """One catalog on its way in: its parameters, and how much text they may still fill."""

    def __init__(self, catalog: _Catalog, where: str) -> None:
        self._from, self._where, self._left = catalog, where, MAX_TEXT
        self._values: dict[str, str] = {}
        self._controls = list(self._walk(catalog, "Controls", 0))
        self._params = self._parameters()

    def catalog(self, identifier: str) -> Catalog:
        head = self._from.metadata
        controls = tuple(self._control(each, family) for each, family in self._controls if not _withdrawn(each))
        if not controls:
            raise PostureError("not an OSCAL catalog: it has no controls", where=self._where, mend=_MEND)
        return Catalog(
            catalog=Head(
                id=identifier,
                title=_line(head.title),
                citation=_line(f"{head.title} {head.version}"),
                status="own",
                as_of=head.last_modified[:10],
                source=Path(self._where).name,
                version=head.version,
            ),
            control=controls,
        )

    def _walk(self, holder: _Catalog | _Group | _Control, family: str, depth: int) -> Iterator[tuple[_Control, str]]:
        """Every control, in the catalog's order, with the title of the group it is in."""
        if depth > _MAX_DEPTH:
            raise _too_deep(self._where)
        for control in holder.controls:
            yield control, family
            yield from self._walk(control, family, depth + 1)
        if not isinstance(holder, _Control):
            for group in holder.groups:
                yield from self._walk(group, _line(group.title), depth + 1)

    def _parameters(self) -> Mapping[str, _Parameter]:
        found: dict[str, _Parameter] = {}
        holders: list[_Catalog | _Group | _Control] = [self._from, *_groups(self._from.groups)]
        holders += [control for control, _ in self._controls]
        for parameter in (each for holder in holders for each in holder.params):
            if parameter.id in found:
                raise PostureError(
                    f"not an OSCAL catalog: the parameter {parameter.id} is there twice", where=self._where, mend=_MEND
                )
            found[parameter.id] = parameter
        return found

    def _control(self, control: _Control, family: str) -> Control:
        label = _label(control.props)
        title = _line(f"{label} {control.title}" if label != control.id else control.title)
        methods, objects = self._assessment(control.parts)
        return Control(
            id=control.id,
            kind="control",
            title=title,
            family=family,
            text=self._text(control.parts, "statement"),
            note=self._text(control.parts, "guidance"),
            methods=methods,
            question=f"Is “{title}” in place, as its text says?",
            attach=objects or "The policy, procedure or record that shows it.",
            tier=control.class_,
        )

    def _assessment(self, parts: Sequence[_Part]) -> tuple[tuple[Method, ...], str]:
        """The methods that SP 800-53A names for the control, and what there is to examine."""
        named = {
            prop.value.upper(): part
            for part in parts
            if part.name in {"assessment-method", "assessment"}
            for prop in part.props
            if prop.name == "method"
        }
        methods = tuple(method for method in _METHODS if method in named)
        if not set(methods) - {Method.TEST}:  # no test satisfies a control by itself
            methods = (Method.EXAMINE, *methods)
        examined = named.get(Method.EXAMINE)
        objects = " ".join(self._filled(part.prose) for part in examined.parts) if examined else ""
        listed = (each.strip(" ;\t\r") for each in objects.removeprefix("[SELECT FROM:").removesuffix("]").split("\n"))
        return methods, "; ".join(filter(None, listed))

    def _text(self, parts: Sequence[_Part], name: str) -> str:
        return " ".join(self._lines([part for part in parts if part.name == name], 0))

    def _lines(self, parts: Sequence[_Part], depth: int) -> Iterator[str]:
        if depth > _MAX_DEPTH:
            raise _too_deep(self._where)
        for part in parts:
            words = (_label(part.props), _line(_LINK.sub(r"\1", self._filled(part.prose))))
            yield from [" ".join(filter(None, words))] if any(words) else []
            yield from self._lines(part.parts, depth + 1)

    def _filled(self, prose: str, depth: int = 0) -> str:
        """The text with its parameters put in, as SP 800-53 prints them."""
        if depth > _MAX_DEPTH:
            raise PostureError(
                f"not an OSCAL catalog: a parameter is in its own text, or in {_MAX_DEPTH} others",
                where=self._where,
                mend="take out parameters that insert others",
            )
        return _INSERT.sub(lambda match: self._value(match[1], depth + 1), prose)

    def _value(self, identifier: str, depth: int) -> str:
        if identifier not in self._values:
            self._values[identifier] = self._expanded(identifier, depth)
        value = self._values[identifier]
        self._left -= len(value)
        if self._left < 0:
            raise PostureError(
                f"its parameters fill more than {MAX_TEXT:,} characters",
                where=self._where,
                mend="take out parameters that insert others",
            )
        return value

    def _expanded(self, identifier: str, depth: int) -> str:
        parameter = self._params.get(identifier)
        if parameter is None:
            return f"[Assignment: {identifier}]"
        if parameter.values:
            return self._filled(", ".join(parameter.values), depth)
        if parameter.select is not None:
            more = " (one or more)" if parameter.select.how_many == "one-or-more" else ""
            return f"[Selection{more}: {self._filled('; '.join(parameter.select.choice), depth)}]"
        return f"[Assignment: {self._filled(parameter.label or identifier, depth)}]"


_METHODS = (Method.EXAMINE, Method.INTERVIEW, Method.TEST)

_LINK = re.compile(r"\[([^\[\]]{0,200})\]\(#[^()]{0,200}\)")
"""A reference within the document, in Markdown: its text is what a reader needs."""

# `{{ insert: param, ac-1_prm_1 }}`, or the id alone in catalogs made before OSCAL 1.0's final form.
_INSERT = re.compile(r"\{\{ {0,9}(?:insert: {0,9}param, {0,9})?([\w.-]{1,256}) {0,9}\}\}")


def _line(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def _groups(groups: Sequence[_Group]) -> Iterator[_Group]:
    for group in groups:
        yield group
        yield from _groups(group.groups)


def _label(props: Sequence[_Property]) -> str:
    """The label as people write it: NIST gives others beside it, with a class."""
    labels = sorted((prop for prop in props if prop.name == "label"), key=lambda prop: bool(prop.class_))
    return labels[0].value if labels else ""


def _withdrawn(control: _Control) -> bool:
    return any(prop.name == "status" and prop.value.lower() == "withdrawn" for prop in control.props)
