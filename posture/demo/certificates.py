"""Certificates that are made up: an authority, and servers' certificates good and bad, in PEM."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["Pem", "make_ca", "make_certificate"]


class Pem(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate and its private key, both in PEM; the key is not encrypted."""

    certificate: bytes
    key: bytes


def make_ca(name: str = "Posture demonstration CA") -> Pem:
    """A certificate authority of its own, valid for a year either side of today."""
    now = datetime.now(UTC)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        _builder(subject, subject, key.public_key(), now - timedelta(days=365), now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pem(built, key)


def make_certificate(
    ca: Pem,
    names: Iterable[str],
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    key_bits: int = 2048,
) -> Pem:
    """A server's certificate for DNS names and IP addresses; without dates it holds from yesterday for 90 days."""
    now = datetime.now(UTC)
    authority = x509.load_pem_x509_certificate(ca.certificate)
    signer = serialization.load_pem_private_key(ca.key, password=None)
    if not isinstance(signer, rsa.RSAPrivateKey):
        raise TypeError("the authority's key is no RSA key")
    key = rsa.generate_private_key(public_exponent=65537, key_size=key_bits)
    listed = list(names)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, listed[0])])
    built = (
        _builder(
            subject,
            authority.subject,
            key.public_key(),
            not_before or now - timedelta(days=1),
            not_after or now + timedelta(days=90),
        )
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in listed]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
        .sign(signer, hashes.SHA256())
    )
    return _pem(built, key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> Pem:
    return Pem(
        certificate=certificate.public_bytes(serialization.Encoding.PEM),
        key=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
