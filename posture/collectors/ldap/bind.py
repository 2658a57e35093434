"""Logging in as the audit account, and asking whether a password would be taken in the clear."""

from __future__ import annotations

import re
import secrets
import ssl
from collections.abc import Callable
from typing import Any

import ldap3

from posture.collectors.ldap.decode import text
from posture.collectors.ldap.search import result_words
from posture.errors import PostureError
from posture.model import Attempt
from posture.scope import Bind, DirectoryScope

__all__ = ["ANONYMOUS", "bind", "cleartext_bind", "unbound"]

ANONYMOUS = "anonymous"
_WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"

_AD_DATA = re.compile(r"\bdata ([0-9a-f]{1,8})\b")
_AD_REASONS = {
    "525": "no such user",
    "52e": "wrong user or password",
    "530": "not permitted to log in at this time",
    "531": "not permitted to log in at this computer",
    "532": "the password has expired",
    "533": "the account is disabled",
    "701": "the account has expired",
    "773": "the password must be changed first",
    "775": "the account is locked out",
}
"""Sub-codes of result 49 (winerror.h, in hexadecimal, as Active Directory's diagnostic message has them)."""


class _Unable(Exception):  # noqa: N818  # a reason not to try, not an error
    """Why the bind is not tried."""


def unbound(directory: DirectoryScope, why: str) -> Attempt:
    """A bind that was not tried."""
    return Attempt(method="bind", outcome="failed", credential=directory.bind.user, detail=f"not tried: {why}")


def bind(
    connection: Any,  # noqa: ANN401  # ldap3 is untyped
    directory: DirectoryScope,
    secret: Callable[[object], str],
    extensions: frozenset[str],
) -> Attempt:
    """Log in over an open connection as the scope says.

    An accepted bind's detail is who the server says we are (RFC 4532), where it answers that. A password only ever
    goes over TLS. Neither the password nor a text of the server's is in what comes back.
    """
    try:
        options = _options(connection, directory, secret)
    except _Unable as hindrance:
        return unbound(directory, str(hindrance))
    except PostureError as error:
        return unbound(directory, str(error).partition("\n")[0])
    try:
        connection.rebind(read_server_info=False, **options)
        result = connection.result
        code, message = int(result["result"]), str(result.get("message") or "")
    except ImportError:
        return unbound(directory, 'GSSAPI is not installed: pip install "posture[kerberos]"')
    except Exception as error:  # noqa: BLE001  # its text may hold what was sent, so only its class is kept
        return _attempt(directory, "failed", f"the bind broke off ({type(error).__name__})")
    if code == 0 and connection.bound:
        return _attempt(directory, "accepted", _who(connection) if _WHO_AM_I in extensions else "")
    found = _AD_DATA.search(message) if code == 49 else None  # noqa: PLR2004  # RFC 4511: invalidCredentials
    reason = _AD_REASONS.get(found[1], "") if found else ""
    return _attempt(directory, "refused", f"{result_words(code)}{f': {reason}' if reason else ''}")


def cleartext_bind(connection: Any, base: str) -> Attempt:  # noqa: ANN401  # ldap3 is untyped
    """Ask, without TLS, whether a password would be taken: a random one, of a user that can't exist."""
    user = f"cn=posture-{secrets.token_hex(16)}{',' if base else ''}{base}"
    try:
        connection.rebind(
            user=user, password=secrets.token_hex(16), authentication=ldap3.SIMPLE, read_server_info=False
        )
        code = int(connection.result["result"])
    except Exception as error:  # noqa: BLE001  # as above
        return Attempt(method="cleartext-bind", outcome="failed", detail=f"broke off ({type(error).__name__})")
    match code:
        case 0 | 49:
            outcome = "password-taken"
        case 8 | 13:
            outcome = "refused"
        case _:
            outcome = "failed"
    return Attempt(method="cleartext-bind", outcome=outcome, detail=result_words(code) if code else "result 0: let in")


def _options(
    connection: Any,  # noqa: ANN401  # ldap3 is untyped
    directory: DirectoryScope,
    secret: Callable[[object], str],
) -> dict[str, Any]:
    """The arguments of ldap3's rebind. Raises _Unable with the reason not to try."""
    settings: Bind = directory.bind
    if connection.closed:  # ldap3 would open it again, and without TLS where it had been StartTLS
        raise _Unable("the server had closed the connection")
    match settings.method:
        case "sasl-external":
            return {"authentication": ldap3.SASL, "sasl_mechanism": ldap3.EXTERNAL, "sasl_credentials": ("",)}
        case "sasl-gssapi":
            target = directory.server_name or directory.host
            return {
                "user": settings.user or None,
                "authentication": ldap3.SASL,
                "sasl_mechanism": ldap3.KERBEROS,
                "sasl_credentials": (target,),
            }
    if not settings.user:
        raise _Unable("no user is given")
    if settings.password is None:
        raise _Unable("no password is given")
    if not _encrypted(connection) and settings.method != "sasl-digest-md5":
        raise _Unable("a password is never sent in the clear; set transport to ldaps or starttls")
    password = secret(settings.password)
    if not password:
        raise _Unable("the password is empty, which would be an anonymous bind (RFC 4513, 5.1.2)")
    match settings.method:
        case "sasl-plain":
            return {
                "authentication": ldap3.SASL,
                "sasl_mechanism": "PLAIN",
                "sasl_credentials": (None, settings.user, password),
            }
        case "sasl-digest-md5":
            return {
                "authentication": ldap3.SASL,
                "sasl_mechanism": ldap3.DIGEST_MD5,
                "sasl_credentials": (None, settings.user, password, None),
            }
    return {"user": settings.user, "password": password, "authentication": ldap3.SIMPLE}


def _encrypted(connection: Any) -> bool:  # noqa: ANN401  # ldap3 is untyped
    """Whether TLS is really up on the socket, not whether it was meant to be."""
    try:
        return isinstance(connection.socket.version(), str)
    except (AttributeError, OSError, ssl.SSLError):
        return False


def _attempt(directory: DirectoryScope, outcome: str, detail: str) -> Attempt:
    return Attempt(method="bind", outcome=outcome, credential=directory.bind.user, detail=detail)


def _who(connection: Any) -> str:  # noqa: ANN401  # ldap3 is untyped
    try:
        return text(str(connection.extend.standard.who_am_i() or "").encode())[:500]
    except Exception:  # noqa: BLE001  # not to know it does no harm
        return ""
