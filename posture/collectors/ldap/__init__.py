"""Directories over LDAP: Active Directory, OpenLDAP and others, asked live or read from LDIF files.

Exports for BloodHound tell of the same accounts, computers and groups, and are read as well (`bloodhound.py`).

Evidence is LDIF (RFC 2849), one envelope for each step:

- The TLS handshakes. Nothing is asked by LDAP, so `asked` is empty; the certificate that was presented stands in an
  entry named after its transport, `cn=ldaps` or `cn=starttls`, as `userCertificate;binary` (RFC 4523). The attempt
  of the same name says what verification made of it, whatever `verify_certificate` is set to.
- Searches: the root DSE, and what the kind of directory gives. `asked` is the search; long answers come in parts of
  at most 5,000 entries, and the last part of a complete one ends with a comment that says so. Whether a search was
  made as the audit account is in its envelope: it then has the attempt `bind` with the outcome `accepted`.
- Attempts alone (`anonymous-read`, `cleartext-bind`, `bind`, `account-read`, `config-read`), with the entries that
  came back, if any, by name only.

Outcomes of attempts are `accepted`, `refused`, `closed` (no listener), `unreachable`, `timeout`, and `failed` with
the reason in `detail`. Those of `cleartext-bind`, a simple bind without TLS as a user that does not exist, are:

- `password-taken`: the server looked at the password (result 49, invalidCredentials, or a success), so it takes
  passwords in the clear;
- `refused`: it wants protection first (8, strongerAuthRequired, or 13, confidentialityRequired);
- `failed`: any other result, named in `detail`, from which nothing may be concluded;
- `closed`, `unreachable`, `timeout`: as above.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from posture.collectors.base import Context
from posture.collectors.ldap.ask import ask
from posture.collectors.ldap.attributes import KINDS
from posture.collectors.ldap.bloodhound import load_export, sniff_export
from posture.collectors.ldap.load import load, sniff
from posture.collectors.ldap.plan import plan
from posture.collectors.ldap.read import read
from posture.facts import BlindSpot, Fact
from posture.model import Evidence, Probe
from posture.scope import Scope

__all__ = ["LdapCollector"]

_HEAD = 64 * 1024


class LdapCollector:
    """The collector named `ldap` (see `posture.collectors.base.Collector`)."""

    name: str = "ldap"
    kinds: tuple[str, ...] = KINDS

    def plan(self, scope: Scope) -> list[Probe]:
        """One probe for each directory of the scope."""
        return plan(scope)

    def ask(self, probe: Probe, context: Context) -> Iterator[Evidence]:
        """Ask one directory."""
        return ask(probe, context)

    def sniff(self, head: bytes, name: str) -> bool:
        """Whether a file looks like LDIF, or like an export for BloodHound."""
        return sniff_export(head) or sniff(head, name)

    def load(self, payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
        """Evidence from an LDIF file or an export for BloodHound, its secrets masked."""
        if sniff_export(payload if payload.startswith(b"PK") else payload[:_HEAD]):
            return load_export(payload, name, source_sha256)
        return load(payload, name, source_sha256)

    def read(self, records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
        """Facts and blind spots from evidence."""
        return read(records, scope)
