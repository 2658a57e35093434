"""Carrying out a probe: its devices are asked at the same time, in a thread of their own."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TypeAlias

import msgspec
from pysnmp import __version__ as pysnmp_version

from posture import __version__
from posture.collectors.base import Context, Progress
from posture.collectors.snmp.access import Access, accesses
from posture.collectors.snmp.client import Client, Closed
from posture.collectors.snmp.device import NO_ANSWER, Examination
from posture.collectors.snmp.limits import IN_FLIGHT, PAUSE
from posture.collectors.snmp.mask import masked
from posture.collectors.snmp.mibs import HR_INSTALLED, HR_RUNNING, SUBTREES, TOPOLOGY, Oid
from posture.collectors.snmp.read import UNKNOWN_HOST
from posture.collectors.snmp.snmprec import encode
from posture.errors import PostureError
from posture.model import Envelope, Evidence, Probe, Tool
from posture.scope import Scope, Zone
from posture.targets import expand, may_send_to, refusal, unsendable
from posture.window import is_open

__all__ = ["Settings", "ask"]

_POLL = 0.1
_FRAGILE = frozenset({"medical-device", "imaging"})
_WINDOW_CLOSED = "the zone's window is closed: these addresses were not asked"

_Message: TypeAlias = Evidence | Progress | None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How long a request waits for its answer (seconds), and how often it is sent."""

    timeout: float
    tries: int


def ask(probe: Probe, context: Context, settings: Settings) -> Iterator[Evidence]:
    """Evidence for each device of the probe, as it is done. Raises Stopped when the run is to end."""
    context.check_stop()
    zone = context.scope.zones.get(probe.zone or "")
    why = probe.refused or (refusal(zone) if zone else f"the zone {probe.zone!r} is not in the scope")
    if why:
        raise PostureError(why, where=probe.id)
    addresses, known = _addresses(probe, context)
    if not addresses:
        return
    worker = _Worker(probe, context, settings, addresses, known=known)
    thread = threading.Thread(target=worker.run, name=f"snmp {probe.id}", daemon=True)
    thread.start()
    try:
        while True:
            if context.stop.is_set():
                worker.cancel()
            try:
                message = worker.outbox.get(timeout=_POLL)
            except queue.Empty:
                continue
            if message is None:
                break
            if isinstance(message, Progress):
                context.progress(message)
            else:
                yield message
    finally:
        worker.cancel()
        thread.join()
    if worker.failure is not None:
        raise worker.failure
    context.check_stop()


def _addresses(probe: Probe, context: Context) -> tuple[list[str], bool]:
    """Whom to ask, and whether they are known to be hosts: all of the probe if no scan says which are up."""
    scope = context.scope
    planned = [
        str(address)
        for address in expand(probe.targets, probe.exclude)
        if not unsendable(address) and may_send_to(address, probe.zone, scope)
    ]
    up = {str(ip_address(host.address)) for host in context.hosts() if _zone(host.address, scope) == probe.zone}
    return ([address for address in planned if address in up], True) if up else (planned, False)


def _subtrees(scope: Scope, zone: Zone) -> tuple[Oid, ...]:
    """What to walk.

    Lists of software only where the scope names software to look for in them, and the long tables of switches and
    routers not where medical devices are.
    """
    running = (HR_RUNNING,) * bool(scope.software.endpoint_protection)
    installed = (HR_INSTALLED,) * bool(scope.software.unapproved)
    topology = () if zone.kind in _FRAGILE else TOPOLOGY
    return (*SUBTREES, *running, *installed, *topology)


def _zone(address: str, scope: Scope) -> str | None:
    zone = scope.zone_of(address)
    return zone.id if zone else None


class _Worker:
    """The event loop in its thread. What it learns goes to `outbox`; None is the last message."""

    def __init__(
        self, probe: Probe, context: Context, settings: Settings, addresses: list[str], *, known: bool
    ) -> None:
        self._probe, self._context, self._settings = probe, context, settings
        self._addresses, self._known = addresses, known
        self._ways: list[Access] = accesses(probe.zone or "", context.scope, context.secret)
        self._zone = context.scope.zones[probe.zone or ""]
        self.outbox: queue.Queue[_Message] = queue.Queue()
        self.failure: Exception | None = None
        self._cancelled = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._resume_at = 0.0
        self._done = 0
        self._unasked: list[str] = []

    def run(self) -> None:
        """Ask all devices."""
        try:
            with asyncio.Runner() as runner:
                runner.run(self._main())
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001  # raised again where the probe was begun
            self.failure = error
        finally:
            self.outbox.put(None)

    def cancel(self) -> None:
        """End soon; may be called from any thread, and more than once."""
        if self._cancelled.is_set():
            return
        self._cancelled.set()
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._task.cancel)

    async def _main(self) -> None:
        self._task, self._loop = asyncio.current_task(), asyncio.get_running_loop()
        if self._cancelled.is_set():
            return
        self._loop.set_exception_handler(lambda *_: None)  # pysnmp raises in callbacks for hostile datagrams
        client = Client(
            self._context.scope.snmp.port,
            self._probe.max_rate,
            self._may_send,
            timeout=self._settings.timeout,
            tries=self._settings.tries,
        )
        slots = asyncio.Semaphore(IN_FLIGHT)
        try:
            async with asyncio.TaskGroup() as group:
                for address in self._addresses:
                    await slots.acquire()
                    await asyncio.sleep(max(0.0, self._resume_at - self._loop.time()))
                    group.create_task(self._device(client, address, slots))
        finally:
            client.close()
        if self._unasked:
            self.outbox.put(self._not_asked())

    def _may_send(self) -> bool:
        return is_open(self._zone.window, datetime.now(UTC), self._context.scope.organisation.time_zone)

    async def _device(self, client: Client, address: str, slots: asyncio.Semaphore) -> None:
        examination = Examination(client, address, self._ways, _subtrees(self._context.scope, self._zone))
        try:
            await examination.run()
        except Closed:
            if not examination.attempts:
                self._unasked.append(address)
        finally:
            slots.release()
            if examination.attempts or examination.failed:
                self.outbox.put(self._evidence(examination))
            self._done += 1
            self.outbox.put(Progress(probe=self._probe.id, done=self._done, total=len(self._addresses), note=address))
        if examination.fell_silent:
            self._resume_at = asyncio.get_running_loop().time() + PAUSE

    def _evidence(self, examination: Examination) -> Evidence:
        secrets = dict.fromkeys(secret for way in self._ways for secret in way.secrets)
        payload, hidden = masked(encode(examination.rows.values()), secrets, self._context.pseudonyms)
        problem = examination.problem
        if problem == NO_ANSWER and not self._known:
            problem = UNKNOWN_HOST
        return Evidence.of(
            self._envelope(
                outcome=examination.outcome,
                problem=problem,
                targets=(examination.address,),
                asked=examination.asked,
                attempts=tuple(examination.attempts),
                started=examination.started,
                ended=examination.ended,
                masked=hidden,
            ),
            payload,
        )

    def _not_asked(self) -> Evidence:
        return Evidence.of(
            self._envelope(outcome="failed", problem=_WINDOW_CLOSED, targets=tuple(sorted(self._unasked))), b""
        )

    def _envelope(self, **fields: object) -> Envelope:
        common = {
            "collector": "snmp",
            "format": "snmprec",
            "probe": self._probe.id,
            "vantage": self._context.vantage,
            "operator": self._context.operator,
            "zone": self._probe.zone,
            "tool": Tool(name="posture", version=f"{__version__} (pysnmp {pysnmp_version})"),
        }
        return msgspec.convert({**common, **fields}, Envelope)
