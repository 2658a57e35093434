"""The Directory fact of a live directory, and what its evidence leaves open. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from posture.collectors.ldap import certificates, settings
from posture.collectors.ldap.answers import Answer, Bucket
from posture.collectors.ldap.attributes import KINDS, KINDS_OF, SEARCHES, SECRETS, Search, searches
from posture.collectors.ldap.build import Fields
from posture.collectors.ldap.decode import dn_key, integer, text
from posture.collectors.ldap.rootdse import Kind
from posture.facts import BlindSpot, Certificate, Directory, Fact, Known, Missing, PasswordPolicy, Person
from posture.model import Attempt
from posture.scope import DirectoryScope
from posture.subjects import name_key

__all__ = ["blind_spots", "directory"]

T = TypeVar("T")

_METHODS = ("ldaps", "starttls", "anonymous-read", "cleartext-bind", "bind", "account-read", "config-read")
_TELLING = ("accepted", "password-taken", "failed", "timeout", "unreachable", "closed", "refused")
_NEVER_MET = {"closed", "unreachable", "timeout"}


def directory(bucket: Bucket, declared: DirectoryScope | None) -> Directory:
    """What the evidence says of the server itself."""
    root, kind = bucket.root, _kind(bucket, declared)
    name = bucket.place or ""
    return Directory(
        ids=(name_key("directory", name),),
        name=name,
        place=bucket.place,
        evidence=tuple(sorted(bucket.evidence)),
        address=min(bucket.targets, default=""),
        kind=kind,
        base=next(iter(root.bases(declared.base if declared else "", kind)), ""),
        vendor=root.vendor or text(bucket.monitor.encode()),
        functional_level=_level(bucket, kind),
        controls=_offered(bucket, "supportedControl"),
        extensions=_offered(bucket, "supportedExtension"),
        certificate=_certificate(bucket),
        attempts=_attempts(bucket.attempts),
        secrets_readable=_secrets(bucket),
        password_policies=_count(bucket, "password policies", PasswordPolicy),
        heuristics=_setting(bucket, "directory service settings", settings.heuristics),
        tombstone_days=_setting(bucket, "directory service settings", settings.tombstone_days),
        recycle_bin=_setting(bucket, "optional features", settings.recycle_bin),
        trusts=_setting(bucket, "trusts", settings.trusts),
        fine_grained_policies=_setting(bucket, "fine-grained password policies", settings.fine_grained_policies),
        authorities=_authorities(bucket),
        group_policies=_setting(bucket, "group policies", settings.group_policies),
        people=_people(bucket),
    )


def _kind(bucket: Bucket, declared: DirectoryScope | None) -> Kind:
    return bucket.root.kind(declared.kind if declared else None)


def _level(bucket: Bucket, kind: Kind) -> Known[int]:
    level = bucket.root.first("domainFunctionality")
    if not bucket.root.values:
        return Missing("not-answered", "the root DSE was not read")
    if kind != "active-directory":
        return Missing("absent", "only Active Directory has a functional level")
    try:
        return integer(level.encode())
    except ValueError:
        return Missing("not-readable", "the root DSE does not say the functional level")


def _offered(bucket: Bucket, attribute: str) -> Known[tuple[str, ...]]:
    if not bucket.root.values:
        return Missing("not-answered", "the root DSE was not read")
    return tuple(sorted(set(bucket.root.all(attribute)))) or Missing("not-readable", f"the root DSE has no {attribute}")


def _attempts(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """One attempt a method, in order: the one that tells most, so that one refusal never hides an acceptance."""
    best: dict[str, Attempt] = {}
    for attempt in sorted(attempts, key=lambda one: (_place(_TELLING, one.outcome), one.outcome, one.detail)):
        best.setdefault(attempt.method, attempt)
    return tuple(sorted(best.values(), key=lambda one: (_place(_METHODS, one.method), one.method)))


def _place(order: tuple[str, ...], word: str) -> int:
    return order.index(word) if word in order else len(order)


def _attempt(bucket: Bucket, method: str) -> Attempt | None:
    return next((attempt for attempt in _attempts(bucket.attempts) if attempt.method == method), None)


# ── the certificate ──────────────────────────────────────────────────────────────────────────────────────────────


def _certificate(bucket: Bucket) -> Known[Certificate]:
    """The certificate that was presented; where the transports present two, the one with a problem."""
    found = []
    for transport in ("ldaps", "starttls"):
        der = bucket.certificates.get(transport)
        attempt = _attempt(bucket, transport)
        if der is not None:
            problem = attempt.detail if attempt and attempt.outcome == "failed" else ""
            found.append(_parsed(der, problem))
    for certificate in found:
        if not isinstance(certificate, Missing) and certificate.problem:
            return certificate
    if found:
        return found[0]
    if _attempt(bucket, "ldaps") or _attempt(bucket, "starttls"):
        return Missing("not-answered", "no certificate was presented")
    return Missing("not-asked", "no TLS handshake was tried")


def _parsed(der: bytes, problem: str) -> Known[Certificate]:
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        signature = certificate.signature_hash_algorithm
        return Certificate(
            subject=text(certificate.subject.rfc4514_string().encode()),
            issuer=text(certificate.issuer.rfc4514_string().encode()),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            key_type=type(key).__name__.strip("_").removesuffix("PublicKey"),
            key_bits=getattr(key, "key_size", 0),
            signature=signature.name if signature else "",
            problem=problem,
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return Missing("not-readable", "the certificate can't be read")


# ── what the searches show ───────────────────────────────────────────────────────────────────────────────────────


def _secrets(bucket: Bucket) -> Known[tuple[str, ...]]:
    """Secret attributes that the reader can read of others: its own password is seldom hidden from a user."""
    own = _own(bucket)
    shown = {name for name, dn in bucket.secrets if dn != own}
    readable = tuple(name for name in SECRETS if name.lower() in shown)
    if readable:
        return readable
    return _silence(bucket, "secrets") or ()


def _count(bucket: Bucket, name: str, kind: type[Fact]) -> Known[int]:
    if silence := _silence(bucket, name):
        return silence
    if unclassed := len(bucket.unclassed.get(_search(name).filter, ())):
        return Missing(
            "not-readable", f"of {unclassed} entries that the search for {name} found the objectClass is not shown"
        )
    return sum(1 for fact in bucket.facts() if type(fact) is kind)


def _people(bucket: Bucket) -> Known[int]:
    """How many people are shown. To itself an account is shown by most rules, so that this tells nothing of others."""
    count = _count(bucket, "people", Person)
    if isinstance(count, Missing):
        return count
    if all(dn_key(fact.dn) == _own(bucket) for fact in bucket.facts() if isinstance(fact, Person)):
        return Missing("not-readable", "no person is shown beside the audit account: the rest may be hidden")
    return count


def _own(bucket: Bucket) -> str | None:
    """The name of the audit account's own entry, to compare by."""
    bind = _attempt(bucket, "bind")
    return dn_key(bind.detail.removeprefix("dn:")) if bind and bind.detail.startswith("dn:") else None


