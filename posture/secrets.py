"""Secrets, resolved at the moment they are needed and kept nowhere. Errors name the reference, never the value."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

from posture.errors import PostureError
from posture.scope import SecretReference

__all__ = ["describe", "resolve"]

_COMMAND_SECONDS = 30


def describe(reference: SecretReference) -> str:
    """The reference in words, for messages: it holds no secret."""
    if reference.env is not None:
        return f"the environment variable {reference.env}"
    if reference.file is not None:
        return f"the file {reference.file}"
    if reference.keyring is not None:
        return f"the keyring entry {reference.keyring}"
    return f"the command {(reference.command or ('',))[0]}"


def resolve(reference: SecretReference, base: Path) -> str:
    """The secret. Relative files are looked for beside posture.toml (`base`).

    Raises PostureError where it is not there, is empty, or lies in a file that others can read.
    """
    try:
        secret = _fetch(reference, base)
        secret.encode()
    except ValueError:  # its text, and the error's own fields, may hold the secret
        raise PostureError("it is not a name, or not UTF-8 text", where=describe(reference)) from None
    if not secret:
        raise PostureError("the secret is empty", where=describe(reference))
    return secret


def _fetch(reference: SecretReference, base: Path) -> str:
    if reference.env is not None:
        value = os.environ.get(reference.env)
        if value is None:
            raise PostureError("it is not set", where=describe(reference), mend=f"export {reference.env}=…")
        return value
    if reference.file is not None:
        return _from_file(base / reference.file, describe(reference))
    if reference.keyring is not None:
        return _from_keyring(reference)
    return _from_command(reference)


def _from_file(path: Path, where: str) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise PostureError("others can read it, so it is not used", where=where, mend=f"chmod 600 {path}")
            return file.read(64 * 1024).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PostureError(f"it can't be read: {error.__class__.__name__}", where=where) from None


def _from_keyring(reference: SecretReference) -> str:
    try:
        import keyring  # noqa: PLC0415  # an extra: imported only where the scope asks for it
    except ImportError:
        raise PostureError(
            "the keyring package is not installed", where=describe(reference), mend='pip install "posture[keyring]"'
        ) from None
    service, _, user = (reference.keyring or "").partition("/")
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        what = f"the keyring can't be read: {error.__class__.__name__}"
        raise PostureError(what, where=describe(reference)) from None
    if value is None:
        raise PostureError("the keyring has no such entry", where=describe(reference))
    return str(value)


def _from_command(reference: SecretReference) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # the hospital's own command, from its own configuration, without a shell
            list(reference.command or ()), capture_output=True, timeout=_COMMAND_SECONDS, check=True, text=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PostureError(f"it failed: {error.__class__.__name__}", where=describe(reference)) from None
    return done.stdout.rstrip("\r\n")
