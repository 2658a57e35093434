"""All evidence of one directory, sorted into what was answered, by whom it was asked, and what it states. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from posture.collectors.ldap import certificates
from posture.collectors.ldap.attributes import SETTINGS
from posture.collectors.ldap.build import Fields, Members, fact_of
from posture.collectors.ldap.decode import dn_key, domain_of
from posture.collectors.ldap.ldif import Entry, LdifError, Reader
from posture.collectors.ldap.merge import merged
from posture.collectors.ldap.rootdse import RootDse
from posture.facts import Account, Fact, Group, Missing
from posture.model import AskedLdap, Attempt, Envelope, Evidence

__all__ = ["Answer", "Bucket", "logged_in"]


@dataclass
class Answer:
    """The parts of one search that are there."""

    parts: set[int] = field(default_factory=set)
    last: int | None = None
    problems: set[str] = field(default_factory=set)
    logged_in: bool = False
    evidence: set[str] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether every part is here, to the marked end."""
        return self.last is not None and self.parts == set(range(1, self.last + 1)) and not self.problems


def logged_in(envelope: Envelope) -> bool:
    """Whether this was asked as the audit account."""
    return any(attempt.method == "bind" and attempt.outcome == "accepted" for attempt in envelope.attempts)


def _certificate_services(fields: Fields) -> str:
    """The search that an entry of Certificate Services belongs to, wherever it was found; empty for any other."""
    classes = (value.lower() for value in fields.all("objectClass"))
    return next((certificates.CLASSES[name] for name in classes if name in certificates.CLASSES), "")


def _first(item: tuple[tuple[str, str], Fields]) -> tuple[str, str]:
    return item[0]


def _fullest(root: RootDse) -> tuple[object, ...]:
    return len(root.values), sorted(root.values.items())


class Bucket:
    """The evidence of one directory: `place` is its id in the scope, or None for everything that was imported."""

    def __init__(self, place: str | None) -> None:
        self.place = place
        self.evidence: set[str] = set()
        self.targets: set[str] = set()
        self.attempts: set[Attempt] = set()
        self.root = RootDse()
        self.roots: dict[str, tuple[RootDse, set[str]]] = {}
        self.problems: set[str] = set()
        self.unreadable: set[str] = set()
        self.certificates: dict[str, bytes] = {}
        self.secrets: set[tuple[str, str]] = set()
        self.monitor = ""
        self.settings: dict[str, dict[tuple[str, str], Fields]] = {}
        self.answers: dict[AskedLdap, Answer] = {}
        self.unclassed: dict[str, set[str]] = {}
        """The entries of each search that do not say of what object class they are."""
        self._facts: dict[tuple[str, str], Fact] = {}
        self._members: dict[str, Members] = {}
        self._primary: dict[tuple[str, int], set[str]] = {}

    def add(self, record: Evidence) -> None:
        """Take one piece of evidence."""
        envelope = record.envelope
        self.evidence.add(record.id)
        self.targets.update(envelope.targets)
        self.attempts.update(envelope.attempts)
        if envelope.asked is None and envelope.problem and not envelope.attempts:
            self.problems.add(envelope.problem)
        asked = envelope.asked if isinstance(envelope.asked, AskedLdap) else None
        reader = Reader(record.payload)
        try:
            for entry in reader:
                self._entry(entry, asked, envelope, record.id)
        except LdifError as error:
            self.unreadable.add(f"evidence {record.id[:12]} can't be read: line {error.line}: {error}")
        if asked is not None:
            self._answer(asked, envelope, reader.parts, record.id)

    def _answer(self, asked: AskedLdap, envelope: Envelope, last: int | None, evidence: str) -> None:
        answer = self.answers.setdefault(msgspec.structs.replace(asked, part=1), Answer())
        answer.parts.add(asked.part)
        answer.evidence.add(evidence)
        answer.logged_in |= logged_in(envelope)
        if last is not None:
            answer.last = last
        if envelope.outcome != "complete":
            answer.problems.add(envelope.problem or "it ended early")

    def _entry(self, entry: Entry, asked: AskedLdap | None, envelope: Envelope, evidence: str) -> None:
        if not entry.dn:
            found = RootDse.of(entry)
            self.root = max(self.root, found, key=_fullest)
            known, sources = self.roots.get(found.server, (found, set()))
            self.roots[found.server] = max(known, found, key=_fullest), {*sources, evidence}
            return
        live = envelope.probe is not None
        if asked is None and live:
            self._certificate(entry)
            return
        if asked is not None and asked.types_only:
            dn = dn_key(entry.dn.decode(errors="replace"))
            self.secrets.update((description.lower(), dn) for description, _ in entry.attributes)
            return
        names = None if asked is None else {name.partition(";")[0].lower() for name in asked.attributes}
        fields = Fields(entry, names)
        if fields.has("monitoredInfo"):
            self.monitor = fields.entry.attributes[0][1].decode(errors="replace")[:200]
            return
        setting = asked.filter if asked is not None and asked.filter in SETTINGS else _certificate_services(fields)
        if setting:
            self.settings.setdefault(setting, {})[dn_key(fields.dn), evidence] = fields
            return
        if asked is not None and not fields.classes:
            self.unclassed.setdefault(asked.filter, set()).add(dn_key(fields.dn))
        self._state(fields, evidence)

    def _certificate(self, entry: Entry) -> None:
        values = dict(entry.attributes)
        transport = values.get("cn", b"").decode(errors="replace")
        if "userCertificate;binary" in values:
            certificate = values["userCertificate;binary"]
            self.certificates[transport] = min(certificate, self.certificates.get(transport, certificate))

    def _state(self, fields: Fields, evidence: str) -> None:
        key = dn_key(fields.dn)
        fact = fact_of(fields, self.place, evidence)
        if fact is not None:
            name = (type(fact).__name__, key)
            self._facts[name] = merged(self._facts[name], fact) if name in self._facts else fact
        if isinstance(fact, Account):
            primary = fields.number("primaryGroupID")
            if primary is not None:
                self._primary.setdefault((domain_of(key), primary), set()).add(fields.dn)
        if isinstance(fact, Group) or (fields.asked is not None and "member" in fields.asked):
            self._members.setdefault(key, Members()).learn(fields, evidence)

    def kinds(self) -> set[str]:
        """The kinds of facts that were read."""
        return {kind for kind, _ in self._facts}

    def domains(self, *kinds: str) -> set[str]:
        """The domains, as the ends of distinguished names, of the facts of these kinds."""
        return {domain_of(key) for kind, key in self._facts if kind in kinds}

    def facts(self) -> Iterator[Fact]:
        """The facts but for the directory itself, groups with their members."""
        for (_, key), fact in sorted(self._facts.items()):
            yield self._with_members(fact, key) if isinstance(fact, Group) else fact
        services, templates = self._entries(certificates.SERVICES), self._entries(certificates.TEMPLATES)
        yield from certificates.templates(services, templates, self.place)

    def _entries(self, setting: str) -> list[tuple[str, Fields]]:
        """(evidence, entry) of a setting's search, in order."""
        return [
            (evidence, fields) for (_, evidence), fields in sorted(self.settings.get(setting, {}).items(), key=_first)
        ]

    def _with_members(self, group: Group, key: str) -> Group:
        members = self._members.get(key)
        if members is None:
            return group
        rid = None if isinstance(group.sid, Missing) else int(group.sid.rpartition("-")[2])
        return msgspec.structs.replace(
            group,
            members=members.list(self._primary.get((domain_of(key), rid), ()) if rid is not None else ()),
            evidence=tuple(sorted({*group.evidence, *members.evidence})),
        )
