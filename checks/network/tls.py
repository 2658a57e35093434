"""TLS: old versions, and certificates that prove nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from posture import AsOf, Missing, Severity, Thresholds, Verdict, check, failed, passed, unknown
from posture.facts import Host, Port, Script
from posture.services import TLS, each, result, worst

OLD = ("SSLv3", "TLSv1.0", "TLSv1.1")
CURRENT = ("TLSv1.2", "TLSv1.3")
NESSUS_OLD = {"nessus-20007": "SSLv2 or SSLv3", "nessus-104743": "TLSv1.0", "nessus-157288": "TLSv1.1"}
KEYS = {"rsa", "ec"}
EC_BITS = 224
"""The smallest elliptic key that NIST SP 800-131A Rev. 2 accepts."""

_WEAK_SIGNATURE = re.compile(r"md[245]|sha-?1(?!\d)|shaWith", re.IGNORECASE)


@check("tls-outdated", title="Outdated encryption is accepted (TLS before 1.2)", severity=Severity.HIGH)
def tls_outdated(host: Host) -> Verdict:
    """Every TLS service accepts TLS 1.2 and 1.3 only.

    Every port that speaks TLS has to show its versions (ssl-enum-ciphers), and to have been asked for SSL 2 (sslv2).

    Why it matters:
        SSL and TLS 1.0 and 1.1 have flaws by which somebody on the way reads or changes what is sent. No standard
        allows them for health data any more.

    How to fix:
        Switch SSL, TLS 1.0 and TLS 1.1 off on the server. Where an old client needs them, put a TLS proxy between and
        record an exception with an end.

    Sources:
        45 CFR 164.312(e)(2)(ii); RFC 8996; NIST SP 800-52 Rev. 2.
    """
    return each(host, TLS, _versions)


def _versions(port: Port) -> Verdict:
    ssl2, ciphers = result(port, "sslv2"), result(port, "ssl-enum-ciphers")
    old = ["SSLv2"] if not isinstance(ssl2, Missing) and "SSLv2 supported" in ssl2.output else []
    old += [] if isinstance(ciphers, Missing) else [version for version in OLD if _accepts(ciphers, version)]
    old += sorted({NESSUS_OLD[script.id] for script in port.scripts if script.id in NESSUS_OLD} - set(old))
    if old:
        return failed(f"{port} accepts {', '.join(old)}", port)
    if isinstance(ciphers, Missing):
        return unknown(
            ciphers, port, answer=f"Allow the script ssl-enum-ciphers in this zone, and scan {port} with it."
        )
    current = [version for version in CURRENT if _accepts(ciphers, version)]
    if not current:
        return unknown(f"{port} showed no version of TLS", port, answer="Look at the server's configuration.")
    if isinstance(ssl2, Missing) and ssl2.why == "not-asked":
        return unknown(
            f"Whether {port} accepts SSL 2 was not asked", port, answer=f"Scan {port} with the script sslv2."
        )
    return passed(f"{port} accepts {' and '.join(current)} only", port)


def _accepts(ciphers: Script, version: str) -> bool:
    return bool(ciphers.under(f"{version}/ciphers"))


@check("certificate-invalid", title="A certificate is expired, weak or self-signed", severity=Severity.MEDIUM)
def certificate_invalid(host: Host, as_of: AsOf, thresholds: Thresholds) -> Verdict:
    """Every TLS certificate is in its time, strongly signed, and issued by somebody else than its holder.

    A certificate that is its own issuer, and otherwise sound, fails at low severity: it may be known to all clients.

    Why it matters:
        Staff learn to click warnings away, and then nobody notices the one day when somebody else stands in between. A
        short key or an old signature lets an intruder make a certificate that passes for yours.

    How to fix:
        Issue certificates from a certificate authority that the clients trust, with RSA keys of 2048 bits or more (or
        ECDSA) and SHA-256, and renew them by a program.

    Sources:
        45 CFR 164.312(d), 164.312(e)(2)(ii); NIST SP 800-131A Rev. 2; NIST SP 800-52 Rev. 2.
    """
    return each(host, TLS, lambda port: _certificate(port, as_of, thresholds.rsa_bits))


def _certificate(port: Port, as_of: AsOf, rsa_bits: int) -> Verdict:
    script = result(port, "ssl-cert")
    if isinstance(script, Missing):
        return unknown(script, port, answer=f"Scan {port} with the script ssl-cert.")
    begins, ends = _instant(script, "validity/notBefore"), _instant(script, "validity/notAfter")
    kind, signature = script.value("pubkey/type"), script.value("sig_algo")
    bits = _number(script.value("pubkey/bits"))
    faults = []
    if ends is not None and ends < as_of.at:
        faults.append(f"expired on {ends.date()}")
    if begins is not None and begins > as_of.at:
        faults.append(f"is not valid before {begins.date()}")
    if kind == "rsa" and bits is not None and bits < rsa_bits:
        faults.append(f"has an RSA key of {bits} bits; your policy asks for {rsa_bits}")
    if kind == "ec" and bits is not None and bits < EC_BITS:
        faults.append(f"has an elliptic key of {bits} bits")
    if signature is not None and _WEAK_SIGNATURE.search(signature):
        faults.append(f"is signed with {signature}")
    verdicts = [failed(f"The certificate on {port} {fault}", port, severity=Severity.MEDIUM) for fault in faults]
    subject, issuer = _name(script, "subject"), _name(script, "issuer")
    if subject and subject == issuer:
        verdicts.append(failed(f"The certificate on {port} is its own issuer", port, severity=Severity.LOW))
    if None in {begins, ends, kind, signature} or not (subject and issuer) or kind not in KEYS or bits is None:
        verdicts.append(unknown(f"The certificate on {port} could not be read in full", port, answer="Look at it."))
    return worst(verdicts or [passed(f"The certificate on {port} is valid until {ends and ends.date()}", port)])


def _instant(script: Script, path: str) -> datetime | None:
    """Nmap writes UTC, with or without saying so; what it can't parse it writes as it found it."""
    try:
        moment = datetime.fromisoformat(script.value(path) or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,6}", text) else None


def _name(script: Script, whose: str) -> tuple[tuple[str, str], ...]:
    """A distinguished name's parts, in no order."""
    prefix = f"{whose}/"
    return tuple(sorted((at.removeprefix(prefix), text) for at, text in script.values if at.startswith(prefix)))
