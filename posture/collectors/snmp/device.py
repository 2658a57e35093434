"""One device, from the first packet to its evidence: what it accepts, then what it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from posture.collectors.snmp.access import Access
from posture.collectors.snmp.client import Client, Closed, Reply
from posture.collectors.snmp.contact import Contact
from posture.collectors.snmp.limits import DEVICE_SECONDS, OCTETS, REPETITIONS, REQUESTS, ROWS
from posture.collectors.snmp.mibs import (
    ENGINE_ID,
    ONLY_AFTER,
    PRESENCE,
    SUBTREES,
    SYS_DESCR,
    SYS_OBJECT_ID,
    SYSTEM,
    Oid,
    dotted,
)
from posture.collectors.snmp.places import PLACES, every_place, makers_to_ask
from posture.collectors.snmp.snmprec import OCTETS as OCTET_STRING
from posture.collectors.snmp.snmprec import Row
from posture.model import AskedSnmp, Attempt

__all__ = ["NO_ANSWER", "Examination"]

NO_ANSWER = "no answer to SNMP from this vantage"
NOT_ACCEPTED = "no SNMP credential of the scope was accepted"
STOPPED = "the run was stopped"
_SINGLE = PRESENCE.union(every_place())
_DENIALS = {"authorizationError", "noAccess"}


class _Cut(Exception):  # noqa: N818  # not an error: the walk goes no further
    """The walk of this device ends here, with the reason."""


class Examination:
    """What is learnt of one device. `run` may be cancelled at any moment: what was learnt until then stays."""

    def __init__(
        self, client: Client, address: str, ways: Iterable[Access], subtrees: Iterable[Oid] = SUBTREES
    ) -> None:
        self._client, self.address, self._ways = client, address, tuple(ways)
        self._subtrees = tuple(subtrees)
        self.started = datetime.now(UTC)
        self.ended = self.started
        self.attempts: list[Attempt] = []
        self.rows: dict[Oid, Row] = {}
        self.walked: list[Oid] = []
        self.cut: list[Oid] = []
        self.problems: list[str] = []
        self.fell_silent = self.failed = False
        self._requests = 0
        self._octets = 0

    async def run(self) -> None:
        """Try every way in, and walk with the strongest that is accepted. Raises Closed when the window closes."""
        try:
            await self._examine()
        except (asyncio.CancelledError, Closed) as error:
            self.problems.append(STOPPED if isinstance(error, asyncio.CancelledError) else "the zone's window closed")
            raise
        except Exception as error:  # noqa: BLE001  # one device must not end the others
            self.failed = True
            self.problems.append(f"it could not be asked further ({type(error).__name__})")
        finally:
            self.ended = datetime.now(UTC)

    @property
    def outcome(self) -> str:
        """As in an envelope."""
        if not self.accepted:
            return "complete" if self.closed else "failed"
        return "partial" if self.problems else "complete"

    @property
    def problem(self) -> str:
        """What went wrong, in a sentence; empty where nothing did."""
        if self.problems or self.accepted:
            return "; ".join(self.problems)
        unreachable = next((each.detail for each in self.attempts if each.outcome == "unreachable"), "")
        if unreachable:
            return f"{NO_ANSWER}: {unreachable}"
        return NOT_ACCEPTED if self.rows or any(each.outcome == "refused" for each in self.attempts) else NO_ANSWER

    @property
    def closed(self) -> bool:
        """Whether the host itself, or what stands before it, said that nothing listens: an answer, and all there is."""
        return (
            not self.problems and bool(self.attempts) and all(each.outcome == "unreachable" for each in self.attempts)
        )

    @property
    def accepted(self) -> bool:
        """Whether some way in was accepted."""
        return any(attempt.outcome == "accepted" for attempt in self.attempts)

    @property
    def asked(self) -> AskedSnmp:
        """The subtrees that were walked; before that, the objects that every agent was asked for."""
        walked = self.walked if self.accepted else [ENGINE_ID, SYS_DESCR]
        return AskedSnmp(oids=tuple(map(dotted, walked)), cut=tuple(map(dotted, self.cut)))

    async def _examine(self) -> None:
        contact = await self._client.contact(self.address)
        if contact.engine_id:
            self.rows[ENGINE_ID] = Row(ENGINE_ID, OCTET_STRING, contact.engine_id)
        accepted: list[Access] = []
        seen: dict[tuple[str, str, str], Attempt] = {}
        for way in self._ways:
            attempt = seen.get(way.message) or await self._attempt(way, contact)
            seen[way.message] = attempt
            attempt = msgspec.structs.replace(attempt, credential=way.credential)
            self.attempts.append(attempt)
            if attempt.outcome == "accepted":
                accepted.append(way)
        if accepted:
            await self._walk(min(accepted, key=lambda way: way.weakness))

    async def _attempt(self, way: Access, contact: Contact) -> Attempt:
        if contact.unreachable:
            return Attempt(method=way.method, outcome="unreachable", detail=contact.unreachable)
        if way.method.startswith("v3") and not contact.engine_id:
            return Attempt(method=way.method, outcome="silent", detail="no answer to SNMPv3 engine discovery")
        reply = await self._client.get(self.address, way, SYS_DESCR)
        return _judged(way, reply)

    async def _walk(self, way: Access) -> None:
        try:
            async with asyncio.timeout(DEVICE_SECONDS):
                for subtree in self._to_walk():
                    self.walked.append(subtree)
                    self.cut.append(subtree)
                    if await self._subtree(way, subtree):
                        self.cut.pop()
        except TimeoutError:
            self.problems.append(f"the walk took more than {DEVICE_SECONDS:.0f} seconds and was ended")
        except _Cut as cut:
            self.problems.append(str(cut))

    def _to_walk(self) -> Iterator[Oid]:
        """The subtrees in their order; what hangs on earlier answers is decided when its turn comes."""
        for subtree in self._subtrees:
            if subtree in ONLY_AFTER and not self._has(ONLY_AFTER[subtree]):
                continue
            yield subtree
            if subtree == SYSTEM:
                yield from self._places()

    def _places(self) -> Iterator[Oid]:
        """Where its maker keeps what it is. Of one that is only guessed, no more than a place if that is silent."""
        object_id = self.rows.get(SYS_OBJECT_ID)
        makers, certain = makers_to_ask(object_id.value if object_id and isinstance(object_id.value, tuple) else ())
        for maker in makers:
            first, *others = PLACES[maker]
            yield first
            if certain or self._has(first):
                yield from others

    def _has(self, subtree: Oid) -> bool:
        return any(oid[: len(subtree)] == subtree for oid in self.rows)

    async def _subtree(self, way: Access, subtree: Oid) -> bool:
        """Walk one subtree; whether it was read to its end."""
        last, count, repetitions = subtree, 0, 1 if subtree in _SINGLE else REPETITIONS
        while True:
            reply = await self._next(way, subtree, last, repetitions)
            if reply.error == "tooBig" and repetitions > 1:
                repetitions //= 2
                continue
            for row in reply.rows:
                if row.oid[: len(subtree)] != subtree:
                    return True
                if row.oid <= last:
                    return self._trouble(subtree, "the agent's OIDs don't increase")
                last, count = row.oid, count + 1
                self._keep(subtree, row)
                if subtree in _SINGLE:
                    return True
                if count >= ROWS:
                    return self._trouble(subtree, f"it has more than {ROWS:,} objects")
            if reply.ended:
                return True
            if reply.error or not reply.rows:
                return self._trouble(subtree, reply.error or "an answer without objects")

    async def _next(self, way: Access, subtree: Oid, last: Oid, repetitions: int) -> Reply:
        if self._requests >= REQUESTS:
            raise _Cut(f"the walk took {REQUESTS:,} requests and was ended at {dotted(subtree)}")
        self._requests += 1
        reply = await self._client.following(self.address, way, last, repetitions)
        if reply.silent:
            self.fell_silent = True
            raise _Cut(f"the device stopped answering during the walk of {dotted(subtree)}, and was left alone")
        return reply

    def _keep(self, subtree: Oid, row: Row) -> None:
        self._octets += len(row.value) if isinstance(row.value, bytes) else 16
        if self._octets > OCTETS:
            raise _Cut(f"the device sent more than {OCTETS:,} octets, and was ended at {dotted(subtree)}")
        self.rows[row.oid] = row

    def _trouble(self, subtree: Oid, what: str) -> bool:
        self.problems.append(f"the walk of {dotted(subtree)} ended early: {what}")
        return False


def _judged(way: Access, reply: Reply) -> Attempt:
    """What an answer to the request for sysDescr means for the way in."""
    if reply.silent:
        detail = f"no valid answer ({reply.error})" if reply.error else ""
        return Attempt(method=way.method, outcome="silent", detail=detail)
    if reply.refused or reply.error in _DENIALS:
        return Attempt(method=way.method, outcome="refused", detail=reply.error)
    detail = "" if reply.rows else f"it answers, but gives no sysDescr ({reply.error or 'not in view'})"
    return Attempt(method=way.method, outcome="accepted", detail=detail)
