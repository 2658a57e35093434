"""RFC 3161 timestamps: asked of a server that the hospital names, and verified without it."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from datetime import UTC, datetime
from types import ModuleType

from cryptography import x509

from posture.errors import PostureError
from posture.sealing import verifier

__all__ = ["checked", "needed", "readable", "request", "stamp", "verify"]

_SECONDS = 20
_MAX_BYTES = 1024 * 1024


def needed() -> ModuleType:
    """The library. Raises PostureError where it is not installed."""
    try:
        import rfc3161_client  # noqa: PLC0415  # an extra: imported only where posture.toml asks for it
    except ImportError:
        raise PostureError(
            "a timestamp needs rfc3161-client, which is not installed", mend='pip install "posture[timestamp]"'
        ) from None
    return rfc3161_client


def readable(authorities: bytes, where: str) -> bytes:
    """The certificates, if they are some, in PEM, and one of them is a root. Raises PostureError otherwise."""
    try:
        found = x509.load_pem_x509_certificates(authorities)
    except ValueError:
        found = []
    if len(authorities) > _MAX_BYTES or not any(each.issuer == each.subject for each in found):
        raise PostureError("it holds no certificate of a root authority, in PEM", where=where, mend="timestamp.ca_file")
    return authorities


def request(url: str, message: bytes) -> bytes:
    """The server's response for this message, of which it sees the SHA-256 only. Raises PostureError if none comes."""
    library = needed()
    query = library.TimestampRequestBuilder().data(message).hash_algorithm(library.HashAlgorithm.SHA256).build()
    asked = urllib.request.Request(  # noqa: S310  # http and https only, by the configuration's own check
        url, data=query.as_bytes(), headers={"Content-Type": "application/timestamp-query", "User-Agent": "posture"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:  # noqa: S310  # as above
            response: bytes = answer.read(_MAX_BYTES + 1)
    except urllib.error.URLError as error:
        why = getattr(error, "reason", error)
        raise PostureError(f"the timestamp server did not answer: {why}", where=url) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise PostureError(f"the timestamp server did not answer: {error}", where=url) from None
    if len(response) > _MAX_BYTES:
        raise PostureError("what the timestamp server answers is too large", where=url)
    return response


def verify(response: bytes, authorities: bytes, message: bytes) -> datetime:
    """When it says that the message was there. Raises ValueError, saying why, where it does not hold.

    `authorities` are certificates in PEM: those that are self-signed are trusted, others may lead to them.
    """
    library = needed()
    try:
        said = library.decode_timestamp_response(response)
        certificates = x509.load_pem_x509_certificates(authorities)
        builder = library.VerifierBuilder()
        for each in certificates:
            root = each.issuer == each.subject
            builder = builder.add_root_certificate(each) if root else builder.add_intermediate_certificate(each)
        builder.build().verify_message(said, message)
        at: datetime = said.tst_info.gen_time
    except library.VerificationError as error:
        raise ValueError(f"it does not hold for this seal, or not by these certificates: {error}") from error
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"it is no timestamp: {error}") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def checked(response: bytes, authorities: bytes, message: bytes) -> datetime:
    """As `verify`, and by openssl where the library is not installed. Raises ValueError where neither says it holds."""
    try:
        return verify(response, authorities, message)
    except PostureError as error:
        try:
            said = verifier.openssl_stamp(response, authorities, message)
        except OSError:
            raise ValueError(f"it can't be verified here: {error.what}; {error.mend}") from None
    return datetime.strptime(said, verifier.STAMPED).replace(tzinfo=UTC)


def stamp(response: bytes, authorities: bytes, message: bytes) -> str:
    """As `checked`, with the time in words, as the verifier tells it."""
    return f"{checked(response, authorities, message).astimezone(UTC):{verifier.STAMPED}}"
