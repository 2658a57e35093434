"""Exports of SharpHound and other collectors for BloodHound (JSON, versions 4 to 6), alone or in their zip archive.

Each file holds one type of object: `{"data": [...], "meta": {"type": "users", "version": 6, "count": 2, …}}`.
Users, computers, groups and domains are read; of the other types nothing is. The evidence is JSON of the same shape, in
parts of at most 5,000 objects, with what is read and no more: access control lists, sessions, local groups and the
passwords that an export can hold (`userpassword` and its like) are left out, and passwords in free text are masked.

The format: SpecterOps, SharpHoundCommon, OutputTypes and Processors/LdapPropertyProcessor.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final, Literal

import msgspec

from posture.collectors.ldap.decode import text
from posture.collectors.spoken import without_passwords
from posture.errors import PostureError
from posture.model import Envelope, Evidence, Source, Tool

__all__ = ["METHOD_GROUP", "Export", "Meta", "Object", "load_export", "sniff_export"]

METHOD_GROUP: Final = 1
"""The bit of `meta.methods` that says that members of groups were collected (SharpHoundCommon, CollectionMethod)."""

_READ: Final = frozenset({"users", "computers", "groups", "domains"})
_VERSIONS: Final = range(4, 7)
_PART: Final = 5000
_MOST_TEXT: Final = 10_000
_MOST_VALUES: Final = 10_000
_MOST_BYTES: Final = 1024**3
_MOST_FILES: Final = 1000
_TOO_LARGE: Final = 2**63
_UNREADABLE: Final[dict[str, Any]] = {}  # never null, which would be no value, and that is an answer
_SUSPECT: Final = 64 * 1024**2
_MOST_RATIO: Final = 200  # access control lists repeat themselves, and shrink to a fortieth or so

_START = re.compile(rb'\{\s*"(?:data|meta)"\s*:\s*[\[{]')
_SHAPE = re.compile(
    rb'"(?:ObjectIdentifier|PrimaryGroupSID|Aces)"\s*:|"meta"\s*:\s*\{\s*"(?:methods|type|count|version)"'
)
_MEMBER = re.compile(r"(?:^|[/\\_-])(?:users|computers|groups|domains)\.json$", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"
_LEFT_OUT = "access control lists, sessions, local groups and passwords (left out)"
_FREE_TEXT = ("description", "info", "comment")

_FLAGS = (
    "enabled",
    "passwordnotreqd",
    "pwdneverexpires",
    "unconstraineddelegation",
    "sensitive",
    "dontreqpreauth",
    "trustedtoauth",
    "smartcardrequired",
    "encryptedtextpwdallowed",
    "usedeskeyonly",
    "isdc",
)
_DOMAIN = (
    "minpwdlength",
    "pwdhistorylength",
    "pwdproperties",
    "lockoutthreshold",
    "lockoutduration",
    "maxpwdage",
    "machineaccountquota",
)
_KEPT: Final = frozenset(
    {
        *("name", "domain", "domainsid", "distinguishedname", "samaccountname", "whencreated", "useraccountcontrol"),
        *("pwdlastset", "lastlogontimestamp", "admincount", "serviceprincipalnames", "allowedtodelegate"),
        *("sidhistory", "operatingsystem", "haslaps"),
        *(*_FREE_TEXT, *_FLAGS, *_DOMAIN),
    }
)


_Number = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What an export says of itself."""

    type: str
    version: _Number
    count: _Number = 0
    methods: _Number = 0
    collectorversion: str | None = None


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """An export, its objects not yet taken apart."""

    data: list[msgspec.Raw]
    meta: Meta


class Principal(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename={"identifier": "ObjectIdentifier"}):
    """An object as others name it."""

    identifier: str


class _Named(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename={"identifier": "ObjectIdentifier"}):
    """An object that has an identifier, whatever that is."""

    identifier: msgspec.Raw


class _Outline(msgspec.Struct, frozen=True, kw_only=True):
    """An export of which every object has at least that: rubbish of a byte each would take a hundred times its size."""

    data: list[_Named]


class Object(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={
        "identifier": "ObjectIdentifier",
        "properties": "Properties",
        "members": "Members",
        "primary": "PrimaryGroupSID",
        "may_act": "AllowedToAct",
        "deleted": "IsDeleted",
    },
):
    """What is read of one object. Whatever is not a property's usual type is for the reader to refuse."""

    identifier: str
    properties: dict[str, Any]
    members: list[Principal] | None = None
    primary: str | None = None
    may_act: list[Principal] | None = None
    deleted: bool | None = None


def sniff_export(head: bytes) -> bool:
    """Whether a file that starts like this is such an export, or a zip archive of them."""
    if head.startswith(b"PK\x03\x04"):
        return any(map(_MEMBER.search, _names(head)))
    start = head.removeprefix(_BOM).lstrip()
    return _START.match(start) is not None and _SHAPE.search(start) is not None


def _names(head: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(head)) as archive:
            return archive.namelist()
    # only its beginning: its first file's name is there
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        return [head[30 : 30 + int.from_bytes(head[26:28], "little")].decode(errors="replace")]


