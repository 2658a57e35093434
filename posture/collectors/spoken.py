"""Secrets in free text, replaced by a token: what people write after "password:", and what scanners print."""

from __future__ import annotations

import re

__all__ = ["without_passwords", "without_secrets"]

_WORDS = "password|passwd|passwort|passcode|pass|pwd|pw|pin|kennwort|contraseña|mot de passe"
_SPOKEN = re.compile(rf"(?<!\w)((?:{_WORDS})\s*[:=]\s*)(?!\{{masked;type=password\}})[^\s,;]+".encode(), re.IGNORECASE)


def without_passwords(text: bytes) -> bytes:
    """The text with `{masked;type=password}` in place of each; every other byte stays as it came."""
    return _SPOKEN.sub(rb"\1{masked;type=password}", text)


_PRINTED = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), token)
    for pattern, token in (
        # password 'calvin'; community strings : and those that answered, up to an empty line
        (
            r"""(\bpass(?:word|wd|phrase|code)?s?\b[^'"\n]{0,20})(['"])(?!\{masked)[^'"\n]{1,200}\2""",
            r"\1{masked;type=password}",
        ),
        (r"(\bcommunit(?:y|ies)(?:\s{1,3}(?:string|name)s?)?\s{0,3}[:=]\s{0,3})\S.*?(?=\n\s*\n|\Z)", r"\1{masked}"),
        # hashes of crypt(3), and of Windows as pwdump prints them
        (r"\$(?:1|2[abxy]?|5|6|7|y|gy)\$[./a-z0-9$,=]{8,200}", "{masked}"),
        (r"\b[0-9a-f]{32}:[0-9a-f]{32}\b", "{masked}"),
        # https://name:password@host; headers of HTTP; private keys
        (r"(://[^\s/:@]{1,100}:)[^\s/@]{1,200}(?=@)", r"\1{masked}"),
        (r"(\b(?:(?:proxy-)?authorization|(?:set-)?cookie)[ \t]{0,3}:)[^\n]+", r"\1 {masked}"),
        (r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END[^\n]*|\Z)", "{masked}"),
    )
)


def without_secrets(text: str) -> str:
    """The results of a scanner without the passwords, hashes, community strings, sessions and keys that it printed."""
    text = without_passwords(text.encode()).decode()
    for pattern, token in _PRINTED:
        text = pattern.sub(token, text)
    return text
