"""Zips that somebody made to harm whoever verifies them: one clear answer each, soon, and in little memory."""

from __future__ import annotations

import io
import json
import os
import resource
import struct
import time
import zipfile
from pathlib import Path

import pytest
from lab import command
from lab.changing import packed, unpacked
from lab.sealed import Exported

from posture.sealing import bags, verifier


def zipped(files: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as made:
        for name, data in files:
            made.writestr(zipfile.ZipInfo(name), data, compress_type=compression)
    return out.getvalue()


def link(name: str, target: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o120777 << 16
        made.writestr(entry, target)
    return out.getvalue()


def many(count: int) -> bytes:
    """A directory of so many entries that all name the same file."""
    one = b"PK\x01\x02" + struct.pack("<4B4HL2L5H2L", 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    body = one * count
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count & 0xFFFF, count & 0xFFFF, len(body), 0, 0)
    return body + end


STATEMENT = b'{"_type":"x"}'


def stated(predicate: object, subjects: list[object]) -> bytes:
    """A statement of the right kind about these."""
    kinds = {"_type": verifier.STATEMENT_TYPE, "predicateType": verifier.PREDICATE_TYPE}
    return json.dumps({**kinds, "predicate": predicate, "subject": subjects}).encode()


HOSTILE = {
    "nothing": b"",
    "text": b"this is no zip" * 100,
    "a bomb": zipped([("data/bomb", b"\0" * 50_000_000)], zipfile.ZIP_DEFLATED),
    "a path out of it": zipped([("../../etc/passwd", b"x"), (verifier.STATEMENT, STATEMENT)]),
    "an absolute path": zipped([("/etc/passwd", b"x"), (verifier.STATEMENT, STATEMENT)]),
    "a link": link("data/link", "/etc/passwd"),
    "names in strange letters": zipped([("data/\x1b[31m\u202e\U0001f4a3", b"x"), (verifier.STATEMENT, STATEMENT)]),
    "a million entries": many(1_000_000),
    "two million entries": many(2_000_000),
    "nested too deeply": zipped([(verifier.STATEMENT, b"[" * 1_000_000)]),
    "a number too long": zipped([(verifier.STATEMENT, b'{"_type":' + b"9" * 100_000 + b"}")]),
    "no statement": zipped([("bagit.txt", b"BagIt-Version: 1.0\n")]),
    "a statement of nothing": zipped([(verifier.STATEMENT, b"null")]),
    "wrong subjects": zipped([(verifier.STATEMENT, stated({}, [{"name": "../x", "digest": {"sha256": "0" * 64}}]))]),
    "a predicate of nothing": zipped(
        [(verifier.STATEMENT, stated({"evidence": 3, "custody": [], "ledger": None, "signer": []}, []))]
    ),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_it_is_refused_soon_in_little_memory_and_without_a_trace(tmp_path: Path, data: bytes):
    path = tmp_path / "bag.zip"
    path.write_bytes(data)
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    try:
        problems = bags.verify_file(path).problems
    except verifier.NotABag as error:
        problems = (str(error),)

    assert problems
    assert all(each.isascii() and each.isprintable() for each in problems)
    assert verifier.main([str(path)]) == 1
    assert time.monotonic() - began < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000
    assert sorted(each.name for each in tmp_path.iterdir()) == ["bag.zip"]


@pytest.mark.parametrize("name", ["a bomb", "names in strange letters", "a predicate of nothing", "a path out of it"])
def test_the_command_gives_one_clear_answer(tmp_path: Path, name: str):
    (tmp_path / "bag.zip").write_bytes(HOSTILE[name])

    done = command.posture("evidence", "verify", "bag.zip", cwd=tmp_path)

    assert done.returncode == 1
    assert "NOT INTACT" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert "did not foresee" not in done.stderr


def test_a_file_that_is_there_twice_is_found_whichever_one_is_read(exported: Exported, tmp_path: Path):
    files = sorted(unpacked(exported.path.read_bytes()).items())
    out = io.BytesIO()
    with pytest.warns(UserWarning, match="Duplicate name"):
        verifier.write_zip(out, ((name, len(data), [data]) for name, data in [*files, files[3]]))
    path = tmp_path / "bag.zip"
    path.write_bytes(out.getvalue())

    with pytest.raises(verifier.NotABag, match="it is there twice"):
        bags.verify_file(path)


def test_bytes_that_no_file_of_the_zip_holds_are_found(exported: Exported, tmp_path: Path):
    whole = exported.path.read_bytes()
    path = tmp_path / "bag.zip"
    for data in (b"before" + whole, whole + b"after", whole[:-2] + b"\x03\0abc"):
        path.write_bytes(data)
        try:
            assert bags.verify_file(path).problems
        except verifier.NotABag:
            continue


def test_files_in_another_order_are_another_zip(exported: Exported, tmp_path: Path):
    files = unpacked(exported.path.read_bytes())
    out = io.BytesIO()
    verifier.write_zip(out, ((name, len(data), [data]) for name, data in sorted(files.items(), reverse=True)))
    path = tmp_path / "bag.zip"
    path.write_bytes(out.getvalue())

    assert bags.verify_file(path).problems
    path.write_bytes(packed(files))
    assert not bags.verify_file(path).problems


def test_what_is_no_file_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(verifier.NotABag, match="neither a file nor a folder"):
        bags.verify_file(tmp_path / "pipe")
    assert command.posture("audit", "--from", "pipe", cwd=tmp_path).returncode == 1
