"""Secrets in free text, replaced by a token: what people write after "password:", and what scanners print."""

from __future__ import annotations

import re
from collections.abc import Iterable

from posture.pseudonyms import DIGITS, Pseudonyms

__all__ = ["token", "without_communities", "without_passwords", "without_secrets", "without_these"]

_WORDS = "password|passwd|passwort|passcode|pass|pwd|pw|pin|kennwort|contraseña|mot de passe"
_SPOKEN = re.compile(
    rf"(?<!\w)((?:{_WORDS})\s*[:=]\s*)"
    rf"(?!\{{masked;type=password(?:;digest=[a-z2-7]{{{DIGITS}}})?\}}(?:[\s,;]|\Z))(\S*[^\s,;])".encode(),
    re.IGNORECASE,
)


def without_passwords(text: bytes, pseudonyms: Pseudonyms | None = None) -> bytes:
    """The text with `{masked;type=password}` in place of each; every other byte stays as it came.

    With `pseudonyms`, the token has a digest as well (`token`).
    """
    return _SPOKEN.sub(lambda found: found[1] + token(b"type=password", found[2], pseudonyms), text)


def token(said: bytes, secret: bytes, pseudonyms: Pseudonyms | None = None) -> bytes:
    """What stands in a secret's place: `{masked}`, with what may be said of it.

    With `pseudonyms` it has a digest, by which one secret can be seen in two places. It is keyed: whoever has not the
    hospital's key can't try words until one fits.
    """
    if pseudonyms is not None:
        digest = b"digest=" + pseudonyms.token("secret", secret).rpartition("-")[2].encode()
        said = b";".join(filter(None, (said, digest)))
    return b"{masked;%s}" % said if said else b"{masked}"


_CONFIGURED = re.compile(
    rb"(\b(?:snmp-server\s{1,9}community|set\s{1,9}snmp\s{1,9}community(?:\s{1,9}read-(?:only|write))?"
    rb"|community(?:\s{1,3}(?:string|name))?\s{0,3}[:=])\s{0,9})(?!\{masked|read-(?:only|write)\b)\S*[^\s,;]",
    re.IGNORECASE,
)
_SHORTEST = 6


def without_communities(text: bytes) -> bytes:
    """The text with `{masked}` in place of communities, as devices' configurations write them and as people do."""
    return _CONFIGURED.sub(rb"\1{masked}", text)


def without_these(text: bytes, secrets: Iterable[bytes]) -> bytes:
    """The text with `{masked}` in place of these secrets, which an audit knows; very short ones may be any word."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, b"{masked}")
    return text


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
