"""The key that a hospital seals its runs with: Ed25519, made once, private, and never exported.

Beside it lies another, of 32 random bytes, that its pseudonyms are made with (`posture.pseudonyms`).
"""

from __future__ import annotations

import base64
import os
import secrets
import stat
import tempfile
from pathlib import Path
from typing import Protocol

import click
import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from posture.errors import PostureError
from posture.pseudonyms import KEY_BYTES
from posture.scope import SealScope
from posture.sealing import verifier
from posture.store import Store

__all__ = [
    "KeyPlace",
    "Signer",
    "default_place",
    "load",
    "make",
    "place",
    "pseudonym_key",
    "pseudonym_place",
    "signature_holds",
]

_MAX_BYTES = 64 * 1024


class Signer:
    """A key that signs. It shows its public half only; `repr` shows the fingerprint."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public_pem = verifier.public_pem(der)
        self.fingerprint = verifier.sha256(der)

    def __repr__(self) -> str:
        return f"Signer({self.fingerprint})"

    def sign(self, message: bytes) -> bytes:
        """The signature: of the same message always the same bytes (RFC 8032)."""
        return self._key.sign(message)


def signature_holds(public_pem: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is good."""
    try:
        verifier.fingerprint_of(public_pem)
        body = b"".join(public_pem.strip().splitlines()[1:-1])
        key = load_der_public_key(base64.b64decode(body, validate=True))
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(signature, message)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


class KeyPlace(Protocol):
    """Where a key is kept."""

    @property
    def where(self) -> str:
        """Where it is, in words."""
        ...

    def read(self) -> bytes | None:
        """The private key as PEM; None where there is none yet."""
        ...

    def write(self, pem: bytes) -> None:
        """Keep a new key. What is there already is left as it is."""
        ...


class _File(msgspec.Struct, frozen=True, kw_only=True):
    path: Path
    what: str = "sealing key"
    again: str = ", and make another if somebody may have had it: posture keys init"

    @property
    def where(self) -> str:
        return str(self.path)

    def read(self) -> bytes | None:
        try:
            with self.path.open("rb") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                    mend = f"chmod 600 {self.path}{self.again}"
                    raise PostureError(
                        f"others can read the {self.what}, so it is not used", where=self.where, mend=mend
                    )
                return file.read(_MAX_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PostureError(f"the {self.what} can't be read: {error.strerror}", where=self.where) from None

    def write(self, pem: bytes) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")  # made 0600
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(pem)
                    file.flush()
                    os.fsync(file.fileno())
                os.link(temporary, self.path)  # fails where another made one meanwhile: that one stays
            finally:
                Path(temporary).unlink()
        except FileExistsError:
            pass
        except OSError as error:
            raise PostureError(f"the {self.what} can't be written: {error.strerror}", where=self.where) from None


class _Keyring(msgspec.Struct, frozen=True, kw_only=True):
    entry: str

    @property
    def where(self) -> str:
        return f"the keyring entry {self.entry}"

    def read(self) -> bytes | None:
        service, _, user = self.entry.partition("/")
        value = self._ask("get_password", service, user)
        return value.encode() if isinstance(value, str) else None

    def write(self, pem: bytes) -> None:
        service, _, user = self.entry.partition("/")
        self._ask("set_password", service, user, pem.decode())

    def _ask(self, what: str, *arguments: str) -> object:
        try:
            import keyring  # noqa: PLC0415  # an extra: imported only where posture.toml asks for it
        except ImportError:
            mend = 'pip install "posture[keyring]"'
            raise PostureError("the keyring package is not installed", where=self.where, mend=mend) from None
        try:
            return getattr(keyring, what)(*arguments)
        except keyring.errors.KeyringError as error:
            why = f"the keyring can't be used: {error.__class__.__name__}"
            raise PostureError(why, where=self.where) from None


def place(seal: SealScope, base: Path, store: Store) -> KeyPlace:
    """Where the key is: as posture.toml says, else beside the store, else in the user's data folder."""
    if seal.keyring:
        return _Keyring(entry=seal.keyring)
    if seal.key_file:
        return _File(path=base / seal.key_file)
    return default_place(store)


def default_place(store: Store) -> KeyPlace:
    """Where the key is if posture.toml does not say it."""
    if store.url.get_backend_name() == "sqlite":
        return _File(path=Path(store.name).with_suffix(".key"))
    return _File(path=Path(click.get_app_dir("posture")) / "posture.key")


def load(kept: KeyPlace) -> Signer | None:
    """The key; None where there is none yet. Raises PostureError for one that can't be used; no part of it is shown."""
    pem = kept.read()
    if pem is None:
        return None
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise PostureError(
            "it is not an Ed25519 private key in PEM",
            where=kept.where,
            mend="restore it, or take it away for a new one",
        )
    return Signer(key)


def make(kept: KeyPlace) -> Signer:
    """A new key, kept; or the one that is there already."""
    made = Ed25519PrivateKey.generate()
    kept.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    signer = load(kept)
    if signer is None:
        raise PostureError("the key that was made can't be found again", where=kept.where)
    return signer


def pseudonym_place(kept: KeyPlace) -> KeyPlace:
    """Where the key of pseudonyms is: beside the sealing key, which is kept here."""
    if isinstance(kept, _Keyring):
        return _Keyring(entry=f"{kept.entry}-pseudonyms")
    if isinstance(kept, _File):
        path = kept.path.with_name(f"{kept.path.stem}.pseudonyms.key")
        return _File(path=path, what="key of pseudonyms", again=": who had it can tell what was replaced")
    raise TypeError(f"no place that has one beside it: {kept.where}")


def pseudonym_key(kept: KeyPlace) -> bytes:
    """The key of pseudonyms that is kept here, or a new one. Raises PostureError for one that can't be used."""
    text = kept.read()
    if text is None:
        kept.write(secrets.token_hex(KEY_BYTES).encode() + b"\n")
        text = kept.read()
    try:
        key = bytes.fromhex((text or b"").decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        mend = "restore it from a backup: with a new one, all pseudonyms are others, and the old ones stay unknown"
        raise PostureError(
            f"it is no key of pseudonyms, {2 * KEY_BYTES} hexadecimal digits", where=kept.where, mend=mend
        )
    return key