def _setting(bucket: Bucket, name: str, read: Callable[[list[Fields]], Known[T]]) -> Known[T]:
    entries = bucket.settings.get(_search(name).filter, {})
    return _silence(bucket, name) or read([entries[key] for key in sorted(entries)])


def _authorities(bucket: Bucket) -> Known[tuple[str, ...]]:
    """The certification authorities, where the templates that they may publish were all asked too."""
    if silence := _silence(bucket, "certificate templates"):
        return silence
    return _setting(bucket, "certification authorities", certificates.authorities)


def _silence(bucket: Bucket, name: str) -> Missing | None:
    """Why nothing may be concluded from a search that found nothing; None where something may."""
    answers = _answers(bucket, _search(name))
    if not answers:
        return Missing("not-asked", f"{name} were not asked")
    if not all(answer.complete for answer in answers):
        return Missing("not-answered", f"the search for {name} did not come to its end")
    seen = _attempt(bucket, "account-read")
    if not all(answer.logged_in for answer in answers) or seen is None or seen.outcome != "accepted":
        return Missing("not-readable", f"{name} may be hidden: nothing was read as the audit account")
    return None


def _search(name: str) -> Search:
    return next(search for search in SEARCHES.values() if search.name == name)


def _answers(bucket: Bucket, search: Search) -> list[Answer]:
    return [answer for asked, answer in bucket.answers.items() if asked.filter == search.filter]


