"""Files that are attached: out of one folder, bounded, and the same bytes when they are stored."""

import hashlib
import os
from pathlib import Path

import pytest

from posture.errors import PostureError
from posture.governance.ledger import Attachment
from posture.questionnaire import files
from posture.questionnaire.files import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "in" / "below").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "in" / "a.pdf").write_bytes(b"one")
    (tmp_path / "in" / "below" / "b.pdf").write_bytes(b"two")
    return Folder(tmp_path / "in")


@pytest.mark.parametrize(("name", "content"), [("a.pdf", b"one"), ("below/b.pdf", b"two"), ("below\\b.pdf", b"two")])
def test_a_file_is_attached_under_its_hash(folder: Folder, name: str, content: bytes):
    attached = folder.attach(name)

    assert isinstance(attached, Attachment)
    assert (attached.name, attached.size) == (name.replace("\\", "/").split("/")[-1], 3)
    assert attached.sha256 == hashlib.sha256(content).hexdigest()
    assert list(folder.contents([attached, attached])) == [content]


@pytest.mark.parametrize("name", ["a.pdf/", "./a.pdf", ".//a.pdf", "below/.//b.pdf/."])
def test_a_file_has_its_own_name_however_it_is_written(folder: Folder, name: str):
    attached = folder.attach(name)

    assert isinstance(attached, Attachment)
    assert attached.name in {"a.pdf", "b.pdf"}


def test_a_file_is_read_once_however_often_and_in_however_many_ways_it_is_named(folder: Folder):
    first = folder.attach("a.pdf")
    (folder.path / "a.pdf").write_bytes(b"other")

    assert {folder.attach(f"{'./' * count}a.pdf") for count in range(50)} == {first}


@pytest.mark.parametrize("name", ["../secret", "below/../../secret", "..\\secret", "/etc/hostname", "C:\\x.pdf", ".."])
def test_nothing_outside_the_folder_is_attached(folder: Folder, name: str):
    assert "outside the folder" in str(folder.attach(name))


def test_links_lead_nowhere(folder: Folder, tmp_path: Path):
    (folder.path / "link.pdf").symlink_to(tmp_path / "secret")
    (folder.path / "inside.pdf").symlink_to(folder.path / "a.pdf")
    (folder.path / "away").symlink_to(tmp_path)

    for name in ("link.pdf", "inside.pdf", "away/secret"):
        assert "it is a link, or no file" in str(folder.attach(name)), name


def test_what_is_no_file_is_refused_and_never_waited_for(folder: Folder):
    os.mkfifo(folder.path / "pipe")
    (folder.path / "empty.pdf").touch()

    for name in ("pipe", "below", "a.pdf/x"):
        assert "no file" in str(folder.attach(name)), name
    assert "there is no such file" in str(folder.attach("none.pdf"))
    assert folder.attach("empty.pdf") == "it is empty"
    assert "no name of a file" in str(folder.attach("a\0b"))
    assert "can't be read" in str(folder.attach("n" * 300))


def test_a_file_of_100_mib_is_attached_and_a_larger_one_is_not(folder: Folder):
    with (folder.path / "big.bin").open("wb") as file:
        file.truncate(files.MAX_BYTES)
    with (folder.path / "bigger.bin").open("wb") as file:
        file.truncate(files.MAX_BYTES + 1)

    attached = folder.attach("big.bin")

    assert isinstance(attached, Attachment)
    assert attached.size == files.MAX_BYTES
    assert folder.attach("bigger.bin") == "it is larger than 100 MiB"


def test_a_file_that_changes_before_it_is_stored_stops_the_import(folder: Folder):
    attached = folder.attach("a.pdf")
    (folder.path / "a.pdf").write_bytes(b"other")

    assert isinstance(attached, Attachment)
    with pytest.raises(PostureError, match="it changed while it was read"):
        list(folder.contents([attached]))
