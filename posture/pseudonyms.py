"""Pseudonyms: what stands for a name where the name itself must not be seen, always the same one. Pure.

They are keyed (HMAC-SHA256, RFC 2104): without the key nobody can try names until one fits. Two values of one kind
have the same pseudonym only if they are the same value, and the same digits of two kinds mean nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

__all__ = ["DIGITS", "KEY_BYTES", "TOKEN", "Pseudonyms"]

KEY_BYTES = 32
DIGITS = 16
TOKEN = re.compile(rf"[a-z]{{1,24}}-[a-z2-7]{{{DIGITS}}}")
_KIND = re.compile(r"[a-z]{1,24}")


class Pseudonyms:
    """Pseudonyms by one key of 32 bytes. `repr` shows nothing of it. Raises ValueError for another length."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of pseudonyms has {KEY_BYTES} bytes")
        self._keyed = hmac.new(key, digestmod=hashlib.sha256)

    def __repr__(self) -> str:
        return "Pseudonyms(…)"

    def digest(self, kind: str, value: bytes) -> bytes:
        """32 bytes that depend on the kind, the value and the key."""
        keyed = self._keyed.copy()
        keyed.update(b"%s\0%s" % (kind.encode(), value))
        return keyed.digest()

    def token(self, kind: str, value: str | bytes, *, fold: bool = False) -> str:
        """The pseudonym, as in `account-k7m2q9ab3c4d5e6f`: the kind (lower-case letters), and 80 bits in base32.

        `fold`: upper and lower case of the value are the same, as in names of accounts, hosts and directories.
        """
        if not _KIND.fullmatch(kind):
            raise ValueError(f"no kind of a pseudonym: {kind!r}")
        text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        known = (text.casefold() if fold else text).encode("utf-8", "surrogateescape")
        return f"{kind}-{base64.b32encode(self.digest(kind, known)[:10]).decode().lower()}"