def load_export(payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
    """Evidence from an export or an archive of exports: all of it, or a PostureError that says what is wrong."""
    if payload.startswith(b"PK\x03\x04"):
        for inner, content in _unzipped(payload, name):
            yield from _load(content, f"{name}/{inner}", source_sha256)
    else:
        yield from _load(payload, name, source_sha256)


def _unzipped(payload: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """The exports in an archive, one at a time; archives in it stay shut."""
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            files = [each for each in archive.infolist() if each.filename.lower().endswith(".json")]
            _refuse_bomb(files, name)
            for each in files:
                content = archive.read(each)
                if sniff_export(content[: 64 * 1024]):
                    yield text(each.filename.encode(errors="replace")).replace("\\", "/").rpartition("/")[2], content
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise PostureError(
            f"the archive can't be read: {error}", where=name, mend="unpack it, or copy it again"
        ) from error


def _refuse_bomb(files: list[zipfile.ZipInfo], name: str) -> None:
    """An archive's own figures are what it unpacks to: `zipfile` reads no further than they say."""
    if any(each.flag_bits & 1 for each in files):
        raise PostureError("the archive is locked with a password", where=name, mend="unpack it first")
    if len(files) > _MOST_FILES or sum(each.file_size for each in files) > _MOST_BYTES:
        why = f"the archive holds more than {_MOST_BYTES:,} bytes, or more than {_MOST_FILES:,} files"
        raise PostureError(why, where=name, mend="unpack it, and import its files")
    if any(each.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for each in files):
        raise PostureError("the archive is packed in a way that is not read", where=name, mend="unpack it first")
    if any(each.file_size > max(_SUSPECT, _MOST_RATIO * each.compress_size) for each in files):
        raise PostureError(f"a file in the archive unpacks to more than {_MOST_RATIO} times its size", where=name)


def _load(payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
    export = _export(payload, name)
    meta = export.meta
    if meta.version not in _VERSIONS:
        raise PostureError(
            f"version {meta.version} of BloodHound's format is not read; versions 4 to 6 are",
            where=name,
            mend="collect again with a SharpHound of today",
        )
    raws = export.data if meta.type in _READ else []
    parts = max(1, -(-len(raws) // _PART))
    unread = 0
    for part in range(parts):
        masked = {_LEFT_OUT}
        objects = []
        for raw in raws[part * _PART : (part + 1) * _PART]:
            kept = _object(raw, masked)
            if kept is None:
                unread += 1
            else:
                objects.append(kept)
        last = part == parts - 1
        if last and raws and unread == len(raws):
            raise PostureError(f"none of its {len(raws)} {meta.type} can be read", where=name)
        problem = _problem(meta, len(export.data), unread) if last else ""
        outcome: Literal["complete", "partial"] = "partial" if problem else "complete"
        yield Evidence.of(
            Envelope(
                collector="ldap",
                format="bloodhound",
                outcome=outcome,
                problem=problem,
                tool=Tool(name="BloodHound", version=meta.collectorversion[:40]) if meta.collectorversion else None,
                masked=tuple(sorted(masked)),
                source=Source(name=name.replace("\\", "/"), sha256=source_sha256),
            ),
            msgspec.json.encode({"data": objects, "meta": meta}),
        )


def _export(payload: bytes, name: str) -> Export:
    view = memoryview(payload)[len(_BOM) if payload.startswith(_BOM) else 0 :]
    try:
        msgspec.json.decode(view, type=_Outline)
        return msgspec.json.decode(view, type=Export)
    except RecursionError:
        why = "it is nested deeper than such an export ever is"
    except (msgspec.MsgspecError, ValueError) as error:
        why = f"it is no whole export for BloodHound: {error}"
    raise PostureError(why, where=name, mend="give the file as SharpHound wrote it")


def _problem(meta: Meta, there: int, unread: int) -> str:
    said = []
    if meta.count > there:
        said.append(f"it says that it holds {meta.count:,} {meta.type[:20]}, and holds {there:,}")
    if unread:
        said.append(f"{unread:,} of its {meta.type} can't be read")
    return "; ".join(said)


def _object(raw: msgspec.Raw, masked: set[str]) -> Object | None:
    try:
        said = msgspec.json.decode(raw, type=Object)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    properties = {key: _plain(value) for key, value in said.properties.items() if key in _KEPT}
    for key in _FREE_TEXT:
        text = properties.get(key)
        if isinstance(text, str):
            properties[key] = without_passwords(text.encode()).decode()
            if properties[key] != text:
                masked.add(key)
    return msgspec.structs.replace(
        said,
        identifier=said.identifier[:300],
        properties=properties,
        members=_principals(said.members),
        may_act=_principals(said.may_act),
    )


def _plain(value: object) -> object:
    """A property as it may be kept: one value, or a list of texts. Anything else is kept as one that can't be read."""
    match value:
        case str():
            return value[:_MOST_TEXT]
        case list() if len(value) <= _MOST_VALUES and all(isinstance(text, str) for text in value):
            return [text[:_MOST_TEXT] for text in value]
        case int() if abs(value) >= _TOO_LARGE:
            return _UNREADABLE
        case None | bool() | int() | float():
            return value
        case _:
            return _UNREADABLE


def _principals(said: Iterable[Principal] | None) -> list[Principal] | None:
    return None if said is None else [Principal(identifier=each.identifier[:1000]) for each in said]
