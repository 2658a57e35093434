"""Passwords that people write into free text: what follows a word such as "password:", replaced by a token."""

from __future__ import annotations

import re

__all__ = ["without_passwords"]

_WORDS = "password|passwd|passwort|passcode|pass|pwd|pw|pin|kennwort|contraseña|mot de passe"
_SPOKEN = re.compile(rf"(?<!\w)((?:{_WORDS})\s*[:=]\s*)(?!\{{masked;type=password\}})[^\s,;]+".encode(), re.IGNORECASE)


def without_passwords(text: bytes) -> bytes:
    """The text with `{masked;type=password}` in place of each; every other byte stays as it came."""
    return _SPOKEN.sub(rb"\1{masked;type=password}", text)
