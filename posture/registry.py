"""Finds checks, collectors, renderers and catalogs: built in, in installed packs, in a hospital's own folder.

Built-in ones come by the same ways as anybody else's. Packs run only when posture.toml names them, a folder that
others can write is refused, and nobody can take a built-in's id.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

import msgspec

from posture.assessment import Assessment
from posture.check import Check
from posture.collectors.base import Collector
from posture.errors import PostureError
from posture.model import Source

__all__ = ["Checks", "Renderer", "collectors", "content", "load_checks", "renderers"]


class Renderer(Protocol):
    """A module that writes one format from an assessment, and reads nothing else."""

    name: str
    suffix: str

    def render(self, assessment: Assessment, out: Path) -> None:
        """Write the report to `out`, all of it or nothing."""
        ...


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """The checks of a run, and the digests of the files they came from."""

    by_id: dict[str, Check]
    files: tuple[Source, ...]


def content(folder: str) -> Path:
    """Where checks/, templates/ or reports/ lie: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parent
    packed = package / "_content" / folder
    return packed if packed.is_dir() else package.parent / folder


def _load(file: Path, name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PostureError("it is not a Python module", where=str(file))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise PostureError(f"it can't be loaded: {error}", where=str(file)) from error
    return module


def _refuse_writable(folder: Path) -> None:
    """Code that others can change must not run beside directory credentials."""
    found = {folder, *folder.rglob("*")}
    above = {parent for path in found for parent in path.resolve().parents} - {path.resolve() for path in found}
    for path in sorted(found | above):
        try:
            status = path.stat()
        except OSError as error:
            raise PostureError(f"it can't be read: {error.strerror}", where=str(path)) from error
        if path in found:
            others = bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)) or status.st_uid not in {os.getuid(), 0}
        else:  # whoever can write above can put another folder in its place, but not where the sticky bit is set
            others = bool(status.st_mode & stat.S_IWOTH) and not status.st_mode & stat.S_ISVTX
        if others:
            raise PostureError(
                "others can write here, so its checks are not run",
                where=str(path),
                mend=f"chmod -R go-w {folder}, and see that it belongs to you",
            )


def load_checks(folders: Iterable[Path] = (), packs: Iterable[str] = (), skip: Iterable[str] = ()) -> Checks:
    """The built-in checks, those of the packs named, and those of the folders given.

    Raises PostureError for a folder that others can write, a module that can't be loaded, an id that is taken, or a
    pack or skipped check that is not there.
    """
    found: dict[str, Check] = {}
    files = _load_folder(content("checks"), "posture_checks", found)
    for folder in folders:
        if not folder.is_dir():
            raise PostureError("there is no such folder", where=str(folder), mend="name a folder that holds checks")
        _refuse_writable(folder)
        own = hashlib.sha256(str(folder.resolve()).encode(errors="surrogateescape")).hexdigest()[:8]
        files += _load_folder(folder, f"posture_checks_{own}", found)  # by name alone, a second one would be the first
    for pack in packs:
        files += _load_pack(pack, found)
    for name in skip:
        if found.pop(name, None) is None:
            raise PostureError(f"there is no check {name!r} to skip", where="checks.skip", mend="posture checks list")
    return Checks(by_id=dict(sorted(found.items())), files=tuple(files))


def _load_folder(root: Path, prefix: str, found: dict[str, Check]) -> list[Source]:
    files = []
    for file in sorted(root.rglob("*.py")):
        relative = file.relative_to(root)
        _add(found, _load(file, ".".join((prefix, *relative.with_suffix("").parts))), str(file))
        files.append(_source(str(relative), file))
    return files


def _load_pack(pack: str, found: dict[str, Check]) -> list[Source]:
    checks, readers = _points("posture.checks", pack), _points("posture.collectors", pack)
    if not checks and not readers:
        raise PostureError(f"no installed pack is called {pack!r}", where="checks.packs", mend=f"pip install {pack}")
    for point in checks:
        _add(found, point.load(), pack)
    return sorted({source for point in (*checks, *readers) for source in _sources(pack, point)}, key=str)


def _points(group: str, pack: str) -> list[EntryPoint]:
    """A pack's entry points of a group: those of its name, and those of the distribution of its name."""
    return [
        point
        for point in sorted(entry_points(group=group), key=lambda each: (each.name, each.value))
        if not _is_built_in(point) and (point.name == pack or (point.dist is not None and point.dist.name == pack))
    ]


def _is_built_in(point: EntryPoint) -> bool:
    return point.value.startswith("posture.")


def _sources(pack: str, point: EntryPoint) -> Iterator[Source]:
    """What a pack's code is: the file of its module, or all of the package's."""
    spec = importlib.util.find_spec(point.module)
    if spec is None or not spec.origin:
        return
    file = Path(spec.origin)
    files = sorted(file.parent.rglob("*.py")) if spec.submodule_search_locations else [file]
    for each in files:
        yield _source(f"{pack}/{each.relative_to(file.parent)}", each)


def _source(name: str, file: Path) -> Source:
    return Source(name=name, sha256=hashlib.sha256(file.read_bytes()).hexdigest())


def _add(found: dict[str, Check], module: ModuleType, where: str) -> None:
    for value in vars(module).values():
        if isinstance(value, Check) and found.setdefault(value.id, value) is not value:
            raise PostureError(f"the check {value.id!r} is there already", where=where, mend="give it another id")


def collectors(packs: Iterable[str] = ()) -> dict[str, Collector]:
    """The built-in collectors and those of the packs named, by name; of no other pack is anything loaded.

    Built-in ones come first, so that they are the first to be offered a file. Raises PostureError for a pack's
    collector that can't be loaded, is none, or takes another's name.
    """
    found = dict(_built_in_collectors())
    for pack in packs:
        for point in _points("posture.collectors", pack):
            collector = _collector(pack, point)
            if collector.name in found:
                why = f"the collector {collector.name!r} is there already"
                raise PostureError(why, where=pack, mend="give it another name")
            found[collector.name] = collector
    return found


@cache
def _built_in_collectors() -> dict[str, Collector]:
    points = sorted(entry_points(group="posture.collectors"), key=lambda each: each.name)
    return {point.name: cast("Collector", point.load()()) for point in points if _is_built_in(point)}


def _collector(pack: str, point: EntryPoint) -> Collector:
    try:
        collector = point.load()()
    except (Exception, SystemExit) as error:
        raise PostureError(f"its collector {point.name!r} can't be loaded: {error}", where=pack) from error
    parts = ("name", "kinds", "plan", "ask", "sniff", "load", "read")
    wanting = [part for part in parts if not hasattr(collector, part)]
    if wanting:
        raise PostureError(f"its collector {point.name!r} has no {', '.join(wanting)}", where=pack)
    return cast("Collector", collector)


@cache
def renderers() -> dict[str, Renderer]:
    """The renderers, by the name of their format."""
    modules = (_load(file, f"posture_reports.{file.stem}") for file in sorted(content("reports").glob("*.py")))
    return {module.name: cast("Renderer", module) for module in modules if hasattr(module, "render")}
