"""Judging in a process of its own, which holds no credentials and opens no sockets.

The evidence is hostile and the checks may be somebody else's code, so neither meets the process that can read
secrets. The child gets an empty environment and, over its standard input, the request and the evidence; it may read
code, and write to its standard output. An audit hook (PEP 578) refuses sockets, other programs, and files elsewhere.
It is a fence against mistakes and ordinary malice, not a sandbox against native code.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import msgspec

from posture.assessment import Assessment
from posture.errors import PostureError
from posture.model import Evidence
from posture.request import Request

__all__ = ["assess_confined", "main"]

_LENGTH = struct.Struct(">Q")
_TOLD = 3
"""The child's exit where it says in JSON what went wrong, where, and the mend."""


def assess_confined(request: Request, records: Iterable[Evidence]) -> Assessment:
    """The assessment, made by a confined child. Raises PostureError if the child can't be run or ends badly."""
    with tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(  # our own interpreter and our own module
            [sys.executable, "-I", "-m", "posture.confined"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env={"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
            close_fds=True,
            cwd="/",  # a relative name, whatever folder it is opened from, stays inside what may be read
            start_new_session=True,  # Ctrl-C is for the run, which judges what it has
        )
        try:
            answer = _converse(child, request, records)
            code = child.wait()
        finally:
            child.kill()  # nothing, where it has ended
            child.wait()
        complaints.seek(0)
        said = complaints.read().decode("utf-8", "replace").strip()
    last = said.splitlines()[-1] if said else f"exit {code}"  # before it stands what checks printed
    try:
        if code == 0:
            return msgspec.json.decode(answer, type=Assessment)
        if code == _TOLD:
            what, where, mend = msgspec.json.decode(last, type=tuple[str, str, str])
            raise PostureError(what, where=where, mend=mend)
    except msgspec.DecodeError:
        last = "it ended before it had judged"
    raise PostureError(f"the judging process failed: {last}")


def _converse(child: subprocess.Popen[bytes], request: Request, records: Iterable[Evidence]) -> bytes:
    if child.stdin is None or child.stdout is None:
        raise PostureError("the judging process has no pipes")
    with child.stdout:
        try:
            with child.stdin as pipe:
                _write(pipe, msgspec.json.encode(request))  # MessagePack would lose the zones of times
                for record in records:
                    _write(pipe, msgspec.msgpack.encode(record))
        except BrokenPipeError:
            pass  # the child's own words say why
        return child.stdout.read()


def _write(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)


def _frames(pipe: IO[bytes]) -> Iterator[bytes]:
    while head := pipe.read(_LENGTH.size):
        yield pipe.read(_LENGTH.unpack(head)[0])


_REFUSED = (
    *(
        "socket.",
        "subprocess.",
        "os.system",
        "os.exec",
        "os.fork",
        "os.posix_spawn",
        "os.spawn",
        "ctypes.",
        "pty.spawn",
        "os.chdir",
    ),
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.chown", "os.link", "os.symlink", "os.truncate"),
    *("os.utime", "os.kill", "os.putenv", "os.setxattr", "os.removexattr", "shutil.", "sqlite3.connect", "syslog."),
)


def _fence(readable: tuple[str, ...]) -> None:
    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(_REFUSED):
            raise PermissionError(f"a check may not do this: {event}")
        if event == "open":
            path, mode, flags = arguments
            writes = isinstance(mode, str) and any(letter in mode for letter in "wax+")
            writes = writes or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR) != 0)
            if writes or not _inside(path, readable):
                raise PermissionError("a check may not open files")

    sys.addaudithook(hook)


def _inside(path: object, folders: tuple[str, ...]) -> bool:
    if isinstance(path, int):
        return True
    name = os.path.abspath(os.fsdecode(path))  # type: ignore[arg-type]  # noqa: PTH100  # pathlib would follow links
    return any(name == folder or name.startswith(f"{folder}{os.sep}") for folder in folders)


def main() -> None:
    """The child: read the request and the evidence, answer with the assessment."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a check prints is no part of the answer
    try:
        with answer:
            answer.write(msgspec.json.encode(_answer()))
    except PostureError as error:
        sys.stdout.flush()  # what checks printed stands before
        sys.stderr.write("\n" + msgspec.json.encode((error.what, error.where, error.mend)).decode())
        sys.exit(_TOLD)


def _answer() -> Assessment:
    from posture import catalog, registry  # noqa: PLC0415  # before the fence: entry points open files
    from posture.evaluate import evaluate  # noqa: PLC0415

    frames = _frames(sys.stdin.buffer)
    request = msgspec.json.decode(next(frames), type=Request)
    folders = tuple(Path(folder) for folder in request.checks_folders)
    collectors = registry.collectors(request.scope.checks.packs)
    catalogs = catalog.built_in()
    code = (*sys.path, sys.prefix, sys.base_prefix, str(registry.content("checks")), *request.checks_folders)
    code = (*code, "/usr/share/zoneinfo")
    _fence(tuple(os.path.abspath(folder) for folder in code if folder))  # noqa: PTH100  # as above
    checks = registry.load_checks(folders, request.scope.checks.packs, request.scope.checks.skip)
    records = (msgspec.msgpack.decode(frame, type=Evidence) for frame in frames)
    return evaluate(request, records, checks, collectors, catalogs)


if __name__ == "__main__":
    main()
