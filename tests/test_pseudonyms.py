"""Pseudonyms: the same value has the same one, and no two have one."""

from __future__ import annotations

import stat

import pytest

from posture.errors import PostureError
from posture.pseudonyms import TOKEN, Pseudonyms
from posture.sealing import keys
from posture.store import Store

OURS, THEIRS = Pseudonyms(b"\x01" * 32), Pseudonyms(b"\x02" * 32)


def test_the_same_value_has_the_same_token_and_another_key_another():
    assert OURS.token("account", "jdoe") == Pseudonyms(b"\x01" * 32).token("account", "jdoe")
    assert OURS.token("account", "jdoe") != THEIRS.token("account", "jdoe")
    assert TOKEN.fullmatch(OURS.token("account", "jdoe"))


def test_case_counts_only_where_it_does():
    assert OURS.token("account", "JDoe", fold=True) == OURS.token("account", "jdoe", fold=True)
    assert OURS.token("community", "Public") != OURS.token("community", "public")


def test_kinds_do_not_share_digits():
    assert OURS.token("account", "x")[-16:] != OURS.token("password", "x")[-16:]


def test_a_kind_or_key_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no kind"):
        OURS.token("Account-1", "x")
    with pytest.raises(ValueError, match="32 bytes"):
        Pseudonyms(b"short")
    assert "1" not in repr(OURS)


def test_the_key_lies_beside_the_sealing_key_and_stays(tmp_path):
    kept = keys.pseudonym_place(keys.default_place(Store(tmp_path / "posture.db")))
    key = keys.pseudonym_key(kept)

    (path,) = tmp_path.glob("*.key")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.pseudonym_key(kept) == key
    assert len(key) == 32


def test_a_key_that_others_can_read_or_that_is_none_is_refused(tmp_path):
    kept = keys.pseudonym_place(keys.default_place(Store(tmp_path / "posture.db")))
    text = keys.pseudonym_key(kept).hex()
    (path,) = tmp_path.glob("*.key")

    path.chmod(0o644)
    with pytest.raises(PostureError, match="others can read"):
        keys.pseudonym_key(kept)
    path.chmod(0o600)
    path.write_text(text[:-2])
    with pytest.raises(PostureError, match="no key of pseudonyms") as refused:
        keys.pseudonym_key(kept)
    assert text[:16] not in str(refused.value)
