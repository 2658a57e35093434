"""Ask one directory, step by step; every step is evidence. The only part of the collector that sends."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Literal

import ldap3

from posture.collectors.base import Context, Progress
from posture.collectors.ldap.attributes import ROOT_DSE, Search, searches
from posture.collectors.ldap.bind import bind, cleartext_bind, unbound
from posture.collectors.ldap.connect import Dialled, Transport, close, dial, trust
from posture.collectors.ldap.ldif import Entry, write
from posture.collectors.ldap.mask import mask
from posture.collectors.ldap.members import Members
from posture.collectors.ldap.plan import SECONDS, forbidden, guessed, ports
from posture.collectors.ldap.rootdse import Kind, RootDse
from posture.collectors.ldap.search import End, first_entries, search
from posture.errors import PostureError
from posture.model import AskedLdap, Attempt, Envelope, Evidence, Probe, Tool
from posture.scope import DirectoryScope
from posture.window import closed

__all__ = ["PART", "ask"]

PART = 5000
"""Most entries of one piece of evidence, so that memory is bounded."""

_UNANSWERED = {"closed", "unreachable", "timeout"}


def ask(probe: Probe, context: Context) -> Iterator[Evidence]:
    """Carry out a probe of `plan`. Raises Stopped when the run is to end, after what was read has been yielded."""
    if probe.refused:
        return
    asking = _Asking(probe, context, context.scope.directories[probe.id.partition("/")[2]])
    with ExitStack() as connections:
        yield from asking.steps(connections)


class _Asking:
    """One directory being asked."""

    def __init__(self, probe: Probe, context: Context, directory: DirectoryScope) -> None:
        self._probe = probe
        self._context = context
        self._directory = directory
        self._ports = ports(directory)
        self._until = time.monotonic() + (probe.seconds or SECONDS)
        self._address = ""
        self._started = datetime.now(UTC)
        self._count = 0
        self._root = RootDse()
        self._session: tuple[Attempt, ...] = ()
        self._secrets: list[bytes] = []

    def steps(self, connections: ExitStack) -> Iterator[Evidence]:
        """Everything that is asked, in order, until the zone's window closes."""
        try:
            yield from self._steps(connections)
        except PostureError as error:
            yield self._evidence(outcome="failed", problem=str(error).partition("\n")[0])

    def _steps(self, connections: ExitStack) -> Iterator[Evidence]:
        self._address = self._resolve()
        ways = self._handshakes(connections)
        yield self._handshake_evidence(ways)
        connection, hindrance = self._choose(ways, connections)
        if connection is None:
            return
        yield from self._root_dse(connection)
        yield from self._seen("anonymous-read", connection)
        if self._directory.test_cleartext_bind:
            yield self._cleartext_bind()
        if self._directory.bind.method != "anonymous":
            yield from self._bind(connection, hindrance)
        if not hindrance:
            yield from self._inside(connection)

    def _secret(self, reference: object) -> str:
        """A secret of the scope, remembered so that no answer of the server's is kept with it."""
        secret = self._context.secret(reference)
        self._secrets.append(secret.encode())
        return secret

    def _ended(self) -> str:
        """Why nothing more may be sent now; empty where something may."""
        if self._context.stop.is_set():
            return "the run was stopped"
        zone = self._context.scope.zone_of(self._address) if self._address else None
        if zone is None:
            return ""
        return closed(zone, self._context.scope, datetime.now(UTC))

    def _go_on(self) -> None:
        """Raise Stopped or PostureError where nothing more may be sent."""
        self._context.check_stop()
        ended = self._ended()
        if ended:
            raise PostureError(ended)

    # ── getting in ───────────────────────────────────────────────────────────────────────────────────────────────

    def _resolve(self) -> str:
        """The first address of the directory that may be sent to. PostureError where there is none."""
        scope, host = self._context.scope, self._directory.host
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, ValueError):  # UnicodeError is one
            raise PostureError(f"the name {host} can't be resolved") from None
        problem = "it has no address"
        for *_, where in found:
            address = str(ip_address(str(where[0]).partition("%")[0]))
            problem = forbidden(address, scope.zone_of(address), scope)
            if not problem:
                return address
        raise PostureError(f"{host} is not asked: {problem}")

    def _handshakes(self, connections: ExitStack) -> dict[Transport, tuple[Dialled, Dialled | None]]:
        """Both TLS transports, verified; and where only the certificate was in the way, once more without."""
        context = trust(self._directory)
        ways: dict[Transport, tuple[Dialled, Dialled | None]] = {}
        for transport in ("ldaps", "starttls"):
            self._go_on()
            verified = self._dial(connections, transport, context)
            again = verified.outcome == "failed" and verified.detail.startswith("certificate")
            ways[transport] = verified, self._dial(connections, transport, None) if again else None
        return ways

    def _dial(self, connections: ExitStack, transport: Transport, context: Any = None) -> Dialled:  # noqa: ANN401  # an SSLContext
        dialled = dial(
            self._address,
            self._ports[transport],
            transport,
            context,
            name=self._directory.server_name or self._directory.host,
            stop=self._context.stop,
            until=self._until,
        )
        connections.callback(close, dialled.connection)
        if dialled.outcome == "closed" and guessed(self._directory, transport):
            where = (
                f"nothing listens on {self._ports[transport]}/tcp, and the directory's own port is not the usual one"
            )
            return Dialled(outcome="failed", detail=where)
        return dialled

    def _handshake_evidence(self, ways: dict[Transport, tuple[Dialled, Dialled | None]]) -> Evidence:
        attempts = tuple(
            Attempt(method=transport, outcome=verified.outcome, detail=verified.detail)
            for transport, (verified, _) in ways.items()
        )
        entries = [
            Entry(
                dn=f"cn={transport}".encode(),
                attributes=(
                    ("objectClass", b"device"),
                    ("objectClass", b"pkiUser"),
                    ("cn", transport.encode()),
                    ("userCertificate;binary", certificate),
                ),
            )
            for transport, (verified, other) in ways.items()
            if (certificate := verified.certificate or (other.certificate if other else None))
        ]
        silent = all(
            way.outcome in _UNANSWERED or (way.outcome == "failed" and guessed(self._directory, transport))
            for transport, (way, _) in ways.items()
        )
        said = "; ".join(dict.fromkeys(attempt.detail or attempt.outcome for attempt in attempts))
        return self._evidence(
            entries,
            attempts=attempts,
            outcome="failed" if silent else "complete",
            problem=f"{self._address}: no directory service answers there ({said})" if silent else "",
        )

    def _choose(self, ways: dict[Transport, tuple[Dialled, Dialled | None]], connections: ExitStack) -> tuple[Any, str]:
        """The connection to ask over, and what hinders a log-in over it (empty where nothing does).

        Where the directory's own transport fails, what anyone may read is still read over another.
        """
        own = self._directory.transport
        if own in ways:
            verified, unverified = ways[own]
            if verified.connection:
                return verified.connection, ""
            hindrance = f"{own}: {verified.detail}"
            if unverified and unverified.connection:
                return unverified.connection, hindrance if self._directory.verify_certificate else ""
        else:
            hindrance = ""
        for verified, unverified in ways.values():
            for other in (verified, unverified):
                if hindrance and other and other.connection:
                    return other.connection, hindrance
        if hindrance and ways["starttls"][0].outcome in _UNANSWERED:
            return None, hindrance
        return self._dial(connections, "plain").connection, hindrance

    def _bind(self, connection: Any, hindrance: str) -> Iterator[Evidence]:  # noqa: ANN401  # ldap3 is untyped
        extensions = frozenset(self._root.all("supportedExtension"))
        attempt = (
            unbound(self._directory, hindrance)
            if hindrance
            else bind(connection, self._directory, self._secret, extensions)
        )
        accepted = attempt.outcome == "accepted"
        yield self._evidence(
            attempts=(attempt,),
            outcome="complete" if accepted else "failed",
            problem="" if accepted else f"the audit account could not log in: {attempt.detail}",
        )
        self._session = (attempt,)
        if accepted:
            if not self._root.values:
                yield from self._root_dse(connection)
            yield from self._seen("account-read", connection)

    def _cleartext_bind(self) -> Evidence:
        self._go_on()
        with ExitStack() as connections:
            dialled = self._dial(connections, "plain")
            if dialled.connection is None:
                attempt = Attempt(method="cleartext-bind", outcome=dialled.outcome, detail=dialled.detail)
            else:
                attempt = cleartext_bind(dialled.connection, next(iter(self._bases), ""))
        return self._evidence(attempts=(attempt,))

    # ── looking in ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _kind(self) -> Kind:
        return self._root.kind(self._directory.kind)

    @property
    def _bases(self) -> tuple[str, ...]:
        return self._root.bases(self._directory.base, self._kind)

    def _root_dse(self, connection: Any) -> Iterator[Evidence]:  # noqa: ANN401  # ldap3 is untyped
        def learn(entry: Entry) -> None:
            self._root = RootDse.of(entry)

        asked = AskedLdap(base="", scope="base", filter="(objectClass=*)", attributes=ROOT_DSE)
        yield from self._search(connection, asked, "root DSE", learn)

    def _seen(self, method: str, connection: Any) -> Iterator[Evidence]:  # noqa: ANN401  # ldap3 is untyped
        """Whether any entry is to be seen below the bases."""
        if not self._bases:
            attempt = Attempt(method=method, outcome="failed", detail="the server names no place to search")
            yield self._evidence(attempts=(attempt, *self._session))
        for base in self._bases:
            yield self._look(method, connection, base, "subtree")

    def _look(self, method: str, connection: Any, base: str, scope: Literal["base", "subtree"]) -> Evidence:  # noqa: ANN401  # ldap3 is untyped
        self._go_on()
        entries, end = first_entries(connection, base, scope)
        outcome = "failed" if end.outcome == "failed" else "accepted" if entries else "refused"
        attempt = Attempt(method=method, outcome=outcome, detail=end.problem)
        return self._evidence(
            entries,
            asked=AskedLdap(base=base, scope=scope, filter="(objectClass=*)", attributes=("1.1",)),
            attempts=(attempt, *self._session),
            outcome=end.outcome,
            problem=end.problem if end.outcome == "failed" else "",
        )

    def _inside(self, connection: Any) -> Iterator[Evidence]:  # noqa: ANN401  # ldap3 is untyped
        if self._kind == "openldap":
            yield from self._openldap(connection)
        for wanted in searches(self._kind):
            for base in self._root.search_bases(wanted, self._bases):
                yield from self._wanted(connection, wanted, base)

    def _openldap(self, connection: Any) -> Iterator[Evidence]:  # noqa: ANN401  # ldap3 is untyped
        evidence = self._look("config-read", connection, self._root.first("configContext") or "cn=config", "base")
        bound = any(attempt.outcome == "accepted" for attempt in self._session)
        # Refused to anyone is not refused to the audit account, so it is no answer where that could not log in.
        if bound or evidence.envelope.attempts[0].outcome == "accepted":
            yield evidence
        monitor = self._root.first("monitorContext")
        if monitor:
            asked = AskedLdap(base=monitor, scope="base", filter="(objectClass=*)", attributes=("monitoredInfo",))
            # It only names the version, and is seldom readable: no answer is no loss worth a line in the report.
            yield from (
                found for found in self._search(connection, asked, "monitor") if found.envelope.outcome == "complete"
            )

    def _wanted(self, connection: Any, wanted: Search, base: str) -> Iterator[Evidence]:  # noqa: ANN401  # ldap3 is untyped
        asked = AskedLdap(
            base=base,
            scope=wanted.scope,
            filter=wanted.filter,
            attributes=wanted.attributes,
            types_only=wanted.types_only,
        )
        if wanted.name != "groups":
            yield from self._search(connection, asked, wanted.name)
            return
        members = Members(base)
        yield from self._search(connection, asked, wanted.name, members.group)
        while (more := members.next()) is not None:
            yield from self._search(connection, more, "members of privileged groups", members.members)

    def _search(
        self,
        connection: Any,  # noqa: ANN401  # ldap3 is untyped
        asked: AskedLdap,
        note: str,
        learn: Callable[[Entry], None] = lambda _: None,
    ) -> Iterator[Evidence]:
        """One search, in parts. `learn` is shown each entry as it comes."""
        self._go_on()
        waiting: list[Entry] = []
        part, count = 1, 0
        pages = _Pages(search(connection, asked))
        for page in pages:
            for entry in page:
                learn(entry)
            waiting += page
            count += len(page)
            self._count += len(page)
            self._context.progress(Progress(probe=self._probe.id, done=self._count, total=0, note=note))
            while len(waiting) > PART:
                yield self._answer(asked, part, waiting[:PART])
                waiting, part = waiting[PART:], part + 1
            if self._ended():
                break
        ended = self._ended()
        end = End(outcome="partial", problem=ended) if ended else pages.end
        if end.references and self._kind != "active-directory" and end.outcome == "complete":
            end = End(outcome="partial", problem="a part of the tree is on another server, which is not followed")
        yield self._answer(asked, part, waiting, end, count)
        self._go_on()

    def _answer(
        self, asked: AskedLdap, part: int, entries: list[Entry], end: End | None = None, count: int = 0
    ) -> Evidence:
        """One part of a search's answer; `end` is there with the last part."""
        kept = [mask(entry, self._secrets, self._context.pseudonyms) for entry in entries]
        return self._evidence(
            [entry for entry, _ in kept],
            asked=AskedLdap(
                base=asked.base,
                scope=asked.scope,
                filter=asked.filter,
                attributes=asked.attributes,
                types_only=asked.types_only,
                part=part,
            ),
            attempts=self._session,
            outcome=end.outcome if end else "complete",
            problem=end.problem if end else "",
            masked=tuple(sorted({name for _, names in kept for name in names})),
            end=(part, count) if end and end.outcome == "complete" else None,
        )

    def _evidence(  # noqa: PLR0913  # the parts of an envelope, each by its name
        self,
        entries: Iterable[Entry] = (),
        *,
        asked: AskedLdap | None = None,
        attempts: tuple[Attempt, ...] = (),
        outcome: Literal["complete", "partial", "failed"] = "complete",
        problem: str = "",
        masked: tuple[str, ...] = (),
        end: tuple[int, int] | None = None,
    ) -> Evidence:
        zone = self._context.scope.zone_of(self._address) if self._address else None
        started, self._started = self._started, datetime.now(UTC)
        envelope = Envelope(
            collector="ldap",
            format="ldif",
            outcome=outcome,
            problem=problem,
            probe=self._probe.id,
            vantage=self._context.vantage,
            operator=self._context.operator,
            zone=zone.id if zone else None,
            targets=(self._address or self._directory.host,),
            asked=asked,
            attempts=attempts,
            started=started,
            ended=self._started,
            tool=Tool(name="ldap3", version=ldap3.__version__),
            masked=masked,
        )
        return Evidence.of(envelope, write(entries, end=end))


class _Pages:
    """The pages of a search, and its end once they are through."""

    def __init__(self, pages: Generator[list[Entry], None, End]) -> None:
        self._pages = pages
        self.end = End(outcome="failed")

    def __iter__(self) -> Iterator[list[Entry]]:
        self.end = yield from self._pages
