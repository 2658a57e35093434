"""The tree, the encodings and the chains that seals are made of, against values computed by their definitions."""

from __future__ import annotations

import hashlib

import pytest

from posture.sealing import verifier

IDS = [hashlib.sha256(bytes([number])).hexdigest() for number in range(7)]


def by_definition(ids: list[str]) -> bytes:
    """RFC 6962, 2.1, word for word: split at the largest power of two that is smaller than the number of leaves."""
    if len(ids) == 1:
        return hashlib.sha256(b"\x00" + bytes.fromhex(ids[0])).digest()
    split = 1
    while split * 2 < len(ids):
        split *= 2
    return hashlib.sha256(b"\x01" + by_definition(ids[:split]) + by_definition(ids[split:])).digest()


@pytest.mark.parametrize("count", range(1, 8))
def test_the_root_is_that_of_rfc_6962_whatever_the_order(count: int):
    ids = IDS[:count]

    assert verifier.merkle_root(ids) == verifier.merkle_root(reversed(ids)) == by_definition(sorted(ids)).hex()


def test_the_root_of_nothing_is_the_digest_of_nothing():
    assert verifier.merkle_root([]) == hashlib.sha256(b"").hexdigest()


def test_the_encoding_is_dsse_s():
    assert verifier.pae(b"hello world") == b"DSSEv1 28 application/vnd.in-toto+json 11 hello world"


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"-----BEGIN PUBLIC KEY-----\n",
        b"\xff",
        verifier.public_pem(b"short"),
        b"-----BEGIN PUBLIC KEY-----\n?\n-----END PUBLIC KEY-----",
    ],
)
def test_what_is_no_ed25519_key_has_no_fingerprint(key: bytes):
    with pytest.raises(ValueError):  # noqa: PT011  # of whichever kind: that it is refused is what matters
        verifier.fingerprint_of(key)