# ── blind spots ──────────────────────────────────────────────────────────────────────────────────────────────────


def blind_spots(bucket: Bucket, declared: DirectoryScope | None, refused: str = "") -> list[BlindSpot]:
    """Everything that this directory should have given, and why it did not. `refused` is the scope's own reason."""
    kind = _kind(bucket, declared)
    wanted = KINDS_OF[kind]
    if not bucket.evidence:
        if refused:
            mend = "let the scope allow it, or import an LDIF export of the directory"
            return [_spot(bucket, wanted, f"the directory was not asked: {refused}", mend)]
        return [_spot(bucket, wanted, "the directory was not asked in this run", "audit it live")]
    spots = [_spot(bucket, KINDS, why, "restore the evidence, or ask again") for why in sorted(bucket.unreadable)]
    if not bucket.root.values:
        spots.append(_spot(bucket, wanted, *_hindrance(bucket, declared)))
        return spots
    bases = bucket.root.bases(declared.base if declared else "", kind)
    for search in searches(kind):
        spots += _of_search(bucket, declared, search, bases)
    for asked, answer in bucket.answers.items():
        if "member" in {name.partition(";")[0] for name in asked.attributes} and not answer.complete:
            problems = "; ".join(sorted(answer.problems)) or "parts of the answer are missing"
            spots.append(_spot(bucket, ("Group",), f"members of privileged groups: {problems}", "run the audit again"))
    return sorted(set(spots), key=lambda spot: (spot.kinds, spot.why))


def _of_search(
    bucket: Bucket, declared: DirectoryScope | None, search: Search, bases: tuple[str, ...]
) -> Iterator[BlindSpot]:
    """What one search leaves open: it was not made, broke off, or was made by nobody in particular."""
    if not search.kinds:
        return
    answers = _answers(bucket, search)
    anonymous = not any(answer.logged_in for answer in answers)
    mend = _hindrance(bucket, declared)[1] if anonymous else "correct what is said there, then run the audit again"
    for why in sorted({_why(search, answer) for answer in answers} - {""}):
        yield _spot(bucket, search.kinds, why, mend)
    if not bases or not {asked.base for asked in bucket.answers if asked.filter == search.filter}.issuperset(bases):
        yield _spot(bucket, search.kinds, *_hindrance(bucket, declared, f"{search.name} were not asked"))


def _why(search: Search, answer: Answer) -> str:
    if not answer.complete:
        return f"{search.name}: {'; '.join(sorted(answer.problems)) or 'parts of the answer are missing'}"
    if not answer.logged_in:
        return f"{search.name} were read without logging in: entries and attributes may be hidden"
    return ""


def _hindrance(
    bucket: Bucket, declared: DirectoryScope | None, otherwise: str = "it did not answer"
) -> tuple[str, str]:
    """(what stood in the way, what would help)."""
    if bucket.problems:
        return "; ".join(sorted(bucket.problems)), "correct what is said there, then run the audit again"
    transport = _attempt(bucket, declared.transport) if declared else None
    if transport and transport.outcome in _NEVER_MET:
        answer = "let the machine that audits reach it, or change host, port or transport in posture.toml"
        return f"{transport.method}: {transport.outcome}: {transport.detail}", answer
    bind = _attempt(bucket, "bind")
    if bind and bind.outcome != "accepted":
        return f"the audit account could not log in: {bind.detail}", "mend the log-in in posture.toml, then run again"
    if transport and transport.outcome != "accepted":
        answer = "mend the server's certificate or TLS, or name its issuer with ca_file in posture.toml"
        return f"{transport.method}: {transport.detail}", answer
    if bind is None:
        return f"{otherwise}, and nobody was logged in", "give the directory a bind in posture.toml"
    return otherwise, "run the audit again"


def _spot(bucket: Bucket, kinds: tuple[str, ...], why: str, answer: str) -> BlindSpot:
    name = bucket.place or ""
    return BlindSpot(
        kinds=kinds,
        subject=name_key("directory", name),
        name=name,
        place=bucket.place,
        why=why,
        answer=answer,
        evidence=tuple(sorted(bucket.evidence)),
    )
