import os
from pathlib import Path

import pytest

from posture.errors import PostureError
from posture.scope import SecretReference
from posture.secrets import resolve


def test_a_secret_comes_from_where_the_reference_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "secret"
    file.write_text("from file\n")
    file.chmod(0o600)
    monkeypatch.setenv("POSTURE_TEST", "from environment")

    assert resolve(SecretReference(file="secret"), tmp_path) == "from file"
    assert resolve(SecretReference(env="POSTURE_TEST"), tmp_path) == "from environment"
    assert resolve(SecretReference(command=("printf", "from command")), tmp_path) == "from command"


def test_a_file_that_others_can_read_is_refused(tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text("hunter2")
    file.chmod(0o640)

    with pytest.raises(PostureError, match="chmod 600") as caught:
        resolve(SecretReference(file="secret"), tmp_path)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "reference",
    [
        SecretReference(env="POSTURE_NOT_SET"),
        SecretReference(file="nowhere"),
        SecretReference(command=("false",)),
        SecretReference(command=("sh", "-c", "true")),
    ],
)
def test_a_secret_that_is_not_there_is_told_by_its_reference(reference, tmp_path: Path):
    with pytest.raises(PostureError) as caught:
        resolve(reference, tmp_path)
    assert caught.value.where


@pytest.mark.parametrize(
    "reference",
    [
        SecretReference(env="POSTURE_BYTES"),
        SecretReference(command=("printf", "hunter2\\377")),
        SecretReference(file="a\0b"),
        SecretReference(command=("a\0b",)),
    ],
)
def test_a_secret_that_is_no_text_is_told_without_a_word_of_it(
    reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("POSTURE_BYTES", os.fsdecode(b"hunter2\xff"))

    with pytest.raises(PostureError, match="not UTF-8 text") as caught:
        resolve(reference, tmp_path)

    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "hunter2" not in str(caught.value)
