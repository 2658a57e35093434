"""The nouns of an audit, after NIST SP 800-53A and OSCAL. Frozen and typed; nothing here does I/O."""

from __future__ import annotations

import enum
import hashlib
from datetime import datetime
from typing import Annotated, Literal

import msgspec

__all__ = [
    "Asked",
    "AskedLdap",
    "AskedNmap",
    "AskedSnmp",
    "Attempt",
    "Envelope",
    "Evidence",
    "Method",
    "Outcome",
    "Policy",
    "Probe",
    "Severity",
    "Source",
    "Status",
    "Tool",
]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of every immutable record."""


class Severity(enum.StrEnum):
    """How bad a failed check is by itself, before the subject's weight is known."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the worst; what severities are sorted by."""
        return list(Severity).index(self)


class Outcome(enum.StrEnum):
    """What a check concluded about one subject."""

    PASS = "pass"  # noqa: S105  # an outcome, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for the worst; of several verdicts about one subject the worst speaks."""
        worst_first = (Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)
        return worst_first.index(self)


class Status(enum.StrEnum):
    """The conclusion about one control, best first; a standard takes the worst of its specifications."""

    NOT_APPLICABLE = "not-applicable"
    SATISFIED = "satisfied"
    SATISFIED_BY_ALTERNATIVE = "satisfied-by-alternative"
    NOT_ASSESSED = "not-assessed"
    RISK_ACCEPTED = "not-satisfied-risk-accepted"
    NOT_SATISFIED = "not-satisfied"

    @property
    def rank(self) -> int:
        """0 for the best; what statuses are compared by."""
        return list(Status).index(self)


class Method(enum.StrEnum):
    """Assessment methods of NIST SP 800-53A."""

    TEST = "TEST"
    EXAMINE = "EXAMINE"
    INTERVIEW = "INTERVIEW"


class Policy(enum.StrEnum):
    """What may be sent into a zone, from nothing to everything; it binds whoever scans into it."""

    OFF = "off"
    IMPORT_ONLY = "import-only"
    GENTLE = "gentle"
    STANDARD = "standard"
    THOROUGH = "thorough"

    @property
    def sends(self) -> bool:
        """Whether any packet may go into a zone with this policy."""
        return self not in {Policy.OFF, Policy.IMPORT_ONLY}


class Probe(Record, frozen=True, kw_only=True):
    """One planned unit of work. Serialisable, so that it can run elsewhere and be resumed.

    `packets` and `seconds` are upper bounds. A probe that policy forbids is kept, with `refused` saying why,
    so that what was not looked at is in the report. `refines` says that it adds to facts that other probes give:
    without it no subject is missing, and each says itself what is not known of it.
    """

    id: str
    collector: str
    step: str
    zone: str | None = None
    site: str | None = None
    policy: Policy = Policy.GENTLE
    targets: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    tcp: str = ""
    scripts: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    max_rate: int = 0
    addresses: int = 0
    ports: int = 0
    packets: int = 0
    seconds: float = 0.0
    refused: str = ""
    refines: bool = False


class AskedNmap(Record, frozen=True, kw_only=True, tag="nmap"):
    """What a scan asked. Port lists in nmap's notation; empty means that none was asked."""

    tcp: str = ""
    udp: str = ""
    version: bool = False
    scripts: tuple[str, ...] = ()


class AskedLdap(Record, frozen=True, kw_only=True, tag="ldap"):
    """One LDAP search. `types_only` asks which attributes are there, not their values (RFC 4511, 4.5.1.6)."""

    base: str
    scope: Literal["base", "one", "subtree"]
    filter: str
    attributes: tuple[str, ...]
    types_only: bool = False
    part: int = 1


class AskedSnmp(Record, frozen=True, kw_only=True, tag="snmp"):
    """The subtrees that were walked, as dotted OIDs without a leading dot; `cut` are those whose walk ended early."""

    oids: tuple[str, ...]
    cut: tuple[str, ...] = ()


Asked = AskedNmap | AskedLdap | AskedSnmp


class Attempt(Record, frozen=True, kw_only=True):
    """One way of getting in that was tried: a bind, a handshake, an SNMP version with a credential.

    `method` and `outcome` are words of the collector (see its module); `credential` is the name that the scope
    gives it, never a secret.
    """

    method: str
    outcome: str
    credential: str = ""
    detail: str = ""


class Tool(Record, frozen=True, kw_only=True):
    """The program that asked: its version, and the exact command line and exit where it is another process."""

    name: str
    version: str
    command: tuple[str, ...] = ()
    exit: int | None = None


class Source(Record, frozen=True, kw_only=True):
    """The file that an import came from: its name without folders, and the SHA-256 of its bytes as found."""

    name: str
    sha256: str


class Envelope(Record, frozen=True, kw_only=True):
    """What was asked, by whom, from where, with what outcome. Its SHA-256 is the evidence's id.

    `format` is the payload's: `nmap-xml`, `nessus-v2`, `ldif`, `bloodhound` or `snmprec`, or a word of a pack's own.
    In an import `asked`, `operator`, `started` and `ended` are only what the file itself states, so that the same
    file is the same evidence wherever and whenever it is imported; the import itself is in the run's record.
    """

    collector: str
    format: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9.-]{0,39}$")]
    outcome: Literal["complete", "partial", "failed"]
    problem: str = ""
    probe: str | None = None
    vantage: str | None = None
    operator: str | None = None
    zone: str | None = None
    targets: tuple[str, ...] = ()
    asked: Asked | None = None
    attempts: tuple[Attempt, ...] = ()
    started: datetime | None = None
    ended: datetime | None = None
    tool: Tool | None = None
    masked: tuple[str, ...] = ()
    source: Source | None = None
    payload_sha256: str = ""
    payload_size: int = 0


_canonical = msgspec.json.Encoder(order="sorted")


class Evidence(Record, frozen=True, kw_only=True):
    """An envelope and its payload in the domain's own format (nmap XML, LDIF, snmprec)."""

    id: str
    envelope: Envelope
    payload: bytes

    @classmethod
    def of(cls, envelope: Envelope, payload: bytes) -> Evidence:
        """Bind a payload to its envelope: the envelope holds the payload's SHA-256, the id is the envelope's."""
        bound = msgspec.structs.replace(
            envelope, payload_sha256=hashlib.sha256(payload).hexdigest(), payload_size=len(payload)
        )
        return cls(id=hashlib.sha256(_canonical.encode(bound)).hexdigest(), envelope=bound, payload=payload)

    @property
    def envelope_bytes(self) -> bytes:
        """The canonical JSON whose SHA-256 is the id."""
        return _canonical.encode(self.envelope)

    def intact(self) -> bool:
        """Whether both hashes still hold."""
        return (
            hashlib.sha256(self.envelope_bytes).hexdigest() == self.id
            and hashlib.sha256(self.payload).hexdigest() == self.envelope.payload_sha256
        )
